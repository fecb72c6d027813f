package xgboost

import (
	"math"
	"slices"

	"dasier/fault"
)

// single is a transformation of margins in float32 at every step, as XGBoost
// does it.
type single struct {
	do transform
	in int
}

// Check wants the margins.
func (s single) Check(in int) (int, error) {
	if in != s.in {
		return 0, fault.Errorf(fault.Invalid, "the objective has %d margins, there are %d", s.in, in)
	}
	return in, nil
}

// Work is nothing.
func (single) Work(int) int { return 0 }

// Apply transforms.
func (s single) Apply(in, out, _ []float64) {
	copy(out, in)
	switch s.do {
	case logistic, share:
		for k, x := range in {
			e := float32(math.Exp(float64(min(-float32(x), 88.7))))
			out[k] = float64(1 / (e + 1))
		}
	case exponent:
		for k, x := range in {
			out[k] = float64(float32(math.Exp(x)))
		}
	case positive:
		for k, x := range in {
			out[k] = 0
			if x > 0 {
				out[k] = 1
			}
		}
	case sorted:
		slices.Sort(out)
	case expectile:
		sum := float32(in[0])
		for k := 1; k < len(in); k++ {
			sum += leastGap + softPlus(float32(in[k]))
			out[k] = float64(sum)
		}
	}
}

// softPlus is log(1+exp(x)).
func softPlus(x float32) float32 {
	return float32(max(float64(x), 0) + math.Log1p(math.Exp(-math.Abs(float64(x)))))
}
