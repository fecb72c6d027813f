package predict_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
)

// mixed is a model of trees on a number, a number with steps and a category.
func mixed(r *rand.Rand, task string, trees, classes int, single bool) predict.Spec {
	spec := predict.Spec{
		Version: 1, Task: task, Target: predict.Target{Name: "y"},
		Inputs: []predict.Input{
			{Name: "a", Kind: frame.Number},
			{Name: "b", Kind: frame.Number},
			{Name: "c", Kind: frame.Category, Levels: []string{"x", "y", "z"}, Unknown: predict.UnknownIgnore},
		},
		Features: []predict.Feature{
			{Name: "a", Op: "steps"},
			{Name: "b", Input: 1, Op: "value", Impute: 0.5, Scale: 1},
			{Name: "c", Input: 2, Op: "table", Table: []float64{0.1, 0.2, 0.3, 0.4, math.NaN()}},
			{Name: "c=y", Input: 2, Op: "equals", Level: "y", Scale: 1},
		},
	}
	t := &forest.Trees{Rule: forest.SingleBelow, Single: single, Output: []int32{}}
	outputs := 1
	switch task {
	case predict.TaskBinary:
		spec.Classes, spec.Link = []string{"no", "yes"}, predict.Logistic
		if r.IntN(2) == 0 {
			spec.Positive = "no"
		}
	case predict.TaskMulticlass:
		outputs = classes
		spec.Link = []predict.Link{predict.Softmax, predict.Decision}[r.IntN(2)]
		for k := range classes {
			spec.Classes = append(spec.Classes, string(rune('a'+k)))
		}
	}
	t.Base = make([]float64, outputs)
	for k := range trees {
		at := int32(len(t.Feature)) //nolint:gosec // small
		t.Roots, t.Output = append(t.Roots, at), append(t.Output, int32(k%outputs))
		f := r.Int32N(4)
		t.Feature, t.Threshold, t.Value = append(t.Feature, f, -1, -1), append(t.Threshold, float64(float32(r.Float64())), 0, 0), append(t.Value, 0, r.NormFloat64(), r.NormFloat64())
		t.Left, t.Right = append(t.Left, at+1, -1, -1), append(t.Right, at+2, -1, -1)
		t.MissingLeft, t.Cover = append(t.MissingLeft, r.IntN(2) == 0, false, false), append(t.Cover, 4, 3, 1)
	}
	spec.Trees = t
	return spec
}

// lone is a model of one tree of many leaves on three numbers as they are given, of
// which it does not look at the second.
func lone(r *rand.Rand, task string) predict.Spec {
	spec := mixed(r, task, 0, 3, false)
	spec.Inputs[2] = predict.Input{Name: "c", Kind: frame.Bool}
	spec.Features = []predict.Feature{{Name: "a", Op: "steps"}, {Name: "b", Input: 1, Op: "steps"}, {Name: "c", Input: 2, Op: "steps"}}
	t := spec.Trees
	t.Rule, t.Output, t.Roots = forest.SingleAtMost, nil, []int32{0}
	var grow func(leaves int)
	grow = func(leaves int) {
		at := len(t.Feature)
		t.Feature, t.Threshold, t.Left, t.Right = append(t.Feature, -1), append(t.Threshold, 0), append(t.Left, -1), append(t.Right, -1)
		t.MissingLeft, t.Cover = append(t.MissingLeft, r.IntN(2) == 0), append(t.Cover, float64(leaves))
		for range t.Base {
			t.Value = append(t.Value, r.Float64())
		}
		if leaves == 1 {
			return
		}
		left := 1 + r.IntN(leaves-1)
		t.Feature[at], t.Threshold[at], t.Left[at] = 2*r.Int32N(2), float64(float32([]float64{r.Float64(), r.NormFloat64() * 1000}[r.IntN(2)])), int32(len(t.Feature)) //nolint:gosec // small
		grow(left)
		t.Right[at] = int32(len(t.Feature)) //nolint:gosec // small
		grow(leaves - left)
	}
	grow(300)
	return spec
}

// columns draws the values of a program's inputs, and gives them as columns and,
// row by row, to set.
func columns(r *rand.Rand, p *predict.Program, rows int) ([]predict.Column, func(row *predict.Row, k int)) {
	all := make([]predict.Column, len(p.Inputs()))
	sets := make([]func(row *predict.Row, k int), len(all))
	for i, in := range p.Inputs() {
		stride := 1 + r.IntN(3)
		all[i].Stride = stride
		switch {
		case r.IntN(8) == 0:
			sets[i] = func(row *predict.Row, _ int) { row.SetMissing(i) }
		case in.Kind == frame.Category:
			codes := make([]int32, rows*stride)
			for k := range codes {
				codes[k] = r.Int32N(int32(len(in.Levels))+3) - 1 //nolint:gosec // small
			}
			all[i].Codes = codes
			sets[i] = func(row *predict.Row, k int) {
				switch code := int(codes[k*stride]); {
				case code < 0:
					row.SetMissing(i)
				case code < len(in.Levels):
					row.SetCategory(i, in.Levels[code])
				default:
					row.SetCategory(i, "no level of any model")
				}
			}
		default:
			values, singles := make([]float64, rows*stride), make([]float32, rows*stride)
			for k := range values {
				values[k] = []float64{r.Float64(), r.NormFloat64() * 1000, math.NaN(), math.Inf(1 - 2*r.IntN(2)), 1e150, 0}[r.IntN(6)]
				singles[k] = float32(values[k])
			}
			if r.IntN(2) == 0 {
				all[i].Float32 = singles
				sets[i] = func(row *predict.Row, k int) { row.SetNumber(i, float64(singles[k*stride])) }
				continue
			}
			all[i].Float64 = values
			sets[i] = func(row *predict.Row, k int) { row.SetNumber(i, values[k*stride]) }
		}
	}
	return all, func(row *predict.Row, k int) {
		for i := range sets {
			sets[i](row, k)
		}
	}
}

func checkBatch(t interface{ Fatalf(string, ...any) }, r *rand.Rand, spec predict.Spec, rows int) {
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatalf("%v", err)
	}
	all, set := columns(r, p, rows)
	b, answers := p.NewBatch(), make([]float64, rows)
	for range 2 { // the second time in used memory
		if err := b.Predict(all, answers); err != nil {
			t.Fatalf("%v", err)
		}
	}
	row := p.NewRow()
	for k, got := range answers {
		set(row, k)
		if want := p.Outcome(row).Prediction; got != want {
			t.Fatalf("%s with %d inputs, row %d: %v, alone %v", spec.Task, len(spec.Inputs), k, got, want)
		}
	}
	if err := b.Outcomes(all, rows, func(k int, o predict.Outcome) {
		set(row, k)
		if want := p.Outcome(row).Score; o.Score != want {
			t.Fatalf("row %d: score %v, alone %v", k, o.Score, want)
		}
	}); err != nil {
		t.Fatalf("%v", err)
	}
}

// TestBatchesSayWhatRowsSay: to the last bit, for every kind of program.
func TestBatchesSayWhatRowsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3)) //nolint:gosec // not for secrets
	for k := range 60 {
		task := []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}[k%3]
		checkBatch(t, r, mixed(r, task, 1+r.IntN(30), 3, r.IntN(2) == 0), r.IntN(100))
		checkBatch(t, r, binary([]string{"", "no"}[k%2]), r.IntN(100))
		checkBatch(t, r, lone(r, task), r.IntN(100))
	}
	checkBatch(t, r, lone(r, predict.TaskMulticlass), 10_000)
	checkBatch(t, r, mixed(r, predict.TaskRegression, 5, 1, false), 10_000)
	checkBatch(t, r, spectest.House(true), 10_000)
	rapid.Check(t, func(rt *rapid.T) {
		checkBatch(rt, r, spectest.Draw(rt), 20)
	})
}

// TestTablesSayWhatRowsSay: PredictFrame takes trees by blocks as well.
func TestTablesSayWhatRowsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 4)) //nolint:gosec // not for secrets
	spec := mixed(r, predict.TaskRegression, 20, 1, true)
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 9000
	a, b := make([]float64, rows), make([]float64, rows)
	for k := range a {
		a[k], b[k] = r.Float64(), r.Float64()
	}
	table, err := frame.New(&frame.Column{Name: "b", Kind: frame.Number, Values: b}, &frame.Column{Name: "a", Kind: frame.Number, Values: a})
	if err != nil {
		t.Fatal(err)
	}
	answers, err := p.PredictFrame(table)
	if err != nil || len(answers) != rows {
		t.Fatal(len(answers), err)
	}
	row := p.NewRow()
	for k, got := range answers {
		row.SetNumber(0, a[k])
		row.SetNumber(1, b[k])
		if want := p.Predict(row); got != want {
			t.Fatalf("row %d: %v, alone %v", k, got, want)
		}
	}
}

func TestWrongColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // not for secrets
	p, err := predict.Compile(mixed(r, predict.TaskRegression, 3, 1, false))
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string][]predict.Column{
		"2 columns for 3 inputs": make([]predict.Column, 2),
		`column "c" must hold`:   {{}, {}, {Float64: []float64{1, 2}}},
		`column "a" must hold`:   {{Codes: []int32{1, 2}}, {}, {}},
		`column "b" must hold`:   {{}, {Float64: []float64{1, 2}, Float32: []float32{1, 2}}, {}},
		"has 1 values, too few":  {{Float64: []float64{1}}, {}, {}},
		"has 3 values, too few":  {{}, {}, {Codes: []int32{0, 1, 2}, Stride: 3}},
	} {
		if err := p.NewBatch().Predict(c, make([]float64, 2)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestBatchesAllocateNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8)) //nolint:gosec // not for secrets
	for _, spec := range []predict.Spec{mixed(r, predict.TaskRegression, 20, 1, false), lone(r, predict.TaskBinary), spectest.House(true)} {
		p, err := predict.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := columns(r, p, 500)
		b, answers := p.NewBatch(), make([]float64, 500)
		if n := testing.AllocsPerRun(20, func() {
			if err := b.Predict(all, answers); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v allocations per batch", n)
		}
	}
}

// TestRowMajor: a table kept by rows is its columns.
func TestRowMajor(t *testing.T) {
	c := predict.RowMajor([]float32{1, 2, 3, 4, 5, 6}, 3)
	if len(c) != 3 || c[1].Float32[0] != 2 || c[1].Float32[c[1].Stride] != 5 || c[2].Float64 != nil {
		t.Errorf("%+v", c)
	}
	if c := predict.RowMajor([]float64(nil), 2); len(c) != 2 {
		t.Errorf("%+v", c)
	}
}
