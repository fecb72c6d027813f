package rowjson_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
	"dasier/ml/rowjson"
)

func house(t testing.TB) *predict.Program {
	t.Helper()
	p, err := predict.Compile(spectest.House(true))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecode(t *testing.T) {
	p := house(t)
	row, want := p.NewRow(), p.NewRow()
	for text, values := range map[string][]any{
		`{"Gr_Liv_Area": 1500, "Neighborhood": "Gilbert", "Central_Air": true, "Lot_Area": 8.5e3, "Bsmt_Qual": "Good", "Sold": "2008-05-01", "MS_SubClass": "60"}`: {
			1500.0, "Gilbert", 1.0, 8500.0, "Good", 1209600000.0, "60",
		},
		`{"Gr_Liv_Area": 1500, "Neighborhood": "Gilbert"}`:                                      {1500.0, "Gilbert", nil, nil, nil, nil, nil},
		`{"Gr_Liv_Area": 0, "Neighborhood": "Nowhere", "Lot_Area": null, "Bsmt_Qual": ""}`:      {0.0, "Nowhere", nil, nil, nil, nil, nil},
		`{"Gr_Liv_Area": 1, "Neighborhood": "日本 \"quoted\"", "Central_Air": 0}`:                 {1.0, "日本 \"quoted\"", 0.0, nil, nil, nil, nil},
		`{"Gr_Liv_Area": 1, "Neighborhood": "\u65e5本 \u0022quoted\"", "Central_Air": "Y"}`:      {1.0, "日本 \"quoted\"", 1.0, nil, nil, nil, nil},
		`{"Gr_Liv_Area": 1, "Neighborhood": "x", "Sold": "2008-05-01T02:00:00+02:00"}`:          {1.0, "x", nil, nil, nil, 1209600000.0, nil},
		`{"Gr_Liv_Area": 1, "Neighborhood": "x", "MS_SubClass": 60, "Central_Air": "no"}`:       {1.0, "x", 0.0, nil, nil, nil, "60"},
		`{"Gr_Liv_Area": 1.7976931348623157e308, "Neighborhood": "x", "\u004cot_Area": -12.25}`: {math.MaxFloat64, "x", nil, -12.25, nil, nil, nil},
	} {
		if err := rowjson.Decode(fastjson.MustParse(text), p, row, nil); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		spectest.Fill(want, values)
		for i, in := range p.Inputs() {
			gotLevel, gotKnown := row.Level(i)
			wantLevel, wantKnown := want.Level(i)
			same := row.Number(i) == want.Number(i) || math.IsNaN(row.Number(i)) && math.IsNaN(want.Number(i))
			if !same || gotLevel != wantLevel || gotKnown != wantKnown || row.Missing(i) != want.Missing(i) {
				t.Errorf("%s: %s is %v %q %t", text, in.Name, row.Number(i), gotLevel, row.Missing(i))
			}
		}
	}
}

func TestNotices(t *testing.T) {
	p := house(t)
	var got []rowjson.Notice
	text := `{"Gr_Liv_Area": 9000, "Neighborhood": "Nowhere", "Central_Air": true, "Lot_Area": 100000, "Sold": "2008-05-01", "Bsmt_Qual": "Good"}`
	if err := rowjson.Decode(fastjson.MustParse(text), p, p.NewRow(), &got); err != nil {
		t.Fatal(err)
	}
	want := []rowjson.Notice{
		{Input: "Gr_Liv_Area", Code: "unseen", Message: "unlike the training data, which lies between 334 sq ft and 5642 sq ft: the prediction extrapolates"},
		{Input: "Neighborhood", Code: "unknown", Message: "not among the categories of the training data: the model treats it as none of them"},
		{Input: "Lot_Area", Code: "rare", Message: "unusual: 98 % of the training data lies between 1700 sq ft and 35000 sq ft"},
		{Input: "MS_SubClass", Code: "imputed", Message: "not given: the model has a case for that"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProblems(t *testing.T) {
	p := house(t)
	const good = `"Gr_Liv_Area": 1500, "Neighborhood": "Gilbert"`
	for text, want := range map[string]rowjson.Problems{
		`[1]`:  {{Message: `expected an object of inputs, like {"Gr_Liv_Area": …}, got a list`}},
		`"ab"`: {{Message: `expected an object of inputs, like {"Gr_Liv_Area": …}, got the text "ab"`}},
		`{}`: {
			{Field: "Gr_Liv_Area", Message: `is required: expected a whole number (the training data has 334 sq ft to 5642 sq ft)`},
			{Field: "Neighborhood", Message: `is required: expected one of "College_Creek", "Edwards", "Gilbert", "North_Ames", "Northridge", "Old_Town", "Sawyer", "Somerset", "Stone_Brook", "Timberland" and 2 more`},
		},
		`{"Gr_Liv_Area": "1500", "Neighborhood": null}`: {
			{Field: "Gr_Liv_Area", Message: `expected a number, got the text "1500": send it without quotes`},
			{Field: "Neighborhood", Message: `is required: expected one of "College_Creek", "Edwards", "Gilbert", "North_Ames", "Northridge", "Old_Town", "Sawyer", "Somerset", "Stone_Brook", "Timberland" and 2 more`},
		},
		`{"Gr_Liv_Area": "big", "Neighborhood": 7}`:           {{Field: "Gr_Liv_Area", Message: `expected a whole number (the training data has 334 sq ft to 5642 sq ft), got the text "big"`}},
		`{"Gr_Liv_Area": true, "Neighborhood": "x"}`:          {{Field: "Gr_Liv_Area", Message: `expected a whole number (the training data has 334 sq ft to 5642 sq ft), got true`}},
		`{"Gr_Liv_Area": 1e999, "Neighborhood": "x"}`:         {{Field: "Gr_Liv_Area", Message: `expected a whole number (the training data has 334 sq ft to 5642 sq ft), got 1e999`}},
		`{"Gr_Liv_Area": nan, "Neighborhood": "x"}`:           {{Field: "Gr_Liv_Area", Message: `expected a whole number (the training data has 334 sq ft to 5642 sq ft), got nan`}},
		`{"Gr_Liv_Area": 1, "Neighborhood": {"a": 1}}`:        {{Field: "Neighborhood", Message: `expected one of "College_Creek", "Edwards", "Gilbert", "North_Ames", "Northridge", "Old_Town", "Sawyer", "Somerset", "Stone_Brook", "Timberland" and 2 more, got an object`}},
		`{` + good + `, "Central_Air": "perhaps"}`:            {{Field: "Central_Air", Message: `expected true or false, got the text "perhaps"`}},
		`{` + good + `, "Central_Air": 2}`:                    {{Field: "Central_Air", Message: `expected true or false, got 2`}},
		`{` + good + `, "Bsmt_Qual": "Excellentt"}`:           {{Field: "Bsmt_Qual", Message: `expected one of "Excellent", "Good", "Typical", got the text "Excellentt"; did you mean "Excellent"?`}},
		`{` + good + `, "Bsmt_Qual": "Purple"}`:               {{Field: "Bsmt_Qual", Message: `expected one of "Excellent", "Good", "Typical", got the text "Purple"`}},
		`{` + good + `, "Sold": "May 2008"}`:                  {{Field: "Sold", Message: `expected a date like "2010-05-31" or a time like "2010-05-31T12:00:00Z" (the training data has 2006-01-01 to 2010-08-01), got the text "May 2008"`}},
		`{` + good + `, "Sold": 2008}`:                        {{Field: "Sold", Message: `expected a date like "2010-05-31" or a time like "2010-05-31T12:00:00Z" (the training data has 2006-01-01 to 2010-08-01), got 2008`}},
		`{` + good + `, "Lot Area": 3}`:                       {{Field: "Lot Area", Message: `the model has no such input; did you mean "Lot_Area"?`}},
		`{` + good + `, "Pool": 3}`:                           {{Field: "Pool", Message: `the model has no such input`}},
		`{` + good + `, "Sale_Price": 3}`:                     {{Field: "Sale_Price", Message: `is what the model predicts: leave it out`}},
		`{` + good + `, "Gr_Liv_Area": 1600}`:                 {{Field: "Gr_Liv_Area", Message: `stands twice`}},
		`{` + good + `, "` + strings.Repeat("é", 90) + `":1}`: {{Field: strings.Repeat("é", 30) + "…", Message: `the model has no such input`}},
	} {
		err := rowjson.Decode(fastjson.MustParse(text), p, p.NewRow(), nil)
		var got rowjson.Problems
		if !errors.As(err, &got) {
			t.Errorf("%s: got %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
		if !fault.Is(err, fault.Invalid) || fault.Message(err) != err.Error() {
			t.Errorf("%s: not a fault: %v", text, err)
		}
	}
}

func TestProblemsAreBounded(t *testing.T) {
	var text strings.Builder
	text.WriteString(`{"Gr_Liv_Area": 1500, "Neighborhood": "Gilbert"`)
	for range 20000 {
		text.WriteString(`, "` + strings.Repeat("n", 100) + `": 1`)
	}
	text.WriteString("}")
	p := house(t)
	var got rowjson.Problems
	if err := rowjson.Decode(fastjson.MustParse(text.String()), p, p.NewRow(), nil); !errors.As(err, &got) {
		t.Fatal(err)
	}
	if len(got) != 50 || got[49].Message != "there are more problems with this row" {
		t.Errorf("%d problems, the last %q", len(got), got[len(got)-1].Message)
	}
}

const happy = `{"Gr_Liv_Area": 1500, "Neighborhood": "Gilbert", "Central_Air": true, "Lot_Area": 8500, "Sold": "2008-05-01", "MS_SubClass": "60"}`

func TestDecodeDoesNotAllocate(t *testing.T) {
	p := house(t)
	row, notices := p.NewRow(), make([]rowjson.Notice, 0, len(p.Inputs()))
	value := fastjson.MustParse(happy) // Bsmt_Qual is absent: its notice must cost nothing either
	allocations := testing.AllocsPerRun(100, func() {
		notices = notices[:0]
		if err := rowjson.Decode(value, p, row, &notices); err != nil || len(notices) != 1 {
			t.Errorf("%v, %v", err, notices)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(happy))
	f.Add([]byte(`{"Gr_Liv_Area":1e999,"Neighborhood":"\ud800","Sold":"2008-05-01T02:00:00+02:00","x":[{}]}`))
	f.Add([]byte(`{"Bsmt_Qual":"Excellentt","Central_Air":"Y","Lot_Area":nan,"MS_SubClass":60}`))
	f.Add([]byte(`[]`))
	p := house(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := fastjson.ParseBytes(text)
		if err != nil {
			return
		}
		row := p.NewRow()
		var notices []rowjson.Notice
		err = rowjson.Decode(value, p, row, &notices)
		if err != nil {
			var problems rowjson.Problems
			if !errors.As(err, &problems) || len(problems) == 0 || len(problems) > 50 {
				t.Fatalf("not problems: %v", err)
			}
			return
		}
		if answer := p.Predict(row); math.IsNaN(answer) || math.IsInf(answer, 0) {
			t.Fatalf("answer %v", answer)
		}
		for i, in := range p.Inputs() {
			if in.Required && row.Missing(i) {
				t.Fatalf("%s is missing", in.Name)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	p := house(b)
	row, notices := p.NewRow(), make([]rowjson.Notice, 0, len(p.Inputs()))
	var parser fastjson.Parser
	b.ReportAllocs()
	b.SetBytes(int64(len(happy)))
	for b.Loop() {
		value, err := parser.Parse(happy)
		if err != nil {
			b.Fatal(err)
		}
		notices = notices[:0]
		if err := rowjson.Decode(value, p, row, &notices); err != nil {
			b.Fatal(err)
		}
	}
}
