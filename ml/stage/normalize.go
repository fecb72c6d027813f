package stage

import "math"

// The norms of Normalize.
const (
	NormL1  = "l1"
	NormL2  = "l2"
	NormMax = "max"
)

// Normalize divides a vector by its norm; one of zeros stays.
type Normalize struct {
	Norm string
}

// Check wants a known norm.
func (n Normalize) Check(in int) (int, error) {
	switch n.Norm {
	case NormL1, NormL2, NormMax:
		return some(in)
	}
	return 0, wrong("there is no norm %q", n.Norm)
}

// Work is nothing.
func (n Normalize) Work(int) int { return 0 }

// Apply divides.
func (n Normalize) Apply(in, out, _ []float64) {
	size := 0.0
	for _, x := range in {
		switch n.Norm {
		case NormL1:
			size += math.Abs(x)
		case NormL2:
			size += x * x
		default:
			size = max(size, math.Abs(x))
		}
	}
	if n.Norm == NormL2 {
		size = math.Sqrt(size)
	}
	if size == 0 {
		size = 1
	}
	for k, x := range in {
		out[k] = x / size
	}
}
