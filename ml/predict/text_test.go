package predict_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

func filled(h predict.Hashing, text string) []float64 {
	buckets := make([]float64, h.Buckets)
	h.Fill([]byte(text), buckets)
	return buckets
}

func TestHashing(t *testing.T) {
	plain := predict.Hashing{Buckets: 64}
	sum := func(texts ...string) []float64 {
		all := make([]float64, 64)
		for _, text := range texts {
			for k, v := range filled(plain, text) {
				all[k] += v
			}
		}
		return all
	}
	for name, c := range map[string]struct{ got, want []float64 }{
		"words add up, whatever stands between them": {filled(plain, "big, HOUSE;\tbig\n"), sum("big", "house", "big")},
		"case is folded in every alphabet":           {filled(plain, "ÄRGER Σ Ж"), filled(plain, "ärger σ ж")},
		"letters of any script are words":            {filled(plain, "日本 語"), sum("日本", "語")},
		"a mark belongs to its letter":               {filled(plain, "e\u0301te"), sum("e\u0301te")},
		"no words, no numbers":                       {filled(plain, " -- !? "), make([]float64, 64)},
		"not even of what is not UTF-8":              {filled(plain, "\xff\xfe"), make([]float64, 64)},
		"emptiness is nothing":                       {filled(plain, ""), make([]float64, 64)},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	pairs := predict.Hashing{Buckets: 64, Pairs: true}
	if slices.Equal(filled(pairs, "not good"), filled(pairs, "good not")) {
		t.Error("the order of words makes no difference to pairs")
	}
	if slices.Equal(filled(pairs, "ab c"), filled(pairs, "a bc")) {
		t.Error("pairs do not see where a word ends")
	}
	count := 0.0
	for _, v := range filled(predict.Hashing{Buckets: 64, Unsigned: true, Pairs: true}, "a b c d") {
		count += v
	}
	if count != 7 { // four words and three pairs
		t.Errorf("four words and their pairs count %v", count)
	}
	squares := 0.0
	for _, v := range filled(predict.Hashing{Buckets: 64, Norm: true, Count: "log"}, "a b b c c c c") {
		squares += v * v
	}
	if math.Abs(squares-1) > 1e-12 {
		t.Errorf("the square of a norm is %v", squares)
	}
	if got := filled(predict.Hashing{Buckets: 1, Unsigned: true, Count: "binary"}, "a b c"); got[0] != 1 {
		t.Errorf("binary words count %v", got[0])
	}
}

// TestHashesSpread: words fall into all buckets alike, with either sign.
func TestHashesSpread(t *testing.T) {
	const buckets, words = 128, 100_000
	used, positive := make([]float64, buckets), 0.0
	h := predict.Hashing{Buckets: buckets}
	into := make([]float64, buckets)
	for n := range words {
		word := []byte{}
		for k := n + 1; k > 0; k /= 26 {
			word = append(word, byte('a'+k%26))
		}
		h.Fill(word, into)
		for k, v := range into {
			used[k] += math.Abs(v)
			positive += max(v, 0)
		}
	}
	chi := 0.0
	for _, n := range used {
		chi += (n - words/buckets) * (n - words/buckets) / (words / buckets)
	}
	if chi > 200 { // 127 on average, 200 once in 20,000 times
		t.Errorf("chi-squared of the buckets is %.0f", chi)
	}
	if math.Abs(positive/words-0.5) > 0.01 {
		t.Errorf("%.3f of the words have the sign +", positive/words)
	}
}

// offers is a model of a text, a time and a number, which has what this file is about.
func offers(trees bool) predict.Spec {
	power := 0.5
	s := predict.Spec{
		Version: 1, Task: predict.TaskRegression,
		Target: predict.Target{Name: "price", Power: &power, Center: 3, Scale: 2, Smear: []float64{-1, 0, 2}},
		Inputs: []predict.Input{
			{Name: "words", Kind: frame.Category, Unknown: "ignore", Text: true, Hashing: &predict.Hashing{Buckets: 8, Pairs: true, Count: "log", Norm: true}},
			{Name: "sold", Kind: frame.Time},
			{Name: "area", Kind: frame.Number},
		},
	}
	for k := range 8 {
		s.Features = append(s.Features, predict.Feature{Name: "w", Op: "hashed", Bucket: k, Center: 0.1, Scale: 0.5})
	}
	s.Features = append(s.Features,
		predict.Feature{Name: "no words", Op: "missing", Scale: 1},
		predict.Feature{Name: "month", Input: 1, Op: "steps", Scale: 1, Steps: []stage.Step{{Op: "month"}, {Op: "impute", A: 6}}},
		predict.Feature{Name: "weekday", Input: 1, Op: "steps", Scale: 1, Steps: []stage.Step{{Op: "weekday"}, {Op: "impute", A: 3}}},
		predict.Feature{Name: "rank", Input: 2, Op: "curve", Impute: 60, X: []float64{10, 50, 100}, Y: []float64{-1, 0, 2}},
	)
	if trees {
		s.Trees = &forest.Trees{
			Rule: forest.DoubleAtMost, Base: []float64{0.5}, Roots: []int32{0},
			Feature: []int32{9, 2, -1, 11, -1, -1, -1}, Threshold: []float64{6, 0, 0, 0.5, 0, 0, 0},
			Left: []int32{1, 4, -1, 5, -1, -1, -1}, Right: []int32{2, 3, -1, 6, -1, -1, -1},
			MissingLeft: make([]bool, 7), Value: []float64{0, 0, 3, 0, -1, 1, 2}, Cover: []float64{10, 6, 4, 3, 3, 2, 1},
		}
		return s
	}
	s.Linear = &predict.Linear{Bias: 1}
	for j := range s.Features {
		s.Linear.Weights = append(s.Linear.Weights, float64(j%5)-1.7)
		s.Linear.Base = append(s.Linear.Base, 0.1*float64(j))
	}
	return s
}

// TestTextEverywhere: a row filled by hand, a table, a batch and a spec that was
// written and read say the same, and the reasons are one per input.
func TestTextEverywhere(t *testing.T) {
	texts := []string{"A big house", "", "maison à vendre, MAISON", "日本", "A big house"}
	sold := []float64{-86401, 1e9, math.NaN(), 951782400, -1e12}
	area := []float64{5, 75, math.NaN(), 200, 50}
	column := &frame.Column{Name: "words", Kind: frame.Category, Levels: []string{texts[0], texts[2], texts[3]}, Codes: []int32{0, -1, 1, 2, 0}}
	f, err := frame.New(column, &frame.Column{Name: "sold", Kind: frame.Time, Values: sold}, &frame.Column{Name: "area", Kind: frame.Number, Values: area})
	if err != nil {
		t.Fatal(err)
	}
	for _, trees := range []bool{false, true} {
		text, err := predict.MarshalSpec(offers(trees))
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
		table, err := p.PredictFrame(f)
		if err != nil {
			t.Fatal(err)
		}
		batch := make([]float64, len(texts))
		if err := p.NewBatch().Predict([]predict.Column{{Texts: texts}, {Float64: sold}, {Float64: area}}, batch); err != nil {
			t.Fatal(err)
		}
		row := p.NewRow()
		for i := range texts {
			row.Reset()
			if texts[i] != "" {
				if !row.SetCategoryBytes(0, []byte(texts[i])) || row.Oddity(0) != predict.Usual {
					t.Errorf("the text %q is odd", texts[i])
				}
			}
			row.SetNumber(1, sold[i])
			row.SetNumber(2, area[i])
			got := p.Predict(row)
			if got != table[i] || got != batch[i] {
				t.Errorf("trees %t, row %d: %v alone, %v in a table, %v in a batch", trees, i, got, table[i], batch[i])
			}
			total := p.Base()
			contributions := explain.Contributions(p, row, nil)
			for _, c := range contributions {
				total += c.Effect
			}
			if len(contributions) != 3 || math.Abs(total-p.Score(row)) > 1e-9 {
				t.Errorf("trees %t, row %d: %d reasons add up to %v of %v", trees, i, len(contributions), total, p.Score(row))
			}
		}
		if !trees && (table[0] == table[1] || table[0] == table[3]) {
			t.Error("the words make no difference")
		}
		if n := testing.AllocsPerRun(100, func() { row.SetCategory(0, texts[2]); p.Predict(row) }); n != 0 {
			t.Errorf("trees %t: a row costs %v allocations", trees, n)
		}
	}
}

// TestTransformedAnswers: an answer is the mean over what the score may miss by,
// a bound is the transform undone.
func TestTransformedAnswers(t *testing.T) {
	p, err := predict.Compile(offers(false))
	if err != nil {
		t.Fatal(err)
	}
	undo := func(score float64) float64 { return ((score*2+3)*0.5+1)*((score*2+3)*0.5+1) - 1 }
	if got, want := p.Bound(1), undo(1); math.Abs(got-want) > 1e-12*want {
		t.Errorf("the bound is %v, want %v", got, want)
	}
	if got, want := p.Answer(1), (undo(0)+undo(1)+undo(3))/3; math.Abs(got-want) > 1e-12*want {
		t.Errorf("the answer is %v, want %v", got, want)
	}
	for _, score := range []float64{-1e300, -1e10, 1e10, 1e300} {
		for _, power := range []float64{0, 1e-12, 1, 2} {
			target := predict.Target{Name: "y", Power: &power, Smear: []float64{1, 1e150}}
			if y := target.Answer(score); math.IsNaN(y) || math.IsInf(y, 0) {
				t.Errorf("power %v: the answer of %v is %v", power, score, y)
			}
		}
	}
	log := predict.Target{Name: "y", Log: true, Smear: []float64{0.5}}
	if got, want := log.Answer(2), math.Exp(2.5); math.Abs(got-want) > 1e-12*want {
		t.Errorf("the answer of a logarithm is %v, want %v", got, want)
	}
}

func TestTextIsRefused(t *testing.T) {
	three := 3.0
	for want, change := range map[string]func(*predict.Spec){
		"inputs[0].levels":          func(s *predict.Spec) { s.Inputs[0].Levels = []string{"a"} },
		"inputs[0].text":            func(s *predict.Spec) { s.Inputs[0].Kind = frame.Number },
		"inputs[0].hashing":         func(s *predict.Spec) { s.Inputs[0].Text = false },
		"inputs[0].hashing.buckets": func(s *predict.Spec) { s.Inputs[0].Hashing.Buckets = 1 << 20 },
		"inputs[0].hashing.count":   func(s *predict.Spec) { s.Inputs[0].Hashing.Count = "tf" },
		"features[0].bucket":        func(s *predict.Spec) { s.Features[0].Bucket = 8 },
		"features[1].scale":         func(s *predict.Spec) { s.Features[1].Scale = 0 },
		"features[9].op":            func(s *predict.Spec) { s.Features[9].Op = "hashed" },
		"features[11].x[1]":         func(s *predict.Spec) { s.Features[11].X[1] = 10 },
		"features[11].y[0]":         func(s *predict.Spec) { s.Features[11].Y[0] = math.NaN() },
		"features[11].x":            func(s *predict.Spec) { s.Features[11].Y = nil },
		"target.power":              func(s *predict.Spec) { s.Target.Power = &three },
		"target.smear[1]":           func(s *predict.Spec) { s.Target.Smear[1] = math.Inf(1) },
		"target.scale":              func(s *predict.Spec) { s.Target.Scale = -1 },
		"target.smear":              func(s *predict.Spec) { s.Target = predict.Target{Name: "y", Smear: []float64{1}} },
	} {
		s := offers(false)
		change(&s)
		if _, err := predict.Compile(s); err == nil || !strings.HasPrefix(err.Error(), want+":") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestOldSpecs: a spec without any of this is written as it always was.
func TestOldSpecs(t *testing.T) {
	text, err := predict.MarshalSpec(predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y", Log: true},
		Inputs:   []predict.Input{{Name: "x", Kind: frame.Number}},
		Features: []predict.Feature{{Name: "x", Op: "value", Scale: 1}},
		Linear:   &predict.Linear{Weights: []float64{1}, Base: []float64{0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"version":1,"task":"regression","target":{"name":"y","log":true},"inputs":[{"name":"x","kind":"number","required":false}],` +
		`"features":[{"name":"x","input":0,"op":"value","scale":1}],"linear":{"bias":0,"weights":[1],"base":[0]}}` + "\n"
	if string(text) != want {
		t.Errorf("got  %swant %s", text, want)
	}
}
