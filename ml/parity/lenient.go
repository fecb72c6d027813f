package parity

import (
	"bytes"
	"encoding/json"
	"slices"
	"sort"

	"dasier/fault"
)

// References are written by scripts, and scripts differ in what they write.
// What means one thing only is read, whichever way it is written.

// withoutNaN is a text with Python's NaN and Infinity in JSON's words; nil when
// it has none.
func withoutNaN(text []byte) []byte {
	words := []struct{ python, json string }{{"NaN", "null"}, {"-Infinity", `"-inf"`}, {"Infinity", `"inf"`}}
	var out []byte
	quoted, from := false, 0
	for i := 0; i < len(text); i++ {
		switch {
		case quoted && text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case !quoted:
			for _, w := range words {
				if bytes.HasPrefix(text[i:], []byte(w.python)) {
					out = append(append(out, text[from:i]...), w.json...)
					i += len(w.python) - 1
					from = i + 1
					break
				}
			}
		}
	}
	if out == nil {
		return nil
	}
	return append(out, text[from:]...)
}

// readTolerance reads {"rtol", "atol"}, or a number for the relative one.
func (r *Reference) readTolerance(text json.RawMessage) error {
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	var t Tolerance
	if json.Unmarshal(text, &t.Relative) != nil {
		if err := json.Unmarshal(text, &t); err != nil {
			return fault.Errorf(fault.Invalid, "the tolerance of the reference is neither a number nor {\"rtol\", \"atol\"}: %w", err).At("reference.tolerance")
		}
	}
	r.Tolerance = &t
	return nil
}

// readRows reads rows: lists, objects by column, or plain values of one column.
func (r *Reference) readRows(text json.RawMessage) error {
	if len(r.Columns) == 0 {
		r.Columns = nil
	}
	if len(text) == 0 {
		return nil
	}
	var rows []any
	if err := json.Unmarshal(text, &rows); err != nil {
		return fault.Errorf(fault.Invalid, "the rows of the reference are no list: %w", err).At("reference.rows")
	}
	for _, row := range rows { // the columns of objects, where nobody names them
		if object, ok := row.(map[string]any); ok && r.Columns == nil {
			for name := range object {
				r.Columns = append(r.Columns, name)
			}
			sort.Strings(r.Columns)
			break
		}
	}
	r.Rows = make([][]any, len(rows))
	for n, row := range rows {
		switch row := row.(type) {
		case []any:
			r.Rows[n] = row
		case map[string]any:
			if len(r.Columns) == 0 {
				return fault.Errorf(fault.Invalid, "reference row %d names columns that are none of the reference's", n+1).At("reference.rows")
			}
			r.Rows[n] = make([]any, len(r.Columns))
			for k, name := range r.Columns {
				r.Rows[n][k] = row[name]
			}
			for name := range row {
				if !slices.Contains(r.Columns, name) {
					return fault.Errorf(fault.Invalid, "reference row %d has a column %q, which no other has", n+1, name).At("reference.rows")
				}
			}
		default:
			r.Rows[n] = []any{row}
		}
	}
	return nil
}

// readOutputs reads the answers by method; a plain list is what predict gave.
// What is no list, such as a score, is kept to be reported.
func (r *Reference) readOutputs(text json.RawMessage) error {
	if len(text) == 0 {
		return nil
	}
	var list []any
	if json.Unmarshal(text, &list) == nil {
		r.Outputs = []Output{{Name: "predict", Values: flat(list)}}
		return nil
	}
	var byName map[string]any
	if err := json.Unmarshal(text, &byName); err != nil {
		return fault.Errorf(fault.Invalid, "the output of the reference names no methods: %w", err).At("reference.output")
	}
	for name, value := range byName {
		values, _ := value.([]any)
		r.Outputs = append(r.Outputs, Output{Name: name, Values: flat(values)})
	}
	sort.Slice(r.Outputs, func(a, b int) bool { return r.Outputs[a].Name < r.Outputs[b].Name })
	return nil
}

// flat is a list whose values are no lists of one: a matrix of one column.
func flat(values []any) []any {
	out := make([]any, len(values))
	for n, v := range values {
		list, ok := v.([]any)
		if !ok || len(list) != 1 {
			return values
		}
		out[n] = list[0]
	}
	return out
}
