// Package stage is operations on vectors of numbers: what stands between the
// features of a row and its answer where neither a fused sum nor trees alone
// will do. Projections, kernels, neighbours, networks and the ways of turning
// scores into probabilities are each one Operation.
//
// Invariants:
//   - an operation is immutable data: any number of goroutines may apply it;
//   - applying allocates nothing;
//   - arithmetic is in float64 and in the order of the system that the operation
//     was read from, as far as that order is known (a matrix product's is not).
//
// The package knows no columns, no names and no files.
package stage

import (
	"fmt"

	"dasier/fault"
)

// Operation turns a vector into another.
type Operation interface {
	// Check tells how many cells it gives for a vector of in cells, or what is
	// wrong with it. Nothing else is called on an operation that does not pass.
	Check(in int) (out int, err error)
	// Work is how many cells of memory Apply needs besides in and out.
	Work(in int) int
	// Apply computes out from in. It may overwrite work, whatever is in it, and
	// keeps none of the slices. It does not overwrite in.
	Apply(in, out, work []float64)
}

// maxCells bounds what one operation holds.
const maxCells = 200_000_000

func wrong(format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "%s", fmt.Sprintf(format, args...))
}
