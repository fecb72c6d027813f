package tensor

import (
	"slices"

	"dasier/fault"
)

// selectOperators take cells by their place.
var selectOperators = map[string]operator{
	"Gather":          {1, 2, 2, makeGather},
	"GatherElements":  {11, 2, 2, makeGatherElements},
	"GatherND":        {11, 2, 2, makeGatherND},
	"Slice":           {1, 1, 5, makeSlice},
	"Compress":        {9, 2, 2, makeCompress},
	"NonZero":         {9, 1, 1, makeNonZero},
	"ScatterElements": {11, 3, 3, makeScatterElements},
	"ScatterND":       {11, 3, 3, makeScatterND},
}

// index brings a place that may count from the end into 0..n-1.
func index(i int64, n int) (int, error) {
	if i < 0 {
		i += int64(n)
	}
	if i < 0 || i >= int64(n) {
		return 0, fault.Errorf(fault.Invalid, "there is no place %d among %d", i, n)
	}
	return int(i), nil
}

// place reads a cell of a tensor of Int64 or Int32.
func (t *Tensor) place(i int) int64 {
	if t.Type == Int32 {
		return int64(t.Int32[i])
	}
	return t.Int64[i]
}

func makeGather(n *node) (kernel, error) {
	n.need(1, Int64, Int32)
	n.gives = []Type{n.is(0)}
	which := n.int("axis", 0)
	return func(r *run, in, out []*Tensor) error {
		t, places := in[0], in[1]
		at, err := axis(which, len(t.Shape))
		if err != nil {
			return err
		}
		shape := append(make([]int, 0, 2*maxRank), t.Shape[:at]...)
		shape = append(append(shape, places.Shape...), t.Shape[at+1:]...)
		if err := r.make(out[0], t.Type, shape); err != nil {
			return err
		}
		l := along(t.Shape, at)
		many := places.held()
		for k := range many {
			from, err := index(places.place(k), l.length)
			if err != nil {
				return err
			}
			for o := range l.outer {
				copyCells(out[0], (o*many+k)*l.inner, t, (o*l.length+from)*l.inner, l.inner)
			}
		}
		return nil
	}, nil
}

func makeGatherElements(n *node) (kernel, error) {
	n.need(1, Int64, Int32)
	n.gives = []Type{n.is(0)}
	which := n.int("axis", 0)
	return func(r *run, in, out []*Tensor) error {
		t, places := in[0], in[1]
		if err := r.make(out[0], t.Type, places.Shape); err != nil {
			return err
		}
		return elements(which, t, places, func(cell, at int) { copyCells(out[0], at, t, cell, 1) })
	}, nil
}

// elements finds, for every cell of places, the cell of t at the same place but
// for one axis, where the cell's value says the place.
func elements(which int64, t, places *Tensor, use func(cell, at int)) error {
	axis, err := axis(which, len(t.Shape))
	if err != nil {
		return err
	}
	if len(places.Shape) != len(t.Shape) {
		return fault.Errorf(fault.Invalid, "the tensors differ in their number of axes")
	}
	for i, d := range places.Shape {
		if i != axis && d > t.Shape[i] {
			return fault.Errorf(fault.Invalid, "places of shape %v reach beyond a tensor of shape %v", slices.Clone(places.Shape), slices.Clone(t.Shape))
		}
	}
	for at := range places.held() {
		cell, stride, rest := 0, 1, at
		for a, v := range slices.Backward(t.Shape) {
			i := rest % places.Shape[a]
			rest /= places.Shape[a]
			if a == axis {
				if i, err = index(places.place(at), v); err != nil {
					return err
				}
			}
			cell += i * stride
			stride *= v
		}
		use(cell, at)
	}
	return nil
}

// makeSlice: begins, ends and axes were attributes before version 10; since,
// they are inputs, and there are steps.
func makeSlice(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	begins, ends, axes := n.ints("starts"), n.ints("ends"), n.ints("axes")
	if n.version >= 10 {
		for i := 1; i < 5; i++ {
			if n.has(i) {
				n.need(i, Int64, Int32)
			}
		}
		if !n.has(1) || !n.has(2) {
			return nil, fault.Errorf(fault.Invalid, "it lacks begins and ends")
		}
	}
	list := func(r *run, in []*Tensor, i int, attribute []int64) []int64 {
		if i >= len(in) || in[i] == nil {
			return attribute
		}
		values := r.int64s.take(in[i].held())
		for k := range values {
			values[k] = in[i].place(k)
		}
		return values
	}
	return func(r *run, in, out []*Tensor) error {
		from, to, which, steps := list(r, in, 1, begins), list(r, in, 2, ends), list(r, in, 3, axes), list(r, in, 4, nil)
		if len(from) != len(to) || len(which) > 0 && len(which) != len(from) || len(steps) > 0 && len(steps) != len(from) || len(from) > maxRank {
			return fault.Errorf(fault.Invalid, "its begins, ends, axes and steps differ in number")
		}
		t := in[0]
		var shape, stride [maxRank]int
		step := 1
		for i := len(t.Shape) - 1; i >= 0; i-- {
			shape[i], stride[i] = t.Shape[i], step
			step *= t.Shape[i]
		}
		first := 0
		var seen [maxRank]bool
		for i := range from {
			a, by := i, int64(1)
			if len(which) > 0 {
				var err error
				if a, err = axis(which[i], len(t.Shape)); err != nil {
					return err
				}
			}
			if len(steps) > 0 {
				by = steps[i]
			}
			if a >= len(t.Shape) || seen[a] || by == 0 {
				return fault.Errorf(fault.Invalid, "it cannot cut axis %d of %d in steps of %d", a, len(t.Shape), by)
			}
			seen[a] = true
			begin, n := span(from[i], to[i], by, t.Shape[a])
			first += begin * stride[a]
			shape[a] = n
			if n > 1 {
				stride[a] *= int(by)
			}
		}
		return stridedCopy(r, t, out[0], shape[:len(t.Shape)], stride[:len(t.Shape)], first)
	}, nil
}

// span is where a cut from one place to another begins and how many cells it
// has, of n, with the rules of Python's slices.
func span(from, to, by int64, n int) (begin, many int) {
	size := int64(n)
	low, high := int64(0), size // where a cut may begin and end
	if by < 0 {
		low, high = -1, size-1
	}
	if from < 0 {
		from = max(from+size, low)
	}
	if to < 0 {
		to = max(to+size, low)
	}
	from, to = min(max(from, low), high), min(max(to, low), high)
	switch {
	case by > 0 && from < to:
		return int(from), int((to-from-1)/by + 1)
	case by < 0 && from > to:
		// by may be the smallest int64, whose negative is itself: the quotient
		// is taken first.
		return int(from), int((to-from+1)/by + 1)
	default:
		return 0, 0
	}
}

func makeCompress(n *node) (kernel, error) {
	n.need(1, Bool)
	n.gives = []Type{n.is(0)}
	_, along1 := n.Attributes["axis"]
	which := n.int("axis", 0)
	return func(r *run, in, out []*Tensor) error {
		t := *in[0]
		at := 0
		if along1 {
			var err error
			if at, err = axis(which, len(t.Shape)); err != nil {
				return err
			}
		} else {
			t.Shape = []int{t.held()}
		}
		l := along(t.Shape, at)
		kept := 0
		for i, keep := range in[1].Bool {
			if keep && i >= l.length {
				return fault.Errorf(fault.Invalid, "it keeps place %d of %d", i, l.length)
			}
			if keep {
				kept++
			}
		}
		shape := slices.Clone(t.Shape)
		shape[at] = kept
		if err := r.make(out[0], t.Type, shape); err != nil {
			return err
		}
		k := 0
		for i, keep := range in[1].Bool {
			if !keep {
				continue
			}
			for o := range l.outer {
				copyCells(out[0], (o*kept+k)*l.inner, &t, (o*l.length+i)*l.inner, l.inner)
			}
			k++
		}
		return nil
	}, nil
}

// makeNonZero gives the places of the cells that are not zero, a column each.
func makeNonZero(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32, Bool, Uint8)
	n.gives = []Type{Int64}
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		many := 0
		for i := range t.held() {
			if t.real(i) != 0 {
				many++
			}
		}
		rank := max(len(t.Shape), 1)
		result, err := give[int64](r, out[0], []int{rank, many})
		if err != nil {
			return err
		}
		k := 0
		for i := range t.held() {
			if t.real(i) == 0 {
				continue
			}
			result[k] = 0 // of a single number
			rest := i
			for a, v := range slices.Backward(t.Shape) {
				result[a*many+k] = int64(rest % v)
				rest /= v
			}
			k++
		}
		return nil
	}, nil
}
