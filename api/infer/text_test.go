package infer_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/ml/frame"
	"dasier/ml/lexicon"
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

// filter is a model of the words of a text and a number: a classifier by a logistic.
func filter(words int) predict.Spec {
	terms, weights := make([]string, words), make([]float64, words)
	for k := range terms {
		terms[k], weights[k] = fmt.Sprintf("w%02d", k), 1+float64(k)/10
	}
	terms[0], weights[0] = "\"no\"", -2
	return predict.Spec{
		Version: 1, Task: predict.TaskBinary, Target: predict.Target{Name: "kind"}, Classes: []string{"ham", "spam"}, Link: predict.Logistic,
		Inputs: []predict.Input{
			{Name: "text", Kind: frame.Category, Unknown: predict.UnknownIgnore, Text: true},
			{Name: "length", Kind: frame.Number},
		},
		Readings: []predict.Reading{{Lexicon: lexicon.Lexicon{Analyzer: lexicon.Words, Pattern: `\S+`, From: 1, To: 1, Terms: terms, Norm: "l2"}}},
		Features: []predict.Feature{
			{Name: "words", Op: "terms", Scale: 1, Table: weights},
			{Name: "length", Input: 1, Op: "value", Scale: 1},
		},
		Linear: &predict.Linear{Bias: -1, Weights: []float64{2, 0.01}, Base: []float64{0, 10}},
	}
}

// TestWordsOverHTTP: the reasons of a text are its words, the heaviest of them and
// the sum of the others, which add up to the text's own effect and amount; in the
// other protocols likewise.
func TestWordsOverHTTP(t *testing.T) {
	s := open(t, infer.Config{})
	long := `\"no\" unknown`
	for k := 1; k < 30; k++ {
		long += fmt.Sprintf(" w%02d", k)
	}
	pkg := servetest.PackageWith(t, filter(30), `{"text":"`+long+`","length":12}`, `{"length":3}`)
	meta := serve.Meta{Model: "filter", Version: 1, Public: true, DeployedAt: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}
	if err := s.engine.Load(t.Context(), public, pkg, meta); err != nil {
		t.Fatal(err)
	}
	var both []struct {
		Reasons json.RawMessage
	}
	rows := `[{"text":"` + long + `","length":12},{"length":12}]`
	if err := json.Unmarshal(s.ask("POST", predURL+"?explain=1", rows).Body.Bytes(), &both); err != nil || len(both) != 2 {
		t.Fatalf("%d answers: %v", len(both), err)
	}
	type word struct {
		Word           string
		Effect, Amount float64
	}
	var told struct {
		Contributions []struct {
			Input          string
			Effect, Amount float64
			Words          []word
			OtherWords     struct {
				Count          int
				Effect, Amount float64
			} `json:"other_words"`
		}
	}
	if err := json.Unmarshal(both[0].Reasons, &told); err != nil || len(told.Contributions) != 2 {
		t.Fatalf("the reasons are %s: %v", both[0].Reasons, err)
	}
	c := told.Contributions[0]
	effect, amount := c.OtherWords.Effect, c.OtherWords.Amount
	for _, w := range c.Words {
		effect, amount = effect+w.Effect, amount+w.Amount
	}
	if len(c.Words) != 20 || c.OtherWords.Count != 10 || c.Words[0].Word != "w29" || c.Input != "text" ||
		math.Abs(effect-c.Effect) > 1e-12 || math.Abs(amount-c.Amount) > 1e-12 || c.Amount == 0 {
		t.Errorf("the text's reasons are %+v: they add up to %v and %v", c, effect, amount)
	}
	if !slices.ContainsFunc(c.Words, func(w word) bool { return w.Word == `"no"` && w.Effect < 0 }) {
		t.Errorf("the quoted word is none of %+v", c.Words)
	}
	if text := string(both[1].Reasons); !strings.Contains(text, `"input":"text","value":null,"effect":0,"amount":0,"words":[]}`) {
		t.Errorf("without a text the reasons are %s", text)
	}
	for path, body := range map[string]string{
		"/v1/models/" + public + ":explain":            `{"instances":` + rows + `}`,
		"/api/v1/endpoints/" + public + "/invocations": `{"dataframe_records":` + rows + `,"params":{"explain":true}}`,
	} {
		if got := s.ask("POST", path, body); !strings.Contains(got.Body.String(), strings.TrimSpace(string(both[0].Reasons))) {
			t.Errorf("%s answers %s", path, got.Body)
		}
	}
}
