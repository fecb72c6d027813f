package tensor

import (
	"math"
	"slices"

	"dasier/fault"
)

// normalOperators scale numbers by what others of their row or batch are.
var normalOperators = map[string]operator{
	"Softmax":                   {1, 1, 1, func(n *node) (kernel, error) { return makeSoftmax(n, softmax) }},
	"LogSoftmax":                {1, 1, 1, func(n *node) (kernel, error) { return makeSoftmax(n, logSoftmax) }},
	"Hardmax":                   {1, 1, 1, func(n *node) (kernel, error) { return makeSoftmax(n, hardmax) }},
	"LpNormalization":           {1, 1, 1, makeLpNormalization},
	"BatchNormalization":        {7, 5, 5, makeBatchNormalization},
	"LayerNormalization":        {17, 2, 3, makeLayerNormalization},
	"MeanVarianceNormalization": {9, 1, 1, makeMeanVariance},
}

// lines calls f with every stretch of cells along an axis, as float64s that it
// changes in place.
func lines(r *run, in, out *Tensor, l line, f func(x []float64)) error {
	if err := r.make(out, in.Type, in.Shape); err != nil {
		return err
	}
	x, err := r.scratch(l.length)
	if err != nil {
		return err
	}
	if err := r.charge(in.held()); err != nil {
		return err
	}
	for o := range l.outer {
		for i := range l.inner {
			begin := o*l.length*l.inner + i
			for k := range x {
				x[k] = in.real(begin + k*l.inner)
			}
			f(x)
			for k, v := range x {
				out.setReal(begin+k*l.inner, v)
			}
		}
	}
	return nil
}

// makeSoftmax: before version 13 all axes from one on were a single one.
func makeSoftmax(n *node, f func(x []float64)) (kernel, error) {
	n.need(0, Float, Double)
	n.gives = []Type{n.is(0)}
	old := n.version < 13
	which := n.int("axis", -1)
	if old {
		which = n.int("axis", 1)
	}
	return func(r *run, in, out []*Tensor) error {
		at, err := axis(which, len(in[0].Shape))
		if err != nil {
			return err
		}
		l := along(in[0].Shape, at)
		if old {
			l = line{l.outer, l.length * l.inner, 1}
		}
		return lines(r, in[0], out[0], l, f)
	}, nil
}

func softmax(x []float64) {
	peak, sum := math.Inf(-1), 0.0
	for _, v := range x {
		peak = math.Max(peak, v)
	}
	for i, v := range x {
		x[i] = math.Exp(v - peak)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}

func logSoftmax(x []float64) {
	peak, sum := math.Inf(-1), 0.0
	for _, v := range x {
		peak = math.Max(peak, v)
	}
	for _, v := range x {
		sum += math.Exp(v - peak)
	}
	for i := range x {
		x[i] -= peak + math.Log(sum)
	}
}

func hardmax(x []float64) {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	for i := range x {
		x[i] = 0
		if i == best {
			x[i] = 1
		}
	}
}

func makeLpNormalization(n *node) (kernel, error) {
	n.need(0, Float, Double)
	n.gives = []Type{n.is(0)}
	which, p := n.int("axis", -1), n.int("p", 2)
	if p != 1 && p != 2 {
		return nil, fault.Errorf(fault.Invalid, "there is no norm %d here", p)
	}
	return func(r *run, in, out []*Tensor) error {
		at, err := axis(which, len(in[0].Shape))
		if err != nil {
			return err
		}
		return lines(r, in[0], out[0], along(in[0].Shape, at), func(x []float64) {
			sum := 0.0
			for _, v := range x {
				if p == 1 {
					sum += math.Abs(v)
				} else {
					sum += v * v
				}
			}
			if p == 2 {
				sum = math.Sqrt(sum)
			}
			for i := range x {
				if sum != 0 {
					x[i] /= sum
				} else {
					x[i] = 0
				}
			}
		})
	}, nil
}

// makeBatchNormalization scales each channel (axis 1) by statistics of training.
func makeBatchNormalization(n *node) (kernel, error) {
	n.need(0, Float, Double)
	for i := 1; i < 5; i++ {
		n.need(i, Float, Double)
	}
	n.gives = []Type{n.is(0)}
	if n.int("training_mode", 0) != 0 || n.int("spatial", 1) != 1 {
		return nil, fault.Errorf(fault.Invalid, "it is in training mode, or not per channel; export the model for inference")
	}
	epsilon := float64(n.float("epsilon", 1e-5))
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		channels := 1
		l := line{1, 1, 1}
		if len(t.Shape) > 1 {
			l = along(t.Shape, 1)
			channels = t.Shape[1]
		}
		for _, s := range in[1:5] {
			if s.held() != channels {
				return fault.Errorf(fault.Invalid, "it has statistics of %d channels, the tensor has %d", s.held(), channels)
			}
		}
		if err := r.make(out[0], t.Type, t.Shape); err != nil {
			return err
		}
		for i := range t.held() {
			c := i / l.inner % channels
			v := (t.real(i) - in[3].real(c)) / math.Sqrt(in[4].real(c)+epsilon)
			out[0].setReal(i, v*in[1].real(c)+in[2].real(c))
		}
		return nil
	}, nil
}

// makeLayerNormalization centres and scales the axes from one on.
func makeLayerNormalization(n *node) (kernel, error) {
	n.need(0, Float, Double)
	n.same(0, 1)
	if n.has(2) {
		n.same(0, 2)
	}
	n.gives = []Type{n.is(0)}
	which, epsilon := n.int("axis", -1), float64(n.float("epsilon", 1e-5))
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		at, err := axis(which, len(t.Shape))
		if err != nil {
			return err
		}
		l := along(t.Shape, at)
		l = line{l.outer, l.length * l.inner, 1}
		if in[1].held() != l.length || len(in) > 2 && in[2] != nil && in[2].held() != l.length {
			return fault.Errorf(fault.Invalid, "its scale has %d cells, the axes have %d", in[1].held(), l.length)
		}
		return lines(r, t, out[0], l, func(x []float64) {
			centre(x, epsilon)
			for i := range x {
				x[i] *= in[1].real(i)
				if len(in) > 2 && in[2] != nil {
					x[i] += in[2].real(i)
				}
			}
		})
	}, nil
}

// centre brings numbers to mean 0 and variance 1.
func centre(x []float64, epsilon float64) {
	mean, variance := 0.0, 0.0
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	scale := math.Sqrt(variance/float64(len(x)) + epsilon)
	for i := range x {
		x[i] = (x[i] - mean) / scale
	}
}

// makeMeanVariance is MeanVarianceNormalization over the last axis alone, the
// form that models of tables use.
func makeMeanVariance(n *node) (kernel, error) {
	n.need(0, Float, Double)
	n.gives = []Type{n.is(0)}
	if axes := n.ints("axes"); !slices.Equal(axes, []int64{-1}) {
		return nil, fault.Errorf(fault.Invalid, "the axes %v are not supported, only the last", axes)
	}
	return func(r *run, in, out []*Tensor) error {
		at, err := axis(-1, len(in[0].Shape))
		if err != nil {
			return err
		}
		return lines(r, in[0], out[0], along(in[0].Shape, at), func(x []float64) { centre(x, 1e-18) })
	}, nil
}
