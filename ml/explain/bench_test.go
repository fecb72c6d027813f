package explain_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// boosted makes an ensemble of random trees with so many leaves, over so many
// inputs: each time a random leaf is split, as boosting by leaves does.
func boosted(tb testing.TB, trees, leaves, inputs int) *predict.Program {
	tb.Helper()
	r := rand.New(rand.NewPCG(4, 4)) //nolint:gosec // not for secrets
	t := &forest.Trees{Base: []float64{0.5}, Rule: forest.DoubleAtMost}
	add := func(cover float64) int32 {
		t.Feature, t.Threshold = append(t.Feature, -1), append(t.Threshold, r.Float64())
		t.Left, t.Right = append(t.Left, -1), append(t.Right, -1)
		t.MissingLeft, t.Cover = append(t.MissingLeft, true), append(t.Cover, cover)
		t.Value = append(t.Value, r.NormFloat64()/float64(trees))
		return int32(len(t.Feature) - 1) //nolint:gosec // small
	}
	for range trees {
		at := []int32{add(1000)}
		t.Roots = append(t.Roots, at[0])
		for len(at) < leaves {
			k := r.IntN(len(at))
			n, share := at[k], 0.1+0.8*r.Float64()
			left, right := add(share*t.Cover[n]), add((1-share)*t.Cover[n])
			t.Feature[n], t.Left[n], t.Right[n] = r.Int32N(int32(inputs)), left, right //nolint:gosec // small
			at[k] = left
			at = append(at, right)
		}
	}
	spec := predict.Spec{Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"}, Trees: t}
	for i := range inputs {
		name := fmt.Sprintf("x%d", i)
		spec.Inputs = append(spec.Inputs, predict.Input{Name: name, Kind: frame.Number})
		spec.Features = append(spec.Features, predict.Feature{Name: name, Input: i, Op: "steps"})
	}
	p, err := predict.Compile(spec)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// BenchmarkTreeSHAP explains a row: bound by multiplications, a few per node and
// point of the quadrature.
func BenchmarkTreeSHAP(b *testing.B) {
	for _, c := range []struct{ trees, leaves, inputs int }{{500, 31, 8}, {500, 31, 80}, {100, 1000, 20}} {
		p := boosted(b, c.trees, c.leaves, c.inputs)
		r := rand.New(rand.NewPCG(5, 5)) //nolint:gosec // not for secrets
		row := p.NewRow()
		for i := range c.inputs {
			row.SetNumber(i, r.Float64())
		}
		into := make([]explain.Contribution, 0, c.inputs)
		b.Run(fmt.Sprintf("%d trees of %d leaves, %d inputs", c.trees, c.leaves, c.inputs), func(b *testing.B) {
			for b.Loop() {
				into = explain.Contributions(p, row, into)
			}
		})
	}
}
