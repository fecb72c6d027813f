package knn_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// reference is what testdata/reference.py printed.
type reference struct {
	X       [][]float64 `json:"x"`
	Y       []float64   `json:"y"`
	Binary  []float64   `json:"binary"`
	Several []float64   `json:"several"`
	Train   int         `json:"train"`
	Cases   []struct {
		K          int       `json:"k"`
		Weights    string    `json:"weights"`
		Metric     string    `json:"metric"`
		P          float64   `json:"p"`
		Regression []float64 `json:"regression"`
		Binary     []float64 `json:"binary"`
		Multiclass []float64 `json:"multiclass"`
	} `json:"cases"`
}

func TestAsScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(text, &ref); err != nil {
		t.Fatal(err)
	}
	features := table(t, ref.X)
	var train, test []int
	for i := range ref.X {
		if i < ref.Train {
			train = append(train, i)
		} else {
			test = append(test, i)
		}
	}
	for _, c := range ref.Cases {
		learner := knn.Neighbours{K: c.K, Weights: knn.Weights(c.Weights), Metric: c.Metric, P: c.P}
		for task, target := range map[string]struct {
			target learn.Target
			want   []float64
		}{
			predict.TaskRegression: {learn.Regression("y", ref.Y), c.Regression},
			predict.TaskBinary:     {learn.Target{Name: "y", Task: predict.TaskBinary, Classes: []string{"a", "b"}, Y: ref.Binary}, c.Binary},
			predict.TaskMulticlass: {learn.Target{Name: "y", Task: predict.TaskMulticlass, Classes: []string{"a", "b", "c"}, Y: ref.Several}, c.Multiclass},
		} {
			t.Run(fmt.Sprintf("%s %d %s %s", task, c.K, c.Weights, c.Metric), func(t *testing.T) {
				got := answers(t, learner, features, target.target, train, test)
				for i, want := range target.want {
					if math.Abs(got[i]-want) > 1e-9*max(1, math.Abs(want)) {
						t.Fatalf("number %d of %d is %v, scikit-learn's is %v", i, len(got), got[i], want)
					}
				}
			})
		}
	}
}

func table(t *testing.T, rows [][]float64) *frame.Frame {
	t.Helper()
	columns := make([]*frame.Column, len(rows[0]))
	for j := range columns {
		columns[j] = &frame.Column{Name: string(rune('a' + j)), Kind: frame.Number}
		for _, row := range rows {
			columns[j].Values = append(columns[j].Values, row[j])
		}
	}
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func answers(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target, train, test []int) []float64 {
	t.Helper()
	m, err := learner.Fit(t.Context(), features.Take(train), target.Take(train))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	got, err := learn.Predictions(p, features.Take(test))
	if err != nil {
		t.Fatal(err)
	}
	return got
}
