package boost

import (
	"context"
	"math"
	"math/bits"
)

// slopes is the derivatives of the loss, as entries of the grower.
type slopes struct {
	loss   Loss      // of this round; nil: several classes
	sums   []float64 // of several classes: the logarithm of the sum of exponentials, per row
	extent []extent
}

// extent is how large the slopes of a block are.
type extent struct{ most, sum, most2, sum2 float64 }

// adaptive is a Loss that looks at each round's residuals.
type adaptive interface {
	adapt(y, scores []float64, rows rowList, weights []float64) Loss
}

// begin is called before the trees of a round: slopes of all classes are at the
// scores as they are now.
func (s *slopes) begin(ctx context.Context, r *run) error {
	if r.Loss != nil {
		s.loss = r.Loss
		if a, ok := r.Loss.(adaptive); ok {
			s.loss = a.adapt(r.target.Y, r.scores, r.rows, r.target.Weights)
		}
		return nil
	}
	if s.sums == nil {
		s.sums = make([]float64, len(r.target.Y))
	}
	blocks := (len(s.sums) + blockRows - 1) / blockRows
	return parallel(ctx, r.workersFor(len(s.sums)), blocks, func(_, block int) {
		for row := block * blockRows; row < min((block+1)*blockRows, len(s.sums)); row++ {
			s.sums[row] = logSum(r.scores[row*r.classes:][:r.classes])
		}
	})
}

// enter gives the grower the rows of a tree with their slopes. Until the grid is
// known the slopes themselves stand where the entries will, second derivatives
// where the grower will have room to spare.
func (s *slopes) enter(ctx context.Context, r *run, rows rowList, class int) error {
	g, unit, n := r.grower, r.unit(), rows.len()
	g.entries = resize(g.entries, n+ahead)[:n]
	g.spare = resize(g.spare, n+ahead)[:n]
	blocks := (n + blockRows - 1) / blockRows
	s.extent = resize(s.extent, blocks)
	workers := r.workersFor(n)
	err := parallel(ctx, workers, blocks, func(_, block int) {
		begin, end := block*blockRows, min((block+1)*blockRows, n)
		var first, second [blockRows]float64
		var room [blockRows]int32
		s.derive(r, rows.block(begin, end, &room), class, &first, &second)
		s.extent[block] = measure(first[:end-begin], second[:end-begin], unit)
		for i := begin; i < end; i++ {
			g.entries[i] = entry(math.Float64bits(first[i-begin]))
		}
		if !unit {
			for i := begin; i < end; i++ {
				g.spare[i] = entry(math.Float64bits(second[i-begin]))
			}
		}
	})
	if err != nil {
		return err
	}
	var all extent
	for _, e := range s.extent {
		all.most, all.most2 = max(all.most, e.most), max(all.most2, e.most2)
		all.sum, all.sum2 = all.sum+e.sum, all.sum2+e.sum2
	}
	g.grid = newGrid(uint(bits.Len(uint(n))), all)
	if unit {
		g.grid.scale2, g.grid.unit2 = 1, 1
	}
	return parallel(ctx, workers, blocks, func(_, block int) {
		begin, end := block*blockRows, min((block+1)*blockRows, n)
		var room [blockRows]int32
		some := rows.block(begin, end, &room)
		for i, row := range some {
			first := math.Float64frombits(uint64(g.entries[begin+i]))
			g.entries[begin+i] = newEntry(row, whole(first*g.grid.scale))
		}
		if !unit {
			for i, row := range some {
				second := math.Float64frombits(uint64(g.spare[begin+i]))
				g.seconds[row] = max(1, whole(second*g.grid.scale2))
			}
		}
	})
}

// unit tells that every second derivative is 1, so that counts are their sums.
func (r *run) unit() bool {
	if r.target.Weights != nil {
		return false
	}
	switch r.Loss.(type) {
	case Squared, Absolute, Quantile, Huber, huber:
		return true
	}
	return false
}

// derive computes the slopes of some rows of a tree.
func (s *slopes) derive(r *run, rows []int32, class int, first, second *[blockRows]float64) {
	y := r.target.Y
	switch {
	case s.loss == nil:
		for i, row := range rows {
			p := math.Exp(r.scores[int(row)*r.classes+class] - s.sums[row])
			first[i], second[i] = p, max(p*(1-p), 1e-12)
			if int(y[row]) == class {
				first[i]--
			}
		}
	case s.loss == Loss(Squared{}):
		for i, row := range rows {
			first[i], second[i] = r.scores[row]-y[row], 1
		}
	default:
		for i, row := range rows {
			first[i], second[i] = s.loss.Slope(y[row], r.scores[row])
		}
	}
	if r.target.Weights == nil {
		return
	}
	for i, row := range rows {
		w := r.target.Weights[row]
		first[i] *= w
		second[i] *= w
	}
}

func measure(first, second []float64, unit bool) (e extent) {
	for _, v := range first {
		v = math.Abs(v)
		e.most = max(e.most, v)
		e.sum += v
	}
	if unit {
		return e
	}
	for _, v := range second {
		e.most2 = max(e.most2, v)
		e.sum2 += v
	}
	return e
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// grid is how slopes become whole numbers: times a power of two, so large that
// neither a slope leaves int32 nor a sum of all of them the bits of a cell.
type grid struct {
	shift         uint    // bits of a cell that count rows
	scale, unit   float64 // of slopes: the power of two, and its inverse
	scale2, unit2 float64 // of second derivatives
}

func newGrid(shift uint, all extent) grid {
	g := grid{shift: shift}
	g.scale, g.unit = power(all.most, all.sum, 61-int(shift))
	g.scale2, g.unit2 = power(all.most2, all.sum2, 61)
	return g
}

func power(most, sum float64, bits int) (scale, inverse float64) {
	if !(most > 0) {
		return 1, 1
	}
	_, one := math.Frexp(most) // below 2^one
	_, all := math.Frexp(sum)
	e := min(30-one, bits-all)
	return math.Ldexp(1, e), math.Ldexp(1, -e)
}

// whole rounds to the nearest whole number, halves to even; |v| is below 2^31.
// The sum has no bits left for what is behind the point.
func whole(v float64) int32 {
	const magic = 3 << 51
	return int32(math.Float64bits(v + magic)) //nolint:gosec // the lower half is the number
}

// logSum is the logarithm of the sum of exponentials.
func logSum(scores []float64) float64 {
	most, sum := scores[0], 0.0
	for _, v := range scores {
		most = max(most, v)
	}
	for _, v := range scores {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}
