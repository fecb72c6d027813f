package tree

import "slices"

// What inside.go does, for more than two classes. A bucket's rows can add to the
// left in too many ways to weigh their corners. But the impurity of a side, times
// its weight, never sinks when rows are added: so the impurity that the sides have
// without the bucket bounds what a cut inside can leave.

// mostInside is how many tallies are kept at once for the codes of suspects.
const mostInside = 1 << 20

// suspectClasses notes a bucket that was just moved to the left when a cut inside
// may be the best.
func (g *grower) suspectClasses(b *bin, k int, before float64, missing, missingLeft bool) {
	if b.rows() < 2 {
		return
	}
	most := before + g.value(&g.right) - g.wholeScore
	if g.plan.loss != Entropy {
		most += b.total()
	}
	if most += sure * (g.left.weight + g.right.weight); most > g.best.gained() {
		g.suspects = append(g.suspects, suspect{column: k, bucket: b.code, missing: missing, missingLeft: missingLeft, most: most})
	}
}

// zoom is the places of a column's codes: each its own in the buckets that are
// looked into; what lies between those shares one.
type zoom struct {
	open  [buckets]bool
	base  [buckets]uint16
	mask  [buckets]uint16
	gap   uint16 // the place of missing values, the last
	shift uint8
}

// lay gives places.
func (z *zoom) lay(c *column) {
	z.shift = c.shift
	last := c.gap >> c.shift
	at := uint16(0)
	for k := range last {
		switch {
		case z.open[k]:
			z.base[k], z.mask[k] = at, 1<<c.shift-1
			at += 1 << c.shift
		case k > 0 && !z.open[k-1]:
			z.base[k], z.mask[k] = at-1, 0
		default:
			z.base[k], z.mask[k] = at, 0
			at++
		}
	}
	z.gap, z.base[last], z.mask[last] = at, at, 0
}

// codes are the least and the greatest code of a place.
func (z *zoom) codes(place uint16, c *column) (least, most uint16) {
	least = c.gap
	for k := range c.gap >> c.shift {
		if place < z.base[k] || place > z.base[k]+z.mask[k] {
			continue
		}
		if z.open[k] {
			code := k<<c.shift + place - z.base[k]
			return code, code
		}
		least, most = min(least, k<<c.shift), (k+1)<<c.shift-1
	}
	return least, most
}

// insideClasses looks for better cuts inside the suspects of a column, and when the
// best cut lies between buckets of it for the codes next to it.
func (g *grower) insideClasses(s *space, n *task, k int) {
	b := &g.best
	c := &g.plan.columns[k]
	room := max(mostInside/g.plan.classes>>c.shift, 2)
	for i := 0; i < len(g.suspects) || b.coarse && b.column == k; {
		var z zoom
		count := 0
		if b.coarse && b.column == k {
			z.open[b.code] = true
			z.open[b.next] = b.next != c.gap>>c.shift
			count = 2
		}
		for ; i < len(g.suspects) && (count < room || g.suspects[i].column != k); i++ {
			if q := &g.suspects[i]; q.column == k && q.most > b.gained() && !z.open[q.bucket] {
				z.open[q.bucket] = true
				count++
			}
		}
		if count == 0 {
			return
		}
		if b.coarse && b.column == k {
			b.reset() // it is found again, exactly
		}
		z.lay(c)
		g.zoomIn(s, n, k, c, &z)
	}
}

// zoomIn looks for a better cut between places.
func (g *grower) zoomIn(s *space, n *task, k int, c *column, z *zoom) {
	defer g.forget()
	codes, classes := s.codes[k], int64(g.plan.classes)
	if need := int(z.gap) + 1; len(g.many) < need {
		g.many = make([]cell, need)
		g.levels = make([]float64, need*g.plan.classes)
	}
	g.codes = g.codes[:0]
	for _, r := range s.ids[n.lo:n.hi] {
		code, row := codes[r], s.cells[r]
		bucket := uint8(code >> z.shift) //nolint:gosec // a column has at most 256 buckets
		at := z.base[bucket] + code&z.mask[bucket]
		if g.many[at].weight == 0 {
			g.codes = append(g.codes, at)
		}
		g.many[at].weight += row.weight
		g.levels[int64(at)*classes+row.sum] += row.total()
	}
	slices.Sort(g.codes)
	places := g.codes
	missing := len(places) > 0 && places[len(places)-1] == z.gap
	if missing {
		places = places[:len(places)-1]
	}
	b := &g.best
	for run := range 2 {
		if run == 1 && !missing {
			break
		}
		g.begin(n)
		if run == 1 {
			g.passCode(z.gap)
		}
		for i, place := range places {
			g.passCode(place)
			if i+1 == len(places) && (run == 1 || !missing) || !g.better() {
				continue
			}
			b.column, b.coarse, b.next = k, false, c.gap
			_, b.code = z.codes(place, c)
			if i+1 < len(places) {
				b.next, _ = z.codes(places[i+1], c)
			}
			b.missingLeft = run == 1 || !missing && g.left.weight >= g.right.weight
		}
	}
}
