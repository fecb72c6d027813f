package prep_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

var nan = math.NaN()

func number(name string, values ...float64) *frame.Column {
	return &frame.Column{Name: name, Kind: frame.Number, Values: values}
}

// category makes a column of levels that stand in order; -1 is missing.
func category(name string, levels []string, codes ...int32) *frame.Column {
	return &frame.Column{Name: name, Kind: frame.Category, Levels: levels, Codes: codes}
}

func table(t interface{ Fatal(...any) }, columns ...*frame.Column) *frame.Frame {
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func fit(t interface{ Fatal(...any) }, cfg prep.Config, columns ...*frame.Column) *prep.Preparation {
	p, err := prep.Fit(table(t, columns...), learn.Target{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTreatments(t *testing.T) {
	ab := []string{"a", "b"}
	abc := []string{"a", "b", "c"}
	column := func(c prep.Column) prep.Config { return prep.Config{Columns: map[string]prep.Column{"x": c}} }
	for name, test := range map[string]struct {
		cfg    prep.Config
		column *frame.Column
		want   []predict.Feature
		rows   [][]float64
	}{
		"a number is imputed with the median and scaled": {
			prep.Config{},
			number("x", 1, nan, 3, 8),
			[]predict.Feature{{Name: "x", Op: "value", Impute: 3, Center: 3.75, Scale: math.Sqrt(6.6875)}},
			[][]float64{{-2.75 / math.Sqrt(6.6875)}, {-0.75 / math.Sqrt(6.6875)}, {-0.75 / math.Sqrt(6.6875)}, {4.25 / math.Sqrt(6.6875)}},
		},
		"plain is not scaled": {
			column(prep.Column{Treatment: prep.Plain}), number("x", 1, 5),
			[]predict.Feature{{Name: "x", Op: "value", Impute: 3, Scale: 1}},
			[][]float64{{1}, {5}},
		},
		"log is log1p, then scaled": {
			column(prep.Column{Treatment: prep.Log}), number("x", 0, math.E-1),
			[]predict.Feature{{Name: "x", Op: "value", Impute: (math.E - 1) / 2, Log: true, Center: 0.5, Scale: 0.5}},
			[][]float64{{-1}, {1}},
		},
		"a missing indicator": {
			column(prep.Column{Treatment: prep.Plain, Missing: prep.MissingIndicator}), number("x", 1, nan, 2, 2),
			[]predict.Feature{{Name: "x", Op: "value", Impute: 2, Scale: 1}, {Name: "x is missing", Op: "missing", Scale: 1}},
			[][]float64{{1, 0}, {2, 1}, {2, 0}, {2, 0}},
		},
		"no indicator where nothing is missing": {
			column(prep.Column{Treatment: prep.Plain, Missing: prep.MissingIndicator}), number("x", 1, 2),
			[]predict.Feature{{Name: "x", Op: "value", Impute: 1.5, Scale: 1}},
			[][]float64{{1}, {2}},
		},
		"a category has an indicator a level; a missing one would be the mode": {
			prep.Config{},
			category("x", ab, 0, 1, 1),
			[]predict.Feature{{Name: "x=a", Op: "equals", Level: "a", Scale: 1}, {Name: "x=b", Op: "equals", Level: "b", Impute: 1, Scale: 1}},
			[][]float64{{1, 0}, {0, 1}, {0, 1}},
		},
		"a category with missing rows has an indicator for them": {
			prep.Config{},
			category("x", ab, 0, -1, 1),
			[]predict.Feature{
				{Name: "x=a", Op: "equals", Level: "a", Scale: 1},
				{Name: "x=b", Op: "equals", Level: "b", Scale: 1},
				{Name: "x is missing", Op: "missing", Scale: 1},
			},
			[][]float64{{1, 0, 0}, {0, 0, 1}, {0, 1, 0}},
		},
		"or is imputed with the mode": {
			column(prep.Column{Missing: prep.MissingImpute}), category("x", ab, 0, 0, -1, 1),
			[]predict.Feature{{Name: "x=a", Op: "equals", Level: "a", Impute: 1, Scale: 1}, {Name: "x=b", Op: "equals", Level: "b", Scale: 1}},
			[][]float64{{1, 0}, {1, 0}, {1, 0}, {0, 1}},
		},
		"rare levels have none": {
			prep.Config{Rare: 2},
			category("x", abc, 0, 0, 1, 2, 2),
			[]predict.Feature{{Name: "x=a", Op: "equals", Level: "a", Impute: 1, Scale: 1}, {Name: "x=c", Op: "equals", Level: "c", Scale: 1}},
			[][]float64{{1, 0}, {1, 0}, {0, 0}, {0, 1}, {0, 1}},
		},
		"levels that no row has give nothing": {
			prep.Config{},
			category("x", abc, 0, 2),
			[]predict.Feature{{Name: "x=a", Op: "equals", Level: "a", Impute: 1, Scale: 1}, {Name: "x=c", Op: "equals", Level: "c", Scale: 1}},
			[][]float64{{1, 0}, {0, 1}},
		},
		"a bool is 0 or 1, imputed with the more frequent": {
			prep.Config{},
			&frame.Column{Name: "x", Kind: frame.Bool, Values: []float64{1, 1, 0, nan}},
			[]predict.Feature{{Name: "x", Op: "value", Impute: 1, Scale: 1}},
			[][]float64{{1}, {1}, {0}, {1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := fit(t, test.cfg, test.column)
			near := cmpopts.EquateApprox(1e-12, 1e-12)
			if diff := cmp.Diff(test.want, p.Features(), near); diff != "" {
				t.Errorf("features (-want +got):\n%s", diff)
			}
			m, err := p.Design(table(t, test.column))
			if err != nil {
				t.Fatal(err)
			}
			var rows [][]float64
			for i := range m.Rows {
				rows = append(rows, m.Row(i))
			}
			if diff := cmp.Diff(test.rows, rows, near); diff != "" {
				t.Errorf("design (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInputsSayWhatWasSeen(t *testing.T) {
	var hundred []float64
	codes := make([]int32, 101)
	for i := range 101 {
		hundred = append(hundred, float64(i))
		codes[i] = int32(i % 3 % 2)
	}
	p := fit(t, prep.Config{}, number("n", hundred...), category("c", []string{"a", "b", "never"}, codes...))
	want := []predict.Input{
		{Name: "n", Kind: frame.Number, Min: 0, Max: 100, Low: 1, High: 99, Median: 50, Whole: true},
		{Name: "c", Kind: frame.Category, Levels: []string{"a", "b"}, Unknown: "ignore", Mode: "a"},
	}
	if diff := cmp.Diff(want, p.Inputs(), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Error(diff)
	}
}

func TestUselessColumnsAreLeftOut(t *testing.T) {
	var names []string
	var codes []int32
	var n []float64
	for i := range 26 {
		names = append(names, string(rune('a'+i)))
		codes = append(codes, int32(i))
		n = append(n, float64(i))
	}
	nothing, same, one := make([]float64, 26), make([]float64, 26), make([]int32, 26)
	for i := range nothing {
		nothing[i] = nan
	}
	columns := []*frame.Column{
		number("n", n...), number("empty", nothing...), number("constant", same...),
		category("one level", []string{"a"}, one...), category("name", names, codes...), number("unwanted", n...),
	}
	cfg := prep.Config{Columns: map[string]prep.Column{"unwanted": {Treatment: prep.Drop}}}
	p := fit(t, cfg, columns...)
	var left []string
	for _, o := range p.Left() {
		left = append(left, o.Column)
		if o.Reason == "" {
			t.Errorf("%s is left out without a reason", o.Column)
		}
	}
	if diff := cmp.Diff([]string{"empty", "constant", "one level", "name", "unwanted"}, left); diff != "" {
		t.Error(diff)
	}
	cfg.Columns["name"] = prep.Column{Treatment: prep.OneHot}
	if got := len(fit(t, cfg, columns...).Features()); got != 27 {
		t.Errorf("%d features when the identifier is wanted, want 27", got)
	}
}

func TestOtherFrames(t *testing.T) {
	p := fit(t, prep.Config{}, number("n", 1, 2, 3), category("c", []string{"a", "b"}, 0, 1, 0))
	m, err := p.Design(table(t,
		category("c", []string{"0", "b", "new"}, 1, 2, -1, 0), number("n", 2, 2, 2, nan), number("more", 1, 1, 1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{0, 0, 1 /* b */, 0, 0, 0 /* new: no level */, 0, 1, 0 /* missing: the mode */, 0, 0, 0}
	if diff := cmp.Diff(want, m.Data); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	n, c := number("n", 1, 2), category("c", []string{"a", "b"}, 0, 1)
	treat := func(name string, treatment prep.Treatment) prep.Config {
		return prep.Config{Columns: map[string]prep.Column{name: {Treatment: treatment}}}
	}
	for name, test := range map[string]struct {
		cfg     prep.Config
		columns []*frame.Column
	}{
		"no rows":              {prep.Config{}, []*frame.Column{number("n")}},
		"nothing left":         {treat("n", prep.Drop), []*frame.Column{n}},
		"unknown column":       {treat("m", prep.Drop), []*frame.Column{n}},
		"one-hot of a number":  {treat("n", prep.OneHot), []*frame.Column{n}},
		"scale of a category":  {treat("c", prep.Scale), []*frame.Column{c}},
		"infinite":             {prep.Config{}, []*frame.Column{number("n", 1, math.Inf(1))}},
		"no logarithm below 0": {treat("n", prep.Log), []*frame.Column{number("n", -1, 2)}},
	} {
		if _, err := prep.Fit(table(t, test.columns...), learn.Target{}, test.cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	p := fit(t, prep.Config{}, n, c)
	if _, err := p.Design(table(t, n)); err == nil {
		t.Error("a design without a column: no error")
	}
	if _, err := p.Design(table(t, n, number("c", 1, 2))); err == nil {
		t.Error("a design with a column of another kind: no error")
	}
}

// The compiled model must see the very features that the learner saw.
func TestProgramComputesTheDesign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(3, 20).Draw(t, "rows")
		value := rapid.OneOf(rapid.Float64Range(0, 1e6), rapid.Just(nan))
		code := rapid.Int32Range(-1, 2)
		columns := []*frame.Column{
			number("always", append([]float64{0, 1}, rapid.SliceOfN(value, rows-2, rows-2).Draw(t, "a")...)...),
			number("log", append([]float64{0, 1}, rapid.SliceOfN(value, rows-2, rows-2).Draw(t, "l")...)...),
			category("c", []string{"x", "y", "z"}, append([]int32{0, 1}, rapid.SliceOfN(code, rows-2, rows-2).Draw(t, "c")...)...),
		}
		p := fit(t, prep.Config{
			Columns: map[string]prep.Column{"log": {Treatment: prep.Log}},
			Missing: rapid.SampledFrom([]prep.Missing{prep.MissingAuto, prep.MissingImpute, prep.MissingIndicator}).Draw(t, "missing"),
			Rare:    rapid.IntRange(0, 3).Draw(t, "rare"),
		}, columns...)
		f := table(t, columns...)
		m, err := p.Design(f)
		if err != nil {
			t.Fatal(err)
		}
		weights := make([]float64, m.Cols)
		for j := range weights {
			weights[j] = float64(j + 1)
		}
		program, err := predict.Compile(predict.Spec{
			Version: 1, Task: "regression", Target: predict.Target{Name: "y"}, Inputs: p.Inputs(), Features: p.Features(),
			Linear: &predict.Linear{Weights: weights, Base: make([]float64, m.Cols)},
		})
		if err != nil {
			t.Fatal(err)
		}
		scores, err := program.ScoreFrame(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range scores {
			want, size := 0.0, 1.0
			for j, x := range m.Row(i) {
				want += weights[j] * x
				size += math.Abs(weights[j] * x)
			}
			if math.Abs(got-want) > 1e-11*size {
				t.Fatalf("row %d: the program scores %g, the design %g", i, got, want)
			}
		}
	})
}
