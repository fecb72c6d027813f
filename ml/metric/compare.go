package metric

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"

	"dasier/fault"
)

// Verdict is what a comparison says.
type Verdict string

// The verdicts. A model is better or worse where the interval of the difference
// excludes none at all.
const (
	Better    Verdict = "better"
	Worse     Verdict = "worse"
	Undecided Verdict = "undecided"
)

// Comparison is how one metric differs between two models on the same rows. The
// intervals are paired: rows that are hard for both do not blur the difference.
type Comparison struct {
	Name      string  `json:"name"`
	Title     string  `json:"title"`
	Current   float64 `json:"current"`
	Candidate float64 `json:"candidate"`
	// Difference is candidate minus current, in the metric's own unit.
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	// Gain is how much better the candidate is, whichever way the metric goes:
	// per cent of the current model's loss, percentage points of a proportion, or
	// plainly (GainUnit is "%", "points" or "").
	Gain     float64 `json:"gain"`
	GainLow  float64 `json:"gain_low"`
	GainHigh float64 `json:"gain_high"`
	GainUnit string  `json:"gain_unit,omitempty"`

	Verdict  Verdict `json:"verdict"`
	Level    float64 `json:"level"`
	N        int     `json:"n"`
	Sentence string  `json:"sentence"`
}

// Compare measures two models on the same rows: the difference with a paired
// bootstrap interval (Efron and Tibshirani 1993, section 14.3, on pairs), of AUC
// DeLong's. The metrics are those of the Config; one that is undefined for either
// model, or has no interval (the largest error), is left out.
func Compare(y, current, candidate []float64, cfg Config) ([]Comparison, error) {
	cfg = cfg.defaults(len(y), len(current))
	if len(current) != len(candidate) {
		return nil, fault.Errorf(fault.Invalid, "one model has %d predictions, the other %d: compare them on the same rows and classes", len(current), len(candidate))
	}
	for _, p := range [][]float64{current, candidate} {
		if err := check(y, p, cfg); err != nil {
			return nil, err
		}
	}
	metrics, err := cfg.metrics()
	if err != nil {
		return nil, err
	}
	pair := newPair(y, current, candidate, cfg)
	found := []Comparison{}
	for i := range metrics {
		m := &metrics[i]
		a, b := m.of(pair.a), m.of(pair.b)
		if bad(a) || bad(b) || bad(m.gain(a, b)) || m.direct != nil && m.analytic.method == "none" {
			continue
		}
		c := Comparison{
			Name: m.Name, Title: m.Title, Current: a, Candidate: b, Difference: b - a, Gain: m.gain(a, b), GainUnit: m.gainUnit(),
			Level: cfg.Level, N: len(y),
		}
		switch {
		case m.direct == nil:
			pair.bySums(m, &c)
		case m.Name == "auc":
			pair.byInfluence(m, &c)
		default:
			pair.byWeights(m, &c)
		}
		c.judge()
		found = append(found, c)
	}
	return found, nil
}

func bad(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// gain is how much better b is than a, above 0 where it is.
func (m *Metric) gain(a, b float64) float64 {
	switch {
	case m.scale == zero:
		return math.Abs(a) - math.Abs(b)
	case m.scale == ratio && a == b:
		return 0
	case m.scale == ratio:
		return 100 * (a - b) / a
	case m.scale == share:
		return 100 * (b - a)
	}
	return b - a
}

func (m *Metric) gainUnit() string {
	return [...]string{points: "", ratio: "%", share: "points", zero: ""}[m.scale]
}

// pair is two models' predictions of the same rows.
type pair struct {
	a, b   *data
	cfg    Config
	block  []int32
	blocks int
}

func newPair(y, current, candidate []float64, cfg Config) *pair {
	p := &pair{a: newData(y, current, cfg.Weights, cfg.Threshold), b: newData(y, candidate, cfg.Weights, cfg.Threshold), cfg: cfg}
	p.block, p.blocks = partition(len(y), cfg.Groups, cfg.Seed)
	return p
}

// bySums draws rows for both models at once.
func (p *pair) bySums(m *Metric, c *Comparison) {
	ofA, ofB := m.basis(p.a), m.basis(p.b)
	both := basis{k: ofA.k + ofB.k, add: func(i int, w float64, sums []float64) {
		ofA.add(i, w, sums[:ofA.k])
		ofB.add(i, w, sums[ofA.k:])
	}}
	values := func(sums []float64) (a, b float64) { return m.value(p.a, sums[:ofA.k]), m.value(p.b, sums[ofA.k:]) }
	difference := statistic{value: func(sums []float64) float64 { a, b := values(sums); return b - a }}
	gain := statistic{value: func(sums []float64) float64 { a, b := values(sums); return finite(m.gain(a, b)) }}
	pool := pool{blocks: p.blocks}
	pool.add(p.a, both, p.block)
	if pool.steps()*p.cfg.Resamples > maxSteps {
		c.Low, c.High = pool.normal(difference, c.Difference, c.Level)
		c.GainLow, c.GainHigh = pool.normal(gain, c.Gain, c.Level)
		return
	}
	draws := pool.draw([]statistic{difference, gain}, p.cfg.Resamples, p.cfg.Seed)
	c.Low, c.High = pool.interval(difference, c.Difference, draws[0], c.Level)
	c.GainLow, c.GainHigh = pool.interval(gain, c.Gain, draws[1], c.Level)
}

func finite(v float64) float64 {
	if bad(v) {
		return math.NaN()
	}
	return v
}

// byInfluence is DeLong's covariance of two AUCs: the difference's influences are
// the differences.
func (p *pair) byInfluence(_ *Metric, c *Comparison) {
	ofA, ofB := make([]float64, len(p.a.y)), make([]float64, len(p.a.y))
	rocArea(p.a, ofA)
	rocArea(p.b, ofB)
	for i := range ofB {
		ofB[i] -= ofA[i]
	}
	half := normal(c.Level) * length(grouped(ofB, p.cfg.Groups))
	if bad(half) { // one row of a class
		half = 1
	}
	c.Low, c.High = max(-1, c.Difference-half), min(1, c.Difference+half)
	c.GainLow, c.GainHigh = c.Low, c.High
}

// byWeights draws blocks and computes the metric of rows that count as often:
// slower, but of any metric.
func (p *pair) byWeights(m *Metric, c *Comparison) {
	random := rand.New(rand.NewPCG(p.cfg.Seed, 0x70616972)) //nolint:gosec // a reproducible draw is the point
	counts, weights := make([]float64, p.blocks), make([]float64, len(p.a.y))
	resamples := min(p.cfg.Resamples, max(100, 20_000_000/len(weights)))
	differences, gains := make([]float64, 0, resamples), make([]float64, 0, resamples)
	p.a.order(1)
	p.b.order(1)
	p.a.errorOrder()
	p.b.errorOrder()
	for range resamples {
		clear(counts)
		for range p.blocks {
			counts[random.IntN(p.blocks)]++
		}
		for i, at := range p.block {
			weights[i] = counts[at] * p.a.weight(i)
		}
		a, b := m.of(p.a.reweighted(weights)), m.of(p.b.reweighted(weights))
		if !bad(b - a) {
			differences = append(differences, b-a)
		}
		if g := m.gain(a, b); !bad(g) {
			gains = append(gains, g)
		}
	}
	c.Low, c.High = ofDraws(c.Difference, differences, c.Level)
	c.GainLow, c.GainHigh = ofDraws(c.Gain, gains, c.Level)
}

// ofDraws is an interval without acceleration, for the jackknife fails for the
// median (Efron and Tibshirani, section 10.6). Of few draws, which are of many
// rows, only the standard error is taken: their tails are too thin.
func ofDraws(value float64, draws []float64, level float64) (low, high float64) {
	if len(draws) >= 1000 || len(draws) < 2 {
		return bca(value, draws, 0, level)
	}
	half := normal(level) * stat.StdDev(draws, nil)
	return value - half, value + half
}

// judge says what the interval shows.
func (c *Comparison) judge() {
	rows := thousands(c.N) + " rows"
	switch {
	case c.GainLow > 0:
		c.Verdict = Better
		c.Sentence = fmt.Sprintf("%s is better by %s (%s to %s), on %s", c.Title, c.amount(c.Gain), c.amount(c.GainLow), c.amount(c.GainHigh), rows)
	case c.GainHigh < 0:
		c.Verdict = Worse
		c.Sentence = fmt.Sprintf("%s is worse by %s (%s to %s), on %s", c.Title, c.amount(-c.Gain), c.amount(-c.GainHigh), c.amount(-c.GainLow), rows)
	case c.GainLow == 0 && c.GainHigh == 0:
		c.Verdict = Undecided
		c.Sentence = fmt.Sprintf("no difference in %s, on %s", c.Title, rows)
	default:
		c.Verdict = Undecided
		c.Sentence = fmt.Sprintf("no detectable difference in %s: between %s worse and %s better, on %s", c.Title, c.amount(-c.GainLow), c.amount(c.GainHigh), rows)
	}
}

// amount is a gain for people.
func (c *Comparison) amount(v float64) string {
	digits := fmt.Sprintf("%.2g", v)
	if math.Abs(v) >= 10 {
		digits = fmt.Sprintf("%.0f", v)
	}
	switch c.GainUnit {
	case "%":
		return digits + " %"
	case "points":
		return digits + " percentage points"
	}
	return digits
}

// thousands writes 12345 as 12,345.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
