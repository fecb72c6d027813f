package profile

import (
	"math"

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
	first := make(map[uint64]int32, f.Rows())
	for i, h := range hashes {
		earlier, seen := first[h]
		if !seen {
			first[h] = int32(i) //nolint:gosec // rows are far below 2^31
			continue
		}
		if !equalRows(inputs, int(earlier), i) {
			continue
		}
		if labelled && !equalCells(label, int(earlier), i) {
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

func hashRows(columns []*frame.Column, rows int) []uint64 {
	hashes := make([]uint64, rows)
	for _, c := range columns {
		if c.Kind == frame.Category {
			for i, code := range c.Codes {
				hashes[i] = mix(hashes[i] ^ uint64(int64(code))) //nolint:gosec // -1 keeps its own pattern
			}
			continue
		}
		for i, v := range c.Values {
			bits := uint64(1) // missing, whatever the NaN
			if !math.IsNaN(v) {
				bits = math.Float64bits(v + 0) // -0 + 0 is 0
			}
			hashes[i] = mix(hashes[i] ^ bits)
		}
	}
	return hashes
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
	return c.Values[a] == c.Values[b] || (math.IsNaN(c.Values[a]) && math.IsNaN(c.Values[b]))
}
