package profile

import (
	"cmp"
	"math"
	"slices"

	"dasier/ml/frame"
)

// Measure names how two columns' association is measured. All lie in 0 to 1,
// the correlations of numbers in -1 to 1.
type Measure string

// The measures, by the kinds of the two columns.
const (
	// Correlation is of two numbers: Pearson's r or Spearman's ρ, whichever is
	// stronger; a Pair carries both. Ranks are taken over each column's own
	// present values.
	Correlation Measure = "correlation"
	// Ratio is of a category and a number: the square root of ε², the share of
	// the variance between levels, corrected for their number (Kelley, An
	// Unbiased Correlation Ratio Measure, PNAS 21(9), 1935).
	Ratio Measure = "correlation ratio"
	// Cramer is of two categories: V, bias-corrected (Bergsma, A bias-correction
	// for Cramér's V and Tschuprow's T, Journal of the Korean Statistical
	// Society 42(3), 2013).
	Cramer Measure = "Cramér's V"
)

// Pair is the association of two columns.
type Pair struct {
	A        string  `json:"a"`
	B        string  `json:"b"`
	Measure  Measure `json:"measure"`
	Value    float64 `json:"value"`
	Pearson  float64 `json:"pearson,omitempty"`
	Spearman float64 `json:"spearman,omitempty"`
	Rows     int     `json:"rows"` // where both are present
}

// series is a column prepared to be paired: standardised values and ranks, or
// codes. Bool counts as a number, as a point-biserial correlation is Pearson's.
type series struct {
	name    string
	numeric bool
	values  []float64
	ranks   []float64
	codes   []int32
	levels  int
}

// few is how many common rows a measure needs. Levels with fewer than enough
// rows are left out of it: one row in a level of its own explains itself.
const few = 30

// maxCategories is the number of levels beyond which a category is no longer
// paired: it is closer to a name than to a class.
const maxCategories = 60

func prepare(c *frame.Column, s *sorter) (series, bool) {
	if c.Kind == frame.Category {
		codes, levels := compact(c.Codes, len(c.Levels))
		return series{name: c.Name, codes: codes, levels: levels}, levels >= 2 && levels <= maxCategories
	}
	values := make([]float64, c.Len())
	constant, first := true, math.NaN()
	for i, v := range c.Numbers().All() {
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		values[i] = v
		if !math.IsNaN(v) {
			if math.IsNaN(first) {
				first = v
			}
			constant = constant && v == first
		}
	}
	return series{name: c.Name, numeric: true, values: values, ranks: s.ranks(values)}, !constant
}

// compact drops levels that no row has.
func compact(codes []int32, levels int) ([]int32, int) {
	used := make([]int32, levels)
	for _, code := range codes {
		if code >= 0 {
			used[code] = 1
		}
	}
	n := int32(0)
	for i, u := range used {
		used[i] = n
		n += u
	}
	out := make([]int32, len(codes))
	for i, code := range codes {
		out[i] = -1
		if code >= 0 {
			out[i] = used[code]
		}
	}
	return out, int(n)
}

// ranks are average ranks among the present values; NaN stays NaN.
func (s *sorter) ranks(values []float64) []float64 {
	order := s.order(values)
	out := make([]float64, len(values))
	if len(order) < len(out) {
		for i := range out {
			out[i] = math.NaN()
		}
	}
	for start := 0; start < len(order); {
		end := start + 1
		for end < len(order) && values[order[end]] == values[order[start]] {
			end++
		}
		for _, row := range order[start:end] {
			out[row] = float64(start+end-1) / 2
		}
		start = end
	}
	return out
}

// associate measures two series; false when too few rows have both.
func associate(a, b *series) (Pair, bool) {
	p := Pair{A: a.name, B: b.name}
	var ok bool
	switch {
	case a.numeric && b.numeric:
		p.Measure = Correlation
		p.Pearson, p.Rows, ok = pearson(frame.Doubles(a.values), frame.Doubles(b.values))
		if !ok {
			return p, false
		}
		p.Spearman, _, _ = pearson(frame.Doubles(a.ranks), frame.Doubles(b.ranks))
		p.Pearson, p.Spearman = roundTo(p.Pearson, 4), roundTo(p.Spearman, 4)
		p.Value = p.Pearson
		if math.Abs(p.Spearman) > math.Abs(p.Pearson) {
			p.Value = p.Spearman
		}
	case a.numeric:
		p.Measure = Ratio
		p.Value, p.Rows, ok = correlationRatio(b.codes, b.levels, a.values)
	case b.numeric:
		p.Measure = Ratio
		p.Value, p.Rows, ok = correlationRatio(a.codes, a.levels, b.values)
	default:
		p.Measure = Cramer
		p.Value, p.Rows, ok = cramer(a.codes, a.levels, b.codes, b.levels)
	}
	p.Value = roundTo(p.Value, 4)
	return p, ok
}

// pearson is the product-moment correlation over rows that have both.
func pearson(x, y frame.Numbers) (r float64, n int, ok bool) {
	var meanX, meanY float64
	var roomX, roomY [blockRows]float64
	for first, x := range x.Blocks(roomX[:]) {
		y := y.Block(first, first+len(x), roomY[:])
		for i := range x {
			if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
				meanX += x[i]
				meanY += y[i]
				n++
			}
		}
	}
	if n < few {
		return 0, n, false
	}
	meanX /= float64(n)
	meanY /= float64(n)
	var xx, yy, xy float64
	for first, x := range x.Blocks(roomX[:]) {
		y := y.Block(first, first+len(x), roomY[:])
		for i := range x {
			dx, dy := x[i]-meanX, y[i]-meanY
			if d := dx * dy; !math.IsNaN(d) {
				xx += dx * dx
				yy += dy * dy
				xy += d
			}
		}
	}
	r = xy / math.Sqrt(xx) / math.Sqrt(yy)
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return 0, n, false // constant where both are present, or beyond float64
	}
	return max(-1, min(1, r)), n, true
}

func correlationRatio(codes []int32, levels int, values []float64) (eta float64, n int, ok bool) {
	sums, counts := make([]float64, levels), make([]int, levels)
	for i, code := range codes {
		if code >= 0 && !math.IsNaN(values[i]) {
			sums[code] += values[i]
			counts[code]++
		}
	}
	groups, total := 0, 0.0
	for g, count := range counts {
		if count >= enough {
			n += count
			total += sums[g]
			sums[g] /= float64(count)
			groups++
		}
	}
	if n < few || groups < 2 || n <= groups {
		return 0, n, false
	}
	total /= float64(n)
	var within, all float64
	for i, code := range codes {
		if code >= 0 && counts[code] >= enough && !math.IsNaN(values[i]) {
			within += (values[i] - sums[code]) * (values[i] - sums[code])
			all += (values[i] - total) * (values[i] - total)
		}
	}
	share := 1 - within/all*float64(n-1)/float64(n-groups)
	if math.IsNaN(share) {
		return 0, n, false
	}
	return math.Sqrt(max(0, share)), n, true
}

func cramer(a []int32, levelsA int, b []int32, levelsB int) (v float64, n int, ok bool) {
	table := make([]float64, levelsA*levelsB)
	rows, columns := make([]float64, levelsA), make([]float64, levelsB)
	for i := range a {
		if a[i] >= 0 && b[i] >= 0 {
			table[int(a[i])*levelsB+int(b[i])]++
			rows[a[i]]++
			columns[b[i]]++
		}
	}
	n = dropRare(table, rows, columns)
	r, c := nonzero(rows), nonzero(columns)
	if n < few || r < 2 || c < 2 {
		return 0, n, false
	}
	phi2 := chiSquare(table, rows, columns, float64(n)) / float64(n)
	m := float64(n - 1)
	phi2 = max(0, phi2-float64((r-1)*(c-1))/m)
	fewer := min(float64(r)-float64((r-1)*(r-1))/m, float64(c)-float64((c-1)*(c-1))/m)
	if fewer <= 1 {
		return 0, n, false
	}
	return min(1, math.Sqrt(phi2/(fewer-1))), n, true
}

// dropRare empties the rows and columns of a table that hold too few, and gives
// the total of the rest.
func dropRare(table, rows, columns []float64) int {
	for i, count := range rows {
		for j, other := range columns {
			if count < enough || other < enough {
				table[i*len(columns)+j] = 0
			}
		}
	}
	clear(rows)
	clear(columns)
	total := 0.0
	for at, count := range table {
		rows[at/len(columns)] += count
		columns[at%len(columns)] += count
		total += count
	}
	return int(total)
}

func nonzero(counts []float64) int {
	n := 0
	for _, c := range counts {
		if c > 0 {
			n++
		}
	}
	return n
}

func chiSquare(table, rows, columns []float64, n float64) float64 {
	sum := 0.0
	for i, r := range rows {
		for j, c := range columns {
			if expected := r * c / n; expected > 0 {
				d := table[i*len(columns)+j] - expected
				sum += d * d / expected
			}
		}
	}
	return sum
}

// associated is what was measured between every two columns but the target.
type associated struct {
	names []string
	pairs [][]Pair // of column i with the later ones
}

// associations measures every two columns but the target.
func associations(f *frame.Frame, variables []Variable, target string) *associated {
	var paired []*frame.Column
	for i, c := range f.Columns() {
		if c.Name != target && variables[i].Distinct >= 2 {
			paired = append(paired, c)
		}
	}
	prepared, usable := make([]series, len(paired)), make([]bool, len(paired))
	each(len(paired), func(i int, s *sorter) { prepared[i], usable[i] = prepare(paired[i], s) })
	a := &associated{}
	var all []series
	for i := range prepared {
		if usable[i] && len(all) < maxPaired {
			all = append(all, prepared[i])
			a.names = append(a.names, prepared[i].name)
		}
	}
	a.pairs = make([][]Pair, len(all))
	each(len(all), func(i int, _ *sorter) {
		for j := i + 1; j < len(all); j++ {
			if p, ok := associate(&all[i], &all[j]); ok {
				a.pairs[i] = append(a.pairs[i], p)
			}
		}
	})
	return a
}

// strongest are the pairs worth a line.
func (a *associated) strongest() []Pair {
	found := []Pair{}
	for _, pairs := range a.pairs {
		for _, p := range pairs {
			if math.Abs(p.Value) >= .3 {
				found = append(found, p)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Pair) int { return cmp.Compare(math.Abs(b.Value), math.Abs(a.Value)) })
	return found[:min(len(found), maxPairs)]
}
