package predict_test

import (
	"math"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

func TestSetsOfClasses(t *testing.T) {
	spec := predict.Spec{
		Version: 1, Task: predict.TaskMulticlass, Target: predict.Target{Name: "kind"}, Classes: []string{"a", "b", "c"},
		Inputs:    []predict.Input{{Name: "x", Kind: frame.Number}},
		Features:  []predict.Feature{{Name: "x", Op: "value", Scale: 1}},
		Classwise: []predict.Linear{{Weights: []float64{1}, Base: []float64{0}}, {Weights: []float64{0}, Base: []float64{0}}, {Weights: []float64{-1}, Base: []float64{0}}},
		Link:      predict.Softmax, Set: &predict.ClassSet{Level: 0.5, Strangeness: []float64{0.2, 0.45, 0.9}},
	}
	p := compile(t, spec)
	adaptive := spec
	adaptive.Set = &predict.ClassSet{Level: 0.5, Strangeness: []float64{0.2, 0.6, 0.9}, Adaptive: true}
	for _, c := range []struct {
		program       *predict.Program
		probabilities []float64
		want          []int
	}{
		{p, []float64{0.1, 0.6, 0.3}, []int{1}},
		{p, []float64{0.4, 0.3, 0.3}, []int{0}}, // the likeliest, though stranger than promised
		{p, []float64{0, 0.55, 0.45}, []int{1}},
		{p, []float64{0.55, 0, 0.55}, []int{0, 2}},
		{compile(t, adaptive), []float64{0.1, 0.6, 0.3}, []int{1, 2}},
		{compile(t, adaptive), []float64{0.1, 0.7, 0.2}, []int{1}},
	} {
		set, ok := c.program.Set(nil, c.probabilities, 0.5)
		if !ok || len(set) != len(c.want) {
			t.Errorf("%v: %v, want %v", c.probabilities, set, c.want)
			continue
		}
		for k := range set {
			if set[k] != c.want[k] {
				t.Errorf("%v: %v, want %v", c.probabilities, set, c.want)
			}
		}
	}
	if _, ok := p.Set(nil, []float64{1, 0, 0}, 0.9); ok {
		t.Error("3 rows cannot promise 0.9")
	}
	if got := predict.Strangeness([]float64{0.3, 0.3, 0.4}, 1, true); math.Abs(got-0.7) > 1e-12 {
		t.Errorf("strangeness %v, want 0.7", got)
	}
}
