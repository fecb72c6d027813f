package forest

import (
	"math"
	"math/bits"
	"slices"
)

// How the nodes of a deep forest get their places.

// place is a node of t and where it goes in nodes.
type place struct {
	node  int32
	depth int32
	at    int
}

// add lays out a tree in lines: a line begins with a pair of siblings and goes on
// with their children, those first to which most training rows came. Then a row
// reads fewer lines than nodes. A leaf has its node of t for a value until keep.
// It tells how many leaves there are, and how many steps lead to all of them.
func (d *deep) add(t *Trees, tree int) (leaves, steps int) {
	next := int(d.begin[tree])
	later, near := []place{{node: t.Roots[tree], at: tree}}, make([]place, 0, line)
	for len(later) > 0 {
		begin := later[len(later)-1]
		later = later[:len(later)-1]
		near = append(near[:0], begin)
		for len(near) > 0 {
			// The one of most rows comes next, while the line has room.
			most := 0
			for k := range near {
				if t.Cover[near[k].node] > t.Cover[near[most].node] {
					most = k
				}
			}
			p := near[most]
			near[most] = near[len(near)-1]
			near = near[:len(near)-1]
			n := p.node
			if d.covers != nil {
				d.covers[p.at] = float32(t.Cover[n])
			} else {
				d.exactCovers[p.at] = t.Cover[n]
			}
			if t.Feature[n] < 0 {
				leaves, steps = leaves+1, steps+int(p.depth)
				d.nodes[p.at] = uint64(n)<<32 | uint64(p.at)<<d.shift | uint64(d.dead) //nolint:gosec // places
				continue
			}
			if next%line == 0 && p != begin {
				later = append(append(later, near...), p)
				break
			}
			key := uint64(2 * t.Feature[n]) //nolint:gosec // a feature
			if !t.MissingLeft[n] {
				key++
			}
			d.nodes[p.at] = uint64(d.limit(t, n))<<32 | uint64(next)<<d.shift | key //nolint:gosec // places
			near = append(near, place{t.Left[n], p.depth + 1, next}, place{t.Right[n], p.depth + 1, next + 1})
			next += 2
		}
	}
	return leaves, steps
}

// keep gives leaves the places of their values, of which most that are equal are
// kept once.
func (d *deep) keep(t *Trees, width, leaves int) {
	k := kept{width: width, values: make([]float64, 0, leaves*width), slots: make([]slot, ways<<min(bits.Len(uint(leaves/ways)), mostSets))} //nolint:gosec // not negative
	first := d.begin
	if len(first) == 0 {
		return
	}
	for _, part := range [][]uint64{d.nodes[:len(t.Roots)], d.nodes[first[0]:]} {
		for i, node := range part {
			if int(uint32(node)&(1<<d.shift-1)) == d.dead { //nolint:gosec // a part
				of := int(node >> 32) //nolint:gosec // a node of t
				part[i] = uint64(k.place(t.Value[of*width:(of+1)*width]))<<32 | node&math.MaxUint32
			}
		}
	}
	if d.values = k.values; len(d.values) < cap(d.values)/8*7 {
		d.values = slices.Clone(d.values)
	}
}

// kept is the values of leaves. It finds those again that it has met of late: a
// table of all would be slower where there are a million, and of so many few are
// equal.
type kept struct {
	width  int
	values []float64
	slots  []slot // ways of them are a set
	turn   uint32
}

// slot remembers values by the upper half of their hash; place counts from 1.
type slot struct{ tag, place uint32 }

const (
	ways     = 4
	mostSets = 14 // the logarithm of how many there are: half a megabyte, which a core has near
)

// place is the place of values among those kept.
func (k *kept) place(of []float64) uint32 {
	h := uint64(0)
	for _, v := range of {
		high, low := bits.Mul64(h^math.Float64bits(v), 0x9e3779b97f4a7c15)
		h = high ^ low + 0xbf58476d1ce4e5b9
	}
	tag, at := uint32(h>>32), int(uint32(h))&(len(k.slots)-1)&^(ways-1) //nolint:gosec // halves
	set := k.slots[at : at+ways]
	for i := range set {
		if set[i].tag == tag && set[i].place > 0 && k.equal(set[i].place-1, of) {
			return set[i].place - 1
		}
	}
	next := uint32(len(k.values) / k.width) //nolint:gosec // Check bounds nodes
	k.values = append(k.values, of...)
	set[k.turn%ways] = slot{tag, next + 1}
	k.turn++
	return next
}

// equal tells whether the values at a place are these, to the bit.
func (k *kept) equal(place uint32, of []float64) bool {
	have := k.values[int(place)*k.width:]
	for i, v := range of {
		if math.Float64bits(have[i]) != math.Float64bits(v) {
			return false
		}
	}
	return true
}

// singles tells whether float32 holds all of some numbers.
func singles(of []float64) bool {
	for _, v := range of {
		if float64(float32(v)) != v {
			return false
		}
	}
	return true
}

func sum(of []int) int {
	total := 0
	for _, v := range of {
		total += v
	}
	return total
}
