package onnx

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"dasier/ml/parity/paritytest"
	"dasier/ml/tensor"
)

// reference is a NAME.ref.json.
type reference struct {
	Estimator string `json:"estimator"`
	Inputs    []struct {
		Name  string `json:"name"`
		DType string `json:"dtype"`
		Shape []int  `json:"shape"`
		Data  []any  `json:"data"`
	} `json:"inputs"`
	Outputs []struct {
		Name  string          `json:"name"`
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	} `json:"outputs"`
	Error string `json:"onnxruntime_error"`

	text []byte
}

// conversions reads gen-onnx of the shared set: models by skl2onnx with what
// ONNX Runtime answered.
func conversions(t testing.TB) (models map[string][]byte, references map[string]*reference) {
	t.Helper()
	corpusRead.Do(func() { corpusModels, corpusReferences = readCorpus(t) })
	if len(corpusModels) == 0 {
		t.Fatal("the set of conversions was not read")
	}
	return corpusModels, corpusReferences
}

// The set is unpacked once for all tests.
var (
	corpusRead       sync.Once
	corpusModels     map[string][]byte
	corpusReferences map[string]*reference
)

func readCorpus(t testing.TB) (models map[string][]byte, references map[string]*reference) {
	t.Helper()
	models, references = make(map[string][]byte), make(map[string]*reference)
	for name, data := range paritytest.Files(t, "generated") {
		name, ok := strings.CutPrefix(name, "gen-onnx/")
		if !ok {
			continue
		}
		if base, ok := strings.CutSuffix(name, ".onnx"); ok {
			models[base] = data
		} else if base, ok := strings.CutSuffix(name, ".ref.json"); ok {
			var r reference
			if err := json.Unmarshal(data, &r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			r.text = data
			references[base] = &r
		}
	}
	return models, references
}

// number reads a JSON number as the references spell it: null is NaN.
func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	case string:
		switch v {
		case "inf":
			return math.Inf(1)
		case "-inf":
			return math.Inf(-1)
		}
	}
	return math.NaN()
}

func (r *reference) tensors(ports []tensor.Port) ([]tensor.Tensor, error) {
	in := make([]tensor.Tensor, len(ports))
	for i, port := range ports {
		found := false
		for _, from := range r.Inputs {
			if from.Name != port.Name {
				continue
			}
			found = true
			in[i] = tensor.Tensor{Type: port.Type, Shape: from.Shape}
			for _, v := range from.Data {
				switch port.Type {
				case tensor.Float:
					in[i].Float = append(in[i].Float, float32(number(v)))
				case tensor.Double:
					in[i].Double = append(in[i].Double, number(v))
				case tensor.Int64:
					in[i].Int64 = append(in[i].Int64, int64(number(v)))
				case tensor.String:
					text, ok := v.(string)
					if !ok {
						text = fmt.Sprint(v)
					}
					in[i].String = append(in[i].String, text)
				default:
					return nil, fmt.Errorf("input %s of type %s", port.Name, port.Type)
				}
			}
		}
		if !found {
			return nil, fmt.Errorf("no input %q", port.Name)
		}
	}
	return in, nil
}

// flat lists the numbers or texts of a reference's output in row-major order.
func flat(v any, keys []string, into []any) []any {
	switch v := v.(type) {
	case []any:
		for _, cell := range v {
			into = flat(cell, keys, into)
		}
	case map[string]any:
		for _, key := range keys {
			into = append(into, v[key])
		}
	default:
		into = append(into, v)
	}
	return into
}

// difference is the largest one between a tensor and a reference's output,
// relative to the larger of the two and at least to 1; a text that differs
// counts as infinite.
func difference(t *tensor.Tensor, keys []string, want json.RawMessage) (float64, error) {
	var v any
	if err := json.Unmarshal(want, &v); err != nil {
		return 0, err
	}
	cells := flat(v, keys, nil)
	if len(cells) != t.Count() {
		return 0, fmt.Errorf("%d cells of shape %v, want %d", t.Count(), t.Shape, len(cells))
	}
	worst := 0.0
	for i, cell := range cells {
		if t.Type == tensor.String {
			if t.String[i] != cell {
				return math.Inf(1), fmt.Errorf("cell %d is %q, want %v", i, t.String[i], cell)
			}
			continue
		}
		got, want := cellOf(t, i), number(cell)
		if math.IsNaN(got) && math.IsNaN(want) || got == want {
			continue
		}
		d := math.Abs(got-want) / max(math.Abs(want), 1)
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		worst = max(worst, d)
	}
	return worst, nil
}
