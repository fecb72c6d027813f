package boost

import (
	"math"

	"dasier/fault"
)

// Losses of amounts: scores are logarithms of means.

// Poisson is the deviance of counts: the answer is a mean that is above 0.
type Poisson struct{}

// Exponential is true: scores are logarithms.
func (Poisson) Exponential() bool { return true }

// Check wants counts, or amounts like them.
func (Poisson) Check(y []float64) error { return atLeastZero(y, "Poisson") }

// Base is the logarithm of the mean.
func (Poisson) Base(y, weights []float64) float64 { return math.Log(mean(y, weights)) }

// Value is minus the logarithm of the likelihood, but for a constant.
func (Poisson) Value(y, score float64) float64 { return math.Exp(score) - y*score }

// Slope is the error of the mean, and the mean.
func (Poisson) Slope(y, score float64) (first, second float64) {
	m := math.Exp(score)
	return m - y, max(m, 1e-12)
}

// Gamma is the deviance of amounts whose spread grows with their mean.
type Gamma struct{}

// Exponential is true: scores are logarithms.
func (Gamma) Exponential() bool { return true }

// Check wants amounts above 0.
func (Gamma) Check(y []float64) error {
	for i, v := range y {
		if !(v > 0) {
			return fault.Errorf(fault.Invalid, "the gamma loss is for targets above 0, and row %d has %g: leave such rows out, or use the Tweedie loss", i+1, v)
		}
	}
	return nil
}

// Base is the logarithm of the mean.
func (Gamma) Base(y, weights []float64) float64 { return math.Log(mean(y, weights)) }

// Value is minus the logarithm of the likelihood, but for a constant.
func (Gamma) Value(y, score float64) float64 { return score + y*math.Exp(-score) }

// Slope is the relative error of the mean, and the target relative to the mean.
func (Gamma) Slope(y, score float64) (first, second float64) {
	ratio := y * math.Exp(-score)
	return 1 - ratio, max(ratio, 1e-12)
}

// Tweedie is the deviance of amounts that are often 0 and otherwise above: claims,
// rain, sales (Jørgensen, "Exponential Dispersion Models", JRSS B 49, 1987).
type Tweedie struct {
	Power float64 // of the mean that the variance grows with, above 1 and below 2. Default: 1.5
}

func (t Tweedie) power() float64 { return or(t.Power, 1.5) }

// Exponential is true: scores are logarithms.
func (Tweedie) Exponential() bool { return true }

// Check wants amounts.
func (t Tweedie) Check(y []float64) error {
	if p := t.power(); !(p > 1 && p < 2) {
		return fault.Errorf(fault.Invalid, "the Tweedie loss has no power %g: choose a number above 1 (as Poisson) and below 2 (as gamma)", p)
	}
	return atLeastZero(y, "Tweedie")
}

// Base is the logarithm of the mean.
func (t Tweedie) Base(y, weights []float64) float64 { return math.Log(mean(y, weights)) }

// Value is half the deviance, but for a constant.
func (t Tweedie) Value(y, score float64) float64 {
	p := t.power()
	return math.Exp((2-p)*score)/(2-p) - y*math.Exp((1-p)*score)/(1-p)
}

// Slope is its derivative, and its second one.
func (t Tweedie) Slope(y, score float64) (first, second float64) {
	p := t.power()
	a, b := math.Exp((2-p)*score), y*math.Exp((1-p)*score)
	return a - b, max((2-p)*a-(1-p)*b, 1e-12)
}

func atLeastZero(y []float64, loss string) error {
	sum := 0.0
	for i, v := range y {
		if v < 0 {
			return fault.Errorf(fault.Invalid, "the %s loss is for targets of at least 0, and row %d has %g: leave such rows out, or use another loss", loss, i+1, v)
		}
		sum += v
	}
	if sum == 0 {
		return fault.Errorf(fault.Invalid, "the %s loss needs a target above 0, and all are 0", loss)
	}
	return nil
}
