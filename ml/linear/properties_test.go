package linear_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/linear"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

func fit(t *testing.T, l learn.Learner, f *frame.Frame, target learn.Target) *learn.Model {
	t.Helper()
	m, err := l.Fit(context.Background(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func predicted(t *testing.T, m *learn.Model, f *frame.Frame) []float64 {
	t.Helper()
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	all, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func close(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*(1+math.Abs(want[i]))) {
			t.Fatalf("%s: prediction %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

type learner struct {
	name      string
	learner   func(prep.Config) learn.Learner
	task      string
	positive  bool
	tolerance float64
}

var family = []learner{
	{"linear", func(c prep.Config) learn.Learner { return linear.LeastSquares{Prep: c} }, predict.TaskRegression, false, 1e-8},
	{"ridge", func(c prep.Config) learn.Learner { return linear.Ridge{Prep: c} }, predict.TaskRegression, false, 1e-8},
	{"lasso", func(c prep.Config) learn.Learner { return linear.Lasso{Prep: c} }, predict.TaskRegression, false, 1e-5},
	{"elastic-net", func(c prep.Config) learn.Learner { return linear.ElasticNet{Prep: c} }, predict.TaskRegression, false, 1e-5},
	{"huber", func(c prep.Config) learn.Learner { return linear.Huber{Prep: c} }, predict.TaskRegression, false, 1e-4},
	{"quantile", func(c prep.Config) learn.Learner { return linear.Quantile{Quantile: 0.7, Prep: c} }, predict.TaskRegression, false, 1e-4},
	{"poisson", func(c prep.Config) learn.Learner { return linear.Poisson{Alpha: 0.01, Prep: c} }, predict.TaskRegression, true, 1e-5},
	{"gamma", func(c prep.Config) learn.Learner { return linear.Gamma{Prep: c} }, predict.TaskRegression, true, 1e-5},
	{"tweedie", func(c prep.Config) learn.Learner { return linear.Tweedie{Prep: c} }, predict.TaskRegression, true, 1e-5},
	{"logistic", func(c prep.Config) learn.Learner { return linear.Logistic{Prep: c} }, predict.TaskBinary, false, 1e-5},
	{"logistic l1", func(c prep.Config) learn.Learner { return linear.Logistic{L1Ratio: 1, Prep: c} }, predict.TaskBinary, false, 1e-4},
	{"multinomial", func(c prep.Config) learn.Learner { return linear.Logistic{Prep: c} }, predict.TaskMulticlass, false, 1e-5},
}

// plain keeps what weights do to the preparation out of the comparison: it looks
// at rows, not at their weights.
var plain = prep.Config{Columns: map[string]prep.Column{
	"a": {Treatment: prep.Plain}, "b": {Treatment: prep.Drop}, "c": {Treatment: prep.Plain}, "same": {Treatment: prep.Drop},
}}

func TestWeightsAreRepetitions(t *testing.T) {
	for _, l := range family {
		t.Run(l.name, func(t *testing.T) {
			features, target := learntest.Rows(201, l.task, l.positive)
			a, _ := features.Column("a")
			present := slices.Clone(a.Values)
			for i, v := range present {
				if math.IsNaN(v) {
					present[i] = 0 // the median would depend on the repetitions
				}
			}
			columns := slices.Clone(features.Columns())
			columns[0] = &frame.Column{Name: "a", Kind: frame.Number, Values: present}
			features, err := frame.New(columns...)
			if err != nil {
				t.Fatal(err)
			}
			var repeated []int
			target.Weights = make([]float64, len(target.Y))
			for i := range target.Y {
				target.Weights[i] = float64(1 + i%3)
				for range 1 + i%3 {
					repeated = append(repeated, i)
				}
			}
			weighted := fit(t, l.learner(plain), features, target)
			longer := target.Take(repeated)
			longer.Weights = nil
			got, want := predicted(t, weighted, features), predicted(t, fit(t, l.learner(plain), features.Take(repeated), longer), features)
			if l.name == "quantile" { // of which several may be equally good
				got, want = pinball(target, got, 0.7), pinball(target, want, 0.7)
			}
			close(t, l.name, got, want, l.tolerance)
		})
	}
}

func pinball(target learn.Target, predictions []float64, quantile float64) []float64 {
	sum := 0.0
	for i, y := range target.Y {
		e := y - predictions[i]
		sum += target.Weight(i) * max(quantile*e, (quantile-1)*e)
	}
	return []float64{sum}
}

func TestOrderDoesNotMatter(t *testing.T) {
	for _, l := range family {
		t.Run(l.name, func(t *testing.T) {
			features, target := learntest.Rows(201, l.task, l.positive)
			want := predicted(t, fit(t, l.learner(prep.Config{}), features, target), features)
			backwards := make([]int, features.Rows())
			for i := range backwards {
				backwards[i] = len(backwards) - 1 - i
			}
			close(t, "rows", predicted(t, fit(t, l.learner(prep.Config{}), features.Take(backwards), target.Take(backwards)), features), want, l.tolerance)
			columns := slices.Clone(features.Columns())
			slices.Reverse(columns)
			other, err := frame.New(columns...)
			if err != nil {
				t.Fatal(err)
			}
			close(t, "columns", predicted(t, fit(t, l.learner(prep.Config{}), other, target), features), want, l.tolerance)
		})
	}
}

func TestWeakPenaltiesBecomeLeastSquares(t *testing.T) {
	features, target := learntest.Rows(300, predict.TaskRegression, false)
	want := predicted(t, fit(t, linear.LeastSquares{}, features, target), features)
	close(t, "ridge", predicted(t, fit(t, linear.Ridge{Alpha: 1e-9}, features, target), features), want, 1e-6)
	close(t, "lasso", predicted(t, fit(t, linear.Lasso{Alpha: 1e-9}, features, target), features), want, 1e-6)
}

// Of collinear columns the weights are those of the orthogonal decomposition.
func TestSalesAreAsTheDecompositionHasThem(t *testing.T) {
	inputs, y := sales(t)
	m := fit(t, linear.LeastSquares{}, inputs, learn.Regression("price", y))
	p, design := prepared(t, inputs)
	d, err := linear.Decompose(design, y)
	if err != nil {
		t.Fatal(err)
	}
	want := d.LeastSquares()
	for j, w := range m.Spec.Linear.Weights {
		if math.Abs(w-want.Weights[j]) > 1e-6*(1000+math.Abs(want.Weights[j])) {
			t.Errorf("the weight of %q is %g, want %g", p.Features()[j].Name, w, want.Weights[j])
		}
	}
	if got, want := strings.Join(m.Warnings, "\n"), strings.Join(linear.Collinear(d, p), "\n"); strings.Count(got, "\n") != strings.Count(want, "\n") || want == "" {
		t.Errorf("warnings\n%s\nwant as many as\n%s", got, want)
	}
}

func TestPathsAreTheirFits(t *testing.T) {
	features, target := learntest.Rows(300, predict.TaskRegression, false)
	alphas := []float64{0.01, 1, 0.1}
	lasso, err := linear.Lasso{}.Path(context.Background(), features, target, alphas)
	if err != nil {
		t.Fatal(err)
	}
	ridge, err := linear.Ridge{}.Path(context.Background(), features, target, alphas)
	if err != nil {
		t.Fatal(err)
	}
	_, classes := learntest.Rows(300, predict.TaskBinary, false)
	logistic, err := linear.Logistic{}.Path(context.Background(), features, classes, alphas)
	if err != nil {
		t.Fatal(err)
	}
	for k, alpha := range alphas {
		close(t, "lasso", lasso[k].Spec.Linear.Weights, fit(t, linear.Lasso{Alpha: alpha}, features, target).Spec.Linear.Weights, 1e-6)
		close(t, "ridge", ridge[k].Spec.Linear.Weights, fit(t, linear.Ridge{Alpha: alpha}, features, target).Spec.Linear.Weights, 1e-9)
		close(t, "logistic", logistic[k].Spec.Linear.Weights, fit(t, linear.Logistic{C: alpha}, features, classes).Spec.Linear.Weights, 1e-5)
	}
}

// Without a penalty classes that a column tells apart have no finite fit.
func TestSeparatedClassesWarn(t *testing.T) {
	a := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	features, err := frame.New(&frame.Column{Name: "a", Kind: frame.Number, Values: a})
	if err != nil {
		t.Fatal(err)
	}
	target := learn.Target{Name: "y", Task: predict.TaskBinary, Classes: []string{"no", "yes"}, Y: []float64{0, 0, 0, 0, 1, 1, 1, 1}}
	if m := fit(t, linear.Logistic{C: math.Inf(1)}, features, target); len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], "set C to a number") {
		t.Errorf("separated: %q", m.Warnings)
	}
	target.Y = []float64{0, 0, 1, 0, 1, 0, 1, 1}
	if m := fit(t, linear.Logistic{C: math.Inf(1)}, features, target); len(m.Warnings) != 0 {
		t.Errorf("overlapping: %q", m.Warnings)
	}
}

func TestSettingsRefused(t *testing.T) {
	features, target := learntest.Rows(50, predict.TaskRegression, false)
	_, classes := learntest.Rows(50, predict.TaskBinary, false)
	_, positive := learntest.Rows(50, predict.TaskRegression, true)
	zero := positive
	zero.Y = slices.Clone(zero.Y)
	zero.Y[7] = 0
	for name, try := range map[string]struct {
		learner learn.Learner
		target  learn.Target
		says    string
	}{
		"ridge below 0":       {linear.Ridge{Alpha: -1}, target, "at least 0"},
		"ridge NaN":           {linear.Ridge{Alpha: math.NaN()}, target, "at least 0"},
		"lasso infinite":      {linear.Lasso{Alpha: math.Inf(1)}, target, "at least 0"},
		"ratio above 1":       {linear.ElasticNet{L1Ratio: 1.5}, target, "at most 1"},
		"logistic C":          {linear.Logistic{C: -1}, classes, "above 0"},
		"logistic ratio":      {linear.Logistic{L1Ratio: 2}, classes, "from 0 to 1"},
		"logistic of numbers": {linear.Logistic{}, target, "tells classes apart"},
		"ridge of classes":    {linear.Ridge{}, classes, "predicts numbers"},
		"poisson of classes":  {linear.Poisson{}, classes, "predicts numbers"},
		"poisson below 0":     {linear.Poisson{}, target, "at least 0"},
		"gamma of 0":          {linear.Gamma{}, zero, "above 0"},
		"power below 1":       {linear.Tweedie{Power: 0.5}, positive, "from 1 to 3"},
		"epsilon":             {linear.Huber{Epsilon: 1}, target, "above 1"},
		"quantile":            {linear.Quantile{Quantile: 1}, target, "between 0 and 1"},
	} {
		if _, err := try.learner.Fit(context.Background(), features, try.target); err == nil || !strings.Contains(err.Error(), try.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
