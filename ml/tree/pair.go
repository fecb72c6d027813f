package tree

// A third of all nodes that are split have two rows. Every cut of them is the
// same, so the first column in which they differ will do: there is nothing to
// search, and their lists need not be kept in order.

// growPair splits a node of two rows whose targets differ.
func (g *grower) growPair(s *space, n *task, at int32) {
	first, second := s.ids[n.lo], s.ids[n.lo+1]
	k, found := g.differs(s, n, first, second)
	if !found {
		g.leaf(s, n, &g.nodes[at])
		return
	}
	c := &g.plan.columns[k]
	b := &g.best
	b.column, b.code, b.next = int(k), g.code(s, k, first), g.code(s, k, second)
	if b.code > b.next {
		first, second = second, first
		b.code, b.next = b.next, b.code
	}
	if g.plan.random && !c.set && b.next != c.gap {
		b.code, b.next = c.drawn(b.code, b.next, &n.dice)
	}
	b.left = s.cells[first]
	right := s.cells[second]
	b.missingLeft = b.next != c.gap && b.left.total() >= right.total()
	if c.set {
		b.members, b.others = append(b.members[:0], b.code), b.others[:0]
		if b.next != c.gap {
			b.others = append(b.others, b.next)
		}
	}
	w, v := b.left.total(), right.total()
	d := float64(b.left.sum) - float64(n.total.sum)/n.total.total()*w
	b.num, b.den = d*d, w*v
	g.record(at, n)
	if g.plan.inner {
		g.leaf(s, n, &g.nodes[at])
	}
	g.nodes[at].left, g.nodes[at].right = at+1, at+2
	g.nodes = append(g.nodes,
		node{column: -1, set: -1, weight: w, value: s.y[first]},
		node{column: -1, set: -1, weight: v, value: s.y[second]})
}

// code is the code of a row in a column.
func (g *grower) code(s *space, k uint16, row uint32) uint16 {
	if codes := s.codes[k]; codes != nil {
		return codes[row]
	}
	return g.plan.columns[k].codes[s.origin[row]]
}

// differs finds a column in which two rows differ; which comes first is drawn.
func (g *grower) differs(s *space, n *task, first, second uint32) (column uint16, found bool) {
	r := g.plan.rare
	g.differ = g.differ[:0]
	if r != nil {
		g.differ = r.differ(g.differ, s.origin[first], s.origin[second])
	}
	all := len(n.live) + len(g.differ)
	start := n.dice.below(max(all, 1))
	for i := range all {
		if i += start; i >= all {
			i -= all
		}
		if i >= len(n.live) {
			return r.places[g.differ[i-len(n.live)]].column, true
		}
		k := n.live[i]
		if codes := s.codes[k]; codes != nil && codes[first] != codes[second] {
			return k, true
		}
	}
	return 0, false
}
