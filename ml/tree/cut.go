package tree

// Cuts that are drawn: Geurts, Ernst and Wehenkel 2006, "Extremely randomized
// trees", Machine Learning 63(1), table 1. A number is cut anywhere between the
// least and the greatest value of the node, all places equally likely; of a
// category's levels a subset is drawn. What differs: missing values go to the
// side that fits them better.

// span is the least and the greatest code of rows, and how many are missing. The
// loops have no branches, and so nothing to guess wrong.
func span(rows []uint32, codes []uint16, c *column) (least, most, missing int) {
	gap := int(c.gap)
	least, most = gap, -1
	if !c.missing {
		for _, r := range rows {
			code := int(codes[r])
			if code < least {
				least = code
			}
			if code > most {
				most = code
			}
		}
		return least, most, 0
	}
	for _, r := range rows {
		code := int(codes[r])
		if code < least {
			least = code
		}
		if code == gap {
			code = -1
		}
		missing -= code >> 63
		if code > most {
			most = code
		}
	}
	return least, most, missing
}

// below adds the rows up whose code is at most a limit.
func below(rows []uint32, codes []uint16, cells []cell, limit uint16) (left cell) {
	for _, r := range rows {
		c := &cells[r]
		keep := (int64(codes[r]) - int64(limit) - 1) >> 63
		left.sum += c.sum & keep
		left.weight += c.weight & keep
	}
	return left
}

// belowFew is below for few rows: looking their values up costs less than looking
// the limit up.
func belowFew(rows []uint32, codes []uint16, cells []cell, low []float64, limit float64) (left cell) {
	for _, r := range rows {
		c := &cells[r]
		keep := int64(0)
		if low[codes[r]] <= limit {
			keep = -1
		}
		left.sum += c.sum & keep
		left.weight += c.weight & keep
	}
	return left
}

// without adds the rows up whose code is a gap.
func without(rows []uint32, codes []uint16, cells []cell, gap uint16) (missing cell) {
	for _, r := range rows {
		if codes[r] == gap {
			missing = missing.plus(cells[r])
		}
	}
	return missing
}

// drawn draws a place between the values of two codes, and gives the codes that
// it lies between.
func (c *column) drawn(least, most uint16, d *dice) (limit, next uint16) {
	limit = c.greatest(least, most, c.place(least, most, d))
	return limit, limit + 1
}

// place draws a place between the values of two codes, below the greater.
func (c *column) place(least, most uint16, d *dice) float64 {
	low, high := c.low[least], c.low[most]
	if at := low + d.unit()*(high-low); at < high {
		return at
	}
	return low
}

// fewDrawn is up to how many rows belowFew is used.
const fewDrawn = 64

// tryFew draws a cut of a column without missing values in a node of few rows.
func (g *grower) tryFew(s *space, n *task, k int, c *column, least, most uint16) {
	limit := c.place(least, most, &n.dice)
	left := belowFew(s.ids[n.lo:n.hi], s.codes[k], s.cells, c.low, limit)
	if have := left.rows(); have < g.plan.minRows || n.hi-n.lo-have < g.plan.minRows {
		return
	}
	whole, w := n.total.total(), left.total()
	d := float64(left.sum) - float64(n.total.sum)/whole*w
	b := &g.best
	if num, den := d*d, w*(whole-w); num*b.den > b.num*den {
		b.num, b.den, b.left, b.column, b.coarse = num, den, left, k, false
		b.drawn, b.limit, b.code, b.next = true, limit, least, most
		b.missingLeft = 2*w >= whole
	}
}

// tryRandom draws a cut of a column.
func (g *grower) tryRandom(s *space, n *task, k int, c *column) bool {
	codes := s.codes[k]
	if codes == nil {
		return false
	}
	if c.set {
		return g.tryRandomSet(s, n, k, c)
	}
	rows := s.ids[n.lo:n.hi]
	first, last, gaps := span(rows, codes, c)
	if last < 0 || first == last && gaps == 0 {
		return false
	}
	least, most, missing := uint16(first), uint16(last), gaps > 0 //nolint:gosec // codes
	if len(rows) <= fewDrawn && !missing && g.plan.classes == 0 && g.plan.curve() == nil {
		g.tryFew(s, n, k, c, least, most)
		return true
	}
	limit, next := least, c.gap
	if least < most {
		limit, next = c.drawn(least, most, &n.dice)
	}
	var left, gap cell
	if g.plan.classes > 0 {
		left, gap = g.belowClasses(rows, codes, s.cells, limit, c.gap)
	} else {
		left = below(rows, codes, s.cells, limit)
		if missing {
			gap = without(rows, codes, s.cells, c.gap)
		}
	}
	if g.offer(n, left, gap, missing, least < most) {
		b := &g.best
		b.column, b.code, b.next, b.coarse, b.drawn = k, limit, next, false, false
	}
	return true
}

// offer weighs a cut, with missing values on either side.
func (g *grower) offer(n *task, left, gap cell, missing, twoSided bool) bool {
	if g.plan.classes > 0 {
		return g.offerClasses(n, left, gap, missing, twoSided)
	}
	better := false
	one := []bin{{cell: left}}
	right := n.total.minus(left)
	if at, _ := g.scanBins(one, cell{}, right, n.total, false); at >= 0 {
		better = true
		g.best.missingLeft = !missing && 2*left.total() >= n.total.total()
	}
	if missing && twoSided {
		if at, _ := g.scanBins(one, gap, right.minus(gap), n.total, true); at >= 0 {
			better, g.best.missingLeft = true, true
		}
	}
	return better
}

// tryRandomSet draws a subset of the levels that the node has.
func (g *grower) tryRandomSet(s *space, n *task, k int, c *column) bool {
	var gap cell
	if g.plan.classes > 0 {
		g.bins, gap = g.collectClasses(s, n, k, c)
	} else {
		g.bins, gap, _ = g.collect(s, n, k, c)
	}
	bins := g.bins
	if len(bins) == 0 || len(bins) == 1 && gap.weight == 0 {
		g.forget()
		return false
	}
	// A bit per level, until both sides have one.
	chosen := 0
	for chosen == 0 || chosen == len(bins) && len(bins) > 1 {
		chosen = 0
		var word uint64
		for i := range bins {
			if i&63 == 0 {
				word = n.dice.next()
			}
			bins[i].mean = float64(word & 1)
			word >>= 1
			chosen += int(1 - bins[i].mean)
		}
		if len(bins) == 1 {
			bins[0].mean, chosen = 0, 1
		}
	}
	var left cell
	if g.plan.classes > 0 {
		left = g.leftClasses(bins)
	} else {
		for i := range bins {
			if bins[i].mean == 0 {
				left = left.plus(bins[i].cell)
			}
		}
	}
	if g.offer(n, left, gap, gap.weight > 0, len(bins) > 1) {
		b := &g.best
		b.column, b.coarse, b.drawn = k, false, false
		b.members, b.others = b.members[:0], b.others[:0]
		for i := range bins {
			if bins[i].mean == 0 {
				b.members = append(b.members, bins[i].code)
			} else {
				b.others = append(b.others, bins[i].code)
			}
		}
	}
	return true
}
