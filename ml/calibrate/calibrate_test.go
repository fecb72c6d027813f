package calibrate_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dasier/fault"
	"dasier/ml/calibrate"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/linear"
	"dasier/ml/predict"
	"dasier/ml/search"
	"dasier/ml/stage"
	"dasier/ml/tree"
)

// reference is what testdata/reference.py prints of scikit-learn.
type reference struct {
	Scores []struct{ Scores, Truth, Weights, Ask, Isotonic, Sigmoid []float64 }
	Models []struct {
		Method           string
		Classes          int
		X, Probabilities [][]float64
		Y                []int
	}
}

func readReference(t *testing.T) (r reference) {
	t.Helper()
	text, err := os.ReadFile("testdata/reference.json")
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestScoresAreCalibratedAsScikitLearnDoes(t *testing.T) {
	for n, c := range readReference(t).Scores {
		weight := func(i int) float64 { return c.Weights[i] }
		curve := calibrate.IsotonicOf(c.Scores, c.Truth, weight)
		slope, intercept := calibrate.SigmoidOf(c.Scores, c.Truth, weight)
		for k, x := range c.Ask {
			if got := stage.Interpolate(curve.X, curve.Y, x); math.Abs(got-c.Isotonic[k]) > 1e-12 {
				t.Errorf("case %d: isotonic of %g is %v, scikit-learn's %v", n, x, got, c.Isotonic[k])
			}
			if got := stage.Logistic(slope*x + intercept); math.Abs(got-c.Sigmoid[k]) > 2e-5 { // its search stops early
				t.Errorf("case %d: sigmoid of %g is %v, scikit-learn's %v", n, x, got, c.Sigmoid[k])
			}
		}
	}
}

func TestModelsAreCalibratedAsScikitLearnDoes(t *testing.T) {
	for _, c := range readReference(t).Models {
		t.Run(fmt.Sprintf("%s %d", c.Method, c.Classes), func(t *testing.T) {
			columns := []*frame.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}}
			target := learn.Target{Name: "y", Task: predict.TaskMulticlass, Classes: []string{"0", "1", "2"}[:c.Classes]}
			if c.Classes == 2 {
				target.Task = predict.TaskBinary
			}
			folds := make([]search.Fold, 5)
			for i, row := range c.X {
				for j, v := range row {
					columns[j].Values = append(columns[j].Values, v)
				}
				target.Y = append(target.Y, float64(c.Y[i]))
				for k := range folds {
					if i%5 == k {
						folds[k].Test = append(folds[k].Test, i)
					} else {
						folds[k].Train = append(folds[k].Train, i)
					}
				}
			}
			f, err := frame.New(columns...)
			if err != nil {
				t.Fatal(err)
			}
			m, err := calibrate.Calibrated{Learner: linear.Logistic{}, Method: calibrate.Method(c.Method)}.By(folds).Fit(t.Context(), f, target)
			if err != nil {
				t.Fatal(err)
			}
			p, err := m.Compile()
			if err != nil {
				t.Fatal(err)
			}
			got, err := learn.Predictions(p, f)
			if err != nil {
				t.Fatal(err)
			}
			tolerance := 2e-5
			if c.Method == "isotonic" {
				tolerance = 1e-5 // of the fits, times the steepness of a curve
			}
			width := target.Scores()
			for i, want := range c.Probabilities {
				if width == 1 {
					want = want[1:]
				}
				for k, w := range want {
					if v := got[i*width+k]; math.Abs(v-w) > tolerance {
						t.Errorf("row %d, class %d: %v, scikit-learn says %v", i, k, v, w)
					}
				}
			}
		})
	}
}

func TestConformance(t *testing.T) {
	for _, method := range []calibrate.Method{calibrate.Sigmoid, calibrate.Isotonic} {
		t.Run(string(method), func(t *testing.T) {
			tasks := learntest.Config{Tasks: []string{predict.TaskBinary, predict.TaskMulticlass}}
			learntest.Run(t, calibrate.Calibrated{Learner: tree.Forest{Trees: 10, Depth: 4}, Method: method, Folds: 3}, tasks)
			learntest.Hostile(t, calibrate.Calibrated{Learner: linear.Logistic{}, Method: method, Folds: 2}, tasks)
		})
	}
}

// TestProbabilitiesComeTrue: a forest of shallow trees is shy; calibrated it says
// what is so, and a linear model's sigmoid stays a linear model.
func TestProbabilitiesComeTrue(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3)) //nolint:gosec // not for secrets
	const n = 6000
	x, noise := &frame.Column{Name: "x"}, &frame.Column{Name: "noise"}
	target := learn.Target{Name: "y", Task: predict.TaskBinary, Classes: []string{"no", "yes"}}
	for range n {
		v := random.NormFloat64()
		x.Values, noise.Values = append(x.Values, v), append(noise.Values, random.NormFloat64())
		y := 0.0
		if random.Float64() < stage.Logistic(4*v) {
			y = 1
		}
		target.Y = append(target.Y, y)
	}
	f, err := frame.New(x, noise)
	if err != nil {
		t.Fatal(err)
	}
	shy := tree.Forest{Trees: 30, Depth: 2, Seed: 1}
	miss := func(l learn.Learner) float64 {
		m, err := l.Fit(t.Context(), f, target)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Compile()
		if err != nil {
			t.Fatal(err)
		}
		got, err := learn.Predictions(p, f)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i, v := range x.Values {
			sum += math.Abs(got[i]-stage.Logistic(4*v)) / n
		}
		return sum
	}
	before := miss(shy)
	// Shares of trees are no log-odds: a sigmoid of them bends only so far.
	for method, most := range map[calibrate.Method]float64{calibrate.Sigmoid: 0.85, calibrate.Isotonic: 0.6} {
		if after := miss(calibrate.Calibrated{Learner: shy, Method: method}); after > most*before {
			t.Errorf("%s: probabilities miss the truth by %.3f in the mean, before by %.3f", method, after, before)
		}
	}
	m, err := calibrate.Calibrated{Learner: linear.Logistic{}}.Fit(t.Context(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	if m.Spec.Linear == nil || len(m.Spec.Stages) > 0 {
		t.Error("a calibrated linear model is no linear model")
	}
}

// TestIsotonicNeverFallsAndKeepsTheMean, by its definition.
func TestIsotonicNeverFallsAndKeepsTheMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "rows")
		scores, truth, weights := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range scores {
			scores[i] = float64(rapid.IntRange(-10, 10).Draw(t, "score"))
			truth[i] = float64(rapid.IntRange(0, 1).Draw(t, "truth"))
			weights[i] = float64(rapid.IntRange(1, 5).Draw(t, "weight"))
		}
		curve := calibrate.IsotonicOf(scores, truth, func(i int) float64 { return weights[i] })
		if !slices.IsSorted(curve.Y) || !slices.IsSorted(curve.X) {
			t.Fatalf("the curve falls: %v", curve)
		}
		fitted, mean := 0.0, 0.0
		for i, s := range scores {
			fitted += weights[i] * stage.Interpolate(curve.X, curve.Y, s)
			mean += weights[i] * truth[i]
		}
		if math.Abs(fitted-mean) > 1e-9*float64(n) {
			t.Fatalf("the fitted values add up to %g, the truth to %g", fitted, mean)
		}
	})
}

func TestRefusals(t *testing.T) {
	f, target := learntest.Rows(60, predict.TaskRegression, false)
	for want, c := range map[string]calibrate.Calibrated{
		"there is no learner to calibrate":                 {},
		`the calibration "spline" is not known`:            {Learner: linear.Logistic{}, Method: "spline"},
		"only the probabilities of classes are calibrated": {Learner: linear.Logistic{}},
	} {
		if _, err := c.Fit(t.Context(), f, target); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
	f, target = learntest.Rows(200, predict.TaskBinary, false)
	m, err := calibrate.Calibrated{Learner: linear.Logistic{}, Method: calibrate.Isotonic}.Fit(t.Context(), f, target)
	if err != nil || !strings.Contains(strings.Join(m.Warnings, " "), "Isotonic calibration learned from 200 rows") {
		t.Errorf("few rows go unsaid: %v", err)
	}
}
