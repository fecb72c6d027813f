package tree

import "slices"

// More than two classes. A cut's sides are tallied class by class; what a row
// changes is the entry of its class, so that a step costs the same for any number
// of classes.

// tally is the weight of each class on one side of a cut.
type tally struct {
	of     []float64
	weight float64
	score  float64 // sum of squares, or of x·log(x)
	rows   int
}

// classCounts is the memory of a grower for classes.
type classCounts struct {
	left, right tally
	levels      []float64 // per code and class
	codes       []uint16  // that rows have
	first, then []float64 // directions
}

func (g *grower) prepare(p *plan, most int) {
	if p.classes == 0 {
		return
	}
	g.left.of, g.right.of = make([]float64, p.classes), make([]float64, p.classes)
	g.levels = make([]float64, max(most, 2*buckets)*p.classes)
	g.many = make([]cell, max(most, 2*buckets))
	g.first, g.then = make([]float64, p.classes), make([]float64, p.classes)
}

func (g *grower) term(x float64) float64 {
	if g.plan.loss == Entropy {
		return xLogX(x)
	}
	return x * x
}

// value is what a side contributes to the gain.
func (g *grower) value(t *tally) float64 {
	if g.plan.loss == Entropy {
		return t.score - xLogX(t.weight)
	}
	if t.weight <= 0 {
		return 0
	}
	return t.score / t.weight
}

// put adds weight of a class to a side.
func (g *grower) put(t *tally, class int64, weight float64, rows int) {
	before := t.of[class]
	t.of[class] = before + weight
	t.score += g.term(before+weight) - g.term(before)
	t.weight += weight
	t.rows += rows
}

// pass moves a row, or several of a class, from the right to the left.
func (g *grower) pass(class int64, weight float64, rows int) {
	g.put(&g.left, class, weight, rows)
	g.put(&g.right, class, -weight, -rows)
}

// begin puts all rows on the right.
func (g *grower) begin(n *task) {
	clear(g.left.of)
	copy(g.right.of, g.totals)
	g.left.weight, g.left.score, g.left.rows = 0, 0, 0
	g.right.weight, g.right.rows, g.right.score = n.total.total(), n.total.rows(), 0
	for _, w := range g.totals {
		g.right.score += g.term(w)
	}
}

// totalClasses adds the classes of a node up.
func (g *grower) totalClasses(s *space, n *task) {
	clear(g.totals)
	for _, r := range s.ids[n.lo:n.hi] {
		c := s.cells[r]
		g.totals[c.sum] += c.total()
	}
	g.begin(n)
	g.wholeScore = g.value(&g.right)
}

// better weighs the cut between what is left and right now.
func (g *grower) better() bool {
	if g.left.rows < g.plan.minRows || g.right.rows < g.plan.minRows {
		return false
	}
	gained := g.value(&g.left) + g.value(&g.right) - g.wholeScore
	// Rounding must not make noise of a gain that is nothing.
	if gained < 1e-12*g.left.weight {
		gained = max(gained, 0)
	}
	if b := &g.best; gained*b.den > b.num {
		b.num, b.den = gained, 1
		b.left = cell{0, int64(g.left.weight) << rowBits}
		return true
	}
	return false
}

// listClasses looks at a sorted list, with missing values on either side.
func (g *grower) listClasses(_ *space, n *task, k int, c *column, list []uint32) bool {
	cells := g.local.fixed
	present := len(list)
	for c.missing && present > 0 && uint16(list[present-1]>>16) == c.gap { //nolint:gosec // the high half is the code
		present--
	}
	for run := range 2 {
		missingLeft := run == 1
		if missingLeft && present == len(list) {
			break
		}
		g.begin(n)
		if missingLeft {
			for _, e := range list[present:] {
				row := cells[uint16(e)] //nolint:gosec // the low half is the row
				g.pass(row.sum, row.total(), 1)
			}
		}
		for i, e := range list[:present] {
			row := cells[uint16(e)] //nolint:gosec // the low half is the row
			g.pass(row.sum, row.total(), 1)
			ends := i+1 == present
			if ends && (missingLeft || present == len(list)) || !ends && list[i+1]>>16 == e>>16 || !g.better() {
				continue
			}
			b := &g.best
			b.column, b.coarse, b.at, b.code, b.next = k, false, i+1, uint16(e>>16), c.gap //nolint:gosec // the high half is the code
			if !ends {
				b.next = uint16(list[i+1] >> 16) //nolint:gosec // the high half is the code
			}
			b.missingLeft = missingLeft || present == len(list) && g.left.weight >= g.right.weight
		}
	}
	return true
}

// collectClasses counts a node's rows by code and class.
func (g *grower) collectClasses(s *space, n *task, k int, c *column) (bins []bin, gap cell) {
	shift := c.shift
	if s.local {
		shift = 0
	}
	codes, last, classes := s.codes[k], c.gap>>shift, int64(g.plan.classes)
	g.codes = g.codes[:0]
	for _, r := range s.ids[n.lo:n.hi] {
		code, row := codes[r]>>shift, s.cells[r]
		if g.many[code].weight == 0 {
			g.codes = append(g.codes, code)
		}
		g.many[code].weight += row.weight
		g.levels[int64(code)*classes+row.sum] += row.total()
	}
	slices.Sort(g.codes)
	bins = g.bins[:0]
	for _, code := range g.codes {
		if code == last {
			gap = g.many[code]
		} else {
			bins = append(bins, bin{cell: g.many[code], code: code})
		}
	}
	return bins, gap
}

// forget empties what collectClasses has counted.
func (g *grower) forget() {
	for _, code := range g.codes {
		g.many[code] = cell{}
		clear(g.levels[int(code)*g.plan.classes : (int(code)+1)*g.plan.classes])
	}
	g.codes = g.codes[:0]
}

// passCode moves all rows of a code to the left.
func (g *grower) passCode(code uint16) {
	for class, w := range g.levels[int(code)*g.plan.classes : (int(code)+1)*g.plan.classes] {
		if w != 0 {
			g.pass(int64(class), w, 0)
		}
	}
	rows := g.many[code].rows()
	g.left.rows += rows
	g.right.rows -= rows
}

// tryClasses looks at a column of codes.
func (g *grower) tryClasses(s *space, n *task, k int, c *column) bool {
	defer g.forget()
	var gap cell
	g.bins, gap = g.collectClasses(s, n, k, c)
	bins := g.bins
	if len(bins) == 0 || len(bins) == 1 && gap.weight == 0 {
		return false
	}
	if c.set {
		g.sortLevels(bins)
	}
	coarse := !s.local && c.shift > 0
	last := c.gap
	if coarse {
		last >>= c.shift
	}
	at, missingLeft := -1, false
	for run := range 2 {
		if run == 1 && gap.weight == 0 {
			break
		}
		g.begin(n)
		if run == 1 {
			g.passCode(last)
		}
		for i := range bins {
			before := g.value(&g.left)
			g.passCode(bins[i].code)
			if coarse && !c.set {
				g.suspectClasses(&bins[i], k, before, gap.weight > 0, run == 1)
			}
			if i+1 == len(bins) && (run == 1 || gap.weight == 0) || !g.better() {
				continue
			}
			at, missingLeft = i, run == 1 || gap.weight == 0 && g.left.weight >= g.right.weight
		}
	}
	if at < 0 {
		return true
	}
	b := &g.best
	b.column, b.coarse, b.missingLeft = k, coarse, missingLeft
	if c.set {
		b.members, b.others = b.members[:0], b.others[:0]
		for i := range bins {
			if i <= at {
				b.members = append(b.members, bins[i].code)
			} else {
				b.others = append(b.others, bins[i].code)
			}
		}
		return true
	}
	b.code, b.next = bins[at].code, last
	if at+1 < len(bins) {
		b.next = bins[at+1].code
	}
	return true
}
