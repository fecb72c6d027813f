package explain_test

import (
	"math"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
)

// TestScales: only scores that become probabilities are log-odds. Of a
// classifier that decides, base and effects add up to the prediction itself.
func TestScales(t *testing.T) {
	for _, c := range []struct {
		link predict.Link
		want explain.Scale
	}{
		{predict.Logistic, explain.LogOdds},
		{predict.Decision, explain.Additive},
	} {
		spec := spectest.House(false)
		spec.Task, spec.Classes, spec.Link, spec.Interval, spec.Target.Unit = predict.TaskBinary, []string{"cheap", "dear"}, c.link, nil, ""
		p, err := predict.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := explain.ScaleOf(p); got != c.want {
			t.Errorf("link %q: the scale is %q, want %q", c.link, got, c.want)
		}
		if c.link != predict.Decision {
			continue
		}
		row := p.NewRow()
		spectest.Fill(row, []any{3000.0, "Edwards", 1.0, 8000.0, "Good", 1.2e9, "60"})
		outcome, base := p.Outcome(row), p.BaseOf(0)
		total := base
		for _, one := range explain.Contributions(p, row, nil) {
			total += explain.Between(c.want, base, outcome.Score, p.BasePrediction(0), outcome.Prediction, one.Effect)
		}
		if math.Abs(total-outcome.Prediction) > 1e-9*math.Abs(total) {
			t.Errorf("base and amounts are %v, the prediction is %v", total, outcome.Prediction)
		}
	}
}

// TestTransformedTargets: of a target that was transformed, base and amounts are
// the prediction as well.
func TestTransformedTargets(t *testing.T) {
	spec, power := spectest.House(false), 0.5
	spec.Target.Power, spec.Target.Center, spec.Target.Scale, spec.Interval = &power, 400, 1000, nil
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	scale := explain.ScaleOf(p)
	if scale != explain.Transformed {
		t.Fatalf("the scale is %q", scale)
	}
	row := p.NewRow()
	spectest.Fill(row, []any{3000.0, "Edwards", 1.0, 8000.0, "Good", 1.2e9, "60"})
	outcome := p.Outcome(row)
	total := p.BasePrediction(0)
	for _, one := range explain.Contributions(p, row, nil) {
		total += explain.Between(scale, p.Base(), outcome.Score, p.BasePrediction(0), outcome.Prediction, one.Effect)
	}
	if math.Abs(total-outcome.Prediction) > 1e-9*math.Abs(total) {
		t.Errorf("base and amounts are %v, the prediction is %v", total, outcome.Prediction)
	}
	if got := explain.Between(scale, 1, 1, 5, 5, 0.2); got != 0 {
		t.Errorf("nothing was moved, by %v", got)
	}
}
