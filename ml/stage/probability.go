package stage

import "math"

// Complement makes the probabilities of two classes of the second's: 1-p, p.
type Complement struct{}

// Check wants one cell.
func (Complement) Check(in int) (int, error) {
	if in != 1 {
		return 0, wrong("one probability is expected, there are %d cells", in)
	}
	return 2, nil
}

// Work is nothing.
func (Complement) Work(int) int { return 0 }

// Apply subtracts.
func (Complement) Apply(in, out, _ []float64) { out[0], out[1] = 1-in[0], in[0] }

// Softmax is exp(x) over the sum of all.
type Softmax struct{}

// Check wants a cell.
func (Softmax) Check(in int) (int, error) { return some(in) }

// Work is nothing.
func (Softmax) Work(int) int { return 0 }

// Apply subtracts the largest first, so that nothing overflows.
func (Softmax) Apply(in, out, _ []float64) {
	most := in[0]
	for _, s := range in {
		most = max(most, s)
	}
	sum := 0.0
	for k, s := range in {
		out[k] = math.Exp(s - most)
		sum += out[k]
	}
	for k := range out {
		out[k] /= sum
	}
}

// OneVsAll is the logistic of each over the sum of all; the same for each where
// that sum is 0.
type OneVsAll struct{}

// Check wants a cell.
func (OneVsAll) Check(in int) (int, error) { return some(in) }

// Work is nothing.
func (OneVsAll) Work(int) int { return 0 }

// Apply divides by the sum.
func (OneVsAll) Apply(in, out, _ []float64) {
	for k, s := range in {
		out[k] = Logistic(s)
	}
	Shares{}.Apply(out, out, nil)
}

// Shares divides each cell by the sum of all; where that is 0, all are the same.
type Shares struct{}

// Check wants a cell.
func (Shares) Check(in int) (int, error) { return some(in) }

// Work is nothing.
func (Shares) Work(int) int { return 0 }

// Apply divides; out may be in.
func (Shares) Apply(in, out, _ []float64) {
	sum := 0.0
	for _, v := range in {
		sum += v
	}
	for k, v := range in {
		if sum == 0 {
			out[k] = 1 / float64(len(in))
			continue
		}
		out[k] = v / sum
	}
}

// Largest is the place of the largest cell, the first of equals.
type Largest struct{}

// Check wants a cell.
func (Largest) Check(in int) (int, error) {
	_, err := some(in)
	return 1, err
}

// Work is nothing.
func (Largest) Work(int) int { return 0 }

// Apply looks.
func (Largest) Apply(in, out, _ []float64) {
	at := 0
	for k, v := range in {
		if v > in[at] {
			at = k
		}
	}
	out[0] = float64(at)
}

func some(in int) (int, error) {
	if in == 0 {
		return 0, wrong("there are no cells")
	}
	return in, nil
}

// Logistic is 1/(1+exp(-s)), without losing small probabilities.
func Logistic(s float64) float64 {
	if s >= 0 {
		return 1 / (1 + math.Exp(-s))
	}
	e := math.Exp(s)
	return e / (1 + e)
}
