package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"dasier/api/gateway"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/deploy/targettest"
	"dasier/delivery/target/process"
	"dasier/delivery/target/site"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// table is the routes of a test over real targets.
type table struct {
	mu     sync.Mutex
	routes map[string]deploy.Route
	target deploy.Target
}

func (t *table) Route(label string) (deploy.Route, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.routes[label]
	return r, ok
}

func (t *table) RouteOf(_ deploy.Route, to string) (deploy.Route, error) {
	r, ok := t.Route(deploy.Label(deploy.EndpointName(to, "staging")))
	if !ok {
		return r, fault.Errorf(fault.Unavailable, "no service of %s", to)
	}
	return r, nil
}

func (t *table) Backend(endpoint string) (deploy.Backend, error) { return t.target.Backend(endpoint) }

func (t *table) set(r deploy.Route) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Label = deploy.Label(r.Endpoint)
	t.routes[r.Label] = r
}

type house struct {
	*table
	t       *testing.T
	shelf   *targettest.Shelf
	service *process.Target
	sites   *site.Target
	gateway *gateway.Gateway
	server  *httptest.Server
	banned  atomic.Bool // the ticket's owner may no longer
	now     atomic.Int64
}

const member = auth.UserID(3)

func build(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	for at := dir; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o711); err != nil { //nolint:gosec // of this test
			t.Fatal(err)
		}
	}
	h := &house{t: t, shelf: &targettest.Shelf{}}
	var err error
	if h.service, err = process.New(filepath.Join(dir, "services"), h.shelf, process.Config{DrainTime: 5 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.service.Close(); err != nil {
			t.Error(err)
		}
	})
	if h.sites, err = site.New(filepath.Join(dir, "sites"), h.shelf); err != nil {
		t.Fatal(err)
	}
	h.table = &table{routes: map[string]deploy.Route{}, target: h.service}
	h.now.Store(time.Now().Unix())
	h.gateway = gateway.New(h.table, h.sites, gateway.Access{
		Authenticate: func(r *http.Request) (auth.Actor, error) {
			if _, password, _ := r.BasicAuth(); password == "dsr_pat_good" || strings.Contains(fmt.Sprint(r.Header), "dsr_pat_good") {
				return auth.Actor{User: member}, nil
			}
			if strings.Contains(fmt.Sprint(r.Header), "dsr_pat_other") {
				return auth.Actor{User: 9}, nil
			}
			return auth.Actor{}, fault.Errorf(fault.Unauthenticated, "this token is not valid")
		},
		May: func(_ context.Context, actor auth.Actor, _ project.ID) error {
			if actor.User != member {
				return fault.Errorf(fault.Denied, "permission predict refused")
			}
			return nil
		},
		User: func(_ context.Context, id auth.UserID) (auth.Actor, error) {
			if h.banned.Load() {
				return auth.Actor{}, fault.Errorf(fault.Denied, "blocked")
			}
			return auth.Actor{User: id}, nil
		},
	}, gateway.Config{AppsURL: "http://apps.localhost", BodyLimit: 1 << 20, Now: func() time.Time { return time.Unix(h.now.Load(), 0) }})
	h.server = httptest.NewServer(h.gateway.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "console")
	})))
	t.Cleanup(h.server.Close)
	return h
}

func (h *house) deploy(p deploy.Placement, public bool) {
	h.t.Helper()
	target := deploy.Target(h.service)
	if p.Kind == deploy.KindSite {
		target = h.sites
	}
	if err := target.Apply(h.t.Context(), p); err != nil {
		h.t.Fatal(err)
	}
	h.set(deploy.Route{Endpoint: p.Endpoint, Project: p.Project, Name: p.Environment, Kind: p.Kind, Public: public, Deployment: p.Deployment, Site: p.Site})
}

// ask sends a request to a host; edit changes it first.
func (h *house) ask(host, path string, edit func(*http.Request)) (*http.Response, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Host = host
	if edit != nil {
		edit(r)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		h.t.Fatalf("%s%s: %v", host, path, err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || response.Body.Close() != nil {
		h.t.Fatalf("%s%s: %v", host, path, err)
	}
	return response, string(text)
}

const host = "staging--api--house-prices.apps.localhost:8080"

func TestHosts(t *testing.T) {
	h := build(t)
	h.deploy(targettest.Service(t, h.shelf, 1), true)
	for name, want := range map[string]string{
		host: "version 1", strings.ToUpper(host): "version 1", "localhost:8080": "console", "apps.localhost": "console",
		"staging--api--house-prices.apps.localhost.evil.example": "console", "127.0.0.1": "console",
	} {
		if _, got := h.ask(name, "/", nil); got != want {
			t.Errorf("%s answers %q, want %q", name, got, want)
		}
	}
	response, text := h.ask("nothing.apps.localhost", "/", nil)
	if response.StatusCode != http.StatusNotFound || response.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("an unknown host: %s, %s", response.Status, text)
	}
	browser := func(r *http.Request) { r.Header.Set("Accept", "text/html,*/*") }
	if response, text = h.ask("nothing.apps.localhost", "/", browser); !strings.Contains(text, "<h1>Nothing is here</h1>") || response.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown host for a browser: %s", text)
	}
}

// What a service sees of a request, and what it may answer.
func TestWhatServicesSee(t *testing.T) {
	h := build(t)
	h.deploy(targettest.Service(t, h.shelf, 1), true)
	_, seen := h.ask(host, "/headers", func(r *http.Request) {
		r.Header.Set("Cookie", "dasier_session=secret; theirs=1; __Host-dasier_ticket=x; Dasier_ticket=y")
		r.Header.Set("Private-Token", "dsr_pat_good")
		r.Header.Set("X-Forwarded-For", "6.6.6.6")
		r.Header.Set("X-Real-Ip", "6.6.6.6")
		r.Header.Add("Job-Token", "its-own")
		r.Header.Add("Job-Token", "dsr_job_good") // behind one that is none of ours
		r.Header.Add("Authorization", "Bearer its-own")
		r.Header.Add("Authorization", "Bearer dsr_pat_good")
		r.Header.Set("Connection", "X-Forwarded-For, X-Forwarded-Host")
	})
	for _, secret := range []string{"secret", "dsr_", "Ticket", "6.6.6.6"} {
		if strings.Contains(seen, secret) {
			t.Errorf("the service sees %q:\n%s", secret, seen)
		}
	}
	for _, wanted := range []string{"Cookie: theirs=1\n", "X-Forwarded-For: 127.0.0.1\n", "X-Forwarded-Host: " + host + "\n", "X-Forwarded-Proto: http\n", "Host: " + host + "\n"} {
		if !strings.Contains(seen, wanted) {
			t.Errorf("the service does not see %q:\n%s", wanted, seen)
		}
	}
	if _, seen = h.ask(host, "/headers", func(r *http.Request) { r.Header.Set("Authorization", "Bearer its-own") }); !strings.Contains(seen, "its-own") {
		t.Error("a service does not get its own token")
	}
	if response, _ := h.ask(host, "/headers", func(r *http.Request) { r.SetBasicAuth("x", "dsr_pat_wrong") }); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong token of ours: %s", response.Status)
	}
	if response, _ := h.ask(host, "/.dasier/anything", nil); response.StatusCode != http.StatusNotFound {
		t.Errorf("below our own path: %s", response.Status)
	}
	response, _ := h.ask(host, "/", nil)
	if response.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("no security headers: %v", response.Header)
	}
	response, _ = h.ask(host, "/", func(r *http.Request) {
		r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(strings.Repeat("x", 2<<20))), 2<<20
	})
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %s", response.Status)
	}
}

func TestAccess(t *testing.T) {
	h := build(t)
	p := targettest.Service(t, h.shelf, 1)
	h.deploy(p, false)
	want := func(what string, status int, edit func(*http.Request)) {
		t.Helper()
		if response, text := h.ask(host, "/", edit); response.StatusCode != status {
			t.Errorf("%s: %s, %s, want %d", what, response.Status, text, status)
		}
	}
	want("nobody", 401, nil)
	want("a token", 200, func(r *http.Request) { r.Header.Set("Authorization", "Bearer dsr_pat_good") })
	want("a token of someone else", 403, func(r *http.Request) { r.Header.Set("Authorization", "Bearer dsr_pat_other") })
	want("a token as password", 200, func(r *http.Request) { r.SetBasicAuth("x", "dsr_pat_good") })
	want("a made-up cookie", 401, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "dasier_ticket", Value: "3.99999999999.x"}) })

	ticket := strings.TrimPrefix(h.gateway.Ticket("http://"+host, deploy.Label(p.Endpoint), member), "http://"+host)
	response, _ := h.ask(host, ticket, nil)
	if response.StatusCode != http.StatusSeeOther || len(response.Cookies()) != 1 {
		t.Fatalf("the ticket: %s, %v", response.Status, response.Cookies())
	}
	cookie := response.Cookies()[0]
	if !cookie.HttpOnly || cookie.Domain != "" || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %+v, want it for this host and no script", cookie)
	}
	with := func(r *http.Request) { r.AddCookie(cookie) }
	want("with the cookie", 200, with)
	other := targettest.Service(t, h.shelf, 2)
	other.Endpoint = "house-prices.other.staging"
	h.deploy(other, false)
	if response, _ := h.ask("staging--other--house-prices.apps.localhost", "/", with); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("the cookie on another host: %s", response.Status)
	}
	if response, _ := h.ask("staging--other--house-prices.apps.localhost", ticket, nil); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("the ticket on another host: %s", response.Status)
	}
	h.now.Add(61)
	if response, _ := h.ask(host, ticket, nil); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("the ticket after a minute: %s", response.Status)
	}
	want("with the cookie after a minute", 200, with)
	h.banned.Store(true)
	h.now.Add(61)
	want("after its owner was blocked", 403, with)
	h.banned.Store(false)
	h.now.Add(13 * 3600)
	want("with the cookie after a day", 401, with)
}

func TestSiteAndProxy(t *testing.T) {
	h := build(t)
	h.deploy(targettest.Service(t, h.shelf, 1), false)
	p := deploy.Placement{
		Kind: deploy.KindSite, Endpoint: "house-prices.app.staging", Project: 8, Environment: "staging", Deployment: 5,
		Digest: h.shelf.Put(t, fstest.MapFS{"index.html": {Data: []byte("<h1>app</h1>")}}),
		Site:   &bundle.Site{Folder: "dist", Fallback: "index.html", Proxy: map[string]string{"/api/": "house-prices/api", "/gone/": "house-prices/gone"}},
	}
	h.deploy(p, true)
	const app = "staging--app--house-prices.apps.localhost"
	if response, text := h.ask(app, "/", nil); text != "<h1>app</h1>" || response.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the page: %q, %v", text, response.Header)
	}
	if _, text := h.ask(app, "/some/route", nil); text != "<h1>app</h1>" {
		t.Errorf("a route of the app: %q", text)
	}
	if _, text := h.ask(app, "/api/slow?ms=1", nil); text != "version 1" {
		t.Errorf("through the site to the service: %q", text)
	}
	if _, seen := h.ask(app, "/api/headers", nil); !strings.Contains(seen, "X-Forwarded-Prefix: /api\n") {
		t.Errorf("the service does not learn its prefix: %s", seen)
	}
	response, text := h.ask(app, "/gone/x", nil)
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || strings.Contains(text, "house-prices/gone") {
		t.Errorf("a service that is not there: %s, %s", response.Status, text)
	}
}

// Fifty deployments while clients ask: no request is lost, and every answer is
// of a version that was deployed then.
func TestNoRequestIsLost(t *testing.T) {
	h := build(t)
	h.deploy(targettest.Service(t, h.shelf, 1), true)
	var asked, failed atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 5 * time.Minute}
	for i := range 8 {
		clients.Go(func() {
			last := 0
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				method, path := http.MethodGet, "/"
				if (n+i)%3 == 0 {
					path = "/slow?ms=50"
				}
				var body io.Reader
				if n%4 == 1 {
					method, body = http.MethodPost, strings.NewReader("a body")
				}
				r, err := http.NewRequestWithContext(context.Background(), method, h.server.URL+path, body)
				if err != nil {
					t.Error(err)
					return
				}
				r.Host = host
				response, err := client.Do(r)
				asked.Add(1)
				if err != nil {
					failed.Add(1)
					t.Errorf("%s %s: %v", method, path, err)
					continue
				}
				text, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				version := 0
				_, _ = fmt.Sscanf(string(text), "version %d", &version)
				if err != nil || response.StatusCode != http.StatusOK || version < last {
					failed.Add(1)
					t.Errorf("%s %s: %s, %q, %v, after version %d", method, path, response.Status, text, err, last)
				}
				last = version
				time.Sleep(10 * time.Millisecond) // the deployments share the processors with the clients
			}
		})
	}
	// The deployments wait for the clients, who may come less often on a busy
	// machine: some requests fall within each of them.
	const deployments, each = 50, 10
	for version := 2; version <= deployments+1; version++ {
		h.deploy(targettest.Service(t, h.shelf, version), true)
		for asked.Load() < int64(each*(version-1)) && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
	}
	close(stop)
	clients.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d of %d requests failed", failed.Load(), asked.Load())
	}
	if _, text := h.ask(host, "/", nil); text != fmt.Sprintf("version %d", deployments+1) {
		t.Errorf("in the end %q answers", text)
	}
	t.Logf("%d requests during %d deployments", asked.Load(), deployments)
}
