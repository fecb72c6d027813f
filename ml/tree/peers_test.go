package tree_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/tree"
)

// peerRows is how many rows testdata/reference.py learns from, and is judged on.
const peerRows = 4_000

func uniform(row, column int) float64 {
	z := (uint64(row)*1000 + uint64(column)) * 0x9E3779B97F4A7C15 //nolint:gosec // small
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

func table(t testing.TB, columns ...*frame.Column) *frame.Frame {
	t.Helper()
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// friedman makes the rows of reference.py.
func friedman(t testing.TB, first, rows int) (*frame.Frame, []float64) {
	t.Helper()
	columns, y := make([]*frame.Column, 10), make([]float64, rows)
	for j := range columns {
		values := make([]float64, rows)
		for i := range values {
			values[i] = uniform(first+i+1, j)
		}
		columns[j] = &frame.Column{Name: fmt.Sprint("x", j), Values: values}
	}
	for i := range y {
		x := func(j int) float64 { return columns[j].Values[i] }
		noise := -6.0
		for k := range 12 {
			noise += uniform(first+i+1, 100+k)
		}
		y[i] = 10*math.Sin(math.Pi*x(0)*x(1)) + 20*(x(2)-0.5)*(x(2)-0.5) + 10*x(3) + 5*x(4) + noise
	}
	return table(t, columns...), y
}

func fit(t testing.TB, learner learn.Learner, f *frame.Frame, target learn.Target) *learn.Model {
	t.Helper()
	m, err := learner.Fit(context.Background(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func predictions(t testing.TB, m *learn.Model, f *frame.Frame) []float64 {
	t.Helper()
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	all, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// digits makes classes of numbers.
func digits(y []float64, cuts ...float64) learn.Target {
	target := learn.Target{Name: "class", Task: predict.TaskMulticlass, Y: make([]float64, len(y)), Classes: []string{"a"}}
	for k := range cuts {
		target.Classes = append(target.Classes, string(rune('b'+k)))
	}
	if len(cuts) == 1 {
		target.Task = predict.TaskBinary
	}
	for i, v := range y {
		for _, cut := range cuts {
			if v >= cut {
				target.Y[i]++
			}
		}
	}
	return target
}

// As good as scikit-learn on the same rows at the same settings: a tree up to the
// order of equal cuts, forests up to what they draw. Smaller is better.
func TestLongAsGoodAsScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]float64
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	x, y := friedman(t, 0, peerRows)
	xt, yt := friedman(t, peerRows, peerRows)
	numbers := func(learner learn.Learner) float64 {
		sum := 0.0
		for i, p := range predictions(t, fit(t, learner, x, learn.Regression("y", y)), xt) {
			sum += (p - yt[i]) * (p - yt[i]) / peerRows
		}
		return math.Sqrt(sum)
	}
	counts := func(learner learn.Learner) float64 {
		of := func(y float64) float64 { return math.Floor(math.Exp(y / 12)) }
		c := make([]float64, len(y))
		for i, v := range y {
			c[i] = of(v)
		}
		sum := 0.0
		for i, p := range predictions(t, fit(t, learner, x, learn.Regression("count", c)), xt) {
			sum += (p - of(yt[i])*math.Log(p)) / peerRows
		}
		return sum
	}
	classes := func(cuts ...float64) func(learn.Learner) float64 {
		target, truth := digits(y, cuts...), digits(yt, cuts...)
		return func(learner learn.Learner) float64 {
			p, sum := predictions(t, fit(t, learner, x, target), xt), 0.0
			for i, v := range truth.Y {
				if truth.Scores() == 1 {
					sum += 2 * (p[i] - v) * (p[i] - v) / peerRows
					continue
				}
				for k := range truth.Scores() {
					d := p[i*truth.Scores()+k]
					if int(v) == k {
						d--
					}
					sum += d * d / peerRows
				}
			}
			return sum
		}
	}
	const exact, drawn = 1.0005, 1.015
	two, four := classes(14), classes(10, 14, 18)
	for name, test := range map[string]struct {
		learner learn.Learner
		loss    func(learn.Learner) float64
		most    float64 // of what scikit-learn has
	}{
		"tree":              {tree.Tree{Depth: 7, MinRows: 5}, numbers, exact},
		"tree of 30 leaves": {tree.Tree{Leaves: 30}, numbers, exact},
		"pruned tree":       {tree.Tree{Prune: 0.05, MinRows: 5}, numbers, exact},
		"forest":            {tree.Forest{}, numbers, drawn},
		"forest of thirds":  {tree.Forest{Features: 0.33, MinRows: 3, Sample: 0.5}, numbers, drawn},
		"extra trees":       {tree.ExtraTrees{}, numbers, drawn},
		"poisson tree":      {tree.Tree{Criterion: tree.Poisson, Depth: 6, MinRows: 5}, counts, exact},
		"two tree":          {tree.Tree{Depth: 6, MinRows: 5}, two, 1.005},
		"two entropy tree":  {tree.Tree{Criterion: tree.Entropy, Depth: 6, MinRows: 5}, two, 1.005},
		"two forest":        {tree.Forest{}, two, drawn},
		"two extra trees":   {tree.ExtraTrees{}, two, drawn},
		"four tree":         {tree.Tree{Depth: 6, MinRows: 5}, four, 1.005},
		"four entropy tree": {tree.Tree{Criterion: tree.Entropy, Depth: 6, MinRows: 5}, four, 1.005},
		"four forest":       {tree.Forest{}, four, drawn},
		"four extra trees":  {tree.ExtraTrees{}, four, drawn},
	} {
		t.Run(name, func(t *testing.T) {
			got, peer := test.loss(test.learner), want[name]
			t.Logf("%.5f, scikit-learn has %.5f: %.4f of it", got, peer, got/peer)
			if peer == 0 || !(got <= peer+(test.most-1)*math.Abs(peer)) {
				t.Errorf("the loss is %g, scikit-learn has %g", got, peer)
			}
		})
	}
}
