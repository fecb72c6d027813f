package tree

// What only large nodes do: histograms of all columns, kept for siblings, and the
// second look inside buckets.

// shared is how many rows a node has at least whose columns the processors of a
// lone tree share.
const shared = 1 << 15

// histogram is the memory of one.
func (g *grower) histogram() []cell {
	if last := len(g.room) - 1; last >= 0 {
		h := g.room[last]
		g.room = g.room[:last]
		clear(h)
		return h
	}
	return make([]cell, g.width)
}

// counted makes the histogram of all live columns of a node.
func (g *grower) counted(s *space, n *task) []cell {
	h := g.histogram()
	rows := s.ids[n.lo:n.hi]
	one := func(i int) {
		if i == len(n.live) {
			if r := g.plan.rare; r != nil {
				countEntries(h[g.width-len(r.places):], rows, s.origin, r, s.cells)
			}
			return
		}
		k := n.live[i]
		c := &g.plan.columns[k]
		of := h[g.offsets[k] : g.offsets[k]+c.width()]
		if len(of) > buckets {
			countMany(of, rows, s.codes[k], s.cells)
			return
		}
		var few [buckets]cell
		count(&few, rows, s.codes[k], s.cells, c.shift)
		copy(of, few[:])
	}
	if g.plan.alone && len(rows) >= shared {
		inParallel(len(n.live)+1, func() func(int) { return one })
		return h
	}
	for i := range len(n.live) + 1 {
		one(i)
	}
	return h
}

// wants tells whether a node is worth a histogram of all columns.
func (g *grower) wants(s *space, rows int) bool {
	return !s.local && rows > g.plan.local && g.plan.draw >= len(g.plan.columns) && g.plan.classes == 0 && !g.plan.random
}

// inherit gives the children their histograms: the smaller is counted, the
// larger's is what the parent's has beyond.
func (g *grower) inherit(s *space, n, left, right *task) {
	smaller, larger := left, right
	if left.hi-left.lo > right.hi-right.lo {
		smaller, larger = right, left
	}
	if !g.wants(s, larger.hi-larger.lo) {
		g.room = append(g.room, n.hist)
		return
	}
	smaller.live = n.live
	h := g.counted(s, smaller)
	larger.hist = n.hist
	subtract(larger.hist, h)
	if g.wants(s, smaller.hi-smaller.lo) {
		smaller.hist = h
		return
	}
	g.room = append(g.room, h)
}

// refine looks for the best cut inside the two buckets that a cut lies between.
func (g *grower) refine(s *space, n *task) {
	b := &g.best
	c := &g.plan.columns[b.column]
	b.coarse = false
	below, above := b.code, b.next
	nothing := above == c.gap>>c.shift
	size := uint16(1) << c.shift
	b.code, b.next = (below+1)<<c.shift-1, above<<c.shift
	if g.plan.classes > 0 {
		g.refineClasses(s, n, c, below, above)
		return
	}
	codes := s.codes[b.column]
	clear(g.fine[:2*int(size)])
	for _, r := range s.ids[n.lo:n.hi] {
		code := codes[r]
		at := code & (size - 1)
		switch code >> c.shift {
		case below:
		case above:
			at += size
		default:
			continue
		}
		g.fine[at] = g.fine[at].plus(s.cells[r])
	}
	start := b.left
	bins := g.bins[:0]
	for i, cell := range g.fine[:2*int(size)] {
		if cell.weight == 0 {
			continue
		}
		code := uint16(i)&(size-1) + below<<c.shift //nolint:gosec // below 512
		if i >= int(size) {
			if nothing {
				break
			}
			code += (above - below) << c.shift
		} else {
			start = start.minus(cell)
		}
		bins = append(bins, bin{cell: cell, code: code})
	}
	g.bins = bins
	g.settle(n, bins, start)
}

// settle takes the cut between fine bins that is better than the one between the
// buckets, or that one, with the codes next to it.
func (g *grower) settle(n *task, bins []bin, start cell) {
	b := &g.best
	for i := range bins { // the codes of the cut between the buckets
		if bins[i].code <= b.code && (i+1 == len(bins) || bins[i+1].code > b.code) {
			b.code = bins[i].code
			if i+1 < len(bins) {
				b.next = bins[i+1].code
			}
			break
		}
	}
	right := n.total.minus(start)
	for i := range bins {
		right = right.minus(bins[i].cell)
	}
	right.weight = 0 // the last bin has others behind it, or none: it is no cut here
	if at, _ := g.scanBins(bins, start, right, n.total, b.missingLeft); at >= 0 {
		b.code, b.next = bins[at].code, bins[at+1].code
	}
}
