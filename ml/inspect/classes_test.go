package inspect_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/ml/frame"
	"dasier/ml/inspect"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// kinds is a model of three classes whose scores are 0, 2a and -2a.
func kinds(t *testing.T) (*predict.Program, *frame.Frame, learn.Target) {
	t.Helper()
	spec := predict.Spec{
		Version: 1, Task: predict.TaskMulticlass, Target: predict.Target{Name: "kind"}, Classes: []string{"mid", "high", "low"}, Link: predict.Softmax,
		Inputs: []predict.Input{{Name: "a", Kind: frame.Number}, {Name: "b", Kind: frame.Number}},
		Features: []predict.Feature{
			{Name: "a", Input: 0, Op: "value", Scale: 1},
			{Name: "b", Input: 1, Op: "value", Scale: 1},
		},
		Classwise: []predict.Linear{
			{Weights: []float64{0, 0}, Base: []float64{0, 0}},
			{Weights: []float64{2, 0}, Base: []float64{0, 0}},
			{Weights: []float64{-2, 0}, Base: []float64{0, 0}},
		},
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 77))
	const n = 1200
	a, b, y := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		a[i], b[i] = random.NormFloat64(), random.NormFloat64()
		switch v := a[i] + 0.5*random.NormFloat64(); {
		case v > 0.7:
			y[i] = 1
		case v < -0.7:
			y[i] = 2
		}
	}
	return p, table(t, number("a", a), number("b", b)), learn.Target{Name: "kind", Task: predict.TaskMulticlass, Y: y, Classes: spec.Classes}
}

func TestInspectingClasses(t *testing.T) {
	p, f, target := kinds(t)
	ctx := context.Background()
	for _, name := range []string{"log_loss", "auc", "accuracy"} {
		r, err := inspect.Importance(ctx, p, f, target, inspect.ImportanceConfig{Metric: name})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := r.Columns[0], r.Columns[1]; a.Columns[0] != "a" || !a.Needed || a.Rise < 0.1 || b.Rise != 0 || b.Needed {
			t.Errorf("%s: %+v", name, r.Columns)
		}
	}
	d, err := inspect.Dependence(ctx, p, f, inspect.DependenceConfig{Columns: []string{"a"}, Points: 9})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Curves) != 3 || d.Curves[1].Class != "high" {
		t.Fatalf("%d curves", len(d.Curves))
	}
	for k := range d.Curves[0].Points {
		sum := 0.0
		for _, c := range d.Curves {
			sum += c.Points[k].Mean
		}
		x := d.Curves[1].Points[k]
		if want := math.Exp(2*x.Value) / (1 + math.Exp(2*x.Value) + math.Exp(-2*x.Value)); math.Abs(sum-1) > 1e-12 || math.Abs(x.Mean-want) > 1e-9 {
			t.Errorf("at %g: %g, want %g; all add up to %g", x.Value, x.Mean, want, sum)
		}
	}
	predictions, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	s, err := inspect.Slices(ctx, f, target, predictions, inspect.SliceConfig{})
	if err != nil || s.Metric != "log_loss" || s.Tried == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	// The largest error has no interval to compare by.
	regression := learn.Regression("y", target.Y)
	if _, err := inspect.Importance(ctx, line(t), table(t, f.Columns()...), regression, inspect.ImportanceConfig{Metric: "max_error"}); err == nil {
		t.Error("importance by the largest error: no error")
	}
}

// One class only among the held-out rows: no panic, no NaN, but a sentence.
func TestOneClassOnly(t *testing.T) {
	p, f, target := kinds(t)
	var rows []int
	for i, v := range target.Y {
		if v == 0 {
			rows = append(rows, i)
		}
	}
	f, target = f.Take(rows), target.Take(rows)
	if _, err := inspect.Importance(context.Background(), p, f, target, inspect.ImportanceConfig{Metric: "auc"}); err == nil || !strings.Contains(err.Error(), "AUC is undefined on the") {
		t.Errorf("%v", err)
	}
	r, err := inspect.Importance(context.Background(), p, f, target, inspect.ImportanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestCorrelated(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 78))
	const n = 500
	columns := map[string][]float64{}
	for range n {
		a, b := random.NormFloat64(), random.NormFloat64()
		for name, v := range map[string]float64{"a": a, "exp a": math.Exp(a), "like exp a": math.Exp(a) * 1.01, "b": b, "minus b": -b + 0.05*a, "c": float64(random.IntN(3))} {
			columns[name] = append(columns[name], v)
		}
	}
	columns["exp a"][3] = math.NaN()
	var list []*frame.Column
	for _, name := range []string{"a", "b", "c", "exp a", "minus b", "like exp a"} {
		list = append(list, number(name, columns[name]))
	}
	got := inspect.Correlated(table(t, list...), 0.8, 1)
	if diff := cmp.Diff([][]string{{"a", "exp a", "like exp a"}, {"b", "minus b"}}, got); diff != "" {
		t.Error(diff)
	}
}
