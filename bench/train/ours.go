package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"dasier/ml/boost"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/metric"
	"dasier/ml/predict"
	"dasier/ml/tree"
)

var allLearners = []string{"linear", "ridge", "lasso", "logistic", "tree", "forest", "boosting100", "boosting500"}

// learnerOf gives our learner with the settings that peers.py gives theirs.
func learnerOf(data, name string) (learn.Learner, error) {
	ridge, lasso := 1.0, 0.01
	if data == "ames" {
		ridge, lasso = 10, 100
	}
	switch {
	case name == "linear":
		return linear.LeastSquares{}, nil
	case name == "ridge":
		return linear.Ridge{Alpha: ridge}, nil
	case name == "lasso":
		return linear.Lasso{Alpha: lasso}, nil
	case name == "logistic":
		return linear.Logistic{C: 1}, nil
	case name == "tree":
		return tree.Tree{}, nil
	case name == "forest" && data == "million":
		return tree.Forest{Trees: 100, Sample: 0.1, Features: 9, MinRows: 5}, nil
	case name == "forest":
		return tree.Forest{Trees: 100}, nil
	case strings.HasPrefix(name, "boosting"):
		rounds, err := strconv.Atoi(strings.TrimPrefix(name, "boosting"))
		return boost.Boosting{Trees: rounds, Leaves: 31, Bins: 255, LearningRate: 0.1, MinRows: 20}, err
	}
	return nil, errNoLearner
}

// measureOurs fits as peers.py does, and prints as it does.
func measureOurs(ctx context.Context, folder, data, name string) error {
	debug.SetGCPercent(25) // as dasier train does: little is allocated beside the rows
	name, asTheyAre := strings.CutSuffix(name, " native")
	learner, err := learnerOf(data, name)
	if err != nil {
		return err
	}
	t, err := readTable(data, folder)
	if err != nil {
		return err
	}
	target := func(y []float64) learn.Target { return learn.Regression("y", y) }
	if name == "logistic" {
		t.classes()
		target = func(y []float64) learn.Target {
			return learn.Target{Name: "y", Task: predict.TaskBinary, Y: y, Classes: []string{"below", "above"}}
		}
	}
	// Trees are given what their peers are given, unless asked otherwise.
	encode := data == "ames" && native(name) && !asTheyAre
	var m measured
	if data == "million" {
		start := time.Now()
		model, err := learner.Fit(ctx, t.features, target(t.y))
		if err != nil {
			return err
		}
		m.Fit = time.Since(start).Seconds()
		if m.Peak, err = peak(); err != nil {
			return err
		}
		if m.Score, err = score(model, name, t.test, t.testY); err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(m)
	}
	few := make([]int, 200)
	for i := range few {
		few[i] = i
	}
	if _, _, _, err := fit(ctx, learner, t.features.Take(few), target(t.y).Take(few), encode); err != nil {
		return err
	}
	if _, _, m.Fit, err = fit(ctx, learner, t.features, target(t.y), encode); err != nil {
		return err
	}
	for k := range 5 {
		var train, test []int
		for i, fold := range t.folds {
			if fold == k {
				test = append(test, i)
			} else {
				train = append(train, i)
			}
		}
		model, through, seconds, err := fit(ctx, learner, t.features.Take(train), target(t.y).Take(train), encode)
		if err != nil {
			return err
		}
		m.Folds += seconds
		rows, err := through(t.features.Take(test))
		if err != nil {
			return err
		}
		of, err := score(model, name, rows, target(t.y).Take(test).Y)
		if err != nil {
			return err
		}
		m.Score += of / 5
	}
	if m.Peak, err = peak(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(m)
}

// fit times a fit with what goes before it, and gives the way of other rows to
// the model.
func fit(ctx context.Context, learner learn.Learner, f *frame.Frame, target learn.Target, encode bool) (
	model *learn.Model, through func(*frame.Frame) (*frame.Frame, error), seconds float64, err error,
) {
	start := time.Now()
	through = func(f *frame.Frame) (*frame.Frame, error) { return f, nil }
	if encode {
		if through, err = indicators(f); err != nil {
			return nil, nil, 0, err
		}
		if f, err = through(f); err != nil {
			return nil, nil, 0, err
		}
	}
	model, err = learner.Fit(ctx, f, target)
	return model, through, time.Since(start).Seconds(), err
}

func score(model *learn.Model, learner string, f *frame.Frame, y []float64) (float64, error) {
	program, err := model.Compile()
	if err != nil {
		return 0, err
	}
	predictions, err := learn.Predictions(program, f)
	if err != nil {
		return 0, err
	}
	name := "rmse"
	if learner == "logistic" {
		name = "auc"
	}
	measure, err := metric.Lookup(name)
	if err != nil {
		return 0, err
	}
	return measure.Of(y, predictions), nil
}

// peak is the most memory that this process ever had, in MB.
func peak() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			var kilobytes float64
			_, err := fmt.Sscan(text, &kilobytes)
			return kilobytes / 1024, err
		}
	}
	return 0, fmt.Errorf("this system does not tell the peak of memory")
}
