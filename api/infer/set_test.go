package infer_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// TestSetOfClasses asks a classifier that promises which classes hold the true one.
func TestSetOfClasses(t *testing.T) {
	s := open(t, infer.Config{})
	spec := predict.Spec{
		Version: 1, Task: predict.TaskBinary, Target: predict.Target{Name: "status"}, Classes: []string{"bad", "good"},
		Inputs:   []predict.Input{{Name: "income", Kind: frame.Number}},
		Features: []predict.Feature{{Name: "income", Op: "value", Scale: 1}},
		Linear:   &predict.Linear{Weights: []float64{1}, Base: []float64{0}}, Link: predict.Logistic,
		Set: &predict.ClassSet{Level: 0.75, Strangeness: []float64{0.1, 0.2, 0.6}, Coverage: 0.8, CoveredOf: 100},
	}
	program, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	references, err := mlflow.NewReference(program, []json.RawMessage{json.RawMessage(`{"income": 1}`)})
	if err != nil {
		t.Fatal(err)
	}
	files, err := mlflow.Files(&mlflow.Package{Spec: spec, Algorithm: "logistic", Reference: references})
	if err != nil {
		t.Fatal(err)
	}
	pkg := fstest.MapFS{}
	for name, text := range files {
		pkg[name] = &fstest.MapFile{Data: text, Mode: 0o644}
	}
	if err := s.engine.Load(t.Context(), "loan", pkg, serve.Meta{Model: "loan", Version: 1, Public: true}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query, row, want string
		status           int
	}{
		{"", `{"income": 3}`, `"set":{"classes":["good"],"level":0.75}`, http.StatusOK},
		{"", `{"income": 0.1}`, `"set":{"classes":["good","bad"],"level":0.75}`, http.StatusOK},
		{"?level=0.5", `{"income": 0.1}`, `"set":{"classes":["good"],"level":0.5}`, http.StatusOK},
		{"?level=0.9", `{"income": 0.1}`, `3 calibration rows`, http.StatusUnprocessableEntity},
	} {
		w := s.ask("POST", "/api/v1/endpoints/loan/predict"+c.query, c.row)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: got %d %s, want %s", c.query, c.row, w.Code, w.Body, c.want)
		}
	}
}
