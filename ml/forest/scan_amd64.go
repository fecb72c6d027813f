//go:build !purego

package forest

import "golang.org/x/sys/cpu"

// wide is how many bytes registers have whose bytes can be looked up in a table:
// 64, 32, or 0 where there are none.
var wide = lookupBytes()

func lookupBytes() int {
	x86 := &cpu.X86
	switch {
	case x86.HasAVX512F && x86.HasAVX512DQ && x86.HasAVX512BW && x86.HasAVX512VBMI:
		return 64
	case x86.HasAVX2:
		return 32
	}
	return 0
}

// scans tells whether this processor has what scan wants.
func scans() bool { return wide > 0 }

//go:noescape
func rankKeys32(ranks *int64, apart int, orders *int64, n int, keys *uint8, keysApart int)

//go:noescape
func rankKeys64(ranks *int64, apart int, orders *int64, n int, keys *uint8, keysApart int)

//go:noescape
func findLeaves16(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)

//go:noescape
func findLeaves32(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)

//go:noescape
func findLeaves64(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)

//go:noescape
func findLeaves128(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)

//go:noescape
func findLeaves64Wide(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)

//go:noescape
func findLeaves128Wide(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)

// rankKeys counts, for each order, the limits of a view that are less. The views
// are tables apart, the keys so many bytes.
func rankKeys(ranks []int64, tables int, orders []int64, keys []uint8, apart int) {
	if len(orders) == 0 {
		return
	}
	_, _ = keys[(len(orders)-1)*apart], ranks[((len(orders)-1)*tables+1)*rankCells-1]
	if wide == 64 {
		rankKeys64(&ranks[0], tables*rankCells*8, &orders[0], len(orders), &keys[0], apart)
		return
	}
	rankKeys32(&ranks[0], tables*rankCells*8, &orders[0], len(orders), &keys[0], apart)
}

// findLeaves finds the leaf of each tree of a group.
func findLeaves(tests []uint8, tables, trees int, keys *[mostViews]uint8, leaves *[side]uint8) {
	places := len(tests) / (testBytes * side)
	if places == 0 {
		*leaves = [side]uint8{}
		return
	}
	if wide == 64 {
		if tables <= 4 {
			findLeaves64Wide(&tests[0], places, keys, &leaves[0])
		} else {
			findLeaves128Wide(&tests[0], places, keys, &leaves[0])
		}
		return
	}
	const half = side / 2
	for k := 0; k < trees; k += half {
		switch tables {
		case 1:
			findLeaves16(&tests[k], places, keys, &leaves[k])
		case 2:
			findLeaves32(&tests[k], places, keys, &leaves[k])
		case 4:
			findLeaves64(&tests[k], places, keys, &leaves[k])
		default:
			findLeaves128(&tests[k], places, keys, &leaves[k])
		}
	}
}
