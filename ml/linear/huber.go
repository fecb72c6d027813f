package linear

import (
	"context"
	"fmt"
	"math"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// Huber learns a number by a loss that is square for small errors and grows
// only in proportion for large ones, so that outliers pull less. What is small
// is learned along with the weights: Huber, "Robust Statistics", Wiley 1981,
// section 7.7 (the concomitant scale); Owen, "A robust hybrid of lasso and
// ridge regression", Contemporary Mathematics 443, 2007, section 4.
//
// It minimises Σ weight·(s + H(error/s)·s) + Alpha·Σw² over weights and the
// scale s, where H is z² up to |z| = Epsilon and 2·Epsilon·|z| - Epsilon² beyond,
// as scikit-learn's HuberRegressor does, over the prepared columns, of which
// numbers are scaled to deviation 1; the intercept is free. The two are
// minimised in turn, which is a descent on a convex function: the scale has an
// exact solution once the errors are known, and the weights have smooth's.
type Huber struct {
	// Epsilon is how many scales an error may have to count as small, above 1: the
	// smaller, the more robust. Default: 1.35.
	Epsilon float64
	// Alpha is the strength of the penalty. Default: 0.0001.
	Alpha float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l Huber) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if l.Epsilon == 0 {
		l.Epsilon = 1.35
	}
	if l.Alpha == 0 {
		l.Alpha = 1e-4
	}
	if !(l.Epsilon > 1) || math.IsInf(l.Epsilon, 1) {
		return nil, fault.Errorf(fault.Invalid, "epsilon is %g: it must be above 1; the smaller, the more robust", l.Epsilon)
	}
	if err := checkPenalty(l.Alpha); err != nil {
		return nil, err
	}
	p, x, err := prepare(ctx, features, target, l.Prep, predict.TaskRegression)
	if err != nil {
		return nil, err
	}
	means, err := x.means(ctx)
	if err != nil {
		return nil, err
	}
	h := &hubered{epsilon: l.Epsilon, y: target.Y, weights: target.Weights, errors: make([]float64, x.n)}
	m := &smooth{rows: x, loss: h, outputs: 1, l2: 2 * l.Alpha}
	at := m.zero()
	at[0][m.size()-1] = mean(target.Y, target.Weights)
	at, arrived, err := l.descend(ctx, m, h, at)
	if err != nil {
		return nil, err
	}
	emitted := emit(p, target)
	setScores(&emitted.Spec, x, at, means)
	if !arrived {
		emitted.Warnings = append(emitted.Warnings, fmt.Sprintf("the fit stopped after %d rounds before it reached its accuracy: a larger alpha or epsilon converges faster", huberRounds))
	}
	return emitted, nil
}

const huberRounds = 200

func (l Huber) descend(ctx context.Context, m *smooth, h *hubered, at point) (point, bool, error) {
	for round := range huberRounds {
		if err := h.look(ctx, m.rows, at); err != nil {
			return nil, false, err
		}
		before := h.scale
		h.scale = h.best()
		if round > 0 && math.Abs(h.scale-before) <= 1e-11*before {
			return at, true, nil
		}
		m.scale = 1 / h.scale
		var err error
		if at, _, err = m.minimise(ctx, at); err != nil {
			return nil, false, err
		}
		learn.Progress(ctx, round+1, huberRounds)
	}
	return at, false, nil
}

// hubered is scale² H(error/scale) as a loss of the score: e² for small errors.
type hubered struct {
	epsilon, scale float64
	y, weights     []float64
	errors         []float64 // of the rows at the last look
}

func (h *hubered) slope(first, n int, scores, slopes [][block]float64) float64 {
	sum, bound := 0.0, h.epsilon*h.scale
	for i, s := range scores[0][:n] {
		w, e := weight(h.weights, first+i), h.y[first+i]-s
		if size := math.Abs(e); size <= bound {
			sum += w * e * e
			slopes[0][i] = -2 * w * e
		} else {
			sum += w * (2*bound*size - bound*bound)
			slopes[0][i] = -2 * w * math.Copysign(bound, e)
		}
	}
	return sum
}

// curve gives large errors a little of it, so that no feature is without.
func (h *hubered) curve(first, n int, scores, curves [][block]float64) {
	bound := h.epsilon * h.scale
	for i, s := range scores[0][:n] {
		w := 2 * weight(h.weights, first+i)
		if size := math.Abs(h.y[first+i] - s); size > bound {
			w *= 1e-3 * bound / size
		}
		curves[0][i] = w
	}
}

// look keeps the absolute errors of the rows.
func (h *hubered) look(ctx context.Context, x *rows, at point) error {
	_, _, err := x.pass(ctx, at, func(first, n int, scores, slopes [][block]float64) float64 {
		for i, s := range scores[0][:n] {
			h.errors[first+i] = math.Abs(h.y[first+i] - s)
			slopes[0][i] = 0
		}
		return 0
	})
	return err
}

// best is the scale that the errors have: the root of
// Σ weight = Σ small weight·(error/s)² + Σ large weight·Epsilon², whose right
// side falls as s grows.
func (h *hubered) best() float64 {
	excess := func(s float64) float64 {
		sum := 0.0
		for i, e := range h.errors {
			z := min(e/s, h.epsilon)
			sum += weight(h.weights, i) * (z*z - 1)
		}
		return sum
	}
	high := 0.0
	for _, e := range h.errors {
		high = max(high, e)
	}
	if high == 0 {
		return 1e-300
	}
	low := 1e-12 * high
	if excess(low) <= 0 {
		return low // nearly every row is met exactly
	}
	s := high
	for range 200 {
		next := h.newton(s)
		if !(next > low && next < high) {
			next = math.Sqrt(low * high)
		}
		if math.Abs(next-s) <= 1e-14*s {
			return next
		}
		if s = next; excess(s) > 0 {
			low = s
		} else {
			high = s
		}
	}
	return s
}

// newton solves for the scale with the errors that are small at s.
func (h *hubered) newton(s float64) float64 {
	squares, free := 0.0, 0.0
	for i, e := range h.errors {
		w := weight(h.weights, i)
		if free += w; e <= h.epsilon*s {
			squares += w * e * e
		} else {
			free -= w * h.epsilon * h.epsilon
		}
	}
	return math.Sqrt(squares / free)
}
