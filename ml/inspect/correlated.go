package inspect

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"dasier/ml/frame"
)

// How many columns and rows are compared at most.
const (
	maxCorrelated  = 300
	correlatedRows = 2000
)

// Correlated groups the numeric columns whose rank correlation (Spearman's) is
// above a threshold such as 0.8, directly or through others: what Importance
// should shuffle together. Rows where either value is missing do not count.
// Columns that correlate with no other are in no group.
func Correlated(f *frame.Frame, threshold float64, seed uint64) [][]string {
	var columns []*frame.Column
	for _, c := range f.Take(sample(f.Rows(), correlatedRows, seed)).Columns() {
		if c.Kind != frame.Category && len(columns) < maxCorrelated {
			columns = append(columns, c)
		}
	}
	values := make([][]float64, len(columns))
	for i, c := range columns {
		values[i] = c.Numbers().Floats()
	}
	group := make([]int, len(columns)) // the first column of the group
	for i := range group {
		group[i] = i
		for j := range i {
			if group[i] == group[j] || math.Abs(spearman(values[i], values[j])) < threshold {
				continue
			}
			from, to := max(group[i], group[j]), min(group[i], group[j])
			for k := range i + 1 {
				if group[k] == from {
					group[k] = to
				}
			}
		}
	}
	var groups [][]string
	for first := range columns {
		var names []string
		for i, c := range columns {
			if group[i] == first {
				names = append(names, c.Name)
			}
		}
		if len(names) > 1 {
			groups = append(groups, names)
		}
	}
	return groups
}

// spearman is 0 where it is undefined: of a constant, or of few rows.
func spearman(a, b []float64) float64 {
	var x, y []float64
	for i, v := range a {
		if !math.IsNaN(v) && !math.IsNaN(b[i]) {
			x, y = append(x, v), append(y, b[i])
		}
	}
	if len(x) < 10 {
		return 0
	}
	r := stat.Correlation(ranks(x), ranks(y), nil)
	if math.IsNaN(r) {
		return 0
	}
	return r
}
