//go:build !amd64 || purego

package forest

// fillsLanes tells whether this processor has what fillLanes wants.
func fillsLanes() bool { return false }

func fillLanes([]laneColumn, int, *laneKeys) {}

func walkLanes(nodes []uint64, root uint32, _ int, at *[lanes]uint32, keys *laneKeys) {
	walkLanesInGo(nodes, root, at, keys)
}
