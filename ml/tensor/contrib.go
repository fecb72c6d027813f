package tensor

import (
	"math"

	"dasier/fault"
)

// contribOperators are those of ONNX Runtime's own domain that converters of
// table models write.
var contribOperators = map[string]operator{
	"CDist": {1, 2, 2, makeCDist},
	"Gelu":  {1, 1, 1, makeGelu},
}

// makeCDist gives the distances between all rows of one matrix and all of
// another.
func makeCDist(n *node) (kernel, error) {
	metric := n.text("metric", "sqeuclidean")
	if metric != "sqeuclidean" && metric != "euclidean" {
		return nil, fault.Errorf(fault.Invalid, "there is no distance %q", metric)
	}
	return n.pair(distances[float32](metric == "euclidean"), distances[float64](metric == "euclidean"), nil, nil, nil)
}

func distances[T float32 | float64](root bool) kernel {
	return func(r *run, in, out []*Tensor) error {
		a, b := in[0], in[1]
		if len(a.Shape) != 2 || len(b.Shape) != 2 || a.Shape[1] != b.Shape[1] {
			return fault.Errorf(fault.Invalid, "it compares the rows of two matrices")
		}
		result, err := give[T](r, out[0], []int{a.Shape[0], b.Shape[0]})
		if err != nil {
			return err
		}
		width := a.Shape[1]
		if err := r.charge(len(result) * width); err != nil {
			return err
		}
		x, y := cells[T](a), cells[T](b)
		for i := range result {
			sum := 0.0
			left, right := x[i/b.Shape[0]*width:], y[i%b.Shape[0]*width:]
			for k := range width {
				d := float64(left[k]) - float64(right[k])
				sum += d * d
			}
			if root {
				sum = math.Sqrt(sum)
			}
			result[i] = T(sum)
		}
		return nil
	}
}
