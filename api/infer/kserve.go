package infer

import (
	"net/http"
	"strconv"

	"github.com/valyala/fastjson"

	"dasier/api/infer/oip"
	"dasier/delivery/serve"
	"dasier/fault"
)

// KServe's first protocol, which its sklearn examples and many clients of it
// speak: instances in, predictions out.

// kserveModels lists what the caller may ask.
func (h *Handler) kserveModels(w http.ResponseWriter, r *http.Request) {
	visible, err := h.visible(r)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	names := []string{}
	for _, v := range visible {
		names = append(names, v.name)
	}
	h.writeJSON(w, r, http.StatusOK, "application/json", map[string][]string{"models": names})
}

// kserveModel tells whether a model answers.
func (h *Handler) kserveModel(w http.ResponseWriter, r *http.Request) {
	f, err := h.find(w.Header(), r)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	h.writeJSON(w, r, http.StatusOK, "application/json", map[string]any{"name": f.endpoint.Name, "ready": true})
}

func (h *Handler) kservePredict(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call) (int, error) {
	return h.kserve(w, r, f, c, serve.Want{})
}

func (h *Handler) kserveExplain(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call) (int, error) {
	return h.kserve(w, r, f, c, serve.Want{Explain: true})
}

func (h *Handler) kserve(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call, want serve.Want) (int, error) {
	if err := f.check(want); err != nil {
		return 0, err
	}
	body, err := h.read(w, r, c)
	if err != nil {
		return 0, err
	}
	if body.Type() != fastjson.TypeObject {
		return 0, fault.Errorf(fault.Invalid, "expected an object with instances, such as {\"instances\": [[1, 2]]}")
	}
	field, value := "instances", body.Get("instances")
	if value == nil {
		if value = body.Get("inputs"); value == nil {
			return 0, fault.Errorf(fault.Invalid, "expected the key instances (or inputs) with a list of rows").At("instances")
		}
		field = "inputs"
	}
	list, ok := listOf(value)
	if !ok {
		return 0, fault.Errorf(fault.Invalid, "%s: expected a list of rows, each a list of values in the model's order, or an object of inputs", field).At(field)
	}
	if err := h.checkSize(f, len(list), want); err != nil {
		return 0, err
	}
	q, err := f.rowsOf(c, field, list, false)
	if err != nil {
		return 0, err
	}
	answers, err := f.answerAll(r.Context(), q, c, want)
	if err != nil {
		return 0, inOneSentence(err)
	}
	c.out = f.appendPredictions(append(c.out[:0], '{'), answers)
	if want.Explain {
		c.out = appendReasonList(append(c.out, `,"explanations":`...), answers)
	}
	c.out = append(c.out, "}\n"...)
	c.lap(writing)
	h.begin(w, len(list))
	c.send(w)
	return len(list), nil
}

// rowsOf reads a list of rows that are objects of inputs, lists of values in
// the model's order or, of a model with one input, bare values.
func (f *endpointFace) rowsOf(c *call, field string, list []*fastjson.Value, spare bool) (rows, error) {
	if len(list) == 0 || list[0].Type() == fastjson.TypeObject {
		return &objects{f: f, c: c, list: list, spare: spare}, nil
	}
	inputs := f.endpoint.Program().Inputs()
	positions := make([]int, len(inputs))
	for i := range positions {
		positions[i] = i
	}
	return f.matrixRows(c, field, list, positions)
}

// matrixRows reads a list of lists whose columns stand for these inputs.
func (f *endpointFace) matrixRows(c *call, field string, list []*fastjson.Value, columns []int) (rows, error) {
	table := make([][]*fastjson.Value, len(list))
	bare := make([]*fastjson.Value, 0, len(list)) // backs the rows of bare values
	for n, v := range list {
		row, ok := listOf(v)
		if !ok && len(columns) == 1 && v.Type() != fastjson.TypeObject {
			bare = append(bare, v)
			row, ok = bare[len(bare)-1:], true
		}
		if !ok {
			return nil, fault.Errorf(fault.Invalid, "%s[%d]: expected a list of %d values, like the rows before it", field, n, len(columns)).At(field)
		}
		if len(row) != len(columns) {
			return nil, fault.Errorf(fault.Invalid, "%s[%d]: expected %d values, one per column in its order, got %d", field, n, len(columns), len(row)).At(field)
		}
		table[n] = row
	}
	return f.newGrid(c, len(list), columns, func(n, k int) oip.Cell { return oip.JSONCell(table[n][k]) }), nil
}

// appendPredictions appends "predictions" as libraries' predict() gives them:
// of a classifier the classes, of a vector a list per row.
func (f *endpointFace) appendPredictions(dst []byte, r *results) []byte {
	program := f.endpoint.Program()
	classes, width := program.Classes(), len(program.Spec().Targets)
	dst = append(dst, `"predictions":[`...)
	for n := range r.rows {
		if n > 0 {
			dst = append(dst, ',')
		}
		switch {
		case len(r.classes) > 0 && r.classes[n] == noClass:
			dst = append(dst, "null"...)
		case f.wholeClasses != nil:
			dst = strconv.AppendInt(dst, f.wholeClasses[r.classes[n]], 10)
		case len(r.classes) > 0:
			dst = appendText(dst, classes[r.classes[n]])
		case width > 0:
			dst = appendNumbers(dst, r.values[n*width:(n+1)*width])
		default:
			dst = appendNumber(dst, r.predictions[n])
		}
	}
	return append(dst, ']')
}

func appendNumbers(dst []byte, values []float64) []byte {
	dst = append(dst, '[')
	for k, v := range values {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(dst, v)
	}
	return append(dst, ']')
}

func appendReasonList(dst []byte, r *results) []byte {
	dst = append(dst, '[')
	for n := range r.rows {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, r.reason(n)...)
	}
	return append(dst, ']')
}
