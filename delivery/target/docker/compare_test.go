package docker

import (
	"encoding/json"
	"strings"
	"testing"

	"dasier/delivery/serve/servetest"
	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// dear is a classifier: whether a house is dear, by its area alone.
func dear() predict.Spec {
	return predict.Spec{
		Version: 1, Task: predict.TaskBinary, Link: predict.Logistic, Classes: []string{"cheap", "dear"}, Target: predict.Target{Name: "Class"},
		Inputs:   []predict.Input{{Name: "Gr_Liv_Area", Kind: frame.Number, Required: true, Unit: "sq ft", Min: 334, Max: 5642, Low: 600, High: 3000, Median: 1442}},
		Features: []predict.Feature{{Name: "Gr_Liv_Area", Op: "value", Impute: 1442, Center: 1442, Scale: 500}},
		Linear:   &predict.Linear{Bias: 0.5, Weights: []float64{2}, Base: []float64{0}},
	}
}

// What a container answers is held to all that the package recorded.
func TestCompareRows(t *testing.T) {
	regression := `{"row":` + servetest.Row + `,"prediction":1191000}`
	classifier := `{"row":{"Gr_Liv_Area":1500},"prediction":0.75,"label":"dear","probabilities":[0.25,0.75]}`
	for _, c := range []struct {
		name      string
		spec      predict.Spec
		reference string
		answers   string
		want      string // "" : accepted
	}{
		{"a prediction", servetest.Houses(1), regression, `[{"prediction":1191000,"unit":"USD"}]`, ""},
		{"another prediction", servetest.Houses(1), regression, `[{"prediction":1191001}]`, "reference row 1: in the container the model answers 1.191001e+06, at training it answered 1.191e+06"},
		{"no prediction", servetest.Houses(1), regression, `[{}]`, "no prediction"},
		{"no answer", servetest.Houses(1), regression, `[]`, "does not answer the reference rows"},
		{"a problem", servetest.Houses(1), regression, `{"title":"Internal"}`, "does not answer the reference rows"},
		{"a class", dear(), classifier, `[{"prediction":0.75,"label":"dear","probabilities":{"cheap":0.25,"dear":0.75}}]`, ""},
		{"another class", dear(), classifier, `[{"prediction":0.75,"label":"cheap","probabilities":{"cheap":0.25,"dear":0.75}}]`, `chooses "cheap", at training it chose "dear"`},
		{"an unknown class", dear(), classifier, `[{"prediction":0.75,"label":"free","probabilities":{"cheap":0.25,"dear":0.75}}]`, `chooses "free", which is none of its classes`},
		{"no class", dear(), classifier, `[{"prediction":0.75}]`, "none of its classes"},
		{"another probability", dear(), classifier, `[{"prediction":0.75,"label":"dear","probabilities":{"cheap":0.2,"dear":0.75}}]`, `gives the class "cheap" the probability 0.2, at training it was 0.25`},
		{"a missing probability", dear(), classifier, `[{"prediction":0.75,"label":"dear","probabilities":{"dear":0.75}}]`, `gives the class "cheap" no probability`},
	} {
		program, err := predict.Compile(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		var reference mlflow.Reference
		if err := json.Unmarshal([]byte(c.reference), &reference); err != nil {
			t.Fatal(err)
		}
		err = compareRows(program, false, 0, []mlflow.Reference{reference}, []byte(c.answers))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
