package boost

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

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
}

func (c *column) category() bool { return c.Codes != nil }

// newColumn cuts a feature into bins, by the given rows only.
func newColumn(v prep.Variable, rows []int32, most int, s *sorter) column {
	c := column{Variable: v}
	if c.category() {
		c.cutLevels(rows, most)
		return c
	}
	c.cuts = cut(s.present(v.Values, rows), most)
	c.bins = len(c.cuts) + 1
	return c
}

// present is the values that are not missing, sorted: of many rows, every so
// many-th.
func (s *sorter) present(values []float64, rows []int32) []float64 {
	n := min(len(rows), sampled)
	sorted := resize(s.values, n)[:0]
	for i := range n {
		if v := values[rows[i*len(rows)/n]]; !math.IsNaN(v) {
			sorted = append(sorted, v)
		}
	}
	s.values = sorted
	s.sort(sorted)
	return sorted
}

// cut chooses thresholds so that bins have about as many values each; a value
// that fills a bin by itself gets one (Ke et al., the bins of LightGBM).
func cut(sorted []float64, most int) []float64 {
	values, counts := runs(sorted)
	if len(values) <= most {
		most = len(values)
	}
	cuts := make([]float64, 0, most)
	rest, bins := len(sorted), most
	if len(values) > most {
		for _, n := range counts {
			if n*most >= len(sorted) {
				rest -= n
				bins--
			}
		}
	}
	inBin := 0
	for i := 0; i+1 < len(values) && len(cuts)+1 < most; i++ {
		heavy := counts[i]*most >= len(sorted)
		inBin += counts[i]
		if !heavy {
			rest -= counts[i]
		}
		next := counts[i+1]*most >= len(sorted)
		// mean is (what this bin has + what is left) over the bins left.
		full := inBin*max(bins, 1) >= rest+inBin
		if len(values) == most || heavy || full || next && 2*inBin*max(bins, 1) >= rest+inBin {
			cuts = append(cuts, between(values[i], values[i+1]))
			if inBin = 0; !heavy {
				bins--
			}
		}
	}
	return cuts
}

// runs are the different values, ascending, and how often each stands.
func runs(sorted []float64) (values []float64, counts []int) {
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			values, counts = append(values, v), append(counts, 0)
		}
		counts[len(counts)-1]++
	}
	return values, counts
}

// between is halfway from a to b, and below b: a is at most it, b is not.
func between(a, b float64) float64 {
	middle := a + (b-a)/2
	if math.IsInf(b-a, 0) {
		middle = a/2 + b/2
	}
	if middle >= b || middle < a {
		return a
	}
	return middle
}

// cutLevels gives each level a bin, the most frequent first; where there are more
// than bins, the rare ones share the last. Levels that the rows do not have share
// it as well.
func (c *column) cutLevels(rows []int32, most int) {
	counts := make([]int, c.Levels)
	for _, row := range rows {
		if code := c.Codes[row]; code >= 0 && int(code) < c.Levels {
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

// encode writes the bins of some rows, each so far after the other.
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
	for i, v := range c.Values[begin:end] {
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
