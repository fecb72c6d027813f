package infer

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"dasier/api/infer/oip"
	"dasier/delivery/serve"
	"dasier/fault"
)

// inferRequest is a request of the Open Inference protocol, from REST or gRPC.
type inferRequest struct {
	id         string
	hasID      bool
	tensors    []*oip.Tensor
	parameters map[string]any // bool, int64, uint64, float64 or string
	outputs    []wantedOutput
	anyOutput  bool // the client names no outputs: those that suit the model
	binary     bool // all outputs as raw bytes

	// What plan makes of it.
	rows int
	want serve.Want
}

type wantedOutput struct {
	name   string
	binary bool
}

// plan says what the request is about: rows, what is wanted, and which outputs.
func (q *inferRequest) plan(h *Handler, f *endpointFace, c *call) (*grid, error) {
	interval, err := q.readParameters(c)
	if err != nil {
		return nil, err
	}
	g, err := q.grid(h, f, c)
	if err != nil {
		return nil, err
	}
	if err := q.chooseOutputs(f, interval); err != nil {
		return nil, err
	}
	if q.wantsInterval() && q.want.Level == 0 {
		// Whoever asks for bounds by name wants to hear when there are none.
		if q.want.Level = f.endpoint.Program().DefaultLevel(); q.want.Level == 0 {
			return nil, fault.Errorf(fault.Invalid, "outputs: model %s version %d promises no interval: it has no %s and no %s", f.endpoint.Model, f.endpoint.Version, outLow, outHigh).At("outputs")
		}
	}
	return g, f.check(q.want)
}

// readParameters reads ours: "level" is the interval's, "interval" asks for one
// at the model's own level; "timeout", in microseconds, is Triton's. Others are
// for other servers.
func (q *inferRequest) readParameters(c *call) (interval bool, err error) {
	if asked, ok := q.parameters["interval"]; ok {
		if interval, ok = asked.(bool); !ok {
			return false, fault.Errorf(fault.Invalid, "parameters.interval: expected true or false").At("parameters.interval")
		}
	}
	if level, ok := q.parameters["level"]; ok {
		if q.want.Level, ok = level.(float64); !ok || q.want.Level == 0 {
			return false, fault.Errorf(fault.Invalid, "parameters.level: expected a number between 0 and 1, such as 0.9").At("parameters.level")
		}
		interval = true
	}
	if timeout, ok := q.parameters["timeout"]; ok {
		most, ok := microseconds(timeout)
		if !ok {
			return false, fault.Errorf(fault.Invalid, "parameters.timeout: expected a whole number of microseconds").At("parameters.timeout")
		}
		if most > 0 {
			c.hurry(most)
		}
	}
	return interval, nil
}

func microseconds(value any) (time.Duration, bool) {
	n := 0.0
	switch v := value.(type) {
	case float64:
		n = v
	case int64:
		n = float64(v)
	case uint64:
		n = float64(v)
	case string: // which is how some clients send it
		if _, err := fmt.Sscanf(v, "%g", &n); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	if n < 0 || n != math.Trunc(n) {
		return 0, false
	}
	return time.Duration(min(n, float64(time.Hour/time.Microsecond))) * time.Microsecond, true
}

// grid turns tensors into rows: one tensor per column, or one matrix.
func (q *inferRequest) grid(h *Handler, f *endpointFace, c *call) (*grid, error) {
	for _, t := range q.tensors {
		if err := known(t); err != nil {
			return nil, err
		}
		if most := t.Longest(); most > h.cfg.MaxText {
			return nil, fault.Errorf(fault.Limited, "input %s: a text has %d bytes, at most %d are allowed", clip(t.Name), most, h.cfg.MaxText).At(clip(t.Name))
		}
		if rows := t.Shape[0]; rows > h.cfg.MaxRows {
			return nil, fault.Errorf(fault.Limited, "the request has %d rows: at most %d at once", rows, h.cfg.MaxRows)
		}
	}
	if t := q.tensors[0]; len(q.tensors) == 1 && q.isMatrix(t, f) {
		return q.matrixGrid(t, f, c)
	}
	inputs := make([]int, len(q.tensors))
	taken := make(map[int]bool, len(q.tensors))
	program := f.endpoint.Program()
	for k, t := range q.tensors {
		i, ok := program.InputIndex(t.Name)
		if !ok {
			return nil, fault.Errorf(fault.Invalid, "the model has no input %q", clip(t.Name)).At("inputs")
		}
		if taken[i] {
			return nil, fault.Errorf(fault.Invalid, "input %s stands twice", t.Name).At(t.Name)
		}
		if inputs[k], taken[i] = i, true; len(t.Shape) > 2 || len(t.Shape) == 2 && t.Shape[1] != 1 {
			return nil, fault.Errorf(fault.Invalid, "input %s: expected a shape [rows] or [rows, 1], got %s", t.Name, clip(fmt.Sprint(t.Shape))).At(t.Name)
		}
		if t.Shape[0] != q.tensors[0].Shape[0] {
			return nil, fault.Errorf(fault.Invalid, "input %s has %d rows, input %s has %d", t.Name, t.Shape[0], q.tensors[0].Name, q.tensors[0].Shape[0]).At(t.Name)
		}
	}
	q.rows = q.tensors[0].Shape[0]
	return f.newGrid(c, q.rows, inputs, func(n, k int) oip.Cell { return q.tensors[k].Cell(n) }), nil
}

// isMatrix tells a tensor with all inputs from one that is a column: it is
// wider than a column, or has a name that no input has and the model one input.
func (q *inferRequest) isMatrix(t *oip.Tensor, f *endpointFace) bool {
	program := f.endpoint.Program()
	_, isInput := program.InputIndex(t.Name)
	width := len(program.Inputs())
	switch {
	case len(t.Shape) == 2 && t.Shape[1] != 1:
		return !isInput || t.Shape[1] == width
	case isInput || len(t.Shape) > 2:
		return false
	}
	return width == 1
}

func (q *inferRequest) matrixGrid(t *oip.Tensor, f *endpointFace, c *call) (*grid, error) {
	width := len(f.endpoint.Program().Inputs())
	if len(t.Shape) == 2 && t.Shape[1] != width {
		return nil, fault.Errorf(fault.Invalid, "input %s: the model has %d inputs, expected a shape [rows, %d], got %s", clip(t.Name), width, width, clip(fmt.Sprint(t.Shape))).At(clip(t.Name))
	}
	q.rows = t.Shape[0]
	inputs := make([]int, width)
	for i := range inputs {
		inputs[i] = i
	}
	return f.newGrid(c, q.rows, inputs, func(n, k int) oip.Cell { return t.Cell(n*width + k) }), nil
}

// known checks a tensor's content type, and decodes the one that hides texts.
// Those of MLServer say what we see from the datatype.
func known(t *oip.Tensor) error {
	if len(t.Shape) == 0 {
		return fault.Errorf(fault.Invalid, "input %s: expected a shape such as [rows] or [rows, 1]", clip(t.Name)).At(clip(t.Name))
	}
	switch content, _, _ := strings.Cut(t.Content, ";"); content {
	case "", "np", "pd", "pd_json", "str", "datetime":
		return nil
	case "base64":
		if err := t.Decode(base64.StdEncoding); err != nil {
			return err
		}
		return nil
	default:
		return fault.Errorf(fault.Invalid, "input %s: content_type %q: expected np, pd, str, datetime or base64", clip(t.Name), clip(content)).At(clip(t.Name))
	}
}

// chooseOutputs checks the outputs that are wanted, or takes those that suit.
func (q *inferRequest) chooseOutputs(f *endpointFace, interval bool) error {
	if q.anyOutput {
		for _, name := range f.usualOutputs() {
			q.outputs = append(q.outputs, wantedOutput{name: name})
		}
		if interval {
			q.outputs = append(q.outputs, wantedOutput{name: outLow}, wantedOutput{name: outHigh})
		}
	}
	for k, output := range q.outputs {
		if !f.hasOutput(output.name) {
			return fault.Errorf(fault.Invalid, "outputs: the model has no output %q, only %s", clip(output.name), strings.Join(f.outputNames(), ", ")).At("outputs")
		}
		if slices.ContainsFunc(q.outputs[:k], func(o wantedOutput) bool { return o.name == output.name }) {
			return fault.Errorf(fault.Invalid, "outputs: %s stands twice", output.name).At("outputs")
		}
		q.outputs[k].binary = output.binary || q.binary
	}
	return nil
}

func (q *inferRequest) wantsInterval() bool {
	return slices.ContainsFunc(q.outputs, func(o wantedOutput) bool { return o.name == outLow || o.name == outHigh })
}

// content tells the content type of the answer's tensors, for clients that
// said one: MLServer's decode answers by it.
func (q *inferRequest) content() string {
	content, _ := q.parameters["content_type"].(string)
	return content
}

// readInferRequest reads the JSON of a request; tail is the binary data after
// it.
func readInferRequest(body *fastjson.Value, tail *oip.Tail) (*inferRequest, error) {
	if body.Type() != fastjson.TypeObject {
		return nil, fault.Errorf(fault.Invalid, "expected an object with inputs")
	}
	q := &inferRequest{}
	if id := body.Get("id"); id != nil {
		text, err := id.StringBytes()
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "id: expected a text").At("id")
		}
		q.id, q.hasID = string(text), true
	}
	var err error
	if q.parameters, err = jsonParameters(body.Get("parameters"), "parameters"); err != nil {
		return nil, err
	}
	q.binary, _ = q.parameters["binary_data_output"].(bool)
	inputs, ok := listOf(body.Get("inputs"))
	if !ok || len(inputs) == 0 {
		return nil, fault.Errorf(fault.Invalid, "inputs: expected a list of tensors, one per input of the model").At("inputs")
	}
	for _, v := range inputs {
		t, err := oip.FromJSON(v, tail)
		if err != nil {
			return nil, err
		}
		q.tensors = append(q.tensors, t)
	}
	if left := tail.Left(); left > 0 {
		return nil, fault.Errorf(fault.Invalid, "%d bytes of binary data are no input's: binary_data_size says how many each has", left).At("inputs")
	}
	return q, q.readOutputs(body.Get("outputs"))
}

func (q *inferRequest) readOutputs(v *fastjson.Value) error {
	if v == nil {
		q.anyOutput = true
		return nil
	}
	list, ok := listOf(v)
	if !ok || len(list) == 0 {
		return fault.Errorf(fault.Invalid, "outputs: expected a list of outputs").At("outputs")
	}
	const most = 100
	if len(list) > most {
		return fault.Errorf(fault.Invalid, "outputs: %d are more than any model has", len(list)).At("outputs")
	}
	for _, output := range list {
		parameters, err := jsonParameters(output.Get("parameters"), "outputs")
		if err != nil {
			return err
		}
		binary, _ := parameters["binary_data"].(bool)
		q.outputs = append(q.outputs, wantedOutput{name: string(output.GetStringBytes("name")), binary: binary})
	}
	return nil
}

// jsonParameters reads an object of texts, numbers and truth values; others
// are left out.
func jsonParameters(v *fastjson.Value, field string) (map[string]any, error) {
	if v == nil || v.Type() == fastjson.TypeNull {
		return nil, nil
	}
	object, err := v.Object()
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s: expected an object", field).At(field)
	}
	parameters := make(map[string]any, object.Len())
	object.Visit(func(key []byte, value *fastjson.Value) {
		switch value.Type() {
		case fastjson.TypeString:
			parameters[string(key)] = string(value.GetStringBytes())
		case fastjson.TypeNumber:
			parameters[string(key)] = value.GetFloat64()
		case fastjson.TypeTrue, fastjson.TypeFalse:
			parameters[string(key)] = value.Type() == fastjson.TypeTrue
		}
	})
	return parameters, nil
}

// listOf is the elements of a list; false for anything else and for nothing.
func listOf(v *fastjson.Value) ([]*fastjson.Value, bool) {
	if v == nil || v.Type() != fastjson.TypeArray {
		return nil, false
	}
	list, err := v.Array()
	return list, err == nil
}
