package linear

import (
	"context"
)

// gram is the cross products of the weighted, centred columns and the target:
// XᵀWX, XᵀWy and yᵀWy.
//
// Numbers are multiplied in tiles of columns, block by block of rows (the layout
// of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
// ACM TOMS 34(3), 2008, section 4, with one level of cache); indicators are
// counted, not multiplied, so that a category costs the same whatever the number
// of its levels.
type gram struct {
	n            int
	total        float64 // of the weights
	means        []float64
	targetMean   float64
	products     []float64 // cols × cols, symmetric
	withTarget   []float64
	targetSquare float64
	flat         []bool // the column has no spread
}

func (g *gram) cols() int { return len(g.means) }

// crossSum is the sums of one worker: of the numbers, the target and the
// constant 1 with one another, of indicators with those, of indicators.
type crossSum struct {
	wide, indicators int
	dense            []float64 // wide × wide, lower triangle
	mixed            []float64 // indicators × wide
	counts           []float64 // indicators × indicators, lower triangle without diagonal

	left, right panel     // the block, and the block times the weights
	byRow       []float64 // right, row by row
	weighted    [][block]float64
	weights     [block]float64
	active      []int
	scores      [][block]float64 // for a source
	curves      [][block]float64
}

func (x *rows) crossSum() *crossSum {
	s := &crossSum{wide: x.dense + 2, indicators: x.cols() - x.dense}
	s.dense = make([]float64, s.wide*s.wide)
	s.mixed = make([]float64, s.indicators*s.wide)
	s.counts = make([]float64, s.indicators*s.indicators)
	s.left.columns = make([][block]float64, s.wide)
	s.right.columns = s.left.columns
	if len(x.groups) > 0 {
		s.byRow = make([]float64, block*s.wide)
	}
	return s
}

// source gives the target and the weights of the rows of a block, whose numbers
// are in s.left; weights are all 1 before.
type source func(s *crossSum, first int, target, weights []float64)

// cross computes the cross products.
func (x *rows) cross(ctx context.Context, of source) (*gram, error) {
	total := x.crossSum()
	total.left, total.right, total.byRow = panel{}, panel{}, nil
	// A chunk's sums must be worth adding.
	size := max(chunk, (x.cols()*x.cols()/128+block-1)/block*block)
	err := inOrder(ctx, x.n, size, x.crossSum,
		func(s *crossSum, first, last int) {
			for ; first < last && ctx.Err() == nil; first += block {
				if !x.skips(first) {
					x.crossBlock(s, of, first)
				}
			}
		},
		func(s *crossSum) {
			addAndClear(total.dense, s.dense)
			addAndClear(total.mixed, s.mixed)
			addAndClear(total.counts, s.counts)
		})
	if err != nil {
		return nil, err
	}
	return x.assemble(total), nil
}

func addAndClear(to, from []float64) {
	for i, v := range from {
		to[i] += v
	}
	clear(from)
}

func (x *rows) crossBlock(s *crossSum, of source, first int) {
	x.load(&s.left, first)
	n := s.left.rows
	y, one := &s.left.columns[x.dense], &s.left.columns[x.dense+1]
	for i := range block {
		one[i], s.weights[i] = 1, 1
	}
	clear(y[n:])
	of(s, first, y[:n], s.weights[:n])
	clear(s.weights[n:])
	s.weigh()
	products(s.left.columns, s.right.columns, s.dense, s.wide)
	if len(x.groups) == 0 {
		return
	}
	for j := range s.right.columns {
		for i, v := range s.right.columns[j][:n] {
			s.byRow[i*s.wide+j] = v
		}
	}
	for i := range n {
		x.countRow(s, first+i, s.byRow[i*s.wide:(i+1)*s.wide])
	}
}

// weigh multiplies the block by the weights, unless they are 1.
func (s *crossSum) weigh() {
	even := true
	for _, w := range s.weights[:s.left.rows] {
		even = even && w == 1
	}
	s.right.columns = s.left.columns
	if even {
		if s.left.rows < block {
			clear(s.left.columns[s.wide-1][s.left.rows:])
		}
		return
	}
	if s.weighted == nil {
		s.weighted = make([][block]float64, s.wide)
	}
	s.right.columns = s.weighted
	for j := range s.left.columns {
		from, to := &s.left.columns[j], &s.weighted[j]
		for i, w := range &s.weights {
			to[i] = w * from[i]
		}
	}
}

// countRow adds what the indicators of a row have in common with its numbers
// and with one another. The last number is the row's weight.
func (x *rows) countRow(s *crossSum, row int, numbers []float64) {
	s.active = s.active[:0]
	w := numbers[len(numbers)-1]
	for k := range x.groups {
		g := &x.groups[k]
		at := int(g.place[g.codes[row]+1])
		if at < 0 {
			continue
		}
		at -= x.dense
		to := s.mixed[at*s.wide : (at+1)*s.wide]
		for j, v := range numbers {
			to[j] += v
		}
		counts := s.counts[at*s.indicators:]
		for _, other := range s.active {
			counts[other] += w
		}
		s.active = append(s.active, at)
	}
}

// assemble centres the sums.
func (x *rows) assemble(s *crossSum) *gram {
	p, one, y := x.cols(), x.dense+1, x.dense
	g := &gram{n: x.n, total: s.dense[one*s.wide+one], means: make([]float64, p), products: make([]float64, p*p), withTarget: make([]float64, p), flat: make([]bool, p)}
	g.targetMean = s.dense[one*s.wide+y] / g.total
	g.targetSquare = s.dense[y*s.wide+y] - g.total*g.targetMean*g.targetMean
	for j := range p {
		if j < x.dense {
			g.means[j] = s.dense[one*s.wide+j] / g.total
			g.withTarget[j] = s.dense[y*s.wide+j]
		} else {
			g.means[j] = s.mixed[(j-x.dense)*s.wide+one] / g.total
			g.withTarget[j] = s.mixed[(j-x.dense)*s.wide+y]
		}
		g.withTarget[j] -= g.total * g.means[j] * g.targetMean
	}
	for j := range p {
		row := g.products[j*p : j*p+j+1]
		if j < x.dense {
			copy(row, s.dense[j*s.wide:])
		} else {
			at := j - x.dense
			copy(row, s.mixed[at*s.wide:at*s.wide+x.dense])
			copy(row[x.dense:], s.counts[at*s.indicators:at*s.indicators+at])
			row[j] = s.mixed[at*s.wide+one]
		}
		for k, mean := range g.means[:j+1] {
			row[k] -= g.total * g.means[j] * mean
		}
	}
	g.flatten(x)
	for j := range p {
		for k := range j {
			g.products[k*p+j] = g.products[j*p+k]
		}
	}
	return g
}

// flatten clears the columns whose spread is rounding error.
func (g *gram) flatten(x *rows) {
	p := g.cols()
	for j := range p {
		mean := g.means[j]
		if j < x.dense {
			mean += x.shift[j]
		}
		if flat(max(g.products[j*p+j], 0)/g.total, float64(g.n), mean) {
			g.flat[j] = true
			clear(g.products[j*p : j*p+j+1])
			for k := j; k < p; k++ {
				g.products[k*p+j] = 0
			}
			g.withTarget[j] = 0
		}
	}
}

// targets is the source of a target as it is, counted from a point, and of the
// weights of the rows.
func (x *rows) targets(y []float64, from float64) source {
	return func(_ *crossSum, first int, target, weights []float64) {
		for i := range target {
			target[i] = y[first+i] - from
		}
		if x.weights != nil {
			copy(weights, x.weights[first:])
		}
	}
}
