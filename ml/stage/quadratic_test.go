package stage_test

import (
	"math"
	"testing"

	"dasier/ml/stage"
)

// TestQuadratic holds logarithms of normal densities to scipy's
//
//	multivariate_normal([0, 1], [[2, .3], [.3, 1]]).logpdf([.3, -.4]), and ([1, -1], [[1, -.2], [-.2, .5]])
func TestQuadratic(t *testing.T) {
	centers := []float64{0, 1, 1, -1}
	constant := func(determinant float64) float64 { return -math.Log(2*math.Pi) - 0.5*math.Log(determinant) }
	bias := []float64{constant(2*1 - 0.3*0.3), constant(0.5 - 0.04)}
	holdAll(t, []operation{
		// the transposed factors of scikit-learn's _compute_precision_cholesky
		{"factors", &stage.Quadratic{Centers: centers, Bias: bias, Factors: [][]float64{
			{0.7071067811865475, 0, -0.15349335302899525, 1.0232890201933018}, {1, 0, 0.29488391230979427, 1.4744195615489712},
		}}, []float64{0.3, -0.4}, []float64{-3.277135493721337, -1.9246126716598473}},
		{"forms", &stage.Quadratic{Centers: centers, Bias: bias, Forms: [][]float64{
			{1 / 1.91, -0.3 / 1.91, -0.3 / 1.91, 2 / 1.91}, {0.5 / 0.46, 0.2 / 0.46, 0.2 / 0.46, 1 / 0.46},
		}}, []float64{0.3, -0.4}, []float64{-3.277135493721337, -1.9246126716598473}},
		{"variances", &stage.Quadratic{Centers: []float64{1, 2}, Bias: []float64{3}, Variances: []float64{0.5, 2}}, []float64{2, 4}, []float64{1}},
	})
	refuseAll(t, []refusal{
		{"no shape", &stage.Quadratic{Centers: centers, Bias: bias}, 2, "0 forms"},
		{"variances", &stage.Quadratic{Centers: centers, Bias: bias, Variances: make([]float64, 3)}, 2, "3 variances"},
		{"a factor", &stage.Quadratic{Centers: centers, Bias: bias, Factors: [][]float64{{1}, {1, 2}}}, 2, "factor 0"},
		{"constants", &stage.Quadratic{Centers: centers, Bias: bias[:1], Variances: make([]float64, 4)}, 2, "1 constants"},
	})
}

// TestSmall holds the operations of few lines: LogSum to scipy's
// logsumexp([-1000, -1001.5, -999]).
func TestSmall(t *testing.T) {
	tables := &stage.Tables{Bias: []float64{1, 2}, Tables: [][]float64{{10, 20, 30, 40}, {0.5, 0.25}}}
	tree := &stage.Bisection{
		Points: []float64{0, 1, 5, 4, 6}, Left: []int32{1, -1, 3, -1, -1}, Right: []int32{2, -1, 4, -1, -1}, Label: []float64{0, 7, 0, 8, 9},
	}
	nan := math.NaN()
	holdAll(t, []operation{
		{"log of a sum", stage.LogSum{}, []float64{-1000, -1001.5, -999}, []float64{-998.6284609681474}},
		{"log of nothing", stage.LogSum{}, []float64{math.Inf(-1), math.Inf(-1)}, []float64{math.Inf(-1)}},
		{"tables", tables, []float64{1, 0}, []float64{31.5, 42.25}},
		{"a fraction of a category", tables, []float64{1.9, 0}, []float64{31.5, 42.25}},
		{"no such category", tables, []float64{2, 0}, []float64{nan, nan}},
		{"within", stage.Within{Low: 1, High: 2}, []float64{0.5, 1, 2, nan}, []float64{nan, 1, 2, nan}},
		{"left", tree, []float64{2.9}, []float64{7}},
		{"right and left, a tie", tree, []float64{5}, []float64{8}},
		{"right and right", tree, []float64{5.1}, []float64{9}},
	})
	refuseAll(t, []refusal{
		{"a table", tables, 1, "2 tables"},
		{"half a row", &stage.Tables{Bias: []float64{1, 2}, Tables: [][]float64{{1}}}, 1, "table 0"},
		{"no range", stage.Within{Low: 2, High: 1}, 1, "no range"},
		{"a circle", &stage.Bisection{Points: []float64{0, 1}, Left: []int32{0, -1}, Right: []int32{1, -1}, Label: make([]float64, 2)}, 1, "children 0"},
	})
}
