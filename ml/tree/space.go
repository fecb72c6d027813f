package tree

import "math"

// space is rows of a tree on their way down: a node is a stretch of ids. A small
// space, of at most 65,536 rows, has sorted lists of the columns worth it, which
// are divided like ids: a node is the same stretch of each.
type space struct {
	steps
	ids    []uint32 // of rows, numbered within the space
	origin []uint32 // per row: its number in the table
	cells  []cell
	y      []float64
	codes  [][]uint16 // per column; nil where it is constant
	lists  [][]uint32 // per column: code<<16 | id, ascending; nil where codes are counted; at last ids
	starts []int32    // per column: where its list begins in listRoom, -1: it has none; at last where ids do
	local  bool

	fixed  *[1 << 16]cell  // cells, of a local space
	masses *[1 << 16]mass  // cells as floats, of numbers
	side   *[1 << 16]uint8 // 1: the row goes right

	spare    []uint32
	codeRoom []uint16
	listRoom []uint32
}

// newLocal makes room for the nodes of at most n rows.
func newLocal(p *plan, n int) *space {
	s := &space{
		origin: make([]uint32, n), y: make([]float64, n), spare: make([]uint32, n+ahead),
		codes: make([][]uint16, len(p.columns)), lists: make([][]uint32, len(p.columns)+1), starts: make([]int32, len(p.columns)+1),
		fixed: new([1 << 16]cell), side: new([1 << 16]uint8), local: true,
	}
	s.cells = s.fixed[:]
	if p.classes == 0 {
		s.masses = new([1 << 16]mass)
	}
	wide, counted := 0, 0
	for k := range p.columns {
		if p.rare.has(k) {
			continue
		}
		counted++
		if !p.random && !p.columns[k].counted {
			wide++
		}
	}
	s.listRoom = make([]uint32, (wide+1)*n+ahead)
	s.codeRoom = make([]uint16, counted*n)
	return s
}

// enter takes a node's rows into a local space; columns that are constant stay
// out.
func (s *space) enter(p *plan, from *space, lo, hi int, live []uint16) {
	rows := from.ids[lo:hi]
	n := len(rows)
	s.ids, s.origin, s.y = s.listRoom[:n:n], s.origin[:n], s.y[:n]
	s.steps = from.steps
	sum := int64(0)
	least, most := math.Inf(1), math.Inf(-1)
	for i, r := range rows {
		y := from.y[r]
		s.y[i] = y
		s.ids[i] = uint32(i) //nolint:gosec // below 2^16
		s.origin[i] = from.origin[r]
		least, most = min(least, y), max(most, y)
		s.cells[i] = from.cells[r]
		sum += from.cells[r].weight >> rowBits
	}
	if p.classes == 0 {
		s.measure(least, most, float64(sum), 52)
		for i, y := range s.y {
			c := s.of(y, s.cells[i].weight>>rowBits)
			s.cells[i], s.masses[i] = c, mass{float64(c.sum), c.total()}
		}
	}
	clear(s.codes)
	clear(s.lists)
	s.lists[len(p.columns)] = s.ids
	for k := range p.columns {
		s.starts[k] = -1
	}
	codes, lists := s.codeRoom, s.listRoom[n:]
	for _, k := range live {
		c := &p.columns[k]
		source := from.codes[k]
		own := codes[:n]
		codes = codes[n:]
		for i, r := range rows {
			own[i] = source[r]
		}
		s.codes[k] = own
		if p.random || c.counted {
			continue
		}
		to := lists[:n]
		s.starts[k] = int32(len(s.listRoom) - len(lists)) //nolint:gosec // at most 2^16 columns of 2^16 rows
		lists = lists[n:]
		for i, code := range own {
			to[i] = uint32(code)<<16 | uint32(i) //nolint:gosec // below 2^16
		}
		sortList(to, s.spare[:n], c.gap)
		s.lists[k] = to
	}
}

// sortList sorts by code; equal codes keep the order of rows.
func sortList(list, spare []uint32, most uint16) {
	if len(list) <= 32 {
		for i := 1; i < len(list); i++ {
			e := list[i]
			j := i
			for ; j > 0 && list[j-1] > e; j-- {
				list[j] = list[j-1]
			}
			list[j] = e
		}
		return
	}
	var low, high [256]uint32
	for _, e := range list {
		low[uint8(e>>16)]++
		high[uint8(e>>24)]++
	}
	spread(list, spare, &low, 16)
	if most < 256 {
		copy(list, spare)
		return
	}
	spread(spare, list, &high, 24)
}

// spread is a pass of a radix sort.
func spread(from, to []uint32, counts *[256]uint32, shift uint8) {
	at := uint32(0)
	for k, n := range counts {
		counts[k] = at
		at += n
	}
	for _, e := range from {
		k := uint8(e >> shift)
		to[counts[k]] = e
		counts[k]++
	}
}
