package booster_test

import (
	"encoding/json"
	"math"
	"path"
	"strconv"
	"strings"
	"testing"

	"dasier/ml/format/lightgbm"
	"dasier/ml/format/xgboost"
	"dasier/ml/parity/paritytest"
	"dasier/ml/predict"
)

// reference is what the system that wrote a file answered.
type reference struct {
	File    string           `json:"file"`
	Columns []string         `json:"columns"`
	Rows    [][]*float64     `json:"rows"`
	Output  map[string][]any `json:"output"`
}

// TestArchive reads every XGBoost and LightGBM file of the set. Raw scores are
// held to the last bit: LightGBM adds in float64 and in order, XGBoost in
// float32. What is made of them may differ in how the C library rounds exp.
func TestArchive(t *testing.T) {
	files, compared := paritytest.Files(t, "generated"), 0
	for name, text := range files {
		base := path.Base(name)
		if !strings.HasSuffix(name, ".ref.json") || !strings.HasPrefix(base, "lgb_") && !strings.HasPrefix(base, "xgb_") {
			continue
		}
		var want reference
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for j := range want.Rows[0] {
			if len(want.Columns) <= j {
				want.Columns = append(want.Columns, "x"+strconv.Itoa(j))
			}
		}
		data := files[path.Join(path.Dir(name), want.File)]
		for output, values := range want.Output {
			tolerance := 0.0
			switch {
			case base[0] == 'l' && output == "predict":
				tolerance = 1e-12
			case base[0] == 'x' && output != "margin":
				tolerance = 3e-7
			}
			spec := read(t, name, data, &want, output == "predict_best")
			compare(t, name+" "+output, spec, &want, values, output, tolerance)
			compared++
		}
	}
	if compared < 350 {
		t.Errorf("only %d outputs were compared", compared)
	}
}

// read makes a model of a file. The best rounds are what a wrapper would use.
func read(t *testing.T, name string, data []byte, want *reference, best bool) predict.Spec {
	t.Helper()
	var spec predict.Spec
	var err error
	if lightgbm.Is(data) {
		var m *lightgbm.Model
		if m, err = lightgbm.Read(data, lightgbm.Options{}); err == nil {
			spec, err = m.Spec("y", want.Columns)
		}
	} else {
		if !xgboost.Is(data) {
			t.Fatalf("%s is not known", name)
		}
		var m *xgboost.Model
		if m, err = xgboost.Read(data, xgboost.Options{Wrapped: best}); err == nil {
			spec, err = m.Spec("y", want.Columns)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return spec
}

func compare(t *testing.T, name string, spec predict.Spec, want *reference, values []any, output string, tolerance float64) {
	t.Helper()
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	row := p.NewRow()
	for n, cells := range want.Rows {
		row.Reset()
		for c, column := range want.Columns {
			if i, ok := p.InputIndex(column); ok && cells[c] != nil {
				row.SetNumber(i, *cells[c])
			}
		}
		got, expected := answered(p, row, output, values[n]), numbersOf(values[n])
		if len(got) != len(expected) {
			t.Fatalf("%s, row %d: %v, want %v", name, n, got, expected)
		}
		for k := range got {
			if !(math.Abs(got[k]-expected[k]) <= tolerance*max(math.Abs(expected[k]), 1e-3)) {
				t.Fatalf("%s, row %d: %v, want %v", name, n, got, expected)
			}
		}
	}
}

// answered is what a booster's own predict answers: probabilities, a class's
// number, or numbers.
func answered(p *predict.Program, row *predict.Row, output string, want any) []float64 {
	o := p.Outcome(row)
	if output == "margin" || output == "raw_score" {
		for k, said := range p.Spec().Outputs {
			if said.Name == output {
				return p.Output(row, k, nil)
			}
		}
		return p.Scores(row)
	}
	_, several := want.([]any)
	switch {
	case o.Values != nil:
		return o.Values
	case several:
		return o.Probabilities
	case p.Spec().Task == predict.TaskMulticlass:
		return []float64{float64(o.Class)}
	}
	return []float64{o.Prediction}
}

func numbersOf(v any) []float64 {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	list := make([]float64, len(items))
	for k, item := range items {
		list[k], ok = item.(float64)
		if !ok {
			list[k] = math.NaN()
		}
	}
	return list
}
