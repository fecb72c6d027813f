package tensor

import (
	"math"

	"dasier/fault"
)

// transform is what ai.onnx.ml's models do with their scores at the end.
type transform uint8

const (
	plain transform = iota
	logistic
	toSoftmax
	softmaxZero
	probit
)

func transformOf(name string) (transform, error) {
	switch name {
	case "NONE":
		return plain, nil
	case "LOGISTIC":
		return logistic, nil
	case "SOFTMAX":
		return toSoftmax, nil
	case "SOFTMAX_ZERO":
		return softmaxZero, nil
	case "PROBIT":
		return probit, nil
	default:
		return plain, fault.Errorf(fault.Invalid, "there is no post_transform %q", name)
	}
}

// single32 rounds a float64 function's value to float32, for the formulas that
// the runtime computes in float32 step by step.
func single32(v float64) float32 { return float32(v) }

// logistic32 is the runtime's: small probabilities are 1 minus a float32, and
// so are coarse.
func logistic32(x float32) float32 {
	v := 1 / (1 + single32(math.Exp(-math.Abs(float64(x)))))
	if x < 0 {
		return 1 - v
	}
	return v
}

// probit32 is sqrt(2) times the inverse error function, by the approximation of
// Winitzki (2008) that the runtime uses.
func probit32(x float32) float32 {
	x = 2*x - 1
	sign := float32(1)
	if x < 0 {
		sign = -1
	}
	log := single32(math.Log(float64((1 - x) * (1 + x))))
	v := 2/(3.14159*float32(0.147)) + 0.5*log
	v2 := 1 / float32(0.147) * log
	return 1.41421356 * sign * single32(math.Sqrt(float64(-v+single32(math.Sqrt(float64(v*v-v2))))))
}

// apply transforms the scores of a row in place.
func (t transform) apply(scores []float32) {
	switch t {
	case logistic:
		for i, s := range scores {
			scores[i] = logistic32(s)
		}
	case probit:
		for i, s := range scores {
			scores[i] = probit32(s)
		}
	case toSoftmax:
		peak := float32(-math.MaxFloat32)
		for _, s := range scores {
			peak = max(peak, s)
		}
		divideBySum(scores, func(s float32) (float32, bool) { return single32(math.Exp(float64(s - peak))), true })
	case softmaxZero:
		// A score of zero stays zero and does not count.
		peak := float32(-math.MaxFloat32)
		for _, s := range scores {
			peak = max(peak, s)
		}
		rest := single32(math.Exp(-float64(peak)))
		divideBySum(scores, func(s float32) (float32, bool) {
			if s > 0.0000001 || s < -0.0000001 {
				return single32(math.Exp(float64(s - peak))), true
			}
			return s * rest, false
		})
	case plain:
	}
}

// applyFast is apply with the runtime's curve for the logistic function, as its
// linear models and support vector machines have it.
func (t transform) applyFast(scores []float32) {
	if t != logistic {
		t.apply(scores)
		return
	}
	for i, s := range scores {
		scores[i] = logisticCurve.at(s)
	}
}

func divideBySum(scores []float32, f func(float32) (v float32, counts bool)) {
	sum := float32(0)
	for i, s := range scores {
		v, counts := f(s)
		scores[i] = v
		if counts {
			sum += v
		}
	}
	for i := range scores {
		scores[i] /= sum
	}
}

// labels are a classifier's classes: texts or integers.
type labels struct {
	texts []string
	ints  []int64
}

// labelsOf reads the classes from attributes.
func (n *node) labelsOf(ints string) (labels, error) {
	l := labels{n.texts("classlabels_strings"), n.ints(ints)}
	if len(l.texts) == 0 && len(l.ints) == 0 {
		return l, fault.Errorf(fault.Invalid, "it names no classes")
	}
	return l, nil
}

func (l *labels) count() int {
	if len(l.texts) > 0 {
		return len(l.texts)
	}
	return len(l.ints)
}

func (l *labels) kind() Type {
	if len(l.texts) > 0 {
		return String
	}
	return Int64
}

// write puts a class into a cell of the labels' type.
func (l *labels) write(t *Tensor, i, class int) {
	if len(l.texts) > 0 {
		t.String[i] = l.texts[class]
	} else {
		t.Int64[i] = l.ints[class]
	}
}

// rows reads a tensor as rows of features: a vector is one row. Of more axes,
// the first counts rows and the rest is their features.
func rows(t *Tensor) (count, width int, err error) {
	switch len(t.Shape) {
	case 0:
		return 0, 0, fault.Errorf(fault.Invalid, "a single number is no row")
	case 1:
		return 1, t.Shape[0], nil
	case 2:
		return t.Shape[0], t.Shape[1], nil
	default:
		return 0, 0, fault.Errorf(fault.Invalid, "a tensor of %d axes has no rows of features", len(t.Shape))
	}
}

// floats32 gives a tensor's cells as float32, converted where they are not.
func floats32(r *run, t *Tensor) ([]float32, error) {
	if t.Type == Float {
		return t.Float, nil
	}
	var converted Tensor
	x, err := give[float32](r, &converted, t.Shape)
	if err != nil {
		return nil, err
	}
	for i := range x {
		x[i] = float32(t.real(i))
	}
	return x, nil
}

// width is how many features the first input of a node has where that is known
// at compile time, or -1.
func (n *node) width() int {
	if len(n.Inputs) == 0 {
		return -1
	}
	for k := range n.compiler.graph.Inputs {
		if in := &n.compiler.graph.Inputs[k]; in.Name == n.Inputs[0] && len(in.Shape) == 2 {
			return in.Shape[1]
		}
	}
	return -1
}
