package calibrate

import (
	"math"

	"dasier/fault"
	"dasier/ml/predict"
)

// sigmoid fits the probability 1/(1+exp(-(slope*score + intercept))): Platt 1999,
// "Probabilistic outputs for support vector machines", section 2.2, with his
// smoothed targets, by Newton's method with the line search and the sums that do
// not cancel of Lin, Lin and Weng 2007, "A note on Platt's probabilistic outputs for
// support vector machines", section 3. Scores are first divided by their size, so
// that the tolerances mean the same for any.
func sigmoid(scores, truth []float64, weight func(i int) float64) (slope, intercept float64) {
	size, in, out := 0.0, 0.0, 0.0
	for i, s := range scores {
		if w := weight(i); w > 0 {
			size = max(size, math.Abs(s))
			in, out = in+w*truth[i], out+w*(1-truth[i])
		}
	}
	if size == 0 {
		size = 1
	}
	high, low := (in+1)/(in+2), 1/(out+2)
	each := func(visit func(x, wanted, w float64)) {
		for i, s := range scores {
			if w := weight(i); w > 0 {
				visit(s/size, low+truth[i]*(high-low), w/(in+out))
			}
		}
	}
	loss := func(a, b float64) float64 {
		sum := 0.0
		each(func(x, wanted, w float64) { sum += w * (softplus(a*x+b) - wanted*(a*x+b)) })
		return sum
	}
	a, b := 0.0, math.Log((in+1)/(out+1))
	now := loss(a, b)
	for range 100 {
		gradientA, gradientB := 0.0, 0.0
		aa, ab, bb := 1e-12, 0.0, 1e-12
		each(func(x, wanted, w float64) {
			p := 1 / (1 + math.Exp(-(a*x + b)))
			miss, curved := w*(p-wanted), w*p*(1-p)
			gradientA, gradientB = gradientA+miss*x, gradientB+miss
			aa, ab, bb = aa+curved*x*x, ab+curved*x, bb+curved
		})
		if math.Abs(gradientA)+math.Abs(gradientB) < 1e-12 {
			break
		}
		determinant := aa*bb - ab*ab
		stepA, stepB := -(bb*gradientA-ab*gradientB)/determinant, -(aa*gradientB-ab*gradientA)/determinant
		falling := gradientA*stepA + gradientB*stepB
		length := 1.0
		for ; length > 1e-10; length /= 2 {
			if next := loss(a+length*stepA, b+length*stepB); next <= now+1e-4*length*falling {
				a, b, now = a+length*stepA, b+length*stepB, next
				break
			}
		}
		if length <= 1e-10 {
			break // rounding: no better place is found
		}
	}
	return a / size, b
}

// softplus is log(1+exp(x)).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// Rescale gives a binary model the score slope*score + intercept, of which its
// probabilities are the logistic. It is for models whose score is the log-odds and
// a sum: linear ones and boosted trees, not for averages of probabilities.
func Rescale(spec predict.Spec, slope, intercept float64) (predict.Spec, error) {
	if !rescalable(&spec) {
		return spec, fault.Errorf(fault.Invalid, "only a binary model whose score is the log-odds can be recalibrated")
	}
	if spec.Linear != nil {
		linear := *spec.Linear
		linear.Weights = times(linear.Weights, slope)
		linear.Bias = slope*linear.Bias + intercept
		spec.Linear = &linear
		return spec, nil
	}
	trees := *spec.Trees
	trees.Value, trees.Base = times(trees.Value, slope), times(trees.Base, slope)
	trees.Base[0] += intercept
	spec.Trees = &trees
	return spec, nil
}

func rescalable(s *predict.Spec) bool {
	if s.Task != predict.TaskBinary || s.Link != predict.Logistic {
		return false
	}
	return s.Linear != nil || s.Trees != nil && len(s.Trees.Lines) == 0 && !s.Trees.Mean
}

func times(values []float64, by float64) []float64 {
	scaled := make([]float64, len(values))
	for i, v := range values {
		scaled[i] = by * v
	}
	return scaled
}
