package profile

import (
	"math"
	"math/bits"

	"dasier/ml/frame"
)

// repeats counts rows that say the same twice.
type repeats struct {
	duplicates int   // rows equal to an earlier row in every column
	rows       []int // the first of them, from 1
	conflicts  int   // rows equal to an earlier one in all but the target
	conflicted []int // the first of them, from 1
}

const shownRows = 10

// findRepeats compares rows by a 64-bit hash and then cell by cell.
func findRepeats(f *frame.Frame, target string) repeats {
	var r repeats
	var inputs []*frame.Column
	for _, c := range f.Columns() {
		if c.Name != target {
			inputs = append(inputs, c)
		}
	}
	label, labelled := f.Column(target)
	if len(inputs) == 0 {
		return r
	}
	hashes := hashRows(inputs, f.Rows())
	first := newFirsts(hashes)
	for i := range hashes {
		earlier, seen := first.see(i)
		if !seen || !equalRows(inputs, earlier, i) {
			continue
		}
		if labelled && !equalCells(label, earlier, i) {
			r.conflicts++
			if len(r.conflicted) < shownRows {
				r.conflicted = append(r.conflicted, i+1)
			}
			continue
		}
		r.duplicates++
		if len(r.rows) < shownRows {
			r.rows = append(r.rows, i+1)
		}
	}
	return r
}

// firsts finds the first row of each hash: an open table of rows, at most half
// full, which is a third of a map's time and memory.
type firsts struct {
	hashes []uint64
	rows   []int32 // row + 1; 0 is free
	shift  int
}

func newFirsts(hashes []uint64) *firsts {
	size := bits.Len(uint(2 * len(hashes)))
	return &firsts{hashes: hashes, rows: make([]int32, 1<<size), shift: 64 - size}
}

// see answers an earlier row of the same hash, or remembers row i as the first.
func (f *firsts) see(i int) (earlier int, seen bool) {
	h := f.hashes[i]
	for at := int(h >> f.shift); ; at = (at + 1) & (len(f.rows) - 1) { //nolint:gosec // below 2^size
		row := int(f.rows[at])
		if row == 0 {
			f.rows[at] = int32(i + 1) //nolint:gosec // rows are far below 2^31
			return 0, false
		}
		if f.hashes[row-1] == h {
			return row - 1, true
		}
	}
}

// hashedRows is how many rows are hashed at a time, column by column, so that the
// hashes stay in the first cache.
const hashedRows = 2048

func hashRows(columns []*frame.Column, rows int) []uint64 {
	hashes := make([]uint64, rows)
	each((rows+hashedRows-1)/hashedRows, func(b int, _ *sorter) {
		from, to := b*hashedRows, min(rows, (b+1)*hashedRows)
		for _, c := range columns {
			hashCells(c, hashes[from:to], from, to)
		}
	})
	return hashes
}

func hashCells(c *frame.Column, hashes []uint64, from, to int) {
	if c.Kind == frame.Category {
		for i, code := range c.Codes[from:to] {
			hashes[i] = mix(hashes[i] ^ uint64(int64(code))) //nolint:gosec // -1 keeps its own pattern
		}
		return
	}
	var room [hashedRows]float64
	for i, v := range c.Numbers().Block(from, to, room[:]) {
		word := uint64(1) // missing, whatever the NaN
		if !math.IsNaN(v) {
			word = math.Float64bits(v + 0) // -0 + 0 is 0
		}
		hashes[i] = mix(hashes[i] ^ word)
	}
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast Splittable
// Pseudorandom Number Generators, OOPSLA 2014, figure 16).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func equalRows(columns []*frame.Column, a, b int) bool {
	for _, c := range columns {
		if !equalCells(c, a, b) {
			return false
		}
	}
	return true
}

func equalCells(c *frame.Column, a, b int) bool {
	if c.Kind == frame.Category {
		return c.Codes[a] == c.Codes[b]
	}
	return c.Value(a) == c.Value(b) || (math.IsNaN(c.Value(a)) && math.IsNaN(c.Value(b)))
}
