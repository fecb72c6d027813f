package metric

import (
	"math"
	"slices"

	"dasier/fault"
)

// Config says what is measured and how intervals are made.
type Config struct {
	// Task of the predictions. Default: multiclass where a row has several, else
	// regression; a binary choice must be named.
	Task string
	// Classes are the names of the classes, for sentences. Default: their numbers.
	Classes []string
	// Weights of the rows. Default: 1 each.
	Weights []float64
	// Groups are rows that belong together (one customer's, or one row's several
	// predictions): intervals draw all rows of a group or none. Default: each row
	// stands alone.
	Groups []int
	// Threshold above which the second of two classes is chosen. Default: 0.5
	Threshold float64
	// Metrics by name. Default: the usual ones of the task.
	Metrics []string

	Level     float64 // of the interval. Default: 0.95
	Resamples int     // bootstrap samples. Default: 2000
	Seed      uint64  // of the resampling. Default: 0, a seed like any other
}

func (c Config) defaults(rows, predictions int) Config {
	if c.Task == "" {
		c.Task = Regression
		if rows > 0 && predictions >= 2*rows {
			c.Task = Multiclass
		}
	}
	if c.Threshold == 0 {
		c.Threshold = 0.5
	}
	if c.Level == 0 {
		c.Level = 0.95
	}
	if c.Resamples == 0 {
		c.Resamples = 2000
	}
	return c
}

// metrics are those asked for.
func (c Config) metrics() ([]Metric, error) {
	if len(c.Metrics) == 0 {
		if usual := Usual(c.Task); len(usual) > 0 {
			return usual, nil
		}
		return nil, fault.Errorf(fault.Invalid, "the task is %q: use regression, binary or multiclass", c.Task)
	}
	list := make([]Metric, len(c.Metrics))
	for i, name := range c.Metrics {
		m, err := Lookup(name)
		if err != nil {
			return nil, err
		}
		if !m.is(c.Task) {
			return nil, fault.Errorf(fault.Invalid, "%s does not measure a %s model: it is for %s", m.Title, c.Task, m.Tasks[0])
		}
		list[i] = m
	}
	return list, nil
}

func (m *Metric) is(task string) bool { return slices.Contains(m.Tasks, task) }

// Estimate is a metric on some rows with its interval.
type Estimate struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"`
	N     int     `json:"n"` // rows
	// Method is how the interval was made; "none" where there is no way.
	Method string `json:"method,omitempty"`
}

// Undefined is a metric that has no value on these rows, and why.
type Undefined struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Measurement is the metrics that rows define, and those that they do not.
type Measurement struct {
	Estimates []Estimate  `json:"estimates"`
	Undefined []Undefined `json:"undefined,omitempty"`
}

// Evaluate computes metrics with their intervals, by default the usual ones of
// the task. A metric that is undefined on these rows (R² of equal targets) is
// left out; Measure says why.
func Evaluate(y, predictions []float64, cfg Config) ([]Estimate, error) {
	m, err := Measure(y, predictions, cfg)
	if err != nil {
		return nil, err
	}
	return m.Estimates, nil
}

// Measure is Evaluate with the reasons of what is left out. All intervals by the
// bootstrap are of the same draws.
func Measure(y, predictions []float64, cfg Config) (*Measurement, error) {
	cfg = cfg.defaults(len(y), len(predictions))
	if err := check(y, predictions, cfg); err != nil {
		return nil, err
	}
	metrics, err := cfg.metrics()
	if err != nil {
		return nil, err
	}
	d := newData(y, predictions, cfg.Weights, cfg.Threshold)
	d.groups = cfg.Groups
	found := &Measurement{Estimates: []Estimate{}}
	var left []*Metric // whose interval is yet to come
	var at []int       // and their places
	for i := range metrics {
		m := &metrics[i]
		e := Estimate{Name: m.Name, Value: m.of(d), Level: cfg.Level, N: len(y)}
		switch {
		case math.IsNaN(e.Value) || math.IsInf(e.Value, 0):
			found.Undefined = append(found.Undefined, Undefined{Name: m.Name, Reason: m.reason(d, cfg)})
			continue
		case m.analytic != nil && (cfg.Groups == nil || m.direct != nil):
			e.Method = m.analytic.method
			e.Low, e.High = m.analytic.interval(d, e.Value, cfg.Level)
		default:
			left, at = append(left, m), append(at, len(found.Estimates))
		}
		found.Estimates = append(found.Estimates, e)
	}
	bootstrap(d, left, cfg, func(i int, method string, low, high float64) {
		e := &found.Estimates[at[i]]
		e.Method, e.Low, e.High = method, min(low, e.Value), max(high, e.Value)
	})
	return found, nil
}

// bootstrap gives the intervals of metrics that are functions of sums.
func bootstrap(d *data, metrics []*Metric, cfg Config, give func(i int, method string, low, high float64)) {
	if len(metrics) == 0 {
		return
	}
	block, blocks := partition(len(d.y), cfg.Groups, cfg.Seed)
	p, statistics := pool{blocks: blocks}, make([]statistic, len(metrics))
	places := map[string]int{}
	for i, m := range metrics {
		b := m.basis(d)
		at, known := places[b.name]
		if !known {
			at = len(p.sums)
			places[b.name] = at
			p.add(d, b, block)
		}
		statistics[i] = statistic{basis: at, value: func(sums []float64) float64 { return m.value(d, sums) }}
	}
	if p.steps()*cfg.Resamples > maxSteps {
		for i, s := range statistics {
			low, high := p.normal(s, s.value(p.totals[s.basis]), cfg.Level)
			give(i, "jackknife", low, high)
		}
		return
	}
	draws := p.draw(statistics, cfg.Resamples, cfg.Seed)
	for i, s := range statistics {
		low, high := p.interval(s, s.value(p.totals[s.basis]), draws[i], cfg.Level)
		give(i, "bootstrap", low, high)
	}
}

// steps is how many additions a draw takes.
func (p *pool) steps() int {
	steps := 0
	for _, k := range p.widths {
		steps += k * p.blocks
	}
	return steps
}
