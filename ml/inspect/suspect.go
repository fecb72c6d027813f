package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/learn"
)

// Suspect is a column that knows the target better than is likely to be honest.
type Suspect struct {
	Column string `json:"column"`
	// Alone is the share of the target's variation that the column explains by
	// itself, on rows that the explanation was not made from.
	Alone float64 `json:"alone"`
	// Missing is true where it is the absence of a value that tells.
	Missing  bool   `json:"missing,omitempty"`
	Sentence string `json:"sentence"`
}

// A column that explains more than this alone is suspected; of its absence less
// is enough, for a gap should tell nothing.
const (
	suspiciousAlone   = 0.95
	suspiciousMissing = 0.5
	aloneRows         = 20_000
	aloneBins         = 50
)

// Suspects looks for leakage: columns that were filled in after, or from, what is
// to be predicted (Kaufman, Rosset, Perlich and Stitelman 2012, "Leakage in data
// mining: formulation, detection, and avoidance"). Each column predicts the target alone, as the mean of
// its level or of one of 50 ranges of it, made on half of the rows and judged on
// the other.
func Suspects(f *frame.Frame, target learn.Target, seed uint64) ([]Suspect, error) {
	if err := checkRows(f, target, 100); err != nil {
		return nil, err
	}
	order := source(seed, "suspects").Perm(f.Rows())
	order = order[:min(len(order), aloneRows)]
	learned, judged := order[:len(order)/2], order[len(order)/2:]
	found := []Suspect{}
	for _, c := range f.Columns() {
		s := Suspect{Column: c.Name, Alone: alone(target, cells(c, learned), learned, judged)}
		gap := alone(target, func(row int) int { return int(truth(c.Missing(row))) }, learned, judged)
		switch {
		case gap >= suspiciousMissing:
			s.Alone, s.Missing = gap, true
			s.Sentence = fmt.Sprintf("whether %q is missing tells %.0f %% of %s: is it filled in only after, or because of, what is to be predicted?", c.Name, 100*gap, target.Name)
		case s.Alone >= suspiciousAlone:
			s.Sentence = fmt.Sprintf("%q alone explains %.1f %% of %s: is it known before the prediction is wanted, and not computed from the target?", c.Name, 100*s.Alone, target.Name)
		default:
			continue
		}
		found = append(found, s)
	}
	slices.SortStableFunc(found, func(a, b Suspect) int { return cmp.Compare(b.Alone, a.Alone) })
	return found, nil
}

// cells numbers what a column's values fall into: its levels, or ranges of about
// equally many rows. A missing value is a cell of its own.
func cells(c *frame.Column, rows []int) func(row int) int {
	if c.Kind == frame.Category {
		return func(row int) int { return int(c.Codes[row]) + 1 }
	}
	var values, cuts []float64
	for _, row := range rows {
		if !c.Missing(row) {
			values = append(values, c.Value(row))
		}
	}
	slices.Sort(values)
	for k := 1; k < aloneBins && len(values) > 0; k++ {
		cuts = append(cuts, values[k*len(values)/aloneBins])
	}
	cuts = slices.Compact(cuts)
	return func(row int) int {
		if c.Missing(row) {
			return 0
		}
		at, _ := slices.BinarySearch(cuts, math.Nextafter(c.Value(row), math.Inf(1)))
		return at + 1
	}
}

// alone is the share of the squared error of the overall mean that the means of
// cells save; of classes, of all their indicators.
func alone(target learn.Target, cell func(row int) int, learned, judged []int) float64 {
	width := max(1, len(target.Classes))
	value := func(row, k int) float64 {
		if target.Classes == nil {
			return target.Y[row]
		}
		return truth(int(target.Y[row]) == k)
	}
	sums, counts, all := map[int][]float64{}, map[int]float64{}, make([]float64, width)
	for _, row := range learned {
		at := cell(row)
		if sums[at] == nil {
			sums[at] = make([]float64, width)
		}
		counts[at]++
		for k := range width {
			sums[at][k] += value(row, k)
			all[k] += value(row, k) / float64(len(learned))
		}
	}
	own, constant := 0.0, 0.0
	for _, row := range judged {
		at := cell(row)
		for k := range width {
			guess := all[k]
			if n := counts[at]; n > 0 { // a weight of one row pulls towards the mean
				guess = (sums[at][k] + all[k]) / (n + 1)
			}
			v := value(row, k)
			own, constant = own+(v-guess)*(v-guess), constant+(v-all[k])*(v-all[k])
		}
	}
	if constant == 0 {
		return 0
	}
	return max(0, 1-own/constant)
}
