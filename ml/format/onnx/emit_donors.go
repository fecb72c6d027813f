package onnx

import (
	"math"

	"dasier/ml/stage"
)

// donors fills missing cells in as stage.Donors does. Sums are in its order, cell
// by cell: rounding decides which rows are equally far.
func (e *emitter) donors(d *stage.Donors, x matrix) matrix {
	width, n := d.Width, len(d.Rows)/d.Width
	cells := e.parts(x.name, 1, width, 1)
	distances := e.donorDistances(d, cells)
	made := make([]string, width)
	for j, c := range cells {
		var rows []int
		var values []float64
		for r := range n {
			if y := d.Rows[r*width+j]; !math.IsNaN(y) {
				rows, values = append(rows, r), append(values, y)
			}
		}
		filled := e.num(d.Means[j])
		if len(rows) > 0 {
			filled = e.donated(d, e.columns(matrix{distances, n}, rows), values, filled)
		}
		made[j] = e.where(e.do("IsNaN", c), filled, c)
	}
	return matrix{e.join(made), width}
}

// donorDistances are the squared distances to every row, NaN where they share no
// cell: [N, rows].
func (e *emitter) donorDistances(d *stage.Donors, cells []string) string {
	n := len(d.Rows) / d.Width
	zero, none := e.num(0), e.filled(0, n).name
	var mine, product, onlyMine, onlyIts, shared []string
	its := make([]float64, n)
	for j, c := range cells {
		y, squares, has, lacks := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for r := range n {
			v := d.Rows[r*d.Width+j]
			if math.IsNaN(v) {
				lacks[r] = 1
				continue
			}
			y[r], squares[r], has[r] = v, float64(v*v), 1
			its[r] += squares[r]
		}
		missing := e.do("IsNaN", c)
		given := e.where(missing, zero, c)
		square := e.do("Mul", given, given)
		mine = append(mine, square)
		product = append(product, e.do("Mul", given, e.rowOf("row", y)))
		onlyMine = append(onlyMine, e.do("Mul", square, e.rowOf("row", lacks)))
		onlyIts = append(onlyIts, e.where(missing, e.rowOf("row", squares), zero))
		shared = append(shared, e.where(missing, zero, e.rowOf("row", has)))
	}
	both := e.add(e.add(e.mul(e.num(-2), e.inOrder(product)), e.inOrder(mine)), e.rowOf("row", its))
	square := e.sub(e.sub(e.do("Max", both, zero), e.inOrder(onlyMine)), e.inOrder(onlyIts))
	common := e.add(e.inOrder(shared), none)
	// 0/0 where they share nothing is NaN, as it should be.
	return e.mul(e.div(e.do("Max", square, zero), common), e.num(float64(d.Width)))
}

// donated is the mean of the values of the nearest rows, of equal distances the
// first; means where no row has a distance.
func (e *emitter) donated(d *stage.Donors, distances matrix, values []float64, means string) string {
	unknown := e.do("IsNaN", distances.name)
	far := e.where(unknown, e.num(math.Inf(1)), distances.name)
	count := min(d.Nearest, len(values))
	nearest, places := e.sorted(far, int64(count))
	given := e.lookUp(values, places)
	anyKnown := e.do("Less", e.reduce("ReduceMin", e.indicator(unknown), 1), e.num(1))
	if !d.Weighted {
		mean := e.div(e.inOrder(e.parts(given, 1, count, 1)), e.num(float64(count)))
		return e.where(anyKnown, mean, means)
	}
	here := e.do("Equal", nearest, e.num(0))
	exact := e.do("Greater", e.reduce("ReduceMax", e.indicator(here), 1), e.num(0))
	weights := e.where(exact, e.indicator(here), e.div(e.num(1), e.do("Sqrt", nearest))) // of none: 1/∞
	sum := e.inOrder(e.parts(e.mul(weights, given), 1, count, 1))
	return e.where(anyKnown, e.div(sum, e.inOrder(e.parts(weights, 1, count, 1))), means)
}
