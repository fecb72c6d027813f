package serve_test

import (
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/valyala/fastjson"
	"go.uber.org/goleak"

	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const name = "house-prices.model.production"

func load(t testing.TB, e *serve.Engine, version int) {
	t.Helper()
	pkg := servetest.Package(t, servetest.Houses(version))
	err := e.Load(t.Context(), name, pkg, serve.Meta{Project: 7, Model: "prices", Version: version, Digest: servetest.Digest(t, pkg)})
	if err != nil {
		t.Fatalf("loading version %d: %v", version, err)
	}
}

func ask(t testing.TB, endpoint *serve.Endpoint, row string, want serve.Want) serve.Answer {
	t.Helper()
	scratch := endpoint.Borrow()
	defer endpoint.Return(scratch)
	v, err := fastjson.Parse(row)
	if err != nil {
		t.Fatalf("parsing %s: %v", row, err)
	}
	if err := endpoint.Decode(v, scratch); err != nil {
		t.Fatalf("decoding %s: %v", row, err)
	}
	answer := endpoint.Answer(scratch, want)
	answer.Notices = append(answer.Notices[:0:0], answer.Notices...)
	answer.Contributions = append(answer.Contributions[:0:0], answer.Contributions...)
	return answer
}

func endpointOf(t testing.TB, e *serve.Engine) *serve.Endpoint {
	t.Helper()
	endpoint, ok := e.Endpoint(name)
	if !ok {
		t.Fatalf("no endpoint %s", name)
	}
	return endpoint
}

func TestAnswer(t *testing.T) {
	e := serve.New()
	load(t, e, 3)
	a := ask(t, endpointOf(t, e), servetest.Row, serve.Want{Explain: true})
	if a.Prediction != servetest.RowPrice(3) {
		t.Errorf("prediction %v, want %v", a.Prediction, servetest.RowPrice(3))
	}
	// ceil(100*0.9) = 90th of the residuals 100, 200, …
	if !a.HasInterval || a.Level != 0.9 || a.High-a.Prediction != 9000 || a.Prediction-a.Low != 9000 {
		t.Errorf("interval %v to %v at %v (%v), want ±9000 at 0.9", a.Low, a.High, a.Level, a.HasInterval)
	}
	sum := a.Base
	for _, c := range a.Contributions {
		sum += c.Effect
	}
	if len(a.Contributions) != 6 || math.Abs(sum-a.Score) > 1e-9*math.Abs(a.Score) {
		t.Errorf("base and %d effects add up to %v, the score is %v", len(a.Contributions), sum, a.Score)
	}
	if len(a.Notices) != 0 {
		t.Errorf("notices %v, want none", a.Notices)
	}
	a = ask(t, endpointOf(t, e), `{"Gr_Liv_Area":9999,"Kitchen":"Good","Neighborhood":"Atlantis"}`, serve.Want{Level: 0.5})
	codes := map[string]string{}
	for _, n := range a.Notices {
		codes[n.Input] = n.Code
	}
	if codes["Gr_Liv_Area"] != "unseen" || codes["Neighborhood"] != "unknown" || codes["Lot_Area"] != "imputed" {
		t.Errorf("notices %v, want the area unseen, the neighbourhood unknown, the lot imputed", a.Notices)
	}
	if a.High-a.Prediction != 5000 || a.Contributions != nil {
		t.Errorf("half width %v with %d reasons, want 5000 without", a.High-a.Prediction, len(a.Contributions))
	}
}

// TestWhatAFaceKeepsIsOfOneVersion: the next version begins with nothing.
func TestWhatAFaceKeepsIsOfOneVersion(t *testing.T) {
	e := serve.New()
	load(t, e, 1)
	first := endpointOf(t, e)
	if first.Kept() != nil {
		t.Errorf("a new version has kept %v", first.Kept())
	}
	first.Keep("prepared")
	if got := endpointOf(t, e).Kept(); got != "prepared" {
		t.Errorf("kept %v", got)
	}
	load(t, e, 2)
	if got := endpointOf(t, e).Kept(); got != nil || first.Kept() != "prepared" {
		t.Errorf("the next version has kept %v, the one before %v", got, first.Kept())
	}
}

func TestCheck(t *testing.T) {
	e := serve.New()
	load(t, e, 1)
	for level, want := range map[float64]string{
		0: "", 0.9: "", 0.99: "", 0.999: "99 calibration rows", 1: "between 0 and 1", -1: "between 0 and 1", math.NaN(): "between 0 and 1",
	} {
		err := endpointOf(t, e).Check(serve.Want{Level: level})
		if want == "" && err != nil || want != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want)) {
			t.Errorf("level %v: got %v, want %q", level, err, want)
		}
	}
	spec := servetest.Houses(1)
	spec.Interval = nil
	if err := e.Load(t.Context(), name, servetest.Package(t, spec), serve.Meta{Model: "prices", Version: 2}); err != nil {
		t.Fatal(err)
	}
	if err := endpointOf(t, e).Check(serve.Want{Level: 0.9}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a level of a model without intervals: got %v, want invalid", err)
	}
}

func TestBrokenPackageDoesNotServe(t *testing.T) {
	e := serve.New()
	load(t, e, 1)
	before := endpointOf(t, e)
	err := e.Load(t.Context(), name, servetest.Broken(t, 2), serve.Meta{Version: 2})
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v, want a refusal that a user may read", err)
	}
	for _, part := range []string{"row 1", "2.191e+06", "2.191001e+06"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if endpointOf(t, e) != before {
		t.Error("the endpoint changed")
	}
}

func TestSameDigestChangesOnlyMeta(t *testing.T) {
	e := serve.New()
	load(t, e, 1)
	before := endpointOf(t, e)
	meta := before.Meta
	if err := e.Load(t.Context(), name, nil, meta); err != nil || endpointOf(t, e) != before {
		t.Errorf("loading the same again: %v, want nothing changed", err)
	}
	meta.Public = true
	if err := e.Load(t.Context(), name, nil, meta); err != nil {
		t.Fatalf("making public: %v", err)
	}
	if after := endpointOf(t, e); !after.Public || after.Program() != before.Program() || before.Public {
		t.Error("want a public endpoint with the same program, and the old one untouched")
	}
}

func TestRemoveAndList(t *testing.T) {
	e := serve.New()
	load(t, e, 1)
	for _, other := range []string{"b", "a"} {
		if err := e.Load(t.Context(), other, servetest.Package(t, servetest.Houses(1)), serve.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	if list := e.Endpoints(); len(list) != 3 || list[0].Name != "a" || list[2].Name != name {
		t.Errorf("endpoints %v, want three in order", list)
	}
	if !e.Remove("a") || e.Remove("a") {
		t.Error("want a to be removed once")
	}
	if _, ok := e.Endpoint("a"); ok {
		t.Error("a is still there")
	}
}

// Requests run through 200 swaps: none fails, and each answer's number is of
// the version that the answer names.
func TestSwapsWhileRequestsRun(t *testing.T) {
	const swaps = 200
	e := serve.New()
	load(t, e, 1)
	var done atomic.Bool
	var versions sync.Map
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			var parser fastjson.Parser
			for !done.Load() {
				endpoint, ok := e.Endpoint(name)
				if !ok {
					t.Error("the endpoint was gone")
					return
				}
				scratch := endpoint.Borrow()
				v, err := parser.Parse(servetest.Row)
				if err == nil {
					err = endpoint.Decode(v, scratch)
				}
				if err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				a := endpoint.Answer(scratch, serve.Want{})
				if a.Prediction != servetest.RowPrice(endpoint.Version) {
					t.Errorf("torn: version %d answered %v", endpoint.Version, a.Prediction)
					return
				}
				endpoint.Return(scratch)
				versions.Store(endpoint.Version, true)
			}
		})
	}
	// They are under way before the first swap, and see the last version.
	await := func(version int) {
		for _, ok := versions.Load(version); !ok && !t.Failed(); _, ok = versions.Load(version) {
			runtime.Gosched()
		}
	}
	await(1)
	for version := 2; version <= swaps+1; version++ {
		load(t, e, version)
	}
	await(swaps + 1)
	done.Store(true)
	clients.Wait()
	if answered, refused := endpointOf(t, e).Rows(); answered == 0 || refused != 0 {
		t.Errorf("counted %d answered, %d refused", answered, refused)
	}
}
