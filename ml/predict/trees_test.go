package predict_test

import (
	"math"
	"strings"
	"sync"
	"testing"

	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// stump is one test at 0.1, which float32 cannot hold: left 1, right 2.
func stump(rule forest.Rule) predict.Spec {
	return predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"},
		Inputs:   []predict.Input{{Name: "x", Kind: frame.Number}},
		Features: []predict.Feature{{Name: "x", Op: "steps"}},
		Trees: &forest.Trees{
			Roots: []int32{0}, Feature: []int32{0, -1, -1}, Threshold: []float64{float64(float32(0.1)), 0, 0}, Left: []int32{1, -1, -1}, Right: []int32{2, -1, -1},
			MissingLeft: []bool{true, false, false}, Value: []float64{0, 1, 2}, Cover: []float64{4, 3, 1}, Base: []float64{0}, Rule: rule,
		},
	}
}

func TestRulesAtTheThreshold(t *testing.T) {
	at := float64(float32(0.1))
	for _, c := range []struct {
		rule forest.Rule
		x    float64
		want float64
	}{
		{forest.SingleAtMost, at, 1},
		{forest.SingleAtMost, math.Nextafter(at, 1), 1}, // rounds to the threshold
		{forest.SingleBelow, at, 2},
		{forest.SingleBelow, math.Nextafter(at, 0), 2},
		{forest.SingleBelow, 0.09, 1},
		{forest.DoubleAtMost, at, 1},
		{forest.DoubleAtMost, math.Nextafter(at, 1), 2},
		{forest.SingleAtMost, math.NaN(), 1},
		{forest.SingleBelow, math.NaN(), 1},
		{forest.DoubleAtMost, 1e300, 2},
	} {
		p, err := predict.Compile(stump(c.rule))
		if err != nil {
			t.Fatal(err)
		}
		row := p.NewRow()
		row.SetNumber(0, c.x)
		if got := p.Predict(row); got != c.want {
			t.Errorf("%s, x = %v: %v, want %v", c.rule, c.x, got, c.want)
		}
		if base := p.Base(); base != 1.25 {
			t.Errorf("base %v, want the mean over the training rows, 1.25", base)
		}
	}
}

func TestWrongTreesAreRefused(t *testing.T) {
	for want, change := range map[string]func(*predict.Spec){
		"two parents":       func(s *predict.Spec) { s.Trees.Right[0] = 1 },
		"has no node 7":     func(s *predict.Spec) { s.Trees.Left[0] = 7 },
		"tests feature 3":   func(s *predict.Spec) { s.Trees.Feature[0] = 3 },
		"no number":         func(s *predict.Spec) { s.Trees.Threshold[0] = math.NaN() },
		"finite":            func(s *predict.Spec) { s.Trees.Value[1] = math.Inf(1) },
		"no rule":           func(s *predict.Spec) { s.Trees.Rule = "" },
		"differ in length":  func(s *predict.Spec) { s.Trees.Cover = nil },
		"more than one":     func(s *predict.Spec) { s.Linear = &predict.Linear{} },
		"has no classes":    func(s *predict.Spec) { s.Classes = []string{"a"} },
		"a binary model":    func(s *predict.Spec) { s.Task = predict.TaskBinary },
		"there is no step":  func(s *predict.Spec) { s.Features[0].Steps = []stage.Step{{Op: "system"}} },
		"must be \"regress": func(s *predict.Spec) { s.Task = "dance" },
	} {
		spec := stump(forest.SingleAtMost)
		change(&spec)
		if _, err := predict.Compile(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// binary is a logistic regression on a category and a number.
func binary(positive string) predict.Spec {
	return predict.Spec{
		Version: 1, Task: predict.TaskBinary, Link: predict.Logistic, Classes: []string{"no", "yes"}, Positive: positive, Target: predict.Target{Name: "y"},
		Inputs: []predict.Input{
			{Name: "x", Kind: frame.Number},
			{Name: "c", Kind: frame.Category, Levels: []string{"a", "b"}, Unknown: predict.UnknownIgnore},
		},
		Features: []predict.Feature{
			{Name: "x", Op: "value", Impute: 1, Scale: 2},
			{Name: "c", Input: 1, Op: "table", Table: []float64{1, 2, 3, 4}},
		},
		Linear: &predict.Linear{Bias: 0.5, Weights: []float64{2, -1}, Base: []float64{0, 0}},
	}
}

func TestBinary(t *testing.T) {
	for _, positive := range []string{"", "yes", "no"} {
		p, err := predict.Compile(binary(positive))
		if err != nil {
			t.Fatal(err)
		}
		row := p.NewRow()
		row.SetNumber(0, 3)
		row.SetCategory(1, "zebra") // score = 0.5 + 3 - 3
		yes := 1 / (1 + math.Exp(-0.5))
		o := p.Outcome(row)
		if o.Class != 1 || math.Abs(o.Probabilities[1]-yes) > 1e-15 || math.Abs(o.Probabilities[0]+o.Probabilities[1]-1) > 1e-15 {
			t.Errorf("positive %q: %+v, want yes with %v", positive, o, yes)
		}
		want, score := yes, 0.5
		if positive == "no" {
			want, score = 1-yes, -0.5
		}
		if math.Abs(o.Prediction-want) > 1e-15 || o.Score != score || p.Answer(o.Score) != o.Prediction {
			t.Errorf("positive %q: predicted %v of score %v, want %v of %v", positive, o.Prediction, o.Score, want, score)
		}
	}
}

func TestMulticlass(t *testing.T) {
	for link, want := range map[predict.Link][]float64{
		predict.Softmax:  {math.Exp(1) / (math.Exp(1) + math.Exp(2) + 1), math.Exp(2) / (math.Exp(1) + math.Exp(2) + 1), 1 / (math.Exp(1) + math.Exp(2) + 1)},
		predict.OneVsAll: nil,
	} {
		spec := binary("")
		spec.Task, spec.Link, spec.Classes, spec.Linear = predict.TaskMulticlass, link, []string{"a", "b", "c"}, nil
		for k := range 3 {
			spec.Classwise = append(spec.Classwise, predict.Linear{Bias: []float64{1, 2, 0}[k], Weights: []float64{0, 0}, Base: []float64{0, 0}})
		}
		p, err := predict.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		o := p.Outcome(p.NewRow())
		if o.Class != 1 || o.Score != 2 || o.Prediction != o.Probabilities[1] {
			t.Errorf("%s: %+v", link, o)
		}
		sum := 0.0
		for k, v := range o.Probabilities {
			sum += v
			if link == predict.Softmax && math.Abs(v-want[k]) > 1e-15 {
				t.Errorf("%s: class %d has %v, want %v", link, k, v, want[k])
			}
		}
		if math.Abs(sum-1) > 1e-15 {
			t.Errorf("%s: probabilities add up to %v", link, sum)
		}
	}
}

// TestTreesInManyGoroutines: a program is shared, a row is not.
func TestTreesInManyGoroutines(t *testing.T) {
	p, err := predict.Compile(stump(forest.SingleAtMost))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for k := range 4 {
		all.Go(func() {
			row, x := p.NewRow(), float64(k%2)
			for range 1000 {
				row.SetNumber(0, x)
				if got := p.Outcome(row).Prediction; got != 1+x {
					t.Errorf("x = %v: %v", x, got)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestTreesAllocateNothing(t *testing.T) {
	p, err := predict.Compile(stump(forest.SingleBelow))
	if err != nil {
		t.Fatal(err)
	}
	row := p.NewRow()
	if got := testing.AllocsPerRun(100, func() { row.SetNumber(0, 3); p.Outcome(row) }); got != 0 {
		t.Errorf("%v allocations per row", got)
	}
}

func BenchmarkForest(b *testing.B) {
	spec := stump(forest.SingleAtMost)
	t := spec.Trees
	for range 99 {
		at := int32(len(t.Feature)) //nolint:gosec // small
		t.Roots = append(t.Roots, at)
		t.Feature, t.Threshold, t.Value = append(t.Feature, 0, -1, -1), append(t.Threshold, 0.5, 0, 0), append(t.Value, 0, 1, 2)
		t.Left, t.Right = append(t.Left, at+1, -1, -1), append(t.Right, at+2, -1, -1)
		t.MissingLeft, t.Cover = append(t.MissingLeft, false, false, false), append(t.Cover, 4, 3, 1)
	}
	p, err := predict.Compile(spec)
	if err != nil {
		b.Fatal(err)
	}
	row := p.NewRow()
	for b.Loop() {
		row.SetNumber(0, 0.3)
		p.Outcome(row)
	}
}
