package linear

import (
	"context"
	"math"

	"dasier/ml/learn"
)

// The limits of the search for a minimum.
const (
	maxSteps   = 300
	memory     = 10    // pairs of steps and changes of the slope that are kept
	stopAt     = 1e-14 // what is left to gain, as a share of what was gained
	sampleRows = 50_000
	retreats   = 40 // halvings of a step
)

// loss is what a model is fitted by: for rows first to first+n-1 with these
// scores (of each output) it gives the sum of the weighted losses and writes
// their slopes, or their curvatures.
type loss interface {
	slope(first, n int, scores, slopes [][block]float64) float64
	curve(first, n int, scores, curves [][block]float64)
}

// smooth is the minimum of scale·Σ loss + ½·l2·Σ weights², the intercepts free.
//
// The method is BFGS with limited memory (Liu and Nocedal, "On the limited memory
// BFGS method for large scale optimization", Mathematical Programming 45, 1989,
// algorithm 2.1), begun not from a multiple of the identity but from the
// curvature of the loss itself, factored: where the curvature is new a step is
// Newton's, where it has aged, or comes from a sample of the rows (Byrd, Chin,
// Neveitt and Nocedal, "On the Use of Stochastic Hessian Information in
// Optimization Methods for Machine Learning", SIAM J. Optim. 21(3), 2011, section
// 2), the steps since correct it. The curvature is computed anew once as much
// work was done without. Large data are first fitted on a sample, which brings
// the weights so near that the whole is looked at a few times only. Designs too
// wide for cross products have the diagonal of the curvature alone.
type smooth struct {
	rows    *rows
	loss    loss
	outputs int
	scale   float64
	l2      float64
}

// point is weights per output: of the features, and the intercept.
type point [][]float64

func (m *smooth) size() int { return m.rows.cols() + 1 }

func (m *smooth) zero() point {
	at := make(point, m.outputs)
	for k := range at {
		at[k] = make([]float64, m.size())
	}
	return at
}

func (at point) times(other point) float64 {
	sum := 0.0
	for k, w := range at {
		sum += dot(w, other[k])
	}
	return sum
}

// plus is at + c·other.
func (at point) plus(c float64, other point) point {
	sum := make(point, len(at))
	for k, w := range at {
		sum[k] = append([]float64(nil), w...)
		axpy(c, other[k], sum[k])
	}
	return sum
}

func (m *smooth) value(ctx context.Context, at point) (float64, point, error) {
	value, gradient, err := m.rows.pass(ctx, at, m.loss.slope)
	if err != nil {
		return 0, nil, err
	}
	value *= m.scale
	last := m.size() - 1
	for k, w := range at {
		for j := range gradient[k] {
			gradient[k][j] *= m.scale
		}
		value += 0.5 * m.l2 * dot(w[:last], w[:last])
		axpy(m.l2, w[:last], gradient[k][:last])
	}
	return value, gradient, nil
}

// minimise searches from a point on. arrived is false when the limit of steps
// came first.
func (m *smooth) minimise(ctx context.Context, at point) (found point, arrived bool, err error) {
	if every := m.rows.n / max(sampleRows, 40*m.rows.cols()); every >= 4 {
		part := *m
		part.rows = m.rows.sample(every)
		if part.rows.total > 0 {
			part.scale *= m.rows.total / part.rows.total
			if at, _, err = part.search(ctx, at, 1e-6); err != nil {
				return nil, false, err
			}
		}
	}
	return m.search(ctx, at, stopAt)
}

func (m *smooth) search(ctx context.Context, at point, stop float64) (point, bool, error) {
	value, gradient, err := m.value(ctx, at)
	if err != nil {
		return nil, false, err
	}
	worst := value
	curved, err := m.curvature(ctx, at)
	if err != nil {
		return nil, false, err
	}
	var past pairs
	spent := 0.0
	for step := range maxSteps {
		direction := past.direction(gradient, curved)
		gain := -gradient.times(direction)
		wanted := stop * (worst - value + 1e-3*math.Abs(value))
		if gain <= 2*wanted || gain == 0 {
			return at, true, nil
		}
		next, nextValue, nextGradient, tries, err := m.advance(ctx, at, direction, value, gain)
		if err != nil {
			return nil, false, err
		}
		if next == nil { // rounding allows no further step
			return at, gain <= 1e6*wanted, nil
		}
		past.add(next.plus(-1, at), nextGradient.plus(-1, gradient))
		at, value, gradient = next, nextValue, nextGradient
		spent += float64(tries) * m.passCost()
		if spent >= curved.cost && gain > 1e4*wanted {
			if curved, err = m.curvature(ctx, at); err != nil {
				return nil, false, err
			}
			past, spent = pairs{}, 0
		}
		learn.Progress(ctx, step+1, maxSteps)
	}
	return at, false, nil
}

// advance goes along a direction as far as the loss falls enough (Nocedal and
// Wright, "Numerical Optimization", 2nd ed., section 3.1); where what is left to
// fall is in the rounding of the loss, as the slope says (Hager and Zhang, "A New
// Conjugate Gradient Method with Guaranteed Descent and an Efficient Line
// Search", SIAM J. Optim. 16(1), 2005, section 4).
func (m *smooth) advance(ctx context.Context, at, direction point, value, gain float64) (point, float64, point, int, error) {
	step := 1.0
	for try := range retreats {
		next := at.plus(step, direction)
		nextValue, nextGradient, err := m.value(ctx, next)
		if err != nil {
			return nil, 0, nil, 0, err
		}
		if !math.IsNaN(nextValue) && !math.IsInf(nextValue, 0) {
			if nextValue <= value-1e-4*step*gain {
				return next, nextValue, nextGradient, try + 1, nil
			}
			if nextValue <= value+1e-12*math.Abs(value) && math.Abs(nextGradient.times(direction)) <= 0.9*gain {
				return next, nextValue, nextGradient, try + 1, nil
			}
			// the minimum of the parabola through what is known
			if parabola := 0.5 * step * step * gain / (nextValue - value + step*gain); parabola > 0.1*step && parabola < 0.7*step {
				step = parabola
				continue
			}
		}
		step *= 0.3
	}
	return nil, 0, nil, retreats, nil
}

func (m *smooth) passCost() float64 {
	return 4 * float64(m.rows.n/m.rows.every) * float64(m.rows.dense+len(m.rows.groups)+4) * float64(m.outputs)
}

// pairs are the latest steps and what they changed in the slope.
type pairs struct {
	steps, changes []point
	shares         []float64
}

func (s *pairs) add(step, change point) {
	product := step.times(change)
	if !(product > 1e-14*math.Sqrt(step.times(step)*change.times(change))) {
		return
	}
	if len(s.steps) == memory {
		s.steps, s.changes, s.shares = s.steps[1:], s.changes[1:], s.shares[1:]
	}
	s.steps, s.changes, s.shares = append(s.steps, step), append(s.changes, change), append(s.shares, 1/product)
}

// direction is the two loops of Nocedal and Wright, algorithm 7.4.
func (s *pairs) direction(gradient point, curved *curvature) point {
	q := gradient.plus(0, gradient)
	along := make([]float64, len(s.steps))
	for i := len(s.steps) - 1; i >= 0; i-- {
		along[i] = s.shares[i] * s.steps[i].times(q)
		q = q.plus(-along[i], s.changes[i])
	}
	d := curved.solve(q)
	for i := range s.steps {
		d = d.plus(along[i]-s.shares[i]*s.changes[i].times(d), s.steps[i])
	}
	for k := range d {
		for j := range d[k] {
			d[k][j] = -d[k][j]
		}
	}
	return d
}
