package predict

import (
	"fmt"
	"math"
	"slices"
)

// Interval is the prediction interval of the given level around a row's score,
// in the target's unit. The row must be the one that was scored last. The ways are
//
//   - the same width for every row: split conformal prediction (Lei, G'Sell,
//     Rinaldo, Tibshirani and Wasserman, "Distribution-Free Predictive Inference
//     for Regression", JASA 113(523), 2018, section 2.2);
//   - a width in proportion to a spread that a second model says: locally weighted
//     (section 5.2 there);
//   - between two quantiles that other models say: conformalized quantile
//     regression (Romano, Patterson and Candès, NeurIPS 2019, section 3). The
//     interval is widened to the prediction where that lies outside.
//
// The bounds of a transformed target are transformed back (Bound), hence
// asymmetric. ok is false when the model promises no interval and when it cannot
// keep a promise of this level (Promises). Bounds are never NaN.
func (p *Program) Interval(row *Row, score, level float64) (low, high float64, ok bool) {
	if p.spec.Interval == nil || !p.Promises(level) || math.IsNaN(score) {
		return 0, 0, false
	}
	in := p.spec.Interval
	width := in.Residuals[rank(len(in.Residuals), level)-1]
	below, above := score-width, score+width
	switch len(in.Cells) {
	case 1:
		width *= max(row.cells[in.Cells[0]], in.Least)
		below, above = score-width, score+width
	case 2:
		below, above = min(row.cells[in.Cells[0]]-width, score), max(row.cells[in.Cells[1]]+width, score)
	}
	if math.IsNaN(below) || math.IsNaN(above) {
		return 0, 0, false
	}
	return p.Bound(below), p.Bound(above), true
}

// Promises tells whether intervals, or sets of classes, of a level can be given:
// not when the model has none, when the level is not between 0 and 1, and when
// the calibration rows are too few for it (ceil((n+1)*level) > n): then nothing
// finite has that coverage.
func (p *Program) Promises(level float64) bool {
	n := p.Calibrated()
	return n > 0 && level > 0 && level < 1 && rank(n, level) <= n
}

// Calibrated is how many rows the promise of intervals or sets rests on; 0 when
// there is none.
func (p *Program) Calibrated() int {
	switch {
	case p.spec.Interval != nil:
		return len(p.spec.Interval.Residuals)
	case p.spec.Set != nil:
		return len(p.spec.Set.Strangeness)
	}
	return 0
}

// wideByRow tells whether the interval's width depends on the row.
func (s *Spec) wideByRow() bool { return s.Interval != nil && len(s.Interval.Cells) > 0 }

// rank is ceil((n+1)*level). The small subtraction keeps 10*0.7 =
// 7.000000000000001 from asking for the 8th.
func rank(n int, level float64) int {
	return max(int(math.Ceil(float64(n+1)*level-1e-9)), 1)
}

// DefaultLevel is the level that the model's interval is reported at; 0 when it
// promises none.
func (p *Program) DefaultLevel() float64 {
	if p.spec.Interval == nil {
		return 0
	}
	return p.spec.Interval.Level
}

// Set appends the classes (places in Classes) that hold the true one with the
// promised probability, the likeliest first: Sadinle, Lei and Wasserman, "Least
// Ambiguous Set-Valued Classifiers with Bounded Error Levels", JASA 114(525),
// 2019; if Adaptive as Romano, Sesia and Candès, "Classification with Valid and
// Adaptive Coverage", NeurIPS 2020, without the random draw. The likeliest class
// always belongs, which costs nothing but width. ok is false as for Interval.
func (p *Program) Set(into []int, probabilities []float64, level float64) (set []int, ok bool) {
	if p.spec.Set == nil || !p.Promises(level) || len(probabilities) != len(p.spec.Classes) {
		return into, false
	}
	most := p.spec.Set.Strangeness[rank(len(p.spec.Set.Strangeness), level)-1]
	begin := len(into)
	for k := range probabilities {
		into = append(into, k)
	}
	set = into[begin:]
	slices.SortStableFunc(set, func(a, b int) int {
		switch {
		case probabilities[a] > probabilities[b]:
			return -1
		case probabilities[a] < probabilities[b]:
			return 1
		}
		return 0
	})
	likelier := 0.0
	for n, k := range set {
		strange := 1 - probabilities[k]
		if p.spec.Set.Adaptive {
			strange = likelier
		}
		if n > 0 && !(strange <= most) {
			return into[:begin+n], true
		}
		likelier += probabilities[k]
	}
	return into, true
}

// Strangeness is how little a true class was expected, as ClassSet has it.
func Strangeness(probabilities []float64, class int, adaptive bool) float64 {
	if !adaptive {
		return 1 - probabilities[class]
	}
	likelier := 0.0
	for k, p := range probabilities {
		if p > probabilities[class] || p == probabilities[class] && k < class {
			likelier += p
		}
	}
	return likelier
}

func checkPromises(s *Spec, cells int) error {
	if err := checkInterval(s.Interval, cells); err != nil {
		return err
	}
	set := s.Set
	if set == nil {
		return nil
	}
	if len(s.Classes) == 0 || s.Link == Decision {
		return wrong("set", "only a classifier with probabilities has sets of classes")
	}
	if err := checkPromise("set", set.Level, set.Coverage, set.CoveredOf, len(set.Strangeness)); err != nil {
		return err
	}
	for k, v := range set.Strangeness {
		if !(v >= 0 && v <= 2) { // sums of probabilities, as they are rounded
			return wrong(fmt.Sprintf("set.strangeness[%d]", k), "must be from 0 to 1, it is %v", v)
		}
	}
	if !slices.IsSorted(set.Strangeness) {
		return wrong("set.strangeness", "are not sorted")
	}
	return nil
}

func checkPromise(field string, level, coverage float64, of, rows int) error {
	switch {
	case !(level > 0 && level < 1):
		return wrong(field+".level", "must be between 0 and 1, it is %v", level)
	case !(coverage >= 0 && coverage <= 1):
		return wrong(field+".coverage", "must be from 0 to 1, it is %v", coverage)
	case of < 0:
		return wrong(field+".covered_of", "is negative")
	case rows > maxResiduals:
		return wrong(field+".residuals", "there are %d, at most %d are allowed", rows, maxResiduals)
	}
	return nil
}

func checkInterval(in *Interval, cells int) error {
	if in == nil {
		return nil
	}
	if err := checkPromise("interval", in.Level, in.Coverage, in.CoveredOf, len(in.Residuals)); err != nil {
		return err
	}
	switch {
	case len(in.Cells) > 2:
		return wrong("interval.cells", "there are %d, one is a spread and two are quantiles", len(in.Cells))
	case (len(in.Cells) == 1) != (in.Least != 0) || !(in.Least >= 0 && in.Least <= largestSlope):
		return wrong("interval.least", "must be above 0 with a spread and 0 without one, it is %v", in.Least)
	}
	if err := checkCells("interval.cells", in.Cells, cells); err != nil {
		return err
	}
	least := 0.0
	if len(in.Cells) == 2 {
		least = -largestSlope
	}
	for k, r := range in.Residuals {
		if !(r >= least && r <= largestSlope) {
			return wrong(fmt.Sprintf("interval.residuals[%d]", k), "must be a finite number from %g, it is %v", least, r)
		}
	}
	if !slices.IsSorted(in.Residuals) {
		return wrong("interval.residuals", "are not sorted")
	}
	return nil
}
