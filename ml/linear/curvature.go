package linear

import (
	"context"
	"math"
)

// curvature is how the slope changes with the weights of each output, the
// outputs taken by themselves, ready to be solved with.
type curvature struct {
	outputs []curved
	cost    float64 // of computing it, in multiplications
}

// curved is of one output: the centred cross products, factored, or their
// diagonal.
type curved struct {
	factor   *factor
	diagonal []float64
	means    []float64
	total    float64
}

// curvature is that at a point, from at most about sampleRows rows.
func (m *smooth) curvature(ctx context.Context, at point) (*curvature, error) {
	if m.rows.cols() > widest {
		return m.diagonal(ctx, at)
	}
	part := m.rows
	if every := part.n / part.every / max(sampleRows, 40*part.cols()); every > 1 {
		part = m.rows.sample(every * part.every)
		if part.total == 0 {
			part = m.rows
		}
	}
	ratio := m.rows.total / part.total
	ridge := m.l2 / (m.scale * ratio)
	if part != m.rows {
		ridge += 0.25 // about what a row adds: a level that the sample lacks has some curvature
	}
	c := &curvature{outputs: make([]curved, m.outputs)}
	for k := range c.outputs {
		g, err := part.cross(ctx, m.curves(at, part, k))
		if err != nil {
			return nil, err
		}
		f := factorize(g.products, part.cols(), ridge)
		for j, s := range f.scale {
			f.scale[j] = s / math.Sqrt(m.scale*ratio)
		}
		c.outputs[k] = curved{factor: f, means: g.means, total: g.total * m.scale * ratio}
	}
	dense, groups, p := float64(part.dense+2), float64(len(part.groups)), float64(part.cols())
	c.cost = float64(m.outputs) * (float64(part.n/part.every)*(dense*dense/2+2*groups*dense+2*groups*groups/2+4*dense) + p*p*p/6)
	return c, nil
}

// curves is the source of the curvatures of an output as weights.
func (m *smooth) curves(at point, part *rows, k int) source {
	return func(s *crossSum, first int, target, weights []float64) {
		if s.scores == nil {
			s.scores, s.curves = make([][block]float64, m.outputs), make([][block]float64, m.outputs)
		}
		for o, w := range at {
			part.score(&s.scores[o], &s.left, first, w)
		}
		m.loss.curve(first, len(weights), s.scores, s.curves)
		copy(weights, s.curves[k][:])
		clear(target)
	}
}

// diagonal is the curvature along each feature alone.
func (m *smooth) diagonal(ctx context.Context, at point) (*curvature, error) {
	p := m.rows.cols()
	sums, err := m.rows.squaresOf(ctx, at, m.loss)
	if err != nil {
		return nil, err
	}
	c := &curvature{outputs: make([]curved, m.outputs), cost: 2 * m.passCost()}
	for k, sum := range sums {
		for j := range sum {
			sum[j] *= m.scale
		}
		most := 0.0
		for j, v := range sum[:p] {
			sum[j] = v + m.l2
			most = max(most, sum[j])
		}
		for j, v := range sum[:p] {
			sum[j] = max(v, 1e-9*most)
		}
		c.outputs[k] = curved{diagonal: sum[:p], means: make([]float64, p), total: max(sum[p], 1e-300)}
	}
	return c, nil
}

// solve divides a slope by the curvature.
func (c *curvature) solve(slope point) point {
	solved := make(point, len(slope))
	for k, g := range slope {
		own := &c.outputs[k]
		p := len(g) - 1
		right := append([]float64(nil), g[:p]...)
		axpy(-g[p], own.means, right)
		var w []float64
		if own.factor != nil {
			w = own.factor.solve(right)
		} else {
			w = right
			for j := range w {
				w[j] /= own.diagonal[j]
			}
		}
		solved[k] = append(w, g[p]/own.total-dot(w, own.means))
	}
	return solved
}
