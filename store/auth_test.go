package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/forge/auth"
)

// zoned is a time that is not in UTC and has the precision that both engines
// keep.
var zoned = time.Date(2026, 3, 14, 1, 59, 26, 535_897_000, time.FixedZone("UTC+5", 5*3600))

// person makes a user with the given name.
func person(t *testing.T, s *Store, name string) auth.User {
	t.Helper()
	u, err := s.Auth().CreateUser(t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org", CreatedAt: zoned}, "hash of "+name)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAuthKeepsUsers(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Auth()
		if any, err := keep.AnyUser(ctx); err != nil || any {
			t.Fatalf("an empty server has users: %v, %v", any, err)
		}
		want := auth.User{Username: "Ada", Name: "Ada Lovelace", Email: "Ada@Example.org", Admin: true, Blocked: true, CreatedAt: zoned}
		made, err := keep.CreateUser(ctx, want, "the hash")
		if err != nil {
			t.Fatal(err)
		}
		want.ID, want.CreatedAt = made.ID, zoned.UTC()
		for _, login := range []string{"Ada", "ada", "ADA", "ada@example.org", "ADA@EXAMPLE.ORG"} {
			got, hash, err := keep.UserByLogin(ctx, login)
			if err != nil || hash != "the hash" {
				t.Fatalf("by %s: hash %q, %v", login, hash, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("by %s (-want +got):\n%s", login, diff)
			}
			if got.CreatedAt.Location() != time.UTC {
				t.Errorf("times are read in %s", got.CreatedAt.Location())
			}
		}
		if got, err := keep.User(ctx, made.ID); err != nil || !cmp.Equal(want, got) {
			t.Errorf("by id: %+v, %v", got, err)
		}
		if any, err := keep.AnyUser(ctx); err != nil || !any {
			t.Errorf("there is a user: %v, %v", any, err)
		}
		for name, taken := range map[string]auth.User{
			"user name": {Username: "aDA", Email: "other@example.org"},
			"e-mail":    {Username: "other", Email: "aDA@example.ORG"},
		} {
			if _, err := keep.CreateUser(ctx, taken, ""); !fault.Is(err, fault.Conflict) {
				t.Errorf("the %s is taken whatever its case: %v", name, err)
			}
		}
		if err := keep.SetPassword(ctx, made.ID, "another"); err != nil {
			t.Fatal(err)
		}
		if _, hash, err := keep.UserByLogin(ctx, "ada"); err != nil || hash != "another" {
			t.Errorf("the password hash is %q, %v", hash, err)
		}
		if err := keep.SetPassword(ctx, 4711, "x"); err == nil {
			t.Error("the password of nobody was set")
		}
		for _, miss := range []func() error{
			func() error { _, err := keep.User(ctx, 4711); return err },
			func() error { _, _, err := keep.UserByLogin(ctx, "nobody"); return err },
			func() error { _, _, err := keep.UserByLogin(ctx, ""); return err },
		} {
			if err := miss(); !fault.Is(err, fault.Missing) {
				t.Errorf("nobody was found: %v", err)
			}
		}
	})
}

// TestAuthFindsLoginsBeyondASCII: whoever could register can sign in, whatever
// an engine knows of letters.
func TestAuthFindsLoginsBeyondASCII(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Auth()
		made, err := keep.CreateUser(ctx, auth.User{Username: "emile", Name: "Émile Zola", Email: "Émile@example.org", CreatedAt: zoned}, "h")
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := keep.UserByLogin(ctx, "Émile@example.org"); err != nil || got.ID != made.ID {
			t.Errorf("by the very address: %+v, %v", got, err)
		}
		if found, total, err := keep.Users(ctx, "Émile", 0, 10); err != nil || total != 1 || len(found) != 1 {
			t.Errorf("by the very name: %+v, %d, %v", found, total, err)
		}
	})
}

func TestAuthListsUsersInPages(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Auth()
		for _, u := range []auth.User{
			{Username: "per_cent", Name: "100% Sure"},
			{Username: "perXcent", Name: "Other"},
			{Username: "back", Name: `a\b`},
			{Username: "zed", Name: "Zed"},
			{Username: "amy", Name: "PERCY"},
		} {
			u.Email, u.CreatedAt = u.Username+"@example.org", zoned
			if _, err := keep.CreateUser(ctx, u, "h"); err != nil {
				t.Fatal(err)
			}
		}
		for search, want := range map[string][]string{
			"":        {"amy", "back", "perXcent", "per_cent", "zed"},
			"per_":    {"per_cent"},
			"PER":     {"amy", "perXcent", "per_cent"},
			"0% s":    {"per_cent"},
			"%":       {"per_cent"},
			`\`:       {"back"},
			`a\b`:     {"back"},
			"' OR 1=": nil,
			"example": nil, // addresses are nobody's to search
		} {
			users, total, err := keep.Users(ctx, search, 0, 10)
			if err != nil {
				t.Fatalf("%q: %v", search, err)
			}
			if got := usernames(users); total != len(want) || !cmp.Equal(want, got) {
				t.Errorf("%q finds %v (%d), want %v", search, got, total, want)
			}
		}
		users, total, err := keep.Users(ctx, "", 2, 2)
		if err != nil || total != 5 || !cmp.Equal(usernames(users), []string{"perXcent", "per_cent"}) {
			t.Errorf("the second page is %v of %d, %v", usernames(users), total, err)
		}
		if users, total, err = keep.Users(ctx, "", 10, 2); err != nil || total != 5 || len(users) != 0 {
			t.Errorf("past the end: %v of %d, %v", users, total, err)
		}
	})
}

func usernames(users []auth.User) []string {
	var names []string
	for _, u := range users {
		names = append(names, u.Username)
	}
	return names
}

func TestAuthKeepsTokens(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Auth()
		ada, bob := person(t, s, "ada"), person(t, s, "bob")
		expires := zoned.Add(time.Hour)
		first, err := keep.CreateToken(ctx, auth.Token{User: ada.ID, Name: "ci", Scopes: []auth.Scope{auth.ScopeAPI, auth.ScopePredict}, CreatedAt: zoned, ExpiresAt: &expires}, "h1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keep.CreateToken(ctx, auth.Token{User: bob.ID, Name: "x", Scopes: []auth.Scope{auth.ScopeAPI}, CreatedAt: zoned}, "h1"); err == nil {
			t.Error("two tokens share a secret")
		}
		second, err := keep.CreateToken(ctx, auth.Token{User: ada.ID, Name: "second", Scopes: []auth.Scope{auth.ScopeReadAPI}, CreatedAt: zoned}, "h2")
		if err != nil {
			t.Fatal(err)
		}
		inUTC := expires.UTC()
		want := auth.Token{ID: first.ID, User: ada.ID, Name: "ci", Scopes: []auth.Scope{auth.ScopeAPI, auth.ScopePredict}, CreatedAt: zoned.UTC(), ExpiresAt: &inUTC}
		got, err := keep.TokenByHash(ctx, "h1")
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("%v\n%s", err, cmp.Diff(want, got))
		}
		if err := keep.TouchToken(ctx, first.ID, zoned); err != nil {
			t.Fatal(err)
		}
		used := zoned.UTC()
		want.LastUsedAt = &used
		list, err := keep.Tokens(ctx, ada.ID)
		if err != nil || len(list) != 2 || list[0].ID != second.ID || !cmp.Equal(want, list[1]) {
			t.Errorf("ada's tokens, newest first: %+v, %v", list, err)
		}
		if err := keep.DeleteToken(ctx, bob.ID, first.ID); !fault.Is(err, fault.Missing) {
			t.Errorf("bob deleted ada's token: %v", err)
		}
		if err := keep.DeleteToken(ctx, ada.ID, first.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := keep.TokenByHash(ctx, "h1"); !fault.Is(err, fault.Missing) {
			t.Errorf("the deleted token is found: %v", err)
		}
		if list, err := keep.Tokens(ctx, bob.ID); err != nil || len(list) != 0 {
			t.Errorf("bob's tokens are %v, %v", list, err)
		}
	})
}

func TestAuthSetupTokenWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Auth()
		now := time.Now()
		admin := func(n int) auth.User {
			name := fmt.Sprintf("admin%d", n)
			return auth.User{Username: name, Name: name, Email: name + "@example.org", Admin: true, CreatedAt: now}
		}
		for name, hash := range map[string]string{"wrong": "another", "empty": ""} {
			if err := keep.SetSetupToken(ctx, "right", now.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if _, err := keep.FirstUser(ctx, hash, now, admin(0), "h"); !fault.Is(err, fault.Denied) {
				t.Errorf("the %s token answered %v", name, err)
			}
		}
		if _, err := keep.FirstUser(ctx, "right", now.Add(time.Hour), admin(0), "h"); !fault.Is(err, fault.Denied) {
			t.Errorf("an expired token answered %v", err)
		}
		if err := keep.SetSetupToken(ctx, "newer", now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := keep.FirstUser(ctx, "right", now, admin(0), "h"); !fault.Is(err, fault.Denied) {
			t.Errorf("a replaced token answered %v", err)
		}
		const tries = 20
		errs := make([]error, tries)
		var wait sync.WaitGroup
		for i := range tries {
			wait.Go(func() { _, errs[i] = keep.FirstUser(ctx, "newer", now, admin(i), "h") })
		}
		wait.Wait()
		made := 0
		for _, err := range errs {
			switch {
			case err == nil:
				made++
			case !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Conflict):
				t.Errorf("a loser was told %v", err)
			}
		}
		if _, total, err := keep.Users(ctx, "", 0, 1); made != 1 || total != 1 || err != nil {
			t.Errorf("%d of %d tries made an administrator, there are %d users, %v", made, tries, total, err)
		}
		if err := keep.SetSetupToken(ctx, "later", now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := keep.FirstUser(ctx, "later", now, admin(99), "h"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second set-up answered %v", err)
		}
	})
}
