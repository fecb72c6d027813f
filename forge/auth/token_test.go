package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/forge/auth"
)

func TestTokensStandForTheirUser(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada := d.person("ada")
	in := ada.Actor(auth.ViaSession)
	expires := d.now.Add(time.Hour)
	token, secret, err := d.CreateToken(ctx, in, " ci ", []auth.Scope{auth.ScopeReadAPI}, &expires)
	must(t, err)
	if !strings.HasPrefix(secret, auth.PersonalPrefix) || token.Name != "ci" || token.LastUsedAt != nil {
		t.Errorf("token %+v with the secret %q", token, secret)
	}
	want := auth.Actor{User: ada.ID, Username: "ada", Via: auth.ViaToken, Scopes: []auth.Scope{auth.ScopeReadAPI}, Address: "a"}
	if got, err := d.ByToken(ctx, secret, "a"); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
	used := func() time.Time {
		t.Helper()
		tokens, err := d.Tokens(ctx, in)
		must(t, err)
		return *tokens[0].LastUsedAt
	}
	first := used()
	d.now = d.now.Add(59 * time.Minute)
	_, err = d.ByToken(ctx, secret, "a")
	must(t, err)
	if !first.Equal(used()) {
		t.Error("every use is written down: once an hour is enough")
	}
	d.now = d.now.Add(time.Minute)
	_, err = d.ByToken(ctx, secret, "a")
	expect(t, err, fault.Unauthenticated, `"ci" expired on 2026-05-01`)

	_, secret, err = d.CreateToken(ctx, in, "forever", []auth.Scope{auth.ScopeAPI}, nil)
	must(t, err)
	d.now = d.now.Add(10 * 365 * 24 * time.Hour)
	actor, err := d.ByToken(ctx, secret, "a")
	must(t, err)
	tokens, err := d.Tokens(ctx, actor)
	must(t, err)
	must(t, d.RevokeToken(ctx, in, tokens[0].ID))
	_, err = d.ByToken(ctx, secret, "a")
	expect(t, err, fault.Unauthenticated, "revoked")
}

func TestTokensAreChecked(t *testing.T) {
	d := newDesk(t)
	in := d.person("ada").Actor(auth.ViaSession)
	past, api := d.now, []auth.Scope{auth.ScopeAPI}
	for name, attempt := range map[string]func() error{
		"no name": func() error { _, _, err := d.CreateToken(t.Context(), in, "  ", api, nil); return err },
		"long name": func() error {
			_, _, err := d.CreateToken(t.Context(), in, strings.Repeat("n", 256), api, nil)
			return err
		},
		"no scope": func() error { _, _, err := d.CreateToken(t.Context(), in, "x", nil, nil); return err },
		"a new scope": func() error {
			_, _, err := d.CreateToken(t.Context(), in, "x", []auth.Scope{auth.ScopeAPI, "sudo"}, nil)
			return err
		},
		"past": func() error { _, _, err := d.CreateToken(t.Context(), in, "x", api, &past); return err },
	} {
		if err := attempt(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNarrowTokensCannotWiden: neither a job nor a token of narrow scope makes,
// sees or ends its user's tokens.
func TestNarrowTokensCannotWiden(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada, bob := d.person("ada"), d.person("bob")
	in := ada.Actor(auth.ViaSession)
	victim, secret, err := d.CreateToken(ctx, in, "victim", []auth.Scope{auth.ScopeAPI}, nil)
	must(t, err)
	narrow := func(scopes ...auth.Scope) auth.Actor {
		a := ada.Actor(auth.ViaToken)
		a.Scopes = scopes
		return a
	}
	for name, actor := range map[string]auth.Actor{
		"nobody": auth.Anonymous, "a job": ada.Actor(auth.ViaJob), "predict": narrow(auth.ScopePredict), "read_api": narrow(auth.ScopeReadAPI), "the server": auth.System("x"),
	} {
		refused := func(what string, err error) {
			if !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s %s: %v", name, what, err)
			}
		}
		_, _, err := d.CreateToken(ctx, actor, "wide", []auth.Scope{auth.ScopeAPI}, nil)
		refused("makes a token", err)
		refused("revokes a token", d.RevokeToken(ctx, actor, victim.ID))
		if name != "read_api" {
			_, err = d.Tokens(ctx, actor)
			refused("lists tokens", err)
		}
	}
	if tokens, err := d.Tokens(ctx, narrow(auth.ScopeReadAPI)); err != nil || len(tokens) != 1 {
		t.Errorf("read_api reads: %v, %v", tokens, err)
	}
	expect(t, d.RevokeToken(ctx, bob.Actor(auth.ViaSession), victim.ID), fault.Missing)
	_, err = d.ByToken(ctx, secret, "a")
	must(t, err)
}

// TestARightTokenIsNeverHeldUp by others who come from the same address, such
// as all who come through one proxy.
func TestARightTokenIsNeverHeldUp(t *testing.T) {
	d := newDesk(t)
	in := d.person("ada").Actor(auth.ViaSession)
	_, secret, err := d.CreateToken(t.Context(), in, "x", []auth.Scope{auth.ScopeAPI}, nil)
	must(t, err)
	for range 10 {
		_, err := d.ByToken(t.Context(), auth.NewSecret(auth.PersonalPrefix), "proxy")
		expect(t, err, fault.Unauthenticated)
	}
	_, err = d.ByToken(t.Context(), "wrong", "proxy")
	expect(t, err, fault.Limited)
	_, err = d.ByToken(t.Context(), secret, "proxy")
	must(t, err)
	_, err = d.SignIn(t.Context(), "ada", password, "proxy")
	must(t, err)
}

func TestBlockedUsersHaveNoTokens(t *testing.T) {
	d := newDesk(t)
	u, err := d.keep.CreateUser(t.Context(), auth.User{Username: "b", Email: "b@example.org", Blocked: true, CreatedAt: d.now}, "")
	must(t, err)
	_, err = d.keep.CreateToken(t.Context(), auth.Token{User: u.ID, Name: "x", Scopes: []auth.Scope{auth.ScopeAPI}, CreatedAt: d.now}, auth.HashSecret("s"))
	must(t, err)
	_, err = d.ByToken(t.Context(), "s", "a")
	expect(t, err, fault.Unauthenticated, "blocked")
}

func TestOnlyAdministratorsMakePeople(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada := d.person("ada")
	root := ada.Actor(auth.ViaSession)
	root.Admin = true
	narrow := root
	narrow.Via, narrow.Scopes = auth.ViaToken, []auth.Scope{auth.ScopeReadAPI}
	jobOf := root
	jobOf.Via = auth.ViaJob
	eve := auth.Registration{Username: "eve", Email: "eve@example.org", Password: password}
	for _, actor := range []auth.Actor{auth.Anonymous, ada.Actor(auth.ViaSession), narrow, jobOf} {
		_, err := d.CreateUser(ctx, actor, eve)
		_, _, issued := d.IssueToken(ctx, actor, "ada", "x", []auth.Scope{auth.ScopeAPI}, nil)
		for _, err := range []error{err, issued} {
			if !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%+v: %v", actor, err)
			}
		}
	}
	u, err := d.CreateUser(ctx, root, eve)
	must(t, err)
	if u.Admin {
		t.Error("eve is an administrator for nothing")
	}
	_, err = d.CreateUser(ctx, root, eve)
	expect(t, err, fault.Conflict)
	_, secret, err := d.IssueToken(ctx, root, "EVE", "x", []auth.Scope{auth.ScopeAPI}, nil)
	must(t, err)
	if actor, err := d.ByToken(ctx, secret, "a"); err != nil || actor.Username != "eve" {
		t.Errorf("the issued token is %+v's, %v", actor, err)
	}
	_, _, err = d.IssueToken(ctx, root, "nobody", "x", []auth.Scope{auth.ScopeAPI}, nil)
	expect(t, err, fault.Missing, `"nobody"`)
}

// TestPeopleSeeNamesAndNotAddresses of others.
func TestPeopleSeeNamesAndNotAddresses(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada, _ := d.person("ada"), d.person("bob")
	emails := func(actor auth.Actor) []string {
		t.Helper()
		users, total, err := d.Users(ctx, actor, "", 0, 10)
		if err != nil || total != 2 {
			t.Fatalf("%d users, %v", total, err)
		}
		return []string{users[0].Email, users[1].Email}
	}
	if got := emails(ada.Actor(auth.ViaSession)); !cmp.Equal(got, []string{"ada@example.org", ""}) {
		t.Errorf("ada sees %q", got)
	}
	if got := emails(auth.System("x")); !cmp.Equal(got, []string{"ada@example.org", "bob@example.org"}) {
		t.Errorf("an administrator sees %q", got)
	}
	_, _, err := d.Users(ctx, auth.Anonymous, "", 0, 10)
	expect(t, err, fault.Unauthenticated)
	predictor := ada.Actor(auth.ViaToken)
	predictor.Scopes = []auth.Scope{auth.ScopePredict}
	_, _, err = d.Users(ctx, predictor, "", 0, 10)
	expect(t, err, fault.Denied, "read_api")
	_, err = d.UserByName(ctx, auth.Anonymous, "ada")
	expect(t, err, fault.Unauthenticated)
	_, err = d.UserByName(ctx, ada.Actor(auth.ViaSession), "nobody")
	expect(t, err, fault.Missing)
}
