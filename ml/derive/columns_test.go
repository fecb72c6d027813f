package derive_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/derive"
	"dasier/ml/explain"
	"dasier/ml/format/onnx"
	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/linear"
	"dasier/ml/predict"
)

type reference struct {
	X, Ask  [][]float64
	Y       []float64
	Splines []struct {
		Knots, Degree int
		Want          []float64
	}
	Polynomial []float64
}

func table(t *testing.T, rows [][]float64) *frame.Frame {
	t.Helper()
	columns := []*frame.Column{{Name: "a"}, {Name: "b"}}
	for _, row := range rows {
		for j, v := range row {
			columns[j].Values = append(columns[j].Values, v)
		}
	}
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// fitted fits, survives JSON, and answers.
func fitted(t *testing.T, l learn.Learner, f *frame.Frame, target learn.Target, ask *frame.Frame) (*predict.Program, []float64) {
	t.Helper()
	m, err := l.Fit(t.Context(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	text, err := predict.MarshalSpec(m.Spec)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := predict.ParseSpec(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	got, err := learn.Predictions(p, ask)
	if err != nil {
		t.Fatal(err)
	}
	return p, got
}

// TestSameAsScikitLearn: least squares over splines and over polynomials, also
// beyond the rows that were learned from.
func TestSameAsScikitLearn(t *testing.T) {
	var r reference
	text, err := os.ReadFile("testdata/reference.json")
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, ask, target := table(t, r.X), table(t, r.Ask), learn.Regression("y", r.Y)
	cases := map[string]struct {
		columns derive.Columns
		want    []float64
	}{
		"polynomial": {derive.Columns{Products: [][]string{{"a", "a"}, {"a", "b"}, {"b", "b"}}}, r.Polynomial},
	}
	for _, s := range r.Splines {
		spline := derive.Spline{Knots: s.Knots, Degree: s.Degree}
		cases[fmt.Sprintf("%d knots, degree %d", s.Knots, s.Degree)] = struct {
			columns derive.Columns
			want    []float64
		}{derive.Columns{Splines: map[string]derive.Spline{"a": spline, "b": spline}}, s.Want}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.columns.Learner = linear.LeastSquares{}
			p, got := fitted(t, c.columns, f, target, ask)
			for i, want := range c.want {
				if math.Abs(got[i]-want) > 1e-7*max(1, math.Abs(want)) {
					t.Errorf("row %d: %v, scikit-learn says %v", i, got[i], want)
				}
			}
			if len(p.Inputs()) != 2 {
				t.Errorf("the model asks for %d columns", len(p.Inputs()))
			}
			want := predict.Exact // a curve of one input is its own
			if name == "polynomial" {
				want = predict.Chained
			}
			if p.Explanation() != want {
				t.Errorf("explained by %q, want %q", p.Explanation(), want)
			}
			row := p.NewRow()
			row.SetNumber(0, 14)
			row.SetNumber(1, -1.5)
			sum := p.Base()
			for _, e := range explain.Contributions(p, row, nil) {
				sum += e.Effect
			}
			if score := p.Score(row); math.Abs(sum-score) > 1e-9*max(1, math.Abs(score)) {
				t.Errorf("base and effects are %v, the score is %v", sum, score)
			}
			var file bytes.Buffer
			if err := onnx.Write(&file, p); err != nil {
				t.Fatal(err)
			}
			read, err := onnx.Read(file.Bytes(), onnx.Hint{Target: "y"})
			if err != nil {
				t.Fatal(err)
			}
			again, err := predict.Compile(read.Spec)
			if err != nil {
				t.Fatal(err)
			}
			answers, err := learn.Predictions(again, ask)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range answers {
				if math.Abs(v-got[i]) > 1e-9*max(1, math.Abs(got[i])) {
					t.Errorf("row %d: %v, and %v in ONNX", i, got[i], v)
				}
			}
		})
	}
}

func TestConformance(t *testing.T) {
	learntest.Run(t, derive.Columns{Learner: linear.Ridge{Alpha: 1}, Splines: map[string]derive.Spline{"a": {}}, Products: [][]string{{"b", "c"}, {"b", "flag"}}}, learntest.Config{Tasks: []string{predict.TaskRegression}})
}

// TestMissingIsTheMedian, in training and afterwards.
func TestMissingIsTheMedian(t *testing.T) {
	rows := make([][]float64, 60)
	y := make([]float64, 60)
	for i := range rows {
		rows[i] = []float64{float64(i), float64(i % 7)}
		y[i] = float64(i*i) + float64(i%7)
	}
	rows[10][0] = math.NaN()
	ask := table(t, [][]float64{{math.NaN(), 3}, {30, 3}})
	p, got := fitted(t, derive.Columns{Learner: knn.Neighbours{K: 3}, Splines: map[string]derive.Spline{"a": {Knots: 4}}}, table(t, rows), learn.Regression("y", y), ask)
	if got[0] != got[1] {
		t.Errorf("without a value %v, at the median %v", got[0], got[1])
	}
	if p.Explanation() != predict.Sampled {
		t.Errorf("explained by %q", p.Explanation())
	}
}

func TestRefusals(t *testing.T) {
	f := table(t, [][]float64{{1, 5}, {2, 5}, {3, 5}, {4, 6}})
	level := &frame.Column{Name: "town", Kind: frame.Category, Levels: []string{"x"}, Codes: make([]int32, 4)}
	f, err := frame.New(append(f.Columns(), level)...)
	if err != nil {
		t.Fatal(err)
	}
	target := learn.Regression("y", []float64{1, 2, 4, 3})
	for want, c := range map[string]derive.Columns{
		`no column "c" to derive others from`:                   {Products: [][]string{{"a", "c"}}},
		`column "town" is a category: only numbers`:             {Products: [][]string{{"a", "town"}}},
		`the product a has 1 factors: give 2 to 5`:              {Products: [][]string{{"a"}}},
		`the spline of column "a" has 1 knots and the degree 3`: {Splines: map[string]derive.Spline{"a": {Knots: 1}}},
		`there is a column "a × b" already`:                     {Products: [][]string{{"a", "b"}, {"a", "b"}}},
	} {
		c.Learner = linear.LeastSquares{}
		table := f
		if strings.Contains(want, "already") {
			again := *f.Columns()[0]
			again.Name = "a × b"
			if table, err = frame.New(append(f.Columns(), &again)...); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Fit(t.Context(), table, target); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// TestConstantColumnsDeriveNothing: a fold may have one value only.
func TestConstantColumnsDeriveNothing(t *testing.T) {
	rows := make([][]float64, 40)
	y := make([]float64, 40)
	for i := range rows {
		rows[i], y[i] = []float64{float64(i), 7}, float64(2*i)
	}
	c := derive.Columns{Learner: linear.LeastSquares{}, Splines: map[string]derive.Spline{"b": {}}, Products: [][]string{{"a", "b"}}}
	p, got := fitted(t, c, table(t, rows), learn.Regression("y", y), table(t, rows))
	if len(p.Inputs()) != 1 || math.Abs(got[5]-10) > 1e-9 {
		t.Errorf("%d inputs, %v", len(p.Inputs()), got[:6])
	}
}
