//go:build !amd64 || purego

package forest

// fetches tells whether there is an instruction that asks for memory.
const fetches = false

func stepAhead(nodes []uint64, at []uint32, steps int, keys *[1 << narrow]uint32) {
	stepAheadInGo(nodes, at, steps, keys)
}
