package stage_test

import (
	"fmt"
	"math"
	"testing"

	"dasier/ml/stage"
)

// The numbers are scikit-learn 1.2.1's on X = [[1, 10], [2, 10], [4, 20],
// [7, 50], [11, 50]] or F = [[1, 2, nan], [3, 4, 3], [nan, 6, 5], [8, 8, 7],
// [2, nan, 1.5]], by the calls that stand beside them.
func TestPreparation(t *testing.T) {
	nan := math.NaN()
	ranks := []float64{0, 0.25, 0.5, 0.75, 1} // QuantileTransformer(n_quantiles=5, output_distribution=…).fit(X)
	quantiles := [][]float64{{1, 2, 4, 7, 11}, {10, 10, 20, 50, 50}}
	uniform := &stage.Quantiles{Values: quantiles, References: ranks}
	normal := &stage.Quantiles{Values: quantiles, References: ranks, Normal: true}
	rows := []float64{1, 2, nan, 3, 4, 3, nan, 6, 5, 8, 8, 7, 2, nan, 1.5}
	means := []float64{3.5, 5, 4.125}
	donors := &stage.Donors{Rows: rows, Width: 3, Nearest: 2, Means: means} // KNNImputer(n_neighbors=2).fit(F)
	weighted := &stage.Donors{Rows: rows, Width: 3, Nearest: 2, Means: means, Weighted: true}
	degrees := &stage.Products{ // PolynomialFeatures((2, 3)): the columns themselves are hidden
		Hidden: 2,
		Terms: []stage.Product{
			{Of: -1, Cell: 0},
			{Of: -1, Cell: 1},
			{Of: -1, Cell: -1},
			{Of: 0, Cell: 0},
			{Of: 1, Cell: 0},
			{Of: 1, Cell: 1},
			{Of: 3, Cell: 0},
			{Of: 4, Cell: 0},
			{Of: 5, Cell: 0},
			{Of: 5, Cell: 1},
		},
	}
	for _, o := range []operation{
		{"quantiles at a plateau", uniform, []float64{0, 10}, []float64{0, 0}},
		{"quantiles between", uniform, []float64{3, 15}, []float64{0.375, 0.375}},
		{"quantiles at the end", uniform, []float64{8.5, 50}, []float64{0.84375, 1}},
		{"quantiles of nothing", uniform, []float64{20, nan}, []float64{1, nan}},
		{"normal below", normal, []float64{0, 10}, []float64{-5.199337582605575, -5.199337582605575}},
		{"normal between", normal, []float64{3, 15}, []float64{-0.31863936396437514, -0.31863936396437514}},
		{"normal above", normal, []float64{8.5, 50}, []float64{1.009990169249582, 5.19933758270342}},
		{"donors of one cell", donors, []float64{nan, 3, 4}, []float64{2, 3, 4}},
		{"donors of two cells", donors, []float64{1, nan, nan}, []float64{1, 3, 2.25}},
		{"no donor is near", donors, []float64{nan, nan, nan}, means},
		{"donors without a distance", donors, []float64{1, 2, nan}, []float64{1, 2, 2.25}},
		{"weighted donors", weighted, []float64{1, nan, nan}, []float64{1, 2, 2}},
		{"weighted donors of one cell", weighted, []float64{nan, 6, 5}, []float64{5.5, 6, 5}},
		// KBinsDiscretizer(4, encode="ordinal", strategy="quantile")
		{"bins", &stage.Bins{Edges: [][]float64{{2, 4, 7}, {20}}}, []float64{4, 50}, []float64{2, 1}},
		{"bins at the ends", &stage.Bins{Edges: [][]float64{{2, 4, 7}, {20}}}, []float64{1.9, 60}, []float64{0, 1}},
		{"bins that reach further", &stage.Bins{Edges: [][]float64{{2, 4, 7}}, Reach: 1e-8, Share: 1e-5}, []float64{3.99999}, []float64{2}},
		{"a polynomial", degrees, []float64{2, 3}, []float64{1, 4, 6, 9, 8, 12, 18, 27}},
		{"l1", stage.Normalize{Norm: "l1"}, []float64{3, -4, 0}, []float64{0.42857142857142855, -0.5714285714285714, 0}},
		{"l2", stage.Normalize{Norm: "l2"}, []float64{3, -4, 0}, []float64{0.6, -0.8, 0}},
		{"max", stage.Normalize{Norm: "max"}, []float64{3, -4, 0}, []float64{0.75, -1, 0}},
		{"a vector of zeros", stage.Normalize{Norm: "l2"}, []float64{0, 0}, []float64{0, 0}},
		// By definition.
		{"an encoding", &stage.Encodings{Tables: []*stage.Encoding{{Keys: []float64{1, 3}, Values: []float64{10, 30}, Missing: -1, Other: -2}, nil}}, []float64{3, 3}, []float64{30, 3}},
		{"an encoding of others", &stage.Encodings{Tables: []*stage.Encoding{
			{Keys: []float64{1, 3}, Values: []float64{10, 30}, Missing: -1, Other: -2},
			{Keys: []float64{1, 3}, Values: []float64{10, 30}, Missing: -1, Other: -2},
		}}, []float64{2, nan}, []float64{-2, -1}},
		{"a value stands", stage.Fill{Low: 0, High: 1}, []float64{7, 0.5}, []float64{7}},
		{"a value is filled in", stage.Fill{Low: 0, High: 1}, []float64{nan, 7}, []float64{1}},
		{"a guard at ease", stage.Guard{Guards: 1}, []float64{1, 2, 0}, []float64{1, 2}},
		{"a guard", stage.Guard{Guards: 2}, []float64{1, 0, nan}, []float64{nan}},
	} {
		t.Run(o.name, o.hold)
	}
}

// TestSplines: SplineTransformer(n_knots=3, degree=2, extrapolation=…) fitted on
// X's first column, at -2, 3, 11 and 14.
func TestSplines(t *testing.T) {
	knots := []float64{-9, -4, 1, 6, 11, 16, 21}
	unit := []float64{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}
	for beyond, want := range map[string][][]float64{
		"constant": {{0.5, 0.5, 0, 0}, {0.18, 0.74, 0.08, 0}, {0, 0, 0.5, 0.5}, {0, 0, 0.5, 0.5}},
		"linear":   {{1.1, -0.1, 0, 0}, {0.18, 0.74, 0.08, 0}, {0, 0, 0.5, 0.5}, {0, 0, -0.1, 1.1}},
		"continue": {{1.28, -0.46, 0.18, 0}, {0.18, 0.74, 0.08, 0}, {0, 0, 0.5, 0.5}, {0, 0.18, -0.46, 1.28}},
		"periodic": {{0.74, 0.26}, {0.26, 0.74}, {0.5, 0.5}, {0.26, 0.74}},
	} {
		s := stage.Spline{Knots: knots, Degree: 2, Weights: unit, Splines: 4}
		if beyond == "periodic" {
			s.Weights, s.Splines = []float64{1, 0, 0, 1, 1, 0, 0, 1}, 2
		}
		for k, x := range []float64{-2, 3, 11, 14} {
			o := operation{fmt.Sprintf("%s at %v", beyond, x), &stage.Splines{Cells: []stage.Spline{s}, Beyond: beyond, Bias: true}, []float64{x}, want[k]}
			t.Run(o.name, o.hold)
			o.do, o.want = &stage.Splines{Cells: []stage.Spline{s}, Beyond: beyond}, want[k][:len(want[k])-1]
			t.Run(o.name+" without the last", o.hold)
		}
	}
}

// TestPowers: PowerTransformer(…, standardize=False) with its lambdas_ set.
func TestPowers(t *testing.T) {
	for _, c := range []struct {
		op             string
		power, x, want float64
	}{
		{"yeojohnson", 0, 1.5, 0.916290731874155},
		{"yeojohnson", 0, -3, -7.5},
		{"yeojohnson", 0.5, -0.25, -0.2650283239582456},
		{"yeojohnson", 2, -3, -1.3862943611198906},
		{"yeojohnson", 2, 7, 31.5},
		{"yeojohnson", -1.2, -3, -26.07765821545789},
		{"yeojohnson", -1.2, 7, 0.7646089629805785},
		{"boxcox", 0, 1.5, 0.4054651081081644},
		{"boxcox", 0.5, 7, 3.2915026221291805},
		{"boxcox", -1.2, 0.25, -3.5650263692429807},
	} {
		if got := stage.Apply([]stage.Step{{Op: c.op, A: c.power}}, c.x); !near(got, c.want) {
			t.Errorf("%s of %v to the power %v is %v, want %v", c.op, c.x, c.power, got, c.want)
		}
	}
	if got := stage.Apply([]stage.Step{{Op: "yeojohnson", A: 0.5}}, math.NaN()); !math.IsNaN(got) {
		t.Errorf("yeojohnson of nothing is %v", got)
	}
}

// TestWrongPreparation: what does not fit together is refused.
func TestWrongPreparation(t *testing.T) {
	for name, do := range map[string]stage.Operation{
		"keys out of order":      &stage.Encodings{Tables: []*stage.Encoding{{Keys: []float64{2, 1}, Values: []float64{1, 2}}, nil}},
		"values without keys":    &stage.Encodings{Tables: []*stage.Encoding{{Values: []float64{1}}, nil}},
		"tables of other cells":  &stage.Encodings{Tables: []*stage.Encoding{nil}},
		"no such norm":           stage.Normalize{Norm: "l3"},
		"a later term":           &stage.Products{Terms: []stage.Product{{Of: 0, Cell: 0}}},
		"a cell that is not":     &stage.Products{Terms: []stage.Product{{Of: -1, Cell: 2}}},
		"too much hidden":        &stage.Products{Hidden: 1},
		"edges out of order":     &stage.Bins{Edges: [][]float64{{2, 1}, nil}},
		"ranks without values":   &stage.Quantiles{Values: [][]float64{{1}, {1}}, References: []float64{0, 1}},
		"quantiles out of order": &stage.Quantiles{Values: [][]float64{{2, 1}, {1, 2}}, References: []float64{0, 1}},
		"rows of another width":  &stage.Donors{Rows: []float64{1, 2, 3}, Width: 3, Nearest: 1, Means: []float64{1, 2, 3}},
		"no donors asked":        &stage.Donors{Rows: []float64{1, 2}, Width: 2, Means: []float64{1, 2}},
		"only guards":            stage.Guard{Guards: 2},
		"splines of no knots":    &stage.Splines{Cells: []stage.Spline{{Degree: 2}, {}}, Beyond: "constant"},
		"no such way on":         &stage.Splines{Cells: make([]stage.Spline, 2), Beyond: "error"},
	} {
		if _, err := do.Check(2); err == nil {
			t.Errorf("%s: nothing is said", name)
		}
	}
	if _, err := (stage.Fill{}).Check(3); err == nil {
		t.Error("a third cell is filled in")
	}
}
