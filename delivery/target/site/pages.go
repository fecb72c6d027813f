package site

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
)

// pages is one deployed site. It never changes.
type pages struct {
	dir        string
	digest     string
	deployment deploy.ID
	site       bundle.Site
	files      map[string]file // by path, without the first slash

	holds atomic.Int64 // the table's own, and those of requests
}

// file is one file of a site.
type file struct {
	path  string // on disk
	etag  string
	kind  string // Content-Type
	cache string // Cache-Control
	small string // on disk: compressed; empty when that gains nothing
}

func (p *pages) take() { p.holds.Add(1) }

func (p *pages) let() {
	if p.holds.Add(-1) == 0 {
		// Nobody can find it any more. What cannot be removed goes at the next
		// start of the server.
		_ = os.RemoveAll(p.dir)
	}
}

// The kinds of caching: see the package's comment.
const (
	forever = "public, max-age=31536000, immutable"
	aMinute = "public, max-age=60"
	always  = "no-cache"
)

// hashed finds names that carry a hash, as bundlers make them: at least eight
// characters of one before the extension, with a digit among them.
var hashed = regexp.MustCompile(`[-._]([A-Za-z0-9_-]{8,64})\.[A-Za-z0-9.]+$`)

func cacheOf(name, kind string) string {
	if strings.HasPrefix(kind, "text/html") {
		return always
	}
	if m := hashed.FindStringSubmatch(path.Base(name)); m != nil && strings.ContainsAny(m[1], "0123456789") {
		return forever
	}
	return aMinute
}

// types are those of the web that a system's own table may lack or spell
// otherwise; a site must look the same on every server.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".json": "application/json",
	".map": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif",
	".ico": "image/x-icon", ".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf",
	".txt": "text/plain; charset=utf-8", ".md": "text/markdown; charset=utf-8", ".csv": "text/csv; charset=utf-8",
	".xml": "application/xml", ".pdf": "application/pdf", ".wasm": "application/wasm", ".mp4": "video/mp4", ".webm": "video/webm",
	".mp3": "audio/mpeg", ".geojson": "application/geo+json", ".onnx": "application/octet-stream", ".yaml": "application/yaml", ".yml": "application/yaml",
}

func typeOf(name string) string {
	extension := strings.ToLower(path.Ext(name))
	if kind, ok := types[extension]; ok {
		return kind
	}
	if kind := mime.TypeByExtension(extension); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// index looks at every file once. Symbolic links are not served: they gain a
// site nothing.
func (p *pages) index(ctx context.Context) error {
	var paths []string
	err := filepath.WalkDir(p.dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && entry.Type().IsRegular() {
			paths = append(paths, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the site: %w", err)
	}
	for _, name := range paths {
		relative, err := filepath.Rel(p.dir, name)
		if err != nil {
			return fmt.Errorf("reading the site: %w", err)
		}
		f, err := look(name, filepath.ToSlash(relative))
		if err != nil {
			return err
		}
		p.files[filepath.ToSlash(relative)] = f
	}
	return nil
}

func look(onDisk, name string) (f file, err error) {
	opened, err := os.Open(onDisk) // #nosec G304 -- our own folder
	if err != nil {
		return f, fmt.Errorf("reading the site's %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	f = file{path: onDisk, kind: typeOf(name)}
	f.cache = cacheOf(name, f.kind)
	sum := sha256.New()
	size, err := io.Copy(sum, opened)
	if err != nil {
		return f, fmt.Errorf("reading the site's %s: %w", name, err)
	}
	f.etag = hex.EncodeToString(sum.Sum(nil)[:16])
	if !compressible(f.kind) || size < 1024 || size > 16<<20 {
		return f, nil
	}
	if _, err := opened.Seek(0, io.SeekStart); err != nil {
		return f, fmt.Errorf("reading the site's %s: %w", name, err)
	}
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return f, fmt.Errorf("compressing: %w", err)
	}
	if _, err := io.Copy(w, opened); err != nil {
		return f, fmt.Errorf("compressing the site's %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return f, fmt.Errorf("compressing the site's %s: %w", name, err)
	}
	if int64(small.Len()) >= size*9/10 {
		return f, nil
	}
	// Beside the site's own names, which never end so: a colon is refused in
	// archives.
	f.small = onDisk + ":gz"
	if err := os.WriteFile(f.small, small.Bytes(), 0o600); err != nil {
		return f, fmt.Errorf("writing the site's %s: %w", name, err)
	}
	return f, nil
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "image/svg") || strings.HasPrefix(kind, "font/ttf") ||
		strings.Contains(kind, "json") || strings.Contains(kind, "xml") || strings.Contains(kind, "wasm") || strings.Contains(kind, "yaml")
}

// find is the file of a path: itself, or the index.html of its folder, or the
// fallback. redirect is the folder's address when its final slash is missing.
func (p *pages) find(asked string) (found file, status int, redirect string) {
	name := strings.TrimPrefix(path.Clean("/"+asked), "/")
	if f, ok := p.files[name]; ok && !strings.HasSuffix(asked, "/") {
		return f, http.StatusOK, ""
	}
	if f, ok := p.files[path.Join(name, "index.html")]; ok {
		if name != "" && !strings.HasSuffix(asked, "/") {
			return file{}, http.StatusMovedPermanently, url.PathEscape(path.Base(name)) + "/"
		}
		return f, http.StatusOK, ""
	}
	if f, ok := p.files[name+".html"]; ok && name != "" && !strings.HasSuffix(asked, "/") {
		return f, http.StatusOK, ""
	}
	// What has an extension was meant as a file: an app's page in the place of a
	// script that is gone only confuses.
	if p.site.Fallback != "" && (path.Ext(name) == "" || strings.HasSuffix(name, ".html")) {
		return p.files[path.Clean(p.site.Fallback)], http.StatusOK, ""
	}
	if f, ok := p.files["404.html"]; ok {
		return f, http.StatusNotFound, ""
	}
	return file{}, http.StatusNotFound, ""
}

// ServeHTTP implements http.Handler.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "a site is only read", http.StatusMethodNotAllowed)
		return
	}
	f, status, redirect := p.find(r.URL.Path)
	if redirect != "" {
		if r.URL.RawQuery != "" {
			redirect += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", "./"+redirect)
		w.WriteHeader(status)
		return
	}
	if f.path == "" {
		http.Error(w, "the site has no such page", http.StatusNotFound)
		return
	}
	p.send(w, r, f, status)
}

func (p *pages) send(w http.ResponseWriter, r *http.Request, f file, status int) {
	header := w.Header()
	header.Set("Content-Type", f.kind)
	header.Set("Cache-Control", f.cache)
	name, etag := f.path, f.etag
	if f.small != "" {
		header.Add("Vary", "Accept-Encoding")
		if r.Header.Get("Range") == "" && takesGzip(r.Header.Values("Accept-Encoding")) {
			name, etag = f.small, f.etag+"-gz"
			header.Set("Content-Encoding", "gzip")
		}
	}
	opened, err := os.Open(name) // #nosec G304 -- of our own index
	if err != nil {
		header.Del("Content-Encoding")
		http.Error(w, "the page cannot be read", http.StatusInternalServerError)
		return
	}
	defer func() { _ = opened.Close() }()
	if status != http.StatusOK {
		header.Set("Cache-Control", always)
		info, err := opened.Stat()
		if err == nil {
			header.Set("Content-Length", fmt.Sprint(info.Size()))
		}
		w.WriteHeader(status)
		if r.Method == http.MethodGet {
			_, _ = io.Copy(w, opened) // the reader may have gone
		}
		return
	}
	header.Set("ETag", `"`+etag+`"`)
	// No time: the files were unpacked now, which says nothing of their age.
	http.ServeContent(w, r, "", time.Time{}, opened)
}

// takesGzip reads Accept-Encoding (RFC 9110, section 12.5.3) as far as it
// matters: gzip is named, or everything is, and not with the weight 0.
func takesGzip(values []string) bool {
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		coding = strings.TrimSpace(coding)
		if !strings.EqualFold(coding, "gzip") && coding != "*" {
			continue
		}
		q := strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		return strings.Trim(q, "0.") != "" || q == ""
	}
	return false
}
