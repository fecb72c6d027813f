package tree_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/explain"
	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/tree"

	"pgregory.net/rapid"
)

// drawnRows is rows as learntest makes them: missing values, a category, a bool.
func drawnRows(t *rapid.T) (*frame.Frame, learn.Target, *rand.Rand) {
	task := rapid.SampledFrom(every.Tasks).Draw(t, "task")
	n := rapid.IntRange(60, 300).Draw(t, "rows")
	f, target := learntest.Rows(n, task, false)
	seed := rapid.Uint64().Draw(t, "seed")
	return f, target, rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a reproducible draw is the point
}

func mustFit(t *rapid.T, learner learn.Learner, f *frame.Frame, target learn.Target) (*learn.Model, *predict.Program) {
	m, err := learner.Fit(context.Background(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m, p
}

func answers(t *rapid.T, p *predict.Program, f *frame.Frame) []float64 {
	all, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The order of rows says nothing: the tree is the same, byte for byte.
func TestOrderOfRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, target, random := drawnRows(t)
		learner := tree.Tree{MinRows: rapid.IntRange(1, 9).Draw(t, "least")}
		order := random.Perm(f.Rows())
		one, _ := mustFit(t, learner, f, target)
		two, _ := mustFit(t, learner, f.Take(order), target.Take(order))
		if a, b := marshal(t, one), marshal(t, two); !bytes.Equal(a, b) {
			t.Fatal("another order of rows gives another tree")
		}
	})
}

func marshal(t *rapid.T, m *learn.Model) []byte {
	text, err := predict.MarshalSpec(m.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Nor does the order of columns, of forests too.
func TestOrderOfColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, target, random := drawnRows(t)
		learner := rapid.SampledFrom([]learn.Learner{
			tree.Tree{}, tree.Forest{Trees: 3, Features: 3}, tree.ExtraTrees{Trees: 3, Seed: 5},
		}).Draw(t, "learner")
		columns := slices.Clone(f.Columns())
		random.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
		shuffled, err := frame.New(columns...)
		if err != nil {
			t.Fatal(err)
		}
		_, one := mustFit(t, learner, f, target)
		_, two := mustFit(t, learner, shuffled, target)
		if !slices.Equal(answers(t, one, f), answers(t, two, shuffled)) {
			t.Fatal("another order of columns gives other answers")
		}
	})
}

// What keeps the order of values keeps the tree.
func TestTransformedColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, target, _ := drawnRows(t)
		learner := rapid.SampledFrom([]learn.Learner{tree.Tree{MinRows: 3}, tree.Forest{Trees: 5, Once: true}}).Draw(t, "learner")
		other := rapid.SampledFrom([]func(float64) float64{
			func(x float64) float64 { return 3*x - 7 },
			func(x float64) float64 { return x * x * x },
			func(x float64) float64 { return math.Exp(x / 30) },
			math.Atan,
		}).Draw(t, "transform")
		var columns []*frame.Column
		for _, c := range f.Columns() {
			changed := *c
			if c.Kind == frame.Number {
				changed.Values = make([]float64, len(c.Values))
				for i, v := range c.Values {
					changed.Values[i] = other(v)
				}
			}
			columns = append(columns, &changed)
		}
		bent, err := frame.New(columns...)
		if err != nil {
			t.Fatal(err)
		}
		_, one := mustFit(t, learner, f, target)
		_, two := mustFit(t, learner, bent, target)
		if !slices.Equal(answers(t, one, f), answers(t, two, bent)) {
			t.Fatal("bent columns give other answers")
		}
	})
}

// A row of weight 3 is three rows, and one of weight 0 is none.
func TestWeightsAreRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Many rows and few leaves: where different columns divide few rows alike, what
		// is drawn decides.
		f, target := learntest.Rows(rapid.IntRange(150, 300).Draw(t, "rows"), rapid.SampledFrom(every.Tasks).Draw(t, "task"), false)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)) //nolint:gosec // a reproducible draw is the point
		weighted := target
		weighted.Weights = make([]float64, f.Rows())
		var rows []int
		for i := range weighted.Weights {
			n := random.IntN(4)
			weighted.Weights[i] = float64(n)
			rows = append(rows, slices.Repeat([]int{i}, n)...)
		}
		learner := tree.Tree{Leaves: rapid.IntRange(2, 5).Draw(t, "leaves"), Seed: 3}
		one, p := mustFit(t, learner, f, weighted)
		two, q := mustFit(t, learner, f.Take(rows), target.Take(rows))
		a, b := answers(t, p, f), answers(t, q, f)
		for i := range a {
			if math.Abs(a[i]-b[i]) > 1e-9*(1+math.Abs(a[i])) {
				t.Fatalf("answer %d is %g by weight, %g by repetition", i, a[i], b[i])
			}
		}
		if !slices.Equal(one.Spec.Trees.Cover, two.Spec.Trees.Cover) {
			t.Fatal("covers differ")
		}
	})
}

// Covers of children add up, and effects to the score.
func TestCoversAndEffectsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, target, random := drawnRows(t)
		if rapid.Bool().Draw(t, "weighted") {
			target.Weights = make([]float64, f.Rows())
			for i := range target.Weights {
				target.Weights[i] = random.ExpFloat64()
			}
		}
		learner := rapid.SampledFrom([]learn.Learner{
			tree.Tree{Depth: 7}, tree.Forest{Trees: 4}, tree.Forest{Trees: 4, Leaves: 9}, tree.ExtraTrees{Trees: 4, MinRows: 3},
		}).Draw(t, "learner")
		m, p := mustFit(t, learner, f, target)
		trees := m.Spec.Trees
		for n, feature := range trees.Feature {
			if feature < 0 {
				continue
			}
			l, r := trees.Cover[trees.Left[n]], trees.Cover[trees.Right[n]]
			if !(l > 0 && r > 0) || math.Abs(l+r-trees.Cover[n]) > 1e-6*trees.Cover[n] {
				t.Fatalf("covers %g and %g below %g", l, r, trees.Cover[n])
			}
		}
		base := trees.Expectation(max(1, target.Scores()))
		at := 0
		err := p.EachRow(f.Take([]int{0, 1, 2, 3, 4}), func(row *predict.Row) {
			outcome, sum := p.Outcome(row), 0.0
			score := outcome.Prediction
			class := 0
			if len(target.Classes) > 2 {
				class = outcome.Class
				score = outcome.Probabilities[class]
			} else if len(target.Classes) == 2 {
				score = outcome.Probabilities[1]
			}
			for _, c := range explain.Contributions(p, row, nil) {
				sum += c.Effect
			}
			if math.Abs(sum) > 0 && math.Abs(base[class]+sum-score) > 1e-9 && math.Abs(1-base[class]-sum-score) > 1e-9 {
				t.Fatalf("row %d: base %g and effects %g do not give %g", at, base[class], sum, score)
			}
			at++
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A tree without bounds knows its rows by heart, where they differ.
func TestLearnsByHeart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 200).Draw(t, "rows")
		x, y := make([]float64, n), make([]float64, n)
		scale := rapid.SampledFrom([]float64{1e-80, 1, 1e80}).Draw(t, "scale")
		wild := rapid.Bool().Draw(t, "wild")
		for i := range x {
			x[i] = float64(i * i)
			y[i] = scale * rapid.Float64Range(-100, 100).Draw(t, "y")
			if wild && i%7 == 0 {
				y[i] *= 1e9
			}
		}
		y[0] = y[1] + scale
		f, err := frame.New(&frame.Column{Name: "x", Values: x}, &frame.Column{Name: "same", Values: make([]float64, n)})
		if err != nil {
			t.Fatal(err)
		}
		for _, learner := range []learn.Learner{tree.Tree{}, tree.Forest{Trees: 1, Once: true}, tree.ExtraTrees{Trees: 1}} {
			_, p := mustFit(t, learner, f, learn.Regression("y", y))
			if got := answers(t, p, f); !slices.Equal(got, y) {
				t.Fatalf("%T answers %v, the rows have %v", learner, got, y)
			}
		}
	})
}

func leaves(t *forest.Trees) int {
	n := 0
	for _, f := range t.Feature {
		if f < 0 {
			n++
		}
	}
	return n
}

// More pruning never leaves more, and enough of it leaves one leaf.
func TestLongPruning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, target, _ := drawnRows(t)
		before := math.MaxInt
		for _, alpha := range []float64{0, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.2, 1, 1e6} {
			m, _ := mustFit(t, tree.Tree{Prune: alpha}, f, target)
			n := leaves(m.Spec.Trees)
			if n > before {
				t.Fatalf("alpha %g leaves %d leaves, less alpha %d", alpha, n, before)
			}
			before = n
		}
		if before != 1 {
			t.Fatalf("%d leaves remain", before)
		}
	})
}

func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, target, _ := drawnRows(t)
		least, most, depth := rapid.IntRange(1, 20).Draw(t, "least"), rapid.IntRange(2, 30).Draw(t, "most"), rapid.IntRange(1, 6).Draw(t, "depth")
		m, _ := mustFit(t, tree.Tree{MinRows: least, Leaves: most, Depth: depth}, f, target)
		trees := m.Spec.Trees
		if n := leaves(trees); n > most {
			t.Fatalf("%d leaves", n)
		}
		if d := trees.Depth(); d > depth {
			t.Fatalf("the depth is %d", d)
		}
		for n, feature := range trees.Feature {
			if feature < 0 && trees.Cover[n] < float64(least) {
				t.Fatalf("a leaf of %g rows", trees.Cover[n])
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	f, target := learntest.Rows(50, predict.TaskRegression, false)
	_, classes := learntest.Rows(50, predict.TaskBinary, false)
	zero := learn.Regression("y", make([]float64, 50))
	zero.Y[3] = -1
	for name, test := range map[string]struct {
		learner learn.Learner
		target  learn.Target
		words   string
	}{
		"depth":            {tree.Tree{Depth: -1}, target, "Depth is -1"},
		"too deep":         {tree.Tree{Depth: 1000}, target, "Depth is 1000"},
		"leaves":           {tree.Tree{Leaves: 1}, target, "Leaves is 1"},
		"rows of a leaf":   {tree.Forest{MinRows: -3}, target, "MinRows is -3"},
		"rows to split":    {tree.Forest{MinSplit: 1}, target, "MinSplit is 1"},
		"trees":            {tree.ExtraTrees{Trees: -5}, target, "Trees is -5"},
		"columns":          {tree.Forest{Features: math.NaN()}, target, "Features is NaN"},
		"sample":           {tree.Forest{Sample: -1}, target, "Sample is -1"},
		"gain":             {tree.Tree{MinGain: math.Inf(1)}, target, "MinGain is +Inf"},
		"pruning":          {tree.Tree{Prune: -0.1}, target, "Prune is -0.1"},
		"no criterion":     {tree.Tree{Criterion: "mae"}, target, `no criterion "mae"`},
		"gini of numbers":  {tree.Tree{Criterion: tree.Gini}, target, "does not suit"},
		"squared of two":   {tree.Tree{Criterion: tree.Squared}, classes, "does not suit"},
		"negative counts":  {tree.Tree{Criterion: tree.Poisson}, zero, "row 4 has -1"},
		"beyond all units": {tree.Tree{}, learn.Regression("y", append(slices.Clone(target.Y[:49]), 1e200)), "1e+200 in row 50"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.learner.Fit(context.Background(), f, test.target)
			var kind *fault.Error
			if !errors.As(err, &kind) || !strings.Contains(err.Error(), test.words) {
				t.Fatalf("the error is %v, want %q in it", err, test.words)
			}
		})
	}
}
