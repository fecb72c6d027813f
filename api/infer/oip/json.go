package oip

import (
	"encoding/base64"
	"math"

	"github.com/valyala/fastjson"

	"dasier/fault"
)

// Tail is the binary data that follows the JSON of a request; tensors take
// their parts of it in their order.
type Tail struct {
	rest []byte
}

// NewTail is the bytes after the JSON.
func NewTail(rest []byte) *Tail { return &Tail{rest} }

// Left is how many bytes no tensor has taken.
func (t *Tail) Left() int { return len(t.rest) }

// FromJSON reads a tensor {name, datatype, shape, parameters, data}. One with
// the parameter binary_data_size takes that many bytes from the tail.
func FromJSON(v *fastjson.Value, tail *Tail) (*Tensor, error) {
	if v == nil || v.Type() != fastjson.TypeObject {
		return nil, fault.Errorf(fault.Invalid, "inputs: expected tensors, objects with name, datatype, shape and data").At("inputs")
	}
	t := &Tensor{Name: string(v.GetStringBytes("name"))}
	var ok bool
	if t.Type, ok = Parse(string(v.GetStringBytes("datatype"))); !ok {
		return nil, t.wrong("datatype %q: expected %s", clip(string(v.GetStringBytes("datatype"))), Names)
	}
	if err := t.readShape(v.Get("shape")); err != nil {
		return nil, err
	}
	size, err := t.readParameters(v.Get("parameters"))
	if err != nil {
		return nil, err
	}
	if size < 0 {
		return t, t.readData(v.Get("data"))
	}
	if v.Get("data") != nil {
		return nil, t.wrong("has both data and binary_data_size: send one of them")
	}
	if size > len(tail.rest) {
		return nil, t.wrong("binary_data_size is %d, but only %d bytes are left after the JSON (its length stands in Inference-Header-Content-Length)", size, len(tail.rest))
	}
	raw := tail.rest[:size]
	tail.rest = tail.rest[size:]
	return t, t.takeRaw(raw)
}

func (t *Tensor) readShape(v *fastjson.Value) error {
	dims, ok := listOf(v)
	if !ok || len(dims) == 0 {
		return t.wrong("expected a shape such as [rows] or [rows, 1]")
	}
	for _, d := range dims {
		dim, err := d.Int()
		if err != nil || dim < 0 {
			return t.wrong("expected a shape such as [rows] or [rows, 1], got %s", clip(v.String()))
		}
		t.Shape = append(t.Shape, dim)
	}
	if _, ok := Len(t.Shape); !ok {
		return t.wrong("the shape %s says more values than any request has", clip(v.String()))
	}
	return nil
}

// readParameters gives binary_data_size; -1 when there is none.
func (t *Tensor) readParameters(v *fastjson.Value) (int, error) {
	if v == nil || v.Type() == fastjson.TypeNull {
		return -1, nil
	}
	if v.Type() != fastjson.TypeObject {
		return -1, t.wrong("parameters: expected an object")
	}
	t.Content = string(v.GetStringBytes("content_type"))
	size := v.Get("binary_data_size")
	if size == nil {
		return -1, nil
	}
	n, err := size.Int()
	if err != nil || n < 0 {
		return -1, t.wrong("parameters.binary_data_size: expected a number of bytes")
	}
	return n, nil
}

// readData takes the values, flat or nested as deep as the shape.
func (t *Tensor) readData(v *fastjson.Value) error {
	data, ok := listOf(v)
	if !ok {
		return t.wrong("expected data as a list of values (or binary data after the JSON, with the parameter binary_data_size)")
	}
	n, _ := Len(t.Shape)
	if len(data) > 0 && len(t.Shape) > 1 && data[0].Type() == fastjson.TypeArray {
		flat, ok := flatten(make([]*fastjson.Value, 0, min(n, 1<<16)), v, t.Shape)
		if !ok {
			return t.wrong("the shape says %d values, data holds something else", n)
		}
		data = flat
	}
	if len(data) != n {
		return t.wrong("the shape says %d values, data holds something else", n)
	}
	for k, value := range data {
		if value.Type() != fastjson.TypeNull && !t.Type.fits(value) { // null is a missing value
			return t.wrong("data[%d] is no %s: %s", k, t.Type, clip(value.String()))
		}
	}
	if t.values = data; data == nil {
		t.values = []*fastjson.Value{}
	}
	return nil
}

// flatten appends the values of nested lists that have exactly this shape.
func flatten(dst []*fastjson.Value, v *fastjson.Value, shape []int) ([]*fastjson.Value, bool) {
	list, ok := listOf(v)
	if !ok || len(list) != shape[0] {
		return nil, false
	}
	if len(shape) == 1 {
		return append(dst, list...), true
	}
	for _, inner := range list {
		if dst, ok = flatten(dst, inner, shape[1:]); !ok {
			return nil, false
		}
	}
	return dst, true
}

// fits tells whether a JSON value can be of the datatype.
func (d Datatype) fits(v *fastjson.Value) bool {
	switch d {
	case Bytes:
		return v.Type() == fastjson.TypeString
	case Bool:
		return v.Type() == fastjson.TypeTrue || v.Type() == fastjson.TypeFalse
	case FP16, FP32, FP64:
		return v.Type() == fastjson.TypeNumber
	}
	x, err := v.Float64()
	return err == nil && x == math.Trunc(x) && x >= traits[d].low && x <= traits[d].high
}

// listOf is the elements of a list; false for anything else and for nothing.
func listOf(v *fastjson.Value) ([]*fastjson.Value, bool) {
	if v == nil || v.Type() != fastjson.TypeArray {
		return nil, false
	}
	list, err := v.Array()
	return list, err == nil
}

// Decode replaces texts in an encoding of base64 by what they stand for.
func (t *Tensor) Decode(encoding *base64.Encoding) error {
	if t.Type != Bytes {
		return t.wrong("content_type base64 needs datatype BYTES, it is %s", t.Type)
	}
	n, _ := Len(t.Shape)
	texts := make([][]byte, n)
	for k := range texts {
		c := t.Cell(k)
		text := c.Text
		if c.Kind == JSON {
			text = c.JSON.GetStringBytes()
		}
		decoded, err := encoding.DecodeString(string(text))
		if err != nil {
			return t.wrong("value %d is not base64", k)
		}
		texts[k] = decoded
	}
	t.values, t.texts = nil, texts
	return nil
}
