package tree

import "math/bits"

// dice draws: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
// pseudorandom number generators", section 4). A node's dice come from its
// parent's and its side, so that what a node draws does not depend on the order
// in which nodes are grown.
type dice uint64

const golden = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (d *dice) next() uint64 {
	*d += golden
	return mix(uint64(*d))
}

// below draws a whole number from 0 to n-1 (Lemire 2019, "Fast random integer
// generation in an interval", section 4, without the rejection: the bias is below
// n/2^64).
func (d *dice) below(n int) int {
	high, _ := bits.Mul64(d.next(), uint64(n)) //nolint:gosec // n is positive
	return int(high)                           //nolint:gosec // below n
}

// unit draws from [0, 1).
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// child makes the dice of a child.
func (d dice) child(side uint64) dice {
	return dice(mix(uint64(d)^(side+1)*0xd6e8feb86659fd93) + golden)
}

// of makes the dice of a tree.
func of(seed uint64, tree int) dice {
	return dice(mix(mix(seed+golden) + uint64(tree+1)*golden)) //nolint:gosec // a number of a tree
}

// hash is FNV-1a of a name.
func hash(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return mix(h)
}

// draw counts how often each row is in the sample: with replacement (bootstrap),
// or a part of the rows once each.
func (d *dice) draw(rows, n int, again bool, counts []uint16) {
	clear(counts)
	if again {
		for range n {
			if at := d.below(rows); counts[at] < 1<<15 {
				counts[at]++
			}
		}
		return
	}
	// Selection sampling: Knuth, The Art of Computer Programming 2, section 3.4.2,
	// algorithm S.
	for i := range rows {
		if d.below(rows-i) < n {
			counts[i] = 1
			n--
		}
	}
}
