package linear

import (
	"context"
	"math"

	"dasier/fault"
	"dasier/ml/learn"
)

// sparse adds share·Σ|w| to what is minimised: Friedman, Hastie and Tibshirani
// 2010, sections 3 and 4. The loss is replaced by the parabola that touches it,
// one output at a time, whose minimum coordinate descent finds (see descent);
// what differs is a step length, without which the parabolas may not converge.
func (m *smooth) sparse(ctx context.Context, at point, share float64) (point, bool, error) {
	if m.rows.cols() > widest {
		return nil, false, fault.Errorf(fault.Invalid, "the columns give %d features, and a penalty on absolute weights takes at most %d: group rare levels (rare), drop a column with many levels, or set the share to 0",
			m.rows.cols(), widest)
	}
	value, gradient, err := m.value(ctx, at)
	if err != nil {
		return nil, false, err
	}
	value += m.absolute(at, share)
	worst := value
	for step := range maxSteps {
		before := value
		for k := range at {
			proposed, expected, err := m.parabola(ctx, at, gradient, k, share)
			if err != nil {
				return nil, false, err
			}
			if at, value, gradient, err = m.approach(ctx, at, proposed, value, gradient, expected, share); err != nil {
				return nil, false, err
			}
		}
		learn.Progress(ctx, step+1, maxSteps)
		if before-value <= 1e-13*(worst-value+1e-3*math.Abs(value)) {
			return at, true, nil
		}
	}
	return at, false, nil
}

func (m *smooth) absolute(at point, share float64) float64 {
	sum := 0.0
	for _, w := range at {
		for _, v := range w[:len(w)-1] {
			sum += math.Abs(v)
		}
	}
	return share * sum
}

// parabola minimises the parabola of output k. expected is by how much what is
// minimised should fall on the way there, by its slope.
func (m *smooth) parabola(ctx context.Context, at, gradient point, k int, share float64) (point, float64, error) {
	g, err := m.rows.cross(ctx, m.curves(at, m.rows, k))
	if err != nil {
		return nil, 0, err
	}
	p := m.rows.cols()
	w, slope := at[k][:p], gradient[k]
	d := newDescent(g)
	// The parabola's linear part is Gw - slope; the penalty on squares is apart.
	perRow := 1 / (g.total * m.scale)
	for j := range d.start {
		d.start[j] = dot(d.products[j*p:(j+1)*p], w) - perRow*(slope[j]-m.l2*w[j]-slope[p]*g.means[j])
	}
	d.l1, d.l2 = share*perRow, m.l2*perRow
	copy(d.w, w)
	for j := range d.slope {
		d.slope[j] = d.start[j] - dot(d.products[j*p:(j+1)*p], d.w)
	}
	d.square = 2 * (dot(d.start, w) - 0.5*dot(w, d.start)) // of the size of what is explained
	d.square = max(d.square, perRow*math.Abs(m.scale)*g.total*1e-3)
	if _, err := d.run(ctx); err != nil {
		return nil, 0, err
	}
	next := at.plus(0, at)
	copy(next[k], d.w)
	change := append([]float64(nil), d.w...)
	axpy(-1, w, change)
	next[k][p] += -slope[p]*perRow - dot(change, g.means)
	expected := m.absolute(at, share) - m.absolute(next, share)
	expected -= gradient.times(next.plus(-1, at))
	return next, expected, nil
}

// approach goes toward a proposed point as far as it gets better.
func (m *smooth) approach(ctx context.Context, at, proposed point, value float64, gradient point, expected, share float64) (point, float64, point, error) {
	direction := proposed.plus(-1, at)
	if !(expected > 0) {
		return at, value, gradient, nil
	}
	step := 1.0
	for range retreats {
		next := at.plus(step, direction)
		if step == 1 {
			next = proposed // zeros stay zeros
		}
		nextValue, nextGradient, err := m.value(ctx, next)
		if err != nil {
			return nil, 0, nil, err
		}
		nextValue += m.absolute(next, share)
		if nextValue <= value-1e-4*step*expected {
			return next, nextValue, nextGradient, nil
		}
		step /= 2
	}
	return at, value, gradient, nil
}
