package infer

import (
	"math"
	"net/http"
	"strings"

	"github.com/valyala/fastjson"

	"dasier/delivery/serve"
	"dasier/fault"
	"dasier/ml/predict"
)

// column is one input tensor: a value per row.
type column struct {
	name   string
	values []*fastjson.Value
}

// inferRequest is a request of the protocol, read and checked but for the
// values in the rows.
type inferRequest struct {
	id      string
	hasID   bool
	columns []column
	rows    int
	want    serve.Want
	outputs []string // in the order asked for
}

func readInferRequest(body *fastjson.Value, program *predict.Program, maxRows int) (*inferRequest, error) {
	if body.Type() != fastjson.TypeObject {
		return nil, fault.Errorf(fault.Invalid, "expected an object with inputs")
	}
	req := &inferRequest{rows: -1}
	if id := body.Get("id"); id != nil {
		text, err := id.StringBytes()
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "id: expected a text").At("id")
		}
		req.id, req.hasID = string(text), true
	}
	withInterval, err := req.readParameters(body.Get("parameters"))
	if err != nil {
		return nil, err
	}
	inputs, ok := listOf(body.Get("inputs"))
	if !ok || len(inputs) == 0 {
		return nil, fault.Errorf(fault.Invalid, "inputs: expected a list of tensors, one per input of the model").At("inputs")
	}
	seen := make(map[string]bool, len(inputs))
	for _, tensor := range inputs {
		c, err := readColumn(tensor, program, maxRows)
		if err != nil {
			return nil, err
		}
		if seen[c.name] {
			return nil, fault.Errorf(fault.Invalid, "input %s stands twice", c.name).At(c.name)
		}
		seen[c.name] = true
		if req.rows >= 0 && len(c.values) != req.rows {
			return nil, fault.Errorf(fault.Invalid, "input %s has %d rows, input %s has %d", c.name, len(c.values), req.columns[0].name, req.rows).At(c.name)
		}
		req.rows = len(c.values)
		req.columns = append(req.columns, c)
	}
	return req, req.readOutputs(body.Get("outputs"), withInterval, program.Classifies())
}

// readParameters reads ours: "level" is the interval's, "interval" asks for one
// at the model's own level. Others are for other servers.
func (q *inferRequest) readParameters(v *fastjson.Value) (withInterval bool, err error) {
	if v == nil {
		return false, nil
	}
	if v.Type() != fastjson.TypeObject {
		return false, fault.Errorf(fault.Invalid, "parameters: expected an object").At("parameters")
	}
	if asked := v.Get("interval"); asked != nil {
		if withInterval, err = asked.Bool(); err != nil {
			return false, fault.Errorf(fault.Invalid, "parameters.interval: expected true or false").At("parameters.interval")
		}
	}
	if level := v.Get("level"); level != nil {
		q.want.Level, err = level.Float64()
		if err != nil || q.want.Level == 0 {
			return false, fault.Errorf(fault.Invalid, "parameters.level: expected a number between 0 and 1, such as 0.9").At("parameters.level")
		}
		withInterval = true
	}
	return withInterval, nil
}

func (q *inferRequest) readOutputs(v *fastjson.Value, withInterval, classifies bool) error {
	if v == nil {
		q.outputs = []string{outPrediction}
		if classifies {
			q.outputs = []string{outLabel, outProbabilities}
		}
		if withInterval {
			q.outputs = append(q.outputs, outLow, outHigh)
		}
		return nil
	}
	list, ok := listOf(v)
	if !ok || len(list) == 0 {
		return fault.Errorf(fault.Invalid, "outputs: expected a list of outputs").At("outputs")
	}
	seen := map[string]bool{}
	for _, output := range list {
		name := string(output.GetStringBytes("name"))
		switch {
		case name == outPrediction, name == outLow, name == outHigh:
		case classifies && (name == outLabel || name == outProbabilities):
		case classifies:
			return fault.Errorf(fault.Invalid, "outputs: the model has no output %q, only %s, %s and %s", clip(name), outLabel, outProbabilities, outPrediction).At("outputs")
		default:
			return fault.Errorf(fault.Invalid, "outputs: the model has no output %q, only %s, %s and %s", clip(name), outPrediction, outLow, outHigh).At("outputs")
		}
		if seen[name] {
			return fault.Errorf(fault.Invalid, "outputs: %s stands twice", name).At("outputs")
		}
		seen[name] = true
		q.outputs = append(q.outputs, name)
	}
	return nil
}

func (q *inferRequest) wantsInterval() bool {
	for _, name := range q.outputs {
		if name == outLow || name == outHigh {
			return true
		}
	}
	return false
}

func readColumn(tensor *fastjson.Value, program *predict.Program, maxRows int) (column, error) {
	name := tensor.GetStringBytes("name")
	i, ok := program.InputIndexBytes(name)
	if !ok {
		return column{}, fault.Errorf(fault.Invalid, "the model has no input %q", clip(string(name))).At("inputs")
	}
	c := column{name: program.Inputs()[i].Name}
	wrong := func(format string, args ...any) error {
		return fault.Errorf(fault.Invalid, "input "+c.name+": "+format, args...).At(c.name)
	}
	shape, ok := listOf(tensor.Get("shape"))
	if !ok || len(shape) < 1 || len(shape) > 2 {
		return c, wrong("expected a shape [rows] or [rows, 1]")
	}
	rows, err := shape[0].Int()
	if err != nil || rows < 0 || len(shape) == 2 && shape[1].GetInt() != 1 {
		return c, wrong("expected a shape [rows] or [rows, 1], got %s", clip(tensor.Get("shape").String()))
	}
	if rows > maxRows {
		return c, fault.Errorf(fault.Limited, "the request has %d rows: at most %d at once", rows, maxRows)
	}
	data, ok := listOf(tensor.Get("data"))
	if !ok {
		return c, wrong("expected data as a list of values (binary tensors are not supported)")
	}
	if c.values, ok = flatten(data, rows, len(shape) == 2); !ok {
		return c, wrong("the shape says %d values, data holds something else", rows)
	}
	datatype := string(tensor.GetStringBytes("datatype"))
	fits, ok := datatypes[datatype]
	if !ok {
		return c, wrong("datatype %q: expected FP64, FP32, FP16, INT8 to INT64, UINT8 to UINT64, BOOL or BYTES", clip(datatype))
	}
	for n, v := range c.values {
		if v.Type() != fastjson.TypeNull && !fits(v) { // null is a missing value
			return c, wrong("data[%d] is no %s: %s", n, datatype, clip(v.String()))
		}
	}
	return c, nil
}

// listOf is the elements of a list; false for anything else and for nothing.
func listOf(v *fastjson.Value) ([]*fastjson.Value, bool) {
	if v == nil || v.Type() != fastjson.TypeArray {
		return nil, false
	}
	list, err := v.Array()
	return list, err == nil
}

// flatten takes data flat or, for a matrix, as a list of rows of one value.
func flatten(data []*fastjson.Value, rows int, matrix bool) ([]*fastjson.Value, bool) {
	if len(data) != rows {
		return nil, false
	}
	if !matrix || rows == 0 || data[0].Type() != fastjson.TypeArray {
		return data, true
	}
	flat := make([]*fastjson.Value, rows)
	for n, row := range data {
		cells, ok := listOf(row)
		if !ok || len(cells) != 1 {
			return nil, false
		}
		flat[n] = cells[0]
	}
	return flat, true
}

// datatypes tells what JSON values each tensor type takes.
var datatypes = map[string]func(*fastjson.Value) bool{
	"FP64": isNumber, "FP32": isNumber, "FP16": isNumber,
	"INT8": wholeIn(math.MinInt8, math.MaxInt8), "INT16": wholeIn(math.MinInt16, math.MaxInt16),
	"INT32": wholeIn(math.MinInt32, math.MaxInt32), "INT64": wholeIn(math.MinInt64, math.MaxInt64),
	"UINT8": wholeIn(0, math.MaxUint8), "UINT16": wholeIn(0, math.MaxUint16),
	"UINT32": wholeIn(0, math.MaxUint32), "UINT64": wholeIn(0, math.MaxUint64),
	"BOOL":  func(v *fastjson.Value) bool { return v.Type() == fastjson.TypeTrue || v.Type() == fastjson.TypeFalse },
	"BYTES": func(v *fastjson.Value) bool { return v.Type() == fastjson.TypeString },
}

func isNumber(v *fastjson.Value) bool { return v.Type() == fastjson.TypeNumber }

func wholeIn(low, high float64) func(*fastjson.Value) bool {
	return func(v *fastjson.Value) bool {
		x, err := v.Float64()
		return err == nil && x == math.Trunc(x) && x >= low && x <= high
	}
}

// checkBinary refuses the binary extension, which tools switch on unasked.
func checkBinary(r *http.Request) error {
	if r.Header.Get("Inference-Header-Content-Length") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/octet-stream") {
		return refuse(http.StatusBadRequest, "binary tensors are not supported: send data as JSON")
	}
	return nil
}
