package boost

import (
	"math"

	"dasier/fault"
)

// Loss says how wrong a score is. What it gives must be finite for every score
// within ±500 that its targets can lead to.
//
// A loss of a binary choice has scores that are log-odds and targets 0 and 1.
type Loss interface {
	// Check refuses targets that the loss is not made for.
	Check(y []float64) error
	// Base is the score that every row begins with. Without weights (nil) each row
	// weighs 1.
	Base(y, weights []float64) float64
	// Value is the loss of a score.
	Value(y, score float64) float64
	// Slope is its first derivative by the score, and its second or what stands
	// for it: positive, however small.
	Slope(y, score float64) (first, second float64)
}

// Renewer is a Loss whose leaves are set anew once a tree has grown: a tree that
// follows slopes of equal size knows where to step, not how far.
type Renewer interface {
	// Renew is the step that makes the loss of a leaf's rows small: residuals are
	// targets less scores. It may reorder both. Without weights (nil) each row
	// weighs 1.
	Renew(residuals, weights []float64) float64
}

// Exponential is a Loss that says whether its scores are logarithms of the
// answer.
type Exponential interface{ Exponential() bool }

func exponential(l Loss) bool {
	e, ok := l.(Exponential)
	return ok && e.Exponential()
}

// Squared is half the squared error: the answer is a mean.
type Squared struct{}

// Check accepts every number.
func (Squared) Check([]float64) error { return nil }

// Base is the mean.
func (Squared) Base(y, weights []float64) float64 { return mean(y, weights) }

// Value is half the square.
func (Squared) Value(y, score float64) float64 { return (score - y) * (score - y) / 2 }

// Slope is the error, and 1.
func (Squared) Slope(y, score float64) (first, second float64) { return score - y, 1 }

// Logistic is the cross-entropy of a choice between two classes.
type Logistic struct{}

// Check wants classes.
func (Logistic) Check(y []float64) error {
	for i, v := range y {
		if v != 0 && v != 1 {
			return fault.Errorf(fault.Invalid, "the logistic loss tells two classes apart, and the target of row %d is %g: use another loss for numbers", i+1, v)
		}
	}
	return nil
}

// Base is the log-odds of the second class.
func (Logistic) Base(y, weights []float64) float64 {
	p := min(max(mean(y, weights), 1e-9), 1-1e-9)
	return math.Log(p / (1 - p))
}

// Value is the cross-entropy.
func (Logistic) Value(y, score float64) float64 {
	return max(score, 0) - y*score + math.Log1p(math.Exp(-math.Abs(score)))
}

// Slope is the error of the probability, and its variance.
func (Logistic) Slope(y, score float64) (first, second float64) {
	p := 1 / (1 + math.Exp(-score))
	return p - y, max(p*(1-p), 1e-12)
}

// mean is weighted; its sum is compensated, so that the order of rows does not
// matter but in the rarest case.
func mean(y, weights []float64) float64 {
	var sum, total total
	for i, v := range y {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		sum.add(v * w)
		total.add(w)
	}
	return sum.value() / total.value()
}

// total is Neumaier's sum: Z. Angew. Math. Mech. 54, 1974.
type total struct{ sum, rest float64 }

func (t *total) add(v float64) {
	sum := t.sum + v
	if math.Abs(t.sum) >= math.Abs(v) {
		t.rest += t.sum - sum + v
	} else {
		t.rest += v - sum + t.sum
	}
	t.sum = sum
}

func (t *total) value() float64 { return t.sum + t.rest }
