package boost

import "unsafe"

// This file is the hot loop of a fit: per row of a leaf and column, one addition
// to a cell of a histogram. On a million rows of 28 columns it takes half the time.
//
// What bounds it: on rows that lie together, arithmetic, at 0.45 ns a cell (an
// addition in memory each, to a histogram of 57 KB, which the first cache does not
// hold). On rows that lie apart, memory, one or two lines a row: fetching the row
// 16 ahead (histogram_amd64.s) hides most of it, 0.85 instead of 1.45 ns at one row
// in sixteen. What paid besides: a slope and a count in one addition; rows' codes
// side by side, in one line where padding is cheap; only the smaller child summed,
// while the partition still has its rows near; the codes a second time by columns,
// so that a partition reads a byte a row and not a line.
//
// What did not pay: four, eight or sixteen columns at a time over a block of rows,
// for the first cache (0.63 to 0.8 ns: entries are read again for each); cells of
// which the place is looked up (a third slower: only for columns of few bins).
// Not tried: cells of 32 bits with slopes of few bits, as Shi et al. have them, and
// bundles of columns of which one at most is not zero (Ke et al., section 4): rows
// of one-hot columns are read as they are.
//
// A cell is one int64 where second derivatives are all 1: the sum of slopes above
// bit shift, the count of rows below it, so that one addition does both. Otherwise
// a cell is two: this, and the sum of second derivatives.

// entry is a row of a leaf with its slope: the row above, the slope (int32) below.
// They travel together through partitions, so that nothing is fetched by row but
// codes.
type entry uint64

func newEntry(row, slope int32) entry { return entry(uint64(uint32(row))<<32 | uint64(uint32(slope))) }

func (e entry) row() int     { return int(e >> 32) }
func (e entry) slope() int64 { return int64(int32(e)) } //nolint:gosec // its lower half

// cellsApart is the cells of a column in a histogram where columns are alike: that
// the distance is known when compiling makes adding a quarter faster.
const cellsApart = 256

// addRowsInGo adds rows to a histogram of cellsApart cells a column, one number a
// cell.
//
// Unsafe, because the bounds of two arrays would be checked for every addition,
// which takes longer than adding. What is read and written is within bounds: rows
// are rows of codes, and there are cellsApart cells for each of c.used codes.
func addRowsInGo(cells []int64, c *codes, entries []entry, shift uint) {
	if len(entries) == 0 {
		return
	}
	to, from, stride, used := unsafe.Pointer(&cells[0]), unsafe.Pointer(&c.all[0]), uintptr(c.stride), uintptr(c.used) //nolint:gosec // within bounds, as said above
	for _, e := range entries {
		add := e.slope()<<(shift&63) + 1
		row := unsafe.Add(from, uintptr(e>>32)*stride)
		for j := uintptr(0); j < used; j += 4 {
			b, column := *(*[4]uint8)(unsafe.Add(row, j)), j*(cellsApart*8)
			*(*int64)(unsafe.Add(to, column+uintptr(b[0])*8)) += add
			*(*int64)(unsafe.Add(to, column+uintptr(b[1])*8+cellsApart*8)) += add
			*(*int64)(unsafe.Add(to, column+uintptr(b[2])*8+2*cellsApart*8)) += add
			*(*int64)(unsafe.Add(to, column+uintptr(b[3])*8+3*cellsApart*8)) += add
		}
	}
}

// addRowsSecondsInGo is addRowsInGo for cells of two numbers; seconds are of all
// rows.
func addRowsSecondsInGo(cells []int64, c *codes, entries []entry, seconds []int32, shift uint) {
	if len(entries) == 0 {
		return
	}
	to, from, stride, used := unsafe.Pointer(&cells[0]), unsafe.Pointer(&c.all[0]), uintptr(c.stride), uintptr(c.used) //nolint:gosec // within bounds, as said above
	for _, e := range entries {
		add, second := e.slope()<<(shift&63)+1, int64(seconds[e.row()])
		row := unsafe.Add(from, uintptr(e>>32)*stride)
		for j := uintptr(0); j < used; j += 2 {
			b, column := *(*[2]uint8)(unsafe.Add(row, j)), j*(cellsApart*16)
			cell := (*[2]int64)(unsafe.Add(to, column+uintptr(b[0])*16))
			cell[0] += add
			cell[1] += second
			cell = (*[2]int64)(unsafe.Add(to, column+uintptr(b[1])*16+cellsApart*16))
			cell[0] += add
			cell[1] += second
		}
	}
}

// addRowsPacked is addRowsInGo for columns of which some have far fewer bins.
// firsts has, per code of a row, the place of the column's first cell in bytes.
func addRowsPacked(cells []int64, c *codes, firsts []uint32, entries []entry, shift uint) {
	if len(entries) == 0 {
		return
	}
	to, from, stride, used := unsafe.Pointer(&cells[0]), unsafe.Pointer(&c.all[0]), uintptr(c.stride), uintptr(c.used) //nolint:gosec // within bounds, as said above
	first := unsafe.Pointer(&firsts[0])                                                                                //nolint:gosec // within bounds, as said above
	for _, e := range entries {
		add := e.slope()<<(shift&63) + 1
		row := unsafe.Add(from, uintptr(e>>32)*stride)
		for j := uintptr(0); j < used; j += 4 {
			b := *(*[4]uint8)(unsafe.Add(row, j))
			f := (*[4]uint32)(unsafe.Add(first, 4*j))
			*(*int64)(unsafe.Add(to, uintptr(f[0])+uintptr(b[0])*8)) += add
			*(*int64)(unsafe.Add(to, uintptr(f[1])+uintptr(b[1])*8)) += add
			*(*int64)(unsafe.Add(to, uintptr(f[2])+uintptr(b[2])*8)) += add
			*(*int64)(unsafe.Add(to, uintptr(f[3])+uintptr(b[3])*8)) += add
		}
	}
}

// addRowsSecondsPacked is addRowsPacked for cells of two numbers.
func addRowsSecondsPacked(cells []int64, c *codes, firsts []uint32, entries []entry, seconds []int32, shift uint) {
	if len(entries) == 0 {
		return
	}
	to, from, stride, used := unsafe.Pointer(&cells[0]), unsafe.Pointer(&c.all[0]), uintptr(c.stride), uintptr(c.used) //nolint:gosec // within bounds, as said above
	first := unsafe.Pointer(&firsts[0])                                                                                //nolint:gosec // within bounds, as said above
	for _, e := range entries {
		add, second := e.slope()<<(shift&63)+1, int64(seconds[e.row()])
		row := unsafe.Add(from, uintptr(e>>32)*stride)
		for j := uintptr(0); j < used; j += 2 {
			b := *(*[2]uint8)(unsafe.Add(row, j))
			f := (*[2]uint32)(unsafe.Add(first, 4*j))
			cell := (*[2]int64)(unsafe.Add(to, uintptr(f[0])+uintptr(b[0])*16))
			cell[0] += add
			cell[1] += second
			cell = (*[2]int64)(unsafe.Add(to, uintptr(f[1])+uintptr(b[1])*16))
			cell[0] += add
			cell[1] += second
		}
	}
}

// addSome is addRows and addRowsSeconds (where seconds are given) for some columns
// only.
func addSome(cells []int64, c *codes, firsts []uint32, entries []entry, seconds []int32, shift uint, some []int32) {
	width := uint32(8)
	if seconds != nil {
		width = 16
	}
	for _, e := range entries {
		add, row := e.slope()<<(shift&63)+1, c.of(e.row())
		for _, j := range some {
			cell := (firsts[j] + uint32(row[j])*width) / 8
			cells[cell] += add
			if seconds != nil {
				cells[cell+1] += int64(seconds[e.row()])
			}
		}
	}
}

// subtract leaves what the larger child has in cells of its parent.
func subtract(cells, smaller []int64) {
	smaller = smaller[:len(cells)]
	for i := range cells {
		cells[i] -= smaller[i]
	}
}

// join adds up what several workers have summed.
func join(cells, more []int64) {
	more = more[:len(cells)]
	for i := range cells {
		cells[i] += more[i]
	}
}
