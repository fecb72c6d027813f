package drift_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"dasier/ml/drift"
	"dasier/ml/frame"
)

func table(t testing.TB, columns ...*frame.Column) *frame.Frame {
	t.Helper()
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sample is a number and a category, of which a share of the rows is moved.
func sample(t testing.TB, random *rand.Rand, n int, moved float64) *frame.Frame {
	t.Helper()
	x, town := make([]float64, n), make([]int32, n)
	for i := range n {
		x[i], town[i] = random.NormFloat64(), int32(random.IntN(5))
		if random.Float64() < moved {
			x[i], town[i] = x[i]+100, 5
		}
	}
	return table(t,
		&frame.Column{Name: "x", Kind: frame.Number, Values: x},
		&frame.Column{Name: "town", Kind: frame.Category, Codes: town, Levels: []string{"a", "b", "c", "d", "e", "new"}},
	)
}

func compare(t testing.TB, before, after *frame.Frame, cfg drift.Config) *drift.Report {
	t.Helper()
	r, err := drift.Compare(before, after, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Where nothing changed nothing is told, however many rows there are.
func TestLongNoAlarmWithoutChange(t *testing.T) {
	for _, n := range []int{100, 1000, 20_000} {
		alarms, columns := 0, 0
		for seed := range uint64(min(200, 400_000/n)) {
			random := rand.New(rand.NewPCG(seed, 1))
			r := compare(t, sample(t, random, n, 0), sample(t, random, n, 0), drift.Config{Seed: seed})
			alarms, columns = alarms+r.Changed(), columns+len(r.Columns)
			if n == 20_000 && (r.Columns[0].Verdict != drift.Stable || r.Columns[1].Verdict != drift.Stable) {
				t.Fatalf("seed %d: many rows of one distribution are %q and %q", seed, r.Columns[0].Verdict, r.Columns[1].Verdict)
			}
		}
		// 2.5 % of the intervals may lie above the truth by chance.
		most := distuv.Binomial{N: float64(columns), P: 0.025}
		if bound := most.N*most.P + 4*most.StdDev(); float64(alarms) > bound {
			t.Errorf("%d rows: %d alarms in %d columns that did not change", n, alarms, columns)
		}
	}
}

// The effect is the same for few rows and for many, and its interval holds the
// share of rows that was moved.
func TestLongEffectIsTheShareThatMoved(t *testing.T) {
	for _, moved := range []float64{0.1, 0.3} {
		for _, n := range []int{200, 2000, 20_000} {
			held, mean, seeds := 0, 0.0, float64(min(100, 400_000/n))
			for seed := range uint64(seeds) {
				random := rand.New(rand.NewPCG(seed, 2))
				r := compare(t, sample(t, random, n, 0), sample(t, random, n, moved), drift.Config{Seed: seed})
				for _, c := range r.Columns {
					if c.Name != "town" {
						continue
					}
					mean += c.Effect.Value / seeds
					if c.Effect.Low <= moved && moved <= c.Effect.High {
						held++
					}
				}
			}
			if math.Abs(mean-moved) > 0.03 {
				t.Errorf("%d rows: the effect is %.3f on average, %.3f moved", n, mean, moved)
			}
			if least := 0.95*seeds - 5*math.Sqrt(seeds*0.95*0.05); float64(held) < least {
				t.Errorf("%d rows, %.1f moved: %d of %g intervals hold it", n, moved, held, seeds)
			}
		}
	}
}

func TestWhatIsSaid(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	before, after := sample(t, random, 3000, 0), sample(t, random, 2000, 0.4)
	extra := &frame.Column{Name: "extra", Kind: frame.Bool, Values: make([]float64, 2000)}
	after = table(t, append([]*frame.Column{extra}, after.Columns()...)...)
	r := compare(t, before, after, drift.Config{})
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2000 rows and 3 columns; before 3000 rows and 2 columns", "new columns: extra", "x: changed much", "town: changed much",
		"1 level not there before, in 4", `"new"`, "lie outside of what was seen before", "2 columns changed, 0 stable",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, b.String())
		}
	}
}

func TestRowsAreMatchedByID(t *testing.T) {
	nan := math.NaN()
	ids := func(names ...string) *frame.Column {
		c := &frame.Column{Name: "id", Kind: frame.Category, Levels: []string{"a", "b", "c", "d"}}
		for _, name := range names {
			c.Codes = append(c.Codes, int32(strings.Index("abcd", name)))
		}
		return c
	}
	before := table(t, ids("a", "b", "c"), &frame.Column{Name: "v", Kind: frame.Number, Values: []float64{1, nan, 3}})
	after := table(t, ids("d", "c", "b"), &frame.Column{Name: "v", Kind: frame.Number, Values: []float64{9, 4, nan}})
	m := compare(t, before, after, drift.Config{ID: "id"}).Matched
	got := fmt.Sprintf("%+v", *m)
	if want := "{ID:id Same:1 Edited:1 Added:1 Removed:1 Columns:[{Name:v Cells:1 Examples:[{ID:c Before:3 After:4}]}]}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for name, f := range map[string]*frame.Frame{
		"no such column": table(t, &frame.Column{Name: "v", Kind: frame.Number, Values: []float64{1}}),
		"twice":          table(t, ids("a", "a")),
		"missing":        table(t, &frame.Column{Name: "id", Kind: frame.Category, Levels: []string{"a"}, Codes: []int32{0, -1}}),
	} {
		if _, err := drift.Compare(before, f, drift.Config{ID: "id"}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestKindsAndMissingValues(t *testing.T) {
	n := 1000
	zeros, gaps := make([]float64, n), make([]float64, n)
	for i := range gaps {
		if i%3 == 0 {
			gaps[i] = math.NaN()
		}
	}
	codes := make([]int32, n)
	r := compare(t,
		table(t, &frame.Column{Name: "gaps", Kind: frame.Number, Values: zeros}, &frame.Column{Name: "kind", Kind: frame.Number, Values: zeros}),
		table(t, &frame.Column{Name: "gaps", Kind: frame.Number, Values: gaps}, &frame.Column{Name: "kind", Kind: frame.Category, Codes: codes, Levels: []string{"x"}}),
		drift.Config{})
	if c := r.Columns[0]; c.Name != "kind" || c.KindAfter == nil || c.Words[0] != "was a number and is a category" {
		t.Errorf("%+v", c)
	}
	if c := r.Columns[1]; c.Verdict != drift.Strong || math.Abs(c.Effect.Value-1.0/3) > 0.02 || c.Words[0] != "missing in 33.4 % of the rows, and in 0.0 % before" {
		t.Errorf("%+v", c)
	}
	if _, err := drift.Compare(table(t), table(t), drift.Config{}); err == nil {
		t.Error("no rows: no error")
	}
}

func TestImportanceOrders(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	before, after := sample(t, random, 2000, 0), sample(t, random, 2000, 0.3)
	for first, weights := range map[string]map[string]float64{"x": {"x": 0.9, "town": 0.1}, "town": {"x": 0.1, "town": 0.9}} {
		if got := compare(t, before, after, drift.Config{Importance: weights}).Columns[0].Name; got != first {
			t.Errorf("%s comes first, not %s", got, first)
		}
	}
}
