package predict

import (
	"math"
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/ml/frame"
)

// PredictFrame predicts every row of a table. Columns are matched by name and
// levels by text; columns that the model does not know are ignored. It fails
// when a required column is absent, when a column holds another kind of thing
// than the model knows, and on an unknown category where the model says so. A
// single missing value is imputed, required or not.
func (p *Program) PredictFrame(f *frame.Frame) ([]float64, error) {
	if p.trees != nil && p.stages.direct {
		return p.predictBlocks(f)
	}
	answers := make([]float64, 0, f.Rows())
	err := p.EachRow(f, func(row *Row) { answers = append(answers, p.Outcome(row).Prediction) })
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// ScoreFrame is PredictFrame on the score's scale.
func (p *Program) ScoreFrame(f *frame.Frame) ([]float64, error) {
	scores := make([]float64, 0, f.Rows())
	err := p.EachRow(f, func(row *Row) { scores = append(scores, p.Score(row)) })
	if err != nil {
		return nil, err
	}
	return scores, nil
}

// EachRow visits every row of a table as this program's; it fails as
// PredictFrame does. The row is the same one, filled anew.
func (p *Program) EachRow(f *frame.Frame, visit func(*Row)) error {
	setters := make([]func(*Row, int), 0, len(p.spec.Inputs))
	for i := range p.spec.Inputs {
		in := &p.spec.Inputs[i]
		column, ok := f.Column(in.Name)
		if !ok {
			if in.Required {
				return fault.Errorf(fault.Invalid, "the table has no column %q, which the model requires", in.Name).At(in.Name)
			}
			continue
		}
		set, err := p.setter(i, column)
		if err != nil {
			return err
		}
		setters = append(setters, set)
	}
	row := p.NewRow()
	for n := range f.Rows() {
		for _, set := range setters {
			set(row, n)
		}
		visit(row)
	}
	return nil
}

// setter gives the function that copies a column's value of one row into
// input i. It decides everything about kinds once per column.
func (p *Program) setter(i int, column *frame.Column) (func(*Row, int), error) {
	in := &p.spec.Inputs[i]
	switch {
	case allMissing(column):
		return func(row *Row, _ int) { row.SetMissing(i) }, nil
	case in.Text && column.Kind == frame.Category:
		return func(row *Row, n int) {
			if k := column.Codes[n]; k >= 0 {
				row.SetCategory(i, column.Levels[k])
				return
			}
			row.SetMissing(i)
		}, nil
	case in.Kind == frame.Category && column.Kind == frame.Category:
		return p.levelSetter(i, column)
	case in.Kind == frame.Category:
		return p.textSetter(i, column)
	case column.Kind == frame.Category:
		return p.wordSetter(i, column)
	case in.Kind != column.Kind && (in.Kind == frame.Time || column.Kind == frame.Time):
		return nil, fault.Errorf(fault.Invalid, "column %q holds a %s, the model expects a %s", in.Name, column.Kind, in.Kind).At(in.Name)
	case in.Kind == frame.Bool:
		for n, v := range column.Numbers().All() {
			if v != 0 && v != 1 && !math.IsNaN(v) {
				return nil, fault.Errorf(fault.Invalid, "column %q, row %d: the model expects 0, 1 or nothing, the table has %v", in.Name, n+1, v).At(in.Name)
			}
		}
	}
	return func(row *Row, n int) { row.SetNumber(i, column.Value(n)) }, nil
}

func (p *Program) levelSetter(i int, column *frame.Column) (func(*Row, int), error) {
	in := &p.spec.Inputs[i]
	unknown := int32(len(in.Levels)) //nolint:gosec // bounded by checkSpec
	codes := make([]int32, len(column.Levels))
	for k, level := range column.Levels {
		code, ok := p.levels[i][level]
		if !ok {
			code = unknown
		}
		codes[k] = code
	}
	if in.Unknown != UnknownIgnore {
		for n, k := range column.Codes {
			if k >= 0 && codes[k] == unknown {
				return nil, fault.Errorf(fault.Invalid, "column %q, row %d: the model does not know the category %q", in.Name, n+1, column.Levels[k]).At(in.Name)
			}
		}
	}
	return func(row *Row, n int) {
		if k := column.Codes[n]; k >= 0 {
			row.setCode(i, codes[k], true)
			return
		}
		row.SetMissing(i)
	}, nil
}

// textSetter reads numbers as levels: a small table may hold only the numeric
// looking levels of a category.
func (p *Program) textSetter(i int, column *frame.Column) (func(*Row, int), error) {
	in := &p.spec.Inputs[i]
	if column.Kind == frame.Time {
		return nil, fault.Errorf(fault.Invalid, "column %q holds a time, the model expects a category", in.Name).At(in.Name)
	}
	texts := levelTexts(column)
	if in.Unknown != UnknownIgnore && !in.Text {
		for n, text := range texts {
			if _, ok := p.levels[i][text]; !ok && text != "" {
				return nil, fault.Errorf(fault.Invalid, "column %q, row %d: the model does not know the category %q", in.Name, n+1, text).At(in.Name)
			}
		}
	}
	return func(row *Row, n int) {
		if texts[n] == "" {
			row.SetMissing(i)
			return
		}
		row.SetCategory(i, texts[n])
	}, nil
}

func levelTexts(column *frame.Column) []string {
	texts := make([]string, column.Len())
	for n, v := range column.Numbers().All() {
		if !math.IsNaN(v) {
			texts[n] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return texts
}

// wordSetter reads the words of a category as the bools that the model
// expects; there is no other way from words to numbers.
func (p *Program) wordSetter(i int, column *frame.Column) (func(*Row, int), error) {
	in := &p.spec.Inputs[i]
	values := make([]float64, len(column.Levels))
	for k, level := range column.Levels {
		truth, ok := ParseBool(level)
		switch {
		case in.Kind != frame.Bool || !ok:
			values[k] = math.NaN()
		case truth:
			values[k] = 1
		}
	}
	for n, k := range column.Codes { // a table may carry levels that none of its rows has
		if k >= 0 && math.IsNaN(values[k]) {
			return nil, fault.Errorf(fault.Invalid, "column %q, row %d: the model expects a %s, the table has %q", in.Name, n+1, in.Kind, column.Levels[k]).At(in.Name)
		}
	}
	return func(row *Row, n int) {
		if k := column.Codes[n]; k >= 0 {
			row.SetNumber(i, values[k])
			return
		}
		row.SetMissing(i)
	}, nil
}

// ParseBool reads the words that stand for true and false in tables and
// requests: true/false, yes/no, y/n, t/f, in any case.
func ParseBool(word string) (truth, ok bool) {
	for _, pair := range [...][2]string{{"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}} {
		if strings.EqualFold(word, pair[0]) {
			return true, true
		}
		if strings.EqualFold(word, pair[1]) {
			return false, true
		}
	}
	return false, false
}

func allMissing(column *frame.Column) bool {
	for n := range column.Len() {
		if !column.Missing(n) {
			return false
		}
	}
	return true
}
