package infer_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"dasier/api/infer"
	"dasier/delivery/meter"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/forge/auth"
	"dasier/store"
	"dasier/store/storetest"
)

const agency = "Authorization: Bearer agency"

// books is the meter of a real server.
type books struct{ *meter.Meter }

func openBooks(t *testing.T) books {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	// The clock stands still: no day ends, and no second gives new requests.
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	return books{meter.New(s.Meter(), meter.Config{Now: func() time.Time { return noon }})}
}

func (b books) Take(ctx context.Context, c infer.Client, predicts bool) error {
	limits := auth.Limits{PerSecond: c.PerSecond, PerDay: c.PerDay}
	if !predicts {
		limits.PerDay = 0
	}
	return b.Meter.Take(ctx, c.Token, limits)
}

// used is what the agency was answered today.
func (b books) used(t *testing.T) int64 {
	t.Helper()
	used, err := b.Today(t.Context(), []int64{1})
	if err != nil {
		t.Fatal(err)
	}
	return used[1]
}

// TestEveryProtocolHoldsAClientToItsLimits: the agency may have five
// predictions a day, and the token counts whichever way it asks.
func TestEveryProtocolHoldsAClientToItsLimits(t *testing.T) {
	row := servetest.Row
	tensors := inferBody("", tensorOf("Gr_Liv_Area", "FP64", "3", "1500,900,1000"), tensorOf("Kitchen", "BYTES", "3", `"Good","Good","Good"`))
	for _, c := range []struct{ name, path, body, refusal string }{
		{"own", "/api/v1/endpoints/" + private + "/predict", "[" + row + "," + row + "," + row + "]", `{"status":429,"title":"Too Many Requests","detail":"this token's 5 predictions`},
		{"scoring", "/api/v1/endpoints/" + private + "/invocations", `{"dataframe_records":[` + row + "," + row + "," + row + "]}", `{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"this token's 5 predictions`},
		{"kserve", "/v1/models/" + private + ":predict", `{"instances":[` + row + "," + row + "," + row + "]}", `{"error":"this token's 5 predictions`},
		{"open inference", "/v2/models/" + private + "/infer", tensors, `{"error":"this token's 5 predictions`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := openBooks(t)
			s := open(t, infer.Config{Meter: b})
			if w := s.ask("POST", c.path, `{"no":"sense"}`, agency); w.Code < 400 || b.used(t) != 0 {
				t.Errorf("what is refused is charged: %d, %d predictions", w.Code, b.used(t))
			}
			for _, want := range []int64{3, 6} { // a request below the limit is answered whole
				if w := s.ask("POST", c.path, c.body, agency); w.Code != http.StatusOK || b.used(t) != want {
					t.Fatalf("got %d %s; %d are counted, want %d", w.Code, w.Body, b.used(t), want)
				}
			}
			w := s.ask("POST", c.path, c.body, agency)
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.HasPrefix(w.Body.String(), c.refusal) {
				t.Errorf("beyond the limit: %d %v %s", w.Code, w.Header(), w.Body)
			}
			for _, path := range []string{"/api/v1/endpoints/" + private, "/v2/models/" + private + "/ready", "/v1/models"} {
				if w := s.ask("GET", path, "", agency); w.Code != http.StatusOK {
					t.Errorf("%s is no prediction, and answered %d %s", path, w.Code, w.Body)
				}
			}
			if w := s.ask("POST", predURL, row, agency); w.Code != http.StatusOK || b.used(t) != 6 {
				t.Errorf("a public endpoint asks for no token: %d, %d are counted", w.Code, b.used(t))
			}
			if w := s.ask("POST", c.path, c.body, "Authorization: Bearer member"); w.Code != http.StatusOK {
				t.Errorf("somebody else is refused: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestLimitsOverGRPC(t *testing.T) {
	b := openBooks(t)
	d := dial(t, open(t, infer.Config{Meter: b}))
	ask := `model_name: "` + private + `" inputs { name: "Gr_Liv_Area" datatype: "FP64" shape: 5 contents { fp64_contents: [1,2,3,4,5] } } inputs { name: "Kitchen" datatype: "BYTES" shape: 5 contents { bytes_contents: ["Good","Good","Good","Good","Good"] } }`
	if _, err := d.call(t.Context(), "ModelInfer", ask, agency); err != nil || b.used(t) != 5 {
		t.Fatalf("%v; %d are counted", err, b.used(t))
	}
	_, err := d.call(t.Context(), "ModelInfer", ask, agency)
	said, ok := errors.AsType[*connect.Error](err)
	if !ok || said.Code() != connect.CodeResourceExhausted || said.Meta().Get("Retry-After") == "" {
		t.Errorf("beyond the limit: %v", err)
	}
	if _, err := d.call(t.Context(), "ModelReady", `name: "`+private+`"`, agency); err != nil {
		t.Errorf("what is no prediction is refused: %v", err)
	}
}

func TestRequestsPerSecond(t *testing.T) {
	b := openBooks(t)
	s := open(t, infer.Config{Meter: b})
	ask := func() *httptest.ResponseRecorder { return s.ask("GET", "/v2/models/"+private+"/ready", "", agency) }
	for n := range 2000 { // so many the agency may send at once
		if w := ask(); w.Code != http.StatusOK {
			t.Fatalf("request %d: got %d %s", n, w.Code, w.Body)
		}
	}
	if w := ask(); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
		t.Errorf("one too many: got %d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestRowsOfRemoteEndpointsAreCharged by what their processes tell.
func TestRowsOfRemoteEndpointsAreCharged(t *testing.T) {
	b := openBooks(t)
	f := openFarWith(t, infer.Config{Meter: b})
	two := "[" + servetest.Row + "," + servetest.Row + "]"
	for _, want := range []int64{2, 4, 6} {
		if w := f.ask("POST", "/api/v1/endpoints/gated/predict", two, agency); w.Code != http.StatusOK || b.used(t) != want {
			t.Fatalf("got %d %s; %d are counted, want %d", w.Code, w.Body, b.used(t), want)
		}
	}
	if w := f.ask("POST", "/api/v1/endpoints/gated/predict", two, agency); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("beyond the limit: %d %s", w.Code, w.Body)
	}
	if w := f.ask("GET", "/v2/models/gated/ready", "", agency); w.Code == http.StatusTooManyRequests {
		t.Errorf("what is no prediction is refused: %s", w.Body)
	}
}

// TestASlowProcessDoesNotTakeTheServer: of many clients of a remote endpoint
// that does not answer, those without a place are refused, others go on.
func TestASlowProcessDoesNotTakeTheServer(t *testing.T) {
	const most, clients = 3, 40
	arrived, goOn := make(chan struct{}, clients), make(chan struct{})
	process := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-goOn
		w.Header().Set("Dasier-Rows", "1")
		_, _ = io.WriteString(w, `{"prediction":1}`) // the client sees when it fails
	}))
	process.Config.Protocols = spoken()
	process.Start()
	t.Cleanup(process.Close)
	engine, registry := serve.New(), prometheus.NewRegistry()
	if err := engine.Load(t.Context(), "fast", servetest.Package(t, servetest.Houses(3)), serve.Meta{Model: "prices", Version: 3, Public: true}); err != nil {
		t.Fatal(err)
	}
	face := infer.New(engine, permitted, infer.Config{
		Registerer: registry, MaxRemote: most, MaxWait: time.Millisecond,
		Remote: func(endpoint string) (infer.Remote, bool) {
			return infer.Remote{Meta: serve.Meta{Model: "slow", Version: 1, Public: true}, Address: strings.TrimPrefix(process.URL, "http://"), Token: "t"}, strings.HasPrefix(endpoint, "slow")
		},
	})
	t.Cleanup(face.Close)
	router := chi.NewRouter()
	router.Group(face.Routes)
	server := listen(t, router)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	ask := func(endpoint string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/api/v1/endpoints/"+endpoint+"/predict", strings.NewReader(servetest.Row))
		if err != nil {
			t.Error(err)
			return nil
		}
		w, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return nil
		}
		_, _ = io.Copy(io.Discard, w.Body) // to use the connection again
		if err := w.Body.Close(); err != nil {
			t.Error(err)
		}
		return w
	}

	statuses := make(chan int, clients)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			w := ask("slow")
			if w == nil {
				return
			}
			if w.StatusCode == http.StatusServiceUnavailable && w.Header.Get("Retry-After") != "1" {
				t.Errorf("refused without saying when to come again: %v", w.Header)
			}
			statuses <- w.StatusCode
		})
	}
	for range clients - most { // refused while the process still holds the others
		if status := <-statuses; status != http.StatusServiceUnavailable {
			t.Errorf("answered %d while the process is stuck", status)
		}
	}
	for range 5 {
		if w := ask("fast"); w == nil || w.StatusCode != http.StatusOK {
			t.Errorf("another endpoint: %v", w)
		}
	}
	for range most {
		<-arrived
	}
	d := dial(t, router)
	if _, err := d.call(t.Context(), "ModelInfer", `model_name: "slow"`); connect.CodeOf(err) != connect.CodeUnavailable {
		t.Errorf("gRPC: %v", err)
	} else if said, _ := errors.AsType[*connect.Error](err); said.Meta().Get("Retry-After") != "1" {
		t.Errorf("gRPC does not say when to come again: %v", said.Meta())
	}
	close(goOn)
	all.Wait()
	for range most {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("who had a place was answered %d", status)
		}
	}
	for range 2 * most {
		if w := ask("slow"); w == nil || w.StatusCode != http.StatusOK {
			t.Errorf("after the load: %v", w)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "dasier_inference_shed_total" {
			if n := family.GetMetric()[0].GetCounter().GetValue(); n != clients-most+1 {
				t.Errorf("%v refusals are counted, want %d", n, clients-most+1)
			}
			return
		}
	}
	t.Error("refusals are not counted")
}
