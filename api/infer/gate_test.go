package infer

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
)

// TestAGateKeepsItsBound while many come, wait, give up and leave.
func TestAGateKeepsItsBound(t *testing.T) {
	g := newGate(3, 4, 50*time.Microsecond)
	var running, entered, refused atomic.Int64
	var all sync.WaitGroup
	for k := range 40 {
		all.Go(func() {
			for n := range 300 {
				ctx, cancel := context.WithCancel(t.Context())
				if (n+k)%7 == 0 {
					cancel()
				}
				if g.enter(ctx) {
					entered.Add(1)
					if now := running.Add(1); now > 3 {
						t.Errorf("%d run at once, at most 3 may", now)
					}
					if n%3 == 0 {
						time.Sleep(20 * time.Microsecond)
					}
					running.Add(-1)
					g.leave()
					if n%11 == 0 {
						g.again()
						g.leave()
					}
				} else {
					refused.Add(1)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if g.count.Load() != 0 || len(g.places) != 0 {
		t.Errorf("in the end %d are counted and %d places are on their way", g.count.Load(), len(g.places))
	}
	if entered.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d entered and %d were refused: the test shows nothing", entered.Load(), refused.Load())
	}
	for range 3 { // all places are there again
		if !g.enter(t.Context()) {
			t.Fatal("a place was lost")
		}
	}
}

func TestAGateHandsPlacesOver(t *testing.T) {
	g := newGate(1, 1, time.Hour)
	if !g.enter(t.Context()) {
		t.Fatal("an empty gate refuses")
	}
	second := make(chan bool)
	go func() { second <- g.enter(context.Background()) }()
	for g.count.Load() != 2 {
		time.Sleep(time.Millisecond)
	}
	if g.enter(t.Context()) {
		t.Error("a third one came in, though the line is full")
	}
	g.leave()
	if !<-second {
		t.Error("who waited was refused")
	}
	g.leave()
}

// TestAFullServerRefusesInEachProtocol and answers when there is room again.
func TestAFullServerRefusesInEachProtocol(t *testing.T) {
	engine := serve.New()
	if err := engine.Load(t.Context(), "houses", servetest.Package(t, servetest.Houses(3)), serve.Meta{Model: "prices", Version: 3, Public: true}); err != nil {
		t.Fatal(err)
	}
	h := New(engine, nil, Config{MaxRunning: 1, MaxLarge: 1, MaxWait: time.Millisecond})
	router := chi.NewRouter()
	h.Routes(router)
	ask := func(path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		router.ServeHTTP(w, r)
		return w
	}
	questions := []struct{ path, body, refusal string }{
		{"/api/v1/endpoints/houses/predict", servetest.Row, `{"status":503,"title":"Service Unavailable","detail":"the server computes`},
		{"/api/v1/endpoints/houses/invocations", `{"dataframe_records":[` + servetest.Row + `]}`, `{"error_code":"TEMPORARILY_UNAVAILABLE","message":"the server computes`},
		{"/v1/models/houses:predict", `{"instances":[` + servetest.Row + `]}`, `{"error":"the server computes`},
		{"/v2/models/houses/infer", `{"inputs":[{"name":"Gr_Liv_Area","datatype":"FP64","shape":[1],"data":[1500]},{"name":"Kitchen","datatype":"BYTES","shape":[1],"data":["Good"]}]}`, `{"error":"the server computes`},
	}
	if !h.gates.small.enter(t.Context()) {
		t.Fatal("an empty gate refuses")
	}
	for _, q := range questions {
		w := ask(q.path, q.body)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" || !strings.HasPrefix(w.Body.String(), q.refusal) {
			t.Errorf("%s: got %d %v %s", q.path, w.Code, w.Header(), w.Body)
		}
	}
	list := "[" + strings.Repeat(servetest.Row+",", 1000) + servetest.Row + "]"
	if w := ask(questions[0].path, list); w.Code != http.StatusOK || h.gates.large.count.Load() != 0 {
		t.Errorf("a long list waits for small requests: %d %.100s", w.Code, w.Body)
	}
	h.gates.small.leave()
	for _, q := range questions {
		if w := ask(q.path, q.body); w.Code != http.StatusOK {
			t.Errorf("afterwards %s: got %d %s", q.path, w.Code, w.Body)
		}
	}
	met := h.meters.of("houses", 3).sum()
	if met.refused != 4 || met.queued == 0 || h.gates.small.count.Load() != 0 {
		t.Errorf("%d refusals and %d ns of waiting are counted, %d are still inside", met.refused, met.queued, h.gates.small.count.Load())
	}
}

// TestASlowModelHasAGateOfItsOwn: who asks for it is refused when it is full, and
// other models answer.
func TestASlowModelHasAGateOfItsOwn(t *testing.T) {
	engine := serve.New()
	for _, name := range []string{"slow", "fast"} {
		if err := engine.Load(t.Context(), name, servetest.Package(t, servetest.Houses(3)), serve.Meta{Model: name, Version: 3, Public: true}); err != nil {
			t.Fatal(err)
		}
	}
	h := New(engine, nil, Config{MaxWait: time.Millisecond})
	router := chi.NewRouter()
	h.Routes(router)
	slow, _ := engine.Endpoint("slow")
	if gateOf(slow, &Config{MaxRunning: 64}) != nil {
		t.Error("a model of microseconds a row has a gate of its own")
	}
	own := newGate(1, 0, time.Millisecond)
	h.face(slow).gate = own
	ask := func(name string, rows int) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		body := "[" + strings.Repeat(servetest.Row+",", rows-1) + servetest.Row + "]"
		router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/endpoints/"+name+"/predict", strings.NewReader(body)))
		return w
	}
	if !own.enter(t.Context()) {
		t.Fatal("an empty gate refuses")
	}
	if w := ask("slow", 1); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "this model takes its time") {
		t.Errorf("the slow model: got %d %s", w.Code, w.Body)
	}
	if w := ask("fast", 1); w.Code != http.StatusOK {
		t.Errorf("the fast model: got %d %s", w.Code, w.Body)
	}
	own.leave()
	for range 3 { // the last answers are so long that places are given back in between
		if w := ask("slow", 1000); w.Code != http.StatusOK {
			t.Errorf("with room again: got %d %s", w.Code, w.Body)
		}
	}
	if n, all := own.count.Load(), h.gates.small.count.Load()+h.gates.large.count.Load(); n != 0 || all != 0 {
		t.Errorf("%d and %d are still inside", n, all)
	}
}

func TestPlacesOfSlowModels(t *testing.T) {
	for _, c := range []struct {
		pace    time.Duration
		scratch int64
		want    int
	}{
		{time.Microsecond, 1 << 10, 40_000},
		{0, 0, 40_000_000},
		{10 * time.Millisecond, 1 << 10, 4},
		{time.Second, 1 << 10, 2},
		{time.Microsecond, 64 << 20, 4},
		{time.Microsecond, 1 << 30, 1},
	} {
		if got := placesOf(c.pace, c.scratch, 2); got != c.want {
			t.Errorf("%s and %d bytes a row: %d places, want %d", c.pace, c.scratch, got, c.want)
		}
	}
}

// BenchmarkGate is what a request pays that need not wait.
func BenchmarkGate(b *testing.B) {
	h := New(serve.New(), nil, Config{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		c := &call{}
		for pb.Next() {
			if err := h.enter(b.Context(), c, 100); err != nil {
				b.Error(err)
			}
			c.leave()
		}
	})
}
