package tree

import "slices"

// cut is how a node is split: the best found so far.
type cut struct {
	num, den    float64 // num/den is what is gained, up to a factor of the node; den > 0
	column      int     // -1: none
	code, next  uint16  // the greatest code that goes left, the least that goes right
	coarse      bool    // code and next are buckets
	drawn       bool    // code and next are the node's least and greatest, the cut is at limit
	limit       float64
	missingLeft bool
	left        cell     // not of a listed one until the search is over
	listed      bool     // of a list without missing values
	at          int      // of a list: how many entries go left, but missing ones
	members     []uint16 // of a category: levels that go left, of those that the node has
	others      []uint16 // and that go right
}

func (c *cut) reset() {
	c.num, c.den, c.column, c.listed, c.drawn = -1, 1, -1, false, false // a cut that gains nothing is one, too: it may lead to one that does
}

// bin is the rows of a node with the same code.
type bin struct {
	cell
	code uint16
	mean float64
}

// search finds the best cut of a node among columns that it draws, and strikes
// those off live that are constant there.
func (g *grower) search(s *space, n *task) {
	g.best.reset()
	g.suspects = g.suspects[:0]
	if g.plan.draw < len(g.plan.columns) {
		g.searchSome(s, n)
		return
	}
	// Equal cuts are common in small nodes: which column comes first must vary.
	constant := 0
	rare := g.meet(s, n)
	all := len(n.live) + len(g.groups)
	scans := s.local && g.plan.scans
	if scans {
		g.found = slices.Grow(g.found[:0], len(n.live))[:len(n.live)]
		s.scanLists(n.lo, n.hi, n.live, n.total, g.plan.minRows, g.found)
	}
	start := n.dice.below(max(all, 1))
	whole := n.total.total()
	mean := float64(n.total.sum) / whole
	for i := range all {
		if i += start; i >= all {
			i -= all
		}
		if i >= len(n.live) {
			met := g.groups[i-len(n.live)]
			first := g.met[met.lo]
			if one := &g.plan.rare.places[first]; met.hi-met.lo == 1 && one.number && g.plan.scans {
				g.tryTwo(n, whole, mean, one, rare[first])
			} else {
				g.tryRare(n, g.met[met.lo:met.hi], rare)
			}
			continue
		}
		k := n.live[i]
		if scans && s.lists[k] != nil {
			if !g.tryFound(s, n, int(k), &g.found[i]) {
				g.order[constant] = k
				constant++
			}
			continue
		}
		if !g.try(s, n, int(k)) {
			g.order[constant] = k
			constant++
		}
	}
	g.forgetRare(n)
	if constant > 0 {
		for _, k := range g.order[:constant] {
			g.constant[k] = true
		}
		live := g.live(n.depth)
		for _, k := range n.live {
			if !g.constant[k] {
				live = append(live, k)
			}
			g.constant[k] = false
		}
		n.live = live
	}
}

// searchSome draws columns, as scikit-learn does: constant ones are drawn as well,
// but at least one that is none is looked at.
func (g *grower) searchSome(s *space, n *task) {
	live := append(g.live(n.depth), n.live...)
	open, constant := len(live), len(g.plan.columns)-len(live)
	found := false
	g.drawn = g.drawn[:0]
	for seen := 0; open > 0 && (seen < g.plan.draw || !found); seen++ {
		at := n.dice.below(open + constant)
		if at >= open {
			constant--
			continue
		}
		k := live[at]
		open--
		live[at], live[open] = live[open], k
		if s.lists[k] != nil && g.plan.scans {
			if list := s.lists[k]; list[n.lo]>>16 != list[n.hi-1]>>16 {
				found = true
				g.drawn = append(g.drawn, k)
				continue
			}
		} else if g.try(s, n, int(k)) {
			found = true
			continue
		}
		live[open] = live[len(live)-1]
		live = live[:len(live)-1]
	}
	n.live = live
	if len(g.drawn) == 0 {
		return
	}
	g.found = slices.Grow(g.found[:0], len(g.drawn))[:len(g.drawn)]
	s.scanLists(n.lo, n.hi, g.drawn, n.total, g.plan.minRows, g.found)
	for i, k := range g.drawn {
		g.tryFound(s, n, int(k), &g.found[i])
	}
}

// try looks for a better cut by a column; false when it is constant in the node.
func (g *grower) try(s *space, n *task, k int) bool {
	c := &g.plan.columns[k]
	switch {
	case s.lists[k] != nil:
		return g.tryList(s, n, k, c)
	case g.plan.random:
		return g.tryRandom(s, n, k, c)
	case s.codes[k] == nil:
		return false
	case g.plan.classes > 0:
		return g.tryClasses(s, n, k, c)
	}
	var found bool
	var gap cell
	g.bins, gap, found = g.collect(s, n, k, c)
	if !found {
		return false
	}
	g.chooseBin(c, k, n.total, gap, !s.local && c.shift > 0)
	return true
}

// tryList looks at a sorted list. What is constant has the same code at both ends.
func (g *grower) tryList(s *space, n *task, k int, c *column) bool {
	list := s.lists[k][n.lo:n.hi]
	if list[0]>>16 == list[len(list)-1]>>16 {
		return false
	}
	if g.plan.classes > 0 {
		return g.listClasses(s, n, k, c, list)
	}
	var gap cell
	g.bins, gap = binsOf(g.bins[:0], list, s.fixed, c.gap)
	g.chooseBin(c, k, n.total, gap, false)
	return true
}

// tryFound weighs the best cut of a list that was scanned.
func (g *grower) tryFound(s *space, n *task, k int, f *found) bool {
	c := &g.plan.columns[k]
	if c.missing && s.lists[k][n.hi-1]>>16 == uint32(c.gap) {
		return g.tryList(s, n, k, c)
	}
	b := &g.best
	if f.score < 0 {
		return g.plan.minRows > 1 && s.lists[k][n.lo]>>16 != s.lists[k][n.hi-1]>>16
	}
	if f.score*b.den > b.num {
		b.num, b.den, b.at, b.listed = f.score, 1, int(f.at), true
		b.column, b.coarse = k, false
		list := s.lists[k][n.lo:n.hi]
		b.code, b.next = uint16(list[f.at-1]>>16), uint16(list[f.at]>>16) //nolint:gosec // the high half is the code
	}
	return true
}

// binsOf makes bins of a sorted list.
func binsOf(bins []bin, list []uint32, cells *[1 << 16]cell, gap uint16) (of []bin, missing cell) {
	for _, e := range list {
		code, c := uint16(e>>16), cells[uint16(e)] //nolint:gosec // halves
		switch {
		case code == gap:
			missing = missing.plus(c)
		case len(bins) > 0 && bins[len(bins)-1].code == code:
			bins[len(bins)-1].cell = bins[len(bins)-1].plus(c)
		default:
			bins = append(bins, bin{cell: c, code: code})
		}
	}
	return bins, missing
}

// chooseBin looks for the best cut between bins. Levels of a category come in the
// order of their means, which has the best of all divisions into two sets among
// its cuts, for squares and for two classes (Fisher 1958, "On grouping for
// maximum homogeneity", section 2; Breiman, Friedman, Olshen and Stone 1984,
// Classification and Regression Trees, section 4.2.2).
func (g *grower) chooseBin(c *column, k int, total, gap cell, coarse bool) {
	bins := g.bins
	if c.set {
		for i := range bins {
			bins[i].mean = float64(bins[i].sum) / bins[i].total()
		}
		slices.SortFunc(bins, func(a, b bin) int {
			switch {
			case a.mean < b.mean:
				return -1
			case a.mean > b.mean:
				return 1
			}
			return int(a.code) - int(b.code)
		})
	}
	at, missingLeft := g.scanBins(bins, cell{}, gap, total, false)
	if gap.weight > 0 {
		if other, left := g.scanBins(bins, gap, cell{}, total, true); other >= 0 {
			at, missingLeft = other, left
		}
	}
	if coarse && !c.set {
		g.suspectBins(bins, k, cell{}, total, gap.weight > 0, false)
		if gap.weight > 0 {
			g.suspectBins(bins, k, gap, total, true, true)
		}
	}
	if at < 0 {
		return
	}
	b := &g.best
	b.column, b.coarse, b.missingLeft, b.at, b.listed = k, coarse, missingLeft, 0, false
	for i := range bins[:at+1] {
		b.at += bins[i].rows()
	}
	if gap.weight == 0 {
		// Nothing says where missing values belong: where more are.
		b.missingLeft = 2*b.left.total() >= total.total()
	}
	if c.set {
		b.members, b.others = b.members[:0], b.others[:0]
		for i := range bins {
			if i <= at {
				b.members = append(b.members, bins[i].code)
			} else {
				b.others = append(b.others, bins[i].code)
			}
		}
		return
	}
	b.code, b.next = bins[at].code, c.gap
	if coarse {
		b.next = c.gap >> c.shift
	}
	if at+1 < len(bins) {
		b.next = bins[at+1].code
	}
}

// scanBins looks for the best cut between bins, where some rows are on the left
// already and others on the right. It gives the last bin that goes left, -1 when
// no cut is better than the best so far.
func (g *grower) scanBins(bins []bin, left, right, total cell, missingLeft bool) (at int, goesLeft bool) {
	b := &g.best
	at = -1
	n := len(bins) - 1
	if right.weight > 0 {
		n++ // all bins against the missing values
	}
	whole := total.total()
	mean := float64(total.sum) / whole
	curve := g.plan.curve()
	rows := total.rows()
	for i := range bins[:max(n, 0)] {
		left = left.plus(bins[i].cell)
		if have := left.rows(); have < g.plan.minRows || rows-have < g.plan.minRows {
			continue
		}
		w := left.total()
		var num, den float64
		if curve == nil {
			d := float64(left.sum) - mean*w
			num, den = d*d, w*(whole-w)
		} else {
			num, den = g.bend(curve, left)+g.bend(curve, total.minus(left))-g.bend(curve, total), 1
		}
		if num*b.den > b.num*den {
			b.num, b.den, b.left, at = num, den, left, i
		}
	}
	return at, missingLeft
}

// bend is what a side contributes to the gain.
func (g *grower) bend(curve func(weight, mean float64) float64, c cell) float64 {
	return curve(c.total(), g.steps.mean(c))
}
