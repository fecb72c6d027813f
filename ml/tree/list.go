package tree

import "slices"

import "math"

// The loops of a node whose columns are sorted lists. They take most of the time
// of a fit where columns have many values. BenchmarkScan and BenchmarkDivide
// measure them: both are bound by arithmetic, not by bytes, for the lists and
// cells of a local space fit the second cache. An entry of either is about one and
// a half nanoseconds, five cycles, the least of many runs. What paid: scores
// compared as whole numbers, without a branch, and no lists for nodes of two rows
// (together about a fifth of a fit); sums as floats, which need no conversion (a
// quarter of a scan); lists only once a node has few rows, for counting into
// buckets costs less than sorting, scanning and dividing (a sixth of a fit).
// Reciprocals from a table instead of the division seemed no faster, in a run too
// noisy to tell.

// mass is a cell as floats, which hold it exactly: a local space measures targets
// so that no sum is beyond 2^53.
type mass struct{ sum, weight float64 }

// scanList looks for the cut of a list that lowers the sum of squares most. It
// gives how many entries go left, 0 when there is no place to cut, and how good
// that is: with d the sum of the targets on the left, measured from the node's
// mean, and w their weight, what is gained is d²/(w·(whole-w)) times the whole
// weight. The loop has no branch but its end: in small nodes, which are most, the
// processor would guess wrong at every other one. Scores are no less than 0, so
// their bits have their order.
func scanList(list []uint32, masses *[1 << 16]mass, total cell, minRows int) (at int, score float64) {
	last := len(list) - minRows
	if last < minRows {
		return 0, 0
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
		return 0, 0
	}
	return at + minRows, math.Float64frombits(uint64(best)) //nolint:gosec // not negative where at is not 0
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
// its order, and gives how many go left.
func divide(list []uint32, side *[1 << 16]uint8, spare []uint32) int {
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
	return left
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
