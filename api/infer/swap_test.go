package infer_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
)

// Clients ask over real connections while 200 versions come and go, and while
// the endpoint is described: no request fails, and in every answer all numbers
// are of the version that it names.
func TestSwapsUnderLoad(t *testing.T) {
	const swaps, clients = 200, 4
	s := open(t, infer.Config{})
	server := httptest.NewServer(s)
	client := server.Client()
	defer server.Close()
	defer client.CloseIdleConnections()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	post := func(path, body string, into any) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		w, err := client.Do(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(w.Body)
		if closeErr := w.Body.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
		if w.StatusCode != http.StatusOK {
			t.Errorf("%s answered %d: %s", path, w.StatusCode, text)
		}
		return json.Unmarshal(text, into)
	}

	var over atomic.Bool
	var newest atomic.Int64 // version that a client saw
	judge := func(a answer) {
		for seen := newest.Load(); int64(a.Version) > seen && !newest.CompareAndSwap(seen, int64(a.Version)); seen = newest.Load() {
		}
		if a.Prediction != servetest.RowPrice(a.Version) || a.Interval == nil || a.Interval.High != a.Prediction+9000 {
			t.Errorf("torn: version %d answered %+v", a.Version, a)
		}
	}
	var running sync.WaitGroup
	for k := range clients {
		running.Go(func() {
			for !over.Load() && !t.Failed() {
				var one answer
				var many []answer
				var err error
				if k%2 == 0 {
					err = post(predURL, servetest.Row, &one)
					many = []answer{one}
				} else {
					err = post(predURL, "["+strings.Repeat(servetest.Row+",", 20)+servetest.Row+"]", &many)
				}
				if err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				for _, a := range many {
					judge(a)
					if a.Version != many[0].Version {
						t.Errorf("one answer holds versions %d and %d", many[0].Version, a.Version)
					}
				}
			}
		})
	}
	for version := 4; version < 4+swaps; version++ {
		s.load(public, servetest.Houses(version), serve.Meta{Model: "prices", Version: version, Public: true})
		if w := s.ask("GET", "/api/v1/endpoints/"+public, ""); w.Code != http.StatusOK {
			t.Errorf("describing during swaps: %d", w.Code)
		}
		for version%20 == 0 && newest.Load() < int64(version) && !t.Failed() { // the clients are to see some of them
			time.Sleep(time.Millisecond)
		}
	}
	over.Store(true)
	running.Wait()
}
