package metric

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"dasier/fault"
)

// The tasks that metrics are for, as package predict names them.
const (
	Regression = "regression"
	Binary     = "binary"
	Multiclass = "multiclass"
)

// Metric is one way to measure predictions.
type Metric struct {
	Name  string // "rmse": in recipes, files and the API
	Title string // "RMSE": for people
	About string // one sentence that says what the figure tells
	// Greater is true when more is better.
	Greater bool
	// Unit is true when the metric is in the target's unit.
	Unit bool
	// Tasks that it is for.
	Tasks []string
	// Of computes the metric; NaN when it is undefined for these rows.
	Of func(y, predictions []float64) float64

	needs string // what rows must be like for it to be defined
	scale scale
	usual bool // among those that a task is measured by unless told otherwise

	// One of two ways to compute it: a function of sums over rows, or directly.
	basis    func(d *data) basis
	value    func(d *data, sums []float64) float64
	direct   func(d *data) float64
	analytic *analytic // how its interval is made; nil: by the bootstrap
}

// scale says in what terms two values of a metric differ for people.
type scale uint8

const (
	points scale = iota // plainly: R², MCC
	ratio               // losses: per cent of the present model's
	share               // proportions: percentage points
	zero                // plainly, and the nearer to 0 the better
)

// Within cuts an interval by a symmetric formula to values that the metric can
// have: losses are not below 0, shares lie between 0 and 1.
func (m *Metric) Within(low, high float64) (float64, float64) {
	switch m.scale {
	case ratio:
		return max(low, 0), high
	case share:
		return max(low, 0), min(high, 1)
	}
	return low, high
}

// analytic is an interval by a formula.
type analytic struct {
	method   string
	interval func(d *data, value, level float64) (low, high float64)
}

// For lists the metrics for a task.
func For(task string) []Metric {
	var list []Metric
	for _, m := range All {
		if slices.Contains(m.Tasks, task) {
			list = append(list, m)
		}
	}
	return list
}

// Usual lists the few metrics that a task is measured by unless told otherwise;
// the first is the one that models are chosen by.
func Usual(task string) []Metric {
	var list []Metric
	for _, m := range For(task) {
		if m.usual {
			list = append(list, m)
		}
	}
	return list
}

// Names lists the names of the metrics for the tasks; without one, of the usual
// metrics of a regression.
func Names(tasks ...string) []string {
	var names []string
	if len(tasks) == 0 {
		for _, m := range Usual(Regression) {
			names = append(names, m.Name)
		}
	}
	for _, m := range All {
		if slices.ContainsFunc(m.Tasks, func(task string) bool { return slices.Contains(tasks, task) }) {
			names = append(names, m.Name)
		}
	}
	return names
}

// Lookup finds a metric by name. Some names carry a number: pinball_0.9 (the
// quantile), tweedie_1.5 (the power), top_3 (how many classes).
func Lookup(name string) (Metric, error) {
	for _, m := range All {
		if m.Name == name {
			return m, nil
		}
	}
	if at := strings.LastIndexByte(name, '_'); at > 0 {
		number, err := strconv.ParseFloat(name[at+1:], 64)
		switch kind := name[:at]; {
		case err != nil:
		case kind == "pinball" && number > 0 && number < 1:
			return Pinball(number), nil
		case kind == "tweedie" && number > 1 && number < 2:
			return Tweedie(number), nil
		case kind == "top" && number >= 1 && number <= 100 && number == math.Trunc(number):
			return Top(int(number)), nil
		}
	}
	return Metric{}, fault.Errorf(fault.Invalid, "no metric %q: use one of %s", name, strings.Join(Names(Regression, Binary, Multiclass), ", "))
}

// NearZero is true when neither more nor less is better, but what is nearer to 0.
func (m Metric) NearZero() bool { return m.scale == zero }

// Better tells whether a is better than b.
func (m Metric) Better(a, b float64) bool {
	switch {
	case m.scale == zero:
		return math.Abs(a) < math.Abs(b)
	case m.Greater:
		return a > b
	}
	return a < b
}

// Weighted is Of where rows have weights; nil: 1 each.
func (m Metric) Weighted(y, predictions, weights []float64) float64 {
	return m.of(newData(y, predictions, weights, 0))
}

// defined fills in what follows from the rest.
func defined(m Metric) Metric {
	m.Of = func(y, predictions []float64) float64 { return m.of(newData(y, predictions, nil, 0)) }
	return m
}

// of computes the metric.
func (m *Metric) of(d *data) float64 {
	switch {
	case len(d.y) == 0 || len(d.p) == 0 || len(d.p)%len(d.y) != 0:
		return math.NaN()
	case m.direct != nil:
		return m.direct(d)
	}
	b := m.basis(d)
	sums := make([]float64, b.k)
	for i := range d.y {
		b.add(i, d.weight(i), sums)
	}
	return m.value(d, sums)
}
