package source_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/source"

	"github.com/google/go-cmp/cmp"
)

const houses = "price,city\n1.5,Paris\n2,Lyon\n"

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// fetcher tries quickly, knows only the given environment, and leaves nothing.
func fetcher(t *testing.T, cfg source.Config, environment ...string) *source.Fetcher {
	t.Helper()
	if cfg.Cache == "" {
		cfg.Cache = t.TempDir()
	}
	cache := cfg.Cache
	t.Cleanup(func() {
		left, err := filepath.Glob(filepath.Join(cache, "fetching-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
	cfg.Pause = time.Millisecond
	cfg.Lookup = func(name string) (string, bool) {
		for i := 0; i < len(environment); i += 2 {
			if environment[i] == name {
				return environment[i+1], true
			}
		}
		return "", false
	}
	return source.New(cfg)
}

// wants fails unless err is of the kind and says the words, and no secret.
func wants(t *testing.T, err error, kind fault.Kind, words string) {
	t.Helper()
	if !fault.Is(err, kind) || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v (%s), want %s: %s", err, fault.KindOf(err), kind, words)
	}
	if err != nil && strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the error tells a secret: %v", err)
	}
}

func TestLocalFile(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "houses.csv"), []byte(houses), 0o600); err != nil {
		t.Fatal(err)
	}
	f := fetcher(t, source.Config{Folder: folder}, "WHAT", "houses")
	for _, location := range []string{"houses.csv", "file:houses.csv", filepath.Join(folder, "houses.csv"), "file://" + folder + "/houses.csv", "${WHAT}.csv"} {
		table, origin, err := f.Table(t.Context(), location, "", digest([]byte(houses)), frame.Config{})
		if err != nil {
			t.Fatalf("%s: %v", location, err)
		}
		want := &frame.Origin{Name: "houses.csv", Format: frame.CSV, Bytes: int64(len(houses)), Digest: digest([]byte(houses))}
		if diff := cmp.Diff(want, origin); diff != "" || table.Rows() != 2 {
			t.Errorf("%s: %d rows, %s", location, table.Rows(), diff)
		}
	}
	for _, test := range []struct {
		location, query, pin string
		kind                 fault.Kind
		words                string
	}{
		{"nothing.csv", "", "", fault.Missing, `no file "nothing.csv"`},
		{".", "", "", fault.Invalid, `is a folder`},
		{"houses.csv", "", strings.Repeat("0", 64), fault.Conflict, "houses.csv is not the data that were meant: their SHA-256 is " + strings.TrimPrefix(digest([]byte(houses)), "sha256:")},
		{"houses.csv", "", "abc", fault.Invalid, `"abc" is no SHA-256`},
		{"houses.csv", "select 1", "", fault.Invalid, "is no database"},
		{"${NOBODY}.csv", "", "", fault.Invalid, "the location wants ${NOBODY}, which the environment does not have"},
		{"ftp://host/x", "", "", fault.Invalid, `locations that begin with "ftp:"`},
		{"https:x", "", "", fault.Invalid, "cannot be read as an address"},
	} {
		_, _, err := f.Table(t.Context(), test.location, test.query, test.pin, frame.Config{})
		wants(t, err, test.kind, test.words)
	}
}

func TestHTTP(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/houses.csv":
			_, _ = w.Write([]byte(houses))
		case "/private.csv":
			if user, password, ok := r.BasicAuth(); !ok || user != "reader" || password != "s3cret" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			_, _ = w.Write([]byte(houses))
		case "/moved":
			http.Redirect(w, r, "/houses.csv", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/silent":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	f := fetcher(t, source.Config{MaxBytes: 1000, Tries: 2}, "PASSWORD", "s3cret")
	private := strings.Replace(server.URL, "http://", "http://reader:${PASSWORD}@", 1)
	for _, location := range []string{server.URL + "/houses.csv", private + "/private.csv"} {
		table, origin, err := f.Table(t.Context(), location, "", "", frame.Config{})
		if err != nil || table.Rows() != 2 || origin.Digest != digest([]byte(houses)) || len(origin.Warnings) != 1 || !strings.Contains(origin.Warnings[0], origin.Digest) {
			t.Errorf("%s: %v %+v", location, err, origin)
		}
		if origin != nil && strings.Contains(strings.Join(origin.Warnings, ""), "s3cret") {
			t.Errorf("a warning tells a secret: %q", origin.Warnings)
		}
	}
	if _, _, err := f.Table(t.Context(), server.URL+"/moved", "", digest([]byte(houses)), frame.Config{}); err != nil {
		t.Error(err)
	}
	before := asked.Load()
	table, origin, err := f.Table(t.Context(), server.URL+"/moved", "", digest([]byte(houses)), frame.Config{})
	if err != nil || table.Rows() != 2 || len(origin.Warnings) > 0 || asked.Load() != before {
		t.Errorf("what is in the cache was fetched again: %v", err)
	}
	small := fetcher(t, source.Config{MaxBytes: 10})
	pinned := fetcher(t, source.Config{Pinned: true})
	hasty := fetcher(t, source.Config{Tries: 2, Patience: 50 * time.Millisecond}) // for what never says anything
	wrong := strings.Replace(server.URL, "http://", "http://reader:s3cret-wrong@", 1)
	for _, test := range []struct {
		f             *source.Fetcher
		location, pin string
		kind          fault.Kind
		words         string
	}{
		{f, server.URL + "/nothing", "", fault.Missing, "there is nothing at " + server.URL + "/nothing (404 Not Found)"},
		{f, wrong + "/private.csv", "", fault.Denied, "may not be read (403 Forbidden)"},
		{f, server.URL + "/round", "", fault.Invalid, "leads on more than 5 times"},
		{f, server.URL + "/busy?token=s3cret", "", fault.Unavailable, "cannot be had now (503 Service Unavailable)"},
		{hasty, server.URL + "/silent", "", fault.Unavailable, "says nothing any more after 0 bytes"},
		{f, "http://reader:s3cret@127.0.0.1:1/x", "", fault.Unavailable, "http://reader@127.0.0.1:1/x cannot be fetched"},
		{small, server.URL + "/houses.csv", "", fault.Limited, "has more than 10 bytes"},
		{f, server.URL + "/houses.csv", strings.Repeat("0", 64), fault.Conflict, "is not the data that were meant"},
		{pinned, server.URL + "/houses.csv", "", fault.Invalid, "has no checksum"},
	} {
		_, _, err := test.f.Table(t.Context(), test.location, "", test.pin, frame.Config{})
		wants(t, err, test.kind, test.words)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = f.Table(ctx, server.URL+"/houses.csv", "", "", frame.Config{})
	wants(t, err, fault.Unavailable, "stopped before it was fetched")
}

// TestDamagedCache has a file of the cache overwritten: it is fetched anew.
func TestDamagedCache(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(houses)) }))
	defer server.Close()
	cache := t.TempDir()
	f := fetcher(t, source.Config{Cache: cache})
	for range 2 {
		if _, _, err := f.Table(t.Context(), server.URL+"/a.csv", "", digest([]byte(houses)), frame.Config{}); err != nil {
			t.Fatal(err)
		}
		kept := filepath.Join(cache, strings.TrimPrefix(digest([]byte(houses)), "sha256:"))
		if err := os.WriteFile(kept, []byte("a,b\n1,2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHTTPGoesOn has a server that breaks off again and again, and whose file
// changes once on the way.
func TestHTTPGoesOn(t *testing.T) {
	var text strings.Builder
	text.WriteString("n\n")
	for i := range 20_000 {
		fmt.Fprintln(&text, i)
	}
	old, data := bytes.Repeat([]byte("x\n"), 60_000), []byte(text.String())
	var asked, continued atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		now, version := data, `"new"`
		if n <= 2 {
			now, version = old, `"old"`
		}
		if r.Header.Get("Range") != "" {
			continued.Add(1)
		}
		w.Header().Set("ETag", version)
		broken := &breaking{ResponseWriter: w, left: 30_000}
		http.ServeContent(broken, r, "", time.Time{}, bytes.NewReader(now))
	}))
	defer server.Close()
	f := fetcher(t, source.Config{Tries: 2})
	table, _, err := f.Table(t.Context(), server.URL+"/n.csv", "", digest(data), frame.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Rows() != 20_000 || table.Columns()[0].Value(19_999) != 19_999 || continued.Load() < 3 {
		t.Errorf("%d rows after %d continuations", table.Rows(), continued.Load())
	}
}

// breaking ends a connection after so many bytes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) > b.left {
		if _, err := b.ResponseWriter.Write(p[:b.left]); err != nil {
			return 0, err
		}
		b.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}
