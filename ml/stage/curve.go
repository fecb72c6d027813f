package stage

import (
	"math"
	"slices"
)

// Curve interpolates between points, line by line; outside them it stays at the
// first and the last (isotonic regression, the quantiles of a distribution).
type Curve struct {
	X, Y []float64 // X ascends
	// Single is true where the source keeps the points, and so rounds what it
	// asks and answers, in float32.
	Single bool
}

// Check wants points in order.
func (c *Curve) Check(in int) (int, error) {
	switch {
	case in != 1:
		return 0, wrong("one cell is interpolated, there are %d", in)
	case len(c.X) == 0 || len(c.X) != len(c.Y):
		return 0, wrong("the curve has %d and %d coordinates", len(c.X), len(c.Y))
	case !ordered(c.X):
		return 0, wrong("the points of the curve are not in order")
	}
	return 1, nil
}

// ordered tells whether numbers ascend and are numbers: a search among others
// would end nowhere.
func ordered(xs []float64) bool { return slices.IsSorted(xs) && (len(xs) == 0 || !math.IsNaN(xs[0])) }

// Work is nothing.
func (c *Curve) Work(int) int { return 0 }

// Apply finds the two points around the cell.
func (c *Curve) Apply(in, out, _ []float64) {
	x := in[0]
	if c.Single {
		x = float64(float32(x))
	}
	out[0] = Interpolate(c.X, c.Y, x)
	if c.Single {
		out[0] = float64(float32(out[0]))
	}
}

// Interpolate is numpy's interp: the line between the last point at or below x
// and the next.
func Interpolate(xs, ys []float64, x float64) float64 {
	last := len(xs) - 1
	switch {
	case math.IsNaN(x):
		return x
	case x < xs[0]:
		return ys[0]
	case x >= xs[last]:
		return ys[last]
	}
	at, ok := slices.BinarySearch(xs, x)
	for ok && at+1 <= last && xs[at+1] == x { // of equal points, the last
		at++
	}
	if !ok {
		at--
	}
	slope := (ys[at+1] - ys[at]) / (xs[at+1] - xs[at])
	return float64(slope*(x-xs[at])) + ys[at]
}

// Unspread undoes a quantile transformation of each cell: the share of the
// distribution below it, and the value at that share (scikit-learn's
// QuantileTransformer, inverse_transform).
type Unspread struct {
	Shares []float64 // references_, from 0 to 1
	Values []float64 // a row of len(Shares) per cell
	Normal bool      // the transformed values are normally distributed, not uniformly
}

// Check wants a row of values per cell.
func (u *Unspread) Check(in int) (int, error) {
	switch {
	case len(u.Shares) == 0 || len(u.Values) != in*len(u.Shares) || in == 0:
		return 0, wrong("there are %d shares and %d values for %d cells", len(u.Shares), len(u.Values), in)
	case !ordered(u.Shares):
		return 0, wrong("the shares are not in order")
	}
	return in, nil
}

// Work is nothing.
func (u *Unspread) Work(int) int { return 0 }

// Apply looks every share up. Near its ends a normal distribution is cut where
// scikit-learn cuts it.
func (u *Unspread) Apply(in, out, _ []float64) {
	const edge = 1e-7
	n := len(u.Shares)
	for j, x := range in {
		values := u.Values[j*n : (j+1)*n]
		low, high := x == 0, x == 1
		if u.Normal {
			x = 0.5 * math.Erfc(-x/math.Sqrt2)
			low, high = x-edge < 0, x+edge > 1
		}
		switch {
		case low:
			out[j] = values[0]
		case high:
			out[j] = values[n-1]
		default:
			out[j] = Interpolate(u.Shares, values, x)
		}
	}
}

// Unpower undoes a power transformation of each cell: of Box & Cox (An Analysis
// of Transformations, 1964) or of Yeo & Johnson (A New Family of Power
// Transformations to Improve Normality or Symmetry, 2000).
type Unpower struct {
	Lambdas []float64
	BoxCox  bool
}

// Check wants a power per cell.
func (u *Unpower) Check(in int) (int, error) {
	if in == 0 || len(u.Lambdas) != in {
		return 0, wrong("there are %d powers for %d cells", len(u.Lambdas), in)
	}
	return in, nil
}

// Work is nothing.
func (u *Unpower) Work(int) int { return 0 }

// Apply takes the roots.
func (u *Unpower) Apply(in, out, _ []float64) {
	for j, x := range in {
		if u.BoxCox {
			out[j] = unBoxCox(x, u.Lambdas[j])
		} else {
			out[j] = unYeoJohnson(x, u.Lambdas[j])
		}
	}
}

func unBoxCox(x, lambda float64) float64 {
	if lambda == 0 {
		return math.Exp(x)
	}
	return math.Exp(math.Log1p(lambda*x) / lambda) // as scipy's inv_boxcox
}

func unYeoJohnson(x, lambda float64) float64 {
	const epsilon = 0x1p-52 // scikit-learn takes what is nearer to 0, or to 2, for it
	switch {
	case x >= 0 && math.Abs(lambda) < epsilon:
		return math.Exp(x) - 1
	case x >= 0:
		return math.Pow(x*lambda+1, 1/lambda) - 1
	case math.Abs(lambda-2) > epsilon:
		return 1 - math.Pow(-(2-lambda)*x+1, 1/(2-lambda))
	case x < 0:
		return 1 - math.Exp(-x)
	}
	return x // missing
}
