package prep_test

import (
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/prep"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// What is fitted and computed must not tell whether a frame keeps its numbers as
// float64 or as float32, whatever the treatment.
func TestSinglesArePreparedAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(4, 30).Draw(t, "rows")
		doubles, singles := learntest.Twins(table(t, columnsOf(t, rows)...))
		target := learn.Regression("y", append([]float64{0, 1}, rapid.SliceOfN(rapid.Float64Range(-5, 5), rows-2, rows-2).Draw(t, "y")...))
		cfg := configOf(t)
		want, err := prep.Fit(doubles, target, cfg)
		got, other := prep.Fit(singles, target, cfg)
		if (err == nil) != (other == nil) {
			t.Fatalf("%v, and of float32: %v", err, other)
		}
		if err != nil {
			return // rounding has made a column that cannot be treated so
		}
		if diff := cmp.Diff(want.Inputs(), got.Inputs()); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(want.Features(), got.Features(), cmpopts.EquateNaNs()); diff != "" {
			t.Fatal(diff)
		}
		later := columnsOf(t, 6)
		later[0].Values[0], later[0].Values[1], later[0].Values[2] = 1e300, -1e300, -7 // infinite as float32
		laterDoubles, laterSingles := learntest.Twins(table(t, later...))
		for _, pair := range [][2]*frame.Frame{{doubles, singles}, {laterDoubles, laterSingles}} {
			a, b := computed(t, want, pair[0]), computed(t, want, pair[1])
			for j := range a {
				for i := range a[j] {
					if !same(a[j][i], b[j][i]) {
						t.Fatalf("row %d of %d: %v, and %v of float32", j, i, a[j][i], b[j][i])
					}
				}
			}
		}
	})
}

// computed is all that a preparation computes of a frame.
func computed(t *rapid.T, p *prep.Preparation, f *frame.Frame) [][]float64 {
	var all [][]float64
	if made, err := p.Table(f); err == nil {
		for i := range made.Rows {
			all = append(all, tableRow(made, i))
		}
		return all
	}
	m, err := p.Design(f)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Rows {
		all = append(all, m.Row(i))
	}
	r, err := p.Reader(f)
	if err != nil {
		t.Fatal(err)
	}
	for j := range r.Cols() {
		column := make([]float64, r.Rows())
		r.Read(j, 0, column)
		all = append(all, column)
	}
	return all
}
