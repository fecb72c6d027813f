package stage

import "math"

// Within makes a cell missing that is outside a range.
type Within struct{ Low, High float64 }

// Check wants a range.
func (w Within) Check(in int) (int, error) {
	if !(w.Low <= w.High) {
		return 0, wrong("%v to %v is no range", w.Low, w.High)
	}
	return in, nil
}

// Work is nothing.
func (w Within) Work(int) int { return 0 }

// Apply compares.
func (w Within) Apply(in, out, _ []float64) {
	for j, x := range in {
		if !(x >= w.Low && x <= w.High) {
			x = math.NaN()
		}
		out[j] = x
	}
}
