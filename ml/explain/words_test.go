package explain_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/lexicon"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// reader is a model of one text read twice, by words and by characters, and of a
// number.
func reader() predict.Spec {
	words := lexicon.Lexicon{Lower: true, Analyzer: lexicon.Words, Pattern: lexicon.DefaultPattern, From: 1, To: 1, Terms: []string{"bad", "good", strings.Repeat("o", 150)}}
	letters := lexicon.Lexicon{Analyzer: lexicon.Chars, From: 3, To: 4, Terms: []string{"bad", "good"}}
	return predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"},
		Inputs:   []predict.Input{{Name: "text", Kind: frame.Category, Unknown: predict.UnknownIgnore, Text: true}, {Name: "x", Kind: frame.Number}},
		Readings: []predict.Reading{{Lexicon: words}, {Lexicon: letters}},
		Features: []predict.Feature{
			{Name: "words", Op: "terms", Table: predict.Numbers{-2, 1, 5}},
			{Name: "good", Op: "term", Reading: 1, Bucket: 1},
			{Name: "bad", Op: "term", Reading: 1, Bucket: 0},
			{Name: "x", Input: 1, Op: "value", Scale: 1},
		},
		Linear: &predict.Linear{Bias: 1, Weights: []float64{2, 0.5, 4, 10}, Base: make([]float64, 4)},
	}
}

func compiledSpec(t *testing.T, s predict.Spec) *predict.Program {
	t.Helper()
	p, err := predict.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestWordReadTwice: what two readings know of one word is one word's; words that
// cancel, that nobody knows and that are not there are not told.
func TestWordReadTwice(t *testing.T) {
	p := compiledSpec(t, reader())
	row := p.NewRow()
	row.SetCategory(0, "good, bad bad "+strings.Repeat("O", 150)+" hm")
	row.SetNumber(1, 3)
	told := explain.InWords(p, row)
	// "bad" twice by words (2*2*-2) and twice by characters (2*4) is nothing.
	want := []explain.Word{{Text: strings.Repeat("o", 99) + "…", Effect: 10}, {Text: "good", Effect: 2.5}}
	if len(told) != 1 || told[0].Input != 0 || len(told[0].Words) != 2 || told[0].Words[0] != want[0] || told[0].Words[1] != want[1] || told[0].Others != 0 {
		t.Errorf("told %+v, want %v", told, want)
	}
	row.Reset()
	if told = explain.InWords(p, row); len(told) != 1 || len(told[0].Words) != 0 || told[0].Rest != 0 {
		t.Errorf("without a text: %+v", told)
	}
}

// TestOnlySumsHaveWords: of a text that is measured from another base than the empty
// text, of one that is used in another way as well, and behind trees or too much
// work, the input has its effect and no words.
func TestOnlySumsHaveWords(t *testing.T) {
	for name, change := range map[string]func(*predict.Spec){
		"a mean text": func(s *predict.Spec) { s.Linear.Base = []float64{0.5, 0, 0, 0} },
		"hashed as well": func(s *predict.Spec) {
			s.Inputs[0].Hashing = &predict.Hashing{Buckets: 2}
			s.Features[3] = predict.Feature{Name: "h", Op: "hashed", Scale: 1}
		},
		"no reading": func(s *predict.Spec) {
			s.Readings, s.Features, s.Linear = nil, s.Features[3:], &predict.Linear{Weights: []float64{1}, Base: []float64{0}}
		},
	} {
		s := reader()
		change(&s)
		p := compiledSpec(t, s)
		row := p.NewRow()
		row.SetCategory(0, "good")
		if told := explain.InWords(p, row); told != nil || p.Wording() || len(explain.Contributions(p, row, nil)) != 2 {
			t.Errorf("%s: %+v", name, told)
		}
	}
}

// TestWordsBehindStages: words go through sums and bends as inputs do, beside a
// column that a linear estimator sees as it is.
func TestWordsBehindStages(t *testing.T) {
	bend, err := stage.NewElementwise([][]stage.Step{{{Op: "tanh"}}, {{Op: "mul", A: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	s := reader()
	s.Stages = []predict.Stage{
		{From: []int32{0, 1, 2}, Do: &stage.Affine{Weights: []float64{0.1, 0.2, 0.3, 1, 0, -1}, Bias: []float64{0.5, 0}}},
		{From: []int32{4, 5}, Do: bend},
	}
	s.Takes, s.Linear = []int32{6, 7, 3}, &predict.Linear{Bias: 1, Weights: []float64{2, 0.25, 10}, Base: make([]float64, 3)}
	p := compiledSpec(t, s)
	if p.Explanation() != predict.Chained {
		t.Fatalf("explained by %q", p.Explanation())
	}
	row := p.NewRow()
	row.SetCategory(0, "good good bad")
	row.SetNumber(1, 3)
	told, sum := explain.InWords(p, row), 0.0
	if len(told) != 1 || len(told[0].Words) != 2 {
		t.Fatalf("told %+v", told)
	}
	for _, w := range told[0].Words {
		sum += w.Effect
	}
	// Cells: words 2*1-2 = 0, good 2, bad 1: the sums 0.5+0.4+0.3 = 1.2 and -1.
	slope := (math.Tanh(1.2) - math.Tanh(0.5)) / 0.7
	good := 2*slope*(2*0.1+2*0.2) + 0.25*3*2
	bad := 2*slope*(-2*0.1+0.3) + 0.25*3*(-2-1)
	byWord := map[string]float64{}
	for _, w := range told[0].Words {
		byWord[w.Text] = w.Effect
	}
	if math.Abs(byWord["good"]-good) > 1e-12 || math.Abs(byWord["bad"]-bad) > 1e-12 {
		t.Errorf("told %v, want good %v and bad %v", byWord, good, bad)
	}
	for _, c := range explain.Contributions(p, row, nil) {
		if want := map[int]float64{0: sum, 1: 30}[c.Input]; math.Abs(c.Effect-want) > 1e-12 {
			t.Errorf("input %d adds %v, want %v", c.Input, c.Effect, want)
		}
	}
}

// TestWordsOfALongText: of more terms than are told apart the rest is told as others,
// the words add up to the input's effect, and an answer keeps those alone that it tells.
func TestWordsOfALongText(t *testing.T) {
	p := compiledSpec(t, predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"},
		Inputs:   []predict.Input{{Name: "text", Kind: frame.Category, Unknown: predict.UnknownIgnore, Text: true}},
		Readings: []predict.Reading{{Lexicon: lexicon.Lexicon{Analyzer: lexicon.Words, Pattern: `\S+`, From: 1, To: 1, Buckets: 5}}},
		Features: []predict.Feature{{Name: "words", Op: "terms", Table: predict.Numbers{1, 2, 3, 4, 5}}},
		Linear:   &predict.Linear{Weights: []float64{1}, Base: []float64{0}},
	})
	var text []byte
	for k := range 100_000 {
		text = fmt.Appendf(text, "%d ", k)
	}
	row := p.NewRow()
	row.SetCategory(0, string(text))
	told := explain.InWords(p, row)[0]
	sum := told.Rest
	for _, w := range told.Words {
		if sum += w.Effect; w.Text == "" {
			t.Error("others are told as a word without a text")
		}
	}
	if effect := explain.Contributions(p, row, nil)[0].Effect; math.Abs(sum-effect) > 1e-6 || len(told.Words) != 20 || cap(told.Words) > 100 || told.Others != 1<<16-20+1 {
		t.Errorf("%d words (room for %d) and %d others add up to %v of %v", len(told.Words), cap(told.Words), told.Others, sum, effect)
	}
}
