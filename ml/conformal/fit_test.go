package conformal_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"dasier/ml/conformal"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/predict"
)

// funnel draws rows whose error grows with x.
func funnel(random *rand.Rand, n int) conformal.Rows {
	x, y := make([]float64, n), make([]float64, n)
	for i := range n {
		x[i] = random.Float64()
		y[i] = 3*x[i] + (0.1+2*x[i])*random.NormFloat64()
	}
	f, err := frame.New(&frame.Column{Name: "x", Kind: frame.Number, Values: x})
	if err != nil {
		panic(err) // one column
	}
	return conformal.Rows{Features: f, Truth: y}
}

// shifted learns the mean and adds a number: a crude quantile.
type shifted float64

func (s shifted) Fit(ctx context.Context, f *frame.Frame, t learn.Target) (*learn.Model, error) {
	m, err := linear.LeastSquares{}.Fit(ctx, f, t)
	if err == nil {
		m.Spec.Linear.Bias += float64(s)
	}
	return m, err
}

func configs() map[conformal.Method]conformal.Config {
	return map[conformal.Method]conformal.Config{
		conformal.Split:    {Level: 0.8},
		conformal.Weighted: {Method: conformal.Weighted, Level: 0.8, Spread: linear.LeastSquares{}},
		conformal.Quantile: {Method: conformal.Quantile, Level: 0.8, Low: shifted(-1), High: shifted(2)},
	}
}

func model(t *testing.T, train conformal.Rows) predict.Spec {
	t.Helper()
	m, err := linear.LeastSquares{}.Fit(context.Background(), train.Features, learn.Regression("y", train.Truth))
	if err != nil {
		t.Fatal(err)
	}
	return m.Spec
}

// The promise, over 200 draws of everything: neither missed nor overdone beyond
// the luck of the draw.
func TestEveryMethodKeepsItsPromise(t *testing.T) {
	const seeds, fresh = 200, 20
	for method, cfg := range configs() {
		covered := 0
		for seed := range uint64(seeds) {
			random := rand.New(rand.NewPCG(seed, 11))
			train, calibration, held := funnel(random, 60), funnel(random, 49), funnel(random, fresh)
			f, err := conformal.Fit(context.Background(), cfg, model(t, train), train, nil, calibration)
			if err != nil {
				t.Fatal(err)
			}
			program, err := predict.Compile(f.Spec)
			if err != nil {
				t.Fatal(err)
			}
			i := 0
			err = program.EachRow(held.Features, func(row *predict.Row) {
				low, high, ok := program.Interval(row, program.Score(row), cfg.Level)
				if ok && low <= held.Truth[i] && held.Truth[i] <= high {
					covered++
				}
				i++
			})
			if err != nil {
				t.Fatal(err)
			}
			coverage, err := f.Cover(held, cfg.Level)
			if err != nil {
				t.Fatal(err)
			}
			if f.Spec.Interval.Coverage != coverage.Share || f.Spec.Interval.CoveredOf != fresh {
				t.Fatalf("%s: the measured coverage is not noted", method)
			}
		}
		share := float64(covered) / (seeds * fresh)
		// Rows of one seed share their calibration: count them as a draw of seeds
		// with the spread that Vovk's beta distribution of coverage adds.
		slack := distuv.UnitNormal.Quantile(0.9999) * math.Sqrt(0.8*0.2/(seeds*fresh)+0.8*0.2/(51*seeds))
		if share < 0.8-slack || share > 0.8+1.0/50+slack+0.01 {
			t.Errorf("%s: %.3f of the rows are covered, 0.8 is promised", method, share)
		}
	}
}

func TestWeightedIntervalsFollowTheErrors(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 12))
	train, calibration := funnel(random, 2000), funnel(random, 500)
	f, err := conformal.Fit(context.Background(), configs()[conformal.Weighted], model(t, train), train, nil, calibration)
	if err != nil {
		t.Fatal(err)
	}
	program, err := predict.Compile(f.Spec)
	if err != nil {
		t.Fatal(err)
	}
	width := func(x float64) float64 {
		row := program.NewRow()
		row.SetNumber(0, x)
		low, high, ok := program.Interval(row, program.Score(row), 0.8)
		if !ok {
			t.Fatal("no interval")
		}
		return high - low
	}
	if near, far := width(0.1), width(0.9); far < 3*near {
		t.Errorf("the interval is %.2f wide where errors are small and %.2f where they are large", near, far)
	}
}

func TestMissingLearnersAndRows(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 13))
	train := funnel(random, 50)
	spec := model(t, train)
	for name, cfg := range map[string]conformal.Config{
		"no spread":      {Method: conformal.Weighted},
		"no quantiles":   {Method: conformal.Quantile},
		"another method": {Method: "bootstrap"},
	} {
		if _, err := conformal.Fit(context.Background(), cfg, spec, train, nil, train); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := conformal.Fit(context.Background(), conformal.Config{}, spec, train, nil, conformal.Rows{}); err == nil {
		t.Error("no calibration rows: no error")
	}
	cross := conformal.Config{Method: conformal.Cross}
	if _, err := conformal.Fit(context.Background(), cross, spec, train, train.Truth, conformal.Rows{}); err != nil {
		t.Errorf("cross-conformal needs no calibration rows: %v", err)
	}
}

// Sets hold the true class as promised, both ways, over 200 draws.
func TestSetsKeepTheirPromise(t *testing.T) {
	const seeds, rows, level = 200, 40, 0.8
	spec := predict.Spec{
		Version: 1, Task: predict.TaskMulticlass, Target: predict.Target{Name: "kind"}, Classes: []string{"a", "b", "c"},
		Inputs:    []predict.Input{{Name: "x", Kind: frame.Number}},
		Features:  []predict.Feature{{Name: "x", Op: "value", Scale: 1}},
		Classwise: []predict.Linear{{Weights: []float64{1}, Base: []float64{0}}, {Weights: []float64{0}, Base: []float64{0}}, {Weights: []float64{-1}, Base: []float64{0}}},
		Link:      predict.Softmax,
	}
	for _, adaptive := range []bool{false, true} {
		held, covered := 0.0, 0
		for seed := range uint64(seeds) {
			random := rand.New(rand.NewPCG(seed, 14))
			draw := func() (probabilities, y []float64) {
				for range rows {
					a, b, c := random.ExpFloat64(), random.ExpFloat64(), random.ExpFloat64()
					p := []float64{a / (a + b + c), b / (a + b + c), c / (a + b + c)}
					u, k := random.Float64(), 0
					for k < 2 && u > p[k] {
						u -= p[k]
						k++
					}
					probabilities, y = append(probabilities, p...), append(y, float64(k))
				}
				return probabilities, y
			}
			probabilities, y := draw()
			with, _, err := conformal.Classes(spec, probabilities, y, level, adaptive)
			if err != nil {
				t.Fatal(err)
			}
			program, err := predict.Compile(with)
			if err != nil {
				t.Fatal(err)
			}
			probabilities, y = draw()
			coverage, size, err := conformal.CoverClasses(program, probabilities, y, level)
			if err != nil {
				t.Fatal(err)
			}
			if !(size >= 1 && size <= 3) {
				t.Fatalf("sets of %g classes", size)
			}
			covered += coverage.Covered
			held += rows
		}
		slack := distuv.UnitNormal.Quantile(0.9999) * math.Sqrt(level*(1-level)/held+level*(1-level)/((rows+2)*seeds))
		if share := float64(covered) / held; share < level-slack {
			t.Errorf("adaptive %t: %.3f of the sets hold the true class, %g is promised", adaptive, share, level)
		}
	}
}
