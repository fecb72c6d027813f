package prep_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

func times(name string, texts ...string) *frame.Column {
	c := &frame.Column{Name: name, Kind: frame.Time}
	for _, text := range texts {
		seconds, ok := frame.ParseTime(text)
		if !ok {
			seconds = nan
		}
		c.Values = append(c.Values, seconds)
	}
	return c
}

// columnsMade is the values of a native preparation of one column, by name.
func columnsMade(t *testing.T, c *frame.Column, want prep.Column) map[string][]float64 {
	t.Helper()
	cfg := prep.Config{Form: prep.Native, Columns: map[string]prep.Column{c.Name: want}}
	_, made, err := prep.PrepareTable(table(t, c), learn.Target{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]float64)
	for _, v := range made.Columns {
		got[v.Name] = v.Values.Floats()
	}
	return got
}

func TestPartsOfDates(t *testing.T) {
	c := times("sold", "1969-12-31T23:10:00Z", "2000-02-29", "2023-12-31T06:00:00Z", "", "1900-03-01")
	want := map[string][]float64{
		"sold":             {-1.0 / 24 * 50 / 60, 11016, 19722.25, nan, -25508},
		"sold year":        {1969, 2000, 2023, nan, 1900},
		"sold month":       {12, 2, 12, nan, 3},
		"sold day":         {31, 29, 31, nan, 1},
		"sold weekday":     {3, 2, 7, nan, 4},
		"sold day-of-year": {365, 60, 365, nan, 60},
		"sold hour":        {23, 0, 6, nan, 0},
	}
	parts := []prep.Part{prep.Days, prep.Year, prep.Month, prep.Day, prep.Weekday, prep.Yearday, prep.Hour}
	got := columnsMade(t, c, prep.Column{Treatment: prep.Parts, Parts: parts})
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 1e-12), cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	since, _ := frame.ParseTime("2000-02-29")
	if got := columnsMade(t, c, prep.Column{Treatment: prep.Parts, Parts: []prep.Part{prep.Days}, Since: since}); got["sold"][1] != 0 {
		t.Errorf("the day that days are counted from is day %v", got["sold"][1])
	}
	// December is as near to January as to November.
	cycle := columnsMade(t, times("d", "2020-12-05", "2021-01-05", "2020-11-05"), prep.Column{Parts: []prep.Part{prep.MonthCycle}})
	apart := func(i, j int) float64 {
		return math.Hypot(cycle["d month-cycle sine"][i]-cycle["d month-cycle sine"][j], cycle["d month-cycle cosine"][i]-cycle["d month-cycle cosine"][j])
	}
	if math.Abs(apart(0, 1)-apart(0, 2)) > 1e-12 || apart(1, 2) < apart(0, 1) {
		t.Errorf("the months are %v and %v apart", apart(0, 1), apart(0, 2))
	}
}

// TestUsualParts: only what the rows tell apart becomes a feature.
func TestUsualParts(t *testing.T) {
	at := func(step time.Duration, n int) *frame.Column {
		c := &frame.Column{Name: "at", Kind: frame.Time}
		for k := range n {
			c.Values = append(c.Values, 1e9+float64(k)*step.Seconds())
		}
		return c
	}
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		column *frame.Column
		want   []string
	}{
		"three years of days": {at(day, 1000), []string{"at", "at month", "at weekday"}},
		"years of mondays":    {at(7*day, 200), []string{"at", "at month"}},
		"ten days":            {at(day, 10), []string{"at"}},
		"ten days of hours":   {at(time.Hour, 240), []string{"at", "at hour"}},
	} {
		p, err := prep.Fit(table(t, test.column), learn.Target{}, prep.Config{Form: prep.Native})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range p.Features() {
			names = append(names, f.Name)
		}
		if diff := cmp.Diff(test.want, names); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestClipping(t *testing.T) {
	values := make([]float64, 101)
	for i := range values {
		values[i] = float64(i)
	}
	values[100] = 1e9
	cfg := prep.Config{Columns: map[string]prep.Column{"x": {Treatment: prep.Plain, Clip: 0.05}}}
	m, err := fit(t, cfg, number("x", values...)).Design(table(t, number("x", 0, 50, 1e9, nan)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{5, 50, 95, 50}, m.Data); diff != "" {
		t.Error(diff)
	}
}

func TestOrdersAndShares(t *testing.T) {
	c := category("size", []string{"large", "middle", "small"}, 2, 1, 1, 0, -1)
	order := prep.Column{Treatment: prep.Ordinal, Order: []string{"small", "middle", "large", "huge"}}
	got := columnsMade(t, c, order)
	if diff := cmp.Diff(map[string][]float64{"size": {0, 1, 1, 2, nan}}, got, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	got = columnsMade(t, c, prep.Column{Treatment: prep.Frequency})
	if diff := cmp.Diff(map[string][]float64{"size: share of rows": {0.2, 0.4, 0.4, 0.2, 0.2}}, got, cmpopts.EquateApprox(0, 1e-15)); diff != "" {
		t.Error(diff)
	}
	// Later rows: a level that only the order knows, and one that nothing knows.
	p := fit(t, prep.Config{Form: prep.Native, Columns: map[string]prep.Column{"size": order}}, c)
	later, err := p.Table(table(t, category("size", []string{"huge", "tiny"}, 0, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if v := later.Columns[0].Values.Floats(); v[0] != 3 || !math.IsNaN(v[1]) {
		t.Errorf("later sizes are %v", v)
	}
}

// TestTenThousandLevels: no treatment by default makes ten thousand features, or
// codes that a tree cannot learn from.
func TestTenThousandLevels(t *testing.T) {
	f, target := manyLevels(40_000, 10_000, 1, 1)
	for form, want := range map[prep.Form]int{prep.Dense: 2, prep.Native: 2} {
		p, err := prep.Fit(f, target, prep.Config{Form: form})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(p.Features()); got != want {
			t.Errorf("form %d: %d features, want %d", form, got, want)
		}
	}
}

func TestTextsAreTold(t *testing.T) {
	c := &frame.Column{Name: "remarks", Kind: frame.Category}
	for k := range 50 {
		c.Levels = append(c.Levels, fmt.Sprintf("%02d a house by the lake", k))
		c.Codes = append(c.Codes, int32(k))
	}
	n := number("n", make([]float64, 50)...)
	n.Values[3] = 1
	p := fit(t, prep.Config{}, c, n)
	if left := p.Left(); len(left) != 1 || !strings.Contains(left[0].Reason, "treatment text") {
		t.Errorf("what is left out: %v", left)
	}
	p = fit(t, prep.Config{Columns: map[string]prep.Column{"remarks": {Treatment: prep.Words}}}, c, n)
	if in := p.Inputs()[0]; !in.Text || in.Levels != nil || in.Hashing.Buckets != 256 {
		t.Errorf("the input is %+v", in)
	}
	if got := len(p.Features()); got < 30 || got > 60 { // 54 words and a number, some sharing a bucket
		t.Errorf("%d features", got)
	}
}

func TestSentences(t *testing.T) {
	n, c := number("n", 1, 2, 3), category("c", []string{"a", "b"}, 0, 1, 0)
	at := times("at", "2020-01-01", "2021-01-01", "2022-01-01")
	target := learn.Regression("y", []float64{1, 2, 4})
	for want, test := range map[string]struct {
		name   string
		column prep.Column
	}{
		`cannot be treated as "date-parts"`:        {"n", prep.Column{Treatment: prep.Parts}},
		`cannot be treated as "target"`:            {"n", prep.Column{Treatment: prep.TargetMean}},
		`cannot be treated as "yeo-johnson"`:       {"c", prep.Column{Treatment: prep.Power}},
		`must be from 0 to below 0.5`:              {"n", prep.Column{Clip: 0.5}},
		`cannot be filled with NaN`:                {"n", prep.Column{Fill: prep.FillConstant, Constant: nan}},
		`no training row has that level`:           {"c", prep.Column{Fill: prep.FillConstant, Level: "z"}},
		`is a category and has no mean`:            {"c", prep.Column{Fill: prep.FillMean}},
		`has the level "b", which its order`:       {"c", prep.Column{Treatment: prep.Ordinal, Order: []string{"a"}}},
		`the order of column "c" has "a" twice`:    {"c", prep.Column{Treatment: prep.Ordinal, Order: []string{"a", "b", "a"}}},
		`the parts of column "at" have hour twice`: {"at", prep.Column{Treatment: prep.Parts, Parts: []prep.Part{prep.Hour, prep.Year, prep.Hour}}},
		`1 to 65536 are possible`:                  {"c", prep.Column{Treatment: prep.Words, Text: prep.Text{Buckets: -1}}},
		`it must be a number of rows, or 0`:        {"c", prep.Column{Treatment: prep.TargetMean, Smoothing: nan}},
		`cannot be counted since`:                  {"at", prep.Column{Since: math.Inf(1)}},
		`use log, count or binary`:                 {"c", prep.Column{Treatment: prep.Words, Text: prep.Text{Count: "tf-idf"}}},
	} {
		cfg := prep.Config{Columns: map[string]prep.Column{test.name: test.column}}
		if _, err := prep.Fit(table(t, n, c, at), target, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, and should say %s", err, want)
		}
	}
	cfg := prep.Config{Columns: map[string]prep.Column{"c": {Treatment: prep.TargetMean}}}
	if _, err := prep.Fit(table(t, c), learn.Target{}, cfg); err == nil {
		t.Error("encoding by a target that is not there: no error")
	}
	if _, err := prep.Fit(table(t, c), learn.Regression("y", []float64{1, 2}), cfg); err == nil {
		t.Error("another number of targets: no error")
	}
}

// TestNames: every name that is written is read.
func TestNames(t *testing.T) {
	for k := range 16 {
		if got, err := prep.ParseTreatment(prep.Treatment(k).String()); err != nil || got != prep.Treatment(k) {
			t.Errorf("treatment %d is read as %d, %v", k, got, err)
		}
	}
	for k := range 11 {
		if got, err := prep.ParsePart(prep.Part(k).String()); err != nil || got != prep.Part(k) {
			t.Errorf("part %d is read as %d, %v", k, got, err)
		}
	}
	for k := range 5 {
		if got, err := prep.ParseFill(prep.Fill(k).String()); err != nil || got != prep.Fill(k) {
			t.Errorf("fill %d is read as %d, %v", k, got, err)
		}
	}
	for _, read := range []func(string) error{
		func(s string) error { _, err := prep.ParseTreatment(s); return err },
		func(s string) error { _, err := prep.ParsePart(s); return err },
		func(s string) error { _, err := prep.ParseFill(s); return err },
		func(s string) error { _, err := prep.ParseMissing(s); return err },
		func(s string) error { _, err := prep.ParseTransform(s); return err },
		func(s string) error { _, err := prep.ParseCorrection(s); return err },
	} {
		if err := read("nonsense"); err == nil || !strings.Contains(err.Error(), "use one of") {
			t.Errorf("nonsense: %v", err)
		}
	}
}
