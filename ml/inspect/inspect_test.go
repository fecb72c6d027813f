package inspect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat/distuv"

	"dasier/ml/frame"
	"dasier/ml/inspect"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// number makes a column.
func number(name string, values []float64) *frame.Column {
	return &frame.Column{Name: name, Kind: frame.Number, Values: values}
}

func table(t testing.TB, columns ...*frame.Column) *frame.Frame {
	t.Helper()
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// line is a model of two numbers and a category: 3 + 2a - b, and 5 more in town
// "x". The column "unused" is an input that it gives no weight.
func line(t testing.TB) *predict.Program {
	t.Helper()
	spec := predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"},
		Inputs: []predict.Input{
			{Name: "a", Kind: frame.Number},
			{Name: "b", Kind: frame.Number},
			{Name: "town", Kind: frame.Category, Levels: []string{"w", "x"}, Unknown: predict.UnknownIgnore},
			{Name: "unused", Kind: frame.Number},
		},
		Features: []predict.Feature{
			{Name: "a", Input: 0, Op: "value", Scale: 1},
			{Name: "b", Input: 1, Op: "value", Scale: 1},
			{Name: "town=x", Input: 2, Op: "equals", Level: "x", Scale: 1},
			{Name: "unused", Input: 3, Op: "value", Scale: 1},
		},
		Linear: &predict.Linear{Bias: 3, Weights: []float64{2, -1, 5, 0}, Base: []float64{0, 0, 0, 0}},
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func rows(t testing.TB, n int, seed uint64) (*frame.Frame, learn.Target) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 3))
	a, b, unused, y, town := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]int32, n)
	for i := range n {
		a[i], b[i], unused[i], town[i] = random.NormFloat64(), random.NormFloat64(), random.NormFloat64(), int32(random.IntN(2))
		y[i] = 3 + 2*a[i] - b[i] + 5*float64(town[i]) + random.NormFloat64()
	}
	f := table(t, number("a", a), number("b", b), &frame.Column{Name: "town", Kind: frame.Category, Codes: town, Levels: []string{"w", "x"}}, number("unused", unused))
	return f, learn.Regression("y", y)
}

func TestImportance(t *testing.T) {
	f, target := rows(t, 1500, 1)
	r, err := inspect.Importance(context.Background(), line(t), f, target, inspect.ImportanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, c := range r.Columns {
		order = append(order, c.Columns[0])
	}
	if diff := cmp.Diff([]string{"town", "a", "b", "unused"}, order); diff != "" {
		t.Error(diff)
	}
	// Shuffling a adds twice its variance times its slope's square: the RMSE of 1
	// becomes 3.
	if a := r.Columns[1]; a.Low > 2 || a.High < 2 || !a.Needed {
		t.Errorf("%+v", a)
	}
	if last := r.Columns[3]; last.Rise != 0 || last.Low != 0 || last.High != 0 || last.Needed {
		t.Errorf("the unused column: %+v", last)
	}
	grouped, err := inspect.Importance(context.Background(), line(t), f, target, inspect.ImportanceConfig{Groups: [][]string{{"a", "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	// Together they add (2*4 + 2*1), of which the RMSE is sqrt(11).
	for _, c := range grouped.Columns {
		if want := math.Sqrt(11) - 1; len(c.Columns) == 2 && (c.Low > want || c.High < want) {
			t.Errorf("%+v", c)
		}
	}
	if _, err := inspect.Importance(context.Background(), line(t), f, target, inspect.ImportanceConfig{Groups: [][]string{{"c"}}}); err == nil {
		t.Error("a group of an unknown column: no error")
	}
}

// A column that the model uses and the target does not know: its importance is
// below 0 as often as it should be, and its interval seldom lies above.
func TestLongUselessColumnsAreSeldomNeeded(t *testing.T) {
	const seeds = 200
	needed := 0.0
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 8))
		f, target := rows(t, 100, seed)
		for i := range target.Y { // a target that nothing explains
			target.Y[i] = 3 + 10*random.NormFloat64()
		}
		r, err := inspect.Importance(context.Background(), line(t), f, target, inspect.ImportanceConfig{Seed: seed, Repeats: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Columns {
			if c.Columns[0] == "a" && c.Needed {
				needed++
			}
		}
	}
	if most := (distuv.Binomial{N: seeds, P: 0.05}); most.CDF(needed) > 0.999 {
		t.Errorf("%g of %d fits need a useless column", needed, seeds)
	}
}

func TestDependenceOfALineIsTheLine(t *testing.T) {
	f, _ := rows(t, 500, 2)
	r, err := inspect.Dependence(context.Background(), line(t), f, inspect.DependenceConfig{Columns: []string{"a", "town"}, Points: 50, Lines: 5})
	if err != nil {
		t.Fatal(err)
	}
	curve := r.Curves[0]
	if len(curve.Points) != 50 || len(curve.Lines) != 5 {
		t.Fatalf("%d points, %d lines", len(curve.Points), len(curve.Lines))
	}
	first := curve.Points[0]
	shares := 0.0
	for k, p := range curve.Points {
		if want := first.Mean + 2*(p.Value-first.Value); math.Abs(p.Mean-want) > 1e-9 || p.High-p.Low > 1e-9 {
			t.Errorf("at %g: %g (%g to %g), want %g", p.Value, p.Mean, p.Low, p.High, want)
		}
		for _, l := range curve.Lines {
			if want := l[0] + 2*(p.Value-first.Value); math.Abs(l[k]-want) > 2e-3 {
				t.Errorf("a row at %g: %g, want %g", p.Value, l[k], want)
			}
		}
		shares += p.Share
	}
	if math.Abs(shares-1) > 1e-9 {
		t.Errorf("the shares add up to %g", shares)
	}
	town := map[string]float64{}
	for _, p := range r.Curves[1].Points {
		town[p.Level] = p.Mean
	}
	if math.Abs(town["x"]-town["w"]-5) > 1e-9 {
		t.Errorf("%v", town)
	}
	s, err := inspect.DependenceOfTwo(context.Background(), line(t), f, "a", "town", inspect.DependenceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Together > 1e-12 || len(s.Mean) != len(s.First) || len(s.Mean[0]) != 2 {
		t.Errorf("a sum has the interaction %g", s.Together)
	}
	for _, c := range []inspect.DependenceConfig{{Columns: []string{"c"}}, {Rows: 1}} {
		if _, err := inspect.Dependence(context.Background(), line(t), f, c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

// houses are rows whose errors are of one size but in one kind of row.
func houses(t *testing.T, n int, seed uint64, bad float64) (*frame.Frame, learn.Target, []float64) {
	random := rand.New(rand.NewPCG(seed, 12))
	year, area, y, p, town := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]int32, n)
	for i := range n {
		year[i], area[i], town[i] = math.Round(1900+110*random.Float64()), 500+2000*random.Float64(), int32(random.IntN(4))
		if random.IntN(10) == 0 {
			area[i] = math.NaN()
		}
		spread := 1.0
		if town[i] == 2 && year[i] <= 1950 {
			spread = bad
		}
		p[i] = 100 + 10*random.NormFloat64()
		y[i] = p[i] + spread*random.NormFloat64()
	}
	f := table(t, number("Year_Built", year), number("Area", area),
		&frame.Column{Name: "Neighborhood", Kind: frame.Category, Codes: town, Levels: []string{"Edwards", "Gilbert", "Old_Town", "Sawyer"}})
	return f, learn.Regression("price", y), p
}

func TestSlicesFindWhatIsThere(t *testing.T) {
	found := 0
	for seed := range uint64(20) {
		f, target, p := houses(t, 3000, seed, 3)
		r, err := inspect.Slices(context.Background(), f, target, p, inspect.SliceConfig{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Slices) > 0 && strings.Contains(r.Slices[0].Text, "Neighborhood = Old_Town") && strings.Contains(r.Slices[0].Text, "Year_Built <= 19") {
			found++
			if s := r.Slices[0]; s.Low < 1.5*s.Rest || s.DifferenceLow <= 0 || !strings.Contains(r.Sentences[0], "where Neighborhood = Old_Town and Year_Built") && !strings.Contains(r.Sentences[0], "where Year_Built") {
				t.Errorf("%+v %q", s, r.Sentences)
			}
		}
	}
	if found < 18 {
		t.Errorf("the bad slice was found in %d of 20 tables", found)
	}
}

func TestLongSlicesFindNothingInNoise(t *testing.T) {
	const seeds = 200
	alarms := 0.0
	for seed := range uint64(seeds) {
		f, target, p := houses(t, 600, seed+1000, 1)
		r, err := inspect.Slices(context.Background(), f, target, p, inspect.SliceConfig{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Slices) > 0 {
			alarms++
		} else if r.Tried < 20 || !strings.Contains(r.Sentences[0], "no kind of rows was found") {
			t.Fatalf("%+v", r)
		}
	}
	if chance := (distuv.Binomial{N: seeds, P: 0.05}); chance.CDF(alarms-1) > 0.999 {
		t.Errorf("%g false alarms in %d tables", alarms, seeds)
	}
}

// simple learns y from column a: a slope by least squares, or with Wild a
// polynomial through means of neighbours that fits what it has seen.
type simple struct{ wild bool }

func (s simple) Fit(ctx context.Context, f *frame.Frame, target learn.Target) (*learn.Model, error) {
	if err := target.Check(f.Rows()); err != nil {
		return nil, err
	}
	c, ok := f.Column("a")
	if !ok {
		return nil, fmt.Errorf("no column a")
	}
	n := float64(f.Rows())
	x, y, xx, xy := 0.0, 0.0, 0.0, 0.0
	for i, v := range c.Numbers().All() {
		x, y, xx, xy = x+v/n, y+target.Y[i]/n, xx+v*v/n, xy+v*target.Y[i]/n
	}
	slope := (xy - x*y) / (xx - x*x)
	spec := predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"},
		Inputs:   []predict.Input{{Name: "a", Kind: frame.Number}},
		Features: []predict.Feature{{Name: "a", Op: "value", Scale: 1}},
		Linear:   &predict.Linear{Bias: y - slope*x, Weights: []float64{slope}, Base: []float64{x}},
	}
	if s.wild { // errs the more the fewer the rows
		spec.Linear.Weights[0] *= 1 + 10/math.Sqrt(n)
	}
	return &learn.Model{Spec: spec}, ctx.Err()
}

func TestLearning(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	const n = 2000
	a, y := make([]float64, n), make([]float64, n)
	for i := range a {
		a[i] = random.NormFloat64()
		y[i] = 2*a[i] + 0.5*random.NormFloat64()
	}
	f, target := table(t, number("a", a)), learn.Regression("y", y)
	steady, err := inspect.Learning(context.Background(), simple{}, f, target, inspect.LearningConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if steady.Helps || !strings.Contains(steady.Sentences[0], "would hardly help") {
		t.Errorf("%+v", steady.Sentences)
	}
	last := steady.Points[len(steady.Points)-1]
	if len(steady.Points) != 5 || last.Rows != 1500 || last.Low > 0.5 || last.High < 0.5 || math.Abs(last.Train-0.5) > 0.03 {
		t.Errorf("%+v", steady.Points)
	}
	hungry, err := inspect.Learning(context.Background(), simple{wild: true}, f, target, inspect.LearningConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if !hungry.Helps || !strings.Contains(hungry.Sentences[0], "more rows would still help: from 750 to 1,500 rows RMSE went from ") {
		t.Errorf("%+v", hungry.Sentences)
	}
	for k := 1; k < len(hungry.Points); k++ {
		if hungry.Points[k].Test >= hungry.Points[k-1].Test {
			t.Errorf("%+v", hungry.Points)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := inspect.Learning(ended, simple{}, f, target, inspect.LearningConfig{}); err == nil {
		t.Error("no error after the end")
	}
	if _, err := inspect.Learning(context.Background(), simple{}, f.Take([]int{1, 2, 3}), target.Take([]int{1, 2, 3}), inspect.LearningConfig{}); err == nil {
		t.Error("three rows: no error")
	}
}

func TestSuspects(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 9))
	const n = 3000
	y, honest, leak, gap, id := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]int32, n)
	levels := make([]string, n)
	for i := range y {
		y[i] = float64(random.IntN(2))
		honest[i], leak[i] = y[i]+random.NormFloat64(), 10*y[i]+random.NormFloat64()
		if y[i] == 0 {
			gap[i] = math.NaN()
		}
		id[i], levels[i] = int32(i), fmt.Sprintf("id%05d", i)
	}
	f := table(t, number("honest", honest), number("paid", leak), number("closed", gap), &frame.Column{Name: "id", Kind: frame.Category, Codes: id, Levels: levels})
	found, err := inspect.Suspects(f, learn.Target{Name: "churn", Task: predict.TaskBinary, Y: y, Classes: []string{"no", "yes"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range found {
		names = append(names, s.Column)
	}
	if diff := cmp.Diff([]string{"closed", "paid"}, names); diff != "" {
		t.Error(diff)
	}
	if !found[0].Missing || !strings.Contains(found[0].Sentence, `whether "closed" is missing tells 100 % of churn`) {
		t.Errorf("%+v", found[0])
	}
}

// Same rows, same seed, same answer; and all of it is JSON of bounded size.
func TestAnswersAreSmallAndRepeat(t *testing.T) {
	f, target := rows(t, 4000, 5)
	p := line(t)
	predictions, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for name, ask := range map[string]func() (any, error){
		"importance": func() (any, error) { return inspect.Importance(ctx, p, f, target, inspect.ImportanceConfig{}) },
		"dependence": func() (any, error) { return inspect.Dependence(ctx, p, f, inspect.DependenceConfig{}) },
		"slices":     func() (any, error) { return inspect.Slices(ctx, f, target, predictions, inspect.SliceConfig{}) },
		"learning": func() (any, error) {
			return inspect.Learning(ctx, simple{}, f, target, inspect.LearningConfig{})
		},
		"residuals": func() (any, error) { return inspect.Residuals(target.Y, predictions, inspect.ResidualConfig{}) },
	} {
		var texts [2][]byte
		for k := range texts {
			answer, err := ask()
			if err != nil {
				t.Fatal(name, err)
			}
			if texts[k], err = json.Marshal(answer); err != nil {
				t.Fatal(name, err)
			}
		}
		if diff := cmp.Diff(string(texts[0]), string(texts[1])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(texts[0]) > 100_000 {
			t.Errorf("%s has %d bytes", name, len(texts[0]))
		}
	}
}
