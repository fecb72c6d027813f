package linear

import (
	"context"
	"math"

	"dasier/ml/learn"
)

// maxSweeps bounds the sweeps of coordinate descent over the features.
const maxSweeps = 10_000

// gapShare is the duality gap, as a share of the target's variance, at which
// coordinate descent stops. scikit-learn's default is 1e-4.
const gapShare = 1e-10

// descent minimises ½wᵀGw - qᵀw + l1·Σ|w| + ½·l2·Σw², where G and q are cross
// products a row.
//
// It is cyclic coordinate descent with covariance updates and an active set:
// Friedman, Hastie and Tibshirani, "Regularization Paths for Generalized Linear
// Models via Coordinate Descent", Journal of Statistical Software 33(1), 2010,
// sections 2.1, 2.2 and 2.6. The slope of every feature is kept up to date, so
// that one look at it says which features have to join, and the strong rules for
// leaving features out (Tibshirani et al., JRSS B 74(2), 2012) have nothing to
// save. It stops by the duality gap, as scikit-learn's does (Kim et al., "An
// Interior-Point Method for Large-Scale l1-Regularized Least Squares", IEEE
// Journal of Selected Topics in Signal Processing 1(4), 2007, section III). What
// differs: once the features that take part hold still, the linear equations
// that they then fulfil are solved, which gives the minimum to the last digits
// without the many sweeps that collinear columns take.
type descent struct {
	p        int
	products []float64 // G
	square   float64   // yᵀWy a row
	start    []float64 // q
	l1, l2   float64
	close    float64 // the gap to stop at, as a share of square: gapShare, or more

	w     []float64
	slope []float64 // q - Gw
}

func newDescent(g *gram) *descent {
	d := &descent{p: g.cols(), products: make([]float64, len(g.products)), start: make([]float64, g.cols()), square: g.targetSquare / g.total, close: gapShare}
	for i, v := range g.products {
		d.products[i] = v / g.total
	}
	for j, v := range g.withTarget {
		d.start[j] = v / g.total
	}
	d.w = make([]float64, d.p)
	d.slope = append([]float64(nil), d.start...)
	return d
}

// strongest is the least l1 that leaves no weight.
func (d *descent) strongest() float64 {
	most := 0.0
	for _, v := range d.start {
		most = max(most, math.Abs(v))
	}
	return most
}

// run descends from the weights that d has. It tells whether it arrived.
func (d *descent) run(ctx context.Context) (bool, error) {
	wanted := d.close * d.square
	check := 1e-2 * d.square // the gap below which solving is tried
	for sweep := 0; sweep < maxSweeps; {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		d.sweep(nil)
		sweep++
		gap := d.gap()
		if gap <= wanted {
			return true, nil
		}
		active := d.active()
		if gap <= check {
			if d.finish(active) {
				return true, nil
			}
			check = gap / 10
		}
		for range 10 {
			sweep++
			if change := d.sweep(active); change*change <= 1e-2*wanted {
				break
			}
		}
	}
	return false, nil
}

// sweep updates the given weights in turn, all for nil, and gives the largest
// change in units of the prediction.
func (d *descent) sweep(active []int) float64 {
	most := 0.0
	if active != nil {
		for _, j := range active {
			most = max(most, d.update(j))
		}
		return most
	}
	for j := range d.p {
		most = max(most, d.update(j))
	}
	return most
}

func (d *descent) update(j int) float64 {
	curvature := d.products[j*d.p+j]
	if curvature <= 0 {
		return 0
	}
	before := d.w[j]
	after := soft(d.slope[j]+curvature*before, d.l1) / (curvature + d.l2)
	if after == before {
		return 0
	}
	d.w[j] = after
	axpy(before-after, d.products[j*d.p:(j+1)*d.p], d.slope)
	return math.Abs(after-before) * math.Sqrt(curvature)
}

// soft is the soft threshold.
func soft(v, by float64) float64 {
	switch {
	case v > by:
		return v - by
	case v < -by:
		return v + by
	}
	return 0
}

func (d *descent) active() []int {
	active := []int{}
	for j, v := range d.w {
		if v != 0 {
			active = append(active, j)
		}
	}
	return active
}

// gap is the duality gap a row; the minimum is at most so much below.
func (d *descent) gap() float64 {
	fitted, penalty, norm, dual := 0.0, 0.0, 0.0, 0.0
	for j, w := range d.w {
		fitted += w * (d.start[j] + d.slope[j]) // 2qᵀw - wᵀGw
		penalty += math.Abs(w)
		norm += w * w
		dual = max(dual, math.Abs(d.slope[j]-d.l2*w))
	}
	left := max(d.square-fitted, 0) // the squared errors
	with := d.square - dot(d.w, d.start)
	shrink := 1.0
	if dual > d.l1 {
		shrink = d.l1 / dual
	}
	return 0.5*left*(1+shrink*shrink) + d.l1*penalty - shrink*with + 0.5*d.l2*(1+shrink*shrink)*norm
}

// finish solves for the active weights with the signs they have, and takes the
// solution if it keeps the signs and no other feature would join: then it is the
// minimum.
func (d *descent) finish(active []int) bool {
	m := len(active)
	part := make([]float64, m*m)
	right := make([]float64, m)
	for a, i := range active {
		for b, j := range active[:a+1] {
			part[a*m+b] = d.products[i*d.p+j]
		}
		right[a] = d.start[i] - math.Copysign(d.l1, d.w[i])
	}
	f := factorize(part, m, d.l2)
	if f.rank < m {
		return false
	}
	solved := f.solve(right)
	slope := append([]float64(nil), d.start...)
	for a, j := range active {
		if solved[a] == 0 || math.Signbit(solved[a]) != math.Signbit(d.w[j]) {
			return false
		}
		axpy(-solved[a], d.products[j*d.p:(j+1)*d.p], slope)
	}
	for j, v := range slope {
		if d.w[j] == 0 && math.Abs(v) > d.l1*(1+1e-9) {
			return false
		}
	}
	for a, j := range active {
		d.w[j] = solved[a]
	}
	d.slope = slope
	return true
}

// follow fits a path of penalties, the strongest first, each from the weights of
// the one before. visit takes the weights of each.
func (d *descent) follow(ctx context.Context, penalties [][2]float64, visit func(k int, w []float64, arrived bool) error) error {
	for k, penalty := range penalties {
		d.l1, d.l2 = penalty[0], penalty[1]
		arrived, err := d.run(ctx)
		if err != nil {
			return err
		}
		if err := visit(k, d.w, arrived); err != nil {
			return err
		}
		learn.Progress(ctx, k+1, len(penalties))
	}
	return nil
}
