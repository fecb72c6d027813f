package stage

// Affine is W·(x - Center) + Bias.
type Affine struct {
	Center  []float64 // per cell in; none: 0
	Weights []float64 // a row of len(in) per cell out
	Bias    []float64 // per cell out
}

// Check holds the lengths to each other.
func (a *Affine) Check(in int) (int, error) {
	out := len(a.Bias)
	switch {
	case a.Center != nil && len(a.Center) != in:
		return 0, wrong("there are %d centres for %d cells", len(a.Center), in)
	case len(a.Weights) != in*out:
		return 0, wrong("there are %d weights for %d cells in and %d out", len(a.Weights), in, out)
	}
	return out, nil
}

// Work is room for the centred cells.
func (a *Affine) Work(in int) int {
	if a.Center == nil {
		return 0
	}
	return in
}

// Apply multiplies.
func (a *Affine) Apply(in, out, work []float64) {
	x := in
	if a.Center != nil {
		x = work[:len(in)]
		for j, v := range in {
			x[j] = v - a.Center[j]
		}
	}
	for k := range out {
		sum := 0.0
		for j, w := range a.Weights[k*len(x) : (k+1)*len(x)] {
			sum += w * x[j]
		}
		out[k] = sum + a.Bias[k]
	}
}
