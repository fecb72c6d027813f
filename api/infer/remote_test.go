package infer_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/fault"
)

// far is a server whose endpoint answers in another process, which asks for a
// token and sees what comes with requests.
type far struct {
	*site
	seen    http.Header
	release atomic.Int64
	problem error
}

func openFar(t *testing.T) *far {
	t.Helper()
	return openFarWith(t, infer.Config{})
}

// openFarWith makes a server with the endpoints far, which is public, closed
// and gated.
func openFarWith(t *testing.T, cfg infer.Config) *far {
	t.Helper()
	f := &far{}
	engine := serve.New()
	meta := serve.Meta{Project: 7, Environment: "production", Model: "prices", Version: 3, Public: true}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(engine.Load(t.Context(), "far", servetest.Package(t, servetest.Houses(3)), serve.Meta{Model: "other", Version: 3}))
	must(engine.Load(t.Context(), "gated", servetest.Package(t, servetest.Houses(3)), serve.Meta{Model: "other", Version: 3}))
	inner := chi.NewRouter()
	inner.Group(infer.New(engine, func(r *http.Request, _ *serve.Meta) (infer.Client, error) {
		f.seen = r.Header.Clone()
		if r.Header.Get("Authorization") != "Bearer between us" {
			return infer.Client{}, fault.Errorf(fault.Unauthenticated, "who are you?")
		}
		return infer.Client{}, nil
	}, infer.Config{TellRows: true}).Routes)
	process := httptest.NewUnstartedServer(inner)
	process.Config.Protocols = spoken()
	process.Start()
	t.Cleanup(process.Close)

	near := open(t, infer.Config{})
	near.registry = prometheus.NewRegistry()
	cfg.Registerer, cfg.MaxBody = near.registry, 10_000
	cfg.Remotes = func() []string { return []string{"far", "closed", "gated"} }
	cfg.Remote = func(endpoint string) (infer.Remote, bool) {
		if endpoint != "far" && endpoint != "closed" && endpoint != "gated" {
			return infer.Remote{}, false
		}
		meta := meta
		meta.Public = endpoint == "far"
		return infer.Remote{
			Meta: meta, Address: strings.TrimPrefix(process.URL, "http://"), Token: "between us", Problem: f.problem,
			Release: func() { f.release.Add(1) },
		}, true
	}
	face := infer.New(near.engine, permitted, cfg)
	t.Cleanup(face.Close)
	outer := chi.NewRouter()
	outer.Group(face.Routes)
	near.Handler = outer
	f.site = near
	return f
}

func TestRemoteAnswersAreTheModels(t *testing.T) {
	f := openFar(t)
	w := f.ask("POST", "/api/v1/endpoints/far/predict?explain=true", "["+servetest.Row+","+servetest.Row+"]", "Cookie: session=x", "Private-Token: y", "X-Forwarded-For: 1.2.3.4")
	if w.Code != http.StatusOK || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Dasier-Rows") != "" {
		t.Fatalf("answered %d %v: %s", w.Code, w.Header(), w.Body)
	}
	answers := decode[[]answer](t, w)
	if len(answers) != 2 || answers[1].Prediction != servetest.RowPrice(3) || answers[1].Reasons == nil {
		t.Errorf("got %+v", answers)
	}
	for _, name := range []string{"Cookie", "Private-Token", "X-Forwarded-For", "X-Idempotency-Key"} {
		if f.seen.Get(name) != "" {
			t.Errorf("the process is told %s: %q", name, f.seen.Get(name))
		}
	}
	info := f.ask("GET", "/api/v1/endpoints/far", "")
	for _, want := range []string{`"environment":"production"`, `"model":"prices"`, `"public":true`} {
		if !strings.Contains(info.Body.String(), want) {
			t.Errorf("no %s in %s", want, info.Body)
		}
	}
	if again := f.ask("GET", "/api/v1/endpoints/far", "", "If-None-Match: "+info.Header().Get("Etag")); again.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", again.Code)
	}
	if w := f.ask("OPTIONS", "/api/v1/endpoints/far/predict", ""); w.Header().Get("Access-Control-Allow-Methods") == "" {
		t.Error("browsers of other origins are not let in")
	}
	families, err := f.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	rows := 0.0
	for _, family := range families {
		if family.GetName() == "dasier_inference_rows_total" {
			rows = family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	if rows != 2 {
		t.Errorf("%v rows are counted, want 2", rows)
	}
	if n := f.release.Load(); n != 4 {
		t.Errorf("%d holds were released, want 4", n)
	}
}

func TestRemoteRefusals(t *testing.T) {
	f := openFar(t)
	for _, c := range []struct {
		name, path, body string
		status           int
		says             string
		headers          []string
	}{
		{"stranger", "/api/v1/endpoints/closed/predict", servetest.Row, 404, "no endpoint", nil},
		{"member", "/v2/models/closed/infer", `{}`, 404, "", []string{"Authorization: Bearer member"}}, // the process has no such endpoint
		{"wrong row", "/api/v1/endpoints/far/predict", `{"Kitchen":"Odd"}`, 422, "Gr_Liv_Area", nil},
		{"too large", "/api/v1/endpoints/far/predict", `"` + strings.Repeat("x", 11_000) + `"`, 413, "more than 10000 bytes", nil},
		{"compressed", "/api/v1/endpoints/far/predict", "x", 400, "Content-Encoding: gzip", []string{"Content-Encoding: gzip"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := f.ask("POST", c.path, c.body, c.headers...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("answered %d, want %d: %s", w.Code, c.status, w.Body)
			}
		})
	}
	f.problem = fault.Errorf(fault.Unavailable, "the container is started again")
	if w := f.ask("POST", "/api/v1/endpoints/far/predict", servetest.Row); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "started again") {
		t.Errorf("a process that is away: %d %s", w.Code, w.Body)
	}
	if w := f.ask("POST", "/api/v1/endpoints/closed/predict", servetest.Row); w.Code != http.StatusNotFound {
		t.Errorf("a stranger is told of a process that is away: %d %s", w.Code, w.Body)
	}
}
