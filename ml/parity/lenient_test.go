package parity_test

import (
	"testing"

	"dasier/ml/frame"
	"dasier/ml/parity"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// line is 2 a + 3 b + 1, and as a choice whether that is above 0.
func line(t *testing.T, task string, classes ...string) *predict.Program {
	t.Helper()
	value := func(input int) predict.Feature {
		return predict.Feature{Input: input, Op: "steps", Steps: []stage.Step{{Op: "add"}}}
	}
	spec := predict.Spec{
		Version: 1, Task: task, Target: predict.Target{Name: "y"}, Classes: classes,
		Inputs:   []predict.Input{{Name: "a", Kind: frame.Number}, {Name: "b", Kind: frame.Number}},
		Features: []predict.Feature{value(0), value(1)},
		Linear:   &predict.Linear{Weights: []float64{2, 3}, Base: []float64{0, 0}, Bias: 1},
	}
	if len(classes) > 0 {
		spec.Link = predict.Logistic
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReferencesAsScriptsWriteThem(t *testing.T) {
	for name, text := range map[string]string{
		"plain":              `{"columns": ["a", "b"], "rows": [[1, 1], [0, 2]], "output": {"predict": [6, 7]}}`,
		"by place":           `{"rows": [[1, 1], [0, 2]], "output": {"predict": [6, 7]}}`,
		"no columns":         `{"columns": [], "rows": [[1, 1], [0, 2]], "output": {"predict": [6, 7]}}`,
		"another order":      `{"columns": ["b", "id", "a"], "rows": [[1, "x", 1], [2, null, 0]], "output": {"predict": [6, 7]}}`,
		"spaces":             `{"columns": [" b", "a "], "rows": [[1, 1], [2, 0]], "output": {"predict": [6, 7]}}`,
		"other names":        `{"columns": ["f0", "f1"], "rows": [[1, 1], [0, 2]], "output": {"predict": [6, 7]}}`,
		"objects":            `{"columns": ["a", "b"], "rows": [{"a": 1, "b": 1}, {"b": 2, "a": 0}], "output": {"predict": [6, 7]}}`,
		"objects alone":      `{"rows": [{"b": 1, "a": 1}, {"b": 2, "a": 0}], "output": {"predict": [6, 7]}}`,
		"texts and truths":   `{"columns": ["a", "b"], "rows": [[" 1.0", true], ["False", "2"]], "output": {"predict": [6, 7]}}`,
		"a matrix":           `{"columns": ["a", "b"], "rows": [[1, 1], [0, 2]], "output": {"predict": [[6], [7]]}}`,
		"a list":             `{"columns": ["a", "b"], "rows": [[1, 1], [0, 2]], "output": [6, 7]}`,
		"a score besides":    `{"columns": ["a", "b"], "rows": [[1, 1], [0, 2]], "output": {"predict": [6, 7], "score": 0.5}}`,
		"a tolerance":        `{"columns": ["a", "b"], "rows": [[1, 1], [0, 2]], "output": {"predict": [6.01, 7]}, "tolerance": 0.01}`,
		"tolerances":         `{"columns": ["a", "b"], "rows": [[1, 1], [0, 2]], "output": {"predict": [6.01, 7]}, "tolerance": {"rtol": 0.01, "atol": 0}}`,
		"Python's NaN":       `{"columns": ["a", "b", "NaN \" Infinity"], "rows": [[1, 1, NaN], [0, 2, -Infinity]], "output": {"predict": [6, 7]}}`,
		"a missing number":   `{"columns": ["a", "b"], "rows": [[1, NaN], [0, 2]], "output": {"predict": [null, 7]}}`,
		"inside of an input": `{"input": {"columns": ["a", "b"], "rows": [[1, 1], [0, 2]]}, "output": {"predict": [6, 7]}}`,
	} {
		equal(t, name, text, line(t, predict.TaskRegression))
	}
}

func TestLabelsAsScriptsWriteThem(t *testing.T) {
	const rows = `{"rows": [[1, 1], [-1, -1]], "output": `
	for name, text := range map[string]string{
		"truths":      rows + `{"predict": [true, false], "classes_": [false, true]}}`,
		"Python's":    rows + `{"predict": ["True", "False"]}}`,
		"numbers":     rows + `{"predict": [1, 0.0]}}`,
		"texts":       rows + `{"predict": ["1", "0"]}}`,
		"a matrix":    rows + `{"predict": [[1], [0]]}}`,
		"one chance":  rows + `{"predict_proba": [0.9975273768433652, 0.01798620996209156]}}`,
		"two chances": rows + `{"predict_proba": [[0.0024726231566347743, 0.9975273768433652], [0.9820137900379085, 0.01798620996209156]]}}`,
	} {
		equal(t, name, text, line(t, predict.TaskBinary, "0", "1"))
	}
	reference, err := parity.Parse([]byte(rows + `{"predict": [0, 0]}}`))
	if err != nil {
		t.Fatal(err)
	}
	result, err := parity.Compare(line(t, predict.TaskBinary, "0", "1"), reference, parity.Options{Columns: []string{"a", "b"}})
	if err != nil || result.Equal() {
		t.Errorf("a wrong label is equal: %+v, %v", result, err)
	}
}

func equal(t *testing.T, name, text string, p *predict.Program) {
	t.Helper()
	reference, err := parity.Parse([]byte(text))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	result, err := parity.Compare(p, reference, parity.Options{Columns: []string{"a", "b"}})
	if err != nil || !result.Equal() {
		t.Errorf("%s: %+v, %v", name, result.Outputs, err)
	}
}
