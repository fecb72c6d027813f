package stage

import "testing"

func TestMagnitude(t *testing.T) {
	affine := &Affine{Center: []float64{1, 0}, Weights: []float64{1e6, -1e6, 1, 1}, Bias: []float64{-3, 2}}
	if got := affine.Magnitude([]float64{2, 1}); got != 2e6+3 {
		t.Errorf("affine: %v", got)
	}
	kernel := &KernelSum{
		Kernel: Kernel{Kind: KernelLinear}, Vectors: []float64{1, 2, 3, 4}, Bias: []float64{-1},
		Terms: []KernelTerm{{Weights: []float64{10, -10}}},
	}
	if got := kernel.Magnitude([]float64{1, 1}); got != 10*3+10*7+1 {
		t.Errorf("kernel: %v", got)
	}
}
