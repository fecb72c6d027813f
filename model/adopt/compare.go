package adopt

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// answers is a reference file: rows, and what the model's own system said of
// them.
type answers struct {
	Columns []string            `json:"columns"`
	Rows    [][]json.RawMessage `json:"rows"`
	Output  struct {
		Predict     []any       `json:"predict"`
		Probability [][]float64 `json:"predict_proba"`
	} `json:"output"`
}

// Compare replays a reference file and gives its rows with the system's own
// answers, and the largest difference of any number. A row that differs by more
// than the model's precision allows is an error.
func Compare(program *predict.Program, text []byte) ([]mlflow.Reference, float64, error) {
	var a answers
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, 0, fault.Errorf(fault.Invalid, "the reference is not readable: %w", err).At("reference")
	}
	if a.Columns == nil && len(a.Rows) > 0 { // by place
		for _, in := range program.Inputs() {
			a.Columns = append(a.Columns, in.Name)
		}
	}
	if len(a.Rows) == 0 || len(a.Output.Predict) != len(a.Rows) || a.Output.Probability != nil && len(a.Output.Probability) != len(a.Rows) {
		return nil, 0, fault.Errorf(fault.Invalid, "the reference has %d rows and %d predictions", len(a.Rows), len(a.Output.Predict)).At("reference")
	}
	var parser fastjson.Parser
	row, largest := program.NewRow(), 0.0
	references := make([]mlflow.Reference, len(a.Rows))
	for n := range a.Rows {
		text, err := a.row(program, n)
		if err != nil {
			return nil, 0, err
		}
		value, err := parser.ParseBytes(text)
		if err != nil {
			return nil, 0, fault.Errorf(fault.Invalid, "reference row %d is not JSON: %w", n+1, err).At("reference")
		}
		if err := rowjson.Decode(value, program, row, nil); err != nil {
			return nil, 0, fault.Errorf(fault.Invalid, "reference row %d: %w", n+1, err).At("reference")
		}
		outcome := program.Outcome(row)
		reference, err := a.reference(program, n, text, outcome)
		if err != nil {
			return nil, 0, err
		}
		if err := reference.Compare(program, outcome); err != nil {
			return nil, 0, fault.Errorf(fault.Invalid, "reference row %d: %w. The file is not read as its own system reads it, or the answers are not its own", n+1, err).At("reference")
		}
		largest = max(largest, difference(outcome, &reference))
		references[n] = reference
	}
	return references, largest, nil
}

// row is a reference row as a client would send it: the columns that the model
// takes.
func (a *answers) row(program *predict.Program, n int) ([]byte, error) {
	if len(a.Rows[n]) != len(a.Columns) {
		return nil, fault.Errorf(fault.Invalid, "reference row %d has %d values for %d columns", n+1, len(a.Rows[n]), len(a.Columns)).At("reference")
	}
	row := make(map[string]json.RawMessage, len(a.Columns))
	for k, name := range a.Columns {
		if _, ok := program.InputIndex(name); ok {
			row[name] = a.Rows[n][k]
		}
	}
	text, err := json.Marshal(row)
	if err != nil {
		return nil, fmt.Errorf("writing a reference row: %w", err)
	}
	return text, nil
}

// reference is what the system said, in our form.
func (a *answers) reference(program *predict.Program, n int, text []byte, ours predict.Outcome) (mlflow.Reference, error) {
	r := mlflow.Reference{Row: text, Prediction: ours.Prediction}
	if !program.Classifies() {
		x, ok := a.Output.Predict[n].(float64)
		if !ok {
			return r, fault.Errorf(fault.Invalid, "the reference predicts %v for row %d: expected a number", a.Output.Predict[n], n+1).At("reference")
		}
		r.Prediction = x
		return r, nil
	}
	r.Label = labelOf(program, a.Output.Predict[n])
	if a.Output.Probability == nil {
		return r, nil
	}
	r.Probabilities = a.Output.Probability[n]
	at := program.Positive()
	if at < 0 {
		at = ours.Class
	}
	if at < len(r.Probabilities) {
		r.Prediction = r.Probabilities[at]
	}
	return r, nil
}

// labelOf reads a label as it stands, or as the place of one: a pipeline behind
// a label encoder predicts places.
func labelOf(program *predict.Program, v any) string {
	text := ""
	switch v := v.(type) {
	case string:
		text = v
	case bool:
		text = strconv.FormatBool(v)
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
		if slices.Contains(program.Classes(), text) {
			return text
		}
		if v >= 0 && v == math.Trunc(v) && int(v) < len(program.Classes()) {
			return program.Classes()[int(v)]
		}
	}
	return text
}

func difference(ours predict.Outcome, theirs *mlflow.Reference) float64 {
	relative := func(a, b float64) float64 {
		if a == b {
			return 0
		}
		return math.Abs(a-b) / max(math.Abs(a), math.Abs(b))
	}
	if theirs.Probabilities == nil {
		return relative(ours.Prediction, theirs.Prediction)
	}
	largest := 0.0
	for k, p := range theirs.Probabilities { // of probabilities, the plain difference
		largest = max(largest, math.Abs(p-ours.Probabilities[k]))
	}
	return largest
}
