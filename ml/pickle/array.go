package pickle

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"dasier/fault"
)

// DType is a numpy data type.
type DType struct {
	Kind   byte // f, i, u, b, U, S, O, or V for a structure
	Size   int  // bytes of an element
	Big    bool // byte order
	Fields []Field

	foreign *foreign // a type that is not read: dates, complex numbers
}

// Field is a member of a structure.
type Field struct {
	Name   string
	Offset int
	Type   *DType
}

// Array is a numpy array. Its bytes are a part of the file's, never a copy, and
// become numbers when they are asked for.
type Array struct {
	DType   *DType
	Shape   []int
	Fortran bool   // the elements are column-major
	Data    []byte // of the elements, Stride bytes apart; nil for objects
	Stride  int
	Objects []any // in row-major order, when DType.Kind is O

	meter *meter // of the file; nil: nothing is counted
}

// maxItem bounds the bytes of one element.
const maxItem = 1 << 20

// ParseDType reads a type's code: "<f8", "f8", "|O", "U12", "V64".
func ParseDType(code string) (*DType, error) {
	d := &DType{}
	text := code
	if text != "" && strings.ContainsRune("<>|=", rune(text[0])) {
		d.Big, text = text[0] == '>', text[1:]
	}
	if text == "" {
		return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported", clip(code))
	}
	d.Kind = text[0]
	if unread(d.Kind) {
		d.Size = unreadSizes[strings.TrimRight(strings.SplitN(text, "[", 2)[0], " ")]
		if d.Size > 0 {
			return d, nil
		}
		return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported", clip(code))
	}
	size, err := strconv.Atoi(text[1:])
	if err != nil || size < 0 || size > maxItem {
		if d.Kind != 'O' || text != "O" {
			return nil, fault.Errorf(fault.Invalid, "the data type %q is not supported", clip(code))
		}
	}
	d.Size = size
	switch d.Kind {
	case 'f':
		if size == 12 || size == 16 { // x86's long double
			d.Kind = 'g'
			return d, nil
		}
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

// unread tells the kinds of elements that are carried and never looked at: dates,
// spans of time, complex numbers and long doubles.
func unread(kind byte) bool { return strings.IndexByte("Mmcg", kind) >= 0 }

var unreadSizes = map[string]int{"M8": 8, "m8": 8, "c8": 8, "c16": 16, "c24": 24, "c32": 32}

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
	d.Fields = make([]Field, 0, len(names.Items))
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
		if d.foreign == nil {
			d.foreign = member.foreign
		}
		d.Fields = append(d.Fields, Field{Name: name, Offset: int(offset), Type: member})
	}
	return nil
}

// mostOfNothing bounds the other sides of a shape of which one is 0, such as the
// columns of no rows: readers make room for them.
const mostOfNothing = 1 << 22

// count is the number of elements of a shape, which must fit.
func count(shape []int, limit int) (int, error) {
	n, empty := 1, slices.Contains(shape, 0)
	if empty {
		limit = max(limit, mostOfNothing)
	}
	for _, side := range shape {
		if side < 0 {
			return 0, fault.Errorf(fault.Invalid, "an array has a side of %d", side)
		}
		if side != 0 && n > limit/side {
			return 0, fault.Errorf(fault.Invalid, "an array of shape %v is larger than what the file holds: it is damaged, or was cut off on its way", shape)
		}
		n *= max(side, 1)
	}
	if empty {
		return 0, nil
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

// NewArray makes an array over data, which must have exactly its size.
func NewArray(d *DType, shape []int, fortran bool, data []byte) (*Array, error) {
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
	own := *d // a file may give the type another state later
	return &Array{DType: &own, Shape: shape, Fortran: fortran && len(shape) > 1, Data: data, Stride: d.Size}, nil
}

// Len is the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, side := range a.Shape {
		n *= side
	}
	return n
}

// build applies the state of ndarray: (version, shape, dtype, fortran, data).
func (a *Array) build(state any) error {
	t, ok := state.(*Tuple)
	if !ok || len(t.Items) != 5 {
		return fault.Errorf(fault.Invalid, "an array has a state that is none")
	}
	shape, err := shapeOf(t.Items[1])
	if err != nil {
		return err
	}
	d, isType := t.Items[2].(*DType)
	fortran, isBool := t.Items[3].(bool)
	if !isType || !isBool {
		return fault.Errorf(fault.Invalid, "an array has no type or order")
	}
	var made *Array
	switch data := t.Items[4].(type) {
	case Bytes:
		made, err = NewArray(d, shape, fortran, data)
	case string: // Python 2's str
		made, err = NewArray(d, shape, fortran, []byte(data))
	case *List:
		made, err = NewObjects(d, shape, fortran, data.Items)
	default:
		err = fault.Errorf(fault.Invalid, "an array has %T for content", data)
	}
	if err != nil {
		return err
	}
	*a = *made
	return nil
}

// NewObjects makes an array of objects, which are given as the file has them.
func NewObjects(d *DType, shape []int, fortran bool, items []any) (*Array, error) {
	n, err := count(shape, max(len(items), 1))
	if err != nil {
		return nil, err
	}
	if d.Kind != 'O' || n != len(items) {
		return nil, fault.Errorf(fault.Invalid, "an array of shape %v has %d objects", shape, len(items))
	}
	own := *d
	a := &Array{DType: &own, Shape: shape, Objects: items}
	if fortran && len(shape) > 1 { // objects are kept in row-major order
		order := Array{Shape: shape, Fortran: true, Stride: 1}
		a.Objects = make([]any, n)
		for i := range a.Objects {
			a.Objects[i] = items[order.at(i)]
		}
	}
	return a, nil
}
