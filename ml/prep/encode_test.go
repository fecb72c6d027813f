package prep_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// manyLevels are rows of a category of so many levels and of a number, of which
// the target depends on the number alone, and with effect on the level too.
func manyLevels(rows, levels int, effect float64, seed uint64) (*frame.Frame, learn.Target) {
	random := rand.New(rand.NewPCG(seed, 2))
	effects := rand.New(rand.NewPCG(99, 2))
	c := &frame.Column{Name: "town", Kind: frame.Category}
	of := make([]float64, levels)
	for k := range levels {
		c.Levels = append(c.Levels, fmt.Sprintf("town %05d", k))
		of[k] = effect * effects.NormFloat64()
	}
	x, y := make([]float64, rows), make([]float64, rows)
	for i := range rows {
		code := random.IntN(levels)
		c.Codes = append(c.Codes, int32(code))
		x[i] = random.NormFloat64()
		y[i] = x[i] + of[code] + random.NormFloat64()
	}
	f, err := frame.New(number("x", x...), c)
	if err != nil {
		panic(err)
	}
	return f, learn.Regression("y", y)
}

func correlation(a, b []float64) float64 {
	ma, mb := meanOf(a), meanOf(b)
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	return ab / math.Sqrt(aa*bb)
}

func rSquared(t *testing.T, m *learn.Model, f *frame.Frame, y []float64) float64 {
	t.Helper()
	mean, misses, all := meanOf(y), 0.0, 0.0
	for i, v := range predicted(t, m, f) {
		misses += (y[i] - v) * (y[i] - v)
		all += (y[i] - mean) * (y[i] - mean)
	}
	return 1 - misses/all
}

// TestTargetEncodingDoesNotLeak: of a category that says nothing the learner sees
// nothing, and answers new rows as well as without it. Encoded by its own target,
// a training row would correlate with it by more than a half.
func TestTargetEncodingDoesNotLeak(t *testing.T) {
	for seed := range uint64(5) {
		f, target := manyLevels(2000, 500, 0, seed+1)
		for _, smoothing := range []float64{0, 1} {
			cfg := prep.Config{Columns: map[string]prep.Column{"town": {Treatment: prep.TargetMean, Smoothing: smoothing}}, Seed: seed}
			p, m, err := prep.PrepareMatrix(f, target, cfg)
			if err != nil {
				t.Fatal(err)
			}
			crossed, own := make([]float64, m.Rows), make([]float64, m.Rows)
			later, err := p.Design(f)
			if err != nil {
				t.Fatal(err)
			}
			for i := range m.Rows {
				crossed[i], own[i] = m.Row(i)[1], later.Row(i)[1]
			}
			if r := correlation(crossed, target.Y); math.Abs(r) > 0.08 { // 3.5 standard errors
				t.Errorf("smoothing %g: the encoding of training rows correlates with their target by %.3f", smoothing, r)
			}
			if r := correlation(own, target.Y); smoothing == 1 && r < 0.3 {
				t.Errorf("encoded by its own target it correlates by %.3f only: the test shows nothing", r)
			}
			without, err := f.Select("x")
			if err != nil {
				t.Fatal(err)
			}
			plain, err := squares{}.Fit(t.Context(), without, target)
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := squares{cfg}.Fit(t.Context(), f, target)
			if err != nil {
				t.Fatal(err)
			}
			fresh, truth := manyLevels(20_000, 500, 0, seed+100)
			if with, best := rSquared(t, encoded, fresh, truth.Y), rSquared(t, plain, fresh, truth.Y); with < best-0.005 {
				t.Errorf("smoothing %g: R² of new rows is %.4f with the column, %.4f without", smoothing, with, best)
			}
		}
	}
}

// TestNoiseStaysSmall: of columns that say nothing, and have one level in nearly
// every row, the rare levels do not throw an answer off: as large as the columns
// that say something, and further out than any training row, they would.
func TestNoiseStaysSmall(t *testing.T) {
	rows := func(n int, seed uint64) (*frame.Frame, learn.Target) {
		random := rand.New(rand.NewPCG(seed, 3))
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = random.NormFloat64()
			y[i] = x[i] + random.NormFloat64()
		}
		columns := []*frame.Column{number("x", x...)}
		for k := range 30 {
			c := &frame.Column{Name: fmt.Sprint("noise ", k), Kind: frame.Category, Levels: []string{"common", "rare", "rarer", "rarest"}}
			for range n {
				c.Codes = append(c.Codes, int32(max(random.IntN(200)-196, 0)))
			}
			columns = append(columns, c)
		}
		f, err := frame.New(columns...)
		if err != nil {
			t.Fatal(err)
		}
		return f, learn.Regression("y", y)
	}
	encoded := prep.Config{Columns: map[string]prep.Column{}}
	for k := range 30 {
		encoded.Columns[fmt.Sprint("noise ", k)] = prep.Column{Treatment: prep.TargetMean}
	}
	f, target := rows(1000, 1)
	m, err := squares{encoded}.Fit(t.Context(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	fresh, truth := rows(10_000, 2)
	if r := rSquared(t, m, fresh, truth.Y); r < 0.45 { // 0.5 without them
		t.Errorf("R² of new rows is %.3f", r)
	}
}

// TestTargetEncodingTells: of a category with an effect it finds most of it, by
// default where levels are many.
func TestTargetEncodingTells(t *testing.T) {
	f, target := manyLevels(10_000, 300, 1, 1)
	m, err := squares{}.Fit(t.Context(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(m.Spec.Features); n != 2 {
		t.Errorf("300 levels became %d features", n)
	}
	fresh, truth := manyLevels(10_000, 300, 1, 2)
	if r := rSquared(t, m, fresh, truth.Y); r < 0.63 { // 2/3 is all there is to know
		t.Errorf("R² of new rows is %.3f", r)
	}
	table, err := prep.Fit(f, target, prep.Config{Form: prep.Native})
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Features()[1].Name; got != "town: mean of y" {
		t.Errorf("300 levels became %q for trees", got)
	}
}

// TestEncodingByHand: shrunk means, of the rows and of the other folds' rows, with
// weights, missing values as a level, and the prior for what was never seen.
func TestEncodingByHand(t *testing.T) {
	c := category("c", []string{"a", "b"}, 0, 0, 1, -1)
	target := learn.Regression("y", []float64{1, 3, 10, 6})
	target.Weights = []float64{1, 3, 1, 1}
	cfg := prep.Config{Form: prep.Native, Columns: map[string]prep.Column{"c": {Treatment: prep.TargetMean, Smoothing: 2}}}
	p, err := prep.Fit(table(t, c), target, cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, made, err := prep.PrepareTable(table(t, c), target, cfg)
	if err != nil {
		t.Fatal(err)
	}
	// Four rows are in four folds: each is encoded by the three others.
	left := func(i int, sum, weight float64) float64 {
		prior := (26 - target.Weights[i]*target.Y[i]) / (6 - target.Weights[i])
		return (sum + 2*prior) / (weight + 2)
	}
	crossed := []float64{left(0, 9, 3), left(1, 1, 1), left(2, 0, 0), left(3, 0, 0)}
	for i, v := range made.Columns[0].Values.All() {
		if math.Abs(v-crossed[i]) > 1e-12 {
			t.Errorf("row %d is %v, want %v", i, v, crossed[i])
		}
	}
	// Of other rows, by all, but no further out than that.
	prior := (1 + 9 + 10 + 6) / 6.0
	for k, want := range []float64{(10 + 2*prior) / 6, (10 + 2*prior) / 3, prior, (6 + 2*prior) / 3} {
		want = min(max(want, slices.Min(crossed)), slices.Max(crossed))
		if v := p.Features()[0].Table[k]; math.Abs(v-want) > 1e-12 {
			t.Errorf("place %d is %v, want %v", k, v, want)
		}
	}
}

// TestEncodingOfClasses: a feature per class of more than two, one of two.
func TestEncodingOfClasses(t *testing.T) {
	c := category("c", []string{"a", "b"}, 0, 0, 0, 1, 1, 1)
	cfg := prep.Config{Form: prep.Native, Columns: map[string]prep.Column{"c": {Treatment: prep.TargetMean, Smoothing: 1}}}
	names := func(target learn.Target) (names []string) {
		p, err := prep.Fit(table(t, c), target, cfg)
		if err != nil {
			t.Fatal(err)
		}
		total := make([]float64, 4)
		for _, f := range p.Features() {
			names = append(names, f.Name)
			for k, v := range f.Table {
				total[k] += v
			}
		}
		if len(names) > 1 {
			for k, v := range total {
				if math.Abs(v-1) > 1e-12 {
					t.Errorf("place %d: the shares add up to %v", k, v)
				}
			}
		}
		return names
	}
	three := learn.Target{Name: "y", Task: predict.TaskMulticlass, Y: []float64{0, 1, 2, 2, 1, 1}, Classes: []string{"low", "middle", "top"}}
	if got := names(three); !slices.Equal(got, []string{"c: share of low", "c: share of middle", "c: share of top"}) {
		t.Errorf("three classes: %q", got)
	}
	two := learn.Target{Name: "y", Task: predict.TaskBinary, Y: []float64{0, 1, 1, 0, 1, 1}, Classes: []string{"no", "yes"}}
	if got := names(two); !slices.Equal(got, []string{"c: share of yes"}) {
		t.Errorf("two classes: %q", got)
	}
}
