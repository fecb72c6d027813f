package tree

// Drawn cuts of more than two classes.

// belowClasses prepares the tallies for a drawn cut.
func (g *grower) belowClasses(rows []uint32, codes []uint16, cells []cell, limit, gap uint16) (left, missing cell) {
	g.begin(&task{total: sumOf(rows, cells)})
	for _, r := range rows {
		code, c := codes[r], cells[r]
		switch {
		case code == gap:
			missing.weight += c.weight
		case code <= limit:
			left.weight += c.weight
			g.pass(c.sum, c.total(), 1)
		}
	}
	if missing.weight > 0 {
		g.codes = g.codes[:0]
		for _, r := range rows {
			if codes[r] == gap {
				c := cells[r]
				if g.many[0].weight == 0 {
					g.codes = append(g.codes, 0)
				}
				g.many[0].weight += c.weight
				g.levels[c.sum] += c.total()
			}
		}
	}
	return left, missing
}

func sumOf(rows []uint32, cells []cell) cell {
	var total cell
	for _, r := range rows {
		total.weight += cells[r].weight
	}
	return total
}

// leftClasses prepares the tallies for a drawn subset, and leaves the missing
// values where offerClasses looks for them.
func (g *grower) leftClasses(bins []bin) cell {
	var left, all cell
	for _, code := range g.codes {
		all.weight += g.many[code].weight
	}
	g.begin(&task{total: all})
	for i := range bins {
		if bins[i].mean == 0 {
			left.weight += bins[i].weight
			g.passCode(bins[i].code)
		}
	}
	return left
}

// offerClasses weighs what belowClasses or leftClasses have prepared.
func (g *grower) offerClasses(n *task, left, _ cell, missing, twoSided bool) bool {
	defer g.forget()
	better := g.better()
	if better {
		g.best.missingLeft = !missing && 2*left.total() >= n.total.total()
	}
	if missing && twoSided {
		g.passCode(g.codes[len(g.codes)-1]) // that of missing values is the greatest
		if g.better() {
			better, g.best.missingLeft = true, true
		}
	}
	return better
}
