package tree

import (
	"math"
	"slices"

	"dasier/ml/frame"
)

// pair is a number as a whole one of the same order, with its row.
type pair struct {
	key uint64
	row uint32
}

// ranking sorts numbers; it keeps its memory for the next column.
type ranking struct {
	room        [1024]float64
	here, there []pair
}

const (
	digit  = 11 // bits
	digits = (64 + digit - 1) / digit
	few    = 2048 // fewer are sorted by comparison
)

// keyOf gives floats the order of whole numbers; -0 is 0.
func keyOf(x float64) uint64 {
	b := math.Float64bits(x + 0)
	return b ^ (uint64(int64(b)>>63) | 1<<63) //nolint:gosec // the sign, spread
}

func valueOf(key uint64) float64 {
	return math.Float64frombits(key ^ (uint64(int64(^key)>>63) | 1<<63)) //nolint:gosec // the sign, spread
}

// sort orders the numbers that are not missing. Equal ones keep the order of
// their rows.
func (r *ranking) sort(values frame.Numbers) []pair {
	r.here = slices.Grow(r.here[:0], values.Len())
	for first, block := range values.Blocks(r.room[:]) {
		for i, v := range block {
			if !math.IsNaN(v) {
				r.here = append(r.here, pair{keyOf(v), uint32(first + i)}) //nolint:gosec // rows are below 2^25
			}
		}
	}
	if len(r.here) < few {
		slices.SortStableFunc(r.here, func(a, b pair) int {
			switch {
			case a.key < b.key:
				return -1
			case a.key > b.key:
				return 1
			}
			return 0
		})
		return r.here
	}
	r.there = slices.Grow(r.there[:0], len(r.here))[:len(r.here)]
	r.radix()
	return r.here
}

// radix sorts digit by digit, the least first, without those that are all the
// same: what was float32 has no low ones.
func (r *ranking) radix() {
	var counts [digits][1 << digit]uint32
	for _, p := range r.here {
		for d := range digits {
			counts[d][p.key>>(d*digit)&(1<<digit-1)]++
		}
	}
	for d := range digits {
		count := &counts[d]
		shift := d * digit
		if int(count[r.here[0].key>>shift&(1<<digit-1)]) == len(r.here) {
			continue
		}
		at := uint32(0)
		for k, n := range count {
			count[k] = at
			at += n
		}
		for _, p := range r.here {
			k := p.key >> shift & (1<<digit - 1)
			r.there[count[k]] = p
			count[k]++
		}
		r.here, r.there = r.there, r.here
	}
}
