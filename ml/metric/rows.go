package metric

import (
	"cmp"
	"math"
	"slices"

	"dasier/fault"
)

// data is the rows that are measured. What is computed from all of them and asked
// for by several metrics is kept. It belongs to one goroutine.
type data struct {
	y, p, w   []float64 // w: nil is 1 each
	width     int       // predictions per row
	groups    []int
	threshold float64
	mean      float64 // of y

	byScore map[int][]int32 // per class: rows by falling score
	byError []int32         // rows by rising absolute error
}

func newData(y, p, w []float64, threshold float64) *data {
	d := &data{y: y, p: p, w: w, width: 1, threshold: threshold, byScore: map[int][]int32{}}
	if threshold == 0 {
		d.threshold = 0.5
	}
	if len(y) > 0 {
		d.width = max(1, len(p)/len(y))
	}
	sum, total := 0.0, 0.0
	for i, v := range y {
		sum += d.weight(i) * v
		total += d.weight(i)
	}
	d.mean = sum / total
	return d
}

// reweighted is the same rows with other weights.
func (d *data) reweighted(w []float64) *data {
	other := *d
	other.w = w
	return &other
}

func (d *data) weight(i int) float64 {
	if d.w == nil {
		return 1
	}
	return d.w[i]
}

// classes is how many classes there are, 2 where the prediction is the second's
// probability.
func (d *data) classes() int { return max(2, d.width) }

// probability of class k.
func (d *data) probability(i, k int) float64 {
	switch {
	case d.width > 1:
		return d.p[i*d.width+k]
	case k == 1:
		return d.p[i]
	}
	return 1 - d.p[i]
}

// class is the true one; -1 for what is no class.
func (d *data) class(i int) int {
	if k := int(d.y[i]); float64(k) == d.y[i] && k >= 0 && k < d.classes() {
		return k
	}
	return -1
}

// chosen is the class predicted: the second above the threshold, or the most
// probable, the first of equals, as a compiled model chooses.
func (d *data) chosen(i int) int {
	if d.width == 1 {
		if d.p[i] > d.threshold {
			return 1
		}
		return 0
	}
	best := 0
	row := d.p[i*d.width : (i+1)*d.width]
	for k, v := range row {
		if v > row[best] {
			best = k
		}
	}
	return best
}

// order is the rows by falling probability of class k.
func (d *data) order(k int) []int32 {
	if known := d.byScore[k]; known != nil {
		return known
	}
	order := sorted(len(d.y), func(i int) float64 { return -d.probability(i, k) })
	d.byScore[k] = order
	return order
}

func (d *data) absolute(i int) float64 { return math.Abs(d.y[i] - d.p[i]) }

func (d *data) errorOrder() []int32 {
	if d.byError == nil {
		d.byError = sorted(len(d.y), d.absolute)
	}
	return d.byError
}

// sorted is the rows by rising key; rows of the same key in their order.
func sorted(n int, key func(i int) float64) []int32 {
	order, keys := make([]int32, n), make([]float64, n)
	for i := range order {
		order[i], keys[i] = int32(i), key(i) //nolint:gosec // check bounds rows
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := cmp.Compare(keys[a], keys[b]); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	return order
}

// maxRows bounds the rows of one measurement.
const maxRows = math.MaxInt32

func check(y, predictions []float64, cfg Config) error {
	n := len(y)
	switch {
	case n < 2:
		return fault.Errorf(fault.Invalid, "%d rows are too few to measure a model: hold out at least 2", n)
	case n > maxRows:
		return fault.Errorf(fault.Limited, "%d rows are too many to measure at once: take a sample of at most %d", n, maxRows)
	case cfg.Task != Multiclass && len(predictions) != n, len(predictions)%n != 0 || len(predictions) == 0:
		return fault.Errorf(fault.Invalid, "%d true values have %d predictions", n, len(predictions))
	case cfg.Task == Multiclass && len(predictions) < 2*n:
		return fault.Errorf(fault.Invalid, "%d rows have %d predictions: a choice among classes has a probability for each", n, len(predictions))
	case cfg.Weights != nil && len(cfg.Weights) != n:
		return fault.Errorf(fault.Invalid, "%d rows have %d weights", n, len(cfg.Weights))
	case cfg.Groups != nil && len(cfg.Groups) != n:
		return fault.Errorf(fault.Invalid, "%d rows have %d groups", n, len(cfg.Groups))
	case !(cfg.Level > 0 && cfg.Level < 1):
		return fault.Errorf(fault.Invalid, "the level of an interval must lie between 0 and 1, it is %g", cfg.Level)
	case cfg.Resamples < 100 || cfg.Resamples > 100_000:
		return fault.Errorf(fault.Invalid, "%d bootstrap samples are too few or too many: use 100 to 100,000", cfg.Resamples)
	case !(cfg.Threshold > 0 && cfg.Threshold < 1):
		return fault.Errorf(fault.Invalid, "the threshold must lie between 0 and 1, it is %g", cfg.Threshold)
	}
	if err := checkWeights(cfg.Weights); err != nil {
		return err
	}
	if cfg.Task == Regression {
		for i := range y {
			if e := y[i] - predictions[i]; math.IsNaN(e) || math.IsInf(e, 0) {
				return fault.Errorf(fault.Invalid, "row %d has the value %g and the prediction %g: both must be finite", i+1, y[i], predictions[i])
			}
		}
		return nil
	}
	return checkClasses(y, predictions, cfg)
}

func checkWeights(weights []float64) error {
	counted := 0
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return fault.Errorf(fault.Invalid, "the weight of row %d is %g: it must be a number of at least 0", i+1, w)
		}
		if w > 0 {
			counted++
		}
	}
	if weights != nil && counted < 2 {
		return fault.Errorf(fault.Invalid, "%d rows have a weight above 0: at least 2 are needed to measure a model", counted)
	}
	return nil
}

func checkClasses(y, predictions []float64, cfg Config) error {
	width := len(predictions) / len(y)
	classes := max(2, width)
	if cfg.Classes != nil && len(cfg.Classes) != classes {
		return fault.Errorf(fault.Invalid, "there are %d classes, and predictions for %d", len(cfg.Classes), classes)
	}
	for i, v := range y {
		if k := int(v); float64(k) != v || k < 0 || k >= classes {
			return fault.Errorf(fault.Invalid, "row %d has the class %g, and there are the classes 0 to %d", i+1, v, classes-1)
		}
	}
	const rounding = 1e-6
	for i, p := range predictions {
		if !(p >= -rounding && p <= 1+rounding) {
			return fault.Errorf(fault.Invalid, "row %d has the prediction %g: a probability lies between 0 and 1 (a model that gives scores instead has to be calibrated first)", i/width+1, p)
		}
	}
	return nil
}
