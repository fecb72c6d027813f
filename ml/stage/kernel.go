package stage

import "math"

// Kernel is how alike two vectors are (Schölkopf & Smola, Learning with
// Kernels, section 13.1).
type Kernel struct {
	Kind   string // one of the kinds
	Gamma  float64
	Coef0  float64
	Degree float64
}

// The kinds of kernels, by scikit-learn's names.
const (
	KernelLinear       = "linear"        // x·y
	KernelRBF          = "rbf"           // exp(-Gamma |x-y|²)
	KernelPolynomial   = "poly"          // (Gamma x·y + Coef0)^Degree
	KernelSigmoid      = "sigmoid"       // tanh(Gamma x·y + Coef0)
	KernelLaplacian    = "laplacian"     // exp(-Gamma |x-y|₁)
	KernelCosine       = "cosine"        // x·y over both lengths
	KernelChi2         = "chi2"          // exp(-Gamma Σ (x-y)²/(x+y))
	KernelAdditiveChi2 = "additive_chi2" // -Σ (x-y)²/(x+y)
)

// IsKernel tells whether there is a kernel of that kind.
func IsKernel(kind string) bool {
	switch kind {
	case KernelLinear, KernelRBF, KernelPolynomial, KernelSigmoid, KernelLaplacian, KernelCosine, KernelChi2, KernelAdditiveChi2:
		return true
	}
	return false
}

// KernelSum is weighted sums over the kernel of a vector with each of many:
// out[t.Out] is Bias[t.Out] plus, over all its terms t, the sum of t.Weights[i]
// times k(x, vector t.From+i). Support vector machines, kernel ridge regression.
type KernelSum struct {
	Kernel  Kernel
	Vectors []float64 // row by row, each as wide as the cells
	Terms   []KernelTerm
	Bias    []float64 // per cell out
}

// KernelTerm weights a range of vectors for one cell.
type KernelTerm struct {
	Out, From int
	Weights   []float64
}

// Check holds terms to vectors and cells.
func (s *KernelSum) Check(in int) (int, error) {
	if !IsKernel(s.Kernel.Kind) {
		return 0, wrong("there is no kernel %q", s.Kernel.Kind)
	}
	n := 0
	if len(s.Vectors) > 0 { // a machine without support vectors is a constant
		var err error
		if n, err = rows("vectors", s.Vectors, in); err != nil {
			return 0, err
		}
	}
	for k, t := range s.Terms {
		if t.Out < 0 || t.Out >= len(s.Bias) || t.From < 0 || t.From > n || len(t.Weights) > n-t.From {
			return 0, wrong("term %d weights the vectors %d to %d of %d for the cell %d of %d", k, t.From, t.From+len(t.Weights), n, t.Out, len(s.Bias))
		}
	}
	return len(s.Bias), nil
}

// Work is room for the kernel's values.
func (s *KernelSum) Work(in int) int { return len(s.Vectors) / max(in, 1) }

// Apply computes every kernel once, whatever number of sums it is in.
func (s *KernelSum) Apply(in, out, work []float64) {
	n := len(s.Vectors) / max(len(in), 1)
	values := work[:n]
	s.Kernel.values(in, s.Vectors, values)
	copy(out, s.Bias)
	for k := range s.Terms {
		t := &s.Terms[k]
		out[t.Out] += dot(t.Weights, values[t.From:])
	}
}

// values is the kernel of x with each of the vectors.
func (k *Kernel) values(x, vectors, out []float64) {
	d := len(x)
	switch k.Kind {
	case KernelRBF:
		for i := range out {
			out[i] = math.Exp(-k.Gamma * squares(x, vectors[i*d:(i+1)*d]))
		}
	case KernelLaplacian:
		for i := range out {
			sum := 0.0
			for j, v := range vectors[i*d : (i+1)*d] {
				sum += math.Abs(x[j] - v)
			}
			out[i] = math.Exp(-k.Gamma * sum)
		}
	case KernelChi2, KernelAdditiveChi2:
		for i := range out {
			out[i] = additiveChi2(x, vectors[i*d:(i+1)*d])
			if k.Kind == KernelChi2 {
				out[i] = math.Exp(k.Gamma * out[i])
			}
		}
	case KernelCosine:
		length := math.Sqrt(dot(x, x))
		for i := range out {
			v := vectors[i*d : (i+1)*d]
			if both := length * math.Sqrt(dot(v, v)); both > 0 {
				out[i] = dot(x, v) / both
			} else {
				out[i] = 0
			}
		}
	default:
		for i := range out {
			out[i] = k.ofProduct(dot(x, vectors[i*d:(i+1)*d]))
		}
	}
}

// ofProduct is the kernels that only know x·y.
func (k *Kernel) ofProduct(product float64) float64 {
	switch k.Kind {
	case KernelPolynomial:
		return power(k.Gamma*product+k.Coef0, k.Degree)
	case KernelSigmoid:
		return math.Tanh(k.Gamma*product + k.Coef0)
	}
	return product
}

// power multiplies for the small whole exponents that kernels have.
func power(x, exponent float64) float64 {
	if exponent != math.Trunc(exponent) || exponent < 0 || exponent > 64 {
		return math.Pow(x, exponent)
	}
	result := 1.0
	for n := int(exponent); n > 0; n >>= 1 {
		if n&1 == 1 {
			result *= x
		}
		x *= x
	}
	return result
}

func additiveChi2(x, y []float64) float64 {
	sum := 0.0
	for j, v := range y {
		if whole := x[j] + v; whole != 0 {
			sum += (x[j] - v) * (x[j] - v) / whole
		}
	}
	return -sum
}
