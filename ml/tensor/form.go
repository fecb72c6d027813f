package tensor

import (
	"slices"

	"dasier/fault"
)

// formOperators change the shape, or the order of cells, and no cell.
var formOperators = map[string]operator{
	"Reshape":   {5, 2, 2, makeReshape},
	"Flatten":   {1, 1, 1, makeFlatten},
	"Squeeze":   {1, 1, 2, makeSqueeze},
	"Unsqueeze": {1, 1, 2, makeUnsqueeze},
	"Transpose": {1, 1, 1, makeTranspose},
	"Expand":    {8, 2, 2, makeExpand},
	"Tile":      {6, 2, 2, makeTile},
	"Concat":    {4, 1, -1, makeConcat},
	"Split":     {2, 1, 2, makeSplit},
	"Pad":       {2, 1, 4, makePad},
}

// makeReshape: 0 keeps an axis (unless allowzero), one -1 is what is left.
func makeReshape(n *node) (kernel, error) {
	n.need(1, Int64)
	n.gives = []Type{n.is(0)}
	zero := n.int("allowzero", 0) != 0
	return func(r *run, in, out []*Tensor) error {
		wanted := in[1].Int64
		if len(wanted) > maxRank {
			return fault.Errorf(fault.Limited, "it wants %d axes, at most %d are allowed", len(wanted), maxRank)
		}
		shape := r.shape(len(wanted))
		free, rest := -1, 1
		for i, d := range wanted {
			switch {
			case d == 0 && !zero:
				if i >= len(in[0].Shape) {
					return fault.Errorf(fault.Invalid, "the shape %v keeps an axis that is not there", slices.Clone(wanted))
				}
				shape[i] = in[0].Shape[i]
			case d == -1 && free < 0:
				free, shape[i] = i, 1
				continue
			case d < 0 || d > maxCells:
				return fault.Errorf(fault.Invalid, "the shape %v cannot be", slices.Clone(wanted))
			default:
				shape[i] = int(d)
			}
			rest = min(rest*shape[i], maxCells+1)
		}
		have := in[0].held()
		if free >= 0 && rest > 0 {
			shape[free] = have / rest
		} else if free >= 0 {
			shape[free] = 0
		}
		if count(shape) != have {
			return fault.Errorf(fault.Invalid, "%d cells of shape %v cannot have the shape %v", have, slices.Clone(in[0].Shape), slices.Clone(wanted))
		}
		out[0].sharing(in[0], shape)
		return nil
	}, nil
}

func makeFlatten(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	at := n.int("axis", 1)
	return func(r *run, in, out []*Tensor) error {
		rank := int64(len(in[0].Shape))
		from := at
		if from < 0 {
			from += rank
		}
		if from < 0 || from > rank {
			return fault.Errorf(fault.Invalid, "there is no axis %d among %d", at, rank)
		}
		shape := r.shape(2)
		shape[0], shape[1] = 1, 1
		for i, d := range in[0].Shape {
			if int64(i) < from {
				shape[0] *= d
			} else {
				shape[1] *= d
			}
		}
		out[0].sharing(in[0], shape)
		return nil
	}, nil
}

// axesOf are the axes of Squeeze and Unsqueeze: an attribute before version 13,
// an input since.
func axesOf(n *node) func(in []*Tensor) []int64 {
	if n.version < 13 {
		axes := n.ints("axes")
		return func([]*Tensor) []int64 { return axes }
	}
	if n.has(1) {
		n.need(1, Int64)
	}
	return func(in []*Tensor) []int64 {
		if len(in) > 1 && in[1] != nil {
			return in[1].Int64
		}
		return nil
	}
}

func makeSqueeze(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	axes := axesOf(n)
	return func(r *run, in, out []*Tensor) error {
		var drop [maxRank]bool
		which := axes(in)
		for _, a := range which {
			i, err := axis(a, len(in[0].Shape))
			if err != nil {
				return err
			}
			if in[0].Shape[i] != 1 {
				return fault.Errorf(fault.Invalid, "the axis %d of shape %v cannot be squeezed away", i, slices.Clone(in[0].Shape))
			}
			drop[i] = true
		}
		shape := r.shape(len(in[0].Shape))[:0]
		for i, d := range in[0].Shape {
			if !drop[i] && (len(which) > 0 || d != 1) {
				shape = append(shape, d)
			}
		}
		out[0].sharing(in[0], shape)
		return nil
	}, nil
}

func makeUnsqueeze(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	axes := axesOf(n)
	return func(r *run, in, out []*Tensor) error {
		which := axes(in)
		rank := len(in[0].Shape) + len(which)
		if rank > maxRank {
			return fault.Errorf(fault.Limited, "it makes %d axes, at most %d are allowed", rank, maxRank)
		}
		shape := r.shape(rank)
		clear(shape)
		for _, a := range which {
			i, err := axis(a, rank)
			if err != nil {
				return err
			}
			if shape[i] != 0 {
				return fault.Errorf(fault.Invalid, "the axis %d is named twice", a)
			}
			shape[i] = 1
		}
		next := 0
		for i := range shape {
			if shape[i] == 0 {
				shape[i] = in[0].Shape[next]
				next++
			}
		}
		out[0].sharing(in[0], shape)
		return nil
	}, nil
}

func makeTranspose(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	order := n.ints("perm")
	return func(r *run, in, out []*Tensor) error {
		from := in[0].Shape
		if len(order) > 0 && len(order) != len(from) {
			return fault.Errorf(fault.Invalid, "it orders %d axes, there are %d", len(order), len(from))
		}
		var shape, stride [maxRank]int
		var seen [maxRank]bool
		for i := range from {
			a := len(from) - 1 - i
			if len(order) > 0 {
				if order[i] < 0 || order[i] >= int64(len(from)) || seen[order[i]] {
					return fault.Errorf(fault.Invalid, "%v is no order of %d axes", order, len(from))
				}
				a = int(order[i])
			}
			seen[a] = true
			shape[i], stride[i] = from[a], 1
			for _, d := range from[a+1:] {
				stride[i] *= d
			}
		}
		return stridedCopy(r, in[0], out[0], shape[:len(from)], stride[:len(from)], 0)
	}, nil
}

// stridedCopy writes the cells of in that lie a stride apart on each axis, from
// a place on; the caller has seen to it that all are there.
func stridedCopy(r *run, in, out *Tensor, shape, stride []int, begin int) error {
	if err := r.make(out, in.Type, shape); err != nil {
		return err
	}
	n := count(shape)
	if n == 0 {
		return nil
	}
	last := len(shape) - 1
	if last < 0 {
		copyCells(out, 0, in, begin, 1)
		return nil
	}
	var at [maxRank]int
	for to, from := 0, begin; to < n; {
		if stride[last] == 1 {
			copyCells(out, to, in, from, shape[last])
		} else {
			for k := range shape[last] {
				copyCells(out, to+k, in, from+k*stride[last], 1)
			}
		}
		to += shape[last]
		for axis := last - 1; axis >= 0; axis-- {
			at[axis]++
			from += stride[axis]
			if at[axis] < shape[axis] {
				break
			}
			from -= stride[axis] * at[axis]
			at[axis] = 0
		}
	}
	return nil
}

// makeExpand broadcasts to a shape, in both directions.
func makeExpand(n *node) (kernel, error) {
	n.need(1, Int64)
	n.gives = []Type{n.is(0)}
	return func(r *run, in, out []*Tensor) error {
		wanted, err := r.sizes(in[1].Int64)
		if err != nil {
			return err
		}
		shape, rank, err := together(in[0].Shape, wanted)
		if err != nil {
			return err
		}
		if count(shape[:rank]) < 0 {
			return fault.Errorf(fault.Limited, "a tensor of shape %v is too large", slices.Clone(shape[:rank]))
		}
		var stride [maxRank]int
		offset := rank - len(in[0].Shape)
		step := 1
		for i, v := range slices.Backward(in[0].Shape) {
			if v != 1 {
				stride[offset+i] = step
			}
			step *= v
		}
		return stridedCopy(r, in[0], out[0], shape[:rank], stride[:rank], 0)
	}, nil
}

// sizes reads a shape from a tensor's cells.
func (r *run) sizes(list []int64) ([]int, error) {
	if len(list) > maxRank {
		return nil, fault.Errorf(fault.Limited, "a shape has %d axes, at most %d are allowed", len(list), maxRank)
	}
	shape := r.shape(len(list))
	for i, d := range list {
		if d < 0 || d > maxCells {
			return nil, fault.Errorf(fault.Invalid, "the shape %v cannot be", slices.Clone(list))
		}
		shape[i] = int(d)
	}
	return shape, nil
}

// makeTile repeats a tensor along each axis.
func makeTile(n *node) (kernel, error) {
	n.need(1, Int64)
	n.gives = []Type{n.is(0)}
	return func(r *run, in, out []*Tensor) error {
		times, err := r.sizes(in[1].Int64)
		if err != nil {
			return err
		}
		t := in[0]
		if len(times) != len(t.Shape) {
			return fault.Errorf(fault.Invalid, "it repeats %d axes, there are %d", len(times), len(t.Shape))
		}
		var shape [maxRank]int
		for i, d := range t.Shape {
			if times[i] > 0 && d > maxCells/times[i] {
				return fault.Errorf(fault.Limited, "the tensor becomes too large")
			}
			shape[i] = d * times[i]
		}
		if err := r.make(out[0], t.Type, shape[:len(t.Shape)]); err != nil {
			return err
		}
		total := out[0].held()
		if total == 0 {
			return nil
		}
		if len(t.Shape) == 0 {
			copyCells(out[0], 0, t, 0, 1)
			return nil
		}
		last := len(t.Shape) - 1
		width := t.Shape[last]
		for to := 0; to < total; to += width {
			// The place of this piece in the input: every index modulo its axis.
			from, rest, stride := 0, to/shape[last], width
			for a := last - 1; a >= 0; a-- {
				from += rest % shape[a] % t.Shape[a] * stride
				stride *= t.Shape[a]
				rest /= shape[a]
			}
			copyCells(out[0], to, t, from, width)
		}
		return nil
	}, nil
}
