package tensor

import "math"

// reduceOperators make one number of many along some axes, in float64.
var reduceOperators = map[string]operator{
	"ReduceSum":       {1, 1, 2, reduction(13, &reducer{step: func(sum, x, _ float64) float64 { return sum + x }})},
	"ReduceMean":      {1, 1, 2, reduction(18, &reducer{step: func(sum, x, _ float64) float64 { return sum + x }, end: func(sum, n, _ float64) float64 { return sum / n }})},
	"ReduceProd":      {1, 1, 2, reduction(18, &reducer{begin: 1, step: func(product, x, _ float64) float64 { return product * x }})},
	"ReduceMax":       {1, 1, 2, reduction(18, &reducer{begin: math.Inf(-1), step: func(most, x, _ float64) float64 { return larger(most, x) }})},
	"ReduceMin":       {1, 1, 2, reduction(18, &reducer{begin: math.Inf(1), step: func(least, x, _ float64) float64 { return smaller(least, x) }})},
	"ReduceSumSquare": {1, 1, 2, reduction(18, &reducer{step: func(sum, x, _ float64) float64 { return sum + x*x }})},
	"ReduceL1":        {1, 1, 2, reduction(18, &reducer{step: func(sum, x, _ float64) float64 { return sum + math.Abs(x) }})},
	"ReduceL2": {1, 1, 2, reduction(18, &reducer{
		step: func(sum, x, _ float64) float64 { return sum + x*x }, end: func(sum, _, _ float64) float64 { return math.Sqrt(sum) },
	})},
	"ReduceLogSum": {1, 1, 2, reduction(18, &reducer{
		step: func(sum, x, _ float64) float64 { return sum + x }, end: func(sum, _, _ float64) float64 { return math.Log(sum) },
	})},
	"ReduceLogSumExp": {1, 1, 2, reduction(18, &reducer{
		peak: true,
		step: func(sum, x, peak float64) float64 { return sum + math.Exp(x-peak) },
		end:  func(sum, _, peak float64) float64 { return math.Log(sum) + peak },
	})},
}

// reducer is a fold over numbers. With peak, the largest of the numbers is found
// first (0 in place of infinities) and given to both functions.
type reducer struct {
	begin float64
	step  func(sum, x, peak float64) float64
	end   func(sum, count, peak float64) float64
	peak  bool
}

// reduction makes the operator; the axes are an attribute before a version and
// an input since.
func reduction(since int, f *reducer) func(n *node) (kernel, error) {
	return func(n *node) (kernel, error) {
		n.need(0, Float, Double, Int64, Int32, Uint8)
		n.gives = []Type{n.is(0)}
		keep, nothing := n.int("keepdims", 1) != 0, n.int("noop_with_empty_axes", 0) != 0
		var axes []int64
		if n.version < since {
			axes = n.ints("axes")
		} else if n.has(1) {
			n.need(1, Int64)
		}
		return func(r *run, in, out []*Tensor) error {
			along := axes
			if len(in) > 1 && in[1] != nil {
				along = in[1].Int64
			}
			return f.reduce(r, in[0], out[0], along, keep, len(along) == 0 && !nothing)
		}, nil
	}
}

// reduce folds along some axes or all. (Without any, every number is folded
// alone.)
func (f *reducer) reduce(r *run, in, out *Tensor, axes []int64, keep, all bool) error {
	var drop [maxRank]bool
	for _, a := range axes {
		i, err := axis(a, len(in.Shape))
		if err != nil {
			return err
		}
		drop[i] = true
	}
	var kept, shape [maxRank]int // with the dropped axes as 1, and as they come out
	rank, many := 0, 1
	for i, d := range in.Shape {
		kept[i] = d
		if all || drop[i] {
			kept[i] = 1
			many *= d
			if !keep {
				continue
			}
		}
		shape[rank] = kept[i]
		rank++
	}
	if err := r.make(out, in.Type, shape[:rank]); err != nil {
		return err
	}
	n := out.Count()
	sums, err := r.scratch(2 * n)
	if err != nil {
		return err
	}
	sums, peaks := sums[:n], sums[n:]
	for i := range sums {
		sums[i], peaks[i] = f.begin, math.Inf(-1)
	}
	if err := r.charge(in.held()); err != nil {
		return err
	}
	// The walk is along the input; the output is the operand that stands still
	// on dropped axes.
	s := newSweep(in.Shape, in.Shape, kept[:len(in.Shape)])
	if f.peak {
		s.each(func(at, count int, from, step [3]int) {
			for i := range count {
				to := from[1] + i*step[1]
				peaks[to] = max(peaks[to], in.real(at+i))
			}
		})
		for i, peak := range peaks {
			if math.IsInf(peak, 0) {
				peaks[i] = 0
			}
		}
	}
	s.each(func(at, count int, from, step [3]int) {
		for i := range count {
			to := from[1] + i*step[1]
			sums[to] = f.step(sums[to], in.real(at+i), peaks[to])
		}
	})
	for i, sum := range sums {
		if f.end != nil {
			sum = f.end(sum, float64(max(many, 1)), peaks[i])
		}
		out.setReal(i, sum)
	}
	return nil
}
