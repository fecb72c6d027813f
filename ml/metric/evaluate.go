package metric

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"dasier/fault"
)

// Config says how intervals are made.
type Config struct {
	Level     float64 // of the interval. Default: 0.95
	Resamples int     // bootstrap samples. Default: 2000
	Seed      uint64  // of the resampling. Default: 0, a seed like any other
}

func (c Config) defaults() Config {
	if c.Level == 0 {
		c.Level = 0.95
	}
	if c.Resamples == 0 {
		c.Resamples = 2000
	}
	return c
}

// Estimate is a metric on some rows with its interval.
type Estimate struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"`
	N     int     `json:"n"` // rows
}

// Evaluate computes every metric with its interval. A metric that is undefined
// on these rows (R² of equal targets) is left out.
//
// The intervals are BCa, bias-corrected and accelerated: Efron and Tibshirani,
// "An Introduction to the Bootstrap", 1993, section 14.3. The median's have no
// acceleration, because the jackknife fails for it (section 10.6 there). All
// metrics use the same resamples. An interval that misses its estimate, as BCa
// may on a handful of rows, is widened to contain it.
func Evaluate(y, predictions []float64, cfg Config) ([]Estimate, error) {
	cfg = cfg.defaults()
	if err := check(y, predictions, cfg); err != nil {
		return nil, err
	}
	data := newRows(y, predictions)
	var statistics []statistic
	var metrics []Metric
	for _, m := range All {
		if !math.IsNaN(m.Of(y, predictions)) {
			metrics = append(metrics, m)
			statistics = append(statistics, m.statistic(data))
		}
	}
	draws := resample(len(y), statistics, cfg)
	estimates := make([]Estimate, len(metrics))
	for i, m := range metrics {
		value := m.Of(y, predictions)
		low, high := bca(value, draws[i], statistics[i].acceleration(), cfg.Level)
		estimates[i] = Estimate{Name: m.Name, Value: value, Low: low, High: high, Level: cfg.Level, N: len(y)}
	}
	return estimates, nil
}

func check(y, predictions []float64, cfg Config) error {
	switch {
	case len(y) != len(predictions):
		return fault.Errorf(fault.Invalid, "%d true values have %d predictions", len(y), len(predictions))
	case len(y) < 2:
		return fault.Errorf(fault.Invalid, "%d rows are too few to measure a model: hold out at least 2", len(y))
	case !(cfg.Level > 0 && cfg.Level < 1):
		return fault.Errorf(fault.Invalid, "the level of an interval must lie between 0 and 1, it is %g", cfg.Level)
	case cfg.Resamples < 100:
		return fault.Errorf(fault.Invalid, "%d bootstrap samples are too few: use at least 100", cfg.Resamples)
	}
	for i := range y {
		if e := y[i] - predictions[i]; math.IsNaN(e) || math.IsInf(e, 0) {
			return fault.Errorf(fault.Invalid, "row %d has the value %g and the prediction %g: both must be finite", i+1, y[i], predictions[i])
		}
	}
	return nil
}

// resample draws rows with replacement and computes every statistic of each
// draw. Draws for which a statistic is undefined are left out of it.
func resample(n int, statistics []statistic, cfg Config) [][]float64 {
	random := rand.New(rand.NewPCG(cfg.Seed, 0x6d6574726963)) //nolint:gosec // a reproducible draw is the point
	counts := make([]int32, n)
	draws := make([][]float64, len(statistics))
	for range cfg.Resamples {
		clear(counts)
		for range n {
			counts[random.IntN(n)]++
		}
		for i, s := range statistics {
			if v := s.of(counts); !math.IsNaN(v) {
				draws[i] = append(draws[i], v)
			}
		}
	}
	return draws
}

// bca turns draws into an interval that contains the estimate.
func bca(value float64, draws []float64, acceleration, level float64) (low, high float64) {
	if len(draws) == 0 {
		return value, value
	}
	slices.Sort(draws)
	below := 0.0
	for _, v := range draws {
		switch {
		case v < value:
			below++
		case v == value: // the median repeats values: a tie is half below
			below += 0.5
		}
	}
	n := float64(len(draws))
	// Bounded, because an estimate outside all draws would give ±Inf.
	bias := distuv.UnitNormal.Quantile(min(max(below/n, 0.5/n), 1-0.5/n))
	tail := (1 - level) / 2
	at := func(p float64) float64 {
		z := bias + distuv.UnitNormal.Quantile(p)
		// The denominator nears 0 only for draws as skewed as a single outlier.
		share := distuv.UnitNormal.CDF(bias + z/max(1-acceleration*z, 1e-3))
		return draws[min(max(int(math.Floor(share*(n+1)))-1, 0), len(draws)-1)]
	}
	return min(at(tail), value), max(at(1-tail), value)
}
