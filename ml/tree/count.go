package tree

// The loops that count rows into buckets. They are bound by bytes: a row's code
// is gathered from a column (2 bytes of a line of 64) and its cell from all
// cells, in the order of rows, so that the processor's prefetcher follows while
// nodes are large; in small nodes both are in the cache.

// count adds rows to the buckets of their codes, of which there are at most 256.
func count(h *[buckets]cell, rows []uint32, codes []uint16, cells []cell, shift uint8) {
	shift &= 15
	for _, r := range rows {
		b, c := &h[uint8(codes[r]>>shift)], &cells[r] //nolint:gosec // a column has at most 256 buckets
		b.sum += c.sum
		b.weight += c.weight
	}
}

// countMany is count of categories with more levels.
func countMany(h []cell, rows []uint32, codes []uint16, cells []cell) {
	for _, r := range rows {
		b, c := &h[codes[r]], &cells[r]
		b.sum += c.sum
		b.weight += c.weight
	}
}

// countMarked is countMany that marks the buckets it meets, for few rows and
// many buckets.
func countMarked(h []cell, marks []uint64, rows []uint32, codes []uint16, cells []cell) {
	for _, r := range rows {
		code := codes[r]
		b, c := &h[code], &cells[r]
		b.sum += c.sum
		b.weight += c.weight
		marks[code>>6] |= 1 << (code & 63)
	}
}

// countRare adds rows to the cells of their entries, and marks those. A row's
// entries are one stretch of memory, and the cells fit the first cache or the
// second; how often that waits for the sum before was not measured.
func countRare(h *[mostPlaces]cell, marks *[mostPlaces / 64]uint64, rows, origin []uint32, of *rare, cells []cell) {
	for _, r := range rows {
		c := cells[r]
		for _, e := range of.of(origin[r]) {
			b := &h[e&(mostPlaces-1)]
			b.sum += c.sum
			b.weight += c.weight
			marks[e>>6&(mostPlaces/64-1)] |= 1 << (e & 63)
		}
	}
}

// countEntries is countRare without marks.
func countEntries(h []cell, rows, origin []uint32, of *rare, cells []cell) {
	for _, r := range rows {
		c := cells[r]
		for _, e := range of.of(origin[r]) {
			b := &h[e]
			b.sum += c.sum
			b.weight += c.weight
		}
	}
}

// subtract makes a sibling's buckets of the parent's.
func subtract(parent, child []cell) {
	child = child[:len(parent)]
	for k := range parent {
		parent[k].sum -= child[k].sum
		parent[k].weight -= child[k].weight
	}
}

// divideRows moves the rows with a side of 1 behind the others, each side in its
// order.
func divideRows(rows []uint32, side []uint8, spare []uint32) int {
	left, right := 0, 0
	spare = spare[:len(rows)]
	side = side[:len(rows)]
	for i, r := range rows {
		s := int(side[i])
		rows[left] = r
		spare[right] = r
		right += s
		left += 1 - s
	}
	copy(rows[left:], spare[:right])
	return left
}
