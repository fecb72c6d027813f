package foreign

import (
	"math"
	"slices"

	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Kinds says how to read a table's columns for a model: as the model sees them.
func Kinds(inputs []predict.Input) map[string]frame.Kind {
	kinds := make(map[string]frame.Kind, len(inputs))
	for _, in := range inputs {
		kinds[in.Name] = in.Kind
	}
	return kinds
}

// Describe fills in what the training rows say of a model's inputs: ranges, the
// most frequent category. A file of another system holds none of it.
func Describe(inputs []predict.Input, rows *frame.Frame) {
	for i := range inputs {
		column, ok := rows.Column(inputs[i].Name)
		if !ok || column.Kind != inputs[i].Kind {
			continue
		}
		if column.Kind == frame.Category {
			inputs[i].Mode = mode(column, inputs[i].Levels)
			continue
		}
		describeNumbers(&inputs[i], column)
	}
}

func mode(column *frame.Column, levels []string) string {
	counts := make([]int, len(column.Levels))
	for _, code := range column.Codes {
		if code >= 0 {
			counts[code]++
		}
	}
	best, most := "", 0
	for k, n := range counts {
		if n > most && slices.Contains(levels, column.Levels[k]) {
			best, most = column.Levels[k], n
		}
	}
	return best
}

func describeNumbers(in *predict.Input, column *frame.Column) {
	var values []float64
	whole := true
	for _, v := range column.Numbers().All() {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			values = append(values, v)
			whole = whole && v == math.Trunc(v)
		}
	}
	if len(values) == 0 {
		return
	}
	slices.Sort(values)
	at := func(share float64) float64 { return values[int(math.Round(share*float64(len(values)-1)))] }
	in.Min, in.Max, in.Low, in.High, in.Median, in.Whole = at(0), at(1), at(0.01), at(0.99), at(0.5), whole
}

// Mean is the mean of every feature over the rows that a program can answer:
// what a linear model's contributions are measured from. It is nil for trees,
// which know it themselves.
func Mean(spec predict.Spec, rows *frame.Frame) ([]float64, error) {
	if spec.Trees != nil || spec.Answer != nil {
		return nil, nil
	}
	// Features are computed by a program that keeps them apart.
	apart := spec
	apart.Linear, apart.Classwise = nil, nil
	apart.Task, apart.Classes, apart.Positive, apart.Link, apart.Target.Log = predict.TaskRegression, nil, "", "", false
	apart.Trees = &forest.Trees{
		Roots: []int32{0}, Feature: []int32{-1}, Threshold: []float64{0}, Left: []int32{-1}, Right: []int32{-1},
		MissingLeft: []bool{false}, Value: []float64{0}, Cover: []float64{1}, Base: []float64{0}, Rule: forest.DoubleAtMost,
	}
	program, err := predict.Compile(apart)
	if err != nil {
		return nil, err
	}
	sums, n := make([]float64, len(program.Matrix(program.NewRow()))), 0.0
	err = program.EachRow(rows, func(row *predict.Row) {
		x := program.Matrix(row)
		for _, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return
			}
		}
		n++
		for j, v := range x {
			sums[j] += v
		}
	})
	if err != nil {
		return nil, err
	}
	for j := range sums {
		sums[j] /= max(n, 1)
	}
	return sums, nil
}

// Means tells whether so many means are what a linear estimator needs.
func Means(spec *predict.Spec, n int) bool {
	switch {
	case spec.Linear != nil:
		return len(spec.Linear.Weights) == n
	case spec.Classwise != nil:
		return len(spec.Classwise[0].Weights) == n
	}
	return false
}

// SetMean makes contributions of a linear model measured from these means, and those
// of free texts from the empty text: there is no mean of texts that a person could
// picture, and only what stands in a text is told as a reason (predict.Program.Worded).
func SetMean(spec *predict.Spec, mean []float64) {
	if !Means(spec, len(mean)) {
		return
	}
	base := slices.Clone(mean)
	for j := range base {
		at := j
		if spec.Takes != nil {
			at = int(spec.Takes[j])
		}
		if at < len(spec.Features) && spec.Inputs[spec.Features[at].Input].Text {
			base[j] = 0
		}
	}
	if spec.Linear != nil {
		spec.Linear.Base = base
	}
	for k := range spec.Classwise {
		spec.Classwise[k].Base = base
	}
}
