package metric_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"dasier/ml/metric"
)

func TestIntervalsContainTheirEstimates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 30).Draw(t, "n")
		value := rapid.Float64Range(-1e6, 1e6)
		y := rapid.SliceOfN(value, n, n).Draw(t, "y")
		predictions := rapid.SliceOfN(value, n, n).Draw(t, "predictions")
		estimates, err := metric.Evaluate(y, predictions, metric.Config{Resamples: 100, Seed: rapid.Uint64().Draw(t, "seed")})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range estimates {
			if !(e.Low <= e.Value && e.Value <= e.High) || e.N != n {
				t.Fatalf("%+v", e)
			}
		}
	})
}

// A 95 % interval should hold the true value in 95 % of the samples; the
// bootstrap is approximate, so a fifth of the misses more or less is allowed,
// and the luck of 300 samples on top.
func TestIntervalsCover(t *testing.T) {
	truth := map[string]float64{"rmse": 2, "mae": 2 * math.Sqrt(2/math.Pi), "median_ae": 2 * 0.6744897501960817, "r2": 1 - 4.0/13}
	const samples, n = 300, 80
	covered := map[string]float64{}
	for seed := range uint64(samples) {
		random := rand.New(rand.NewPCG(seed, 9))
		y, predictions := make([]float64, n), make([]float64, n)
		for i := range y {
			predictions[i] = 3 * random.NormFloat64()
			y[i] = predictions[i] + 2*random.NormFloat64()
		}
		estimates, err := metric.Evaluate(y, predictions, metric.Config{Resamples: 400, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range estimates {
			if e.Low <= truth[e.Name] && truth[e.Name] <= e.High {
				covered[e.Name]++
			}
		}
	}
	least := distuv.Normal{Mu: 0.92, Sigma: math.Sqrt(0.92 * 0.08 / samples)}.Quantile(0.001)
	for name := range truth {
		if share := covered[name] / samples; share < least || share > 0.995 {
			t.Errorf("the intervals of %s covered %.3f, want at least %.3f", name, share, least)
		}
	}
}

func TestSameSeedSameInterval(t *testing.T) {
	y, predictions := []float64{1, 2, 3, 4, 5, 9}, []float64{1, 1, 4, 4, 7, 8}
	evaluate := func(seed uint64) []metric.Estimate {
		estimates, err := metric.Evaluate(y, predictions, metric.Config{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return estimates
	}
	if diff := cmp.Diff(evaluate(1), evaluate(1)); diff != "" {
		t.Error(diff)
	}
}

// R² must not lose its digits to a large mean.
func TestLargeMean(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	y, predictions := make([]float64, 50), make([]float64, 50)
	shiftedY, shifted := make([]float64, 50), make([]float64, 50)
	for i := range y {
		y[i], predictions[i] = float64(i), float64(i)+math.Round(4*random.NormFloat64())
		shiftedY[i], shifted[i] = y[i]+1e9, predictions[i]+1e9
	}
	a, errA := metric.Evaluate(y, predictions, metric.Config{})
	b, errB := metric.Evaluate(shiftedY, shifted, metric.Config{})
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if diff := cmp.Diff(a, b, cmpopts.EquateApprox(1e-6, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestUndefined(t *testing.T) {
	estimates, err := metric.Evaluate([]float64{2, 2, 2}, []float64{1, 2, 3}, metric.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range estimates {
		if e.Name == "r2" {
			t.Errorf("R² of equal targets is %g", e.Value)
		}
	}
	if len(estimates) != 3 {
		t.Errorf("%d metrics, want 3", len(estimates))
	}
	for name, test := range map[string]struct {
		y, predictions []float64
		cfg            metric.Config
	}{
		"lengths":   {[]float64{1, 2}, []float64{1}, metric.Config{}},
		"one row":   {[]float64{1}, []float64{1}, metric.Config{}},
		"NaN":       {[]float64{1, 2}, []float64{1, math.NaN()}, metric.Config{}},
		"infinite":  {[]float64{1, math.Inf(1)}, []float64{1, 2}, metric.Config{}},
		"level":     {[]float64{1, 2}, []float64{1, 2}, metric.Config{Level: 1}},
		"resamples": {[]float64{1, 2}, []float64{1, 2}, metric.Config{Resamples: 10}},
	} {
		if _, err := metric.Evaluate(test.y, test.predictions, test.cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, name := range []string{"rsme", "pinball_2", "tweedie_3", "top_0", "top_1.5", "_1", ""} {
		if _, err := metric.Lookup(name); err == nil {
			t.Errorf("the metric %q: no error", name)
		}
	}
}

func TestWithin(t *testing.T) {
	for name, want := range map[string][2]float64{"rmse": {0, 7}, "log_loss": {0, 7}, "accuracy": {0, 1}, "r2": {-3, 7}, "bias": {-3, 7}} {
		m, err := metric.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if low, high := m.Within(-3, 7); low != want[0] || high != want[1] {
			t.Errorf("%s lies within %g to %g, want %v", name, low, high, want)
		}
		if low, high := m.Within(0.25, 0.75); low != 0.25 || high != 0.75 {
			t.Errorf("%s: a possible interval became %g to %g", name, low, high)
		}
	}
}
