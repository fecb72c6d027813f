// Package parity holds a compiled model to reference answers: rows, and what
// the system that wrote the model said of them.
//
// A reference is a JSON object: columns (names, or null where the model knows
// them by place), rows, and output with one list per method of the source
// ("predict", "predict_proba", "decision_function", "transform", …). In rows and
// outputs null is a missing number, "inf" and "-inf" are infinities. References
// of ONNX files hold named tensors instead, as ONNX Runtime takes and gives
// them.
//
// Invariant: nothing that a reference holds is passed over in silence; what is
// not compared is reported with the reason.
package parity

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"dasier/fault"
)

// Limits of a reference.
const (
	maxBytes = 512 << 20
	maxRows  = 10_000_000
)

// Reference is rows and answers.
type Reference struct {
	File      string
	Estimator string            // its class, as its system says
	By        map[string]string // versions of what answered
	Columns   []string          // nil: by place
	Rows      [][]any           // per row and column: nil, bool, float64 or string
	Outputs   []Output          // in the file's order of names
	Tolerance *Tolerance        // nil: by the model's precision
	Object    string            // where in the file the model stands; empty: it is found
}

// Output is what one method answered.
type Output struct {
	Name   string
	Values []any // per row: nil, bool, float64, string, or a list of these
}

// Tolerance is how far an answer may lie from the reference: Absolute +
// Relative times the reference.
type Tolerance struct {
	Relative float64 `json:"rtol"`
	Absolute float64 `json:"atol"`
}

// document is a reference as it is written.
type document struct {
	File      string          `json:"file"`
	Estimator string          `json:"estimator"`
	By        map[string]any  `json:"by"`
	Object    string          `json:"object"`
	Columns   []string        `json:"columns"`
	Rows      json.RawMessage `json:"rows"`
	Input     *table          `json:"input"`
	Output    json.RawMessage `json:"output"`
	Tolerance json.RawMessage `json:"tolerance"`
	Inputs    []tensor        `json:"inputs"`  // ONNX
	Outputs   []tensor        `json:"outputs"` // ONNX
}

type table struct {
	Columns []string        `json:"columns"`
	Rows    json.RawMessage `json:"rows"`
}

type tensor struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	Data  []any  `json:"data"`
	Value []any  `json:"value"`
}

// Parse reads a reference.
func Parse(text []byte) (*Reference, error) {
	if len(text) > maxBytes {
		return nil, fault.Errorf(fault.Limited, "the reference has %d bytes, at most %d are allowed", len(text), maxBytes).At("reference")
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		plain := withoutNaN(text)
		if plain == nil || json.Unmarshal(plain, &d) != nil {
			return nil, fault.Errorf(fault.Invalid, "the reference is not readable: %w", err).At("reference")
		}
	}
	r := &Reference{File: d.File, Estimator: d.Estimator, Object: d.Object, Columns: d.Columns, By: map[string]string{}}
	for name, version := range d.By {
		r.By[name] = fmt.Sprint(version)
	}
	if err := r.readTolerance(d.Tolerance); err != nil {
		return nil, err
	}
	if d.Inputs != nil {
		if err := r.fromTensors(d.Inputs, d.Outputs); err != nil {
			return nil, err
		}
		return r, r.check()
	}
	rows := d.Rows
	if d.Input != nil {
		r.Columns, rows = d.Input.Columns, d.Input.Rows
	}
	if err := r.readRows(rows); err != nil {
		return nil, err
	}
	if err := r.readOutputs(d.Output); err != nil {
		return nil, err
	}
	return r, r.check()
}

// Places are names of the columns by their places, for a reference without names.
func (r *Reference) Places() []string {
	names := make([]string, len(r.Rows[0]))
	for i := range names {
		names[i] = "x" + strconv.Itoa(i)
	}
	return names
}

// notPerRow are the outputs that do not answer rows.
var notPerRow = []string{"classes_", "feature_names_out"}

func (r *Reference) check() error {
	switch {
	case len(r.Rows) == 0:
		return fault.Errorf(fault.Invalid, "the reference has no rows").At("reference.rows")
	case len(r.Rows) > maxRows:
		return fault.Errorf(fault.Limited, "the reference has %d rows, at most %d are allowed", len(r.Rows), maxRows).At("reference.rows")
	case len(r.Outputs) == 0:
		return fault.Errorf(fault.Invalid, "the reference has no answers: \"output\" with \"predict\" is expected").At("reference.output")
	}
	width := len(r.Rows[0])
	if r.Columns != nil {
		width = len(r.Columns)
	}
	for n, row := range r.Rows {
		if len(row) != width {
			return fault.Errorf(fault.Invalid, "reference row %d has %d values for %d columns", n+1, len(row), width).At("reference.rows")
		}
	}
	return nil
}

// fromTensors makes rows of what ONNX Runtime took and gave.
func (r *Reference) fromTensors(inputs, outputs []tensor) error {
	if len(inputs) == 0 || len(inputs[0].Shape) == 0 {
		return fault.Errorf(fault.Invalid, "the reference's inputs are no tensors").At("reference.inputs")
	}
	r.Rows = make([][]any, max(inputs[0].Shape[0], 0))
	for _, in := range inputs {
		width := 1
		if len(in.Shape) > 1 {
			width = in.Shape[1]
		}
		if len(in.Data) != len(r.Rows)*width || width < 0 {
			return fault.Errorf(fault.Invalid, "the input %q holds %d values for the shape %v", in.Name, len(in.Data), in.Shape).At("reference.inputs")
		}
		for n := range r.Rows {
			r.Rows[n] = append(r.Rows[n], in.Data[n*width:(n+1)*width]...)
		}
		if len(inputs) > 1 || width == 1 && len(inputs) == 1 && in.Name != "X" {
			r.Columns = append(r.Columns, in.Name)
		}
	}
	for _, o := range outputs {
		r.Outputs = append(r.Outputs, Output{Name: o.Name, Values: perRowOf(o.Value, len(r.Rows))})
	}
	return nil
}

// perRowOf groups the numbers of a matrix that stand one after the other.
func perRowOf(values []any, rows int) []any {
	if rows == 0 || len(values) == rows || len(values)%rows != 0 {
		return values
	}
	width := len(values) / rows
	lists := make([]any, rows)
	for n := range lists {
		lists[n] = values[n*width : (n+1)*width : (n+1)*width]
	}
	return lists
}

// number is a value as a number; null is NaN.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case nil:
		return math.NaN(), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string:
		switch v {
		case "inf":
			return math.Inf(1), true
		case "-inf":
			return math.Inf(-1), true
		case "nan", "NaN":
			return math.NaN(), true
		}
	}
	return 0, false
}

// cell is a value of a row as a number, which may also be written as a text.
func cell(v any) (float64, bool) {
	if x, ok := number(v); ok {
		return x, true
	}
	label, _ := v.(string)
	switch label = strings.TrimSpace(label); label {
	case "":
		return math.NaN(), v != nil
	case "True", "true":
		return 1, true
	case "False", "false":
		return 0, true
	}
	x, err := strconv.ParseFloat(label, 64)
	return x, err == nil
}

// text is a value as a label or category.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
