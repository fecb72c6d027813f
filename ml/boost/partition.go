package boost

import "unsafe"

// This file is the second hot loop of a fit: per row of a leaf that is split, one
// code or number that says which way it goes.
//
// What bounds it: arithmetic, at about 1.2 ns a row, as rows of a leaf are in order
// and those of a column side by side. Codes of a column out of rows of codes took 2.6
// to 21 ns, as each is in another line of memory; numbers of 8 bytes take 1.2 to 1.8.

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

// partitionNumbers is partition by numbers of all rows: those of at most cut go left.
// What is missing goes right; see partitionHollow.
func partitionNumbers[T float32 | float64](values []T, cut float64, from, left, right []entry) int {
	if len(from) == 0 {
		return 0
	}
	left, right = left[:len(from)], right[:len(from)]
	value := unsafe.Pointer(&values[0])                         //nolint:gosec // within bounds, as said above
	l, r := unsafe.Pointer(&left[0]), unsafe.Pointer(&right[0]) //nolint:gosec // within bounds, as said above
	lefts := uintptr(0)
	for i, e := range from {
		is := uintptr(0)
		if float64(*(*T)(unsafe.Add(value, uintptr(e>>32)*unsafe.Sizeof(values[0])))) <= cut {
			is = 1
		}
		*(*entry)(unsafe.Add(l, lefts*8)) = e
		*(*entry)(unsafe.Add(r, (uintptr(i)-lefts)*8)) = e
		lefts += is
	}
	return int(lefts)
}

// partitionHollow is partitionNumbers where what is missing goes left.
func partitionHollow[T float32 | float64](values []T, cut float64, from, left, right []entry) int {
	if len(from) == 0 {
		return 0
	}
	left, right = left[:len(from)], right[:len(from)]
	value := unsafe.Pointer(&values[0])                         //nolint:gosec // within bounds, as said above
	l, r := unsafe.Pointer(&left[0]), unsafe.Pointer(&right[0]) //nolint:gosec // within bounds, as said above
	lefts := uintptr(0)
	for i, e := range from {
		is := uintptr(1)
		if float64(*(*T)(unsafe.Add(value, uintptr(e>>32)*unsafe.Sizeof(values[0])))) > cut {
			is = 0
		}
		*(*entry)(unsafe.Add(l, lefts*8)) = e
		*(*entry)(unsafe.Add(r, (uintptr(i)-lefts)*8)) = e
		lefts += is
	}
	return int(lefts)
}
