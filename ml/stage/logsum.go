package stage

import "math"

// LogSum is the logarithm of the sum of exponentials: of densities' logarithms,
// that of the whole mixture.
type LogSum struct{}

// Check wants a cell.
func (LogSum) Check(in int) (int, error) {
	_, err := some(in)
	return 1, err
}

// Work is nothing.
func (LogSum) Work(int) int { return 0 }

// Apply takes the largest out first, so that nothing overflows.
func (LogSum) Apply(in, out, _ []float64) {
	most := in[0]
	for _, s := range in {
		most = max(most, s)
	}
	if math.IsInf(most, 0) || math.IsNaN(most) {
		out[0] = most
		return
	}
	sum := 0.0
	for _, s := range in {
		sum += math.Exp(s - most)
	}
	out[0] = math.Log(sum) + most
}
