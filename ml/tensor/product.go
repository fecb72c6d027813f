package tensor

import (
	"math"
	"slices"

	"dasier/fault"
)

// productOperators multiply matrices. Products are added up in the order of ONNX
// Runtime's kernels on processors with fused multiply-add: near zero, where
// little but rounding is left, answers are its answers too.
var productOperators = map[string]operator{
	"MatMul": {1, 2, 2, makeMatMul},
	"Gemm":   {6, 2, 3, makeGemm},
}

func makeMatMul(n *node) (kernel, error) {
	packed := n.known(1) != nil
	return n.pair(matMul(multiply32, packed), matMul(multiply64, packed), matMul(multiplyInt[int64], packed), matMul(multiplyInt[int32], packed), nil)
}

// product says how two matrices a[m,k] and b[k,n] lie in memory, and how many
// products a kernel adds up before it adds the sum to the result.
type product struct {
	m, k, n                  int
	aRow, aCell, bRow, bCell int
	strip                    int
}

// strip is what the runtime chooses: blocks of matrices that are packed in
// advance are 256 deep, of others 128 or more where there are few columns.
func strip(packed bool, n int) int {
	if packed {
		return 256
	}
	depth := 128
	for wide := 128; wide > 16 && wide/2 >= n; wide /= 2 {
		depth *= 2
	}
	return depth
}

// multiply32 adds a times b to sums. sums and room have m*n and n cells.
func multiply32(p *product, a, b, sums, room []float32) {
	for i := range p.m {
		row := sums[i*p.n : (i+1)*p.n]
		for begin := 0; begin < p.k; begin += p.strip {
			clear(room)
			for j := begin; j < min(begin+p.strip, p.k); j++ {
				x := float64(a[i*p.aRow+j*p.aCell])
				for c := range room {
					// The product of two float32 is exact in float64: one
					// rounding, as the fused instruction.
					room[c] = float32(x*float64(b[j*p.bRow+c*p.bCell]) + float64(room[c]))
				}
			}
			for c, v := range room {
				row[c] += v
			}
		}
	}
}

// dot32 is a cell of multiply32's result.
func dot32(a, b []float32, strip int) float32 {
	var total float32
	for begin := 0; begin < len(a); begin += strip {
		var sum float32
		for j := begin; j < min(begin+strip, len(a)); j++ {
			sum = float32(float64(a[j])*float64(b[j]) + float64(sum))
		}
		total += sum
	}
	return total
}

func multiply64(p *product, a, b, sums, room []float64) {
	for i := range p.m {
		row := sums[i*p.n : (i+1)*p.n]
		for begin := 0; begin < p.k; begin += p.strip {
			clear(room)
			for j := begin; j < min(begin+p.strip, p.k); j++ {
				x := a[i*p.aRow+j*p.aCell]
				for c := range room {
					room[c] = math.FMA(x, b[j*p.bRow+c*p.bCell], room[c])
				}
			}
			for c, v := range room {
				row[c] += v
			}
		}
	}
}

func multiplyInt[T int64 | int32](p *product, a, b, sums, _ []T) {
	for i := range p.m {
		for j := range p.k {
			for c := range p.n {
				sums[i*p.n+c] += a[i*p.aRow+j*p.aCell] * b[j*p.bRow+c*p.bCell]
			}
		}
	}
}

// matMul is numpy's matmul: the last two axes are matrices, those before are
// broadcast; a vector is a row on the left and a column on the right.
func matMul[T float32 | float64 | int64 | int32](multiply func(p *product, a, b, sums, room []T), packed bool) kernel {
	return func(r *run, in, out []*Tensor) error {
		left, right := in[0].Shape, in[1].Shape
		if len(left) == 0 || len(right) == 0 {
			return fault.Errorf(fault.Invalid, "a single number is no matrix")
		}
		p := product{m: 1, k: left[len(left)-1], n: 1}
		var outerLeft, outerRight []int
		if len(left) > 1 {
			p.m, outerLeft = left[len(left)-2], left[:len(left)-2]
		}
		inner := right[0]
		if len(right) > 1 {
			inner, p.n, outerRight = right[len(right)-2], right[len(right)-1], right[:len(right)-2]
		}
		if p.k != inner {
			return fault.Errorf(fault.Invalid, "matrices of shapes %v and %v cannot be multiplied", slices.Clone(left), slices.Clone(right))
		}
		p.aRow, p.aCell, p.bRow, p.bCell, p.strip = p.k, 1, p.n, 1, strip(packed, p.n)
		shape, rank, err := together(outerLeft, outerRight)
		if err != nil {
			return err
		}
		full := append(make([]int, 0, maxRank+2), shape[:rank]...)
		if len(left) > 1 {
			full = append(full, p.m)
		}
		if len(right) > 1 {
			full = append(full, p.n)
		}
		result, err := give[T](r, out[0], full)
		if err != nil {
			return err
		}
		clear(result)
		var more Tensor
		room, err := give[T](r, &more, []int{p.n})
		if err != nil {
			return err
		}
		if len(result) == 0 {
			return nil
		}
		if err := r.charge(len(result) * p.k); err != nil {
			return err
		}
		x, y := cells[T](in[0]), cells[T](in[1])
		s := newSweep(shape[:rank], outerLeft, outerRight)
		s.each(func(at, count int, from, step [3]int) {
			for i := range count {
				multiply(&p, x[(from[0]+i*step[0])*p.m*p.k:], y[(from[1]+i*step[1])*p.k*p.n:], result[(at+i)*p.m*p.n:(at+i+1)*p.m*p.n], room)
			}
		})
		return nil
	}
}

func makeGemm(n *node) (kernel, error) {
	g := &generalProduct{
		alpha: float64(n.float("alpha", 1)), beta: float64(n.float("beta", 1)),
		transA: n.int("transA", 0) != 0, transB: n.int("transB", 0) != 0, packed: n.known(1) != nil,
	}
	if n.has(2) {
		n.same(0, 2)
	}
	return n.pair(gemm(g, multiply32), gemm(g, multiply64), nil, nil, nil)
}

// generalProduct is alpha A B + beta C.
type generalProduct struct {
	alpha, beta            float64
	transA, transB, packed bool
}

func gemm[T float32 | float64](g *generalProduct, multiply func(p *product, a, b, sums, room []T)) kernel {
	return func(r *run, in, out []*Tensor) error {
		a, b := in[0], in[1]
		if len(a.Shape) != 2 || len(b.Shape) != 2 {
			return fault.Errorf(fault.Invalid, "it multiplies matrices, not tensors of %d and %d axes", len(a.Shape), len(b.Shape))
		}
		p := product{m: a.Shape[0], k: a.Shape[1], aRow: a.Shape[1], aCell: 1}
		if g.transA {
			p.m, p.k, p.aRow, p.aCell = p.k, p.m, 1, a.Shape[1]
		}
		inner := b.Shape[0]
		p.n, p.bRow, p.bCell = b.Shape[1], b.Shape[1], 1
		if g.transB {
			inner, p.n, p.bRow, p.bCell = p.n, inner, 1, b.Shape[1]
		}
		if p.k != inner {
			return fault.Errorf(fault.Invalid, "matrices of shapes %v and %v cannot be multiplied", slices.Clone(a.Shape), slices.Clone(b.Shape))
		}
		p.strip = strip(g.packed, p.n)
		result, err := give[T](r, out[0], []int{p.m, p.n})
		if err != nil {
			return err
		}
		clear(result)
		var more Tensor
		room, err := give[T](r, &more, []int{p.n})
		if err != nil {
			return err
		}
		if err := r.charge(len(result) * max(p.k, 1)); err != nil {
			return err
		}
		if len(result) > 0 {
			multiply(&p, cells[T](a), cells[T](b), result, room)
		}
		if len(in) < 3 || in[2] == nil || g.beta == 0 {
			if g.alpha != 1 {
				for i := range result {
					result[i] = T(g.alpha * float64(result[i]))
				}
			}
			return nil
		}
		return addTo(result, g.alpha, g.beta, in[2], p.m, p.n)
	}
}

// addTo makes alpha result + beta c of a result, with c broadcast to its shape.
func addTo[T float32 | float64](result []T, alpha, beta float64, c *Tensor, m, n int) error {
	shape, rank, err := together([]int{m, n}, c.Shape)
	if err != nil {
		return err
	}
	if rank != 2 || shape[0] != m || shape[1] != n {
		return fault.Errorf(fault.Invalid, "a summand of shape %v does not fit a product of shape [%d %d]", slices.Clone(c.Shape), m, n)
	}
	more := cells[T](c)
	s := newSweep(shape[:2], shape[:2], c.Shape)
	s.each(func(at, count int, from, step [3]int) {
		for i := range count {
			result[at+i] = T(alpha*float64(result[at+i]) + float64(T(beta*float64(more[from[1]+i*step[1]]))))
		}
	})
	return nil
}
