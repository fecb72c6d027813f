// Package web serves the console and the client page from the binary.
//
// The pages are built by `make web` into dist/, which is embedded as it was at
// build time; without a build the handler answers one sentence that says so,
// so that `go build` needs no node. Hashed assets are immutable and cached for
// a year, in the encoding the browser prefers, compressed when they were built;
// the pages themselves are never cached and carry a strict content security
// policy: everything comes from this server, nothing runs inline.
//
// The package knows no session, project or API: it hands out files.
package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// The two doors of the app, and the word that each page's nonce replaces.
const (
	consolePage  = "index.html"
	estimatePage = "estimate.html"
	nonceMark    = "__NONCE__"
)

// notBuilt is the answer of a binary that was built without the pages.
const notBuilt = "the pages are not built: run make web\n"

// site serves one built tree.
type site struct {
	files fs.FS
}

// Handler serves the embedded pages.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: the embedded folder has no dist: " + err.Error()) // the embed directive above promises it
	}
	return New(files)
}

// New serves a built tree, for tests and for a tree outside the binary.
func New(files fs.FS) http.Handler {
	return site{files: files}
}

// ServeHTTP answers a file that exists, or else the page whose router knows
// the path. A path under assets/ that does not exist is missing, never a page:
// a browser must not take HTML for a script.
func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name != "" && !strings.HasSuffix(name, ".html") && !strings.HasPrefix(path.Base(name), ".") {
		if s.serveFile(w, r, name) {
			return
		}
	}
	if strings.HasPrefix(name, "assets/") || !wantsPage(r) {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	page := consolePage
	if strings.HasPrefix(name, "estimate/") {
		page = estimatePage
	}
	s.servePage(w, r, page)
}

// wantsPage tells a person's navigation from a program's request.
func wantsPage(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "*/*")
}

// serveFile answers one file in the best encoding there is; false when there
// is no such file.
func (s site) serveFile(w http.ResponseWriter, r *http.Request, name string) bool {
	if info, err := fs.Stat(s.files, name); err != nil || info.IsDir() {
		return false
	}
	encoded, encoding := name, ""
	for _, try := range [...]struct{ coding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if _, err := fs.Stat(s.files, name+try.suffix); err == nil && accepts(r.Header.Get("Accept-Encoding"), try.coding) {
			encoded, encoding = name+try.suffix, try.coding
			break
		}
	}
	content, err := fs.ReadFile(s.files, encoded)
	if err != nil {
		return false
	}
	header := w.Header()
	header.Set("Vary", "Accept-Encoding")
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		header.Set("Content-Type", kind)
	}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	if strings.HasPrefix(name, "assets/") {
		header.Set("Cache-Control", "public, max-age=31536000, immutable") // the name holds the content's hash
	} else {
		header.Set("Cache-Control", "no-cache")
	}
	write(w, r, content)
	return true
}

// servePage answers a page with its policy. Each answer has its own nonce: the
// component library writes style elements at run time, and the nonce is what
// tells them from an attacker's.
func (s site) servePage(w http.ResponseWriter, r *http.Request, page string) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	content, err := fs.ReadFile(s.files, page)
	if err != nil {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		write(w, r, []byte(notBuilt))
		return
	}
	nonce := newNonce()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy(nonce))
	header.Set("Referrer-Policy", "same-origin")
	write(w, r, bytes.ReplaceAll(content, []byte(nonceMark), []byte(nonce)))
}

// policy allows this server alone. Frames are for artifacts, which the API
// answers in a sandbox of their own; nobody may frame the console.
func policy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"img-src 'self' data:",
		"font-src 'self'",
		"connect-src 'self'",
		"frame-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

func newNonce() string {
	var random [18]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand stops the program instead
	return base64.StdEncoding.EncodeToString(random[:])
}

// accepts reads an Accept-Encoding header: the coding is listed, and not with
// a weight of zero.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		weight, found := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if !found {
			return true
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		return err == nil && q > 0
	}
	return false
}

func write(w http.ResponseWriter, r *http.Request, content []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(content) // #nosec G705 -- our own page; if the browser is gone, nothing is left to tell it
}
