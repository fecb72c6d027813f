package predict_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// TestScalersAreOneSum: steps that add, subtract, multiply and divide give what
// they give one after the other, and so do batches.
func TestScalersAreOneSum(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 13)) //nolint:gosec // not for secrets
	for range 300 {
		spec := predict.Spec{Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"}, Linear: &predict.Linear{Bias: r.NormFloat64()}}
		for i := range 1 + r.IntN(4) {
			name := string(rune('a' + i))
			var steps []stage.Step
			if r.IntN(2) == 0 {
				steps = append(steps, stage.Step{Op: "impute", A: r.NormFloat64()})
			}
			for range r.IntN(4) {
				op := []string{"add", "sub", "mul", "div", "square"}[r.IntN(5)]
				steps = append(steps, stage.Step{Op: op, A: 0.1 + r.Float64()*5})
			}
			spec.Inputs = append(spec.Inputs, predict.Input{Name: name, Kind: frame.Number})
			spec.Features = append(spec.Features, predict.Feature{Name: name, Input: i, Op: "steps", Steps: steps})
			spec.Linear.Weights, spec.Linear.Base = append(spec.Linear.Weights, r.NormFloat64()), append(spec.Linear.Base, 0)
		}
		p, err := predict.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		row := p.NewRow()
		want, size := spec.Linear.Bias, 1.0
		for i, f := range spec.Features {
			x := r.NormFloat64() * 100
			if r.IntN(5) == 0 {
				x = math.NaN()
			}
			row.SetNumber(i, x)
			for _, s := range f.Steps {
				x = s.Compile().Of(x)
				size = max(size, math.Abs(spec.Linear.Weights[i]*x))
			}
			want += spec.Linear.Weights[i] * x
		}
		got := p.Score(row)
		if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > 1e-11*size {
			t.Fatalf("%+v: %v, want %v", spec.Features, got, want)
		}
	}
}
