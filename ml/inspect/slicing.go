package inspect

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
)

// slicing is the state of a search.
type slicing struct {
	cfg         SliceConfig
	features    *frame.Frame
	target      learn.Target
	predictions []float64
	width       int
	measure     metric.Config
	metric      metric.Metric
	overall     metric.Estimate

	losses      []float64 // per row
	found, kept []int     // rows to search, and to check on
	least       int       // rows in the half that is searched
	tried       int
}

func newSlicing(f *frame.Frame, target learn.Target, predictions []float64, cfg SliceConfig) (*slicing, error) {
	s := &slicing{cfg: cfg, features: f, target: target, predictions: predictions, width: target.Scores()}
	name := "log_loss"
	switch {
	case target.Classes == nil && cfg.Relative:
		name = "mape"
	case target.Classes == nil:
		name = "mae"
	}
	var err error
	if s.measure, s.metric, err = measure(target, name, cfg.Level, cfg.Seed); err != nil {
		return nil, err
	}
	s.measure.Weights = nil // the search does not weigh, so neither do its figures
	overall, err := metric.Evaluate(target.Y, predictions, s.measure)
	if err != nil {
		return nil, err
	}
	if len(overall) == 0 {
		return nil, fault.Errorf(fault.Invalid, "%s is undefined on these rows", s.metric.Title)
	}
	s.overall = overall[0]
	order := source(cfg.Seed, "slices").Perm(f.Rows())
	order = order[:min(len(order), cfg.Rows)]
	s.losses = make([]float64, len(target.Y))
	for _, i := range order {
		s.losses[i] = s.metric.Of(target.Y[i:i+1], predictions[i*s.width:(i+1)*s.width])
	}
	s.found, s.kept = order[:len(order)/2], order[len(order)/2:]
	slices.Sort(s.found)
	slices.Sort(s.kept)
	s.least = cmp.Or(cfg.Least, max(40, len(order)/50)) / 2
	return s, nil
}

// candidate is a description with the rows that meet it, of the half searched.
type candidate struct {
	conditions []Condition
	rows       []int
	t, mean    float64
}

const (
	beam         = 20  // descriptions that are narrowed further
	remembered   = 200 // descriptions of a length that slices are chosen from
	largestSlice = 0.4 // of the rows: what is true of most rows is no slice
)

// search gives the worst descriptions, which overlap little.
func (s *slicing) search(ctx context.Context) ([]candidate, error) {
	sum, squares := 0.0, 0.0
	for _, row := range s.found {
		sum += s.losses[row]
		squares += s.losses[row] * s.losses[row]
	}
	var tests []Condition
	for _, c := range s.features.Columns() {
		tests = append(tests, conditions(c, s.found, max(s.least, 1))...)
	}
	parents := []candidate{{rows: s.found}}
	var all []candidate
	for range s.cfg.Conditions {
		var next []candidate
		for _, parent := range parents {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for _, test := range tests {
				if child, ok := s.narrow(parent, test, sum, squares); ok {
					next = append(next, child)
				}
			}
		}
		s.tried += len(next)
		worst(next)
		next = next[:min(len(next), remembered)]
		for k := range next {
			next[k].rows = meet(s.found, next[k].conditions)
		}
		all = append(all, next...)
		parents = next[:min(len(next), beam)]
	}
	worst(all)
	var chosen []candidate
	for _, c := range all {
		if len(chosen) == s.cfg.Most {
			break
		}
		if float64(len(c.rows)) <= largestSlice*float64(len(s.found)) && !slices.ContainsFunc(chosen, func(other candidate) bool { return overlap(c.rows, other.rows) > 0.5 }) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

func worst(list []candidate) {
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.t, a.t) })
}

// narrow adds a condition. ok where enough rows meet it, and they are worse than
// the parent's.
func (s *slicing) narrow(parent candidate, test Condition, sum, squares float64) (candidate, bool) {
	for _, c := range parent.conditions {
		if c.Column == test.Column && (c.Op == test.Op || c.Op == "=" || test.Op == "=" || test.Op == "missing" || c.Op == "missing") {
			return candidate{}, false
		}
	}
	inSum, inSquares, n := 0.0, 0.0, 0
	for _, row := range parent.rows {
		if test.holds(row) {
			inSum += s.losses[row]
			inSquares += s.losses[row] * s.losses[row]
			n++
		}
	}
	rest := len(s.found) - n
	last := len(parent.conditions)+1 == s.cfg.Conditions // what is too large may still be narrowed before it
	if n < max(s.least, 2) || rest < 2 || n == len(parent.rows) || last && float64(n) > largestSlice*float64(len(s.found)) {
		return candidate{}, false
	}
	c := candidate{mean: inSum / float64(n)}
	if c.mean <= 1.1*parent.mean {
		return candidate{}, false // hardly worse: the longer description says no more
	}
	c.t, _ = welch(inSum, inSquares, float64(n), sum-inSum, squares-inSquares, float64(rest))
	if !(c.t > 0) {
		return candidate{}, false
	}
	c.conditions = append(slices.Clone(parent.conditions), test)
	return c, true
}

// meet are the rows that meet all conditions.
func meet(rows []int, conditions []Condition) []int {
	var met []int
	for _, row := range rows {
		if !slices.ContainsFunc(conditions, func(one Condition) bool { return !one.holds(row) }) {
			met = append(met, row)
		}
	}
	return met
}

// welch is the t of the difference of two means, and its degrees of freedom:
// Welch 1947, "The generalization of Student's problem when several different
// population variances are involved".
func welch(sumA, squaresA, a, sumB, squaresB, b float64) (t, freedom float64) {
	ofA, ofB := max(0, squaresA-sumA*sumA/a)/(a-1)/a, max(0, squaresB-sumB*sumB/b)/(b-1)/b
	if ofA+ofB == 0 {
		return math.Inf(1) * (sumA/a - sumB/b), 1
	}
	return (sumA/a - sumB/b) / math.Sqrt(ofA+ofB), (ofA + ofB) * (ofA + ofB) / (ofA*ofA/(a-1) + ofB*ofB/(b-1))
}

// overlap is Jaccard's: the rows of both over those of either.
func overlap(a, b []int) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both++
			i++
			j++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// check holds a description to the rows that had no part in finding it; nil where
// too few of them meet it.
func (s *slicing) check(c candidate, checks int) (*Slice, error) {
	var in, out []int
	for _, row := range s.kept {
		if slices.ContainsFunc(c.conditions, func(one Condition) bool { return !one.holds(row) }) {
			out = append(out, row)
		} else {
			in = append(in, row)
		}
	}
	if len(in) < 10 || len(out) < 10 {
		return nil, nil //nolint:nilnil // no slice is no error
	}
	texts := make([]string, len(c.conditions))
	for k, one := range c.conditions {
		texts[k] = one.String()
	}
	slice := &Slice{
		Conditions: c.conditions, Text: strings.Join(texts, " and "), N: len(in),
		Share: float64(len(in)+len(c.rows)) / float64(len(s.found)+len(s.kept)),
	}
	moments := func(rows []int) (sum, squares, n float64) {
		for _, row := range rows {
			sum += s.losses[row]
			squares += s.losses[row] * s.losses[row]
		}
		return sum, squares, float64(len(rows))
	}
	sumIn, squaresIn, n := moments(in)
	sumOut, squaresOut, rest := moments(out)
	t, freedom := welch(sumIn, squaresIn, n, sumOut, squaresOut, rest)
	slice.P = 1
	if student := (distuv.StudentsT{Sigma: 1, Nu: freedom}); !math.IsNaN(t) {
		slice.P = min(1, student.Survival(t)*float64(checks))
		slice.Difference = sumIn/n - sumOut/rest
		half := 0.0
		if t != 0 && !math.IsInf(t, 0) {
			half = student.Quantile(1-(1-s.cfg.Level)/2) * math.Abs(slice.Difference/t)
		}
		slice.DifferenceLow, slice.DifferenceHigh = slice.Difference-half, slice.Difference+half
	}
	estimates, err := metric.Evaluate(pick(s.target.Y, in), pickWide(s.predictions, s.width, in), s.measure)
	if err != nil {
		return nil, err
	}
	if len(estimates) == 0 {
		return nil, nil //nolint:nilnil // undefined on so few rows
	}
	slice.Value, slice.Low, slice.High, slice.Rest = estimates[0].Value, estimates[0].Low, estimates[0].High, sumOut/rest
	return slice, nil
}
