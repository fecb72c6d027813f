package stage

import "math"

// Sums are operations whose cells are sums of many numbers, which may be large
// and cancel: what is left is exact to their Magnitude times the precision of a
// float64, in whichever order they are added.
type Sums interface {
	Operation

	// Magnitude is the sum of the sizes of what is added up to the largest cell.
	Magnitude(in []float64) float64
}

// Magnitude of W·(x - Center) + Bias.
func (a *Affine) Magnitude(in []float64) float64 {
	largest := 0.0
	for k, bias := range a.Bias {
		size := math.Abs(bias)
		for j, w := range a.Weights[k*len(in) : (k+1)*len(in)] {
			x := in[j]
			if a.Center != nil {
				x -= a.Center[j]
			}
			size += math.Abs(w * x)
		}
		largest = max(largest, size)
	}
	return largest
}

// Magnitude of a weighted sum of a kernel's values.
func (s *KernelSum) Magnitude(in []float64) float64 {
	values := make([]float64, s.Work(len(in)))
	s.Kernel.values(in, s.Vectors, values)
	sizes := make([]float64, len(s.Bias))
	for k, bias := range s.Bias {
		sizes[k] = math.Abs(bias)
	}
	largest := 0.0
	for k := range s.Terms {
		t := &s.Terms[k]
		for i, w := range t.Weights {
			sizes[t.Out] += math.Abs(w * values[t.From+i])
		}
		largest = max(largest, sizes[t.Out])
	}
	return largest
}
