package infer_test

import (
	"encoding/json"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// advertised is a model of a free text and a number, of a power of the target.
func advertised() predict.Spec {
	power := 0.5
	return predict.Spec{
		Version: 1, Task: predict.TaskRegression,
		Target: predict.Target{Name: "price", Unit: "EUR", Power: &power, Smear: []float64{-1, 1}},
		Inputs: []predict.Input{
			{Name: "words", Kind: frame.Category, Unknown: predict.UnknownIgnore, Text: true, Hashing: &predict.Hashing{Buckets: 2, Unsigned: true}},
			{Name: "area", Kind: frame.Number},
		},
		Features: []predict.Feature{
			{Name: "w0", Op: "hashed", Bucket: 0, Scale: 1},
			{Name: "w1", Op: "hashed", Bucket: 1, Scale: 1},
			{Name: "area", Input: 1, Op: "value", Scale: 1},
		},
		Linear: &predict.Linear{Bias: 1, Weights: []float64{3, 5, 0.5}, Base: []float64{0.5, 0.5, 10}},
	}
}

// TestFreeTextInEveryProtocol: a text that no training row had is answered, and
// the same whichever way it comes.
func TestFreeTextInEveryProtocol(t *testing.T) {
	s := open(t, infer.Config{})
	const words = `Großes Haus, \"am See\"`
	pkg := servetest.PackageWith(t, advertised(), `{"words":"`+words+`","area":12}`, `{"area":3}`)
	if _, err := fs.Stat(pkg, "model.onnx"); err == nil {
		t.Error("a model of words is written as ONNX, which has no operator for them")
	}
	meta := serve.Meta{Model: "prices", Version: 1, Public: true, DeployedAt: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}
	if err := s.engine.Load(t.Context(), public, pkg, meta); err != nil {
		t.Fatal(err)
	}
	one := decode[answer](t, s.ask("POST", predURL+"?explain=1", `{"words":"`+words+`","area":12}`))
	if one.Reasons == nil || one.Reasons.Scale != "transformed" || len(one.Reasons.Contributions) != 2 || len(one.Notices) > 0 {
		t.Fatalf("the answer is %+v", one)
	}
	sum := one.Reasons.BasePrediction
	for _, c := range one.Reasons.Contributions {
		sum += c.Amount
	}
	if math.Abs(sum-one.Prediction) > 1e-9*sum {
		t.Errorf("the amounts add up to %v, the prediction is %v", sum, one.Prediction)
	}
	open := s.ask("POST", "/v2/models/"+public+"/infer", `{"inputs":[{"name":"words","shape":[1],"datatype":"BYTES","data":["`+words+`"]},`+
		`{"name":"area","shape":[1],"datatype":"FP64","data":[12]}]}`)
	var tensors struct {
		Outputs []struct {
			Data []float64 `json:"data"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal(open.Body.Bytes(), &tensors); err != nil || len(tensors.Outputs) == 0 || tensors.Outputs[0].Data[0] != one.Prediction {
		t.Errorf("Open Inference says %s, want %v", open.Body, one.Prediction)
	}
	about := s.ask("GET", strings.TrimSuffix(predURL, "/predict"), "").Body.String()
	if !strings.Contains(about, `"text":true`) || strings.Contains(about, "levels") {
		t.Errorf("the description is %s", about)
	}
}
