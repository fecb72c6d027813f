package forest

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestLaidOutAlike: trees that are laid out side by side come to the same bytes on
// any number of processors, and so do the sums that explanations begin with.
func TestLaidOutAlike(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // not for secrets
	for _, s := range []shape{
		{rule: SingleAtMost, trees: 40, leaves: 700, features: 6, outputs: 1, mean: true},
		{rule: DoubleAtMost, trees: 9, leaves: 90, features: 3, outputs: 3},
		{rule: SingleBelow, trees: 30, leaves: 60, features: 5, outputs: 3, perTree: true},
	} {
		trees := random(r, s)
		type told struct {
			Deep        *deep
			Depth       int
			Expectation []float64
		}
		var alone told
		for _, processors := range []int{1, 2, 7} {
			runtime.GOMAXPROCS(processors)
			if err := trees.Check(s.features, s.outputs); err != nil {
				t.Fatal(err)
			}
			width := s.outputs
			if s.perTree {
				width = 1
			}
			got := told{newDeep(trees, width), trees.Depth(), trees.Expectation(s.outputs)}
			if processors == 1 {
				alone = got
				continue
			}
			if !reflect.DeepEqual(got, alone) {
				t.Errorf("%+v: %d processors do otherwise than one", s, processors)
			}
		}
	}
}

// TestValuesAreKeptOnce: the leaves of many trees have few values between them.
func TestValuesAreKeptOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // not for secrets
	for _, outputs := range []int{1, 2} {
		trees := random(r, shape{rule: SingleAtMost, trees: 30, leaves: 900, features: 4, outputs: outputs})
		for k, v := range trees.Value {
			trees.Value[k] = math.Floor(v / 2)
		}
		distinct := map[[2]float64]bool{}
		for n, f := range trees.Feature {
			if f < 0 {
				var of [2]float64
				copy(of[:], trees.Value[n*outputs:(n+1)*outputs])
				distinct[of] = true
			}
		}
		if have := len(newDeep(trees, outputs).values) / outputs; have != len(distinct) {
			t.Errorf("%d values are kept of %d different ones, of %d outputs", have, len(distinct), outputs)
		}
	}
}

// TestTreesAmongEachOther: trees need not stand one behind the other.
func TestTreesAmongEachOther(t *testing.T) {
	trees := &Trees{
		Roots: []int32{1, 0}, Feature: []int32{0, 1, -1, -1, -1, -1}, Threshold: make([]float64, 6),
		Left: []int32{4, 2, -1, -1, -1, -1}, Right: []int32{5, 3, -1, -1, -1, -1}, MissingLeft: make([]bool, 6),
		Value: []float64{0, 0, 1, 2, 10, 20}, Cover: []float64{2, 2, 1, 1, 1, 1}, Base: []float64{0}, Rule: SingleAtMost,
	}
	if err := trees.Check(2, 1); err != nil {
		t.Fatal(err)
	}
	for name, f := range layouts(trees, shape{features: 2, outputs: 1}) {
		out := []float64{0}
		f.Scores([]float64{-1, 1}, out, make([]float64, f.Work(2)))
		if out[0] != 12 {
			t.Errorf("%s: %v, want 12", name, out[0])
		}
	}
	for want, change := range map[string]func(*Trees){
		"roots[1]: node 2 has two parents":                func(t *Trees) { t.Left[0] = 2 },
		"roots[0]: node 1 has two parents":                func(t *Trees) { t.Right[1] = 1 },
		"roots[1]: the tree has no node 6":                func(t *Trees) { t.Right[0] = 6 },
		"roots[1]: the tree has no node -1":               func(t *Trees) { t.Roots[1] = -1 },
		"roots[0]: node 1 tests feature 2, there are 2":   func(t *Trees) { t.Feature[1] = 2 },
		"roots[1]: node 0 has two parents: this is no tr": func(t *Trees) { t.Roots = []int32{0, 0} },
	} {
		wrong := *trees
		wrong.Roots, wrong.Feature = slices.Clone(trees.Roots), slices.Clone(trees.Feature)
		wrong.Left, wrong.Right = slices.Clone(trees.Left), slices.Clone(trees.Right)
		change(&wrong)
		if err := wrong.Check(2, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
