package explain_test

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// grow makes a random tree over three inputs, of which some nodes test sets or
// take zero for missing where t has sets; covers of children add up.
func grow(r *rand.Rand, t *forest.Trees, depth int, cover float64) int32 {
	n := int32(len(t.Feature)) //nolint:gosec // small
	t.Feature, t.Threshold = append(t.Feature, -1), append(t.Threshold, r.Float64())
	t.Left, t.Right = append(t.Left, -1), append(t.Right, -1)
	t.MissingLeft, t.Cover = append(t.MissingLeft, r.IntN(2) == 0), append(t.Cover, cover)
	t.Value = append(t.Value, r.NormFloat64())
	if t.Sets != nil {
		t.Set, t.ZeroMissing = append(t.Set, r.Int32N(2)-1), append(t.ZeroMissing, r.IntN(3) == 0)
	}
	if depth == 0 || r.IntN(5) == 0 {
		return n
	}
	t.Feature[n] = r.Int32N(3)
	share := 0.1 + 0.8*r.Float64()
	left := grow(r, t, depth-1, cover*share)
	right := grow(r, t, depth-1, cover*(1-share))
	t.Left[n], t.Right[n] = left, right
	return n
}

// expected is the value of a tree when only the features in known are known.
func expected(t *forest.Trees, n int32, x []float64, known uint) float64 {
	f := t.Feature[n]
	if f < 0 {
		return t.Value[n]
	}
	if known>>uint(f)&1 == 1 { //nolint:gosec // small
		left := x[f] <= t.Threshold[n]
		switch {
		case math.IsNaN(x[f]):
			left = t.MissingLeft[n]
		case t.Sets != nil && t.Set[n] == 0:
			left = int(x[f]) == 2
		case t.Sets != nil && t.ZeroMissing[n] && x[f] == 0:
			left = t.MissingLeft[n]
		}
		if left {
			return expected(t, t.Left[n], x, known)
		}
		return expected(t, t.Right[n], x, known)
	}
	l, r := t.Left[n], t.Right[n]
	return (t.Cover[l]*expected(t, l, x, known) + t.Cover[r]*expected(t, r, x, known)) / t.Cover[n]
}

// TestTreeSHAPIsTheShapleyValue compares with the definition: the mean
// contribution of a feature over all orders, by counting subsets.
func TestTreeSHAPIsTheShapleyValue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))              //nolint:gosec // not for secrets
	weights := [3]float64{1. / 3, 1. / 6, 1. / 3} // of a subset with so many others known
	for range 200 {
		trees := &forest.Trees{Base: []float64{0.5}, Rule: forest.DoubleAtMost, Mean: r.IntN(2) == 0}
		if r.IntN(3) == 0 {
			trees.Sets = []forest.Set{{Bits: []uint32{1 << 2}}}
		}
		for range 1 + r.IntN(3) {
			trees.Roots = append(trees.Roots, grow(r, trees, 5, 100))
		}
		spec := predict.Spec{Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"}, Trees: trees}
		for i, name := range []string{"a", "b", "c"} {
			spec.Inputs = append(spec.Inputs, predict.Input{Name: name, Kind: frame.Number})
			spec.Features = append(spec.Features, predict.Feature{Name: name, Input: i, Op: "steps"})
		}
		p, err := predict.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		row, x := p.NewRow(), []float64{r.Float64(), r.Float64(), r.Float64()}
		if r.IntN(3) == 0 {
			x[r.IntN(3)] = []float64{math.NaN(), 0, 2, 3}[r.IntN(4)]
		}
		for i, v := range x {
			row.SetNumber(i, v)
		}
		scale := 1.0
		if trees.Mean {
			scale = 1 / float64(len(trees.Roots))
		}
		sum := p.Base()
		for _, c := range explain.Contributions(p, row, nil) {
			want := 0.0
			for known := range uint(8) {
				if known>>uint(c.Input)&1 == 1 { //nolint:gosec // small
					continue
				}
				for _, root := range trees.Roots {
					gain := expected(trees, root, x, known|1<<uint(c.Input)) - expected(trees, root, x, known) //nolint:gosec // small
					want += scale * weights[bits.OnesCount(known)] * gain
				}
			}
			if math.Abs(c.Effect-want) > 1e-12 {
				t.Fatalf("input %d: %v, want %v", c.Input, c.Effect, want)
			}
			sum += c.Effect
		}
		if math.Abs(sum-p.Score(row)) > 1e-12 {
			t.Fatalf("base and effects add up to %v, the score is %v", sum, p.Score(row))
		}
	}
}

// TestLinearLeavesAreNotExplained: there is no mean of a function over training
// rows that nobody kept.
func TestLinearLeavesAreNotExplained(t *testing.T) {
	spec := predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"},
		Inputs:   []predict.Input{{Name: "a", Kind: frame.Number}},
		Features: []predict.Feature{{Name: "a", Op: "steps"}},
		Trees: &forest.Trees{
			Roots: []int32{0}, Feature: []int32{-1}, Threshold: []float64{0}, Left: []int32{-1}, Right: []int32{-1}, MissingLeft: []bool{false},
			Value: []float64{7}, Cover: []float64{1}, Base: []float64{1}, Rule: forest.DoubleAtMost,
			Lines: []forest.Line{{Constant: 2, Features: []int32{0}, Weights: []float64{3}}},
		},
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	row := p.NewRow()
	row.SetNumber(0, 10)
	if got := p.Predict(row); got != 33 {
		t.Errorf("predicted %v, want 1 + 2 + 3*10", got)
	}
	if p.Explained() || len(explain.Contributions(p, row, nil)) != 0 {
		t.Error("a model with linear leaves is explained")
	}
	row.SetMissing(0)
	if got := p.Predict(row); got != 8 {
		t.Errorf("predicted %v for a missing number, want 1 + 7", got)
	}
}
