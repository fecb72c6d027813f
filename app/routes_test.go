package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// open opens a server on an empty folder, without starting it.
func open(t *testing.T) *Server {
	t.Helper()
	config, _, err := Load(os.DevNull, nil, map[string]string{"data": filepath.Join(t.TempDir(), "data"), "addr": "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), config, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestUnknownAddressesOfTheAPIAreNoPages(t *testing.T) {
	handler := open(t).handler()
	for _, c := range []struct {
		method, path string
		status       int
		media, says  string
	}{
		{"GET", "/api/v1/nothing", 404, "application/problem+json", "the API has nothing at /api/v1/nothing"},
		{"GET", "/api/v1/projects/lab/model", 404, "application/problem+json", "%2F for the slash"},
		{"GET", "/api/v4/nothing", 404, "application/json", "404 Not Found"},
		{"GET", "/api/v4/user", 401, "application/json", "401 Unauthorized"},
		{"GET", "/api/v4/projects/lab%2Fmodel", 401, "application/json", "401 Unauthorized"},
		{"POST", "/api/v4/runners/verify", 403, "application/json", "403"},
		{"GET", "/v2/nothing", 404, "application/problem+json", "/v2/nothing"},
		{"PUT", "/api/v1/setup", 405, "application/problem+json", "/api/v1/setup does not take PUT"},
		{"GET", "/api/v1/setup", 200, "application/json", `"needed":true`},
		{"GET", "/lab/model/pipelines", 200, "text/html; charset=utf-8", `<div id="root">`},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), c.method, c.path, http.NoBody))
			if w.Code != c.status || w.Header().Get("Content-Type") != c.media || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%d %s %s, want %d %s with %q", w.Code, w.Header().Get("Content-Type"), w.Body, c.status, c.media, c.says)
			}
		})
	}
}

func TestDatabaseIsForTheServersUserAlone(t *testing.T) {
	s := open(t)
	for _, name := range []string{"dasier.db", "dasier.db-wal"} {
		info, err := os.Stat(filepath.Join(s.config.Data, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has the mode %o, want 600", name, mode)
		}
	}
}
