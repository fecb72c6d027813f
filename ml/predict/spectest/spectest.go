// Package spectest gives the tests of compiled models something to work on: a
// small model of house prices, random models, random rows, and the meaning of
// a Spec spelt out feature by feature, against which every fused, exported or
// explained form is held. Only tests import it.
package spectest

import (
	"fmt"
	"math"

	"pgregory.net/rapid"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

// House is a small model with every kind of input.
func House(log bool) predict.Spec {
	spec := predict.Spec{
		Version: 1, Task: "regression",
		Target: predict.Target{Name: "Sale_Price", Unit: "USD", Log: log},
		Inputs: []predict.Input{
			{Name: "Gr_Liv_Area", Kind: frame.Number, Required: true, Label: "Living area", Unit: "sq ft", Min: 334, Max: 5642, Low: 600, High: 3200, Median: 1442, Whole: true},
			{
				Name: "Neighborhood", Kind: frame.Category, Required: true, Unknown: predict.UnknownIgnore, Mode: "North_Ames",
				Levels: []string{"College_Creek", "Edwards", "Gilbert", "North_Ames", "Northridge", "Old_Town", "Sawyer", "Somerset", "Stone_Brook", "Timberland", "Veenker", "日本 \"quoted\""},
			},
			{Name: "Central_Air", Kind: frame.Bool, Min: 0, Max: 1},
			{Name: "Lot_Area", Kind: frame.Number, Unit: "sq ft", Min: 1300, Max: 215245, Low: 1700, High: 35000, Median: 9436},
			{Name: "Bsmt_Qual", Kind: frame.Category, Unknown: predict.UnknownError, Levels: []string{"Excellent", "Good", "Typical"}, Mode: "Typical"},
			{Name: "Sold", Kind: frame.Time, Min: 1136073600, Max: 1280620800, Low: 1138752000, High: 1277942400},
			{Name: "MS_SubClass", Kind: frame.Category, Unknown: predict.UnknownIgnore, Levels: []string{"20", "60", "120"}, Mode: "20"},
		},
	}
	add := func(weight, base float64, f predict.Feature) {
		if spec.Linear == nil {
			spec.Linear = &predict.Linear{Bias: 180796}
		}
		if f.Scale == 0 {
			f.Scale = 1
		}
		spec.Features = append(spec.Features, f)
		spec.Linear.Weights = append(spec.Linear.Weights, weight)
		spec.Linear.Base = append(spec.Linear.Base, base)
	}
	add(41000, 0, predict.Feature{Name: "Gr_Liv_Area", Input: 0, Op: "value", Impute: 1442, Center: 1500, Scale: 505})
	for i, level := range spec.Inputs[1].Levels {
		impute := 0.0
		if level == "North_Ames" {
			impute = 1
		}
		add(float64(9000*(i-4)), 0.1, predict.Feature{Name: "Neighborhood=" + level, Input: 1, Op: "equals", Level: level, Impute: impute})
	}
	add(3000, 0.2, predict.Feature{Name: "Central_Air", Input: 2, Op: "value", Impute: 1, Center: 0.93, Scale: 0.25})
	add(12000, -0.01, predict.Feature{Name: "log Lot_Area", Input: 3, Op: "value", Impute: 9436, Log: true, Center: 9.1, Scale: 0.5})
	add(700, 0, predict.Feature{Name: "Lot_Area", Input: 3, Op: "value", Impute: 9436, Center: 10148, Scale: 7880})
	add(-900, 0.02, predict.Feature{Name: "Lot_Area missing", Input: 3, Op: "missing"})
	for i, level := range spec.Inputs[4].Levels {
		add(float64(20000-9000*i), 0.3, predict.Feature{Name: "Bsmt_Qual=" + level, Input: 4, Op: "equals", Level: level, Center: 0.3, Scale: 0.45})
	}
	add(-5000, 0.03, predict.Feature{Name: "Bsmt_Qual missing", Input: 4, Op: "missing"})
	add(-1500, 0, predict.Feature{Name: "Sold", Input: 5, Op: "value", Impute: 1.2e9, Center: 1.2e9, Scale: 4e7})
	for i, level := range spec.Inputs[6].Levels {
		add(float64(1000*i), 0.3, predict.Feature{Name: "MS_SubClass=" + level, Input: 6, Op: "equals", Level: level})
	}
	residuals := make([]float64, 99)
	for i := range residuals {
		residuals[i] = 500 * float64(i+1)
	}
	if log {
		spec.Linear.Bias /= 15000
		for j := range spec.Linear.Weights {
			spec.Linear.Weights[j] /= 200000
		}
		for i := range residuals {
			residuals[i] /= 100000
		}
	}
	spec.Interval = &predict.Interval{Level: 0.9, Residuals: residuals, Coverage: 0.905, CoveredOf: 586}
	return spec
}

// Draw makes a random valid model.
func Draw(t *rapid.T) predict.Spec {
	spec := predict.Spec{
		Version: 1, Task: "regression",
		Target: predict.Target{Name: "y", Log: rapid.Bool().Draw(t, "log")},
		Linear: &predict.Linear{},
	}
	number := rapid.Float64Range(-50, 50)
	size := 1.0
	if spec.Target.Log {
		size = 0.01 // scores that exp can take
	}
	spec.Linear.Bias = size * number.Draw(t, "bias")
	for i := range rapid.IntRange(1, 7).Draw(t, "inputs") {
		in := predict.Input{Name: fmt.Sprintf("input %d", i), Kind: frame.Kind(rapid.IntRange(0, 3).Draw(t, "kind"))} //nolint:gosec // 0 to 3
		if in.Kind == frame.Category {
			in.Unknown = predict.UnknownIgnore
			in.Levels = rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zé0-9 "]{1,5}`), 0, 6, rapid.ID[string]).Draw(t, "levels")
		}
		spec.Inputs = append(spec.Inputs, in)
	}
	for range rapid.IntRange(0, 20).Draw(t, "features") {
		f := predict.Feature{
			Input:  rapid.IntRange(0, len(spec.Inputs)-1).Draw(t, "input"),
			Center: number.Draw(t, "center"),
			Scale:  rapid.Float64Range(0.1, 10).Draw(t, "scale"),
		}
		in := &spec.Inputs[f.Input]
		switch {
		case rapid.IntRange(0, 4).Draw(t, "missing?") == 0 || in.Kind == frame.Category && len(in.Levels) == 0:
			f.Op = "missing"
		case in.Kind == frame.Category:
			f.Op, f.Level = "equals", rapid.SampledFrom(in.Levels).Draw(t, "level")
			f.Impute = float64(rapid.IntRange(0, 1).Draw(t, "impute"))
		default:
			f.Op, f.Log = "value", rapid.Bool().Draw(t, "log1p")
			f.Impute = number.Draw(t, "impute")
		}
		spec.Features = append(spec.Features, f)
		spec.Linear.Weights = append(spec.Linear.Weights, size*number.Draw(t, "weight"))
		spec.Linear.Base = append(spec.Linear.Base, number.Draw(t, "base"))
	}
	return spec
}

// DrawValues makes a random row: per input nil (missing), a float64 or a
// string, unknown levels included.
func DrawValues(t *rapid.T, spec predict.Spec) []any {
	values := make([]any, len(spec.Inputs))
	for i, in := range spec.Inputs {
		switch {
		case rapid.IntRange(0, 4).Draw(t, "absent?") == 0:
		case in.Kind == frame.Category:
			values[i] = rapid.SampledFrom(append([]string{"an unknown level"}, in.Levels...)).Draw(t, "text")
		case in.Kind == frame.Bool:
			values[i] = float64(rapid.IntRange(0, 1).Draw(t, "truth"))
		default:
			values[i] = rapid.Float64Range(-100, 1e4).Draw(t, "number")
		}
	}
	return values
}

// Fill puts values into a row.
func Fill(row *predict.Row, values []any) {
	row.Reset()
	for i, value := range values {
		switch value := value.(type) {
		case nil:
			row.SetMissing(i)
		case float64:
			row.SetNumber(i, value)
		case string:
			row.SetCategory(i, value)
		}
	}
}

// Score is what Spec's comments say, feature by feature, and the sum of the
// absolute terms, which rounding errors are proportional to.
func Score(spec predict.Spec, values []any) (score, size float64) {
	score = spec.Linear.Bias
	size = math.Abs(score)
	center := 0.0 // fusing measures every feature of an input from one centre
	for j := range spec.Features {
		center = max(center, math.Abs(spec.Features[j].Center))
	}
	for j := range spec.Features {
		x := featureOf(&spec.Features[j], values[spec.Features[j].Input])
		term := spec.Linear.Weights[j] * x
		score += term
		size += math.Abs(term) + math.Abs(spec.Linear.Weights[j]*center/spec.Features[j].Scale)
	}
	return score, size
}

func featureOf(f *predict.Feature, value any) float64 {
	var x float64
	switch f.Op {
	case "missing":
		if value == nil {
			x = 1
		}
	case "equals":
		switch value {
		case nil:
			x = f.Impute
		case f.Level:
			x = 1
		}
	case "value":
		x = f.Impute
		if v, ok := value.(float64); ok {
			x = v
		}
		if f.Log {
			x = math.Log1p(max(x, math.Nextafter(-1, 0)))
		}
	}
	return (x - f.Center) / f.Scale
}
