package docker_test

import (
	"bytes"
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

	"dasier/delivery/serve/servetest"
)

// Clients ask over real connections while 50 deployments go through the real
// engine, rollbacks among them. No request fails, every answer is of the
// version that it names, and what was replaced is put away.
func TestDeploymentsUnderLoadLoseNoRequest(t *testing.T) {
	t.Parallel()
	const deployments, versions, clients = 50, 12, 2
	numbers := make([]int, versions)
	for i := range numbers {
		numbers[i] = i + 1
	}
	s := open(t, houses(t, numbers...))
	s.apply(1)
	server := httptest.NewServer(s.api)
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	one, many := servetest.Row, "["+strings.Repeat(servetest.Row+",", 20)+servetest.Row+"]"
	ask := func(path, body string) ([]byte, bool) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+path, strings.NewReader(body))
		must(t, err)
		r.Header.Set("Authorization", "Bearer member")
		w, err := client.Do(r)
		if err != nil {
			t.Errorf("a request failed: %v", err)
			return nil, false
		}
		text, err := io.ReadAll(w.Body)
		if closed := w.Body.Close(); err != nil || closed != nil {
			t.Errorf("an answer was cut: %v %v", err, closed)
			return nil, false
		}
		if w.StatusCode != http.StatusOK {
			t.Errorf("%s answered %d: %s", path, w.StatusCode, text)
			return nil, false
		}
		return text, true
	}
	var over atomic.Bool
	var answered atomic.Int64
	var seen sync.Map
	var running sync.WaitGroup
	for k := range clients {
		running.Go(func() {
			for !over.Load() && !t.Failed() {
				body := one
				if k%2 == 1 {
					body = many
				}
				text, ok := ask("/api/v1/endpoints/"+endpoint+"/predict", body)
				if !ok {
					return
				}
				if k%2 == 0 {
					text = append(append([]byte("["), bytes.TrimSpace(text)...), ']')
				}
				var answers []answer
				if err := json.Unmarshal(text, &answers); err != nil {
					t.Errorf("reading %s: %v", text, err)
					return
				}
				for _, a := range answers {
					seen.Store(a.Version, true)
					if a.Prediction != servetest.RowPrice(a.Version) || a.Version != answers[0].Version {
						t.Errorf("torn: version %d answered %v beside version %d", a.Version, a.Prediction, answers[0].Version)
					}
				}
				answered.Add(1)
				time.Sleep(5 * time.Millisecond) // the engine shares the processors with the clients
			}
		})
	}
	for n := range deployments {
		version := 1 + (n+1)%versions
		if n%7 == 6 {
			version = 1 + n%versions // back to the one before
		}
		if err := s.target.Apply(ctx, s.placement(version)); err != nil {
			t.Errorf("deployment %d: %v", n, err)
			break
		}
		if got, ok := s.version(endpoint); got != version {
			t.Errorf("after deployment %d version %d (%v) answers, want %d", n, got, ok, version)
		}
	}
	over.Store(true)
	running.Wait()
	distinct := 0
	seen.Range(func(any, any) bool { distinct++; return true })
	if distinct < versions/2 {
		t.Errorf("clients saw %d versions: the test did not test", distinct)
	}
	t.Logf("%d requests over %d deployments, none lost", answered.Load(), deployments)
	if rows := s.counted("dasier_inference_rows_total"); int64(rows) < answered.Load() {
		t.Errorf("%v rows are counted for %d requests", rows, answered.Load())
	}
	eventually(t, "only the last versions are kept", func() bool {
		up, stopped := s.containers()
		return up == 1 && stopped == 2
	})
}

// counted sums a metric over its labels.
func (s *site) counted(name string) (sum float64) {
	s.t.Helper()
	families, err := s.metrics.Gather()
	must(s.t, err)
	for _, family := range families {
		if family.GetName() == name {
			for _, m := range family.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}
