package rowjson_test

import (
	"strings"
	"testing"

	"github.com/valyala/fastjson"

	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// TestFreeText: any text will do, as it is, and numbers are texts too.
func TestFreeText(t *testing.T) {
	p, err := predict.Compile(predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"},
		Inputs:   []predict.Input{{Name: "words", Kind: frame.Category, Text: true, Required: true, Unknown: "error", Hashing: &predict.Hashing{Buckets: 4}}},
		Features: []predict.Feature{{Name: "w", Op: "hashed", Bucket: 1, Scale: 1}},
		Linear:   &predict.Linear{Weights: []float64{1}, Base: []float64{0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	row := p.NewRow()
	for sent, want := range map[string]string{
		`{"words":"Schönes Haus, \"ruhig\"\n"}`: "Schönes Haus, \"ruhig\"\n",
		`{"words":12.50}`:                       "12.50",
		`{"words":true}`:                        "true",
	} {
		var notices []rowjson.Notice
		if err := rowjson.Decode(fastjson.MustParse(sent), p, row, &notices); err != nil || len(notices) > 0 {
			t.Errorf("%s: %v, notices %v", sent, err, notices)
		}
		if got, ok := row.Text(0); !ok || string(got) != want {
			t.Errorf("%s is %q", sent, got)
		}
	}
	for _, sent := range []string{`{}`, `{"words":""}`, `{"words":null}`, `{"words":["a"]}`} {
		err := rowjson.Decode(fastjson.MustParse(sent), p, row, nil)
		if err == nil || !strings.Contains(err.Error(), "a text") {
			t.Errorf("%s: %v", sent, err)
		}
	}
}
