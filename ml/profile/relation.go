package profile

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"dasier/ml/frame"
)

// Relation is how one column goes with the target.
type Relation struct {
	Column string `json:"column"`
	// Power is the share of the target's variation that the column alone
	// predicts on rows it was not fitted on: R² of group means for a number;
	// for classes the same of their indicators, which is Goodman and Kruskal's
	// τ (Measures of Association for Cross Classifications, JASA 49, 1954,
	// section 9). Two folds; numbers are cut into up to 40 bins of equal counts, 25 rows or more each; a
	// missing value is a group of its own.
	Power float64 `json:"power"`
	// The usual measure beside it; absent when too few rows have both.
	Measure  Measure `json:"measure,omitempty"`
	Value    float64 `json:"value"`
	Pearson  float64 `json:"pearson,omitempty"`
	Spearman float64 `json:"spearman,omitempty"`
	Rows     int     `json:"rows"` // where both are present
}

const (
	powerBins    = 40
	powerBinRows = 25
	// maxClasses is how many classes of a target count; the rest are one.
	maxClasses = 30
)

// relate measures every column against the target, strongest first.
func relate(f *frame.Frame, target string) []Relation {
	y, ok := f.Column(target)
	if !ok {
		return nil
	}
	label, paired := prepare(y, &sorter{})
	truth := newTruth(y)
	relations := make([]Relation, len(f.Columns()))
	eachColumn(f, func(i int, c *frame.Column, s *sorter) {
		if c.Name == target {
			return
		}
		r := Relation{Column: c.Name, Power: roundTo(truth.power(group(c, s)), 4)}
		if column, ok := prepare(c, s); ok && paired {
			if p, ok := associate(&column, &label); ok {
				r.Measure, r.Value, r.Pearson, r.Spearman, r.Rows = p.Measure, p.Value, p.Pearson, p.Spearman, p.Rows
			}
		}
		relations[i] = r
	})
	relations = slices.DeleteFunc(relations, func(r Relation) bool { return r.Column == "" })
	slices.SortStableFunc(relations, func(a, b Relation) int {
		return cmp.Or(cmp.Compare(b.Power, a.Power), cmp.Compare(math.Abs(b.Value), math.Abs(a.Value)))
	})
	return relations[:min(len(relations), maxDetailed)]
}

// group gives every row a group number by the column: its level, or its bin
// among bins of equal counts. Group 0 is the missing rows.
func group(c *frame.Column, s *sorter) (groups []int32, n int) {
	groups = make([]int32, c.Len())
	if c.Kind == frame.Category {
		for i, code := range c.Codes {
			groups[i] = code + 1
		}
		return groups, len(c.Levels) + 1
	}
	sorted := slices.Grow(s.values[:0], c.Len())
	for _, v := range c.Numbers().All() {
		if !math.IsNaN(v) {
			sorted = append(sorted, v)
		}
	}
	s.values = sorted
	s.sort(sorted)
	var edges []float64
	k := min(powerBins, max(4, len(sorted)/powerBinRows))
	for b := 1; b < k && len(sorted) > 0; b++ {
		if edge := sorted[b*len(sorted)/k]; len(edges) == 0 || edge > edges[len(edges)-1] {
			edges = append(edges, edge)
		}
	}
	for i, v := range c.Numbers().All() {
		if !math.IsNaN(v) {
			at, _ := slices.BinarySearch(edges, math.Nextafter(v, math.Inf(1)))
			groups[i] = int32(at) + 1 //nolint:gosec // at most powerBins
		}
	}
	return groups, len(edges) + 2
}

// truth is the target as one number a row, or one indicator a class.
type truth struct {
	values  []float64 // a number; NaN is missing
	classes []int32   // or classes; -1 is missing
	width   int       // 1, or the number of classes
	fold    []uint8
}

func newTruth(c *frame.Column) *truth {
	t := &truth{width: 1, fold: make([]uint8, c.Len())}
	random := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // reproducible, not secret
	for i := range t.fold {
		t.fold[i] = uint8(random.Uint32() >> 31)
	}
	if c.Kind != frame.Category {
		t.values = make([]float64, c.Len())
		for i, v := range c.Numbers().All() {
			if math.IsInf(v, 0) {
				v = math.NaN()
			}
			t.values[i] = v
		}
		return t
	}
	t.classes, t.width = frequent(c.Codes, len(c.Levels))
	return t
}

// frequent renumbers codes by frequency and joins the rare ones.
func frequent(codes []int32, levels int) ([]int32, int) {
	counts := make([]int, levels)
	for _, code := range codes {
		if code >= 0 {
			counts[code]++
		}
	}
	order := make([]int, levels)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	rank := make([]int32, levels)
	for i, level := range order {
		rank[level] = int32(min(i, maxClasses-1)) //nolint:gosec // small
	}
	out := make([]int32, len(codes))
	for i, code := range codes {
		out[i] = -1
		if code >= 0 {
			out[i] = rank[code]
		}
	}
	return out, min(levels, maxClasses)
}

// power fits group means on one fold and measures them on the other, both
// ways. A group's mean is drawn to the overall mean with the weight of two
// rows, so that small groups promise little.
func (t *truth) power(groups []int32, n int) float64 {
	const prior = 2
	var wrong, base float64
	sums := make([]float64, n*t.width)
	counts := make([]float64, n)
	overall := make([]float64, t.width)
	for fitted := range uint8(2) {
		clear(sums)
		clear(counts)
		clear(overall)
		total := 0.0
		for i, g := range groups {
			if t.fold[i] == fitted && t.present(i) {
				t.each(i, func(k int, v float64) {
					sums[int(g)*t.width+k] += v
					overall[k] += v
				})
				counts[g]++
				total++
			}
		}
		if total == 0 {
			return 0
		}
		for k := range overall {
			overall[k] /= total
		}
		for g := range n {
			for k := range t.width {
				at := g*t.width + k
				sums[at] = (sums[at] + prior*overall[k]) / (counts[g] + prior)
			}
		}
		for i, g := range groups {
			if t.fold[i] == fitted || !t.present(i) {
				continue
			}
			guess := sums[int(g)*t.width : (int(g)+1)*t.width]
			for k := range t.width {
				v := t.at(i, k)
				wrong += (v - guess[k]) * (v - guess[k])
				base += (v - overall[k]) * (v - overall[k])
			}
		}
	}
	if share := 1 - wrong/base; share > 0 { // false for NaN: a constant target
		return share
	}
	return 0
}

func (t *truth) present(i int) bool {
	if t.classes != nil {
		return t.classes[i] >= 0
	}
	return !math.IsNaN(t.values[i])
}

// each calls add for every number of row i that is not 0.
func (t *truth) each(i int, add func(k int, v float64)) {
	if t.classes != nil {
		add(int(t.classes[i]), 1)
		return
	}
	add(0, t.values[i])
}

func (t *truth) at(i, k int) float64 {
	if t.classes == nil {
		return t.values[i]
	}
	if int(t.classes[i]) == k {
		return 1
	}
	return 0
}
