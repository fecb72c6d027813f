package boost

import "math"

// sorter has the memory for sorting one column after the other.
type sorter struct{ values, spare []float64 }

// newSorters makes a sorter per worker for up to n values each, in memory that is
// not used yet for as long as it lasts.
func newSorters(workers, n int, memory []float64) []sorter {
	all := make([]sorter, workers)
	for k := range all {
		if len(memory) < 2*n {
			break // the others find their own
		}
		all[k] = sorter{memory[:n:n], memory[n : 2*n : 2*n]}
		memory = memory[2*n:]
	}
	return all
}

// sort sorts finite numbers by their bits, 11 at a time from the lowest, and skips
// the bits that all have in common: for the 10^4 to 10^5 values that bins are cut
// from, several times as fast as comparing. -0 becomes 0.
func (s *sorter) sort(values []float64) {
	const digit, size = 11, 1 << 11
	s.spare = resize(s.spare, len(values))
	var counts [6][size]uint32
	for i, v := range values {
		values[i] = v + 0
		k := key(v)
		for d := range counts {
			counts[d][k>>(d*digit)&(size-1)]++
		}
	}
	from, to := values, s.spare
	for d := range counts {
		next := uint32(0)
		alike := false
		for b, n := range counts[d] {
			alike = alike || int(n) == len(values)
			counts[d][b] = next
			next += n
		}
		if alike {
			continue
		}
		for _, v := range from {
			at := &counts[d][key(v)>>(d*digit)&(size-1)]
			to[*at] = v
			*at++
		}
		from, to = to, from
	}
	copy(values, from) // itself, after an even number of turns
}

// key is a whole number that is in the order of the numbers: of two negative ones,
// the one with the larger bits is the smaller. Of -0 it is that of 0.
func key(v float64) uint64 {
	k := math.Float64bits(v + 0)
	return k ^ (uint64(int64(k)>>63) | 1<<63) //nolint:gosec // the sign, over all bits
}
