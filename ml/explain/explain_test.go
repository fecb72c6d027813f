package explain_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dasier/ml/explain"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
)

func TestEffectsAddUpToTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := spectest.Draw(t)
		p, err := predict.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		row, values := p.NewRow(), spectest.DrawValues(t, spec)
		spectest.Fill(row, values)
		contributions := explain.Contributions(p, row, nil)
		if len(contributions) != len(spec.Inputs) {
			t.Fatalf("%d contributions of %d inputs", len(contributions), len(spec.Inputs))
		}
		score, size := spectest.Score(spec, values)
		total, amounts := p.Base(), p.Answer(p.Base())
		size += math.Abs(total)
		for i, c := range contributions {
			total += c.Effect
			amounts += explain.Amount(p, p.Base(), score, c.Effect)
			size += math.Abs(c.Effect)
			if i > 0 && math.Abs(c.Effect) > math.Abs(contributions[i-1].Effect) {
				t.Fatalf("not sorted: %v", contributions)
			}
			if want := effect(spec, values, c.Input); math.Abs(c.Effect-want) > 1e-9*max(1, size) {
				t.Fatalf("input %d has the effect %v, want %v", c.Input, c.Effect, want)
			}
		}
		if math.Abs(total-score) > 1e-9*max(1, size) {
			t.Fatalf("base and effects are %v, the score is %v", total, score)
		}
		answer := p.Answer(score)
		if max(answer, p.Answer(p.Base())) > 1e300 {
			return // saturated: amounts of such an answer are no numbers
		}
		if math.Abs(amounts-answer) > 1e-6*max(1, answer, p.Answer(p.Base()), size) {
			t.Fatalf("base and amounts are %v, the answer is %v", amounts, answer)
		}
	})
}

// effect is the definition: the score's change when the features of input i
// stand at the row's values instead of at their means.
func effect(spec predict.Spec, values []any, i int) float64 {
	alone := spec
	linear := *spec.Linear
	linear.Bias = 0
	linear.Weights = slices.Clone(linear.Weights)
	atBase := 0.0
	for j, f := range spec.Features {
		if f.Input != i {
			linear.Weights[j] = 0
		}
		atBase += linear.Weights[j] * linear.Base[j]
	}
	alone.Linear = &linear
	score, _ := spectest.Score(alone, values)
	return score - atBase
}

func TestHouse(t *testing.T) {
	p, err := predict.Compile(spectest.House(true))
	if err != nil {
		t.Fatal(err)
	}
	if got := explain.ScaleOf(p); got != explain.Log {
		t.Errorf("scale %q", got)
	}
	row := p.NewRow()
	spectest.Fill(row, []any{3000.0, "Edwards", 1.0, 8000.0, "Good", 1.2e9, "60"})
	top := explain.Contributions(p, row, nil)[0]
	// 41000/200000 * (3000-1500)/505, its mean being 0.
	if want := 0.205 * 1500 / 505; top.Input != 0 || math.Abs(top.Effect-want) > 1e-12 {
		t.Errorf("top is input %d with %v, want 0 with %v", top.Input, top.Effect, want)
	}
	if got := explain.Factor(top.Effect); math.Abs(got-math.Exp(top.Effect)) > 1e-12 {
		t.Errorf("factor %v", got)
	}
	if got := explain.Amount(p, 1, 1, 0.5); math.Abs(got-0.5*math.E) > 1e-12 {
		t.Errorf("the amount at the base is %v, want %v", got, 0.5*math.E)
	}
	shares := explain.Importance(p, []*predict.Row{row})
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	if math.Abs(sum-1) > 1e-12 || slices.Max(shares) != shares[0] {
		t.Errorf("importance %v", shares)
	}
}

func TestNoAllocation(t *testing.T) {
	p, err := predict.Compile(spectest.House(true))
	if err != nil {
		t.Fatal(err)
	}
	row, into := p.NewRow(), make([]explain.Contribution, 0, len(p.Inputs()))
	if n := testing.AllocsPerRun(100, func() { into = explain.Contributions(p, row, into) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
