package tensor

import (
	"math"

	"dasier/fault"
)

// makeOperators make tensors from nothing or from shapes.
var makeOperators = map[string]operator{
	"Constant":        {1, 0, 0, makeConstant},
	"ConstantOfShape": {9, 1, 1, makeConstantOfShape},
	"Shape":           {1, 1, 1, makeShape},
	"Size":            {1, 1, 1, makeSize},
	"Range":           {11, 3, 3, makeRange},
	"EyeLike":         {9, 1, 1, makeEyeLike},
	"OneHot":          {9, 3, 3, makeOneHot},
}

func makeConstant(n *node) (kernel, error) {
	t := n.tensor("value")
	if t == nil {
		var err error
		if t, err = n.constant(); err != nil {
			return nil, err
		}
	}
	n.gives = []Type{t.Type}
	return func(_ *run, _, out []*Tensor) error {
		*out[0] = *t
		return nil
	}, nil
}

// constant reads the short forms of a constant's value.
func (n *node) constant() (*Tensor, error) {
	for name, a := range n.Attributes {
		switch {
		case name == "value_float" && a.Kind == AttributeFloat:
			return &Tensor{Type: Float, Shape: []int{}, Float: []float32{a.Float}}, nil
		case name == "value_floats" && (a.Kind == AttributeFloats):
			return &Tensor{Type: Float, Shape: []int{len(a.Floats)}, Float: a.Floats}, nil
		case name == "value_int" && a.Kind == AttributeInt:
			return &Tensor{Type: Int64, Shape: []int{}, Int64: []int64{a.Int}}, nil
		case name == "value_ints" && a.Kind == AttributeInts:
			return &Tensor{Type: Int64, Shape: []int{len(a.Ints)}, Int64: a.Ints}, nil
		case name == "value_string" && a.Kind == AttributeText:
			return &Tensor{Type: String, Shape: []int{}, String: []string{a.Text}}, nil
		case name == "value_strings" && a.Kind == AttributeTexts:
			return &Tensor{Type: String, Shape: []int{len(a.Texts)}, String: a.Texts}, nil
		}
	}
	return nil, fault.Errorf(fault.Invalid, "it has no value of a kind that is supported")
}

func makeConstantOfShape(n *node) (kernel, error) {
	n.need(0, Int64)
	value := n.tensor("value")
	if value == nil {
		value = &Tensor{Type: Float, Shape: []int{1}, Float: []float32{0}}
	}
	if value.held() != 1 {
		return nil, fault.Errorf(fault.Invalid, "its value is %d cells, not one", value.held())
	}
	n.gives = []Type{value.Type}
	return func(r *run, in, out []*Tensor) error {
		shape, err := r.sizes(in[0].Int64)
		if err != nil {
			return err
		}
		if err := r.make(out[0], value.Type, shape); err != nil {
			return err
		}
		for i := range out[0].held() {
			copyCells(out[0], i, value, 0, 1)
		}
		return nil
	}, nil
}

// makeShape: since version 15 it may give a part of the shape.
func makeShape(n *node) (kernel, error) {
	n.gives = []Type{Int64}
	from, to := n.int("start", 0), n.int("end", math.MaxInt64)
	return func(r *run, in, out []*Tensor) error {
		begin, many := span(from, to, 1, len(in[0].Shape))
		result, err := give[int64](r, out[0], []int{many})
		if err != nil {
			return err
		}
		for i := range result {
			result[i] = int64(in[0].Shape[begin+i])
		}
		return nil
	}, nil
}

func makeSize(n *node) (kernel, error) {
	n.gives = []Type{Int64}
	return func(r *run, in, out []*Tensor) error {
		result, err := give[int64](r, out[0], nil)
		if err != nil {
			return err
		}
		result[0] = int64(in[0].held())
		return nil
	}, nil
}

func makeRange(n *node) (kernel, error) {
	n.same(0, 1)
	n.same(0, 2)
	n.need(0, Float, Double, Int64, Int32)
	n.gives = []Type{n.is(0)}
	return func(r *run, in, out []*Tensor) error {
		for _, t := range in {
			if t.held() != 1 {
				return fault.Errorf(fault.Invalid, "its bounds must be single numbers")
			}
		}
		from, to, by := in[0].real(0), in[1].real(0), in[2].real(0)
		many := math.Ceil((to - from) / by)
		if !(math.Abs(many) <= maxCells) {
			return fault.Errorf(fault.Invalid, "there is no range from %v to %v in steps of %v", from, to, by)
		}
		if err := r.make(out[0], in[0].Type, []int{int(max(many, 0))}); err != nil {
			return err
		}
		for i := range out[0].held() {
			out[0].setReal(i, from+float64(i)*by)
		}
		return nil
	}, nil
}

func makeEyeLike(n *node) (kernel, error) {
	kind := n.is(0)
	if _, ok := n.Attributes["dtype"]; ok {
		kind = typeOfFile(n.int("dtype", 0))
	}
	if kind == None || kind == String {
		return nil, n.refuse(0)
	}
	n.gives = []Type{kind}
	shift := n.int("k", 0)
	return func(r *run, in, out []*Tensor) error {
		if len(in[0].Shape) != 2 {
			return fault.Errorf(fault.Invalid, "it makes a matrix, not %d axes", len(in[0].Shape))
		}
		if err := r.make(out[0], kind, in[0].Shape); err != nil {
			return err
		}
		columns := in[0].Shape[1]
		for i := range out[0].held() {
			one := 0.0
			if int64(i%columns-i/columns) == shift {
				one = 1
			}
			out[0].setReal(i, one)
		}
		return nil
	}, nil
}

// makeOneHot adds an axis with the second of two values where the cell says,
// and the first elsewhere.
func makeOneHot(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32, Uint8)
	n.need(1, Float, Double, Int64, Int32, Uint8)
	n.gives = []Type{n.is(2)}
	which := n.int("axis", -1)
	return func(r *run, in, out []*Tensor) error {
		if in[1].held() != 1 || in[2].held() != 2 || !(in[1].real(0) >= 0 && in[1].real(0) <= maxCells) {
			return fault.Errorf(fault.Invalid, "its depth must be one number, its values two")
		}
		depth := int(in[1].real(0))
		at, err := axis(which, len(in[0].Shape)+1)
		if err != nil {
			return err
		}
		shape := append(make([]int, 0, maxRank+1), in[0].Shape[:at]...)
		shape = append(append(shape, depth), in[0].Shape[at:]...)
		if err := r.make(out[0], in[2].Type, shape); err != nil {
			return err
		}
		l := along(shape, at)
		for i := range out[0].held() {
			o, k := i/(l.inner*depth), i/l.inner%depth
			v := in[0].real(o*l.inner + i%l.inner)
			if v < 0 {
				v += float64(depth)
			}
			from := 0
			if v == float64(k) {
				from = 1
			}
			copyCells(out[0], i, in[2], from, 1)
		}
		return nil
	}, nil
}
