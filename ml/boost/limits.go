package boost

import (
	"maps"
	"slices"

	"dasier/fault"
)

// limits is what columns may do: in which sets they may meet. That one is monotone
// is said at the column.
type limits struct {
	columns []int32 // all
	sets    [][]bool
	every   []int32 // the numbers of all sets; nil: no limits
}

// limits finds the columns that the settings name.
func (r *run) limits() (limits, error) {
	l := limits{columns: make([]int32, len(r.columns))}
	place := make(map[string]int, len(r.columns))
	from := make(map[string][]int, len(r.columns)) // of a column: a date gives several features
	for j := range r.columns {
		l.columns[j] = int32(j)
		place[r.columns[j].Name] = j
		from[r.columns[j].Column] = append(from[r.columns[j].Column], j)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Monotone)) {
		sign := r.Monotone[name]
		j, ok := place[name]
		switch {
		case sign == 0:
		case !ok:
			return l, fault.Errorf(fault.Invalid, "boosting: no column %q to be monotone: it is not in the table, or gives no feature", name)
		case r.columns[j].category():
			return l, fault.Errorf(fault.Invalid, "boosting: column %q cannot be monotone: its categories have no order", name)
		default:
			r.columns[j].sign = sign
		}
	}
	if len(r.Interactions) == 0 {
		return l, nil
	}
	rest := make([]bool, len(r.columns))
	for j := range rest {
		rest[j] = true
	}
	for _, names := range r.Interactions {
		set := make([]bool, len(r.columns))
		for _, name := range names {
			if from[name] == nil {
				return l, fault.Errorf(fault.Invalid, "boosting: no column %q to interact: it is not in the table, or gives no feature", name)
			}
			for _, j := range from[name] {
				set[j], rest[j] = true, false
			}
		}
		l.sets = append(l.sets, set)
	}
	l.sets = append(l.sets, rest)
	for k := range l.sets {
		l.every = append(l.every, int32(k))
	}
	return l, nil
}

// allowed are those of the columns that stand in one of the sets.
func (l *limits) allowed(sets, columns []int32) []int32 {
	if l.sets == nil {
		return columns
	}
	some := make([]int32, 0, len(columns))
	for _, j := range columns {
		if slices.ContainsFunc(sets, func(k int32) bool { return l.sets[k][j] }) {
			some = append(some, j)
		}
	}
	return some
}

// narrow hands a node's limits to its children: the sets that have the column, and
// values on either side of the middle where it is monotone. So every leaf below one
// child is on the right side of every leaf below the other.
func (l *limits) narrow(n, left, right *node, sign int, leftValue, rightValue float64) {
	left.lower, left.upper, right.lower, right.upper = n.lower, n.upper, n.lower, n.upper
	if middle := leftValue/2 + rightValue/2; sign > 0 {
		left.upper, right.lower = middle, middle
	} else if sign < 0 {
		left.lower, right.upper = middle, middle
	}
	if l.sets == nil {
		return
	}
	for _, k := range n.sets {
		if l.sets[k][n.best.column] {
			left.sets = append(left.sets, k)
		}
	}
	right.sets = left.sets
}
