package derive

import (
	"fmt"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// spline adds the B-splines of a column (de Boor 1978, "A practical guide to
// splines", chapter IX): all but the last, which the others determine.
func (d *derivation) spline(c *frame.Column, s Spline, from int32) error {
	if s.Knots < 2 || s.Knots > mostKnots || s.Degree < 1 || s.Degree > mostDegree {
		return fault.Errorf(fault.Invalid, "the spline of column %q has %d knots and the degree %d: give 2 to %d knots and a degree from 1 to %d", c.Name, s.Knots, s.Degree, mostKnots, mostDegree)
	}
	present := slices.DeleteFunc(c.Numbers().Present(), func(v float64) bool { return math.IsInf(v, 0) })
	slices.Sort(present)
	var base []float64
	for k := range s.Knots {
		base = append(base, quantile(present, float64(k)/float64(s.Knots-1)))
	}
	base = slices.Compact(base)
	if len(base) < 2 {
		return nil // nearly every row has the same value: the column stays as it is
	}
	d.replaced[c.Name] = true
	count := len(base) + s.Degree - 1
	do := &stage.Splines{Beyond: stage.SplineLinear, Cells: []stage.Spline{{Knots: extended(base, s.Degree), Degree: s.Degree, Splines: count, Weights: make([]float64, count*count)}}}
	for k := range count {
		do.Cells[0].Weights[k*count+k] = 1
	}
	d.stages = append(d.stages, predict.Stage{From: []int32{from}, Do: do})
	for k := range count - 1 {
		d.names = append(d.names, fmt.Sprintf("%s: spline %d", c.Name, k+1))
	}
	return nil
}

// extended goes on beyond the first and the last knot, at the distance of the two
// next to it (Eilers and Marx 1996, "Flexible smoothing with B-splines and
// penalties", section 2).
func extended(base []float64, degree int) []float64 {
	n := len(base)
	first, last := base[1]-base[0], base[n-1]-base[n-2]
	var knots []float64
	for k := degree; k > 0; k-- {
		knots = append(knots, base[0]-float64(k)*first)
	}
	knots = append(knots, base...)
	for k := 1; k <= degree; k++ {
		knots = append(knots, base[n-1]+float64(k)*last)
	}
	return knots
}

// quantile is between the two values around it, as numpy's percentile is.
func quantile(sorted []float64, share float64) float64 {
	at := share * float64(len(sorted)-1)
	below := min(int(at), len(sorted)-1)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (sorted[above]-sorted[below])*(at-float64(below))
}
