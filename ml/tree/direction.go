package tree

import "slices"

// sortLevels orders levels along the direction in which their shares of the
// classes differ most: Coppersmith, Hong and Hosking 1999, "Partitioning nominal
// attributes in decision trees", Data Mining and Knowledge Discovery 3(2),
// section 3.2. The best division in that order need not be the best of all. The
// direction is found by power iteration.
func (g *grower) sortLevels(bins []bin) {
	classes := g.plan.classes
	direction, next := g.first, g.then
	share := func(b *bin, class int) float64 {
		return g.levels[int(b.code)*classes+class]/b.total() - g.totals[class]/(g.left.weight+g.right.weight)
	}
	// Begin with the level that is furthest from the mean.
	most := -1.0
	for i := range bins {
		far := 0.0
		for class := range classes {
			d := share(&bins[i], class)
			far += d * d
		}
		if far *= bins[i].total(); far > most {
			most = far
			for class := range classes {
				direction[class] = share(&bins[i], class)
			}
		}
	}
	for range 8 {
		clear(next)
		size := 0.0
		for i := range bins {
			along := 0.0
			for class := range classes {
				along += share(&bins[i], class) * direction[class]
			}
			along *= bins[i].total()
			for class := range classes {
				next[class] += along * share(&bins[i], class)
			}
		}
		for _, v := range next {
			size = max(size, v, -v)
		}
		if size == 0 {
			break
		}
		for class := range next {
			next[class] /= size
		}
		direction, next = next, direction
	}
	for i := range bins {
		bins[i].mean = 0
		for class := range classes {
			bins[i].mean += share(&bins[i], class) * direction[class]
		}
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
