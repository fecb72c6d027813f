package tree

import (
	"math"
	"slices"
)

// mostJudged bounds the rows that the error of rows not drawn is measured on.
const mostJudged = 10_000

// outOfBag keeps what trees say of the rows that they did not see.
type outOfBag struct {
	p      *plan
	rows   []int
	sums   []float64 // per row and class
	counts []int
}

// newOutOfBag gives nil where every tree sees every row.
func newOutOfBag(s settings, p *plan) *outOfBag {
	if !s.again && s.rowsOf(p.rows) == p.rows {
		return nil
	}
	n := min(p.rows, mostJudged)
	o := &outOfBag{p: p, rows: make([]int, n), sums: make([]float64, n*max(p.classes, 1)), counts: make([]int, n)}
	for i := range o.rows {
		o.rows[i] = i * p.rows / n
	}
	return o
}

// judge lets a tree answer the rows that it did not see: NaN for others. All rows
// go down a level at a time: what one of them waits for does not hold up the next.
// What it gives is the bag's, until its next tree.
func (o *outOfBag) judge(t *grown, b *bag) []float64 {
	if o == nil {
		return nil
	}
	width := max(o.p.classes, 1)
	counts := b.counts
	b.answers = slices.Grow(b.answers[:0], len(o.sums))[:len(o.sums)]
	b.walkers = slices.Grow(b.walkers[:0], len(o.rows))
	answers, walkers := b.answers, b.walkers
	for i, row := range o.rows {
		if counts[row] > 0 {
			answers[i*width] = math.NaN()
			continue
		}
		walkers = append(walkers, walker{row: int32(row), answer: int32(i)}) //nolint:gosec // rows are below 2^25
	}
	for len(walkers) > 0 {
		on := 0
		for _, w := range walkers {
			n := &t.nodes[w.at]
			if n.column >= 0 {
				w.at = t.next(o.p, n, w.row)
				walkers[on] = w
				on++
				continue
			}
			if o.p.classes == 0 {
				answers[w.answer] = n.value
				continue
			}
			copy(answers[int(w.answer)*width:(int(w.answer)+1)*width], t.shares[int(n.value):])
		}
		walkers = walkers[:on]
	}
	return answers
}

// walker is a row on its way down a tree.
type walker struct{ row, answer, at int32 }

// next is the child of a finished tree's node that a row of the table goes to.
func (t *grown) next(p *plan, n *node, row int32) int32 {
	c := &p.columns[n.column]
	code := c.codes[row]
	to, other := n.left, n.right
	switch {
	case code == c.gap:
		if !n.missingLeft {
			return other
		}
		return to
	case n.set >= 0:
		if (t.sets[n.set][code>>5]>>(code&31)&1 == 1) == n.others {
			return other
		}
		return to
	case code > n.code && code < n.next: // no row of the node had it
		if c.low[code] > n.value {
			return other
		}
		return to
	}
	if code > n.code { // a coin's flip: without a branch
		to = other
	}
	return to
}

// take adds a tree's answers and gives the error so far.
func (o *outOfBag) take(answers []float64) float64 {
	width := max(o.p.classes, 1)
	loss, weight := 0.0, 0.0
	for i, row := range o.rows {
		if !math.IsNaN(answers[i*width]) {
			o.counts[i]++
			for k := range width {
				o.sums[i*width+k] += answers[i*width+k]
			}
		}
		if o.counts[i] == 0 {
			continue
		}
		w := 1.0
		if o.p.weights != nil {
			w = o.p.weights[row]
		}
		weight += w
		loss += w * o.loss(o.sums[i*width:(i+1)*width], float64(o.counts[i]), o.p.y[row])
	}
	if weight == 0 {
		return 0
	}
	return loss / weight
}

// loss is the squared error, or 1 for a wrong class.
func (o *outOfBag) loss(sums []float64, trees, y float64) float64 {
	switch {
	case o.p.classes > 0:
		best := 0
		for k, v := range sums {
			if v > sums[best] {
				best = k
			}
		}
		if best == int(y) {
			return 0
		}
		return 1
	case o.p.loss == Gini || o.p.loss == Entropy:
		if (sums[0]/trees > 0.5) == (y == 1) {
			return 0
		}
		return 1
	}
	d := sums[0]/trees - y
	return d * d
}
