package profile

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"dasier/ml/frame"
)

// Variable is what is known of one column.
type Variable struct {
	Name      string     `json:"name"`
	Kind      frame.Kind `json:"kind"`
	Missing   int        `json:"missing"`
	Spellings []Level    `json:"spellings,omitempty"` // how missing values were written, besides empty
	Distinct  int        `json:"distinct"`
	Numbers   *Numbers   `json:"numbers,omitempty"` // Number and Time
	Levels    []Level    `json:"levels,omitempty"`  // Category and Bool: the most frequent
	Others    int        `json:"others,omitempty"`  // rows of the levels not listed
}

// Numbers describes the finite values of a Number, or of a Time in seconds
// since 1970.
type Numbers struct {
	Min       float64   `json:"min"`
	Max       float64   `json:"max"`
	Mean      float64   `json:"mean"`
	SD        float64   `json:"sd"`
	Skew      float64   `json:"skew"`
	Quantiles Quantiles `json:"quantiles"`
	Whole     bool      `json:"whole"`
	Zeros     int       `json:"zeros,omitempty"`
	Negative  int       `json:"negative,omitempty"`
	Infinite  int       `json:"infinite,omitempty"`
	// Low and High count the values beyond the outer fences, three
	// interquartile ranges from the quartiles (Tukey, Exploratory Data
	// Analysis, 1977, section 2D); none when the quartiles are equal.
	Low       int        `json:"low_outliers,omitempty"`
	High      int        `json:"high_outliers,omitempty"`
	Histogram *Histogram `json:"histogram,omitempty"`
}

// Quantiles are of type 7 of Hyndman and Fan, Sample Quantiles in Statistical
// Packages, The American Statistician 50(4), 1996: the ones of NumPy and R.
type Quantiles struct {
	P01 float64 `json:"p01"`
	P05 float64 `json:"p05"`
	P25 float64 `json:"p25"`
	P50 float64 `json:"p50"`
	P75 float64 `json:"p75"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// Histogram counts values in bins of equal width between Low and High. A long
// tail is cut off and counted in Below and Above, so that bars stay telling.
type Histogram struct {
	Low    float64    `json:"low"`
	High   float64    `json:"high"`
	Counts []int      `json:"counts"`
	Below  int        `json:"below,omitempty"`
	Above  int        `json:"above,omitempty"`
	Target []*float64 `json:"target,omitempty"` // mean outcome per bin; null: too few rows
	Half   []*float64 `json:"half,omitempty"`   // half the width of its 95 % interval
}

// Level is a text with its number of rows.
type Level struct {
	Text   string   `json:"text"`
	Count  int      `json:"count"`
	Target *float64 `json:"target,omitempty"` // mean outcome
	Half   *float64 `json:"half,omitempty"`   // half the width of its 95 % interval
}

// detail is how closely a column is described; the zero detail is figures only.
type detail struct{ bins, levels int }

// detailOf keeps a profile small: the more columns, the coarser their pictures.
func detailOf(columns int) detail {
	switch {
	case columns <= 60:
		return detail{24, maxLevels}
	case columns <= 120:
		return detail{16, 8}
	default:
		return detail{8, 4}
	}
}

// describe summarises c.
func describe(c *frame.Column, target outcome, shown detail, s *sorter) Variable {
	v := Variable{Name: c.Name, Kind: c.Kind}
	if c.Name == target.column {
		target = outcome{}
	}
	for text, count := range c.Spellings {
		v.Spellings = append(v.Spellings, Level{Text: clip(text), Count: count})
	}
	slices.SortFunc(v.Spellings, byCount)
	v.Spellings = v.Spellings[:min(len(v.Spellings), maxLevels)]
	switch c.Kind {
	case frame.Category:
		v.describeLevels(c.Codes, c.Levels, target, shown)
	case frame.Bool:
		codes := make([]int32, c.Len())
		for i, value := range c.Numbers().All() {
			codes[i] = -1
			if !math.IsNaN(value) {
				codes[i] = int32(value)
			}
		}
		v.describeLevels(codes, []string{"false", "true"}, target, shown)
	default:
		v.describeNumbers(c.Numbers(), target, shown, s)
	}
	return v
}

// shorten rounds what no rule looks at any more to the digits that are read, and
// of very many columns leaves out what few would.
func (p *Profile) shorten() {
	many := len(p.Variables) > 120
	for i := range p.Variables {
		p.Variables[i].shorten(many)
	}
	for i := range p.Relations {
		if many {
			p.Relations[i].Pearson, p.Relations[i].Spearman = 0, 0
		}
	}
}

func (v *Variable) shorten(many bool) {
	for i := range v.Levels {
		if many {
			v.Levels[i].Half = nil
		}
	}
	n := v.Numbers
	if n == nil {
		return
	}
	digits := 10
	if many && v.Kind == frame.Number {
		digits = 6
	}
	q := &n.Quantiles
	for _, p := range []*float64{&q.P01, &q.P05, &q.P25, &q.P50, &q.P75, &q.P95, &q.P99} {
		*p = roundTo(*p, digits)
	}
	if h := n.Histogram; h != nil {
		h.Low, h.High = roundTo(h.Low, digits), roundTo(h.High, digits)
		if many {
			h.Half = nil
		}
	}
}

func byCount(a, b Level) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
}

func (v *Variable) describeLevels(codes []int32, levels []string, target outcome, shown detail) {
	counts := make([]int, len(levels))
	means := make([]mean, len(levels))
	for i, code := range codes {
		if code < 0 {
			v.Missing++
			continue
		}
		counts[code]++
		if target.values != nil {
			means[code].add(target.values[i] - target.middle)
		}
	}
	order := make([]int, 0, len(levels))
	for i, n := range counts {
		if n > 0 {
			order = append(order, i)
		}
	}
	v.Distinct = len(order)
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	if shown.levels == 0 {
		return
	}
	for i, level := range order {
		if i >= shown.levels {
			v.Others += counts[level]
			continue
		}
		l := Level{Text: clip(levels[level]), Count: counts[level]}
		l.Target, l.Half = target.of(&means[level])
		v.Levels = append(v.Levels, l)
	}
}

func (v *Variable) describeNumbers(values frame.Numbers, target outcome, shown detail, s *sorter) {
	sorted := slices.Grow(s.values[:0], values.Len())
	n := &Numbers{}
	for _, x := range values.All() {
		switch {
		case math.IsNaN(x):
			v.Missing++
		case math.IsInf(x, 0):
			n.Infinite++
		default:
			sorted = append(sorted, x)
		}
	}
	if len(sorted) == 0 {
		if n.Infinite > 0 {
			v.Numbers = &Numbers{Infinite: n.Infinite}
		}
		return
	}
	s.values = sorted
	s.sort(sorted)
	n.Min, n.Max = sorted[0], sorted[len(sorted)-1]
	n.Quantiles = Quantiles{
		quantile(sorted, .01), quantile(sorted, .05), quantile(sorted, .25), quantile(sorted, .5),
		quantile(sorted, .75), quantile(sorted, .95), quantile(sorted, .99),
	}
	n.moments(sorted)
	n.fences(sorted)
	v.countValues(n, sorted)
	if shown.bins > 0 {
		n.Histogram = newHistogram(n, v.Distinct, len(sorted), shown.bins)
		if target.values == nil {
			n.Histogram.count(sorted)
		} else {
			n.Histogram.fill(values, target)
		}
	}
	v.Numbers = n
}

func (v *Variable) countValues(n *Numbers, sorted []float64) {
	n.Negative, _ = slices.BinarySearch(sorted, 0)
	positive, _ := slices.BinarySearch(sorted, math.SmallestNonzeroFloat64)
	n.Zeros = positive - n.Negative
	previous := math.NaN()
	whole := true
	for _, x := range sorted {
		if x != previous {
			v.Distinct++
			whole = whole && x == math.Trunc(x)
			previous = x
		}
	}
	n.Whole = whole
}

// quantile is of sorted values, type 7.
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	low, high, part := sorted[i], sorted[i+1], h-float64(i)
	if math.IsInf(high-low, 0) {
		return low*(1-part) + high*part
	}
	return low + part*(high-low)
}

// moments are computed about the mean in a second pass, which keeps the digits
// that sums of squares lose. The skewness is G1 of Joanes and Gill, Comparing
// Measures of Sample Skewness and Kurtosis, The Statistician 47(1), 1998.
func (n *Numbers) moments(sorted []float64) {
	count := float64(len(sorted))
	sum := 0.0
	for _, x := range sorted {
		sum += x
	}
	sum /= count
	if math.IsInf(sum, 0) || math.IsNaN(sum) {
		sum = 0
		for _, x := range sorted {
			sum += x / count // divided first: large values must not overflow
		}
	}
	var squares, cubes float64
	for _, x := range sorted {
		d := x - sum
		s := d * d
		squares += s
		cubes += s * d
	}
	n.Mean = round(sum)
	if count < 2 || squares == 0 {
		return
	}
	n.SD = round(math.Sqrt(squares / (count - 1)))
	if count > 2 {
		g1 := (cubes / count) / math.Pow(squares/count, 1.5)
		if n.Skew = round(g1 * math.Sqrt(count*(count-1)) / (count - 2)); math.Abs(n.Skew) < 1e-9 {
			n.Skew = 0 // what rounding leaves of a symmetric sample
		}
	}
}

func (n *Numbers) fences(sorted []float64) {
	reach := 3 * (n.Quantiles.P75 - n.Quantiles.P25)
	if reach <= 0 {
		return
	}
	low, high := n.Quantiles.P25-reach, n.Quantiles.P75+reach
	n.Low, _ = slices.BinarySearch(sorted, low)
	after, _ := slices.BinarySearchFunc(sorted, high, func(x, fence float64) int {
		if x <= fence {
			return -1
		}
		return 1
	})
	n.High = len(sorted) - after
}

// newHistogram chooses the bins: one per value for a few whole numbers, else so
// many over the range, of which a tail longer than the middle 98 % is cut off when
// the range is more than four times as long.
func newHistogram(n *Numbers, distinct, count, bins int) *Histogram {
	if n.Whole && n.Max-n.Min < float64(bins+6) {
		return &Histogram{Low: n.Min - .5, High: n.Max + .5, Counts: make([]int, int(n.Max-n.Min)+1)}
	}
	h := &Histogram{Low: n.Min, High: n.Max}
	if middle := n.Quantiles.P99 - n.Quantiles.P01; middle > 0 && n.Max-n.Min > 4*middle {
		if h.Low < n.Quantiles.P01-middle {
			h.Low = n.Quantiles.P01
		}
		if h.High > n.Quantiles.P99+middle {
			h.High = n.Quantiles.P99
		}
	}
	k := min(bins, max(4, int(math.Ceil(math.Sqrt(float64(count))))))
	if distinct == 1 {
		k = 1
	}
	h.Counts = make([]int, k)
	return h
}

// bin is the number of x's bin; it grows with x.
func (h *Histogram) bin(x float64) int {
	// Halves first: the width of a range near ±1e308 would overflow.
	low, width := h.Low/2, h.High/2-h.Low/2
	if width <= 0 {
		return 0
	}
	return min(len(h.Counts)-1, int((x/2-low)/width*float64(len(h.Counts))))
}

// count fills the bins from sorted values, of which it looks at a few.
func (h *Histogram) count(sorted []float64) {
	from := sort.Search(len(sorted), func(i int) bool { return sorted[i] >= h.Low })
	to := sort.Search(len(sorted), func(i int) bool { return sorted[i] > h.High })
	h.Below, h.Above = from, len(sorted)-to
	for bin := range h.Counts {
		next := from + sort.Search(to-from, func(i int) bool { return h.bin(sorted[from+i]) > bin })
		h.Counts[bin] = next - from
		from = next
	}
}

// fill fills the bins and the outcome's mean in each.
func (h *Histogram) fill(values frame.Numbers, target outcome) {
	means := make([]mean, len(h.Counts))
	low, width := h.Low/2, h.High/2-h.Low/2
	for i, x := range values.All() {
		switch {
		case math.IsNaN(x) || math.IsInf(x, 0):
			continue
		case x < h.Low:
			h.Below++
			continue
		case x > h.High:
			h.Above++
			continue
		}
		bin := 0
		if width > 0 {
			bin = min(len(means)-1, int((x/2-low)/width*float64(len(means))))
		}
		h.Counts[bin]++
		means[bin].add(target.values[i] - target.middle)
	}
	h.Target, h.Half = make([]*float64, len(means)), make([]*float64, len(means))
	for i := range means {
		h.Target[i], h.Half[i] = target.of(&means[i])
	}
}
