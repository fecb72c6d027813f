package tree

import "math/bits"

// rare is the narrow columns by rows: of each row the codes in which it differs
// from what is most common in their columns. Most rows of most such columns have
// the most common code, of an indicator of a level nearly all. So a node counts
// only what is rare, for all these columns in one pass over its rows; the most
// common code has what is left, and a column that was not met is constant there.
// Its price does not depend on the number of columns, only on what rows have that
// others do not (as of the lists of entries that are not zero in XGBoost: Chen and
// Guestrin 2016, "XGBoost: a scalable tree boosting system", section 3.4).
type rare struct {
	in      []bool   // per column of the plan
	modes   []uint16 // per column of the plan: the most common code
	places  []place
	start   []uint32 // per row: where its entries begin
	entries []uint16 // places, ascending within a row
	words   int      // of 64 places
	masks   []uint64 // per row: the same places as bits, in so many words; nil: of large tables
}

// place is a code of a column that is not its most common.
type place struct {
	column, code, mode uint16
	number             bool // neither its code nor the most common one is that of missing values
}

// Limits of what is counted by rows.
const (
	mostPlaces = 1 << 13
	mostNarrow = buckets // codes of a column
	mostMasks  = 1 << 20 // words of masks: 8 MB
)

// newRare gives nil where nothing is worth it.
func newRare(p *plan) *rare {
	r := &rare{in: make([]bool, len(p.columns)), modes: make([]uint16, len(p.columns)), start: make([]uint32, p.rows+1)}
	of := make([][]uint16, len(p.columns)) // places by code
	have, total := 0, 0
	for k := range p.columns {
		c := &p.columns[k]
		if !c.narrow() || c.width() > mostNarrow || len(r.places)+c.width() > mostPlaces {
			continue
		}
		var counts [mostNarrow]int
		for _, code := range c.codes {
			counts[code]++
		}
		mode := 0
		for code, n := range counts {
			if n > counts[mode] {
				mode = code
			}
		}
		if counts[mode] < p.rows/rarely {
			continue
		}
		have++
		total += p.rows - counts[mode]
		r.in[k], r.modes[k], of[k] = true, uint16(mode), make([]uint16, c.width()) //nolint:gosec // below mostNarrow
		for code, n := range counts[:c.width()] {
			if n > 0 && code != mode {
				number := code != int(c.gap) && mode != int(c.gap)
				of[k][code] = uint16(len(r.places))                                               //nolint:gosec // below mostPlaces
				r.places = append(r.places, place{uint16(k), uint16(code), uint16(mode), number}) //nolint:gosec // a spec has fewer features
			}
		}
	}
	if have == 0 || total >= 1<<32 {
		return nil
	}
	r.fill(p, of, total)
	return r
}

// rarely is what share of rows have the most common code at least: one of so many.
// Where it is less, a pass over the column is as good.
const rarely = 8

// fill writes the entries of all rows.
func (r *rare) fill(p *plan, of [][]uint16, total int) {
	for k := range p.columns {
		if !r.in[k] {
			continue
		}
		for i, code := range p.columns[k].codes {
			if code != r.modes[k] {
				r.start[i+1]++
			}
		}
	}
	for i := range p.rows {
		r.start[i+1] += r.start[i]
	}
	r.entries = make([]uint16, total)
	for k := range p.columns {
		if !r.in[k] {
			continue
		}
		for i, code := range p.columns[k].codes {
			if code != r.modes[k] {
				r.entries[r.start[i]] = of[k][code]
				r.start[i]++
			}
		}
	}
	copy(r.start[1:], r.start) // each was moved to the next one's
	r.start[0] = 0
	r.words = (len(r.places) + 63) >> 6
	if p.rows*r.words > mostMasks {
		return
	}
	r.masks = make([]uint64, p.rows*r.words)
	for i := range p.rows {
		for _, e := range r.of(uint32(i)) { //nolint:gosec // rows are below 2^25
			r.masks[i*r.words+int(e>>6)] |= 1 << (e & 63)
		}
	}
}

// has tells whether a column is counted by rows.
func (r *rare) has(k int) bool { return r != nil && r.in[k] }

// of is the entries of a row of the table.
func (r *rare) of(row uint32) []uint16 { return r.entries[r.start[row]:r.start[row+1]] }

// mark marks the places of rows: of all of a row at once, where countRare waits at
// each for the mark before.
func (r *rare) mark(marks []uint64, rows, origin []uint32) {
	for _, i := range rows {
		mask := r.masks[int(origin[i])*r.words:][:len(marks)]
		for w := range marks {
			marks[w] |= mask[w]
		}
	}
}

// differ appends the places that one of two rows has only.
func (r *rare) differ(to []uint16, one, other uint32) []uint16 {
	a, b := r.of(one), r.of(other)
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			to = append(to, a[0])
			a = a[1:]
		case a[0] > b[0]:
			to = append(to, b[0])
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return append(append(to, a...), b...)
}

// rares is the memory of a grower for what is rare.
type rares struct {
	cells  *[mostPlaces]cell
	marks  *[mostPlaces / 64]uint64
	met    []uint16 // places that rows of a node have, ascending
	groups []group
	differ []uint16
}

// group is the places of a column among those met.
type group struct{ lo, hi int }

// meet counts what is rare in a node, and finds the columns that are not constant
// there. It gives the cells of places.
func (g *grower) meet(s *space, n *task) []cell {
	r := g.plan.rare
	g.met, g.groups = g.met[:0], g.groups[:0]
	if r == nil {
		return nil
	}
	cells := g.cells[:len(r.places)]
	if n.hist != nil {
		cells = n.hist[g.width-len(r.places):]
		for e := range cells {
			if cells[e].weight != 0 {
				g.met = append(g.met, uint16(e)) //nolint:gosec // below mostPlaces
			}
		}
	} else {
		rows := s.ids[n.lo:n.hi]
		if r.masks != nil {
			countEntries(cells, rows, s.origin, r, s.cells)
			r.mark(g.rares.marks[:r.words], rows, s.origin)
		} else {
			countRare(g.cells, g.rares.marks, rows, s.origin, r, s.cells)
		}
		for w, m := range g.rares.marks[:r.words] {
			for ; m != 0; m &= m - 1 {
				g.met = append(g.met, uint16(w<<6+bits.TrailingZeros64(m))) //nolint:gosec // below mostPlaces
			}
			g.rares.marks[w] = 0
		}
	}
	rows := n.hi - n.lo
	for i := 0; i < len(g.met); {
		k := r.places[g.met[i]].column
		j := i + 1
		for j < len(g.met) && r.places[g.met[j]].column == k {
			j++
		}
		if j-i > 1 || cells[g.met[i]].rows() < rows {
			g.groups = append(g.groups, group{i, j})
		}
		i = j
	}
	return cells
}

// forgetRare empties what meet has counted.
func (g *grower) forgetRare(n *task) {
	if n.hist == nil {
		for _, e := range g.met {
			g.cells[e] = cell{}
		}
	}
}

// tryRare looks for a better cut by a column whose rare codes were counted.
func (g *grower) tryRare(n *task, met []uint16, cells []cell) {
	r := g.plan.rare
	first := &r.places[met[0]]
	k := int(first.column)
	c := &g.plan.columns[k]
	mode := first.mode
	rest := n.total
	for _, e := range met {
		rest = rest.minus(cells[e])
	}
	var gap cell
	bins := g.bins[:0]
	for _, e := range met {
		code := r.places[e].code
		if code > mode && rest.weight != 0 {
			bins = append(bins, bin{cell: rest, code: mode})
			rest = cell{}
		}
		if code == c.gap {
			gap = cells[e]
		} else {
			bins = append(bins, bin{cell: cells[e], code: code})
		}
	}
	if rest.weight != 0 {
		if mode == c.gap {
			gap = rest
		} else {
			bins = append(bins, bin{cell: rest, code: mode})
		}
	}
	g.bins = bins
	g.chooseBin(c, k, n.total, gap, false)
}

// tryTwo looks at the only cut of a column of which a node of so much weight has
// two codes.
func (g *grower) tryTwo(n *task, whole, mean float64, one *place, of cell) {
	b := &g.best
	w := of.total()
	d := float64(of.sum) - mean*w
	num, den := d*d, w*(whole-w)
	if num*b.den <= b.num*den {
		return
	}
	if rows := of.rows(); rows < g.plan.minRows || n.hi-n.lo-rows < g.plan.minRows {
		return
	}
	b.num, b.den, b.left, b.column, b.coarse, b.listed = num, den, of, int(one.column), false, false
	b.code, b.next = one.code, one.mode
	if one.code > one.mode {
		b.left, b.code, b.next = n.total.minus(of), one.mode, one.code
	}
	if g.plan.columns[one.column].set {
		b.members, b.others = append(b.members[:0], b.code), append(b.others[:0], b.next)
	}
	b.missingLeft = 2*b.left.total() >= whole
}
