package learn_test

import (
	"math"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

func TestCheckColumn(t *testing.T) {
	number := func(values ...float64) *frame.Column {
		return &frame.Column{Name: "speed", Kind: frame.Number, Values: values}
	}
	category := func(levels []string, codes ...int32) *frame.Column {
		return &frame.Column{Name: "town", Kind: frame.Category, Levels: levels, Codes: codes}
	}
	for name, try := range map[string]struct {
		column *frame.Column
		says   []string // none: it is fine
	}{
		"numbers":                {number(1, math.NaN(), -1e100, 5e-324), nil},
		"infinite":               {number(1, math.Inf(-1)), []string{`"speed"`, "infinite", "row 2"}},
		"too large":              {number(1, 2, -1.1e100), []string{`"speed"`, "-1.1e+100", "row 3"}},
		"levels":                 {category([]string{"a\nb", "é"}, 0, 1, -1), nil},
		"no text":                {category([]string{"", "x"}, 1, 0), []string{`"town"`, "row 2", "missing"}},
		"no text, in no row":     {category([]string{"", "x"}, 1, -1), nil},
		"a control character":    {category([]string{"a\x00"}, -1, 0), []string{`"town"`, "row 2", "U+0000"}},
		"no UTF-8":               {category([]string{"\xff"}, 0), []string{`"town"`, "UTF-8"}},
		"too long with the name": {category([]string{strings.Repeat("x", 4092)}, 0), []string{`"town"`, "4097 bytes"}},
		"a name too long":        {&frame.Column{Name: strings.Repeat("n", 5000), Kind: frame.Bool}, []string{"5000 bytes"}},
	} {
		t.Run(name, func(t *testing.T) { says(t, learn.CheckColumn(try.column), try.says) })
	}
}

func TestTargetsThatCannotBeLearned(t *testing.T) {
	weighted := func(weights ...float64) learn.Target {
		target := learn.Regression("price", []float64{1, 2})
		target.Weights = weights
		return target
	}
	for name, try := range map[string]struct {
		target learn.Target
		says   []string
	}{
		"the bounds":        {learn.Regression("price", []float64{-1e100, 1e-100}), nil},
		"too large":         {learn.Regression("price", []float64{1, 1e101}), []string{`"price"`, "row 2", "1e+101"}},
		"too small":         {learn.Regression("price", []float64{0, 1e-101}), []string{`"price"`, "1e-101"}},
		"weights":           {weighted(0, 1e-100), nil},
		"weights too large": {weighted(1, 1e101), []string{"1e+101", "weight"}},
		"weights too small": {weighted(1e-101, 0), []string{"1e-101", "weight"}},
		"a class":           {learn.Target{Name: "kind", Task: predict.TaskBinary, Y: []float64{0, 1}, Classes: []string{"a", "b\x07"}}, []string{`"kind"`, "U+0007"}},
	} {
		t.Run(name, func(t *testing.T) { says(t, try.target.Check(2), try.says) })
	}
}

func says(t *testing.T, err error, words []string) {
	t.Helper()
	if (err != nil) != (words != nil) || err != nil && !fault.Is(err, fault.Invalid) {
		t.Fatalf("the error is %v", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}
