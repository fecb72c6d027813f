package train

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// referenceRows is how many held-out rows go into a package.
const referenceRows = 64

// reference picks held-out rows, from the lowest prediction to the highest, and
// writes them as a client would send them. Their predictions are the fitted
// model's, so that replaying them tests the whole way from JSON to answer. Rows
// that a client could not send, because a required input is missing or a level
// is refused, are passed over.
func (u *run) reference(program *predict.Program, inputs *frame.Frame) ([]mlflow.Reference, error) {
	answers, err := u.answers(inputs)
	if err != nil {
		return nil, err
	}
	var parser fastjson.Parser
	row := program.NewRow()
	var usable []mlflow.Reference
	for i := range inputs.Rows() {
		text, err := rowText(u.spec.Inputs, inputs, i)
		if err != nil {
			return nil, err
		}
		value, err := parser.ParseBytes(text)
		if err != nil {
			return nil, err
		}
		if rowjson.Decode(value, program, row, nil) == nil {
			answers[i].Row = text
			usable = append(usable, answers[i])
		}
	}
	if len(usable) == 0 {
		return nil, fault.Errorf(fault.Invalid, "every held-out row lacks a required input or has a level that is refused: require fewer inputs, or set unknown to ignore")
	}
	slices.SortStableFunc(usable, func(a, b mlflow.Reference) int { return cmp.Compare(a.Prediction, b.Prediction) })
	if len(usable) <= referenceRows {
		return usable, nil
	}
	picked := make([]mlflow.Reference, referenceRows)
	for k := range picked {
		picked[k] = usable[k*(len(usable)-1)/(referenceRows-1)]
	}
	return picked, nil
}

// answers are what the fitted model says of every row.
func (u *run) answers(inputs *frame.Frame) ([]mlflow.Reference, error) {
	answers := make([]mlflow.Reference, 0, inputs.Rows())
	err := u.program.EachRow(inputs, func(row *predict.Row) {
		outcome := u.program.Outcome(row)
		answer := mlflow.Reference{Prediction: outcome.Prediction}
		if outcome.Class >= 0 {
			answer.Label = u.program.Classes()[outcome.Class]
			answer.Probabilities = slices.Clone(outcome.Probabilities)
		}
		answers = append(answers, answer)
	})
	return answers, err
}

// rowText is row i as JSON, in the order of the inputs.
func rowText(inputs []predict.Input, f *frame.Frame, i int) ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for k, in := range inputs {
		c, _ := f.Column(in.Name) // the model was fitted to it
		name, err := json.Marshal(in.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(cell(c, i))
		if err != nil {
			return nil, err
		}
		if k > 0 {
			text.WriteByte(',')
		}
		text.Write(name)
		text.WriteByte(':')
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// cell is a value as rowjson reads it.
func cell(c *frame.Column, i int) any {
	if c.Missing(i) {
		return nil
	}
	switch c.Kind {
	case frame.Category:
		level, _ := c.Level(i)
		return level
	case frame.Bool:
		return c.Value(i) != 0
	case frame.Time:
		whole, part := math.Modf(c.Value(i))
		return time.Unix(int64(whole), int64(part*1e9)).UTC().Format(time.RFC3339Nano)
	default:
		return c.Value(i)
	}
}
