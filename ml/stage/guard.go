package stage

import "slices"

import "math"

// Guard gives the first cells, or NaN for all of them where one of the cells
// behind them is NaN: the source system refuses such a row.
type Guard struct {
	Guards int // how many of the last cells are asked
}

// Check wants a cell to guard.
func (g Guard) Check(in int) (int, error) {
	if g.Guards < 0 || g.Guards >= in {
		return 0, wrong("%d guards of %d cells", g.Guards, in)
	}
	return in - g.Guards, nil
}

// Work is nothing.
func (g Guard) Work(int) int { return 0 }

// Apply asks the guards.
func (g Guard) Apply(in, out, _ []float64) {
	copy(out, in[:len(out)])
	if slices.ContainsFunc(in[len(out):], math.IsNaN) {
		for k := range out {
			out[k] = math.NaN()
		}
		return
	}
}
