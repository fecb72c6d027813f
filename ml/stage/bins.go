package stage

import "sort"

// Bins numbers every cell's value by the edges between the bins: how many of
// them it reaches.
type Bins struct {
	Edges [][]float64 // per cell, ascending; the outermost two are not among them
	// Reach is added to a value before: Reach + Share*|x|. scikit-learn did so
	// before 1.2.
	Reach, Share float64
}

// Check wants edges per cell, in order.
func (b *Bins) Check(in int) (int, error) {
	if len(b.Edges) != in {
		return 0, wrong("there are edges for %d cells of %d", len(b.Edges), in)
	}
	for j, edges := range b.Edges {
		if !sort.Float64sAreSorted(edges) {
			return 0, wrong("the edges of cell %d are out of order", j)
		}
	}
	return in, nil
}

// Work is nothing.
func (b *Bins) Work(int) int { return 0 }

// Apply counts.
func (b *Bins) Apply(in, out, _ []float64) {
	for j, x := range in {
		edges := b.Edges[j]
		if b.Reach != 0 || b.Share != 0 {
			x += b.Reach + b.Share*max(x, -x)
		}
		if x != x { // numpy sorts NaN behind everything
			out[j] = float64(len(edges))
			continue
		}
		low, high := 0, len(edges)
		for low < high {
			middle := int(uint(low+high) >> 1) //nolint:gosec // both are small
			if edges[middle] <= x {
				low = middle + 1
			} else {
				high = middle
			}
		}
		out[j] = float64(low)
	}
}
