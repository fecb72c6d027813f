package stage

import "math"

// Fill is the first cell, or, where that is missing, the second between bounds.
type Fill struct {
	Low, High float64
}

// Check wants the two.
func (f Fill) Check(in int) (int, error) {
	if in != 2 {
		return 0, wrong("a value and what fills it in are expected, there are %d cells", in)
	}
	return 1, nil
}

// Work is nothing.
func (f Fill) Work(int) int { return 0 }

// Apply chooses.
func (f Fill) Apply(in, out, _ []float64) {
	out[0] = in[0]
	if math.IsNaN(in[0]) {
		out[0] = min(max(in[1], f.Low), f.High)
	}
}
