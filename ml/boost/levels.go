package boost

import (
	"cmp"
	"slices"
)

// ranked is a level (or what is missing) of a node's rows.
type ranked struct {
	bin  int
	sums sums
	mean float64 // of slopes, mixed with the node's
}

// searchLevels tries sets of levels: each alone where they are few, otherwise those
// of the lowest means and those of the highest. What is missing is one of them.
func (g *grower) searchLevels(v *view, c *column, found *split) {
	levels := g.rank(v, c)
	if len(levels) < 2 {
		return
	}
	var set []ranked
	try := func(sum sums, l2 float64, some []ranked) {
		if gain, ok := g.gain(v, sum, 0, l2); ok && gain > found.gain {
			found.gain, found.sums, set = gain, sum, some
		}
	}
	if len(levels) <= g.Categories.OneHot {
		for k := range levels {
			try(levels[k].sums, g.L2, levels[k:k+1])
		}
	} else {
		l2 := g.L2 + g.Categories.L2
		slices.SortFunc(levels, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.mean, b.mean), a.bin-b.bin) })
		most := min(g.Categories.Most, len(levels)-1)
		var low, high sums
		for k := range most {
			low = low.plus(levels[k].sums)
			try(low, l2, levels[:k+1])
		}
		for k := len(levels) - 1; k >= len(levels)-most; k-- {
			high = high.plus(levels[k].sums)
			try(high, l2, levels[k:])
		}
	}
	if set != nil {
		found.ways = g.waysOf(v, c, set, 2*found.sums.rows > v.sums.rows)
	}
}

// rank lists the levels that the node's rows have.
func (g *grower) rank(v *view, c *column) []ranked {
	levels := make([]ranked, 0, c.bins+1)
	mean := float64(v.sums.first) / float64(max(1, v.sums.second))
	// Smooth is in rows; of second derivatives, as many as rows have on average.
	weight := g.Categories.Smooth * float64(v.sums.second) / float64(max(1, v.sums.rows))
	for b := range c.bins + 1 {
		if s := g.cell(v.cells, c, b); s.rows > 0 {
			m := (float64(s.first) + weight*mean) / (float64(s.second) + weight)
			levels = append(levels, ranked{b, s, m})
		}
	}
	return levels
}

// waysOf is the split of a set that goes left. What it names is the set, or, where
// the set is the larger side, the levels of the node that are not in it: a level
// that the node does not have goes with the larger side.
func (g *grower) waysOf(v *view, c *column, set []ranked, larger bool) ways {
	named := ways{bin: -1, members: true}
	for _, level := range set {
		named.toLeft(level.bin)
	}
	if !larger {
		return named
	}
	others := ways{bin: -1}
	for b := range 256 {
		if b > c.bins || named.goesLeft(uint8(b)) || g.cell(v.cells, c, b).rows == 0 {
			others.toLeft(b)
		}
	}
	return others
}
