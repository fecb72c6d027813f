//go:build !purego

package forest

// fillsLanes tells whether this processor has what fillLanes wants.
func fillsLanes() bool { return wide > 0 }

//go:noescape
func fillLanes8(columns *laneColumn, n, first int, keys *laneKeys)

//go:noescape
func walkLanes8(nodes *uint64, root uint32, sure int, at *[lanes]uint32, keys *laneKeys)

// fillLanes makes the keys of 8 rows from first on, as fillLanesInGo does.
func fillLanes(columns []laneColumn, first int, keys *laneKeys) {
	if len(columns) > 0 {
		fillLanes8(&columns[0], len(columns), first, keys)
	}
}

// walkLanes is walkLanesInGo. Most walks take so many sure steps. Each step leads to
// a node: so they were laid out.
func walkLanes(nodes []uint64, root uint32, sure int, at *[lanes]uint32, keys *laneKeys) {
	walkLanes8(&nodes[0], root, sure, at, keys)
}
