package tensor

import (
	"math"
	"slices"

	"dasier/fault"
)

// arithmeticOperators combine tensors cell by cell, broadcasting as numpy does
// (all since version 7).
var arithmeticOperators = map[string]operator{
	"Add":   {7, 2, 2, makeAdd},
	"Sub":   {7, 2, 2, makeSub},
	"Mul":   {7, 2, 2, makeMul},
	"Div":   {7, 2, 2, makeDiv},
	"Mod":   {10, 2, 2, makeMod},
	"Pow":   {7, 2, 2, makePow},
	"PRelu": {7, 2, 2, makePRelu},
	"Sum":   {6, 1, -1, makeSum},
	"Mean":  {6, 1, -1, makeMean},
	"Max":   {6, 1, -1, makeMax},
	"Min":   {6, 1, -1, makeMin},
}

func add[T number](a, b T) T { return a + b }
func sub[T number](a, b T) T { return a - b }
func mul[T number](a, b T) T { return a * b }
func div[T number](a, b T) T { return a / b }

// pair makes a binary operator from one kernel per type; nil is a type that it
// does not take.
func (n *node) pair(f, d, i64, i32, u8 kernel) (kernel, error) {
	n.same(0, 1)
	return n.among(f, d, i64, i32, u8)
}

func (n *node) among(f, d, i64, i32, u8 kernel) (kernel, error) {
	n.gives = []Type{n.is(0)}
	var do kernel
	switch n.is(0) {
	case Float:
		do = f
	case Double:
		do = d
	case Int64:
		do = i64
	case Int32:
		do = i32
	case Uint8:
		do = u8
	default:
	}
	if do == nil {
		return nil, n.refuse(0)
	}
	return do, nil
}

func makeAdd(n *node) (kernel, error) {
	return n.pair(binary(add[float32]), binary(add[float64]), binary(add[int64]), binary(add[int32]), binary(add[uint8]))
}

func makeSub(n *node) (kernel, error) {
	return n.pair(binary(sub[float32]), binary(sub[float64]), binary(sub[int64]), binary(sub[int32]), binary(sub[uint8]))
}

func makeMul(n *node) (kernel, error) {
	return n.pair(binary(mul[float32]), binary(mul[float64]), binary(mul[int64]), binary(mul[int32]), binary(mul[uint8]))
}

func makeDiv(n *node) (kernel, error) {
	return n.pair(binary(div[float32]), binary(div[float64]), divisible(div[int64]), divisible(div[int32]), divisible(div[uint8]))
}

// divisible is a division of integers that refuses a divisor of zero.
func divisible[T int64 | int32 | uint8](f func(a, b T) T) kernel {
	return func(r *run, in, out []*Tensor) error {
		if slices.Contains(cells[T](in[1]), 0) {
			return fault.Errorf(fault.Invalid, "an integer is divided by zero")
		}
		return combine(r, in[0], in[1], out[0], f)
	}
}

// makeMod: fmod has the sign of the dividend; mod, of integers, of the divisor.
func makeMod(n *node) (kernel, error) {
	if n.int("fmod", 0) != 0 {
		return n.pair(
			binary(func(a, b float32) float32 { return float32(math.Mod(float64(a), float64(b))) }), binary(math.Mod),
			divisible(func(a, b int64) int64 { return a % b }), divisible(func(a, b int32) int32 { return a % b }), nil)
	}
	return n.pair(nil, nil, divisible(floorMod[int64]), divisible(floorMod[int32]), divisible(func(a, b uint8) uint8 { return a % b }))
}

func floorMod[T int64 | int32](a, b T) T {
	m := a % b
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}

// makePow: since version 12 the exponent may have another type than the base,
// whose type the result has.
func makePow(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	n.need(0, Float, Double, Int64, Int32)
	n.need(1, Float, Double, Int64, Int32)
	if n.problem != nil {
		return nil, n.problem
	}
	return func(r *run, in, out []*Tensor) error {
		shape, rank, err := together(in[0].Shape, in[1].Shape)
		if err != nil {
			return err
		}
		if err := r.make(out[0], in[0].Type, shape[:rank]); err != nil {
			return err
		}
		base, exponent, result := in[0], in[1], out[0]
		s := newSweep(shape[:rank], base.Shape, exponent.Shape)
		s.each(func(at, count int, from, step [3]int) {
			i, j := from[0], from[1]
			for k := at; k < at+count; k++ {
				result.setReal(k, math.Pow(base.real(i), exponent.real(j)))
				i, j = i+step[0], j+step[1]
			}
		})
		return nil
	}, nil
}

// real is a cell of a numeric tensor as a float64.
func (t *Tensor) real(i int) float64 {
	switch t.Type {
	case Float:
		return float64(t.Float[i])
	case Double:
		return t.Double[i]
	case Int64:
		return float64(t.Int64[i])
	case Int32:
		return float64(t.Int32[i])
	case Uint8:
		return float64(t.Uint8[i])
	case Bool:
		if t.Bool[i] {
			return 1
		}
		return 0
	default:
		return math.NaN()
	}
}

// setReal writes a number as a cell, rounded or cut to the tensor's type.
func (t *Tensor) setReal(i int, v float64) {
	switch t.Type {
	case Float:
		t.Float[i] = float32(v)
	case Double:
		t.Double[i] = v
	case Int64:
		t.Int64[i] = whole(v)
	case Int32:
		t.Int32[i] = whole32(v)
	case Uint8:
		t.Uint8[i] = uint8(whole(v)) //nolint:gosec // cut, as a C cast does
	case Bool:
		t.Bool[i] = v != 0
	default:
	}
}

func makePRelu(n *node) (kernel, error) {
	return n.pair(binary(leak[float32]), binary(leak[float64]), nil, nil, nil)
}

func leak[T number](x, slope T) T {
	if x < 0 {
		return x * slope
	}
	return x
}

// fold combines any number of tensors from the left.
func fold[T number](f func(a, b T) T) kernel {
	return func(r *run, in, out []*Tensor) error {
		*out[0] = *in[0]
		for _, next := range in[1:] {
			so := *out[0]
			if err := combine(r, &so, next, out[0], f); err != nil {
				return err
			}
		}
		return nil
	}
}

func (n *node) alike() {
	for i := range n.types {
		n.same(0, i)
	}
}

func makeSum(n *node) (kernel, error) {
	n.alike()
	return n.among(fold(add[float32]), fold(add[float64]), nil, nil, nil)
}

func makeMax(n *node) (kernel, error) {
	n.alike()
	return n.among(fold(larger[float32]), fold(larger[float64]), fold(larger[int64]), fold(larger[int32]), fold(larger[uint8]))
}

func makeMin(n *node) (kernel, error) {
	n.alike()
	return n.among(fold(smaller[float32]), fold(smaller[float64]), fold(smaller[int64]), fold(smaller[int32]), fold(smaller[uint8]))
}

// A NaN in either argument is the result, as in the runtime.
func larger[T number](a, b T) T {
	if a > b || a != a { //nolint:gocritic,staticcheck // NaN alone differs from itself
		return a
	}
	return b
}

func smaller[T number](a, b T) T {
	if a < b || a != a { //nolint:gocritic,staticcheck // NaN alone differs from itself
		return a
	}
	return b
}

func makeMean(n *node) (kernel, error) {
	n.alike()
	count := float64(len(n.types))
	return n.among(mean(fold(add[float32]), float32(count)), mean(fold(add[float64]), count), nil, nil, nil)
}

func mean[T float32 | float64](sum kernel, count T) kernel {
	return func(r *run, in, out []*Tensor) error {
		if err := sum(r, in, out); err != nil {
			return err
		}
		total := *out[0]
		return unary(func(x T) T { return x / count })(r, []*Tensor{&total}, out)
	}
}
