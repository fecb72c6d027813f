package linear

import (
	"context"
	"math"
	"slices"

	"dasier/ml/learn"
)

const (
	interiorSteps = 100
	interiorGap   = 1e-11  // of the loss of least squares
	interiorEdge  = 0.9995 // how far to the nearest bound a step may go
)

// interior is the linear program of a regression quantile in its dual form,
// maximise yᵀa where Xᵀa = (1-quantile)Xᵀu and 0 <= a <= u for the rows' weights
// u; the multipliers of the equations are the weights of the features. The
// method is the primal-dual interior point method with Mehrotra's predictor and
// corrector, of which each step is a least squares problem: Portnoy and Koenker,
// "The Gaussian Hare and the Laplacian Tortoise: Computability of Squared-Error
// versus Absolute-Error Estimators", Statistical Science 12(4), 1997, sections 3
// and 4 and the algorithm in the appendix.
//
// What differs: weights of rows are bounds in place of 1, and the penalty is two
// rows more per feature, whose errors are plus and minus its weight: their losses
// sum to the penalty times the absolute weight.
type interior struct {
	s        *squares
	quantile float64
	penalty  float64
	bounds   []float64 // u, of the rows and then of the rows of the penalty
	w        []float64 // weights and intercept
	below    []float64 // a
	above    []float64 // u - a
	zb, za   []float64 // the multipliers of both bounds
	start    float64   // the loss of least squares
	gap      float64   // what may be left to gain

	fitted         []float64 // how the step changes the scores
	dx, dzb, dza   []float64 // the step of a and of the multipliers
	curve, residue []float64 // of the least squares problem of a step
}

func newInterior(ctx context.Context, s *squares, quantile, penalty float64) (*interior, error) {
	p := s.rows.cols()
	n := s.rows.n
	if penalty > 0 {
		n += 2 * p
	}
	q := &interior{s: s, quantile: quantile, penalty: penalty}
	q.bounds = make([]float64, n)
	for i := range q.bounds {
		q.bounds[i] = penalty
		if i < s.rows.n {
			q.bounds[i] = weight(s.rows.weights, i)
		}
	}
	for _, v := range []*[]float64{&q.below, &q.above, &q.zb, &q.za, &q.fitted, &q.dx, &q.dzb, &q.dza, &q.curve, &q.residue} {
		*v = make([]float64, n)
	}
	f := factorize(s.gram.products, p, 0)
	q.w = s.centred(f.solve(s.gram.withTarget))
	if err := q.scores(ctx, q.w); err != nil {
		return nil, err
	}
	q.begin()
	return q, nil
}

// begin takes a from the middle and the multipliers from the errors.
func (q *interior) begin() {
	size := 0.0
	for i := range q.bounds {
		e := q.target(i) - q.fitted[i]
		q.fitted[i] = e
		size += q.bounds[i] * math.Abs(e)
		q.start += q.bounds[i] * max(q.quantile*e, (q.quantile-1)*e)
	}
	total := 0.0
	for _, u := range q.bounds {
		total += u
	}
	small := 1e-3 * size / total
	if small == 0 {
		small = 1e-300
	}
	for i, u := range q.bounds {
		q.below[i], q.above[i] = (1-q.quantile)*u, q.quantile*u
		e := q.fitted[i]
		q.zb[i], q.za[i] = max(-e, 0)+small, max(e, 0)+small
	}
	q.measure()
}

func (q *interior) target(i int) float64 {
	if i < q.s.rows.n {
		return q.s.target.Y[i]
	}
	return 0
}

// scores computes Xw of all rows into fitted.
func (q *interior) scores(ctx context.Context, w []float64) error {
	_, _, err := q.s.rows.pass(ctx, [][]float64{w}, func(first, n int, scores, slopes [][block]float64) float64 {
		copy(q.fitted[first:first+n], scores[0][:n])
		slopes[0] = [block]float64{}
		return 0
	})
	for k := range len(q.bounds) - q.s.rows.n {
		q.fitted[q.s.rows.n+k] = w[k/2] * float64(1-2*(k%2))
	}
	return err
}

// measure sums how far each bound is from being met or free.
func (q *interior) measure() {
	q.gap = 0
	for i, u := range q.bounds {
		if u > 0 {
			q.gap += q.zb[i]*q.below[i] + q.za[i]*q.above[i]
		}
	}
}

// run steps until the gap is closed, and tells whether it was.
func (q *interior) run(ctx context.Context) (bool, error) {
	least, since := q.gap, 0
	for step := range interiorSteps {
		if q.gap <= interiorGap*q.start || q.start == 0 {
			return true, nil
		}
		if err := q.step(ctx); err != nil {
			return false, err
		}
		q.measure()
		learn.Progress(ctx, step+1, interiorSteps)
		if since++; q.gap < least {
			least, since = q.gap, 0
		}
		if since > 5 { // rounding allows no further step
			break
		}
	}
	return q.gap <= 1e-6*q.start, nil
}

func (q *interior) step(ctx context.Context) error {
	for i, u := range q.bounds {
		if u > 0 {
			q.curve[i] = 1 / (q.zb[i]/q.below[i] + q.za[i]/q.above[i])
			q.residue[i] = q.zb[i] - q.za[i]
		}
	}
	g, err := q.s.rows.cross(ctx, func(_ *crossSum, first int, target, weights []float64) {
		copy(target, q.residue[first:])
		copy(weights, q.curve[first:])
	})
	if err != nil {
		return err
	}
	q.penalise(g)
	f := factorize(g.products, g.cols(), 0)
	dual := f.solve(g.withTarget)
	dual = append(dual, g.targetMean-dot(dual, g.means))
	if err := q.scores(ctx, dual); err != nil {
		return err
	}
	for i, u := range q.bounds {
		if u > 0 {
			q.dx[i] = q.curve[i] * (q.fitted[i] - q.residue[i])
			q.dzb[i] = -q.zb[i] * (1 + q.dx[i]/q.below[i])
			q.dza[i] = -q.za[i] * (1 - q.dx[i]/q.above[i])
		}
	}
	primal, multipliers := q.lengths()
	if min(primal, multipliers) < 1 {
		if dual, err = q.correct(ctx, g, f, primal, multipliers); err != nil {
			return err
		}
		primal, multipliers = q.lengths()
	}
	for i, u := range q.bounds {
		if u > 0 {
			q.below[i] += primal * q.dx[i]
			q.above[i] -= primal * q.dx[i]
			q.zb[i] += multipliers * q.dzb[i]
			q.za[i] += multipliers * q.dza[i]
		}
	}
	axpy(-multipliers, dual, q.w) // the program minimises -yᵀa: its multipliers are -w
	return nil
}

// penalise adds the rows of the penalty to the cross products.
func (q *interior) penalise(g *gram) {
	n, p := q.s.rows.n, g.cols()
	for k := range len(q.bounds) - n {
		j, sign := k/2, float64(1-2*(k%2))
		g.products[j*p+j] += q.curve[n+k]
		g.withTarget[j] += sign * q.curve[n+k] * q.residue[n+k]
	}
}

// correct aims at where all bounds are equally near, as near as the plain step
// would come, and takes into account what that step leaves out.
func (q *interior) correct(ctx context.Context, g *gram, f *factor, primal, multipliers float64) ([]float64, error) {
	after, count := 0.0, 0
	for i, u := range q.bounds {
		if u > 0 {
			after += (q.zb[i]+multipliers*q.dzb[i])*(q.below[i]+primal*q.dx[i]) + (q.za[i]+multipliers*q.dza[i])*(q.above[i]-primal*q.dx[i])
			count++
		}
	}
	ratio := after / q.gap
	mu := q.gap * ratio * ratio * ratio / float64(2*count)
	for i, u := range q.bounds {
		if u > 0 { // dx, dzb and dza become what they leave out
			first, second := q.dx[i]*q.dzb[i], -q.dx[i]*q.dza[i]
			aim := mu * (1/q.below[i] - 1/q.above[i])
			q.residue[i] += first/q.below[i] - second/q.above[i] - aim
			q.dzb[i], q.dza[i] = first, second
		}
	}
	right, err := q.project(ctx, g)
	if err != nil {
		return nil, err
	}
	p := g.cols()
	dual := f.solve(right[:p])
	dual = append(dual, right[p]/g.total-dot(dual, g.means))
	if err := q.scores(ctx, dual); err != nil {
		return nil, err
	}
	for i, u := range q.bounds {
		if u > 0 {
			q.dx[i] = q.curve[i] * (q.fitted[i] - q.residue[i])
			q.dzb[i] = (mu-q.zb[i]*q.dx[i]-q.dzb[i])/q.below[i] - q.zb[i]
			q.dza[i] = (mu+q.za[i]*q.dx[i]-q.dza[i])/q.above[i] - q.za[i]
		}
	}
	return dual, nil
}

// project is Xᵀ(curve·residue), centred, and its sum.
func (q *interior) project(ctx context.Context, g *gram) ([]float64, error) {
	p := g.cols()
	_, sums, err := q.s.rows.pass(ctx, [][]float64{make([]float64, p+1)}, func(first, n int, _, slopes [][block]float64) float64 {
		for i := range n {
			slopes[0][i] = q.curve[first+i] * q.residue[first+i]
		}
		return 0
	})
	if err != nil {
		return nil, err
	}
	right := sums[0]
	axpy(-right[p], g.means, right[:p])
	for k := range len(q.bounds) - q.s.rows.n {
		right[k/2] += float64(1-2*(k%2)) * q.curve[q.s.rows.n+k] * q.residue[q.s.rows.n+k]
	}
	return right, nil
}

// lengths are how far the steps of a and of the multipliers may go.
func (q *interior) lengths() (primal, multipliers float64) {
	primal, multipliers = math.Inf(1), math.Inf(1)
	for i, u := range q.bounds {
		if u == 0 {
			continue
		}
		if q.dx[i] < 0 {
			primal = min(primal, -q.below[i]/q.dx[i])
		} else if q.dx[i] > 0 {
			primal = min(primal, q.above[i]/q.dx[i])
		}
		if q.dzb[i] < 0 {
			multipliers = min(multipliers, -q.zb[i]/q.dzb[i])
		}
		if q.dza[i] < 0 {
			multipliers = min(multipliers, -q.za[i]/q.dza[i])
		}
	}
	return min(interiorEdge*primal, 1), min(interiorEdge*multipliers, 1)
}

// weights are the shortest of those that predict the same.
func (q *interior) weights() []float64 {
	w := slices.Clone(q.w)
	if q.penalty > 0 {
		return w
	}
	p := len(w) - 1
	null := factorize(q.s.gram.products, p, 0).null()
	before := dot(w[:p], q.s.gram.means)
	shortest(w[:p], null)
	w[p] += before - dot(w[:p], q.s.gram.means)
	return w
}
