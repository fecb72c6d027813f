package linear

import (
	"context"
	"math"
)

// wideSteps bounds the iterations on a design too wide for cross products.
const wideSteps = 5_000

// wide solves least squares (alpha 0: of least norm) without cross products:
// LSQR of Paige and Saunders, "LSQR: An Algorithm for Sparse Linear Equations
// and Sparse Least Squares", ACM TOMS 8(1), 1982, section 4, here in the form of
// conjugate gradients on the normal equations (CGLS, section 7.1), which needs
// one pass over the rows a step. Begun at 0 it stays in the space of the rows, and
// so ends at the solution of least norm.
func (s *squares) wide(ctx context.Context, alpha float64) (*Model, error) {
	p := s.rows.cols()
	means, err := s.rows.means(ctx)
	if err != nil {
		return nil, err
	}
	s.gram = nil
	w := make([]float64, p)
	// times is (XᵀWX + alpha)v for centred X, or XᵀW(y - mean) for v nil.
	times := func(v []float64) ([]float64, error) {
		point := make([]float64, p+1)
		copy(point, v)
		point[p] = -dot(point[:p], means)
		_, gradient, err := s.rows.pass(ctx, [][]float64{point}, func(first, n int, scores, slopes [][block]float64) float64 {
			for i := range n {
				value := scores[0][i]
				if v == nil {
					value = s.target.Y[first+i] - s.mean
				}
				slopes[0][i] = weight(s.target.Weights, first+i) * value
			}
			return 0
		})
		if err != nil {
			return nil, err
		}
		g := gradient[0]
		axpy(-g[p], means, g[:p])
		axpy(alpha, point[:p], g[:p])
		return g[:p], nil
	}
	left, err := times(nil)
	if err != nil {
		return nil, err
	}
	direction := append([]float64(nil), left...)
	size := dot(left, left)
	first := size
	for range wideSteps {
		if size <= 1e-24*first || size == 0 {
			break
		}
		product, err := times(direction)
		if err != nil {
			return nil, err
		}
		curvature := dot(direction, product)
		if !(curvature > 0) {
			break
		}
		step := size / curvature
		axpy(step, direction, w)
		axpy(-step, product, left)
		before := size
		size = dot(left, left)
		for j := range direction {
			direction[j] = left[j] + size/before*direction[j]
		}
	}
	intercept := s.rows.bias(s.mean-dot(w, means), w)
	m := &Model{Bias: intercept, Weights: s.rows.restore(w), Base: s.rows.base(means)}
	if math.Sqrt(size) > 1e-8*math.Sqrt(first) {
		m.unfinished = math.Sqrt(size / first)
	}
	return m, nil
}

// means are the weighted means of the features, counted from their shifts.
func (x *rows) means(ctx context.Context) ([]float64, error) {
	_, sums, err := x.pass(ctx, [][]float64{make([]float64, x.cols()+1)}, func(first, n int, _, slopes [][block]float64) float64 {
		for i := range n {
			slopes[0][i] = weight(x.weights, first+i)
		}
		return 0
	})
	if err != nil {
		return nil, err
	}
	means := sums[0][:x.cols()]
	for j := range means {
		means[j] /= x.total
	}
	return means, nil
}
