package boost

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/prep"
)

// sampled bounds the values that the bins of a column are cut by.
const sampled = 200_000

// column is a feature as bins. A row's code is its bin, or bins where the value
// is missing; cells of histograms stand in that order.
type column struct {
	prep.Variable
	bins   int
	cuts   []float64 // of a number: bin b has what is at most cuts[b] and no less bin's; the last bin has the rest
	binOf  []uint8   // of a category: the bin of a level
	pooled bool      // of a category: the last bin has all levels that have none of their own
	first  int       // cell of bin 0 in a histogram
	sign   int       // monotone: 1, -1 or 0
	// coded is the bins of all rows where the values themselves are not kept: see
	// keep.
	coded []uint8
}

func (c *column) category() bool { return c.binOf != nil }

// keep sees to it that a partition, which asks for one column of a row, finds its
// rows near each other. Rows of codes are near enough where there are few; of many,
// numbers of the frame's own serve as well as codes would, and take no more memory.
// Values that preparation has made, which are not the frame's own, are dropped in
// any case.
func (c *column) keep(all *codes, j int, own bool) {
	if all.far() && !c.category() && own {
		return
	}
	c.Values, c.Codes = frame.Numbers{}, nil
	if !all.far() {
		return
	}
	c.coded = make([]uint8, all.rows)
	for row := range c.coded {
		c.coded[row] = all.all[row*all.stride+j]
	}
}

// newColumn cuts a feature into bins, by the given rows only.
func newColumn(v prep.Variable, rows rowList, most int, s *sorter) column {
	c := column{Variable: v}
	if v.Codes != nil {
		c.cutLevels(rows, most)
		return c
	}
	c.cuts = cut(s.present(v.Values, rows), most)
	c.bins = len(c.cuts) + 1
	return c
}

// present is the values that are not missing, sorted: of many rows, every so
// many-th.
func (s *sorter) present(values frame.Numbers, rows rowList) []float64 {
	n := min(rows.len(), sampled)
	s.values = resize(s.values, n)
	sorted := s.values[:0]
	for i := range n {
		if v := values.At(int(rows.at(i * rows.len() / n))); !math.IsNaN(v) {
			sorted = append(sorted, v)
		}
	}
	s.sort(sorted)
	return sorted
}

// cutLevels gives each level a bin, the most frequent first; where there are more
// than bins, the rare ones share the last. Levels that the rows do not have share
// it as well.
func (c *column) cutLevels(rows rowList, most int) {
	counts := make([]int, c.Levels)
	for i := range rows.len() {
		if code := c.Codes[rows.at(i)]; code >= 0 && int(code) < c.Levels {
			counts[code]++
		}
	}
	order := make([]int, c.Levels)
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(counts[b]-counts[a], a-b) })
	here := 0
	for here < len(order) && counts[order[here]] > 0 {
		here++
	}
	own := here
	if c.pooled = here < len(order) || here > most; c.pooled {
		own = min(here, most-1)
	}
	c.binOf = make([]uint8, c.Levels)
	for k, level := range order {
		c.binOf[level] = uint8(min(k, own))
	}
	c.bins = own
	if c.pooled {
		c.bins++
	}
}

// encode writes the bins of up to blockRows rows, each so far after the other.
func (c *column) encode(to []uint8, stride, begin, end int) {
	if c.category() {
		for row := begin; row < end; row++ {
			bin := c.bins
			if level := c.Codes[row]; level >= 0 && int(level) < c.Levels {
				bin = int(c.binOf[level])
			}
			to[(row-begin)*stride] = uint8(bin)
		}
		return
	}
	cuts := newLadder(c.cuts)
	var room [blockRows]float64
	for i, v := range c.Values.Block(begin, end, room[:]) {
		bin := cuts.place(v)
		if v != v { //nolint:gocritic // NaN
			bin = c.bins
		}
		to[i*stride] = uint8(bin)
	}
}

// ladder is the keys of cuts and above them the highest keys there are.
type ladder [256]uint64

func newLadder(cuts []float64) *ladder {
	l := new(ladder)
	for i := range l {
		l[i] = math.MaxUint64
		if i < len(cuts) {
			l[i] = key(cuts[i])
		}
	}
	return l
}

// place is how many cuts v is above: halving without branches, which the processor
// would guess wrong, as values come in no order.
func (l *ladder) place(v float64) int {
	k, at := key(v), uint64(0)
	for step := uint64(128); step > 0; step /= 2 {
		_, above := bits.Sub64(l[(at+step-1)&255], k, 0)
		at += step * above
	}
	return int(at) //nolint:gosec // below 256
}
