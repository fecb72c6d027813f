package tree

import (
	"math"
	"slices"
)

// The loops of a node whose columns are sorted lists. They took most of the time of
// a fit where columns have many values. BenchmarkScan and BenchmarkDivide measure
// Go's, which are bound by arithmetic, not by bytes, for the lists and cells of a
// local space fit the second cache: an entry of either is about one and a half
// nanoseconds, five cycles, the least of many runs. list_amd64.s does both for all
// columns of a node in one call, four cuts and eight entries at a time, to the same
// bits. What paid: that (a fifth of a fit); lists also for columns of few values,
// now that lists cost less (an eighth); scores compared as whole numbers, without a
// branch, and no lists for nodes of two rows (together about a fifth); sums as
// floats, which need no conversion (a quarter of a scan of Go's); lists only once a
// node has few rows, for counting into buckets costs less than sorting, scanning and
// dividing (a sixth of a fit). What did not: longer lists, of twice and four times
// as many rows; nodes of a quarter of the size, and comparing values in place of
// codes, for the rows that a tree did not see.

// mass is a cell as floats, which hold it exactly: a local space measures targets
// so that no sum is beyond 2^53.
type mass struct{ sum, weight float64 }

// scanList looks for the cut of a list that lowers the sum of squares most. It
// gives how many entries go left and how good that is, less than 0 when there is
// no place to cut: with d the sum of the targets on the left, measured from the node's
// mean, and w their weight, what is gained is d²/(w·(whole-w)) times the whole
// weight. The loop has no branch but its end: in small nodes, which are most, the
// processor would guess wrong at every other one. Scores are no less than 0, so
// their bits have their order.
func scanList(list []uint32, masses *[1 << 16]mass, total cell, minRows int) (at int, score float64) {
	last := len(list) - minRows
	if last < minRows {
		return 0, -1
	}
	sum, w := 0.0, 0.0
	for _, e := range list[:minRows-1] {
		m := &masses[uint16(e)] //nolint:gosec // the low half is the row
		sum += m.sum
		w += m.weight
	}
	whole := total.total()
	mean := float64(total.sum) / whole
	best := int64(-1)
	e := list[minRows-1]
	for i, next := range list[minRows : last+1] {
		m := &masses[uint16(e)] //nolint:gosec // the low half is the row
		sum += m.sum
		w += m.weight
		d := sum - float64(mean*w)                                 // never fused: the same bytes on every machine
		bits := int64(math.Float64bits(d * d / (w * (whole - w)))) //nolint:gosec // not negative
		if next^e <= 0xffff {                                      // the same code
			bits = -1
		}
		if bits > best {
			at = i
		}
		best = max(best, bits)
		e = next
	}
	if best < 0 {
		return 0, -1
	}
	return at + minRows, math.Float64frombits(uint64(best)) //nolint:gosec // not negative where at is not 0
}

// found is the best cut of a list.
type found struct {
	score float64 // less than 0: there is none
	at    int64   // how many entries go left
}

// ahead is how many entries behind a list the loops may read.
const ahead = 16

// scanPlain is scanLists in Go.
func (s *space) scanPlain(lo, hi int, live []uint16, total cell, minRows int, to []found) {
	for i, k := range live {
		if list := s.lists[k]; list != nil {
			at, score := scanList(list[lo:hi], s.masses, total, minRows)
			to[i] = found{score, int64(at)}
		}
	}
}

// dividePlain is divideLists in Go.
func (s *space) dividePlain(lo, hi int, live []uint16, skip int, left, right bool) {
	for _, k := range live {
		list := s.lists[k]
		if list == nil || int(k) == skip {
			continue
		}
		switch list = list[lo:hi]; {
		case !left:
			keepRight(list, s.side)
		case !right:
			keepLeft(list, s.side)
		default:
			divide(list, s.side, s.spare)
		}
	}
}

// add adds the rows of a list up.
func add(list []uint32, cells *[1 << 16]cell) (total cell) {
	for _, e := range list {
		c := &cells[uint16(e)] //nolint:gosec // the low half is the row
		total.sum += c.sum
		total.weight += c.weight
	}
	return total
}

// divide moves the entries of rows that go right behind the others, each side in
// its order.
func divide(list []uint32, side *[1 << 16]uint8, spare []uint32) {
	left, right := 0, 0
	spare = spare[:len(list)]
	for _, e := range list {
		s := int(side[uint16(e)]) //nolint:gosec // the low half is the row
		list[left] = e
		spare[right] = e
		right += s
		left += 1 - s
	}
	copy(list[left:], spare[:right])
}

// keepLeft moves the entries of rows that go left to the front, in their order;
// what is behind is lost.
func keepLeft(list []uint32, side *[1 << 16]uint8) {
	left := 0
	for _, e := range list {
		list[left] = e
		left += 1 - int(side[uint16(e)]) //nolint:gosec // the low half is the row
	}
}

// keepRight moves the entries of rows that go right to the end, in their order;
// what is before is lost.
func keepRight(list []uint32, side *[1 << 16]uint8) {
	right := len(list) - 1
	for _, e := range slices.Backward(list) {

		list[right] = e
		right -= int(side[uint16(e)]) //nolint:gosec // the low half is the row
	}
}

// mark writes the sides of a list's rows.
func mark(list []uint32, side *[1 << 16]uint8, to uint8) {
	for _, e := range list {
		side[uint16(e)] = to //nolint:gosec // the low half is the row
	}
}
