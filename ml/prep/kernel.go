package prep

import "math"

// The loops that look at every value of a column, as they are on any processor;
// on amd64 they have twins in kernel_amd64.s, which compute the same bits.

// tally is what a pass counts and adds, in strands that vector instructions keep
// apart: of least, greatest, missing and part, every fourth value has one, of the
// sums every eighth. The order of the fields is that of kernel_amd64.s.
type tally struct {
	least, greatest [4]float64
	sum, squares    [8]float64 // of what the values are above a shift
	missing         [4]int64
	part            [4]uint64 // not 0: some value is not whole
}

func newTally() tally {
	t := tally{}
	for k := range t.least {
		t.least[k], t.greatest[k] = math.Inf(1), math.Inf(-1)
	}
	return t
}

// addPlain adds values, the first of which goes to the first strand.
func (t *tally) addPlain(values []float64, shift float64) {
	for i, v := range values {
		strand, of := i&7, i&3
		if math.IsNaN(v) {
			t.missing[of]++
			continue
		}
		if v != math.Trunc(v) {
			t.part[of] = 1
		}
		if v < t.least[of] {
			t.least[of] = v
		}
		if v > t.greatest[of] {
			t.greatest[of] = v
		}
		v -= shift
		t.sum[strand] += v
		t.squares[strand] += float64(v * v) // rounded on every processor
	}
}

// gatherPlain copies the values from low to high and counts those below low. to
// has room for all values, and may be values. It has no branch that depends on
// values: it would be mispredicted.
func gatherPlain(values []float64, low, high float64, to []float64) (inside, below int) {
	to = to[:len(values)]
	for _, v := range values {
		to[inside] = v
		under, from, until := 0, 0, 0
		if v < low {
			under = 1
		}
		if v >= low {
			from = 1
		}
		if v <= high {
			until = 1
		}
		below += under
		inside += from & until
	}
	return inside, below
}
