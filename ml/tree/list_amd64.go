//go:build !purego

package tree

import "golang.org/x/sys/cpu"

// vectors tells whether this processor has the instructions of list_amd64.s.
var vectors = cpu.X86.HasAVX2 && cpu.X86.HasPOPCNT

//go:noescape
func scanVectors(lists *uint32, starts *int32, live *uint16, n int, masses *mass, length, minRows int, whole, mean float64, found *found)

//go:noescape
func divideVectors(lists *uint32, starts *int32, live *uint16, n int, side *uint8, length int, spare *uint32, skip int, right bool, orders *[256]uint64)

// orders says for the sides of eight entries, the first the highest bit, in which
// order they come when those on the left come first: a byte each.
var orders = allOrders()

func allOrders() *[256]uint64 {
	to := new([256]uint64)
	for sides := range to {
		at := 0
		for side := range 2 {
			for i := range 8 {
				if sides>>(7-i)&1 == side {
					to[sides] |= uint64(i) << (8 * at) //nolint:gosec // below 8
					at++
				}
			}
		}
	}
	return to
}

// scanLists looks for the best cut of each list of a node.
func (s *space) scanLists(lo, hi int, live []uint16, total cell, minRows int, to []found) {
	if hi-lo < 2*minRows || len(live) == 0 {
		clear(to)
		return
	}
	if !vectors {
		s.scanPlain(lo, hi, live, total, minRows, to)
		return
	}
	whole := total.total()
	scanVectors(&s.listRoom[lo], &s.starts[0], &live[0], len(live), &s.masses[0], hi-lo, minRows, whole, float64(total.sum)/whole, &to[0])
}

// divideLists divides the lists of a node, but one; right tells whether what goes
// right is kept.
func (s *space) divideLists(lo, hi int, live []uint16, skip int, left, right bool) {
	if len(live) == 0 {
		return
	}
	if !vectors {
		s.dividePlain(lo, hi, live, skip, left, right)
		return
	}
	divideVectors(&s.listRoom[lo], &s.starts[0], &live[0], len(live), &s.side[0], hi-lo, &s.spare[0], skip, right, orders)
}
