package site_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/deploy/targettest"
	"dasier/delivery/target/site"
	"dasier/fault"
)

const endpoint = "house-prices.app.staging"

func placement(t *testing.T, shelf *targettest.Shelf, deployment int, manifest bundle.Site, files fstest.MapFS) deploy.Placement {
	t.Helper()
	return deploy.Placement{
		Kind: deploy.KindSite, Endpoint: endpoint, Project: 7, Environment: "staging", Deployment: deploy.ID(deployment),
		Digest: shelf.Put(t, files), Site: &manifest,
	}
}

func open(t *testing.T) (*site.Target, *targettest.Shelf, string) {
	t.Helper()
	shelf, dir := &targettest.Shelf{}, filepath.Join(t.TempDir(), "sites")
	target, err := site.New(dir, shelf)
	if err != nil {
		t.Fatal(err)
	}
	return target, shelf, dir
}

// ask asks what serves now.
func ask(t *testing.T, target *site.Target, method, path string, headers ...string) *http.Response {
	t.Helper()
	handler, release, err := target.Open(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		body = unzipped
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var app = fstest.MapFS{
	"index.html":                {Data: []byte("<h1>app</h1>")},
	"assets/index-BxT4f9a2.js":  {Data: []byte(strings.Repeat("let a = 1;\n", 500))},
	"assets/plain.css":          {Data: []byte("p{}")},
	"about/index.html":          {Data: []byte("about")},
	"terms.html":                {Data: []byte("terms")},
	"my page/index.html":        {Data: []byte("spaced")},
	"data.bin":                  {Data: []byte("0123456789")},
	"404.html":                  {Data: []byte("not here")},
	".well-known/security.txt":  {Data: []byte("contact")},
	"module.wasm":               {Data: []byte("\x00asm")},
	"assets/product-listing.js": {Data: []byte("1")},
}

func TestPaths(t *testing.T) {
	target, shelf, _ := open(t)
	if err := target.Apply(t.Context(), placement(t, shelf, 1, bundle.Site{Folder: "dist"}, app)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		status            int
		text, kind, cache string
	}{
		"/":                            {200, "<h1>app</h1>", "text/html; charset=utf-8", "no-cache"},
		"/index.html":                  {200, "<h1>app</h1>", "text/html; charset=utf-8", "no-cache"},
		"/about/":                      {200, "about", "text/html; charset=utf-8", "no-cache"},
		"/terms":                       {200, "terms", "text/html; charset=utf-8", "no-cache"},
		"/assets/plain.css":            {200, "p{}", "text/css; charset=utf-8", "public, max-age=60"},
		"/assets/product-listing.js":   {200, "1", "text/javascript; charset=utf-8", "public, max-age=60"},
		"/module.wasm":                 {200, "\x00asm", "application/wasm", "public, max-age=60"},
		"/.well-known/security.txt":    {200, "contact", "text/plain; charset=utf-8", "public, max-age=60"},
		"/../../etc/passwd":            {404, "not here", "text/html; charset=utf-8", "no-cache"},
		"/%2e%2e/%2e%2e/etc/passwd":    {404, "not here", "text/html; charset=utf-8", "no-cache"},
		"/absent":                      {404, "not here", "text/html; charset=utf-8", "no-cache"},
		"/assets/index-BxT4f9a2.js":    {200, strings.Repeat("let a = 1;\n", 500), "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"/assets/index-BxT4f9a2.js:gz": {404, "not here", "text/html; charset=utf-8", "no-cache"},
	} {
		r := ask(t, target, http.MethodGet, path, "Accept-Encoding", "gzip, br")
		if got := text(t, r); r.StatusCode != want.status || got != want.text || r.Header.Get("Content-Type") != want.kind || r.Header.Get("Cache-Control") != want.cache {
			t.Errorf("%s: %d, %.40q, %v, want %+v", path, r.StatusCode, got, r.Header, want)
		}
	}
	for path, to := range map[string]string{"/about": "./about/", "/about?x=1": "./about/?x=1", "/my%20page": "./my%20page/"} {
		if r := ask(t, target, http.MethodGet, path); r.StatusCode != http.StatusMovedPermanently || r.Header.Get("Location") != to {
			t.Errorf("%s: %d to %q, want %q", path, r.StatusCode, r.Header.Get("Location"), to)
		}
	}
	if r := ask(t, target, http.MethodPost, "/"); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("posting to a site: %d", r.StatusCode)
	}
}

func TestConditions(t *testing.T) {
	target, shelf, _ := open(t)
	if err := target.Apply(t.Context(), placement(t, shelf, 1, bundle.Site{Folder: "dist"}, app)); err != nil {
		t.Fatal(err)
	}
	const script = "/assets/index-BxT4f9a2.js"
	packed, plain := ask(t, target, http.MethodGet, script, "Accept-Encoding", "gzip"), ask(t, target, http.MethodGet, script, "Accept-Encoding", "gzip;q=0")
	if packed.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("compressed: %v, not: %v", packed.Header, plain.Header)
	}
	if packed.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Error("two encodings share an ETag")
	}
	if r := ask(t, target, http.MethodGet, script, "If-None-Match", plain.Header.Get("ETag")); r.StatusCode != http.StatusNotModified {
		t.Errorf("what the client has: %d", r.StatusCode)
	}
	if r := ask(t, target, http.MethodGet, "/data.bin", "Range", "bytes=2-4"); r.StatusCode != http.StatusPartialContent || text(t, r) != "234" {
		t.Errorf("a part: %d", r.StatusCode)
	}
	if r := ask(t, target, http.MethodGet, "/data.bin", "Range", "bytes=90-"); r.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a part that is not there: %d", r.StatusCode)
	}
	if r := ask(t, target, http.MethodHead, script); r.StatusCode != http.StatusOK || text(t, r) != "" || r.Header.Get("Content-Length") != "5500" {
		t.Errorf("the head: %d, %v", r.StatusCode, r.Header)
	}
}

func TestFallback(t *testing.T) {
	target, shelf, _ := open(t)
	manifest := bundle.Site{Folder: "dist", Fallback: "index.html"}
	if err := target.Apply(t.Context(), placement(t, shelf, 1, manifest, app)); err != nil {
		t.Fatal(err)
	}
	if r := ask(t, target, http.MethodGet, "/houses/17"); r.StatusCode != http.StatusOK || text(t, r) != "<h1>app</h1>" {
		t.Errorf("a route of the app: %d", r.StatusCode)
	}
	if r := ask(t, target, http.MethodGet, "/assets/old-1234abcd.js"); r.StatusCode != http.StatusNotFound {
		t.Errorf("a script of an older version: %d, want it missing, not the page", r.StatusCode)
	}
}

func TestRefusals(t *testing.T) {
	target, shelf, dir := open(t)
	for name, test := range map[string]struct {
		p    deploy.Placement
		says string
	}{
		"no page":     {placement(t, shelf, 1, bundle.Site{Folder: "dist"}, fstest.MapFS{"dist/index.html": {Data: []byte("x")}}), "no index.html"},
		"no fallback": {placement(t, shelf, 1, bundle.Site{Folder: "dist", Fallback: "app.html"}, app), "fallback"},
		"no bundle":   {deploy.Placement{Kind: deploy.KindSite, Endpoint: endpoint, Digest: "sha256:x", Site: &bundle.Site{}}, "no bundle"},
		"a service":   {targettest.Service(t, shelf, 1), "is no site"},
	} {
		if err := target.Apply(t.Context(), test.p); fault.KindOf(err) == fault.Internal || !strings.Contains(fault.Message(err), test.says) {
			t.Errorf("%s: got %v, want %q", name, err, test.says)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("what was refused left %v, %v", left, err)
	}
}

// A switch is seen by the next request, a request that has begun ends on what
// it began with, and then the old files go.
func TestSwitch(t *testing.T) {
	target, shelf, dir := open(t)
	version := func(n string) deploy.Placement {
		return placement(t, shelf, len(n), bundle.Site{Folder: "dist"}, fstest.MapFS{"index.html": {Data: []byte(n)}})
	}
	if err := target.Apply(t.Context(), version("a")); err != nil {
		t.Fatal(err)
	}
	handler, release, err := target.Open(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Apply(t.Context(), version("bb")); err != nil {
		t.Fatal(err)
	}
	if got := text(t, ask(t, target, http.MethodGet, "/")); got != "bb" {
		t.Errorf("after the switch: %q", got)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
	if w.Body.String() != "a" {
		t.Errorf("what was held answers %q", w.Body)
	}
	release()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the old files are still there: %v, %v", left, err)
	}
	if err := target.Apply(t.Context(), version("bb")); err != nil || target.Health(endpoint) != nil {
		t.Errorf("again: %v", err)
	}
	for range 2 {
		if err := target.Remove(t.Context(), endpoint); err != nil {
			t.Fatal(err)
		}
	}
	if err := target.Health(endpoint); !fault.Is(err, fault.Missing) {
		t.Errorf("after removing: %v", err)
	}
}

// Readers and switches at once.
func TestRace(t *testing.T) {
	target, shelf, _ := open(t)
	first := placement(t, shelf, 1, bundle.Site{Folder: "dist"}, app)
	if err := target.Apply(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if r := ask(t, target, http.MethodGet, "/"); r.StatusCode != http.StatusOK {
					t.Errorf("during a switch: %d", r.StatusCode)
				}
			}
		})
	}
	for i := range 20 {
		p := first
		p.Deployment = deploy.ID(i + 2)
		if err := target.Apply(t.Context(), p); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	readers.Wait()
}
