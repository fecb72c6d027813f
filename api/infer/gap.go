package infer

import (
	"math"
	"slices"

	"dasier/delivery/serve"
)

// A model may have no answer for a row: a nearest-neighbour model with a radius
// and nobody in it, an isotonic one outside its range; its library gives NaN
// then. It is an answer like others, not an error of the other rows of a
// request, so that it is told in its place: null in JSON, which knows no NaN,
// and NaN where numbers travel as bytes. An infinity is null in JSON, too.
//
// A classifier without an answer has no class either, though its highest NaN
// has a place: the label is null, in bytes the empty text, and as a whole
// number the smallest (which is what NumPy makes of NaN).

// noClass is the class of a row that a classifier has no answer for.
const noClass = -1

// noWhole is noClass where classes are whole numbers in bytes.
const noWhole = math.MinInt64

// classOf is the class that an answer chooses.
func classOf(a *serve.Answer) int {
	if math.IsNaN(a.Prediction) {
		return noClass
	}
	return a.Class
}

// The notices of such an answer. They are about no input.
const (
	noNumber = `{"input":"","code":"no_answer","message":"the model has no answer for this row"}`
	noFinite = `{"input":"","code":"no_answer","message":"the model's answer for this row is infinite"}`
)

// noAnswer is the notice of a row without an answer; usually empty.
func noAnswer(a *serve.Answer) string {
	switch {
	case math.IsNaN(a.Prediction) || slices.ContainsFunc(a.Values, math.IsNaN):
		return noNumber
	case math.IsInf(a.Prediction, 0) || slices.ContainsFunc(a.Values, isInfinite):
		return noFinite
	}
	return ""
}

func isInfinite(v float64) bool { return math.IsInf(v, 0) }
