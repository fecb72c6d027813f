package linear_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/metric"
	"dasier/ml/prep"
	"dasier/ml/search"
)

func matrix(rows [][]float64) *prep.Matrix {
	m := &prep.Matrix{Rows: len(rows), Cols: len(rows[0])}
	for _, row := range rows {
		m.Data = append(m.Data, row...)
	}
	return m
}

func decompose(t interface{ Fatal(args ...any) }, rows [][]float64, y []float64) *linear.Decomposition {
	d, err := linear.Decompose(matrix(rows), y)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// near compares numbers of about the size of 1.
var near = cmpopts.EquateApprox(1e-9, 1e-9)

type fitted struct {
	Bias    float64   `json:"bias"`
	Weights []float64 `json:"weights"`
}

func TestScikitLearnAgrees(t *testing.T) {
	var reference struct {
		X      [][]float64       `json:"x"`
		Y      []float64         `json:"y"`
		Models map[string]fitted `json:"models"`
	}
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Models) != 6 {
		t.Fatalf("%d models in the reference, want 6", len(reference.Models))
	}
	for name, want := range reference.Models {
		rows := reference.X
		if name == "linear, column 0 twice" {
			rows = nil
			for _, row := range reference.X {
				rows = append(rows, append(slices.Clone(row), row[0]))
			}
		}
		d := decompose(t, rows, reference.Y)
		model := d.LeastSquares()
		var alpha float64
		if err := json.Unmarshal([]byte(name), &alpha); err == nil {
			if model, err = d.Ridge(alpha); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, fitted{model.Bias, model.Weights}, near); diff != "" {
			t.Errorf("%s (-scikit-learn +ours):\n%s", name, diff)
		}
	}
}

// random draws a design whose columns are independent for certain.
func random(t *rapid.T, rows, cols int) ([][]float64, []float64) {
	source := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	x, y := make([][]float64, rows), make([]float64, rows)
	for i := range x {
		x[i] = make([]float64, cols)
		for j := range x[i] {
			x[i][j] = source.NormFloat64()
		}
		y[i] = source.NormFloat64() + float64(i%3)
	}
	return x, y
}

func TestWeightsFollowTheirColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cols := rapid.IntRange(1, 8).Draw(t, "cols")
		x, y := random(t, rapid.IntRange(2, 40).Draw(t, "rows"), cols)
		order := rapid.Permutation(sequence(cols)).Draw(t, "order")
		shuffled := make([][]float64, len(x))
		for i, row := range x {
			for _, j := range order {
				shuffled[i] = append(shuffled[i], row[j])
			}
		}
		alpha := rapid.Float64Range(0, 10).Draw(t, "alpha")
		a, errA := decompose(t, x, y).Ridge(alpha)
		b, errB := decompose(t, shuffled, y).Ridge(alpha)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		for to, from := range order {
			if math.Abs(a.Weights[from]-b.Weights[to]) > 1e-6*(1+math.Abs(a.Weights[from])) {
				t.Fatalf("the weight of column %d is %g, and %g at place %d", from, a.Weights[from], b.Weights[to], to)
			}
		}
	})
}

func TestRidgeBecomesLeastSquares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := random(t, 40, rapid.IntRange(1, 8).Draw(t, "cols"))
		d := decompose(t, x, y)
		ridge, err := d.Ridge(1e-10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.LeastSquares().Weights, ridge.Weights, cmpopts.EquateApprox(1e-6, 1e-8)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestResidualsAreOrthogonal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := random(t, 50, 5)
		model := decompose(t, x, y).LeastSquares()
		scores := model.Predict(matrix(x))
		for j := range 5 {
			dot := 0.0
			for i := range x {
				dot += x[i][j] * (y[i] - scores[i])
			}
			if math.Abs(dot) > 1e-9 {
				t.Fatalf("the errors still contain column %d: %g", j, dot)
			}
		}
	})
}

// More rows than a block, so that R is built from several.
func TestBlocksOfRows(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	want := []float64{1, -2, 3}
	var x [][]float64
	var y []float64
	for range 5000 {
		row := []float64{source.NormFloat64(), source.NormFloat64(), source.NormFloat64()}
		x = append(x, row)
		y = append(y, 7+want[0]*row[0]+want[1]*row[1]+want[2]*row[2])
	}
	model := decompose(t, x, y).LeastSquares()
	if diff := cmp.Diff(fitted{7, want}, fitted{model.Bias, model.Weights}, near); diff != "" {
		t.Error(diff)
	}
}

func TestRankDeficient(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	var x [][]float64
	var y []float64
	for i := range 60 {
		a, b := source.NormFloat64(), source.NormFloat64()
		x = append(x, []float64{a, b, a, a - 2*b, 1e9 + 0.1, float64(i % 2), float64(1 - i%2)})
		y = append(y, 4*a+b)
	}
	d := decompose(t, x, y)
	if d.Rank() != 3 {
		t.Errorf("rank %d, want 3: two free numbers and one indicator", d.Rank())
	}
	model := d.LeastSquares()
	for j, w := range model.Weights {
		if math.Abs(w) > 4 {
			t.Errorf("weight %d is %g: larger than the data warrant", j, w)
		}
	}
	if math.Abs(model.Weights[0]-model.Weights[2]) > 1e-9 {
		t.Errorf("equal columns have the weights %g and %g", model.Weights[0], model.Weights[2])
	}
	scores := model.Predict(matrix(x))
	for i := range y {
		if math.Abs(scores[i]-y[i]) > 1e-6 {
			t.Fatalf("row %d: %g, want %g", i, scores[i], y[i])
		}
	}
	dependencies := d.Dependencies()
	if len(dependencies) != 4 {
		t.Fatalf("dependencies %v, want 4", dependencies)
	}
	for _, dependency := range dependencies {
		if dependency.Column == 4 && len(dependency.On) != 0 {
			t.Errorf("the constant depends on %v", dependency.On)
		}
	}
	if got := d.Dependencies(2, 3, 4, 6); len(got) != 0 {
		t.Errorf("independent columns depend: %v", got)
	}
}

func TestFewerRowsThanColumns(t *testing.T) {
	model := decompose(t, [][]float64{{1, 2, 3}, {2, 1, 0}}, []float64{1, 2}).LeastSquares()
	scores := model.Predict(matrix([][]float64{{1, 2, 3}, {2, 1, 0}}))
	if diff := cmp.Diff([]float64{1, 2}, scores, near); diff != "" {
		t.Error(diff)
	}
	one := decompose(t, [][]float64{{1, 2}}, []float64{5}).LeastSquares()
	if diff := cmp.Diff(fitted{5, []float64{0, 0}}, fitted{one.Bias, one.Weights}); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	good := matrix([][]float64{{1}, {2}})
	for name, try := range map[string]func() error{
		"target is NaN": func() error { _, err := linear.Decompose(good, []float64{1, math.NaN()}); return err },
		"target is Inf": func() error { _, err := linear.Decompose(good, []float64{math.Inf(1), 1}); return err },
		"design is NaN": func() error {
			_, err := linear.Decompose(matrix([][]float64{{1}, {math.NaN()}}), []float64{1, 2})
			return err
		},
		"too few targets": func() error { _, err := linear.Decompose(good, []float64{1}); return err },
		"no columns":      func() error { _, err := linear.Decompose(&prep.Matrix{Rows: 2}, []float64{1, 2}); return err },
		"negative alpha":  func() error { _, err := decompose(t, [][]float64{{1}, {2}}, []float64{1, 2}).Ridge(-1); return err },
		"alpha NaN": func() error {
			_, err := decompose(t, [][]float64{{1}, {2}}, []float64{1, 2}).Ridge(math.NaN())
			return err
		},
	} {
		if try() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// On the one-hot columns of these sales scikit-learn's LinearRegression has an
// R² of -2·10^18 over the same kind of folds: it keeps directions that are
// rounding error.
func TestCollinearSalesStaySane(t *testing.T) {
	inputs, y := sales(t)
	folds, err := search.Shuffled(inputs.Rows(), 5, 42)
	if err != nil {
		t.Fatal(err)
	}
	r2, err := metric.Lookup("r2")
	if err != nil {
		t.Fatal(err)
	}
	for i, fold := range folds {
		p, design := prepared(t, inputs.Take(fold.Train))
		d, err := linear.Decompose(design, pick(y, fold.Train))
		if err != nil {
			t.Fatal(err)
		}
		if d.Rank() >= design.Cols {
			t.Errorf("fold %d: rank %d of %d columns, though one-hot columns are collinear", i, d.Rank(), design.Cols)
		}
		test, err := p.Design(inputs.Take(fold.Test))
		if err != nil {
			t.Fatal(err)
		}
		if got := r2.Of(pick(y, fold.Test), d.LeastSquares().Predict(test)); got < 0.5 {
			t.Errorf("fold %d: R² %g", i, got)
		}
	}
}

func TestSameBitsOnAnyProcessors(t *testing.T) {
	inputs, y := sales(t)
	_, design := prepared(t, inputs)
	var first []float64
	for _, processors := range []int{1, 2, 4} {
		before := runtime.GOMAXPROCS(processors)
		d, err := linear.Decompose(design, y)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		weights := d.LeastSquares().Weights
		if first == nil {
			first = weights
		}
		if !slices.Equal(first, weights) {
			t.Errorf("%d processors give other weights than one", processors)
		}
	}
}

func sales(t *testing.T) (*frame.Frame, []float64) {
	t.Helper()
	all, err := frame.ReadCSVFile("../../examples/house-prices/model/ames.csv", frame.CSVConfig{Missing: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	y, ok := all.Column("Sale_Price")
	if !ok {
		t.Fatal("no Sale_Price")
	}
	var names []string
	for _, c := range all.Columns() {
		if c != y {
			names = append(names, c.Name)
		}
	}
	inputs, err := all.Select(names...)
	if err != nil {
		t.Fatal(err)
	}
	return inputs, y.Numbers().Floats()
}

func prepared(t *testing.T, f *frame.Frame) (*prep.Preparation, *prep.Matrix) {
	t.Helper()
	p, err := prep.Fit(f, learn.Target{}, prep.Config{})
	if err != nil {
		t.Fatal(err)
	}
	design, err := p.Design(f)
	if err != nil {
		t.Fatal(err)
	}
	return p, design
}

func pick(values []float64, rows []int) []float64 {
	var picked []float64
	for _, row := range rows {
		picked = append(picked, values[row])
	}
	return picked
}

func sequence(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
