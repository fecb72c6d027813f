package tensor

import (
	"slices"

	"dasier/fault"
)

func makeConcat(n *node) (kernel, error) {
	n.alike()
	n.gives = []Type{n.is(0)}
	which := n.int("axis", 1)
	return func(r *run, in, out []*Tensor) error {
		first := in[0]
		at, err := axis(which, len(first.Shape))
		if err != nil {
			return err
		}
		var shape [maxRank]int
		copy(shape[:], first.Shape)
		shape[at] = 0
		for _, t := range in {
			if t == nil || len(t.Shape) != len(first.Shape) {
				return fault.Errorf(fault.Invalid, "the tensors differ in their number of axes")
			}
			for i, d := range t.Shape {
				if i == at {
					shape[at] += d
				} else if d != shape[i] {
					return fault.Errorf(fault.Invalid, "tensors of shapes %v and %v cannot be joined along axis %d",
						slices.Clone(first.Shape), slices.Clone(t.Shape), at)
				}
			}
		}
		if err := r.make(out[0], first.Type, shape[:len(first.Shape)]); err != nil {
			return err
		}
		whole := along(shape[:len(first.Shape)], at)
		begin := 0
		for _, t := range in {
			width := t.Shape[at] * whole.inner
			for o := range whole.outer {
				copyCells(out[0], o*whole.length*whole.inner+begin, t, o*width, width)
			}
			begin += width
		}
		return nil
	}, nil
}

// makeSplit: the lengths were an attribute before version 13, and are an input
// since; without them the parts are equal, the last may be smaller.
func makeSplit(n *node) (kernel, error) {
	which := n.int("axis", 0)
	parts := len(n.Outputs)
	if parts == 0 {
		return nil, fault.Errorf(fault.Invalid, "it has no outputs")
	}
	for range parts {
		n.gives = append(n.gives, n.is(0))
	}
	lengths := n.ints("split")
	if n.version >= 13 {
		lengths = nil
		if n.has(1) {
			n.need(1, Int64)
		}
	}
	if want := n.int("num_outputs", int64(parts)); want != int64(parts) {
		return nil, fault.Errorf(fault.Invalid, "it makes %d parts for %d outputs", want, parts)
	}
	return func(r *run, in, out []*Tensor) error {
		t, sizes := in[0], lengths
		at, err := axis(which, len(t.Shape))
		if err != nil {
			return err
		}
		if len(in) > 1 && in[1] != nil {
			sizes = in[1].Int64
		}
		l := along(t.Shape, at)
		part, begin := (l.length+parts-1)/parts, 0
		for i := range out {
			width := min(part, l.length-begin)
			if sizes != nil {
				if len(sizes) != parts || sizes[i] < 0 || sizes[i] > int64(l.length-begin) {
					return fault.Errorf(fault.Invalid, "%d cannot be split into %v", l.length, slices.Clone(sizes))
				}
				width = int(sizes[i])
			}
			var shape [maxRank]int
			copy(shape[:], t.Shape)
			shape[at] = width
			if err := r.make(out[i], t.Type, shape[:len(t.Shape)]); err != nil {
				return err
			}
			for o := range l.outer {
				copyCells(out[i], o*width*l.inner, t, (o*l.length+begin)*l.inner, width*l.inner)
			}
			begin += width
		}
		if begin != l.length {
			return fault.Errorf(fault.Invalid, "%d cannot be split into %v", l.length, slices.Clone(sizes))
		}
		return nil
	}, nil
}

// makePad adds cells of one value around a tensor, or cuts where the number is
// negative. The widths were attributes before version 11.
func makePad(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	if mode := n.text("mode", "constant"); mode != "constant" {
		return nil, fault.Errorf(fault.Invalid, "the mode %q is not supported", mode)
	}
	if n.is(0) == String || n.has(3) {
		return nil, n.refuse(0)
	}
	widths, value := n.ints("pads"), float64(n.float("value", 0))
	if n.version >= 11 {
		n.need(1, Int64)
		if n.has(2) {
			n.same(0, 2)
		}
	}
	return func(r *run, in, out []*Tensor) error {
		t, pads, fill := in[0], widths, value
		if len(in) > 1 {
			pads = in[1].Int64
		}
		if len(in) > 2 && in[2] != nil && in[2].held() == 1 {
			fill = in[2].real(0)
		}
		rank := len(t.Shape)
		if len(pads) != 2*rank {
			return fault.Errorf(fault.Invalid, "it pads %d sides of %d axes", len(pads), rank)
		}
		var shape [maxRank]int
		for i, d := range t.Shape {
			if pads[i] > maxCells || pads[i] < -maxCells || pads[i+rank] > maxCells || pads[i+rank] < -maxCells {
				return fault.Errorf(fault.Limited, "the tensor becomes too large")
			}
			shape[i] = d + int(pads[i]) + int(pads[i+rank])
		}
		if err := r.make(out[0], t.Type, shape[:rank]); err != nil {
			return err
		}
	cells:
		for to := range out[0].held() {
			from, stride, rest := 0, 1, to
			for a := rank - 1; a >= 0; a-- {
				i := rest%shape[a] - int(pads[a])
				rest /= shape[a]
				if i < 0 || i >= t.Shape[a] {
					out[0].setReal(to, fill)
					continue cells
				}
				from += i * stride
				stride *= t.Shape[a]
			}
			copyCells(out[0], to, t, from, 1)
		}
		return nil
	}, nil
}
