package predict_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
)

func TestCompileNamesTheWrongField(t *testing.T) {
	for _, c := range []struct {
		field string
		spoil func(*predict.Spec)
	}{
		{"version", func(s *predict.Spec) { s.Version = 2 }},
		{"task", func(s *predict.Spec) { s.Task = "clustering" }},
		{"target.name", func(s *predict.Spec) { s.Target.Name = "" }},
		{"target.unit", func(s *predict.Spec) { s.Target.Unit = "\x00" }},
		{"linear", func(s *predict.Spec) { s.Linear = nil }},
		{"inputs", func(s *predict.Spec) { s.Inputs = nil }},
		{"inputs[1].name", func(s *predict.Spec) { s.Inputs[1].Name = "Gr_Liv_Area" }},
		{"inputs[1].name", func(s *predict.Spec) { s.Inputs[1].Name = "" }},
		{"inputs[2].label", func(s *predict.Spec) { s.Inputs[2].Label = "a\xffb" }},
		{"inputs[0].description", func(s *predict.Spec) { s.Inputs[0].Description = strings.Repeat("x", 5000) }},
		{"inputs[0].kind", func(s *predict.Spec) { s.Inputs[0].Kind = 9 }},
		{"inputs[0].levels", func(s *predict.Spec) { s.Inputs[0].Levels = []string{"a"} }},
		{"inputs[1].levels[3]", func(s *predict.Spec) { s.Inputs[1].Levels[3] = "Edwards" }},
		{"inputs[1].levels[0]", func(s *predict.Spec) { s.Inputs[1].Levels[0] = "" }},
		{"inputs[1].unknown", func(s *predict.Spec) { s.Inputs[1].Unknown = "maybe" }},
		{"inputs[0].median", func(s *predict.Spec) { s.Inputs[0].Median = math.NaN() }},
		{"inputs[0].min", func(s *predict.Spec) { s.Inputs[0].Min = 1e9 }},
		{"inputs[0].low", func(s *predict.Spec) { s.Inputs[0].Low = 1e9 }},
		{"features[0].input", func(s *predict.Spec) { s.Features[0].Input = 7 }},
		{"features[0].input", func(s *predict.Spec) { s.Features[0].Input = -1 }},
		{"features[0].op", func(s *predict.Spec) { s.Features[0].Op = "square" }},
		{"features[0].op", func(s *predict.Spec) { s.Features[0].Op = "equals" }},
		{"features[1].op", func(s *predict.Spec) { s.Features[1].Op = "value" }},
		{"features[1].level", func(s *predict.Spec) { s.Features[1].Level = "Nowhere" }},
		{"features[1].impute", func(s *predict.Spec) { s.Features[1].Impute = 0.5 }},
		{"features[1].log", func(s *predict.Spec) { s.Features[1].Log = true }},
		{"features[0].impute", func(s *predict.Spec) { s.Features[0].Impute = math.Inf(1) }},
		{"features[0].scale", func(s *predict.Spec) { s.Features[0].Scale = 0 }},
		{"features[0].scale", func(s *predict.Spec) { s.Features[0].Scale = math.NaN() }},
		{"features[0].scale", func(s *predict.Spec) { s.Features[0].Scale = 1e-300 }},
		{"features[0].center", func(s *predict.Spec) { s.Features[0].Center = math.Inf(-1) }},
		{"linear.bias", func(s *predict.Spec) { s.Linear.Bias = math.NaN() }},
		{"linear.weights", func(s *predict.Spec) { s.Linear.Weights = s.Linear.Weights[1:] }},
		{"linear.weights[2]", func(s *predict.Spec) { s.Linear.Weights[2] = math.Inf(1) }},
		{"linear.base", func(s *predict.Spec) { s.Linear.Base = nil }},
		{"linear.base[0]", func(s *predict.Spec) { s.Linear.Base[0] = math.NaN() }},
		{"interval.level", func(s *predict.Spec) { s.Interval.Level = 1 }},
		{"interval.coverage", func(s *predict.Spec) { s.Interval.Coverage = math.NaN() }},
		{"interval.covered_of", func(s *predict.Spec) { s.Interval.CoveredOf = -1 }},
		{"interval.residuals", func(s *predict.Spec) { s.Interval.Residuals[0] = 1e6 }},
		{"interval.residuals[4]", func(s *predict.Spec) { s.Interval.Residuals[4] = -1 }},
	} {
		spec := spectest.House(false)
		c.spoil(&spec)
		_, err := predict.Compile(spec)
		var wrong *fault.Error
		if !errors.As(err, &wrong) || wrong.Kind != fault.Invalid || wrong.Field != c.field {
			t.Errorf("%s: got %v", c.field, err)
		}
	}
}

func TestSpecSurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := spectest.Draw(t)
		text, err := predict.MarshalSpec(spec)
		if err != nil {
			t.Fatal(err)
		}
		read, err := predict.ParseSpec(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := predict.MarshalSpec(read)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, again) {
			t.Fatalf("written again it differs:\n%s\n%s", text, again)
		}
	})
	text, err := predict.MarshalSpec(spectest.House(true))
	if err != nil {
		t.Fatal(err)
	}
	read, err := predict.ParseSpec(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(spectest.House(true), read); diff != "" {
		t.Error(diff)
	}
}

func TestParseSpecIsStrict(t *testing.T) {
	good, err := predict.MarshalSpec(spectest.House(false))
	if err != nil {
		t.Fatal(err)
	}
	text := string(good)
	for name, bad := range map[string]string{
		"an unknown field": strings.Replace(text, `"version"`, `"surprise":1,"version"`, 1),
		"a tail":           text + "{}",
		"half of it":       text[:len(text)/2],
		"nothing":          "",
		"null":             "null",
		"an unknown kind":  strings.Replace(text, `"kind":"number"`, `"kind":"colour"`, 1),
		"another version":  strings.Replace(text, `"version":1`, `"version":3`, 1),
	} {
		if bad == text {
			t.Fatalf("%s: nothing was spoilt", name)
		}
		if _, err := predict.ParseSpec([]byte(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	for _, log := range []bool{false, true} {
		text, err := predict.MarshalSpec(spectest.House(log))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		spec, err := predict.ParseSpec(text)
		if err != nil {
			return
		}
		p, err := predict.Compile(spec)
		if err != nil {
			t.Fatalf("parsed but not compiled: %v", err)
		}
		row := p.NewRow()
		if answer := p.Predict(row); !finite(answer) {
			t.Errorf("answer %v", answer)
		}
		for i := range p.Inputs() {
			row.SetNumber(i, math.MaxFloat64)
		}
		if answer := p.Predict(row); !finite(answer) {
			t.Errorf("answer %v", answer)
		}
		if !json.Valid(text) {
			t.Error("parsed what is no JSON")
		}
	})
}

func table(t *testing.T, columns ...*frame.Column) *frame.Frame {
	t.Helper()
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPredictFrame(t *testing.T) {
	p := compile(t, spectest.House(true))
	nan := math.NaN()
	f := table(t,
		// Levels in another order, with strangers: texts decide, not codes.
		&frame.Column{Name: "Neighborhood", Kind: frame.Category, Levels: []string{"Atlantis", "Gilbert", "North_Ames"}, Codes: []int32{1, -1, 0}},
		&frame.Column{Name: "Ignored", Kind: frame.Number, Values: []float64{1, 2, 3}},
		&frame.Column{Name: "Gr_Liv_Area", Kind: frame.Number, Values: []float64{1500, nan, 900}},
		&frame.Column{Name: "Central_Air", Kind: frame.Category, Levels: []string{"N", "Y", "never used"}, Codes: []int32{1, 0, -1}},
		&frame.Column{Name: "Bsmt_Qual", Kind: frame.Number, Values: []float64{nan, nan, nan}}, // an empty column has no kind
		&frame.Column{Name: "MS_SubClass", Kind: frame.Number, Values: []float64{60, nan, 20}},
		&frame.Column{Name: "Sold", Kind: frame.Time, Values: []float64{1.2e9, nan, 1.21e9}},
	)
	got, err := p.PredictFrame(f)
	if err != nil {
		t.Fatal(err)
	}
	row := p.NewRow()
	for n, values := range [][]any{
		{1500.0, "Gilbert", 1.0, nil, nil, 1.2e9, "60"},
		{nil, nil, 0.0, nil, nil, nil, nil},
		{900.0, "Atlantis", nil, nil, nil, 1.21e9, "20"},
	} {
		spectest.Fill(row, values)
		if want := p.Predict(row); got[n] != want {
			t.Errorf("row %d: %v, want %v", n+1, got[n], want)
		}
	}
}

func TestPredictFrameRefuses(t *testing.T) {
	p := compile(t, spectest.House(false))
	area := &frame.Column{Name: "Gr_Liv_Area", Values: []float64{1, 2}}
	place := &frame.Column{Name: "Neighborhood", Kind: frame.Category, Levels: []string{"Gilbert"}, Codes: []int32{0, 0}}
	for want, columns := range map[string][]*frame.Column{
		`the table has no column "Neighborhood", which the model requires`: {area},
		`column "Gr_Liv_Area", row 2: the model expects a number, the table has "big"`: {
			place, {Name: "Gr_Liv_Area", Kind: frame.Category, Levels: []string{"big"}, Codes: []int32{-1, 0}},
		},
		`column "Bsmt_Qual", row 1: the model does not know the category "Wet"`: {
			area, place, {Name: "Bsmt_Qual", Kind: frame.Category, Levels: []string{"Wet"}, Codes: []int32{0, -1}},
		},
		`column "Bsmt_Qual", row 2: the model does not know the category "3"`: {
			area, place, {Name: "Bsmt_Qual", Kind: frame.Number, Values: []float64{math.NaN(), 3}},
		},
		`column "Central_Air", row 2: the model expects 0, 1 or nothing, the table has 2`: {
			area, place, {Name: "Central_Air", Kind: frame.Number, Values: []float64{1, 2}},
		},
		`column "Sold" holds a number, the model expects a time`: {
			area, place, {Name: "Sold", Kind: frame.Number, Values: []float64{1, 2}},
		},
		`column "Neighborhood" holds a time, the model expects a category`: {
			area, {Name: "Neighborhood", Kind: frame.Time, Values: []float64{1, 2}},
		},
	} {
		_, err := p.PredictFrame(table(t, columns...))
		if err == nil || err.Error() != want || !fault.Is(err, fault.Invalid) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestNumbersMayBeMissing(t *testing.T) {
	text, err := json.Marshal(predict.Numbers{1.5, math.NaN(), -2})
	if err != nil || string(text) != "[1.5,null,-2]" {
		t.Fatalf("%s, %v", text, err)
	}
	var read predict.Numbers
	if err := json.Unmarshal(text, &read); err != nil || len(read) != 3 || read[0] != 1.5 || !math.IsNaN(read[1]) || read[2] != -2 {
		t.Errorf("%v, %v", read, err)
	}
	if _, err := json.Marshal(predict.Numbers{math.Inf(1)}); err == nil {
		t.Error("an infinite number was written")
	}
}
