package tree

import "math"

// The loops of a node whose columns are sorted lists. They take most of the time
// of a fit. BenchmarkScan and BenchmarkDivide measure them: both are bound by
// arithmetic (about forty and twelve instructions an entry), not by bytes, for the
// lists and cells of a local space fit the second cache: rows that move on into a
// space of 1,024 rows, whose cells fit the first, were no faster. What paid: scores
// compared as whole numbers, without a branch (a fifth of a fit), and no lists for
// nodes of two rows (a fifth). Reciprocals from a table instead of the division
// were no faster.

// scanList looks for the cut of a list that lowers the sum of squares most. It
// gives how many entries go left, 0 when there is no place to cut, and how good
// that is: with d the sum of the targets on the left, measured from the node's
// mean, and w their weight, what is gained is d²/(w·(whole-w)) times the whole
// weight. The loop has no branch but its end: in small nodes, which are most, the
// processor would guess wrong at every other one. Scores are no less than 0, so
// their bits have their order.
func scanList(list []uint32, cells *[1 << 16]cell, total cell, minRows int) (at int, score float64) {
	last := len(list) - minRows
	if last < minRows {
		return 0, 0
	}
	var sum, weight int64
	for _, e := range list[:minRows-1] {
		c := &cells[uint16(e)] //nolint:gosec // the low half is the row
		sum += c.sum
		weight += c.weight
	}
	whole := total.total()
	mean := float64(total.sum) / whole
	best := int64(-1)
	e := list[minRows-1]
	for i, next := range list[minRows : last+1] {
		c := &cells[uint16(e)] //nolint:gosec // the low half is the row
		sum += c.sum
		weight += c.weight
		w := float64(weight >> rowBits)
		d := float64(sum) - mean*w
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
	for i := len(list) - 1; i >= 0; i-- {
		e := list[i]
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
