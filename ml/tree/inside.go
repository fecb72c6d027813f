package tree

import "math"

// A large node's rows are counted into buckets of several codes, and the best cut
// may be inside one. A bucket that may hold it is found without looking inside:
// what a cut gains is a convex function of the weight and the sum that it has on
// the left (a square over a weight, or x·log x with its weight: the perspective of
// a convex function). With the bucket's weight, its sum and the bounds of all
// targets known, what its rows can add to the left is a parallelogram; a convex
// function is greatest at a corner. Two corners are the cuts on both sides of the
// bucket, the others those that would have all great targets first, or last. Few
// buckets promise more than the best cut found, most of them of its column; their
// rows are counted code by code. So no cut is missed.

// suspect is a bucket inside which a cut may be better than those between buckets.
type suspect struct {
	column      int
	bucket      uint16
	missing     bool // some rows of the node have no value
	missingLeft bool
	start       cell    // what is on the left of the bucket; not of classes
	most        float64 // what a cut inside gains at most
}

// sure is by how much a bound is above what rounding may add.
const sure = 1e-9

// gained is what a cut found gains, in the terms of cut.
func (c *cut) gained() float64 { return c.num / c.den }

// suspectBins notes the buckets inside which the best cut may be. Those on the
// left are so many already.
func (g *grower) suspectBins(bins []bin, k int, left, total cell, missing, missingLeft bool) {
	best := g.best.gained()
	low, high := g.steps.low, g.steps.high
	curve := g.plan.curve()
	whole, sum := total.total(), float64(total.sum)
	mean := sum / whole
	at := func(w, s float64) float64 {
		if w <= 0 || w >= whole {
			return 0
		}
		if curve == nil {
			d := s - mean*w
			return d * d / (w * (whole - w)) * (1 + sure)
		}
		return g.promise(curve, w, s, whole, sum)
	}
	for i := range bins {
		start := left
		left = left.plus(bins[i].cell)
		if bins[i].rows() < 2 {
			continue
		}
		w, s := bins[i].total(), float64(bins[i].sum)
		great := min(max((s-w*low)/(high-low), 0), w) // so much weight has the greatest target, if the others have the least
		from, have := start.total(), float64(start.sum)
		if most := max(at(from+great, have+great*high), at(from+w-great, have+(w-great)*low)); most > best {
			g.suspects = append(g.suspects, suspect{k, bins[i].code, missing, missingLeft, start, most})
		}
	}
}

// promise is what a cut gains by a curve, and a little more.
func (g *grower) promise(curve func(weight, mean float64) float64, w, s, whole, sum float64) float64 {
	term := func(w, s float64) float64 {
		v := curve(w, g.steps.mid+s/w/g.steps.target)
		if math.IsInf(v, -1) {
			return 0 // a count's rate of zero: what is just above it has no deviance either
		}
		return v
	}
	all := term(whole, sum)
	return term(w, s) + term(whole-w, sum-s) - all + sure*(math.Abs(all)+1)
}

// inside looks for better cuts inside the suspects, and for the codes next to the
// best cut between buckets.
func (g *grower) inside(s *space, n *task) {
	b := &g.best
	first := -1
	if b.coarse {
		first = b.column
		g.insideColumn(s, n, first)
	}
	for i := range g.suspects {
		// Those of a column are side by side.
		if k := g.suspects[i].column; k != first && (i == 0 || g.suspects[i-1].column != k) {
			g.insideColumn(s, n, k)
		}
	}
}

// insideColumn counts the suspects of a column code by code.
func (g *grower) insideColumn(s *space, n *task, k int) {
	if g.plan.classes > 0 {
		g.insideClasses(s, n, k)
		return
	}
	b := &g.best
	c := &g.plan.columns[k]
	var slots [buckets]uint16 // of each bucket, in fine; 0: it is not looked into
	used := uint16(1)
	open := func(bucket uint16) {
		if slots[bucket] == 0 && bucket != c.gap>>c.shift {
			slots[bucket] = used
			used++
		}
	}
	for i := range g.suspects {
		if q := &g.suspects[i]; q.column == k && q.most > b.gained() {
			open(q.bucket)
		}
	}
	if b.coarse && b.column == k {
		open(b.code)
		open(b.next)
	}
	if used == 1 {
		return
	}
	g.countInside(s.ids[n.lo:n.hi], s.codes[k], s.cells, &slots, c.shift, used)
	if b.coarse && b.column == k {
		g.settle(c, &slots)
	}
	for i := range g.suspects {
		q := &g.suspects[i]
		if q.column != k || q.most <= b.gained() {
			continue
		}
		bins := g.bins[:0]
		for at, of := range g.slot(slots[q.bucket], c.shift) {
			if of.weight != 0 {
				bins = append(bins, bin{cell: of, code: q.bucket<<c.shift + uint16(at)}) //nolint:gosec // below 256
			}
		}
		g.bins = bins
		if at, _ := g.scanBins(bins, q.start, cell{}, n.total, false); at >= 0 {
			b.column, b.coarse, b.listed, b.code, b.next = k, false, false, bins[at].code, bins[at+1].code
			b.missingLeft = q.missingLeft
			if !q.missing {
				b.missingLeft = 2*b.left.total() >= n.total.total()
			}
		}
	}
}

// countInside adds rows to the codes of the buckets that have a slot; slot 0 takes
// the others, without a branch.
func (g *grower) countInside(rows []uint32, codes []uint16, cells []cell, slots *[buckets]uint16, shift uint8, used uint16) {
	size := int(used) << shift
	if cap(g.fine) < size {
		g.fine = make([]cell, size)
	}
	g.fine = g.fine[:size]
	clear(g.fine)
	mask := uint16(1)<<shift - 1
	for _, r := range rows {
		code := codes[r]
		of := &g.fine[int(slots[uint8(code>>shift)])<<shift+int(code&mask)] //nolint:gosec // a column has at most 256 buckets
		c := &cells[r]
		of.sum += c.sum
		of.weight += c.weight
	}
}

// slot is the codes of a bucket.
func (g *grower) slot(slot uint16, shift uint8) []cell {
	return g.fine[int(slot)<<shift : (int(slot)+1)<<shift]
}

// settle gives the best cut between buckets the codes next to it.
func (g *grower) settle(c *column, slots *[buckets]uint16) {
	b := &g.best
	b.coarse = false
	below, above := b.code, b.next
	for at, of := range g.slot(slots[below], c.shift) {
		if of.weight != 0 {
			b.code = below<<c.shift + uint16(at) //nolint:gosec // below 256
		}
	}
	b.next = c.gap
	if above == c.gap>>c.shift {
		return
	}
	for at, of := range g.slot(slots[above], c.shift) {
		if of.weight != 0 {
			b.next = above<<c.shift + uint16(at) //nolint:gosec // below 256
			return
		}
	}
}
