package inspect_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"dasier/ml/frame"
	"dasier/ml/inspect"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// forecasts draws rows whose true log-odds are slope times the predicted ones
// plus shift.
func forecasts(n int, seed uint64, slope, shift float64) (learn.Target, []float64) {
	random := rand.New(rand.NewPCG(seed, 6))
	y, p := make([]float64, n), make([]float64, n)
	for i := range y {
		odds := 1.5 * random.NormFloat64()
		p[i] = 1 / (1 + math.Exp(-odds))
		if random.Float64() < 1/(1+math.Exp(-slope*odds-shift)) {
			y[i] = 1
		}
	}
	return learn.Target{Name: "rain", Task: predict.TaskBinary, Y: y, Classes: []string{"dry", "wet"}}, p
}

func TestCalibration(t *testing.T) {
	for _, c := range []struct {
		slope, shift float64
		want         string
	}{
		{1, 0, "nothing speaks against them"},
		{0.4, 0, "too extreme (overconfident)"},
		{2.5, 0, "too cautious"},
		{1, 1, "too low on the whole"},
		{1, -1, "too high on the whole"},
	} {
		target, p := forecasts(4000, 3, c.slope, c.shift)
		r, err := inspect.Calibrate(target, p, inspect.CalibrationConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Sentence, c.want) {
			t.Errorf("%v: %s", c, r.Sentence)
		}
		if r.Slope.Low > c.slope || r.Slope.High < c.slope || r.Intercept.Low > c.shift || r.Intercept.High < c.shift {
			t.Errorf("slope %+v, intercept %+v, want %v", r.Slope, r.Intercept, c)
		}
		b := r.Brier
		if sum := b.Reliability - b.Resolution + b.Uncertainty + b.Within; math.Abs(sum-b.Score) > 1e-12 {
			t.Errorf("the parts of the Brier score add up to %g, it is %g", sum, b.Score)
		}
		if len(r.Bins) != 10 || r.Error.Low > r.Error.Value || r.Error.High < r.Error.Value || r.Largest.Value < r.Error.Value {
			t.Errorf("%d bins, %+v, %+v", len(r.Bins), r.Error, r.Largest)
		}
	}
}

// True probabilities are called doubtful in one of twenty samples.
func TestTrueProbabilitiesPass(t *testing.T) {
	const seeds = 300
	doubted, covered := 0.0, 0.0
	for seed := range uint64(seeds) {
		target, p := forecasts(400, seed, 1, 0)
		r, err := inspect.Calibrate(target, p, inspect.CalibrationConfig{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if r.Error.Value > r.Usual {
			doubted++
		}
		if r.Slope.Low <= 1 && 1 <= r.Slope.High {
			covered++
		}
	}
	if chance := (distuv.Binomial{N: seeds, P: 0.06}); chance.CDF(doubted-1) > 0.999 {
		t.Errorf("%g of %d true forecasts were doubted", doubted, seeds)
	}
	if chance := (distuv.Binomial{N: seeds, P: 0.93}); chance.CDF(covered) < 0.001 {
		t.Errorf("the slope's interval held 1 in %g of %d", covered, seeds)
	}
}

func TestCalibrationOfClasses(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 6))
	const n = 3000
	target := learn.Target{Name: "kind", Task: predict.TaskMulticlass, Y: make([]float64, n), Classes: []string{"a", "b", "c"}}
	p := make([]float64, 0, 3*n)
	for i := range n {
		u, v := random.Float64(), random.Float64()
		p = append(p, u*v, u*(1-v), 1-u)
		switch draw := random.Float64(); {
		case draw < u*v:
		case draw < u:
			target.Y[i] = 1
		default:
			target.Y[i] = 2
		}
	}
	for class, name := range map[int]string{0: "the predicted class", 2: "b"} {
		r, err := inspect.Calibrate(target, p, inspect.CalibrationConfig{Class: class})
		if err != nil {
			t.Fatal(err)
		}
		if r.Class != name || r.Error.Value > r.Usual {
			t.Errorf("%+v", r)
		}
	}
	if _, err := inspect.Calibrate(target, p, inspect.CalibrationConfig{Class: 4}); err == nil {
		t.Error("a fourth class of three: no error")
	}
	if _, err := inspect.Calibrate(learn.Regression("y", target.Y), target.Y, inspect.CalibrationConfig{}); err == nil {
		t.Error("a regression: no error")
	}
}

func TestRecalibrate(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 6))
	const n = 6000
	a, y := make([]float64, n), make([]float64, n)
	for i := range a {
		a[i] = random.NormFloat64()
		if random.Float64() < 1/(1+math.Exp(-a[i]+0.5)) {
			y[i] = 1
		}
	}
	spec := predict.Spec{
		Version: 1, Task: predict.TaskBinary, Target: predict.Target{Name: "y"}, Classes: []string{"no", "yes"}, Link: predict.Logistic,
		Inputs:   []predict.Input{{Name: "a", Kind: frame.Number}},
		Features: []predict.Feature{{Name: "a", Op: "value", Scale: 1}},
		Linear:   &predict.Linear{Bias: 0, Weights: []float64{3}, Base: []float64{0}}, // far too extreme
	}
	f := table(t, number("a", a))
	target := learn.Target{Name: "y", Task: predict.TaskBinary, Y: y, Classes: spec.Classes}
	answer := func(spec predict.Spec) []float64 {
		t.Helper()
		program, err := predict.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		p, err := learn.Predictions(program, f)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	mended, err := inspect.Recalibrate(spec, target, answer(spec))
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(mended.Linear.Weights[0]-1) > 0.1 || math.Abs(mended.Linear.Bias+0.5) > 0.1 || spec.Linear.Weights[0] != 3 {
		t.Errorf("%+v", mended.Linear)
	}
	r, err := inspect.Calibrate(target, answer(mended), inspect.CalibrationConfig{})
	if err != nil || math.Abs(r.Slope.Value-1) > 1e-3 {
		t.Errorf("%+v, %v", r.Slope, err)
	}
	spec.Link = ""
	if _, err := inspect.Recalibrate(spec, target, answer(mended)); err == nil {
		t.Error("a model without log-odds: no error")
	}
}

func TestThreshold(t *testing.T) {
	for _, n := range []int{2000, 20_000} {
		target, p := forecasts(n, 5, 1, 0)
		r, err := inspect.ChooseThreshold(target, p, inspect.Costs{FalsePositive: 1, FalseNegative: 4}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if r.InTheory != 0.2 || r.Low > 0.2 || r.High < 0.2 || r.Cost >= r.AtHalf || len(r.Curve) != 101 || r.Curve[0].Chosen != 1 || r.Curve[100].Chosen != 0 {
			t.Errorf("%d rows: %+v", n, r.Sentence)
		}
	}
	target, p := forecasts(50, 5, 1, 0)
	if _, err := inspect.ChooseThreshold(target, p, inspect.Costs{FalsePositive: 1}, 1); err == nil {
		t.Error("a cost of 0: no error")
	}
	clear(target.Y)
	if _, err := inspect.ChooseThreshold(target, p, inspect.Costs{FalsePositive: 1, FalseNegative: 1}, 1); err == nil || !strings.Contains(err.Error(), "all 50 rows are of one class") {
		t.Errorf("one class: %v", err)
	}
}

func TestResiduals(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 6))
	const n = 2000
	y, p := make([]float64, n), make([]float64, n)
	for i := range y {
		p[i] = 100 + 400*random.Float64()
		y[i] = p[i] + 0.1*p[i]*random.NormFloat64()
		if p[i] > 460 {
			y[i] += 40
		}
	}
	r, err := inspect.Residuals(y, p, inspect.ResidualConfig{Target: "price", Unit: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(r.Sentences, "; ")
	if r.Growth < 0.2 || !strings.Contains(all, "errors grow with the prediction: half are above ") || !strings.Contains(all, "the highest tenth of the predictions is too low by ") {
		t.Errorf("%g %s", r.Growth, all)
	}
	if !strings.Contains(all, "predicting the logarithm may suit price") {
		t.Errorf("no advice: %s", all)
	}
	bent, err := inspect.Residuals(y, p, inspect.ResidualConfig{Target: "price", Proportional: true})
	if all := strings.Join(bent.Sentences, "; "); err != nil || !strings.Contains(all, "errors grow with") || strings.Contains(all, "logarithm") {
		t.Errorf("advice that was followed already: %s %v", all, err)
	}
	if len(r.Tenths) != 10 || len(r.Points) != 300 {
		t.Errorf("%d tenths, %d points", len(r.Tenths), len(r.Points))
	}
	for i := range y {
		y[i] = p[i] + random.NormFloat64()
	}
	if r, err = inspect.Residuals(y, p, inspect.ResidualConfig{}); err != nil || !strings.Contains(r.Sentences[1], "about as large") {
		t.Errorf("%v %v", r.Sentences, err)
	}
	y[7] = math.NaN()
	if _, err := inspect.Residuals(y, p, inspect.ResidualConfig{}); err == nil || !strings.Contains(err.Error(), "row 8") {
		t.Errorf("no value: %v", err)
	}
}
