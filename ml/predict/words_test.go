package predict_test

import (
	"fmt"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/lexicon"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// TestWordsHaveTheirPrice: words are told behind a stage or two of many columns of a
// text, and not where passing them on takes too long for a request.
func TestWordsHaveTheirPrice(t *testing.T) {
	for terms, want := range map[int]bool{60: true, 1500: false} {
		s := predict.Spec{
			Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"},
			Inputs:   []predict.Input{{Name: "text", Kind: frame.Category, Unknown: predict.UnknownIgnore, Text: true}},
			Readings: []predict.Reading{{Lexicon: lexicon.Lexicon{Analyzer: lexicon.Words, Pattern: `\S+`, From: 1, To: 1}}},
			Linear:   &predict.Linear{Base: make([]float64, terms), Weights: make([]float64, terms)},
		}
		steps := make([][]stage.Step, terms)
		for k := range terms {
			s.Readings[0].Terms = append(s.Readings[0].Terms, fmt.Sprint(k))
			s.Features = append(s.Features, predict.Feature{Name: fmt.Sprint(k), Op: "term", Bucket: k})
			s.Takes, steps[k] = append(s.Takes, int32(2*terms+k)), []stage.Step{{Op: "sqrt"}} //nolint:gosec // few
			s.Linear.Weights[k] = 1
		}
		for from := range 2 {
			do, err := stage.NewElementwise(steps)
			if err != nil {
				t.Fatal(err)
			}
			st := predict.Stage{Do: do}
			for k := range terms {
				st.From = append(st.From, int32(from*terms+k)) //nolint:gosec // few
			}
			s.Stages = append(s.Stages, st)
		}
		p, err := predict.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		if p.Explanation() != predict.Chained || p.Wording() != want || p.Worded(0) != want {
			t.Errorf("%d terms: explained by %q, words are told: %v, want %v", terms, p.Explanation(), p.Wording(), want)
		}
	}
}
