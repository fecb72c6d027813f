package tree

import (
	"math"

	"dasier/fault"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Criterion is what a cut is to lower.
type Criterion string

// The criteria. Squared and Poisson are for numbers, Gini and Entropy for
// classes (Breiman et al. 1984, sections 8.3 and 4.3.1; Quinlan 1993, C4.5,
// section 2.2).
const (
	Squared Criterion = "squared" // the mean squared error
	Poisson Criterion = "poisson" // half the mean deviance of a count, of targets of at least 0
	Gini    Criterion = "gini"
	Entropy Criterion = "entropy" // in nats
)

// curve is what a side of a cut contributes to the gain, by its weight and mean,
// where that is no sum of squares.
func (p *plan) curve() func(weight, mean float64) float64 {
	switch p.loss {
	case Poisson:
		return poisson
	case Entropy:
		return entropy
	}
	return nil
}

func xLogX(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return x * math.Log(x)
}

func poisson(w, mean float64) float64 {
	if !(mean > 0) {
		// A side of zeros only: its deviance is 0, but then so is its rate, and the
		// first count there would be impossible. Never a gain.
		return math.Inf(-1)
	}
	return w * xLogX(mean)
}

func entropy(w, share float64) float64 {
	return w * (xLogX(share) + xLogX(1-share))
}

// check fills in the default and refuses what the target does not have.
func (c Criterion) check(target learn.Target) (Criterion, error) {
	numbers := target.Task == predict.TaskRegression
	switch {
	case c == "" && numbers:
		return Squared, nil
	case c == "":
		return Gini, nil
	case c != Squared && c != Poisson && c != Gini && c != Entropy:
		return "", fault.Errorf(fault.Invalid, "there is no criterion %q: use squared or poisson for numbers, gini or entropy for classes", c)
	case numbers != (c == Squared || c == Poisson):
		return "", fault.Errorf(fault.Invalid, "the criterion %q does not suit a %s target: use squared or poisson for numbers, gini or entropy for classes", c, target.Task)
	}
	if c == Poisson {
		sum := 0.0
		for i, y := range target.Y {
			if y < 0 {
				return "", fault.Errorf(fault.Invalid, "the criterion poisson needs targets of at least 0, row %d has %g: use squared", i+1, y)
			}
			sum += y * target.Weight(i)
		}
		if sum == 0 {
			return "", fault.Errorf(fault.Invalid, "the criterion poisson needs a target above 0 in some row that counts: use squared")
		}
	}
	return c, nil
}
