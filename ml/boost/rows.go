package boost

// rowList is rows in ascending order. All rows of a table are no list: of the many
// that a fit takes memory for, 4 bytes each are worth saving.
type rowList struct {
	listed []int32
	all    int // where none are listed: the rows 0 to all-1
}

func (l rowList) len() int { return max(l.all, len(l.listed)) }

func (l rowList) at(i int) int32 {
	if l.listed == nil {
		return int32(i) //nolint:gosec // a row: there are fewer than mostRows
	}
	return l.listed[i]
}

// block is those from begin to end, end not included, in room where they are not
// listed.
func (l rowList) block(begin, end int, room *[blockRows]int32) []int32 {
	if l.listed != nil {
		return l.listed[begin:end]
	}
	some := room[:end-begin]
	for i := range some {
		some[i] = int32(begin + i) //nolint:gosec // as above
	}
	return some
}
