package stage

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// Quantiles maps every cell to its rank among the quantiles of the training
// data, from 0 to 1, or to the normal distribution's value of that rank.
//
// Where quantiles repeat, interpolation from below and from above differ; their
// mean is taken (scikit-learn, QuantileTransformer._transform_col).
type Quantiles struct {
	Values     [][]float64 // per cell, ascending
	References []float64   // the rank of each, ascending
	Normal     bool
}

// closeToBound is how near to the least and greatest quantile a value counts as
// being it, and to which rank the normal distribution is cut off.
const closeToBound = 1e-7

// Check wants quantiles in order, as many as ranks.
func (q *Quantiles) Check(in int) (int, error) {
	if len(q.Values) != in || len(q.References) == 0 {
		return 0, wrong("there are quantiles for %d cells of %d, with %d ranks", len(q.Values), in, len(q.References))
	}
	if !sort.Float64sAreSorted(q.References) {
		return 0, wrong("the ranks are out of order")
	}
	for j, values := range q.Values {
		if len(values) != len(q.References) {
			return 0, wrong("cell %d has %d quantiles for %d ranks", j, len(values), len(q.References))
		}
		if !sort.Float64sAreSorted(values) {
			return 0, wrong("the quantiles of cell %d are out of order", j)
		}
	}
	return in, nil
}

// Work is nothing.
func (q *Quantiles) Work(int) int { return 0 }

// Apply interpolates. A missing value stays missing.
func (q *Quantiles) Apply(in, out, _ []float64) {
	for j, x := range in {
		out[j] = q.of(q.Values[j], x)
	}
}

func (q *Quantiles) of(values []float64, x float64) float64 {
	if math.IsNaN(x) || math.IsNaN(values[0]) {
		return math.NaN()
	}
	least, most := values[0], values[len(values)-1]
	below, above := x == least, x == most
	if q.Normal {
		below, above = x-closeToBound < least, x+closeToBound > most
	}
	var rank float64
	switch {
	case below: // where both hold, the lower bound is set last
		rank = 0
	case above:
		rank = 1
	default:
		rank = 0.5 * (q.upward(values, x) - q.downward(values, x))
	}
	if !q.Normal {
		return rank
	}
	spacing := math.Nextafter(1, 2) - 1
	low, high := mathext.NormalQuantile(closeToBound-spacing), mathext.NormalQuantile(1-(closeToBound-spacing))
	switch {
	case rank <= 0:
		return low
	case rank >= 1:
		return high
	}
	return min(max(mathext.NormalQuantile(rank), low), high)
}

// upward is numpy's interp(x, values, references): among equal values the last.
func (q *Quantiles) upward(values []float64, x float64) float64 {
	n := len(values)
	switch {
	case x < values[0]:
		return q.References[0]
	case x >= values[n-1]:
		return q.References[n-1]
	}
	k := sort.Search(n, func(k int) bool { return values[k] > x }) - 1
	if values[k] == x {
		return q.References[k]
	}
	slope := (q.References[k+1] - q.References[k]) / (values[k+1] - values[k])
	return slope*(x-values[k]) + q.References[k]
}

// downward is interp(-x, -values reversed, -references reversed): among equal
// values the first, and its negative.
func (q *Quantiles) downward(values []float64, x float64) float64 {
	n := len(values)
	switch {
	case x > values[n-1]:
		return -q.References[n-1]
	case x <= values[0]:
		return -q.References[0]
	}
	k := sort.SearchFloat64s(values, x) // the first that is not below x
	if values[k] == x {
		return -q.References[k]
	}
	slope := (q.References[k] - q.References[k-1]) / (values[k] - values[k-1])
	return slope*(values[k]-x) - q.References[k]
}
