package sklearn

import (
	"math"

	"dasier/ml/predict"
)

// What computes in float32. scikit-learn's linear models do where they were
// fitted on such rows, as gradient boosting fits the model that it begins with.

// rounding rounds so many cells to float32.
type rounding int

// Check wants them all.
func (r rounding) Check(in int) (int, error) {
	if in != int(r) {
		return 0, wrongCells(in, int(r))
	}
	return in, nil
}

// Work is nothing.
func (rounding) Work(int) int { return 0 }

// Apply rounds.
func (rounding) Apply(in, out, _ []float64) {
	for j, x := range in {
		out[j] = float64(float32(x))
	}
}

// single makes a linear answer compute in float32.
func (a *answer) single(p part, b *builder) error {
	rows := a.classwise
	if a.linear != nil {
		rows = []predict.Linear{*a.linear}
	}
	if len(rows) == 0 {
		return nil
	}
	var err error
	a.scores, err = b.stage(p, singleAffine(rows), a.takes)
	a.linear, a.classwise, a.takes = nil, nil, nil
	return err
}

// singleAffine is linear functions in float32, each product fused with the sum
// of those before it, as matrix products are. The last bit is not the source's
// for every row: there it depends on how many rows are asked for at once.
type singleAffine []predict.Linear

// Check wants a cell per weight.
func (s singleAffine) Check(in int) (int, error) {
	for k := range s {
		if len(s[k].Weights) != in {
			return 0, wrongCells(in, len(s[k].Weights))
		}
	}
	return len(s), nil
}

// Work is nothing.
func (singleAffine) Work(int) int { return 0 }

// Apply multiplies and adds.
func (s singleAffine) Apply(in, out, _ []float64) {
	for k := range s {
		sum := float32(0)
		for j, w := range s[k].Weights {
			sum = float32(math.FMA(in[j], w, float64(sum)))
		}
		out[k] = float64(sum + float32(s[k].Bias))
	}
}

// singleSoftmax is the softmax of so many cells in float32 at every step.
type singleSoftmax int

// Check wants them all.
func (s singleSoftmax) Check(in int) (int, error) {
	if in != int(s) || in == 0 {
		return 0, wrongCells(in, int(s))
	}
	return in, nil
}

// Work is nothing.
func (singleSoftmax) Work(int) int { return 0 }

// Apply subtracts the largest first.
func (singleSoftmax) Apply(in, out, _ []float64) {
	most := in[0]
	for _, x := range in {
		most = max(most, x)
	}
	sum := float32(0)
	for k, x := range in {
		e := float32(math.Exp(float64(float32(x) - float32(most))))
		out[k] = float64(e)
		sum += e
	}
	for k := range out {
		out[k] = float64(float32(out[k]) / sum)
	}
}
