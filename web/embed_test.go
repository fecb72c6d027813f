package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// built is a small tree in the shape of a build.
var built = fstest.MapFS{
	".gitkeep":              {},
	"index.html":            {Data: []byte(`<meta name="style-nonce" content="__NONCE__"><p>console</p>`)},
	"estimate.html":         {Data: []byte(`<p>estimate</p>`)},
	"theme.js":              {Data: []byte(`theme()`)},
	"assets/app-1a2b.js":    {Data: []byte(`plain`)},
	"assets/app-1a2b.js.gz": {Data: []byte(`gzipped`)},
	"assets/app-1a2b.js.br": {Data: []byte(`brotlied`)},
}

func get(t *testing.T, files fstest.MapFS, method, target string, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for key, value := range headers {
		r.Header.Set(key, value)
	}
	w := httptest.NewRecorder()
	New(files).ServeHTTP(w, r)
	return w
}

func TestServe(t *testing.T) {
	html := map[string]string{"Accept": "text/html,application/xhtml+xml"}
	for _, c := range []struct {
		name, method, path string
		headers            map[string]string
		status             int
		body               string // a part of it
		want               map[string]string
	}{
		{"root is the console", "GET", "/", html, 200, "console", map[string]string{"Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8"}},
		{"an unknown path is the console's to route", "GET", "/house-prices/model/pipelines/3", html, 200, "console", nil},
		{"the client page has its own door", "GET", "/estimate/house-prices.model.production", html, 200, "estimate", nil},
		{"pages are not files", "GET", "/estimate.html", html, 200, "console", nil},
		{"an asset is cached for a year", "GET", "/assets/app-1a2b.js", nil, 200, "plain", map[string]string{"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": "text/javascript; charset=utf-8", "Content-Encoding": "", "Vary": "Accept-Encoding"}},
		{"gzip where accepted", "GET", "/assets/app-1a2b.js", map[string]string{"Accept-Encoding": "gzip"}, 200, "gzipped", map[string]string{"Content-Encoding": "gzip"}},
		{"brotli is preferred", "GET", "/assets/app-1a2b.js", map[string]string{"Accept-Encoding": "gzip, deflate, br"}, 200, "brotlied", map[string]string{"Content-Encoding": "br"}},
		{"a weight of zero refuses", "GET", "/assets/app-1a2b.js", map[string]string{"Accept-Encoding": "br;q=0, gzip;q=0.5"}, 200, "gzipped", nil},
		{"a file without a hash is asked for again", "GET", "/theme.js", nil, 200, "theme()", map[string]string{"Cache-Control": "no-cache"}},
		{"a missing asset is missing", "GET", "/assets/gone.js", html, 404, "no such file", nil},
		{"a program gets no page", "GET", "/nothing", map[string]string{"Accept": "application/json"}, 404, "no such file", nil},
		{"no way out of the tree", "GET", "/../embed.go", map[string]string{"Accept": "application/json"}, 404, "no such file", nil},
		{"hidden files stay hidden", "GET", "/.gitkeep", map[string]string{"Accept": "application/json"}, 404, "no such file", nil},
		{"pages are only read", "POST", "/", html, 405, "method not allowed", map[string]string{"Allow": "GET, HEAD"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := get(t, built, c.method, c.path, c.headers)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
				t.Fatalf("got %d %q, want %d with %q", w.Code, w.Body, c.status, c.body)
			}
			for key, want := range c.want {
				if got := w.Header().Get(key); got != want {
					t.Errorf("%s: got %q, want %q", key, got, want)
				}
			}
		})
	}
}

func TestHeadHasLengthAndNoBody(t *testing.T) {
	w := get(t, built, http.MethodHead, "/theme.js", nil)
	if w.Body.Len() != 0 || w.Header().Get("Content-Length") != "7" {
		t.Fatalf("got %d bytes of body, Content-Length %q", w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

// Each page's nonce stands in its policy and in the page, and is never used twice.
func TestPolicyAndNonce(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		w := get(t, built, "GET", "/", nil)
		policy := w.Header().Get("Content-Security-Policy")
		_, rest, found := strings.Cut(policy, "'nonce-")
		nonce, _, _ := strings.Cut(rest, "'")
		if !found || len(nonce) < 20 || seen[nonce] {
			t.Fatalf("policy %q has no fresh nonce", policy)
		}
		seen[nonce] = true
		if body := w.Body.String(); !strings.Contains(body, `content="`+nonce+`"`) || strings.Contains(body, nonceMark) {
			t.Fatalf("page %q does not carry the nonce %q", body, nonce)
		}
		for _, banned := range []string{"unsafe", "http:", "https:", "*"} {
			if strings.Contains(policy, banned) {
				t.Errorf("policy %q allows %q", policy, banned)
			}
		}
	}
}

func TestNotBuilt(t *testing.T) {
	w := get(t, fstest.MapFS{".gitkeep": {}}, "GET", "/", nil)
	if w.Code != http.StatusOK || w.Body.String() != notBuilt {
		t.Fatalf("got %d %q", w.Code, w.Body)
	}
}

// The binary's own tree answers, built or not.
func TestEmbedded(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.Len() == 0 {
		t.Fatalf("got %d with %d bytes", w.Code, w.Body.Len())
	}
}
