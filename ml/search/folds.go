package search

import (
	"cmp"
	"slices"

	"dasier/fault"
)

// Fold is one division of the rows: fit on Train, score on Test. Both are
// ascending.
type Fold struct {
	Train, Test []int
}

// Shuffled divides rows 0..n-1 into k folds of nearly equal size, by chance.
func Shuffled(n, k int, seed uint64) ([]Fold, error) {
	if err := checkFolds(n, k, "rows"); err != nil {
		return nil, err
	}
	fold := make([]int, n)
	for position, row := range permutation(n, seed) {
		fold[row] = position % k
	}
	return fromAssignment(fold, k), nil
}

// Grouped keeps the rows of a group together, so that no test row has a sibling
// among the training rows. groups[i] is the group of row i; a negative group
// means that the row stands alone. The largest groups are placed first, each
// into the fold with the fewest rows so far; chance decides among equals.
func Grouped(groups []int32, k int, seed uint64) ([]Fold, error) {
	members := byGroup(groups)
	if err := checkFolds(len(members), k, "groups"); err != nil {
		return nil, err
	}
	order := permutation(len(members), seed)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(members[b]), len(members[a])) })
	fold, sizes := make([]int, len(groups)), make([]int, k)
	for _, g := range order {
		least := slices.Index(sizes, slices.Min(sizes))
		sizes[least] += len(members[g])
		for _, row := range members[g] {
			fold[row] = least
		}
	}
	return fromAssignment(fold, k), nil
}

// byGroup lists the rows of each group, in the order of first appearance.
func byGroup(groups []int32) [][]int {
	var members [][]int
	at := map[int32]int{}
	for row, g := range groups {
		place, known := at[g]
		if g < 0 || !known {
			place = len(members)
			members = append(members, nil)
			if g >= 0 {
				at[g] = place
			}
		}
		members[place] = append(members[place], row)
	}
	return members
}

// Assigned makes folds of a given fold number per row, as other programs write
// them to compare on the same rows.
func Assigned(fold []int) ([]Fold, error) {
	if len(fold) == 0 {
		return nil, fault.Errorf(fault.Invalid, "no row has a fold")
	}
	for row, f := range fold {
		if f < 0 || f >= len(fold) {
			return nil, fault.Errorf(fault.Invalid, "row %d has the fold %d: folds are numbered from 0, without a gap", row+1, f)
		}
	}
	k := slices.Max(fold) + 1
	counts := make([]int, k)
	for _, f := range fold {
		counts[f]++
	}
	if i := slices.Index(counts, 0); i >= 0 || k < 2 {
		return nil, fault.Errorf(fault.Invalid, "cross-validation needs at least 2 folds, each with a row")
	}
	return fromAssignment(fold, k), nil
}

func checkFolds(n, k int, of string) error {
	if k < 2 {
		return fault.Errorf(fault.Invalid, "cross-validation needs at least 2 folds, not %d", k)
	}
	if n == 1 && of == "groups" {
		return fault.Errorf(fault.Invalid, "all rows are of one group, and a group stays together: divide by another column, or without groups")
	}
	if n < k {
		return fault.Errorf(fault.Invalid, "%d %s cannot be cut into %d parts: use fewer folds or more data", n, of, k)
	}
	return nil
}

func permutation(n int, seed uint64) []int {
	return draws(seed).Perm(n)
}

// fromAssignment makes the folds of which row i is tested in fold[i].
func fromAssignment(fold []int, k int) []Fold {
	folds, sizes := make([]Fold, k), make([]int, k)
	for _, of := range fold {
		sizes[of]++
	}
	for f, size := range sizes {
		folds[f] = Fold{Train: make([]int, 0, len(fold)-size), Test: make([]int, 0, size)}
	}
	for row, of := range fold {
		for f := range folds {
			if f == of {
				folds[f].Test = append(folds[f].Test, row)
			} else {
				folds[f].Train = append(folds[f].Train, row)
			}
		}
	}
	return folds
}
