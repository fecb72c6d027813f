package auth_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/store"
	"dasier/store/storetest"
)

const password = "correct horse"

// desk is the service on a real store, with a clock that the test holds.
type desk struct {
	*auth.Service
	t    *testing.T
	data *store.Store
	keep auth.Store
	now  time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	data, err := store.Open(t.Context(), storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	d := &desk{t: t, data: data, keep: data.Auth(), now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	d.Service = auth.New(d.keep)
	d.SetClock(func() time.Time { return d.now })
	d.HashCheaply()
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person registers someone with the password that all have here.
func (d *desk) person(name string) auth.User {
	d.t.Helper()
	u, err := d.CreateUser(d.t.Context(), auth.System("test"), auth.Registration{Username: name, Email: name + "@example.org", Password: password})
	must(d.t, err)
	return u
}

func expect(t *testing.T, err error, kind fault.Kind, texts ...string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("got %v, want %s", err, kind)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v does not say %q", err, text)
		}
	}
}

func TestSetup(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	if needed, err := d.SetupNeeded(ctx); err != nil || !needed {
		t.Fatalf("an empty server needs no set-up: %v", err)
	}
	old, err := d.StartSetup(ctx)
	must(t, err)
	secret, err := d.StartSetup(ctx) // a restart
	must(t, err)
	if !strings.HasPrefix(secret, auth.SetupPrefix) || secret == old {
		t.Errorf("the link's token is %q after %q", secret, old)
	}
	ada := auth.Registration{Username: " ada ", Email: "ada@example.org", Password: password}
	_, err = d.Setup(ctx, old, "a", ada)
	expect(t, err, fault.Denied, "restart the server")
	_, err = d.Setup(ctx, secret, "a", auth.Registration{Username: "ada", Email: "ada@example.org", Password: "short"})
	expect(t, err, fault.Invalid, "at least 8") // and the token is not used up
	d.now = d.now.Add(24 * time.Hour)
	_, err = d.Setup(ctx, secret, "a", ada)
	expect(t, err, fault.Denied, "expired")
	d.now = d.now.Add(-time.Minute)
	u, err := d.Setup(ctx, secret, "a", ada)
	must(t, err)
	if u.Username != "ada" || u.Name != "ada" || !u.Admin || u.ID == 0 {
		t.Errorf("the administrator is %+v", u)
	}
	_, err = d.Setup(ctx, secret, "a", auth.Registration{Username: "eve", Email: "eve@example.org", Password: password})
	expect(t, err, fault.Conflict, "sign in")
	if needed, err := d.SetupNeeded(ctx); err != nil || needed {
		t.Errorf("set-up is still needed: %v", err)
	}
	if again, err := d.StartSetup(ctx); err != nil || again != "" {
		t.Errorf("a server with users offers set-up: %q, %v", again, err)
	}
	_, err = d.SignIn(ctx, "ada", password, "a")
	must(t, err)
}

// TestSetupIsNotHeldUpByStrangers: who guesses is limited, and only they.
func TestSetupIsNotHeldUpByStrangers(t *testing.T) {
	d := newDesk(t)
	secret, err := d.StartSetup(t.Context())
	must(t, err)
	eve := auth.Registration{Username: "eve", Email: "eve@example.org", Password: password}
	for range 10 {
		_, err := d.Setup(t.Context(), "guess", "stranger", eve)
		expect(t, err, fault.Denied)
	}
	_, err = d.Setup(t.Context(), secret, "stranger", eve)
	expect(t, err, fault.Limited, "try again in")
	_, err = d.Setup(t.Context(), secret, "home", auth.Registration{Username: "ada", Email: "ada@example.org", Password: password})
	must(t, err)
}

func TestRegistrationsAreChecked(t *testing.T) {
	d := newDesk(t)
	good := auth.Registration{Username: "ada", Email: "ada@example.org", Password: password}
	for field, spoil := range map[string]func(*auth.Registration){
		"username": func(r *auth.Registration) { r.Username = "ada.l" },
		"name":     func(r *auth.Registration) { r.Name = strings.Repeat("x", 256) },
		"email":    func(r *auth.Registration) { r.Email = "Ada <ada@example.org>" },
		"password": func(r *auth.Registration) { r.Password = strings.Repeat("x", 1025) },
	} {
		bad := good
		spoil(&bad)
		_, err := d.CreateUser(t.Context(), auth.System("test"), bad)
		var f *fault.Error
		if !fault.Is(err, fault.Invalid) || !errors.As(err, &f) || f.Field != field {
			t.Errorf("a bad %s: %v", field, err)
		}
	}
	for _, name := range []string{"", "-ada", "a/b", "a b", strings.Repeat("a", 101), "adä"} {
		bad := good
		bad.Username = name
		if _, err := d.CreateUser(t.Context(), auth.System("test"), bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("user name %q: %v", name, err)
		}
	}
}

func TestSignInDoesNotTellWhoExists(t *testing.T) {
	d := newDesk(t)
	d.person("ada")
	_, err := d.keep.CreateUser(t.Context(), auth.User{Username: "blocked", Email: "blocked@example.org", Blocked: true, CreatedAt: d.now}, d.hashOf("ada"))
	must(t, err)
	_, wrong := d.SignIn(t.Context(), "ada", "wrong password", "1")
	_, unknown := d.SignIn(t.Context(), "nobody", password, "2")
	_, blocked := d.SignIn(t.Context(), "blocked", password, "3")
	_, long := d.SignIn(t.Context(), "ada", strings.Repeat("x", 1<<20), "4")
	for name, err := range map[string]error{"wrong": wrong, "unknown": unknown, "blocked": blocked, "long": long} {
		expect(t, err, fault.Unauthenticated)
		if err != nil && err.Error() != wrong.Error() {
			t.Errorf("%s is answered differently: %v", name, err)
		}
	}
	for _, login := range []string{"ada", "ADA", "Ada@example.ORG"} {
		if u, err := d.SignIn(t.Context(), login, password, "5"); err != nil || u.Username != "ada" {
			t.Errorf("as %s: %+v, %v", login, u, err)
		}
	}
}

func (d *desk) hashOf(name string) string {
	d.t.Helper()
	_, hash, err := d.keep.UserByLogin(d.t.Context(), name)
	must(d.t, err)
	return hash
}

// TestGuessesAreLimited for those who exist and those who do not, per login and
// per address; a right password gets through elsewhere, and time heals.
func TestGuessesAreLimited(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.person("ada")
	d.person("bob")
	for _, login := range []string{"ada", "nobody"} {
		for range 10 {
			_, err := d.SignIn(ctx, login, "wrong password", "attacker of "+login)
			expect(t, err, fault.Unauthenticated)
		}
		_, err := d.SignIn(ctx, strings.ToUpper(login), password, "elsewhere")
		expect(t, err, fault.Limited, "try again in 30s")
		_, err = d.SignIn(ctx, "bob", password, "attacker of "+login)
		expect(t, err, fault.Limited)
	}
	_, err := d.SignIn(ctx, "bob", password, "elsewhere")
	must(t, err)
	d.now = d.now.Add(29 * time.Second)
	_, err = d.SignIn(ctx, "ada", password, "elsewhere")
	expect(t, err, fault.Limited, "1s")
	d.now = d.now.Add(2 * time.Second)
	_, err = d.SignIn(ctx, "ada", password, "elsewhere")
	must(t, err) // which forgives the login's failures
	for range 10 {
		_, err := d.SignIn(ctx, "ada", "wrong password", "third place")
		expect(t, err, fault.Unauthenticated)
	}
}

// TestGuessesSentAtOnceAreLimited: a crowd of requests gets no further than one
// after the other, but for those already being checked.
func TestGuessesSentAtOnceAreLimited(t *testing.T) {
	d := newDesk(t)
	d.person("ada")
	const tries = 40
	errs := make([]error, tries)
	var wait sync.WaitGroup
	for i := range tries {
		wait.Go(func() { _, errs[i] = d.SignIn(t.Context(), "ada", "wrong password", "attacker") })
	}
	wait.Wait()
	checked := 0
	for _, err := range errs {
		if fault.Is(err, fault.Unauthenticated) {
			checked++
		} else {
			expect(t, err, fault.Limited)
		}
	}
	if checked < 10 || checked > 11 {
		t.Errorf("%d of %d guesses were checked, want 10, or 11 with one under way", checked, tries)
	}
}

func TestGuessesTakeBoundedMemory(t *testing.T) {
	d := newDesk(t)
	d.GuessKeys(20)
	for i := range 100 {
		_, err := d.ByToken(t.Context(), "wrong", strings.Repeat("x", i))
		expect(t, err, fault.Unauthenticated)
		if n := d.GuessKeys(20); n > 22 {
			t.Fatalf("%d keys are remembered", n)
		}
	}
}

func TestSignInGivesUpWithItsRequest(t *testing.T) {
	d := newDesk(t)
	d.person("ada")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.SignIn(ctx, "ada", password, "a"); err == nil {
		t.Error("a request that was given up signed in")
	}
}

func TestSessionsEndWithTheirUser(t *testing.T) {
	d := newDesk(t)
	ada := d.person("ada")
	want := auth.Actor{User: ada.ID, Username: "ada", Via: auth.ViaSession}
	stamp, err := d.Stamp(t.Context(), ada.ID)
	must(t, err)
	if got, err := d.SignedIn(t.Context(), ada.ID, stamp); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
	must(t, d.SetPassword(t.Context(), auth.System("test"), ada.ID, "a new password"))
	if got, err := d.SignedIn(t.Context(), ada.ID, stamp); err != nil || got.SignedIn() {
		t.Errorf("a session outlives its password: %+v, %v", got, err)
	}
	blocked, err := d.keep.CreateUser(t.Context(), auth.User{Username: "blocked", Email: "b@example.org", Admin: true, Blocked: true, CreatedAt: d.now}, "")
	must(t, err)
	for _, id := range []auth.UserID{blocked.ID, 4711} {
		if got, err := d.SignedIn(t.Context(), id, stamp); err != nil || got.SignedIn() || got.Admin {
			t.Errorf("user %d is %+v, %v", id, got, err)
		}
	}
}

func TestPasswordsAreOnesOwnToChange(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada, bob := d.person("ada"), d.person("bob")
	scoped := ada.Actor(auth.ViaToken)
	scoped.Scopes = []auth.Scope{auth.ScopeAPI}
	for _, actor := range []auth.Actor{auth.Anonymous, bob.Actor(auth.ViaSession), ada.Actor(auth.ViaJob), scoped} {
		if err := d.SetPassword(ctx, actor, ada.ID, "another password"); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%+v changed ada's password: %v", actor, err)
		}
	}
	expect(t, d.SetPassword(ctx, ada.Actor(auth.ViaSession), ada.ID, "short"), fault.Invalid)
	must(t, d.SetPassword(ctx, ada.Actor(auth.ViaSession), ada.ID, "another password"))
	_, err := d.SignIn(ctx, "ada", password, "a")
	expect(t, err, fault.Unauthenticated)
	must(t, d.SetPassword(ctx, auth.System("shell"), ada.ID, "a third password"))
	_, err = d.SignIn(ctx, "ada", "a third password", "a")
	must(t, err)
}
