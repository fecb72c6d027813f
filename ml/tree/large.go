package tree

// What only large nodes do: histograms of all columns, kept for siblings. What is
// inside buckets is looked at in inside.go.

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
