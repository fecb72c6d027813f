package predict_test

import (
	"strings"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/lexicon"
	"dasier/ml/predict"
)

// reader is a choice between two by words: 2 for each "win", -1 for each "home",
// and a half for "cash" as a feature of its own.
func reader() predict.Spec {
	return predict.Spec{
		Version: 1, Task: predict.TaskBinary, Target: predict.Target{Name: "kind"}, Classes: []string{"ham", "spam"}, Link: predict.Logistic,
		Inputs: []predict.Input{{Name: "text", Kind: frame.Category, Text: true, Required: true}, {Name: "length", Kind: frame.Number}},
		Readings: []predict.Reading{{Input: 0, Lexicon: lexicon.Lexicon{
			Analyzer: lexicon.Words, Pattern: lexicon.DefaultPattern, From: 1, To: 1, Lower: true, Terms: []string{"win", "home", "cash"},
		}}},
		Features: []predict.Feature{
			{Name: "words", Input: 0, Op: "terms", Scale: 1, Table: predict.Numbers{2, -1, 0}},
			{Name: "cash", Input: 0, Op: "term", Bucket: 2, Scale: 1},
			{Name: "length", Input: 1, Op: "value", Scale: 1},
		},
		Linear: &predict.Linear{Bias: 0.25, Weights: []float64{1, 0.5, 0}, Base: []float64{0, 0, 0}},
	}
}

// TestReadings: a text's words are counted row by row, in batches and in tables,
// and after the spec was written and read.
func TestReadings(t *testing.T) {
	text, err := predict.MarshalSpec(reader())
	if err != nil {
		t.Fatal(err)
	}
	spec, err := predict.ParseSpec(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	texts, want := []string{"WIN win cash", "at home", "nothing", "cash cash home"}, []float64{4.75, -0.75, 0.25, 0.25}
	row := p.NewRow()
	for k, text := range texts {
		row.Reset()
		row.SetCategory(0, text)
		if got := p.Score(row); got != want[k] {
			t.Errorf("%q has the score %v, want %v", text, got, want[k])
		}
	}
	row.Reset() // no text has no words
	if got := p.Score(row); got != 0.25 {
		t.Errorf("no text has the score %v", got)
	}
	answers := make([]float64, len(texts))
	if err := p.NewBatch().Predict([]predict.Column{{Texts: texts}, {}}, answers); err != nil {
		t.Fatal(err)
	}
	table, err := frame.New(
		&frame.Column{Name: "text", Kind: frame.Category, Levels: []string{"WIN win cash", "at home", "cash cash home", "nothing"}, Codes: []int32{0, 1, 3, 2}},
		&frame.Column{Name: "length", Kind: frame.Number, Values: []float64{1, 2, 3, 4}},
	)
	if err != nil {
		t.Fatal(err)
	}
	framed, err := p.PredictFrame(table)
	if err != nil {
		t.Fatal(err)
	}
	for k, text := range texts {
		row.Reset()
		row.SetCategory(0, text)
		if alone := p.Outcome(row).Prediction; answers[k] != alone || framed[k] != alone {
			t.Errorf("%q is %v alone, %v in a batch and %v in a table", text, alone, answers[k], framed[k])
		}
	}
}

func TestRefusedReadings(t *testing.T) {
	for want, change := range map[string]func(*predict.Spec){
		"readings[0].input":    func(s *predict.Spec) { s.Readings[0].Input = 1 },
		"readings[0].analyzer": func(s *predict.Spec) { s.Readings[0].Analyzer = "" },
		"features[0].reading":  func(s *predict.Spec) { s.Features[0].Reading = 1 },
		"features[0].table":    func(s *predict.Spec) { s.Features[0].Table = predict.Numbers{1} },
		"features[1].bucket":   func(s *predict.Spec) { s.Features[1].Bucket = 3 },
	} {
		s := reader()
		change(&s)
		if _, err := predict.Compile(s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want it to name %s", err, want)
		}
	}
}
