package learn

import (
	"math"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Predictions answers every row of a table: the number of a regression, the
// probability of the second class of a binary choice, or the probabilities of
// all classes side by side. The length is rows times Target.Scores.
func Predictions(p *predict.Program, f *frame.Frame) ([]float64, error) {
	classes := p.Spec().Classes
	switch p.Spec().Task {
	case predict.TaskMulticlass:
		all := make([]float64, 0, f.Rows()*len(classes))
		err := p.EachRow(f, func(row *predict.Row) {
			all = append(all, p.Outcome(row).Probabilities...)
		})
		return all, err
	case predict.TaskBinary:
		all := make([]float64, 0, f.Rows())
		second := len(classes) - 1 // classes are two
		err := p.EachRow(f, func(row *predict.Row) {
			all = append(all, p.Outcome(row).Probabilities[second])
		})
		return all, err
	}
	return p.PredictFrame(f)
}

// Finite tells the first prediction that is no number, -1 when all are.
func Finite(predictions []float64) int {
	return slices.IndexFunc(predictions, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}
