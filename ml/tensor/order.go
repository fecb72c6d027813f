package tensor

import (
	"math"
	"slices"

	"dasier/fault"
)

// orderOperators depend on the order of numbers along an axis.
var orderOperators = map[string]operator{
	"ArgMax": {1, 1, 1, func(n *node) (kernel, error) { return makeArg(n, true) }},
	"ArgMin": {1, 1, 1, func(n *node) (kernel, error) { return makeArg(n, false) }},
	"TopK":   {10, 2, 2, makeTopK},
	"CumSum": {11, 2, 2, makeCumSum},
}

// line is a stretch of cells along one axis.
type line struct{ outer, length, inner int }

func along(shape []int, axis int) line {
	l := line{1, shape[axis], 1}
	for _, d := range shape[:axis] {
		l.outer *= d
	}
	for _, d := range shape[axis+1:] {
		l.inner *= d
	}
	return l
}

// makeArg gives the place of the largest (smallest) number: the first of equals
// unless select_last_index says otherwise.
func makeArg(n *node, most bool) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32, Uint8)
	n.gives = []Type{Int64}
	which, keep, last := n.int("axis", 0), n.int("keepdims", 1) != 0, n.int("select_last_index", 0) != 0
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		at, err := axis(which, len(t.Shape))
		if err != nil {
			return err
		}
		l := along(t.Shape, at)
		shape := append(make([]int, 0, maxRank), t.Shape[:at]...)
		if keep {
			shape = append(shape, 1)
		}
		shape = append(shape, t.Shape[at+1:]...)
		result, err := give[int64](r, out[0], shape)
		if err != nil {
			return err
		}
		if l.length == 0 && len(result) > 0 {
			return fault.Errorf(fault.Invalid, "nothing has no largest or smallest number")
		}
		if err := r.charge(t.held()); err != nil {
			return err
		}
		for i := range result {
			begin := i/l.inner*l.length*l.inner + i%l.inner
			best, place := t.real(begin), 0
			for k := 1; k < l.length; k++ {
				x := t.real(begin + k*l.inner)
				if most && x > best || !most && x < best || last && x == best {
					best, place = x, k
				}
			}
			result[i] = int64(place)
		}
		return nil
	}, nil
}

// makeTopK gives the k largest (smallest) numbers with their places; of equals
// those with the lower place.
func makeTopK(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	n.need(1, Int64)
	n.gives = []Type{n.is(0), Int64}
	which, largest := n.int("axis", -1), n.int("largest", 1) != 0
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		at, err := axis(which, len(t.Shape))
		if err != nil {
			return err
		}
		l := along(t.Shape, at)
		if in[1].held() != 1 || in[1].Int64[0] < 0 || in[1].Int64[0] > int64(l.length) {
			return fault.Errorf(fault.Invalid, "it wants the first %v of %d", in[1].Int64, l.length)
		}
		k := int(in[1].Int64[0])
		var shape [maxRank]int
		copy(shape[:], t.Shape)
		shape[at] = k
		if err := r.make(out[0], t.Type, shape[:len(t.Shape)]); err != nil {
			return err
		}
		places, err := give[int64](r, out[1], shape[:len(t.Shape)])
		if err != nil {
			return err
		}
		if err := r.charge(t.held() * 8); err != nil {
			return err
		}
		order := r.dims.take(l.length)
		for o := range l.outer {
			for i := range l.inner {
				begin := o*l.length*l.inner + i
				for j := range order {
					order[j] = j
				}
				// What NaN compares with comes as it comes: after all numbers.
				slices.SortFunc(order, func(a, b int) int {
					return inOrder(t.real(begin+a*l.inner), t.real(begin+b*l.inner), a, b, largest)
				})
				for j, from := range order[:k] {
					to := (o*k+j)*l.inner + i
					copyCells(out[0], to, t, begin+from*l.inner, 1)
					places[to] = int64(from)
				}
			}
		}
		return nil
	}, nil
}

func inOrder(x, y float64, a, b int, largest bool) int {
	nanX, nanY := math.IsNaN(x), math.IsNaN(y)
	switch {
	case nanX && nanY || x == y:
		return a - b
	case nanX:
		return 1
	case nanY:
		return -1
	case (x > y) == largest:
		return -1
	default:
		return 1
	}
}

// makeCumSum adds up along an axis; exclusive leaves out the cell itself,
// reverse begins at the end.
func makeCumSum(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	n.need(1, Int64, Int32)
	n.gives = []Type{n.is(0)}
	exclusive, reverse := n.int("exclusive", 0) != 0, n.int("reverse", 0) != 0
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		if in[1].held() != 1 {
			return fault.Errorf(fault.Invalid, "it needs one axis, not %d", in[1].held())
		}
		at, err := axis(int64(in[1].real(0)), len(t.Shape))
		if err != nil {
			return err
		}
		if err := r.make(out[0], t.Type, t.Shape); err != nil {
			return err
		}
		l := along(t.Shape, at)
		for o := range l.outer {
			for i := range l.inner {
				var sum float64
				for j := range l.length {
					k := j
					if reverse {
						k = l.length - 1 - j
					}
					cell := (o*l.length+k)*l.inner + i
					before := sum
					sum += t.real(cell)
					if exclusive {
						out[0].setReal(cell, before)
					} else {
						out[0].setReal(cell, sum)
					}
				}
			}
		}
		return nil
	}, nil
}
