package tree

import "math"

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

// judge lets a tree answer the rows that it did not see: NaN for others.
func (o *outOfBag) judge(t *grown, counts []uint16) []float64 {
	if o == nil {
		return nil
	}
	width := max(o.p.classes, 1)
	answers := make([]float64, len(o.sums))
	for i, row := range o.rows {
		if counts[row] > 0 {
			answers[i*width] = math.NaN()
			continue
		}
		n := &t.nodes[0]
		for n.column >= 0 {
			if t.goesLeft(o.p, n, row) {
				n = &t.nodes[n.left]
			} else {
				n = &t.nodes[n.right]
			}
		}
		if o.p.classes == 0 {
			answers[i] = n.value
			continue
		}
		copy(answers[i*width:(i+1)*width], t.shares[int(n.value):])
	}
	return answers
}

// goesLeft tells the way of a row of the table at a node.
func (t *grown) goesLeft(p *plan, n *node, row int) bool {
	c := &p.columns[n.column]
	code := c.codes[row]
	switch {
	case code == c.gap:
		return n.missingLeft
	case n.set >= 0:
		return (t.sets[n.set][code>>5]>>(code&31)&1 == 1) != n.others
	}
	return code <= n.code
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
