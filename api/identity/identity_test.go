package identity_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/api/identity"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/store"
	"dasier/store/storetest"
)

// door is the identity of a real store with the user ada, behind two handlers:
// /in/ runs the middleware, /out/ does not. Both answer who came.
type door struct {
	*identity.Identity
	t       *testing.T
	ada     auth.User
	secret  string // an api token of ada's
	deploy  string // a token of the project's own
	project int64
	web     http.Handler
	knocks  int
	seen    auth.Actor
	err     error
}

const password = "correct horse"

// jobs knows one job's token, as ci does.
type jobs struct{}

var jobActor = auth.Actor{User: 1, Username: "ada", Via: auth.ViaJob, Project: 7, Job: 9}

func (jobs) ActorByJobToken(_ context.Context, token string) (auth.Actor, error) {
	if token == auth.JobPrefix+"right" {
		return jobActor, nil
	}
	return auth.Actor{}, fault.Errorf(fault.Unauthenticated, "this job token is not valid")
}

func newDoor(t *testing.T, cfg identity.Config) *door {
	t.Helper()
	ctx := t.Context()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	people := auth.New(data.Auth())
	d := &door{t: t, Identity: identity.New(people, jobs{}, data.Sessions(), cfg)}
	d.ada, err = people.CreateUser(ctx, auth.System("test"), auth.Registration{Username: "ada", Email: "ada@example.org", Password: password})
	must(t, err)
	_, d.secret, err = people.IssueToken(ctx, auth.System("test"), "ada", "test", []auth.Scope{auth.ScopeAPI}, nil)
	must(t, err)
	projects := project.New(data.Project())
	p, err := projects.Create(ctx, d.ada.Actor(auth.ViaSession), project.Project{Namespace: "ada", Name: "own"})
	must(t, err)
	d.project = int64(p.ID)
	_, d.deploy, err = projects.CreateToken(ctx, d.ada.Actor(auth.ViaSession), p.ID, auth.ProjectToken{Name: "ship", Role: auth.Developer, Scopes: []auth.Scope{auth.ScopeReadRepository}})
	must(t, err)
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/in/sign-in":
			must(t, d.SignIn(r.Context(), d.ada.ID))
		case "/in/sign-out":
			must(t, d.SignOut(r.Context()))
		default:
			d.seen, d.err = d.Authenticate(r)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux := http.NewServeMux()
	mux.Handle("/in/", d.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))(who))
	mux.Handle("/out/", who)
	d.web = mux
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// knock sends a request, after which seen and err are what Authenticate said.
func (d *door) knock(method, path string, headers ...string) *http.Response {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, "http://dasier.example"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	d.knocks++
	r.RemoteAddr = d.address() + ":1234"
	d.seen, d.err = auth.Actor{}, nil
	w := httptest.NewRecorder()
	d.web.ServeHTTP(w, r)
	return w.Result()
}

// address is where the last knock came from: each from elsewhere, so that none is
// held up by another's guesses.
func (d *door) address() string { return fmt.Sprintf("192.0.2.%d", d.knocks) }

func (d *door) signIn() *http.Cookie {
	d.t.Helper()
	for _, c := range d.knock("POST", "/in/sign-in").Cookies() {
		if strings.TrimPrefix(c.Name, "__Host-") == "dasier_session" {
			return c
		}
	}
	d.t.Fatal("there is no session cookie")
	return nil
}

func basic(user, password string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}

func TestWhatIsPresentedMustBeRight(t *testing.T) {
	d := newDoor(t, identity.Config{})
	session := d.signIn().String()
	session, _, _ = strings.Cut(session, ";")
	nobody := auth.Actor{}
	byToken := auth.Actor{User: d.ada.ID, Username: "ada", Via: auth.ViaToken, Scopes: []auth.Scope{auth.ScopeAPI}}
	byPassword := auth.Actor{User: d.ada.ID, Username: "ada", Via: auth.ViaPassword}
	bySession := auth.Actor{User: d.ada.ID, Username: "ada", Via: auth.ViaSession}
	byDeploy := auth.Actor{Username: "token:ship", Via: auth.ViaDeploy, Project: d.project, Role: auth.Developer, Maker: d.ada.ID, Scopes: []auth.Scope{auth.ScopeReadRepository}, Token: 1}
	for name, c := range map[string]struct {
		headers []string
		want    auth.Actor
		kind    fault.Kind
	}{
		"nothing":                 {nil, nobody, 0},
		"bearer":                  {[]string{"Authorization", "Bearer " + d.secret}, byToken, 0},
		"bearer in lower case":    {[]string{"Authorization", "bearer  " + d.secret}, byToken, 0},
		"private token":           {[]string{"Private-Token", d.secret}, byToken, 0},
		"token as password":       {[]string{"Authorization", basic("whoever", d.secret)}, byToken, 0},
		"password":                {[]string{"Authorization", basic("ADA", password)}, byPassword, 0},
		"session":                 {[]string{"Cookie", session}, bySession, 0},
		"job token":               {[]string{"Job-Token", auth.JobPrefix + "right"}, jobActor, 0},
		"job token as bearer":     {[]string{"Authorization", "Bearer " + auth.JobPrefix + "right"}, jobActor, 0},
		"job token as git's":      {[]string{"Authorization", basic("gitlab-ci-token", auth.JobPrefix+"right")}, jobActor, 0},
		"project token":           {[]string{"Private-Token", d.deploy}, byDeploy, 0},
		"project token as git's":  {[]string{"Authorization", basic("whoever", d.deploy)}, byDeploy, 0},
		"wrong project token":     {[]string{"Authorization", basic("ada", auth.DeployPrefix+"x")}, auth.Actor{}, fault.Unauthenticated},
		"wrong bearer":            {[]string{"Authorization", "Bearer x"}, auth.Actor{}, fault.Unauthenticated},
		"wrong private token":     {[]string{"Private-Token", "x"}, auth.Actor{}, fault.Unauthenticated},
		"wrong job token":         {[]string{"Job-Token", auth.JobPrefix + "x"}, auth.Actor{}, fault.Unauthenticated},
		"wrong password":          {[]string{"Authorization", basic("ada", "wrong horse")}, auth.Actor{}, fault.Unauthenticated},
		"wrong token as password": {[]string{"Authorization", basic("ada", auth.PersonalPrefix+"x")}, auth.Actor{}, fault.Unauthenticated},
		"wrong token and session": {[]string{"Authorization", "Bearer x", "Cookie", session}, auth.Actor{}, fault.Unauthenticated},
		"token before session":    {[]string{"Private-Token", d.secret, "Cookie", session}, byToken, 0},
		"planted session":         {[]string{"Cookie", "dasier_session=planted"}, nobody, 0},
	} {
		for _, way := range []string{"/in/", "/out/"} {
			d.knock("GET", way, c.headers...)
			if c.kind == 0 {
				c.want.Address = d.address()
			}
			if c.kind == 0 && d.err != nil || c.kind != 0 && !fault.Is(d.err, c.kind) || !cmp.Equal(c.want, d.seen) {
				t.Errorf("%s at %s: %+v, %v; want %+v, %s", name, way, d.seen, d.err, c.want, c.kind)
			}
		}
	}
}

// TestCookiesOfOtherSitesPages count for nothing: where the middleware runs, the
// change is refused; elsewhere nobody asks.
func TestCookiesOfOtherSitesPages(t *testing.T) {
	d := newDoor(t, identity.Config{})
	cookie := d.signIn()
	session := cookie.Name + "=" + cookie.Value
	for name, headers := range map[string][]string{
		"cross-site": {"Sec-Fetch-Site", "cross-site"}, "same-site": {"Sec-Fetch-Site", "same-site"}, "origin": {"Origin", "https://evil.example"},
	} {
		headers = append(headers, "Cookie", session)
		if got := d.knock("POST", "/in/", headers...).StatusCode; got != http.StatusTeapot || d.seen.SignedIn() {
			t.Errorf("%s was let in: %d, %+v", name, got, d.seen)
		}
		if d.knock("POST", "/out/", headers...); d.seen.SignedIn() || d.err != nil {
			t.Errorf("%s is %+v, %v", name, d.seen, d.err)
		}
		d.knock("POST", "/out/", append(headers, "Private-Token", d.secret)...)
		if !d.seen.SignedIn() {
			t.Errorf("%s: a token was put there on purpose: %v", name, d.err)
		}
	}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://dasier.example"}, {}} {
		for _, way := range []string{"/in/", "/out/"} {
			d.knock("POST", way, append(headers, "Cookie", session)...)
			if d.seen.User != d.ada.ID {
				t.Errorf("our own page (%v) at %s is %+v, %v", headers, way, d.seen, d.err)
			}
		}
	}
}

func TestSessionsAreRenewedAndEnd(t *testing.T) {
	d := newDoor(t, identity.Config{Lifetime: time.Hour, Secure: true})
	first := d.signIn()
	if first.Name != "__Host-dasier_session" || !first.Secure || !first.HttpOnly || first.SameSite != http.SameSiteLaxMode || first.Path != "/" || first.MaxAge > 3601 {
		t.Errorf("the cookie is %+v", first)
	}
	session := first.Name + "=" + first.Value
	again := d.knock("POST", "/in/sign-in", "Cookie", session)
	if renewed := again.Cookies()[0]; renewed.Value == first.Value {
		t.Error("signing in keeps a session's name that another may have planted")
	}
	if d.knock("GET", "/in/", "Cookie", session); d.seen.SignedIn() {
		t.Error("the old name is still good")
	}
	session = first.Name + "=" + again.Cookies()[0].Value
	if d.knock("GET", "/out/", "Cookie", session); d.seen.User != d.ada.ID {
		t.Errorf("the new name is %+v, %v", d.seen, d.err)
	}
	d.knock("POST", "/in/sign-out", "Cookie", session)
	for _, way := range []string{"/in/", "/out/"} {
		if d.knock("GET", way, "Cookie", session); d.seen.SignedIn() || d.err != nil {
			t.Errorf("after signing out %s sees %+v, %v", way, d.seen, d.err)
		}
	}
}

func TestAddressHasNoPort(t *testing.T) {
	for remote, want := range map[string]string{"192.0.2.1:1234": "192.0.2.1", "[2001:db8::1]:1234": "2001:db8::1", "@": "@"} {
		if got := identity.Address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s is at %s", remote, got)
		}
	}
}

// TestSecretsAreNotGuessed: wrong tokens of every kind are counted together
// against their network, however the address in it changes.
func TestSecretsAreNotGuessed(t *testing.T) {
	d := newDoor(t, identity.Config{})
	wrong := []string{auth.PersonalPrefix, auth.DeployPrefix, auth.JobPrefix}
	ask := func(secret, remote string) error {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = remote
		r.Header.Set("Private-Token", secret)
		_, err := d.Authenticate(r)
		return err
	}
	for i := range 10 {
		if err := ask(auth.NewSecret(wrong[i%3]), fmt.Sprintf("[2001:db8::%x]:1234", i)); !fault.Is(err, fault.Unauthenticated) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	for _, prefix := range wrong {
		if err := ask(auth.NewSecret(prefix), "[2001:db8::ffff]:1"); !fault.Is(err, fault.Limited) {
			t.Errorf("%s: %v", prefix, err)
		}
		if err := ask(auth.NewSecret(prefix), "[2001:db8:0:1::1]:1"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s from elsewhere: %v", prefix, err)
		}
	}
	for _, right := range []string{d.secret, d.deploy, auth.JobPrefix + "right"} {
		if err := ask(right, "[2001:db8::ffff]:1"); err != nil {
			t.Errorf("a right token is held up: %v", err)
		}
	}
}
