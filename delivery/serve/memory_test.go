package serve

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"dasier/delivery/serve/servetest"
	"dasier/fault"
)

func TestBytesOf(t *testing.T) {
	type node struct {
		name string
		next *node
		any  any
	}
	numbers := make([]float64, 10, 100)
	many := make([]int64, 100)
	ring := &node{name: "four"}
	ring.next = ring
	for _, c := range []struct {
		value any
		want  int64
	}{
		{nil, 0},
		{7, 0},
		{"text", 4},
		{numbers, 800},
		{[][]float64{numbers, numbers, nil}, 3*24 + 800},
		{&[2]*int64{new(int64), nil}, 16 + 8},
		{map[int64]int64{1: 1, 2: 2, 3: 3}, 3 * 17 * 4 / 3},
		{map[string][]byte{"abc": make([]byte, 10)}, 41*4/3 + 3 + 10},
		{ring, 16 + 8 + 16 + 4},
		{&node{any: numbers}, 40 + 24 + 800},
		{&struct {
			first *int64
			all   []int64
		}{&many[0], many}, 32 + 8 + 800},
	} {
		if got := bytesOf(c.value); got != c.want {
			t.Errorf("%T: %d bytes, want %d", c.value, got, c.want)
		}
	}
}

// TestAModelsMemoryIsWhatTheRuntimeCounts within a third: it is for a bound on
// many of them.
func TestAModelsMemoryIsWhatTheRuntimeCounts(t *testing.T) {
	const models = 200
	pkg := servetest.Package(t, servetest.Houses(3))
	kept := make([]*model, models)
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // a second time, for what pools had kept
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, told := live(), int64(0)
	for i := range kept {
		m, err := readModel(pkg)
		if err != nil {
			t.Fatal(err)
		}
		kept[i], told = m, told+m.memory
	}
	took := live() - before
	if ratio := float64(told) / float64(took); math.Abs(math.Log(ratio)) > math.Log(1.5) {
		t.Errorf("%d models are told to take %d bytes and take %d", models, told, took)
	}
	runtime.KeepAlive(kept)
}

func TestModelsBeyondTheMemoryAreRefused(t *testing.T) {
	e := New()
	load := func(name string, version int) error {
		pkg := servetest.Package(t, servetest.Houses(version))
		return e.Load(t.Context(), name, pkg, Meta{Model: "prices", Version: version, Digest: servetest.Digest(t, pkg)})
	}
	if err := load("one", 1); err != nil {
		t.Fatal(err)
	}
	one, most := e.Memory()
	if one < 1000 || most != 0 {
		t.Fatalf("a model takes %d bytes of %d", one, most)
	}
	e.Limit(2*one + one/2)
	if err := load("two", 1); err != nil {
		t.Fatal(err)
	}
	err := load("three", 1)
	if !fault.Is(err, fault.Limited) || !strings.Contains(err.Error(), "--max-model-memory") {
		t.Errorf("a third model: %v", err)
	}
	if _, ok := e.Endpoint("three"); ok {
		t.Error("what was refused answers")
	}
	if err := load("two", 2); err != nil {
		t.Errorf("the next version of one that is there: %v", err)
	}
	if !e.Remove("one") {
		t.Error("it was not there")
	}
	if err := load("three", 1); err != nil {
		t.Errorf("after another was stopped: %v", err)
	}
	if taken, _ := e.Memory(); taken < one*19/10 || taken > one*21/10 {
		t.Errorf("%d bytes are taken, want about %d", taken, 2*one)
	}
}
