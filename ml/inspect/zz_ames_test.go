package inspect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"dasier/ml/boost"
	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/inspect"
	"dasier/ml/learn"
	"dasier/ml/metric"
)

func TestZZAmes(t *testing.T) {
	file, err := os.Open("/work/shared/data/ames.csv")
	if err != nil {
		t.Fatal(err)
	}
	f, err := frame.ReadCSV(file, frame.Config{})
	if err != nil {
		t.Fatal(err)
	}
	features, target, err := learn.Of(f, "Sale_Price")
	if err != nil {
		t.Fatal(err)
	}
	target.Unit = "USD"
	var train, test []int
	for i := range features.Rows() {
		if i%4 == 0 {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	ctx := context.Background()
	learner := boost.Boosting{}
	start := time.Now()
	lap := func(name string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(name, time.Since(start).Round(time.Millisecond), len(text), "bytes")
		start = time.Now()
	}
	m, err := learner.Fit(ctx, features.Take(train), target.Take(train))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	held, truth := features.Take(test), target.Take(test)
	y, err := learn.Predictions(p, held)
	if err != nil {
		t.Fatal(err)
	}
	lap("fit", nil)
	e, err := metric.Measure(truth.Y, y, metric.Config{Metrics: metric.Names(metric.Regression)})
	if err != nil {
		t.Fatal(err)
	}
	lap("measure", e)
	for _, one := range e.Estimates {
		fmt.Printf("  %s %.4g (%.4g %.4g) %s\n", one.Name, one.Value, one.Low, one.High, one.Method)
	}
	imp, err := inspect.Importance(ctx, p, held, truth, inspect.ImportanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	lap("importance", imp)
	fmt.Println(imp.Sentences)
	dep, err := inspect.Dependence(ctx, p, held, inspect.DependenceConfig{Columns: []string{imp.Columns[0].Columns[0], imp.Columns[1].Columns[0], imp.Columns[2].Columns[0], imp.Columns[3].Columns[0]}})
	if err != nil {
		t.Fatal(err)
	}
	lap("dependence of 4", dep)
	sl, err := inspect.Slices(ctx, held, truth, y, inspect.SliceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	lap("slices", sl)
	fmt.Println(sl.Sentences, sl.Guard, sl.Tried)
	res, err := inspect.Residuals(truth.Y, y, inspect.ResidualConfig{Target: "Sale_Price", Unit: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	lap("residuals", res)
	fmt.Println(res.Sentences)
	o, err := explain.Survey(ctx, p, held, explain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	lap("survey", o)
	for _, e := range o.Inputs[:12] {
		fmt.Printf("  %.0f %% %s\n", 100*e.Share, e.Sentence)
	}
	fmt.Println(o.Warnings)
	sus, err := inspect.Suspects(features, target, 1)
	if err != nil {
		t.Fatal(err)
	}
	lap("suspects", sus)
	lc, err := inspect.Learning(ctx, learner, features, target, inspect.LearningConfig{})
	if err != nil {
		t.Fatal(err)
	}
	lap("learning", lc)
	fmt.Println(lc.Points, lc.Sentences)
}
