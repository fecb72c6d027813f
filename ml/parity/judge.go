package parity

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"dasier/ml/predict"
)

// rounding is how far sums of one and the same numbers lie apart that were added
// in another order, for the size of these numbers: no tolerance can ask for less.
const rounding = 1e-15

// judge compares one output, row by row.
type judge struct {
	Compared

	output  *Output
	numbers func(c *comparison, row *predict.Row) []float64 // ours; nil: labels
	scale   float64                                         // the largest number of the reference
	plain   bool                                            // of probabilities, the plain difference counts
}

// judge finds what of ours an output is compared with.
func (c *comparison) judge(o *Output) judge {
	j := judge{output: o, Compared: Compared{Name: o.Name, Equal: true}}
	for _, v := range o.Values {
		j.scale = max(j.scale, size(v))
	}
	if len(o.Values) != len(c.reference.Rows) && !slices.Contains(notPerRow, o.Name) {
		j.Skipped = "it answers several targets"
		if !isList(o.Values) {
			j.Skipped = "it is no answer to rows"
		}
		return j
	}
	p := c.program
	probabilities := func(c *comparison, _ *predict.Row) []float64 { return c.outcome.Probabilities }
	switch o.Name {
	case "classes_":
		j.classes(p)
		return j
	case "feature_names_out":
		j.Skipped = "names of columns, no answers"
		return j
	case "predict", "output_label", "label":
		switch {
		case !p.Classifies():
			j.numbers = values
		case isList(o.Values) || c.options.Raw && p.Positive() >= 0 && c.outcomeHasProbabilities() && !areTruths(o.Values):
			j.numbers, j.plain = probabilities, true
			if !isList(o.Values) {
				j.numbers = func(c *comparison, _ *predict.Row) []float64 { return c.one(c.outcome.Prediction) }
			}
		}
		return j
	case "predict_proba", "output_probability", "probabilities":
		j.numbers, j.plain = probabilities, true
		switch {
		case !c.outcomeHasProbabilities():
			j.Skipped = "the model gives no probabilities"
		case !isList(o.Values) && len(p.Classes()) == 2: // of the second class alone
			j.numbers = func(c *comparison, _ *predict.Row) []float64 { return c.one(c.outcome.Probabilities[1]) }
		}
		return j
	}
	for k, said := range p.Spec().Outputs {
		if said.Name == o.Name {
			j.numbers = func(c *comparison, row *predict.Row) []float64 {
				c.buffer = c.program.Output(row, k, c.buffer)
				return c.buffer
			}
			return j
		}
	}
	switch {
	case o.Name == "margin", o.Name == "raw_score", o.Name == "decision_function" && p.Spec().Link != "":
		j.numbers = func(c *comparison, row *predict.Row) []float64 { return c.program.Scores(row) }
	case o.Name == "transform" && p.Spec().Task == predict.TaskVector, !p.Classifies() && o.Name != "decision_function" && !isKnown(o.Name):
		j.numbers = values
	default:
		j.Skipped = "the model does not give it"
	}
	return j
}

// isKnown tells the methods of scikit-learn from the output names of an ONNX
// graph, which may be anything.
func isKnown(name string) bool {
	return slices.Contains([]string{"predict_best", "score_samples", "transform", "decision_function"}, name)
}

func (c *comparison) outcomeHasProbabilities() bool {
	return c.program.Classifies() && c.program.Spec().Link != predict.Decision
}

func (c *comparison) one(x float64) []float64 {
	c.buffer = append(c.buffer[:0], x)
	return c.buffer
}

func values(c *comparison, _ *predict.Row) []float64 {
	if c.outcome.Values != nil {
		return c.outcome.Values
	}
	return c.one(c.outcome.Prediction)
}

// classes compares the list of classes.
func (j *judge) classes(p *predict.Program) {
	var want []string
	for _, v := range j.output.Values {
		label, ok := text(v)
		if !ok {
			j.Skipped = "its classes are no plain labels"
			return
		}
		want = append(want, label)
	}
	if !p.Classifies() {
		j.Skipped = "the model chooses between no classes"
		return
	}
	if !slices.EqualFunc(want, p.Classes(), sameLabel) && !arePlaces(want, len(p.Classes())) {
		j.Equal = false
		j.Worst = fmt.Sprintf("the classes are %v, the reference says %v", p.Classes(), want)
	}
}

// arePlaces tells classes that are named by their places: those of a model whose
// names stand in an encoder beside it.
func arePlaces(classes []string, n int) bool {
	for k, class := range classes {
		if class != strconv.Itoa(k) {
			return false
		}
	}
	return len(classes) == n
}

// row compares one row.
func (j *judge) row(c *comparison, row *predict.Row, n int) {
	if j.Skipped != "" || slices.Contains(notPerRow, j.Name) {
		return
	}
	j.Rows++
	want := j.output.Values[n]
	if j.numbers == nil {
		j.label(c, n, want)
		return
	}
	ours := j.numbers(c, row)
	theirs, ok := j.list(c, want)
	if !ok || len(theirs) != len(ours) {
		if j.Equal {
			j.Equal, j.Worst = false, fmt.Sprintf("row %d: %d numbers, the reference says %.80v", n+1, len(ours), want)
		}
		return
	}
	t, least := c.tolerance(), 0.0
	if !j.plain && j.Name != "transform" {
		least = rounding * max(j.scale, c.magnitude)
	}
	for k, x := range theirs {
		d := difference(ours[k], x, j.scale)
		if j.plain && !math.IsInf(d, 0) {
			d = math.Abs(ours[k] - x)
		}
		within := d <= t.Relative
		if c.reference.Tolerance != nil {
			within = d == 0 || math.Abs(ours[k]-x) <= t.Absolute+t.Relative*math.Abs(x)+rounding*j.scale
		}
		within = within || math.Abs(ours[k]-x) <= least
		if !within {
			j.Equal = false
		}
		if d > j.Largest || !within && j.Worst == "" {
			j.Largest = d
			j.Worst = fmt.Sprintf("row %d: %v, the reference says %v", n+1, ours[k], x)
		}
	}
}

// list is a reference's numbers of one row; of maps, in the order of classes.
func (j *judge) list(c *comparison, v any) ([]float64, bool) {
	switch v := v.(type) {
	case []any:
		list := make([]float64, 0, len(v))
		for _, item := range v {
			if nested, ok := item.([]any); ok && len(nested) == 1 {
				item = nested[0]
			}
			x, ok := number(item)
			if !ok {
				return nil, false
			}
			list = append(list, x)
		}
		return list, true
	case map[string]any:
		list := make([]float64, 0, len(v))
		for _, class := range c.program.Classes() {
			x, ok := number(v[class])
			if !ok {
				return nil, false
			}
			list = append(list, x)
		}
		return list, true
	}
	x, ok := number(v)
	return []float64{x}, ok
}

// label compares the class chosen. Where two classes are as likely as each
// other, either is right.
func (j *judge) label(c *comparison, n int, want any) {
	label, ok := text(want)
	ours := ""
	if c.outcome.Class >= 0 {
		ours = c.program.Classes()[c.outcome.Class]
	}
	if ok && (sameLabel(label, ours) || c.isPlace(want, ours)) || c.tie() {
		return
	}
	j.Labels++
	j.Equal = false
	if j.Worst == "" {
		j.Worst = fmt.Sprintf("row %d: %q, the reference says %v", n+1, ours, want)
	}
}

// sameLabel tells whether two spellings are of one label: Python's True is JSON's
// true and equal to 1, and 1.0 is 1.
func sameLabel(a, b string) bool {
	return a == b || canonical(a) == canonical(b)
}

func canonical(label string) string {
	switch label {
	case "True", "true":
		return "1"
	case "False", "false":
		return "0"
	}
	if x, err := strconv.ParseFloat(label, 64); err == nil {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return label
}

// areTruths tells the labels of two classes from their probabilities, which are
// hardly all 0 or 1.
func areTruths(values []any) bool {
	for _, v := range values {
		if x, ok := number(v); !ok || x != 0 && x != 1 {
			return false
		}
	}
	return true
}

// isPlace tells whether a reference names a class by its place: a pipeline
// behind a label encoder predicts places.
func (c *comparison) isPlace(want any, ours string) bool {
	classes := c.program.Classes()
	at, ok := want.(float64)
	return ok && at >= 0 && at == math.Trunc(at) && int(at) < len(classes) && classes[int(at)] == ours &&
		!slices.Contains(classes, strconv.FormatFloat(at, 'f', -1, 64))
}

// tie tells whether the two likeliest classes of a row are equally likely.
func (c *comparison) tie() bool {
	scores := c.outcome.Probabilities
	if scores == nil {
		return math.Abs(c.outcome.Score) <= c.tolerance().Relative
	}
	first, second := math.Inf(-1), math.Inf(-1)
	for _, s := range scores {
		if s > first {
			first, second = s, first
		} else {
			second = max(second, s)
		}
	}
	return first-second <= c.tolerance().Relative
}

// difference is relative to the size of the reference, which counts as no less
// than a thousandth of the largest number of its output.
func difference(ours, theirs, scale float64) float64 {
	switch {
	case ours == theirs || math.IsNaN(ours) && math.IsNaN(theirs):
		return 0
	case math.IsNaN(ours) || math.IsNaN(theirs) || math.IsInf(ours, 0) || math.IsInf(theirs, 0):
		return math.Inf(1)
	}
	return math.Abs(ours-theirs) / max(math.Abs(theirs), scale/1000, math.SmallestNonzeroFloat64)
}

func size(v any) float64 {
	switch v := v.(type) {
	case []any:
		most := 0.0
		for _, item := range v {
			most = max(most, size(item))
		}
		return most
	case map[string]any:
		most := 0.0
		for _, item := range v {
			most = max(most, size(item))
		}
		return most
	}
	if x, ok := number(v); ok && !math.IsNaN(x) && !math.IsInf(x, 0) {
		return math.Abs(x)
	}
	return 0
}

func isList(values []any) bool {
	if len(values) == 0 {
		return false
	}
	switch values[0].(type) {
	case []any, map[string]any:
		return true
	}
	return false
}
