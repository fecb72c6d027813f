package prep_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// seen is what a compiled program computes of a preparation's features.
func seen(t interface{ Fatal(...any) }, p *prep.Preparation, f *frame.Frame) [][]float64 {
	spec := predict.Spec{
		Version: 1, Task: predict.TaskVector, Target: predict.Target{Name: "features"}, Inputs: p.Inputs(), Features: p.Features(),
		Answer: &predict.Answer{},
	}
	for j := range spec.Features {
		spec.Targets = append(spec.Targets, fmt.Sprint(j))
		spec.Answer.Scores = append(spec.Answer.Scores, int32(j))
	}
	text, err := predict.MarshalSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	again, err := predict.ParseSpec(text)
	if err != nil {
		t.Fatal(err)
	}
	program, err := predict.Compile(again)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]float64
	err = program.EachRow(f, func(row *predict.Row) {
		rows = append(rows, append([]float64{}, program.Outcome(row).Values...))
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// tableRow is row i of a table as a program computes it.
func tableRow(table *prep.Table, i int) []float64 {
	var row []float64
	for _, v := range table.Columns {
		switch {
		case v.Codes == nil:
			row = append(row, v.Values.At(i))
		case v.Codes[i] < 0:
			row = append(row, math.NaN())
		case int(v.Codes[i]) == v.Levels:
			row = append(row, -1)
		default:
			row = append(row, float64(v.Codes[i]))
		}
	}
	return row
}

var (
	numberTreatments = []prep.Treatment{
		prep.Auto, prep.Scale, prep.Plain, prep.Log, prep.Robust, prep.MinMax, prep.SignedLog, prep.Power, prep.Normal,
	}
	categoryTreatments = []prep.Treatment{prep.Auto, prep.OneHot, prep.Ordinal, prep.Frequency, prep.TargetMean, prep.Words}
	everyPart          = []prep.Part{
		prep.Days, prep.Year, prep.Month, prep.Day, prep.Weekday, prep.Yearday, prep.Hour,
		prep.MonthCycle, prep.WeekdayCycle, prep.YeardayCycle, prep.HourCycle,
	}
	texts = []string{"a fine house", "Ein Haus am See", "", "Ça va, ÇA ira!", "日本 語", "x1 x2 x1 x2", "\u00e9t\u0065\u0301"}
)

// columnsOf draws columns of every kind with what may stand in them.
func columnsOf(t *rapid.T, rows int) []*frame.Column {
	draw := func(name string, value *rapid.Generator[float64]) []float64 {
		return append([]float64{0, 1, 40}, rapid.SliceOfN(value, rows-3, rows-3).Draw(t, name)...)
	}
	number := &frame.Column{Name: "number", Kind: frame.Number}
	number.Values = draw("number", rapid.OneOf(rapid.Float64Range(0, 1e6), rapid.Just(nan), rapid.SampledFrom([]float64{0, 1, 2})))
	at := &frame.Column{Name: "at", Kind: frame.Time}
	at.Values = draw("at", rapid.OneOf(rapid.Float64Range(-3e9, 3e9), rapid.Just(nan)))
	flag := &frame.Column{Name: "flag", Kind: frame.Bool}
	flag.Values = append([]float64{0, 1, nan}, rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1, nan}), rows-3, rows-3).Draw(t, "flag")...)
	town := &frame.Column{Name: "town", Kind: frame.Category, Levels: []string{"east", "north", "south", "west"}}
	town.Codes = append([]int32{0, 1, 1}, rapid.SliceOfN(rapid.Int32Range(-1, 3), rows-3, rows-3).Draw(t, "town")...)
	text := &frame.Column{Name: "text", Kind: frame.Category}
	for _, s := range texts {
		if s != "" {
			text.Levels = append(text.Levels, s)
		}
	}
	text.Codes = append([]int32{0, 1, 3}, rapid.SliceOfN(rapid.Int32Range(-1, int32(len(text.Levels)-1)), rows-3, rows-3).Draw(t, "text")...)
	return []*frame.Column{number, at, flag, town, text}
}

func configOf(t *rapid.T) prep.Config {
	share := rapid.SampledFrom([]float64{0, 0.01, 0.2})
	fill := rapid.SampledFrom([]prep.Fill{prep.FillAuto, prep.FillMean, prep.FillMedian, prep.FillMode, prep.FillConstant})
	cfg := prep.Config{
		Form:    rapid.SampledFrom([]prep.Form{prep.Dense, prep.Native}).Draw(t, "form"),
		Missing: rapid.SampledFrom([]prep.Missing{prep.MissingAuto, prep.MissingImpute, prep.MissingIndicator}).Draw(t, "missing"),
		Rare:    rapid.IntRange(0, 2).Draw(t, "rare"),
		Levels:  rapid.SampledFrom([]int{0, 2}).Draw(t, "levels"),
	}
	town := prep.Column{
		Treatment: rapid.SampledFrom(categoryTreatments[:5]).Draw(t, "town treatment"), Grouped: rapid.Bool().Draw(t, "grouped"),
		Smoothing: rapid.SampledFrom([]float64{0, 3}).Draw(t, "smoothing"),
	}
	if town.Treatment == prep.Ordinal {
		town.Order = []string{"west", "south", "north", "east", "nowhere"}
	}
	cfg.Columns = map[string]prep.Column{
		"number": {
			Treatment: rapid.SampledFrom(numberTreatments).Draw(t, "number treatment"), Clip: share.Draw(t, "clip"),
			Fill: fill.Draw(t, "fill"), Constant: 7,
		},
		"at":   {Treatment: rapid.SampledFrom([]prep.Treatment{prep.Auto, prep.Scale, prep.Parts, prep.Normal}).Draw(t, "time treatment"), Since: 86400},
		"town": town,
		"text": {
			Treatment: rapid.SampledFrom(categoryTreatments).Draw(t, "text treatment"),
			Text: prep.Text{
				Buckets: rapid.SampledFrom([]int{0, 1, 16}).Draw(t, "buckets"), Pairs: rapid.Bool().Draw(t, "pairs"),
				Unsigned: rapid.Bool().Draw(t, "unsigned"), Raw: rapid.Bool().Draw(t, "raw"),
				Count: rapid.SampledFrom([]string{"", "log", "count", "binary"}).Draw(t, "count"),
			},
		},
	}
	if at := cfg.Columns["at"]; at.Treatment == prep.Parts {
		at.Parts = rapid.SliceOfNDistinct(rapid.SampledFrom(everyPart), 1, 5, rapid.ID[prep.Part]).Draw(t, "parts")
		cfg.Columns["at"] = at
	}
	return cfg
}

// The compiled model must see the very numbers that the learner saw, whatever the
// treatment, also of rows that training did not have.
func TestProgramSeesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(4, 30).Draw(t, "rows")
		f := table(t, columnsOf(t, rows)...)
		target := learn.Regression("y", append([]float64{0, 1}, rapid.SliceOfN(rapid.Float64Range(-5, 5), rows-2, rows-2).Draw(t, "y")...))
		cfg := configOf(t)
		p, err := prep.Fit(f, target, cfg)
		if err != nil {
			t.Fatal(err)
		}
		other := columnsOf(t, 6)
		other[0].Values[0], other[0].Values[1], other[0].Values[2] = math.Inf(1), -1e300, -7
		other[1].Values[0] = 1e200
		other[3].Levels = []string{"abroad", "north", "south", "west"}
		for _, rows := range []*frame.Frame{f, table(t, other...)} {
			got := seen(t, p, rows)
			var wants [][]float64
			if cfg.Form == prep.Native {
				made, err := p.Table(rows)
				if err != nil {
					t.Fatal(err)
				}
				for i := range made.Rows {
					wants = append(wants, tableRow(made, i))
				}
			} else {
				m, err := p.Design(rows)
				if err != nil {
					t.Fatal(err)
				}
				r, err := p.Reader(rows)
				if err != nil {
					t.Fatal(err)
				}
				for j := range m.Cols {
					column := make([]float64, m.Rows)
					r.Read(j, 0, column)
					for i, v := range column {
						if math.Abs(v-m.Row(i)[j]) > 1e-12*math.Abs(v) {
							t.Fatalf("row %d of %s is %v when read, %v in the design", i, p.Features()[j].Name, v, m.Row(i)[j])
						}
					}
				}
				for i := range m.Rows {
					wants = append(wants, m.Row(i))
				}
			}
			for i, want := range wants {
				for j := range want {
					if !same(got[i][j], want[j]) {
						t.Fatalf("row %d of %s is %v in the program, %v in the design", i, p.Features()[j].Name, got[i][j], want[j])
					}
					if cfg.Form == prep.Dense && (math.IsNaN(want[j]) || math.IsInf(want[j], 0)) {
						t.Fatalf("row %d of %s is %v", i, p.Features()[j].Name, want[j])
					}
				}
			}
		}
	})
}

// A table that was made for training differs from the design in target encodings
// only.
func TestPreparedRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(10, 40).Draw(t, "rows")
		f := table(t, columnsOf(t, rows)...)
		target := learn.Regression("y", append([]float64{0, 1}, rapid.SliceOfN(rapid.Float64Range(-5, 5), rows-2, rows-2).Draw(t, "y")...))
		cfg := configOf(t)
		var p *prep.Preparation
		var prepared, later [][]float64
		if cfg.Form == prep.Native {
			fitted, made, err := prep.PrepareTable(f, target, cfg)
			if err != nil {
				t.Fatal(err)
			}
			again, err := fitted.Table(f)
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				prepared, later = append(prepared, tableRow(made, i)), append(later, tableRow(again, i))
			}
			p = fitted
		} else {
			fitted, m, err := prep.PrepareMatrix(f, target, cfg)
			if err != nil {
				t.Fatal(err)
			}
			again, err := fitted.Design(f)
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				prepared, later = append(prepared, m.Row(i)), append(later, again.Row(i))
			}
			_, r, err := prep.PrepareReader(f, target, cfg)
			if err != nil {
				t.Fatal(err)
			}
			for j := range m.Cols {
				column := make([]float64, rows)
				r.Read(j, 0, column)
				for i, v := range column {
					if math.Abs(v-m.Row(i)[j]) > 1e-12*math.Abs(v) {
						t.Fatalf("row %d of %s is %v when read, %v in the matrix", i, fitted.Features()[j].Name, v, m.Row(i)[j])
					}
				}
			}
			p = fitted
		}
		for i := range prepared {
			for j, feature := range p.Features() {
				if !strings.Contains(feature.Name, ": mean of y") && !same(prepared[i][j], later[i][j]) {
					t.Fatalf("row %d of %s: %v, and later %v", i, feature.Name, prepared[i][j], later[i][j])
				}
			}
		}
	})
}
