package explain_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/predict"
	"dasier/ml/stack"
	"dasier/ml/tree"
)

// streets is a table with a number, a category and a missing value here and
// there, and the targets of every task.
func streets(tb testing.TB) (*frame.Frame, map[string]learn.Target) {
	tb.Helper()
	r := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // not for secrets
	const n = 300
	area, rooms := &frame.Column{Name: "area"}, &frame.Column{Name: "rooms"}
	zone := &frame.Column{Name: "zone", Kind: frame.Category, Levels: []string{"a", "b", "c"}}
	price, kind := make([]float64, n), make([]float64, n)
	dear := make([]float64, n)
	for i := range n {
		a, m, z := 20+100*r.Float64(), float64(1+r.IntN(6)), r.IntN(3)
		area.Values, rooms.Values, zone.Codes = append(area.Values, a), append(rooms.Values, m), append(zone.Codes, int32(z)) //nolint:gosec // small
		price[i] = 100 + 3*a + 20*m*float64(z) + 10*r.NormFloat64()
		kind[i] = float64(min(int((a+15*r.NormFloat64()+10*float64(z))/50+0.2), 2))
		if price[i] > 350 {
			dear[i] = 1
		}
		if r.IntN(15) == 0 {
			area.Values[i] = math.NaN()
		}
	}
	f, err := frame.New(area, rooms, zone)
	if err != nil {
		tb.Fatal(err)
	}
	return f, map[string]learn.Target{
		"regression": learn.Regression("price", price),
		"binary":     {Name: "dear", Task: predict.TaskBinary, Y: dear, Classes: []string{"no", "yes"}},
		"multiclass": {Name: "kind", Task: predict.TaskMulticlass, Y: kind, Classes: []string{"x", "y", "z"}},
	}
}

func compiled(tb testing.TB, m *learn.Model, err error) *predict.Program {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	p, err := m.Compile()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func parts(task string) []stack.Named {
	var plain learn.Learner = linear.Ridge{Alpha: 1}
	if task != "regression" {
		plain = linear.Logistic{}
	}
	return []stack.Named{{Name: "plain", Learner: plain}, {Name: "forest", Learner: tree.Forest{Trees: 20, Depth: 5, Seed: 1}}}
}

// TestEveryModelIsExplained: whatever the way, base and effects are the score, and
// the model says by which way.
func TestEveryModelIsExplained(t *testing.T) {
	f, targets := streets(t)
	for name, want := range map[string]predict.Explanation{
		"regression, weights": predict.Exact, "binary, weights": predict.Chained, "multiclass, weights": predict.Chained,
		"regression, final": predict.Exact, "binary, final": predict.Chained, "multiclass, final": predict.Chained,
		"regression, trees": predict.Sampled, "binary, trees": predict.Sampled, "multiclass, trees": predict.Sampled,
		"regression, knn": predict.Sampled, "binary, knn": predict.Sampled, "multiclass, knn": predict.Sampled,
	} {
		t.Run(name, func(t *testing.T) {
			var task, how string
			if _, err := fmt.Sscanf(name, "%s %s", &task, &how); err != nil {
				t.Fatal(err)
			}
			task = task[:len(task)-1]
			var learner learn.Learner
			switch base := parts(task); how {
			case "weights":
				learner = stack.Stacking{Base: base, Folds: 3}
			case "final":
				learner = stack.Stacking{Base: base, Folds: 3, Final: base[0].Learner, Through: true}
			case "trees":
				learner = stack.Stacking{Base: base, Folds: 3, Final: tree.Tree{Depth: 3}}
			case "knn":
				learner = knn.Neighbours{}
			}
			m, err := learner.Fit(t.Context(), f, targets[task])
			p := compiled(t, m, err)
			if p.Explanation() != want {
				t.Fatalf("explained by %q, want %q", p.Explanation(), want)
			}
			checkSums(t, p, f)
			overview, err := explain.Survey(t.Context(), p, f, explain.Config{})
			if err != nil || overview.Inputs[0].Share < 0.2 {
				t.Errorf("the survey: %v, %v", overview, err)
			}
		})
	}
}

func checkSums(t *testing.T, p *predict.Program, f *frame.Frame) {
	t.Helper()
	some := make([]int, 40)
	for i := range some {
		some[i] = 7 * i
	}
	moved := 0.0
	err := p.EachRow(f.Take(some), func(row *predict.Row) {
		before := p.Outcome(row)
		sum := p.BaseOf(max(before.Class, 0))
		for _, c := range explain.Contributions(p, row, nil) {
			sum += c.Effect
			moved += math.Abs(c.Effect)
		}
		if after := p.Outcome(row); math.Abs(sum-before.Score) > 1e-9*max(1, math.Abs(before.Score)) || after.Score != before.Score {
			t.Errorf("base and effects are %g, the score is %g, and %g afterwards", sum, before.Score, after.Score)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if moved == 0 {
		t.Error("nothing moves anything")
	}
}

// TestStackIsTheSumOfItsParts: the effects of weighted models are the weighted sums
// of theirs.
func TestStackIsTheSumOfItsParts(t *testing.T) {
	f, targets := streets(t)
	target := targets["regression"]
	base := parts("regression")
	m, err := stack.Blending{Base: base, Folds: 3}.Fit(t.Context(), f, target)
	whole := compiled(t, m, err)
	if len(m.Spec.Linear.Weights) != 2 {
		t.Fatalf("the weights are %v", m.Spec.Linear.Weights)
	}
	var programs []*predict.Program
	for _, b := range base {
		part, err := b.Learner.Fit(t.Context(), f, target)
		programs = append(programs, compiled(t, part, err))
	}
	row := whole.NewRow()
	set := func(r *predict.Row) {
		r.SetNumber(0, 90)
		r.SetNumber(1, 5)
		r.SetCategory(2, "c")
	}
	set(row)
	got := map[int]float64{}
	for _, c := range explain.Contributions(whole, row, nil) {
		got[c.Input] = c.Effect
	}
	want := map[int]float64{}
	for k, p := range programs {
		row := p.NewRow()
		set(row)
		for _, c := range explain.Contributions(p, row, nil) {
			want[c.Input] += m.Spec.Linear.Weights[k] * c.Effect
		}
	}
	for i, w := range want {
		if math.Abs(got[i]-w) > 1e-9*max(1, math.Abs(w)) {
			t.Errorf("input %d: %g, the parts' sum is %g", i, got[i], w)
		}
	}
}

// TestSampledEffectsNearTheTruth: of a function whose Shapley values against the
// background are known, because all its inputs add up, sampling finds them exactly.
func TestSampledEffectsNearTheTruth(t *testing.T) {
	f, targets := streets(t)
	m, err := knn.Neighbours{K: 1}.Fit(t.Context(), f, targets["regression"])
	p := compiled(t, m, err)
	rows := m.Spec.Background.Rows
	row := p.NewRow()
	row.SetNumber(0, 60)
	row.SetNumber(1, 3)
	row.SetCategory(2, "b")
	own := append([]float64(nil), p.FeatureCells(row)...)
	// Shapley values by definition, over all subsets of the three inputs.
	value := func(with int) float64 {
		mean := 0.0
		for _, other := range rows {
			cells := p.FeatureCells(row)
			for j, feature := range m.Spec.Features {
				if cells[j] = other[j]; with>>feature.Input&1 == 1 {
					cells[j] = own[j]
				}
			}
			mean += p.ScoresOfCells(row)[0] / float64(len(rows))
		}
		return mean
	}
	weights := []float64{1.0 / 3, 1.0 / 6, 1.0 / 3} // of subsets of 0, 1 and 2 of the other two
	spread := math.Abs(value(7) - value(0))
	for _, c := range explain.Contributions(p, row, nil) {
		exact := 0.0
		for with := range 8 {
			if with>>c.Input&1 == 0 {
				size := with&1 + with>>1&1 + with>>2&1
				exact += weights[size] * (value(with|1<<c.Input) - value(with))
			}
		}
		if spread = max(spread, math.Abs(exact)); math.Abs(c.Effect-exact) > 0.25*spread {
			t.Errorf("input %d: sampled %g, exact %g", c.Input, c.Effect, exact)
		}
	}
}
