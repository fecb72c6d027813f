package onnx_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/ml/forest"
	"dasier/ml/format/onnx"
	"dasier/ml/frame"
	"dasier/ml/lexicon"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// compareAll writes programs, and holds ONNX Runtime and our reader to them.
func compareAll(t *testing.T, models []*written) {
	t.Helper()
	folder := t.TempDir()
	inquiries := make([]inquiry, len(models))
	for k, m := range models {
		var text bytes.Buffer
		if err := onnx.Write(&text, m.program); err != nil {
			t.Fatalf("%s: %v", m.name, err)
		}
		m.file = text.Bytes()
		inquiries[k] = inquiry{Model: filepath.Join(folder, fmt.Sprint(k)+".onnx"), Inputs: feeds(m)}
		if err := os.WriteFile(inquiries[k].Model, m.file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	responses := inquire(t, inquiries)
	for k, m := range models {
		m.answer()
		if m.judge(&responses[k]); m.wrong != "" {
			t.Errorf("%s: ONNX Runtime: %s", m.name, m.wrong)
		}
		if m.readBack(); m.back != "" {
			t.Errorf("%s: read back: %s", m.name, m.back)
		}
	}
}

// numbersSpec is a spec of so many numbers as they are.
func numbersSpec(n int) predict.Spec {
	s := predict.Spec{Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "y"}}
	for j := range n {
		name := fmt.Sprintf("x%d", j)
		s.Inputs = append(s.Inputs, predict.Input{Name: name, Kind: frame.Number})
		s.Features = append(s.Features, predict.Feature{Name: name, Input: j, Op: "steps"})
	}
	return s
}

func compiled(t *testing.T, name string, s predict.Spec, rows [][]any) *written {
	t.Helper()
	p, err := predict.Compile(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return &written{name: name, program: p, rows: rows}
}

// TestEveryStep writes a vector of one step each. Every number is compared on
// its own scale.
func TestEveryStep(t *testing.T) {
	steps := []stage.Step{
		{Op: "impute", A: 3},
		{Op: "replace", A: 0.5, B: 7},
		{Op: "replace", A: math.NaN(), B: 7},
		{Op: "missing"},
		{Op: "add", A: 2},
		{Op: "sub", A: 2},
		{Op: "mul", A: 3},
		{Op: "div", A: 3},
		{Op: "clip", A: -0.5, B: 0.25},
		{Op: "clip", A: math.Inf(-1), B: 1},
		{Op: "log"},
		{Op: "log2"},
		{Op: "log10"},
		{Op: "log1p"},
		{Op: "exp"},
		{Op: "expm1"},
		{Op: "sqrt"},
		{Op: "square"},
		{Op: "cbrt"},
		{Op: "abs"},
		{Op: "sign"},
		{Op: "sin"},
		{Op: "cos"},
		{Op: "tanh"},
		{Op: "reciprocal"},
		{Op: "negative"},
		{Op: "equals", A: 0.5},
		{Op: "equals", A: math.NaN()},
		{Op: "above", A: 0.5},
		{Op: "logistic"},
		{Op: "relu"},
		{Op: "exp2"},
		{Op: "tan"},
		{Op: "arcsin"},
		{Op: "arccos"},
		{Op: "arctan"},
		{Op: "sinh"},
		{Op: "cosh"},
		{Op: "arcsinh"},
		{Op: "arctanh"},
		{Op: "floor"},
		{Op: "ceil"},
		{Op: "trunc"},
		{Op: "rint"},
		{Op: "yeojohnson", A: 0},
		{Op: "yeojohnson", A: 2},
		{Op: "yeojohnson", A: 0.7},
		{Op: "yeojohnson", A: -1.5},
		{Op: "boxcox", A: 0},
		{Op: "boxcox", A: -0.4},
		{Op: "symlog"},
		{Op: "year"},
		{Op: "month"},
		{Op: "day"},
		{Op: "weekday"},
		{Op: "yearday"},
		{Op: "hour"},
	}
	numbers := []any{0.0, 0.5, -0.5, 1.0, -1.0, 0.9999, -0.75, 1e-9, -1e-12, 1e-300, 2.5, -3.5, 37.25, -20.0, 700.0, -745.0, 1e6, 951825600.0, 978307199.5, -2203891201.0, -1e14, nil, "Infinity"}
	var models []*written
	for _, x := range numbers { // a model per number: each answer is compared with its own size
		s := numbersSpec(1)
		s.Features = nil
		s.Task, s.Answer = predict.TaskVector, &predict.Answer{}
		for k, step := range steps {
			if v, ok := x.(float64); ok && math.Abs(v) >= 1e6 && (step.Op == "sin" || step.Op == "cos" || step.Op == "tan") {
				continue // the reduction of large angles differs from one library to the next
			}
			s.Answer.Scores = append(s.Answer.Scores, int32(len(s.Features))) //nolint:gosec // a few
			s.Features = append(s.Features, predict.Feature{Name: fmt.Sprint(k, step.Op), Op: "steps", Steps: []stage.Step{step}})
			s.Targets = append(s.Targets, fmt.Sprintf("%s %v %d", step.Op, step.A, k))
		}
		models = append(models, compiled(t, fmt.Sprintf("steps of %v", x), s, [][]any{{x}}))
	}
	compareAll(t, models)
}

// TestTreesOfEveryKind writes random trees of every rule, with sets, missing
// values and zeros, and asks for values that float32 cannot tell apart.
func TestTreesOfEveryKind(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // a test's
	var models []*written
	for _, rule := range []forest.Rule{forest.SingleAtMost, forest.SingleBelow, forest.DoubleAtMost} {
		for k := range 12 {
			outputs := []int{1, 3}[k%2]
			g := &grower{r: r, trees: &forest.Trees{Rule: rule, Base: make([]float64, outputs), Mean: k%3 == 0}, sets: k%4 >= 2, perTree: k%4 == 3}
			for i := range g.trees.Base {
				g.trees.Base[i] = float64(k % 5)
			}
			for tree := range 1 + r.IntN(7) {
				g.trees.Roots = append(g.trees.Roots, g.grow(4-tree%5, outputs))
				if g.perTree {
					g.trees.Output = append(g.trees.Output, int32(tree%outputs)) //nolint:gosec // a few
				}
			}
			s := numbersSpec(3)
			s.Trees = g.trees
			if outputs > 1 {
				s.Task, s.Classes, s.Link = predict.TaskMulticlass, []string{"a", "b", "c"}, predict.Softmax
			}
			var rows [][]any
			for range 60 {
				rows = append(rows, []any{g.value(), g.value(), g.value()})
			}
			models = append(models, compiled(t, fmt.Sprintf("%s %d", rule, k), s, rows))
		}
	}
	compareAll(t, models)
}

// grower makes random trees.
type grower struct {
	r       *rand.Rand
	trees   *forest.Trees
	sets    bool
	perTree bool
}

// thresholds are some that float32 holds and some that it does not.
var thresholds = []float64{0, 1, 2, 3, 0.5, float64(float32(0.1)), 0.1, -0.3, 1e-36, 16777217}

func (g *grower) threshold() float64 {
	v := thresholds[g.r.IntN(len(thresholds))]
	if g.trees.Rule == forest.SingleBelow {
		v = float64(float32(v))
	}
	return v
}

// value is a threshold, or next to one, in float64 or in float32.
func (g *grower) value() any {
	v := thresholds[g.r.IntN(len(thresholds))]
	switch g.r.IntN(8) {
	case 0:
		return nil
	case 1:
		return math.Nextafter(v, 100)
	case 2:
		return math.Nextafter(v, -100)
	case 3:
		return float64(math.Nextafter32(float32(v), 100))
	case 4:
		return float64(g.r.IntN(80) - 5)
	case 5:
		return float64(g.r.IntN(8)) - 0.5
	}
	return v
}

func (g *grower) grow(depth, outputs int) int32 {
	t, r := g.trees, g.r
	width := outputs
	if g.perTree {
		width = 1
	}
	n := int32(len(t.Feature)) //nolint:gosec // a few
	t.Feature, t.Threshold = append(t.Feature, -1), append(t.Threshold, 0)
	t.Left, t.Right, t.MissingLeft = append(t.Left, -1), append(t.Right, -1), append(t.MissingLeft, false)
	t.Cover = append(t.Cover, 1)
	for range width {
		t.Value = append(t.Value, r.NormFloat64())
	}
	if g.sets {
		t.Set, t.ZeroMissing = append(t.Set, -1), append(t.ZeroMissing, false)
	}
	if depth <= 0 {
		return n
	}
	t.Feature[n], t.Threshold[n], t.MissingLeft[n] = int32(r.IntN(3)), g.threshold(), r.IntN(2) == 0 //nolint:gosec // a few
	if g.sets && r.IntN(2) == 0 {
		set := forest.Set{Bits: []uint32{r.Uint32(), r.Uint32()}, Others: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			set.Known = []uint32{r.Uint32(), r.Uint32() | 1, 1}
		}
		t.Set[n] = int32(len(t.Sets)) //nolint:gosec // a few
		t.Sets = append(t.Sets, set)
	} else if g.sets {
		t.ZeroMissing[n] = r.IntN(2) == 0
	}
	left := g.grow(depth-1-r.IntN(2), outputs)
	right := g.grow(depth-1-r.IntN(2), outputs)
	t.Left[n], t.Right[n] = left, right
	return n
}

// TestRefusedByName: what ONNX cannot say is not said.
func TestRefusedByName(t *testing.T) {
	linear := numbersSpec(1)
	linear.Trees = &forest.Trees{
		Rule: forest.DoubleAtMost, Base: []float64{0}, Roots: []int32{0}, Feature: []int32{-1}, Threshold: []float64{0}, Left: []int32{-1}, Right: []int32{-1},
		MissingLeft: []bool{false}, Value: []float64{1}, Cover: []float64{1}, Lines: []forest.Line{{Node: 0, Constant: 1, Features: []int32{0}, Weights: []float64{2}}},
	}
	lattice := numbersSpec(1)
	lattice.Stages = []predict.Stage{{From: []int32{0}, Do: &stage.Neighbours{
		Metric: stage.Metric{Kind: stage.Euclidean}, Points: []float64{1, 1, 2, 2}, Values: []float64{1, 2, 3, 4}, Width: 1, Count: 1,
	}}}
	lattice.Answer = &predict.Answer{Scores: []int32{1}}
	text := numbersSpec(1)
	text.Inputs = append(text.Inputs, predict.Input{Name: "words", Kind: frame.Category, Text: true, Hashing: &predict.Hashing{Buckets: 4}})
	text.Features = append(text.Features, predict.Feature{Name: "bucket", Input: 1, Op: "hashed", Bucket: 2, Scale: 1})
	text.Linear = &predict.Linear{Weights: []float64{1, 1}, Base: []float64{0, 0}}
	words, letters := text, text
	for _, s := range []*predict.Spec{&words, &letters} {
		s.Inputs = []predict.Input{text.Inputs[0], {Name: "words", Kind: frame.Category, Text: true}}
		s.Features = []predict.Feature{text.Features[0], {Name: "words", Input: 1, Op: "terms", Table: predict.Numbers{1}}}
	}
	words.Readings = []predict.Reading{{Input: 1, Lexicon: lexicon.Lexicon{Lower: true, Analyzer: lexicon.Words, Pattern: lexicon.DefaultPattern, From: 1, To: 1, Terms: []string{"a"}}}}
	letters.Readings = []predict.Reading{{Input: 1, Lexicon: lexicon.Lexicon{Analyzer: lexicon.Within, Accents: lexicon.Ascii, From: 1, To: 1, Buckets: 1}}}
	for want, s := range map[string]predict.Spec{
		"linear functions as leaves": linear, "often equally far": lattice,
		`"words" is free text, and ONNX cannot read it as this model does: it has no operator for the hash of a word;`:                                      text,
		`: it cuts texts at separators, not into words by the pattern (?u)\b\w\w+\b, and its lower case depends on the locale`:                              words,
		`: it has no operator for the hash of a word, and it cuts texts at separators, not into characters, and it has no operator that takes accents off;`: letters,
	} {
		p, err := predict.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := onnx.Write(&text, p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the refusal is %v, and should say %q", err, want)
		}
		if text.Len() > 0 {
			t.Errorf("%s: %d bytes were written all the same", want, text.Len())
		}
	}
}

// TestTransformedTargets writes what undoes a transform of the target, corrected
// to the mean and not, and a curve.
func TestTransformedTargets(t *testing.T) {
	power := func(p float64) *float64 { return &p }
	many := make([]float64, 32)
	for k := range many {
		many[k] = 0.1*float64(k) - 1.5
	}
	var models []*written
	for k, target := range []predict.Target{
		{Name: "y", Log: true},
		{Name: "y", Log: true, Smear: []float64{0.25}},
		{Name: "y", Log: true, Smear: []float64{0.5, -0.25, 0.125}},
		{Name: "y", Power: power(0.3), Center: 2, Scale: 1.5},
		{Name: "y", Power: power(0), Smear: many},
		{Name: "y", Power: power(2), Smear: []float64{0.25}},
		{Name: "y", Power: power(1.2), Scale: 3, Center: -4, Smear: many},
		{Name: "y", Power: power(0.01), Smear: []float64{0.5, 0.5}},
	} {
		s := numbersSpec(2)
		s.Target = target
		s.Features[1] = predict.Feature{Name: "curve", Input: 1, Op: "curve", Impute: 0.7, X: []float64{-1, 0, 0.5, 3}, Y: []float64{-2, 0.25, 0.5, 4}}
		s.Linear = &predict.Linear{Bias: 0.5, Weights: []float64{1, 0.5}, Base: []float64{0, 0}}
		rows := [][]any{{0.0, 1.0}, {-3.0, 2.9}, {4.5, -7.0}, {1.0, nil}, {-20.0, 100.0}, {30.0, 0.5}}
		models = append(models, compiled(t, fmt.Sprint("target ", k), s, rows))
	}
	compareAll(t, models)
}
