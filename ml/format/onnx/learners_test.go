package onnx_test

import (
	"bytes"
	"math"
	"testing"

	"dasier/ml/boost"
	"dasier/ml/calibrate"
	"dasier/ml/format/onnx"
	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/linear"
	"dasier/ml/predict"
	"dasier/ml/stack"
	"dasier/ml/tree"
)

// What learners emit is written, and read back with the same answers.
func TestLearnersAreWritten(t *testing.T) {
	both := map[string]learn.Learner{
		"forest": tree.Forest{Trees: 5}, "extra trees": tree.ExtraTrees{Trees: 5}, "boosting": boost.Boosting{Trees: 10}, "knn": knn.Neighbours{},
		"blending": stack.Blending{Base: []stack.Named{{Name: "a", Learner: tree.Tree{Depth: 4}}, {Name: "b", Learner: knn.Neighbours{}}}, Folds: 2},
	}
	for task, own := range map[string]map[string]learn.Learner{
		predict.TaskRegression: {"ridge": linear.Ridge{}, "quantile": linear.Quantile{}, "poisson": linear.Poisson{}},
		predict.TaskBinary:     {"logistic": linear.Logistic{}, "sigmoid": rising(calibrate.Sigmoid), "isotonic": rising(calibrate.Isotonic)},
		predict.TaskMulticlass: {"logistic": linear.Logistic{}, "sigmoid": rising(calibrate.Sigmoid), "isotonic": rising(calibrate.Isotonic)},
	} {
		features, target := learntest.Rows(200, task, true)
		for _, learners := range []map[string]learn.Learner{both, own} {
			for name, learner := range learners {
				t.Run(task+"/"+name, func(t *testing.T) { learnedAndWritten(t, learner, features, target) })
			}
		}
	}
}

func rising(method calibrate.Method) learn.Learner {
	return calibrate.Calibrated{Learner: tree.Forest{Trees: 5}, Method: method, Folds: 2}
}

func learnedAndWritten(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) {
	model, err := learner.Fit(t.Context(), features, target)
	if err != nil {
		t.Fatal(err)
	}
	want := answersOf(t, model.Spec, features)
	program, err := model.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := onnx.Write(&file, program); err != nil {
		t.Fatal(err)
	}
	read, err := onnx.Read(file.Bytes(), onnx.Hint{Target: target.Name})
	if err != nil {
		t.Fatal(err)
	}
	var columns []*frame.Column
	for _, in := range read.Spec.Inputs {
		c, _ := features.Column(in.Name)
		as := *c
		as.Kind = in.Kind // bools are numbers there
		columns = append(columns, &as)
	}
	table, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	got := answersOf(t, read.Spec, table)
	if len(got) != len(want) {
		t.Fatalf("%d answers, %d are wanted", len(got), len(want))
	}
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-12*max(1, math.Abs(want[i])) {
			t.Fatalf("answer %d is %g, and %g when written and read", i, want[i], got[i])
		}
	}
}

func answersOf(t *testing.T, s predict.Spec, f *frame.Frame) []float64 {
	t.Helper()
	p, err := predict.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
