package pickle

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// DType is a numpy data type.
type DType struct {
	Kind   byte // f, i, u, b, U, S, O, or V for a structure
	Size   int  // bytes of an element
	Big    bool // byte order
	Fields []Field
}

// Field is a member of a structure.
type Field struct {
	Name   string
	Offset int
	Type   *DType
}

// Array is a numpy array.
type Array struct {
	DType   *DType
	Shape   []int
	Fortran bool   // Data is column-major
	Data    []byte // nil for objects
	Objects []any  // in row-major order, when DType.Kind is O
}

// maxItem bounds the bytes of one element.
const maxItem = 1 << 20

// parseDType reads a type's code: "<f8", "f8", "|O", "U12", "V64".
func parseDType(code string) (*DType, error) {
	d := &DType{}
	text := code
	if text != "" && strings.ContainsRune("<>|=", rune(text[0])) {
		d.Big, text = text[0] == '>', text[1:]
	}
	if text == "" {
		return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported", clip(code))
	}
	d.Kind = text[0]
	size, err := strconv.Atoi(text[1:])
	if err != nil || size < 0 || size > maxItem {
		if d.Kind != 'O' || text != "O" {
			return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported", clip(code))
		}
	}
	d.Size = size
	switch d.Kind {
	case 'f':
		if size != 2 && size != 4 && size != 8 {
			return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported: numbers of %d bytes", clip(code), size)
		}
	case 'i', 'u':
		if size != 1 && size != 2 && size != 4 && size != 8 {
			return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported: whole numbers of %d bytes", clip(code), size)
		}
	case 'b':
		if size != 1 {
			return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported", clip(code))
		}
	case 'U':
		if d.Size = 4 * size; d.Size > maxItem {
			return nil, fault.Errorf(fault.Limited, "the data type %q has texts of %d letters", clip(code), size)
		}
	case 'S', 'V':
	case 'O':
		d.Size = 8
	default:
		return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported: numbers, truths, texts and objects are", clip(code))
	}
	return d, nil
}

// build applies the state that a pickled dtype carries: (version, order,
// subtype, names, fields, size, alignment, flags).
func (d *DType) build(state any) error {
	t, ok := state.(*Tuple)
	if !ok || len(t.Items) < 8 {
		return fault.Errorf(fault.Invalid, "a data type has a state that is none")
	}
	switch t.Items[1] {
	case ">":
		d.Big = true
	case "<", "|", "=":
		d.Big = false
	default:
		return fault.Errorf(fault.Invalid, "a data type has no byte order")
	}
	if t.Items[2] != nil {
		return fault.Errorf(fault.Invalid, "data types of sub-arrays are not supported")
	}
	names, ok := t.Items[3].(*Tuple)
	if !ok {
		return nil
	}
	fields, isDict := t.Items[4].(*Dict)
	size, isInt := t.Items[5].(int64)
	if !isDict || !isInt || size < 0 || size > maxItem || d.Kind != 'V' {
		return fault.Errorf(fault.Invalid, "a structured data type has fields that are none")
	}
	d.Size = int(size)
	d.Fields = d.Fields[:0]
	for _, n := range names.Items {
		name, isText := n.(string)
		value, _ := fields.Get(name)
		pair, isPair := value.(*Tuple)
		if !isText || !isPair || len(pair.Items) < 2 {
			return fault.Errorf(fault.Invalid, "a structured data type has a field that is none")
		}
		member, isType := pair.Items[0].(*DType)
		offset, isOffset := pair.Items[1].(int64)
		if !isType || !isOffset || member.Kind == 'O' || member.Kind == 'V' || offset < 0 || offset+int64(member.Size) > size {
			return fault.Errorf(fault.Invalid, "the field %q of a structured data type lies outside it", clip(name))
		}
		d.Fields = append(d.Fields, Field{Name: name, Offset: int(offset), Type: member})
	}
	return nil
}

// count is the number of elements of a shape, which must fit.
func count(shape []int, limit int) (int, error) {
	n := 1
	for _, side := range shape {
		if side < 0 {
			return 0, fault.Errorf(fault.Invalid, "an array has a side of %d", side)
		}
		if side != 0 && n > limit/side {
			return 0, fault.Errorf(fault.Invalid, "an array of shape %v is larger than what the file holds", shape)
		}
		n *= side
	}
	return n, nil
}

func shapeOf(v any) ([]int, error) {
	t, ok := v.(*Tuple)
	if !ok {
		if n, isInt := v.(int64); isInt {
			t = &Tuple{Items: []any{n}}
		} else {
			return nil, fault.Errorf(fault.Invalid, "an array has a shape that is none")
		}
	}
	if len(t.Items) > 32 {
		return nil, fault.Errorf(fault.Invalid, "an array has %d dimensions", len(t.Items))
	}
	shape := make([]int, len(t.Items))
	for i, item := range t.Items {
		n, ok := item.(int64)
		if !ok || n < 0 || n > math.MaxInt32*1024 {
			return nil, fault.Errorf(fault.Invalid, "an array has a side of %v", item)
		}
		shape[i] = int(n)
	}
	return shape, nil
}

// newArray makes an array over data, which must have exactly its size.
func newArray(d *DType, shape []int, fortran bool, data []byte) (*Array, error) {
	n, err := count(shape, max(len(data), 1))
	if err != nil {
		return nil, err
	}
	if d.Kind == 'O' || d.Size == 0 && n > 0 && d.Kind == 'V' {
		return nil, fault.Errorf(fault.Invalid, "an array of type %c has no bytes", d.Kind)
	}
	if n*d.Size != len(data) {
		return nil, fault.Errorf(fault.Invalid, "an array of shape %v needs %d bytes, there are %d", shape, n*d.Size, len(data))
	}
	return &Array{DType: d, Shape: shape, Fortran: fortran && len(shape) > 1, Data: data}, nil
}

// Len is the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, side := range a.Shape {
		n *= side
	}
	return n
}

// Field gives one member of a structured array as an array of its own type.
func (a *Array) Field(name string) (*Array, bool) {
	for _, f := range a.DType.Fields {
		if f.Name != name {
			continue
		}
		n := a.Len()
		data := make([]byte, 0, n*f.Type.Size)
		for i := range n {
			at := i*a.DType.Size + f.Offset
			data = append(data, a.Data[at:at+f.Type.Size]...)
		}
		return &Array{DType: f.Type, Shape: a.Shape, Fortran: a.Fortran, Data: data}, true
	}
	return nil, false
}

// at is the place in Data of the i-th element in row-major order.
func (a *Array) at(i int) int {
	if !a.Fortran {
		return i * a.DType.Size
	}
	place, stride := 0, a.Len()
	rest, step := i, 1
	for _, side := range a.Shape {
		stride /= side
		place += rest / stride * step
		rest %= stride
		step *= side
	}
	return place * a.DType.Size
}

// Floats gives numbers and truths in row-major order.
func (a *Array) Floats() ([]float64, error) {
	n := a.Len()
	out := make([]float64, n)
	if a.DType.Kind == 'O' {
		for i, v := range a.Objects {
			x, ok := Number(v)
			if !ok {
				return nil, fault.Errorf(fault.Invalid, "an array of objects holds %T where a number is expected", v)
			}
			out[i] = x
		}
		return out, nil
	}
	for i := range out {
		v, err := a.value(i)
		if err != nil {
			return nil, err
		}
		x, ok := Number(v)
		if !ok {
			return nil, fault.Errorf(fault.Invalid, "an array of type %c is no array of numbers", a.DType.Kind)
		}
		out[i] = x
	}
	return out, nil
}

// Values gives the elements in row-major order as plain values.
func (a *Array) Values() ([]any, error) {
	if a.DType.Kind == 'O' {
		return a.Objects, nil
	}
	out := make([]any, a.Len())
	for i := range out {
		v, err := a.value(i)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (a *Array) value(i int) (any, error) {
	at := a.at(i)
	return a.DType.value(a.Data[at : at+a.DType.Size])
}

// value reads one element.
func (d *DType) value(raw []byte) (any, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if d.Big {
		order = binary.BigEndian
	}
	switch d.Kind {
	case 'b':
		return raw[0] != 0, nil
	case 'f':
		switch d.Size {
		case 8:
			return math.Float64frombits(order.Uint64(raw)), nil
		case 4:
			return float64(math.Float32frombits(order.Uint32(raw))), nil
		}
		return half(order.Uint16(raw)), nil
	case 'i', 'u':
		return whole(raw, order, d.Kind == 'i')
	case 'U':
		return utf32(raw, order)
	case 'S':
		return Bytes(strings.TrimRight(string(raw), "\x00")), nil
	}
	return nil, fault.Errorf(fault.Invalid, "elements of type %c are not plain values", d.Kind)
}

func whole(raw []byte, order binary.ByteOrder, signed bool) (any, error) {
	switch len(raw) {
	case 1:
		if signed {
			return int64(int8(raw[0])), nil //nolint:gosec // two's complement is meant
		}
		return int64(raw[0]), nil
	case 2:
		if signed {
			return int64(int16(order.Uint16(raw))), nil //nolint:gosec // two's complement is meant
		}
		return int64(order.Uint16(raw)), nil
	case 4:
		if signed {
			return int64(int32(order.Uint32(raw))), nil //nolint:gosec // two's complement is meant
		}
		return int64(order.Uint32(raw)), nil
	}
	u := order.Uint64(raw)
	if !signed && u > math.MaxInt64 {
		return new(big.Int).SetUint64(u), nil
	}
	return int64(u), nil //nolint:gosec // two's complement is meant
}

func utf32(raw []byte, order binary.ByteOrder) (any, error) {
	var text strings.Builder
	for ; len(raw) >= 4; raw = raw[4:] {
		r := rune(order.Uint32(raw)) //nolint:gosec // judged below
		if r == 0 {
			break
		}
		if !utf8.ValidRune(r) {
			return nil, fault.Errorf(fault.Invalid, "an array of texts holds %#x, which is no letter", uint32(r)) //nolint:gosec // for people
		}
		text.WriteRune(r)
	}
	return text.String(), nil
}

// half widens a number of 16 bits (IEEE 754, binary16).
func half(h uint16) float64 {
	sign, exponent, fraction := 1.0, int(h>>10&31), float64(h&1023)
	if h&0x8000 != 0 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// Number reads a plain value as a number.
func Number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case *big.Int:
		x, _ := new(big.Float).SetInt(v).Float64()
		return x, true
	case *Array:
		if v.Len() == 1 {
			values, err := v.Floats()
			if err == nil {
				return values[0], true
			}
		}
	}
	return 0, false
}

func clip(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}
