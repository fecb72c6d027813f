package tensor

import (
	"slices"

	"dasier/fault"
)

func makeScatterElements(n *node) (kernel, error) {
	n.need(1, Int64, Int32)
	n.same(0, 2)
	n.gives = []Type{n.is(0)}
	which := n.int("axis", 0)
	merge, err := n.merging()
	if err != nil {
		return nil, err
	}
	return func(r *run, in, out []*Tensor) error {
		t, places, updates := in[0], in[1], in[2]
		if !slices.Equal(places.Shape, updates.Shape) {
			return fault.Errorf(fault.Invalid, "places and updates differ in shape")
		}
		if err := r.make(out[0], t.Type, t.Shape); err != nil {
			return err
		}
		copyCells(out[0], 0, t, 0, t.held())
		return elements(which, t, places, func(cell, at int) { merge(out[0], cell, updates, at, 1) })
	}, nil
}

// merging is how ScatterElements and ScatterND join what is there and what
// comes.
func (n *node) merging() (func(to *Tensor, at int, from *Tensor, begin, count int), error) {
	var f func(a, b float64) float64
	switch how := n.text("reduction", "none"); how {
	case "none":
		return copyCells, nil
	case "add":
		f = add[float64]
	case "mul":
		f = mul[float64]
	case "max":
		f = larger[float64]
	case "min":
		f = smaller[float64]
	default:
		return nil, fault.Errorf(fault.Invalid, "the reduction %q is not supported", how)
	}
	n.need(0, Float, Double, Int64, Int32)
	return func(to *Tensor, at int, from *Tensor, begin, count int) {
		for i := range count {
			to.setReal(at+i, f(to.real(at+i), from.real(begin+i)))
		}
	}, nil
}

// pieces walks over tuples of places: the last axis of places names the first
// axes of t after skip, what is left of t is one piece.
func pieces(t, places *Tensor, skip int, use func(begin, width, k int)) error {
	rank := len(places.Shape)
	if rank == 0 || skip >= rank || skip >= len(t.Shape) || places.Shape[rank-1] > len(t.Shape)-skip || !slices.Equal(places.Shape[:skip], t.Shape[:skip]) {
		return fault.Errorf(fault.Invalid, "places of shape %v do not fit a tensor of shape %v", slices.Clone(places.Shape), slices.Clone(t.Shape))
	}
	depth := places.Shape[rank-1]
	width := 1
	for _, d := range t.Shape[skip+depth:] {
		width *= d
	}
	tuples, batches := 1, 1
	for i, d := range places.Shape[:rank-1] {
		tuples *= d
		if i < skip {
			batches *= d
		}
	}
	for k := range tuples {
		begin := 0
		if skip > 0 {
			begin = k / (tuples / batches)
		}
		for j := range depth {
			i, err := index(places.place(k*depth+j), t.Shape[skip+j])
			if err != nil {
				return err
			}
			begin = begin*t.Shape[skip+j] + i
		}
		use(begin*width, width, k)
	}
	return nil
}

func makeGatherND(n *node) (kernel, error) {
	n.need(1, Int64, Int32)
	n.gives = []Type{n.is(0)}
	skip := n.int("batch_dims", 0)
	if skip < 0 || skip > maxRank {
		return nil, fault.Errorf(fault.Invalid, "it cannot skip %d axes", skip)
	}
	return func(r *run, in, out []*Tensor) error {
		t, places := in[0], in[1]
		rank := len(places.Shape)
		if rank == 0 || int(skip)+places.Shape[rank-1] > len(t.Shape) {
			return fault.Errorf(fault.Invalid, "places of shape %v do not fit a tensor of shape %v", slices.Clone(places.Shape), slices.Clone(t.Shape))
		}
		shape := append(make([]int, 0, 2*maxRank), places.Shape[:rank-1]...)
		shape = append(shape, t.Shape[int(skip)+places.Shape[rank-1]:]...)
		if err := r.make(out[0], t.Type, shape); err != nil {
			return err
		}
		return pieces(t, places, int(skip), func(begin, width, k int) { copyCells(out[0], k*width, t, begin, width) })
	}, nil
}

func makeScatterND(n *node) (kernel, error) {
	n.need(1, Int64)
	n.same(0, 2)
	n.gives = []Type{n.is(0)}
	merge, err := n.merging()
	if err != nil {
		return nil, err
	}
	return func(r *run, in, out []*Tensor) error {
		t, places, updates := in[0], in[1], in[2]
		if err := r.make(out[0], t.Type, t.Shape); err != nil {
			return err
		}
		copyCells(out[0], 0, t, 0, t.held())
		var wrong error
		err := pieces(t, places, 0, func(begin, width, k int) {
			if (k+1)*width > updates.held() {
				wrong = fault.Errorf(fault.Invalid, "updates of shape %v are too few", slices.Clone(updates.Shape))
				return
			}
			merge(out[0], begin, updates, k*width, width)
		})
		if err != nil {
			return err
		}
		return wrong
	}, nil
}
