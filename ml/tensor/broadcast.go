package tensor

import (
	"slices"

	"dasier/fault"
)

// sweep walks along an output and up to three operands that are broadcast to
// its shape, in rows of the last axis: for every row it gives the place of its
// first cell in each, and steps of 0 or 1 from cell to cell. Axes along which
// all move alike are joined, so that equal shapes are one row.
type sweep struct {
	rank   int
	length [maxRank]int
	stride [3][maxRank]int
}

// together is the shape that shapes broadcast to.
func together(shapes ...[]int) (shape [maxRank]int, rank int, err error) {
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	if rank > maxRank {
		return shape, 0, fault.Errorf(fault.Limited, "a tensor has %d axes, at most %d are allowed", rank, maxRank)
	}
	for i := range rank {
		shape[i] = 1
	}
	for _, s := range shapes {
		for i, d := range s {
			at := &shape[rank-len(s)+i]
			switch {
			case *at == 1:
				*at = d
			case d != 1 && d != *at:
				return shape, 0, fault.Errorf(fault.Invalid, "the shapes %v do not fit together", cloned(shapes))
			}
		}
	}
	return shape, rank, nil
}

// cloned keeps the shapes of an error apart from those of the run, which need no
// heap then.
func cloned(shapes [][]int) [][]int {
	list := make([][]int, len(shapes))
	for i := range shapes {
		list[i] = slices.Clone(shapes[i])
	}
	return list
}

// newSweep prepares the walk; the shapes fit into shape.
func newSweep(shape []int, operands ...[]int) sweep {
	var s sweep
	for axis, d := range shape {
		if d == 1 {
			continue
		}
		var strides [3]int
		for k, operand := range operands {
			i := axis - len(shape) + len(operand)
			if i < 0 || operand[i] == 1 {
				continue
			}
			stride := 1
			for _, inner := range operand[i+1:] {
				stride *= inner
			}
			strides[k] = stride
		}
		if last := s.rank - 1; last >= 0 && s.joins(last, d, &strides, len(operands)) {
			s.length[last] *= d
			for k := range operands {
				s.stride[k][last] = strides[k]
			}
			continue
		}
		s.length[s.rank] = d
		for k := range operands {
			s.stride[k][s.rank] = strides[k]
		}
		s.rank++
	}
	if s.rank == 0 {
		s.rank, s.length[0] = 1, 1
	}
	return s
}

// joins tells that an axis of d cells continues the last one for all operands.
func (s *sweep) joins(last, d int, strides *[3]int, operands int) bool {
	for k := range operands {
		if s.stride[k][last] != strides[k]*d {
			return false
		}
	}
	return true
}

// each calls a function for every row: n cells from places on, and the steps.
func (s *sweep) each(row func(out, n int, from, step [3]int)) {
	if slices.Contains(s.length[:s.rank], 0) {
		return
	}
	last := s.rank - 1
	n := s.length[last]
	step := [3]int{s.stride[0][last], s.stride[1][last], s.stride[2][last]}
	var at [maxRank]int
	var from [3]int
	for out := 0; ; out += n {
		row(out, n, from, step)
		axis := last - 1
		for ; axis >= 0; axis-- {
			at[axis]++
			for k := range from {
				from[k] += s.stride[k][axis]
			}
			if at[axis] < s.length[axis] {
				break
			}
			for k := range from {
				from[k] -= s.stride[k][axis] * at[axis]
			}
			at[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}

// binary applies f to two tensors cell by cell, broadcasting.
func binary[T, U element](f func(a, b T) U) kernel {
	return func(r *run, in, out []*Tensor) error { return combine(r, in[0], in[1], out[0], f) }
}

func combine[T, U element](r *run, a, b, out *Tensor, f func(a, b T) U) error {
	shape, rank, err := together(a.Shape, b.Shape)
	if err != nil {
		return err
	}
	result, err := give[U](r, out, shape[:rank])
	if err != nil {
		return err
	}
	x, y := cells[T](a), cells[T](b)
	s := newSweep(shape[:rank], a.Shape, b.Shape)
	s.each(func(at, n int, from, step [3]int) {
		row := result[at : at+n]
		switch {
		case step[0] == 1 && step[1] == 1:
			p, q := x[from[0]:from[0]+n], y[from[1]:from[1]+n]
			for i := range row {
				row[i] = f(p[i], q[i])
			}
		case step[1] == 0 && step[0] == 1:
			p, second := x[from[0]:from[0]+n], y[from[1]]
			for i := range row {
				row[i] = f(p[i], second)
			}
		default:
			i, j := from[0], from[1]
			for k := range row {
				row[k] = f(x[i], y[j])
				i, j = i+step[0], j+step[1]
			}
		}
	})
	return nil
}

// unary applies f to every cell.
func unary[T, U element](f func(T) U) kernel {
	return func(r *run, in, out []*Tensor) error {
		result, err := give[U](r, out[0], in[0].Shape)
		if err != nil {
			return err
		}
		for i, v := range cells[T](in[0]) {
			result[i] = f(v)
		}
		return nil
	}
}
