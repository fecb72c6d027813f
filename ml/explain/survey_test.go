package explain_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/ml/explain"
	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// steps makes a program that is a sum of one tree per input, each a staircase:
// the tree of input i answers shape[i](x) at the middles of 64 steps of (0, 1).
func steps(t *testing.T, names []string, shapes []func(x float64) float64) *predict.Program {
	t.Helper()
	trees := &forest.Trees{Base: []float64{0}, Rule: forest.DoubleAtMost}
	var grow func(i int, from, to float64) int32
	grow = func(i int, from, to float64) int32 {
		n := int32(len(trees.Feature)) //nolint:gosec // small
		middle := (from + to) / 2
		trees.Feature, trees.Threshold = append(trees.Feature, -1), append(trees.Threshold, middle)
		trees.Left, trees.Right, trees.MissingLeft = append(trees.Left, -1), append(trees.Right, -1), append(trees.MissingLeft, true)
		trees.Value, trees.Cover = append(trees.Value, shapes[i](middle)), append(trees.Cover, to-from)
		if to-from > 1.5/64 {
			trees.Feature[n] = int32(i) //nolint:gosec // small
			left := grow(i, from, middle)
			trees.Left[n], trees.Right[n] = left, grow(i, middle, to)
		}
		return n
	}
	spec := predict.Spec{Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "price", Unit: "USD"}, Trees: trees}
	for i, name := range names {
		trees.Roots = append(trees.Roots, grow(i, 0, 1))
		spec.Inputs = append(spec.Inputs, predict.Input{Name: name, Kind: frame.Number})
		spec.Features = append(spec.Features, predict.Feature{Name: name, Input: i, Op: "steps", Scale: 1})
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func uniform(t *testing.T, n int, names ...string) *frame.Frame {
	t.Helper()
	random := rand.New(rand.NewPCG(9, 9)) //nolint:gosec // not for secrets
	var columns []*frame.Column
	for _, name := range names {
		values := make([]float64, n)
		for i := range values {
			values[i] = random.Float64()
		}
		columns = append(columns, &frame.Column{Name: name, Kind: frame.Number, Values: values})
	}
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSurveySaysTheDirection(t *testing.T) {
	names := []string{"up", "down", "hill", "valley", "limited", "late", "wave", "none"}
	p := steps(t, names, []func(x float64) float64{
		func(x float64) float64 { return 4000 * x },
		func(x float64) float64 { return -2 * x },
		func(x float64) float64 { return -8 * (x - 0.5) * (x - 0.5) },
		func(x float64) float64 { return 8 * (x - 0.4) * (x - 0.4) },
		func(x float64) float64 { return min(x, 0.3) },
		func(x float64) float64 { return max(x, 0.75) },
		func(x float64) float64 { return math.Sin(6 * math.Pi * x) },
		func(float64) float64 { return 1 },
	})
	o, err := explain.Survey(context.Background(), p, uniform(t, 3000, names...), explain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if o.Rows != 1000 || o.Of != 3000 || o.Scale != explain.Additive || o.Inputs[0].Input != "up" {
		t.Errorf("%+v", o)
	}
	want := map[string]string{
		"up": "price rises with up: -1,", "down": "price falls with down: +", "hill": "price rises with hill up to about 0.4", "valley": "price falls with valley down to about 0.4",
		"limited": "price rises with limited up to about 0.3", "late": "price changes little with late below about 0.7", "wave": "price goes up and down with wave", "none": "",
	}
	shares := 0.0
	for _, e := range o.Inputs {
		if !strings.HasPrefix(e.Sentence, want[e.Input]) || want[e.Input] == "" && e.Sentence != "" {
			t.Errorf("%s: %q, want %q", e.Input, e.Sentence, want[e.Input])
		}
		if e.Low > e.Mean || e.High < e.Mean {
			t.Errorf("%+v", e)
		}
		shares += e.Share
	}
	if math.Abs(shares-1) > 1e-12 || len(o.Warnings) != 1 || !strings.Contains(o.Warnings[0], `"up" carries`) {
		t.Errorf("shares %g, warnings %q", shares, o.Warnings)
	}
}

// The mean size that a survey tells is that of the single rows' contributions.
func TestSurveyIsTheMeanOfRows(t *testing.T) {
	p := boosted(t, 40, 15, 5)
	f := uniform(t, 200, "x0", "x1", "x2", "x3", "x4")
	o, err := explain.Survey(context.Background(), p, f, explain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	means := map[string]float64{}
	err = p.EachRow(f, func(row *predict.Row) {
		sum := p.Base()
		for _, c := range explain.Contributions(p, row, nil) {
			means[p.Inputs()[c.Input].Name] += math.Abs(c.Effect) / 200
			sum += c.Effect
		}
		if math.Abs(sum-p.Score(row)) > 1e-12 {
			t.Errorf("base and effects are %v, the score %v", sum, p.Score(row))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range o.Inputs {
		if math.Abs(e.Mean-means[e.Input]) > 1e-12 {
			t.Errorf("%s: %v, want %v", e.Input, e.Mean, means[e.Input])
		}
	}
}

// Deep trees and many tests of one feature lose no digits.
func TestDeepTreesAddUp(t *testing.T) {
	for _, c := range []struct{ leaves, inputs int }{{2000, 3}, {2000, 60}} {
		p := boosted(t, 5, c.leaves, c.inputs)
		r := rand.New(rand.NewPCG(6, 6)) //nolint:gosec // not for secrets
		row := p.NewRow()
		for range 20 {
			for i := range c.inputs {
				row.SetNumber(i, r.Float64())
			}
			sum := p.Base()
			for _, one := range explain.Contributions(p, row, nil) {
				sum += one.Effect
			}
			if math.Abs(sum-p.Score(row)) > 1e-10 {
				t.Errorf("%+v: base and effects are %v, the score %v", c, sum, p.Score(row))
			}
		}
	}
}

func TestSurveyOfALine(t *testing.T) {
	spec := predict.Spec{
		Version: 1, Task: predict.TaskBinary, Target: predict.Target{Name: "churn"}, Classes: []string{"stays", "leaves"}, Link: predict.Logistic,
		Inputs: []predict.Input{
			{Name: "fee", Kind: frame.Number},
			{Name: "plan", Kind: frame.Category, Levels: []string{"a", "b"}, Unknown: predict.UnknownIgnore},
			{Name: "card", Kind: frame.Bool},
		},
		Features: []predict.Feature{
			{Name: "fee", Input: 0, Op: "value", Scale: 1, Impute: 0.5},
			{Name: "plan=b", Input: 1, Op: "equals", Level: "b", Scale: 1},
			{Name: "card", Input: 2, Op: "value", Scale: 1},
		},
		Linear: &predict.Linear{Bias: -1, Weights: []float64{2, 1, -0.5}, Base: []float64{0.5, 0.5, 0.5}},
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 9)) //nolint:gosec // not for secrets
	const n = 500
	fee, card, plan := make([]float64, n), make([]float64, n), make([]int32, n)
	for i := range n {
		fee[i], card[i], plan[i] = random.Float64(), float64(random.IntN(2)), int32(random.IntN(4)-1) //nolint:gosec // small
		if i%10 == 0 {
			fee[i] = math.NaN()
		}
	}
	f, err := frame.New(&frame.Column{Name: "fee", Kind: frame.Number, Values: fee},
		&frame.Column{Name: "plan", Kind: frame.Category, Codes: plan, Levels: []string{"a", "b", "new"}}, &frame.Column{Name: "card", Kind: frame.Bool, Values: card})
	if err != nil {
		t.Fatal(err)
	}
	var texts [3]string
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for k := range texts {
		runtime.GOMAXPROCS(k + 1)
		o, err := explain.Survey(context.Background(), p, f, explain.Config{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		texts[k] = string(text)
		want := map[string]string{
			"fee": `the chance of "leaves" rises with fee`, "card": `the chance of "leaves" is lower where card is true than where it is false`,
			"plan": `the chance of "leaves" is highest where plan is "b" and lowest where it is `,
		}
		for _, e := range o.Inputs {
			if !strings.HasPrefix(e.Sentence, want[e.Input]) {
				t.Errorf("%q, want %q", e.Sentence, want[e.Input])
			}
			if last := e.Shape[len(e.Shape)-1]; e.Input == "fee" && (!last.Missing || last.Rows != 50 || math.Abs(last.Mean) > 1e-12) {
				t.Errorf("%+v", last)
			}
		}
	}
	if diff := cmp.Diff(texts[0], texts[1]) + cmp.Diff(texts[0], texts[2]); diff != "" {
		t.Error(diff)
	}
	if _, err := explain.Survey(context.Background(), p, f.Take([]int{1}), explain.Config{}); err == nil {
		t.Error("one row: no error")
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := explain.Survey(ended, p, f, explain.Config{}); err == nil {
		t.Error("no error after the end")
	}
}

// BenchmarkSurvey explains 1,000 rows of 500 trees of 31 leaves.
func BenchmarkSurvey(b *testing.B) {
	p := boosted(b, 500, 31, 8)
	random := rand.New(rand.NewPCG(9, 9)) //nolint:gosec // not for secrets
	var columns []*frame.Column
	for _, in := range p.Inputs() {
		values := make([]float64, 1000)
		for i := range values {
			values[i] = random.Float64()
		}
		columns = append(columns, &frame.Column{Name: in.Name, Kind: frame.Number, Values: values})
	}
	f, err := frame.New(columns...)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := explain.Survey(context.Background(), p, f, explain.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}
