package tree

// divide moves a node's rows to their sides.
func (g *grower) divide(s *space, n, left, right *task) {
	b := &g.best
	rows := s.ids[n.lo:n.hi]
	var have int
	skip := -1
	if list := s.lists[b.column]; list != nil {
		have, skip = g.divideByList(s, n, list[n.lo:n.hi])
	} else {
		have = g.divideByCode(s, n, rows)
	}
	left.lo, left.hi, right.lo, right.hi = n.lo, n.lo+have, n.lo+have, n.hi
	g.look(s, left)
	g.look(s, right)
	needsLeft, needsRight := g.needsLists(left), g.needsLists(right)
	if s.local && !g.plan.random && (needsLeft || needsRight) {
		s.divideLists(n.lo, n.hi, n.live, skip, needsLeft, needsRight)
	}
}

// needsLists tells whether a child looks at lists.
func (g *grower) needsLists(n *task) bool {
	return !n.final && (n.hi-n.lo > 2 || !g.plan.pairs)
}

// divideByCode divides the rows of a node by a column's codes.
func (g *grower) divideByCode(s *space, n *task, rows []uint32) int {
	if cap(g.sides) < len(rows) {
		g.sides = make([]uint8, len(g.top.ids))
	}
	sides := g.sides[:len(rows)]
	g.sidesOf(s, n, sides)
	if s.local && !g.plan.random {
		for i, r := range rows {
			s.side[uint16(r)] = sides[i] //nolint:gosec // below 2^16
		}
	}
	return divideRows(rows, sides, s.spare)
}

// sidesOf gives the side of each row of a node, by the codes of the cut's column.
func (g *grower) sidesOf(s *space, n *task, sides []uint8) {
	b := &g.best
	c := &g.plan.columns[b.column]
	codes := s.codes[b.column]
	missing := uint8(1)
	if b.missingLeft {
		missing = 0
	}
	rows := s.ids[n.lo:n.hi]
	if g.plan.rare.has(b.column) {
		g.sidesOfRare(s, rows, sides, missing)
		return
	}
	if c.set {
		for _, code := range b.members {
			g.member[code] = 0
		}
		for _, code := range b.others {
			g.member[code] = 1
		}
		g.member[c.gap] = missing
		for i, r := range rows {
			sides[i] = g.member[codes[r]]
		}
		return
	}
	for i, r := range rows {
		code := codes[r]
		side := uint8(0)
		if code > b.code {
			side = 1
		}
		if code == c.gap {
			side = missing
		}
		sides[i] = side
	}
}

// sidesOfRare is sidesOf for a column whose codes are the table's.
func (g *grower) sidesOfRare(s *space, rows []uint32, sides []uint8, missing uint8) {
	b := &g.best
	c := &g.plan.columns[b.column]
	if c.set {
		for _, code := range b.members {
			g.member[code] = 0
		}
		for _, code := range b.others {
			g.member[code] = 1
		}
	} else {
		for code := range c.width() {
			g.member[code] = 0
			if code > int(b.code) {
				g.member[code] = 1
			}
		}
	}
	g.member[c.gap] = missing
	for i, r := range rows {
		sides[i] = g.member[c.codes[s.origin[r]]]
	}
}

// divideByList divides the rows of a node by a column's list, which may be in its
// children's order already: then it is to be skipped.
func (g *grower) divideByList(s *space, n *task, list []uint32) (left, skip int) {
	b := &g.best
	c := &g.plan.columns[b.column]
	mark(list[:b.at], s.side, 0)
	tail := len(list)
	for c.missing && tail > 0 && uint16(list[tail-1]>>16) == c.gap { //nolint:gosec // the high half is the code
		tail--
	}
	mark(list[b.at:tail], s.side, 1)
	if b.missingLeft {
		mark(list[tail:], s.side, 0)
	} else {
		mark(list[tail:], s.side, 1)
	}
	skip, left = b.column, b.at
	if b.missingLeft {
		left += len(list) - tail
	}
	if tail < len(list) && b.missingLeft {
		skip = -1 // the missing ones move before those that go right
	}
	s.divideLists(n.lo, n.hi, g.plan.ids, -1, true, true)
	return left, skip
}
