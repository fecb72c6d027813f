//go:build !amd64 || purego

package forest

// scans tells whether this processor has what scan wants.
func scans() bool { return false }

func rankKeys(ranks []int64, tables int, orders []int64, keys []uint8, apart int) {
	rankKeysInGo(ranks, tables, orders, keys, apart)
}

func findLeaves(tests []uint8, _, _ int, keys *[mostViews]uint8, leaves *[side]uint8) {
	findLeavesInGo(tests, keys, leaves)
}
