package tree

import "math"

// bag is the rows of a tree.
type bag struct {
	s      settings
	p      *plan
	n      int
	counts []uint16 // how often each row was drawn; nil: all once
	whole  bool     // weights are whole numbers
	// What a tree says of rows that it did not see, and the rows on their way.
	answers []float64
	walkers []walker
}

func newBag(s settings, p *plan) *bag {
	b := &bag{s: s, p: p, n: s.rowsOf(p.rows), whole: true}
	if s.again || b.n < p.rows {
		b.counts = make([]uint16, p.rows)
	}
	for _, w := range p.weights {
		b.whole = b.whole && w == math.Trunc(w)
	}
	return b
}

// draw draws again where nothing was drawn that has a weight, or only equal
// targets.
func (b *bag) draw(d *dice) {
	if b.counts == nil {
		return
	}
	for range 20 {
		d.draw(b.p.rows, b.n, b.s.again, b.counts)
		for i, n := range b.counts {
			if n > 0 && (b.p.weights == nil || b.p.weights[i] > 0) {
				return
			}
		}
	}
	for i := range b.counts { // very few rows have a weight
		b.counts[i] = 1
	}
}

func (b *bag) weight(i int) float64 {
	w := 1.0
	if b.counts != nil {
		w = float64(b.counts[i])
	}
	if b.p.weights != nil {
		w *= b.p.weights[i]
	}
	return w
}

// fill makes a tree's space of the rows that were drawn.
func (b *bag) fill(s *space) *space {
	p := b.p
	if s == nil {
		s = &space{codes: make([][]uint16, len(p.columns)), lists: make([][]uint32, len(p.columns))}
	}
	s.ids, s.y, s.cells = s.ids[:0], s.y[:0], s.cells[:0]
	total, least, most := 0.0, math.Inf(1), math.Inf(-1)
	rows := s.origin[:0]
	for i, y := range p.y {
		if w := b.weight(i); w > 0 {
			rows = append(rows, uint32(i)) //nolint:gosec // rows are below 2^25
			total += w
			least, most = min(least, y), max(most, y)
		}
	}
	s.weight = weightSteps(total, b.whole)
	s.measure(least, most, total*s.weight, 62)
	for i, r := range rows {
		w := max(int64(math.RoundToEven(b.weight(int(r))*s.weight)), 1)
		c := cell{0, w<<rowBits + 1}
		if p.classes > 0 {
			c.sum = int64(p.y[r])
		} else {
			c = s.of(p.y[r], w)
		}
		s.ids = append(s.ids, uint32(i)) //nolint:gosec // rows are below 2^25
		s.y = append(s.y, p.y[r])
		s.cells = append(s.cells, c)
	}
	for k := range p.columns {
		if p.rare.has(k) {
			continue
		}
		codes := p.columns[k].codes
		if len(rows) == p.rows {
			s.codes[k] = codes
			continue
		}
		to := s.codes[k][:0]
		for _, r := range rows {
			to = append(to, codes[r])
		}
		s.codes[k] = to
	}
	s.origin = rows
	if len(s.spare) < len(s.ids) {
		s.spare = make([]uint32, len(s.ids))
	}
	return s
}
