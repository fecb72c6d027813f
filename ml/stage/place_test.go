package stage_test

import (
	"math"
	"testing"

	"dasier/ml/stage"
)

func TestPlaces(t *testing.T) {
	lookup := &stage.Lookup{Table: []float64{5, 7}}
	for _, c := range []struct {
		what string
		do   stage.Operation
		in   []float64
		want []float64
	}{
		{"look-up", lookup, []float64{1}, []float64{7}},
		{"look-up outside", lookup, []float64{2}, []float64{math.NaN()}},
		{"look-up of nothing", lookup, []float64{math.NaN()}, []float64{math.NaN()}},
		{"scatter", &stage.Scatter{To: []int{3, 0}, Width: 4}, []float64{.25, .75}, []float64{.75, 0, 0, .25}},
		{"last largest", stage.LastLargest{}, []float64{1, 3, 3, 2}, []float64{2}},
		{"at least", stage.Cut{At: .5}, []float64{.5}, []float64{1}},
		{"above", stage.Cut{At: .5, Above: true}, []float64{.5}, []float64{0}},
		{"well above", stage.Cut{At: .5, Above: true}, []float64{.6}, []float64{1}},
		{"cut of nothing", stage.Cut{At: .5}, []float64{math.NaN()}, []float64{0}},
		{"cap", stage.Cap{}, []float64{1.000001, 1.1, .5}, []float64{1, 1.1, .5}},
		// sklearn.utils.multiclass._ovr_decision_function
		{
			"tournament",
			stage.Tournament{Classes: 3},
			[]float64{0, 1, 1, -.7, .2, 1.5},
			[]float64{1.1111111111111112, -0.22916666666666666, 2.2098765432098766},
		},
		{
			"tournament",
			stage.Tournament{Classes: 3},
			[]float64{1, 1, 0, .1, .4, -2},
			[]float64{-0.1111111111111111, 2.225806451612903, 0.7948717948717949},
		},
	} {
		sameNumbers(t, c.what, answerOf(t, c.do, c.in...), c.want)
	}
}
