package tensor

// logicOperators compare and decide.
var logicOperators = map[string]operator{
	"Equal":          {7, 2, 2, makeEqual},
	"Greater":        {7, 2, 2, makeGreater},
	"Less":           {7, 2, 2, makeLess},
	"GreaterOrEqual": {12, 2, 2, makeGreaterOrEqual},
	"LessOrEqual":    {12, 2, 2, makeLessOrEqual},
	"And":            {7, 2, 2, bools(func(a, b bool) bool { return a && b })},
	"Or":             {7, 2, 2, bools(func(a, b bool) bool { return a || b })},
	"Xor":            {7, 2, 2, bools(func(a, b bool) bool { return a != b })},
	"Where":          {9, 3, 3, makeWhere},
}

func equal[T element](a, b T) bool         { return a == b }
func greater[T number](a, b T) bool        { return a > b }
func less[T number](a, b T) bool           { return a < b }
func greaterOrEqual[T number](a, b T) bool { return a >= b }
func lessOrEqual[T number](a, b T) bool    { return a <= b }

func makeEqual(n *node) (kernel, error) {
	switch n.is(0) {
	case Bool:
		n.same(0, 1)
		n.gives = []Type{Bool}
		return binary(equal[bool]), nil
	case String:
		n.same(0, 1)
		n.gives = []Type{Bool}
		return binary(equal[string]), nil
	default:
	}
	return n.compares(binary(equal[float32]), binary(equal[float64]), binary(equal[int64]), binary(equal[int32]), binary(equal[uint8]))
}

func makeGreater(n *node) (kernel, error) {
	return n.compares(binary(greater[float32]), binary(greater[float64]), binary(greater[int64]), binary(greater[int32]), binary(greater[uint8]))
}

func makeLess(n *node) (kernel, error) {
	return n.compares(binary(less[float32]), binary(less[float64]), binary(less[int64]), binary(less[int32]), binary(less[uint8]))
}

func makeGreaterOrEqual(n *node) (kernel, error) {
	return n.compares(binary(greaterOrEqual[float32]), binary(greaterOrEqual[float64]), binary(greaterOrEqual[int64]), binary(greaterOrEqual[int32]), binary(greaterOrEqual[uint8]))
}

func makeLessOrEqual(n *node) (kernel, error) {
	return n.compares(binary(lessOrEqual[float32]), binary(lessOrEqual[float64]), binary(lessOrEqual[int64]), binary(lessOrEqual[int32]), binary(lessOrEqual[uint8]))
}

func (n *node) compares(f, d, i64, i32, u8 kernel) (kernel, error) {
	do, err := n.pair(f, d, i64, i32, u8)
	n.gives = []Type{Bool}
	return do, err
}

func bools(f func(a, b bool) bool) func(n *node) (kernel, error) {
	return func(n *node) (kernel, error) {
		n.need(0, Bool)
		n.need(1, Bool)
		n.gives = []Type{Bool}
		return binary(f), nil
	}
}

func makeWhere(n *node) (kernel, error) {
	n.need(0, Bool)
	n.same(1, 2)
	n.gives = []Type{n.is(1)}
	return where, nil
}

func where(r *run, in, out []*Tensor) error {
	shape, rank, err := together(in[0].Shape, in[1].Shape, in[2].Shape)
	if err != nil {
		return err
	}
	if err := r.make(out[0], in[1].Type, shape[:rank]); err != nil {
		return err
	}
	choice, result := in[0].Bool, out[0]
	s := newSweep(shape[:rank], in[0].Shape, in[1].Shape, in[2].Shape)
	s.each(func(at, n int, from, step [3]int) {
		for k := range n {
			source, place := in[2], from[2]+k*step[2]
			if choice[from[0]+k*step[0]] {
				source, place = in[1], from[1]+k*step[1]
			}
			copyCells(result, at+k, source, place, 1)
		}
	})
	return nil
}
