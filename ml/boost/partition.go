package boost

import "unsafe"

// This file is the second hot loop of a fit: per row of a leaf that is split, one
// code that says which way it goes.

// partition distributes entries: those that go left to left, those that go right to
// right, both in their order; it gives how many go left. Left may begin where from
// does, or before. Codes are of one column, a stride apart; table is 1 for those
// that go left. Which way a row goes cannot be guessed, so there is no branch: each
// entry is written to both sides, and one side moves on.
//
// Unsafe, because the checks of bounds take as long as the rest. Rows of entries
// are rows of codes, and the lengths of both sides are checked at first.
func partition(codes []uint8, stride int, from, left, right []entry, table *[256]uint8) int {
	if len(from) == 0 {
		return 0
	}
	left, right = left[:len(from)], right[:len(from)]
	code := unsafe.Pointer(&codes[0])                           //nolint:gosec // within bounds, as said above
	l, r := unsafe.Pointer(&left[0]), unsafe.Pointer(&right[0]) //nolint:gosec // within bounds, as said above
	lefts := uintptr(0)
	for i, e := range from {
		is := uintptr(table[*(*uint8)(unsafe.Add(code, uintptr(e>>32)*uintptr(stride)))])
		*(*entry)(unsafe.Add(l, lefts*8)) = e
		*(*entry)(unsafe.Add(r, (uintptr(i)-lefts)*8)) = e
		lefts += is
	}
	return int(lefts)
}
