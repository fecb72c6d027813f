package rowjson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// maxProblems bounds the answer to a hostile row; the last problem then says
// that there are more.
const maxProblems = 50

// maxShown is how many categories a sentence lists.
const maxShown = 10

// Problem is one thing wrong with a row.
type Problem struct {
	Field   string // the input's name; empty when it is the row as a whole
	Message string // "expected a number, got the text \"abc\""
}

// Problems is everything wrong with a row. It is a fault.Invalid.
type Problems []Problem

// Error is all problems in one line.
func (p Problems) Error() string {
	var text strings.Builder
	for i, problem := range p {
		if i > 0 {
			text.WriteString("; ")
		}
		if problem.Field != "" {
			text.WriteString(problem.Field + ": ")
		}
		text.WriteString(problem.Message)
	}
	return text.String()
}

// Unwrap makes faces that know only faults answer it as wrong input.
func (p Problems) Unwrap() error {
	failure := fault.Errorf(fault.Invalid, "%s", p.Error())
	if len(p) > 0 {
		failure.Field = p[0].Field
	}
	return failure
}

func (p Problems) has(field string) bool {
	for i := range p {
		if p[i].Field == field {
			return true
		}
	}
	return false
}

func (d *decoder) add(field, message string) {
	switch len(d.problems) {
	case maxProblems:
	case maxProblems - 1:
		d.problems = append(d.problems, Problem{Message: "there are more problems with this row"})
	default:
		d.problems = append(d.problems, Problem{Field: field, Message: message})
	}
}

func (d *decoder) problem(i int, message string) { d.add(d.program.Inputs()[i].Name, message) }

// wrong reports a value that is not what input i expects.
func (d *decoder) wrong(i int, v *fastjson.Value) {
	in := &d.program.Inputs()[i]
	message := "expected " + expected(in) + ", got " + describe(v)
	text, isText := textOf(v)
	switch {
	case !isText:
	case in.Kind == frame.Number && isNumber(text):
		message = "expected a number, got the text " + quote(text) + ": send it without quotes"
	case in.Kind == frame.Category:
		if nearest, ok := nearestOf(text, len(in.Levels), func(k int) string { return in.Levels[k] }); ok {
			message += "; did you mean " + quote(nearest) + "?"
		}
	}
	d.problem(i, message)
}

// unknownField reports a field that is no input of the model.
func (d *decoder) unknownField(name []byte) {
	field := clip(string(name))
	if len(d.problems) >= maxProblems {
		return // no search for a name that nobody will read
	}
	if spec := d.program.Spec(); field == spec.Target.Name {
		d.add(field, "is what the model predicts: leave it out")
		return
	}
	message := "the model has no such input"
	inputs := d.program.Inputs()
	if nearest, ok := nearestOf(field, len(inputs), func(k int) string { return inputs[k].Name }); ok {
		message += "; did you mean " + quote(nearest) + "?"
	}
	d.add(field, message)
}

// expected says what an input takes: its type, and its range or categories.
func expected(in *predict.Input) string {
	switch in.Kind {
	case frame.Category:
		return oneOf(in.Levels)
	case frame.Bool:
		return "true or false"
	case frame.Time:
		return "a date like \"2010-05-31\" or a time like \"2010-05-31T12:00:00Z\"" + spanOf(in)
	}
	if in.Whole {
		return "a whole number" + spanOf(in)
	}
	return "a number" + spanOf(in)
}

func spanOf(in *predict.Input) string {
	if in.Min == 0 && in.Max == 0 {
		return ""
	}
	return fmt.Sprintf(" (the training data has %s to %s)", in.Format(in.Min), in.Format(in.Max))
}

func oneOf(levels []string) string {
	if len(levels) == 0 {
		return "a text"
	}
	shown := make([]string, 0, maxShown)
	for _, level := range levels[:min(len(levels), maxShown)] {
		shown = append(shown, quote(level))
	}
	text := "one of " + strings.Join(shown, ", ")
	if more := len(levels) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// describe says what was sent, cut to a readable length.
func describe(v *fastjson.Value) string {
	if v == nil {
		return "nothing"
	}
	switch v.Type() {
	case fastjson.TypeNull:
		return "null"
	case fastjson.TypeObject:
		return "an object"
	case fastjson.TypeArray:
		return "a list"
	case fastjson.TypeString:
		text, _ := textOf(v)
		return "the text " + quote(text)
	}
	return clip(string(v.MarshalTo(nil)))
}

func textOf(v *fastjson.Value) (string, bool) {
	text, err := v.StringBytes()
	if err != nil {
		return "", false
	}
	return clip(string(text)), true
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return err == nil
}

func quote(text string) string { return strconv.Quote(text) }

// clip cuts a text of the caller to what a sentence can carry.
func clip(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
