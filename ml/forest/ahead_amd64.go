//go:build !purego

package forest

// fetches tells whether there is an instruction that asks for memory.
const fetches = true

//go:noescape
func stepFetching(nodes *uint64, at *uint32, n, steps int, keys *[1 << narrow]uint32)

// stepAhead is steps of several walks, which take turns. Each leads to a node: so
// they were laid out.
func stepAhead(nodes []uint64, at []uint32, steps int, keys *[1 << narrow]uint32) {
	stepFetching(&nodes[0], &at[0], len(at), steps, keys)
}
