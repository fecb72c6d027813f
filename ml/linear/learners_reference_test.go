package linear_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/predict"
)

type reference struct {
	Numbers [][]float64 `json:"numbers"`
	Town    []int32     `json:"town"`
	Weights []float64   `json:"weights"`
	Y       []float64   `json:"y"`
	Models  map[string]struct {
		Bias    []float64   `json:"bias"`
		Weights [][]float64 `json:"weights"`
	} `json:"models"`
	Positive []float64 `json:"positive"`
	Count    []float64 `json:"count"`
	Amount   []float64 `json:"amount"`
	Two      []float64 `json:"two"`
	Three    []float64 `json:"three"`
}

func readReference(t *testing.T) (reference, *frame.Frame) {
	t.Helper()
	text, err := os.ReadFile("testdata/learners.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	var columns []*frame.Column
	for j, name := range []string{"a", "b", "c", "d"} {
		c := &frame.Column{Name: name, Kind: frame.Number}
		for _, row := range r.Numbers {
			c.Values = append(c.Values, row[j])
		}
		columns = append(columns, c)
	}
	columns = append(columns, &frame.Column{Name: "town", Kind: frame.Category, Codes: r.Town, Levels: []string{"0", "1", "2"}})
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return r, f
}

func TestLearnersAgreeWithScikitLearn(t *testing.T) {
	r, features := readReference(t)
	number := func(y []float64) learn.Target { return learn.Regression("y", y) }
	classes := func(y []float64, names ...string) learn.Target {
		task := predict.TaskMulticlass
		if len(names) == 2 {
			task = predict.TaskBinary
		}
		return learn.Target{Name: "y", Task: task, Y: y, Classes: names}
	}
	two, three := classes(r.Two, "0", "1"), classes(r.Three, "0", "1", "2")
	seen := 0
	// tolerance is what the peer's own accuracy allows
	for name, try := range map[string]struct {
		learner   learn.Learner
		target    learn.Target
		tolerance float64
	}{
		"linear":              {linear.LeastSquares{}, number(r.Y), 1e-9},
		"ridge 3":             {linear.Ridge{Alpha: 3}, number(r.Y), 1e-9},
		"lasso 0.1":           {linear.Lasso{Alpha: 0.1}, number(r.Y), 1e-6},
		"elastic-net 0.1 0.3": {linear.ElasticNet{Alpha: 0.1, L1Ratio: 0.3}, number(r.Y), 1e-6},
		"logistic 1":          {linear.Logistic{}, two, 1e-5},
		"logistic 0.1 1":      {linear.Logistic{C: 0.1, L1Ratio: 1}, two, 1e-5},
		"logistic 0.2 0.5":    {linear.Logistic{C: 0.2, L1Ratio: 0.5}, two, 1e-5},
		"multinomial 1":       {linear.Logistic{}, three, 1e-5},
		"multinomial 0.2 0.5": {linear.Logistic{C: 0.2, L1Ratio: 0.5}, three, 1e-5},
		"poisson 0.1":         {linear.Poisson{Alpha: 0.1}, number(r.Count), 1e-5},
		"gamma 0.1":           {linear.Gamma{Alpha: 0.1}, number(r.Positive), 1e-5},
		"tweedie 1.5 0.1":     {linear.Tweedie{Alpha: 0.1}, number(r.Amount), 1e-5},
		"tweedie 3 0.1":       {linear.Tweedie{Power: 3, Alpha: 0.1}, number(r.Positive), 1e-5},
		"huber 1.35 0.0001":   {linear.Huber{}, number(r.Y), 1e-4},
		"huber 1.1 1":         {linear.Huber{Epsilon: 1.1, Alpha: 1}, number(r.Y), 1e-4},
		"quantile 0.5 0":      {linear.Quantile{}, number(r.Y), 1e-5},
		"quantile 0.9 0.02":   {linear.Quantile{Quantile: 0.9, Alpha: 0.02}, number(r.Y), 1e-5},
		"quantile 0.31 1":     {linear.Quantile{Quantile: 0.31, Alpha: 1}, number(r.Y), 1e-5},
	} {
		for _, suffix := range []string{"", " weighted"} {
			t.Run(name+suffix, func(t *testing.T) {
				want, ok := r.Models[name+suffix]
				if !ok {
					t.Fatal("not in the reference")
				}
				seen++
				target := try.target
				if suffix != "" {
					target.Weights = r.Weights
				}
				m, err := try.learner.Fit(context.Background(), features, target)
				if err != nil {
					t.Fatal(err)
				}
				if len(m.Warnings) > 0 {
					t.Error(m.Warnings)
				}
				got := m.Spec.Classwise
				if m.Spec.Linear != nil {
					got = []predict.Linear{*m.Spec.Linear}
				}
				compare(t, features, got, want.Bias, want.Weights, try.tolerance)
			})
		}
	}
	if seen != len(r.Models) {
		t.Errorf("%d models compared, the reference has %d", seen, len(r.Models))
	}
}

// compare looks at the weights of numbers one by one, and at those of the
// category with the intercept: without a penalty on it only their sums count.
func compare(t *testing.T, features *frame.Frame, got []predict.Linear, bias []float64, weights [][]float64, tolerance float64) {
	t.Helper()
	if len(got) != len(bias) {
		t.Fatalf("%d outputs, want %d", len(got), len(bias))
	}
	shift := 0.0 // a constant in the intercepts of all classes changes nothing
	if len(got) > 1 {
		for k := range got {
			shift += (got[k].Bias - bias[k]) / float64(len(got))
		}
	}
	far := func(a, b float64) bool { return math.Abs(a-b) > tolerance*(1+math.Abs(b)) }
	for k := range got {
		for j, want := range weights[k] {
			have := got[k].Weights[j]
			if j >= 4 {
				have, want = have+got[k].Bias-shift, want+bias[k]
			}
			if far(have, want) {
				t.Errorf("output %d, weight %d: %.9g, scikit-learn has %.9g", k, j, have, want)
			}
		}
	}
	_ = features
}
