package search

import (
	"cmp"
	"math"
	"slices"

	"dasier/fault"
)

// Timeline says how folds run along time. Its times are in the unit of the
// column: seconds, of a time.
type Timeline struct {
	Folds int // Default: 5
	// Gap keeps the training rows that lie less than this before the test rows
	// out of a fold: what is predicted a week ahead must not learn from the days
	// between. Default: 0
	Gap float64
	// Window lets a fold learn from no older rows than this before its test rows
	// (less the gap): a sliding window. Default: 0, all that came before
	Window float64
}

// Ordered is Chained with every earlier row to learn from.
func Ordered(times []float64, k int) ([]Fold, error) {
	if k < 2 {
		return nil, checkFolds(len(times), k, "rows")
	}
	return Chained(times, Timeline{Folds: k})
}

// Chained scores on what comes after: the rows, sorted by time, are cut into
// k+1 blocks of nearly equal size, and fold i fits on the first i blocks and
// tests on the next one (forward chaining: Hyndman and Athanasopoulos,
// "Forecasting: Principles and Practice", 3rd ed., section 5.10). Rows of the
// same time never stand on both sides, so a fold may be larger than another.
func Chained(times []float64, line Timeline) ([]Fold, error) {
	k := line.Folds
	if k == 0 {
		k = 5
	}
	switch {
	case k < 2:
		return nil, checkFolds(len(times), k, "rows")
	case !(line.Gap >= 0) || !(line.Window >= 0):
		return nil, fault.Errorf(fault.Invalid, "the gap is %g and the window %g: both must be at least 0", line.Gap, line.Window)
	}
	if err := checkFolds(len(times), k+1, "rows"); err != nil {
		return nil, err
	}
	order, err := byTime(times)
	if err != nil {
		return nil, err
	}
	cuts := timeCuts(times, order, k)
	folds := make([]Fold, 0, k)
	for i := range k {
		if cuts[i] == cuts[i+1] {
			return nil, fault.Errorf(fault.Invalid, "there are too few different times for %d folds: use fewer folds", k)
		}
		first := times[order[cuts[i]]]
		train := slices.DeleteFunc(slices.Clone(order[:cuts[i]]), func(row int) bool {
			return times[row] > first-line.Gap || line.Window > 0 && times[row] < first-line.Gap-line.Window
		})
		if len(train) == 0 {
			return nil, fault.Errorf(fault.Invalid, "fold %d of %d has no row to learn from: a gap of %g and a window of %g leave none; use less gap, a longer window or fewer folds", i+1, k, line.Gap, line.Window)
		}
		fold := Fold{Train: train, Test: slices.Clone(order[cuts[i]:cuts[i+1]])}
		slices.Sort(fold.Train)
		slices.Sort(fold.Test)
		folds = append(folds, fold)
	}
	return folds, nil
}

// byTime lists the rows, the earliest first.
func byTime(times []float64) ([]int, error) {
	order := make([]int, len(times))
	for row := range order {
		order[row] = row
		if math.IsNaN(times[row]) {
			return nil, fault.Errorf(fault.Invalid, "row %d has no time: fill it in, or leave the row out", row+1)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(times[a], times[b]) })
	return order, nil
}

// timeCuts are the places in order where a new block begins, never between rows
// of the same time.
func timeCuts(times []float64, order []int, k int) []int {
	var cuts []int
	for b := 1; b <= k; b++ {
		cut := b * len(order) / (k + 1)
		for cut < len(order) && cut > 0 && times[order[cut]] == times[order[cut-1]] {
			cut++
		}
		cuts = append(cuts, cut)
	}
	return append(cuts, len(order))
}
