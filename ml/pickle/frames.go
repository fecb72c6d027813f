package pickle

import (
	"encoding/binary"
	"unicode/utf8"

	"dasier/fault"
)

// manyRows is where a range stops to be a list of columns.
const manyRows = 1000

// newIndex is pandas' list of labels: (class, {"data": values, ...}), or of a
// range {"start", "stop", "step"}. What it gives is the labels themselves where
// they can be had, and an Object of the class where not (several levels, dates).
func newIndex(k *Maker, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fault.Errorf(fault.Invalid, "a pandas Index is made of %d arguments in place of two", len(args))
	}
	fields, ok := args[1].(*Dict)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "a pandas Index has no data")
	}
	if data, ok := fields.Get("data"); ok {
		if array, ok := backing(data); ok {
			return array, nil
		}
	}
	if list, ok := listRange(fields); ok {
		return list, k.charge(itemBytes * sizeOf(list))
	}
	o := &Object{Class: Global{"pandas.core.indexes.base", "Index"}, State: fields}
	switch class := args[0].(type) {
	case Global:
		o.Class = class
	case *foreign:
		o.Class, o.foreign = class.name, class
	}
	return o, nil
}

func listRange(fields *Dict) (*List, bool) {
	at := func(name string) int64 { v, _ := fields.Get(name); n, _ := v.(int64); return n }
	start, stop, step := at("start"), at("stop"), at("step")
	if step == 0 || start < -1<<40 || start > 1<<40 || stop < -1<<40 || stop > 1<<40 || step < -1<<40 || step > 1<<40 {
		return nil, false
	}
	if n := (stop - start) / step; n > manyRows {
		return nil, false
	}
	list := &List{}
	for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
		list.Items = append(list.Items, i)
	}
	return list, true
}

// backing finds the array that an array of pandas wraps.
func backing(v any) (*Array, bool) {
	o, ok := v.(*Object)
	if !ok {
		array, ok := v.(*Array)
		return array, ok
	}
	for _, name := range []string{"_pa_array", "_ndarray", "_data"} {
		if inner, ok := o.Attribute(name); ok {
			array, ok := inner.(*Array)
			return array, ok
		}
	}
	if state, ok := o.State.(*Tuple); ok && len(o.Args) > 0 { // __pyx_unpickle_NDArrayBacked
		for _, item := range state.Items {
			if array, ok := item.(*Array); ok {
				return array, true
			}
		}
	}
	return nil, false
}

// arrowKinds are the types of Arrow that hold texts, and the bytes of an offset
// into them.
var arrowKinds = map[string]int{"string": 4, "utf8": 4, "large_string": 8, "large_utf8": 8}

// arrowType is a type of Arrow by its name: (name).
func arrowType(_ *Maker, args []any) (any, error) {
	return &Object{Class: Global{"pyarrow.lib", "DataType"}, Args: args}, nil
}

// arrowBuffer is bytes: (bytes).
func arrowBuffer(_ *Maker, args []any) (any, error) {
	if len(args) == 1 {
		if raw, ok := args[0].(Bytes); ok {
			return raw, nil
		}
	}
	return nil, fault.Errorf(fault.Invalid, "a buffer of Arrow is made of what are no bytes")
}

// arrowArray reads an array of texts (Apache Arrow, "Arrow Columnar Format",
// variable-size binary layout): ((type, length, nulls, offset, [validity,
// offsets, data], children, dictionary)). Arrays of other types are Objects that
// nobody reads.
func arrowArray(k *Maker, args []any) (any, error) {
	unread := &Object{Class: Global{"pyarrow.lib", "Array"}, Args: args}
	if len(args) != 1 {
		return unread, nil
	}
	if err := k.charge(itemBytes * sizeOf(args[0])); err != nil {
		return nil, err
	}
	parts, ok := Items(args[0])
	if !ok || len(parts) < 5 {
		return unread, nil
	}
	kind, isType := parts[0].(*Object)
	length, isInt := parts[1].(int64)
	offset, isInt2 := parts[3].(int64)
	if err := k.charge(itemBytes * sizeOf(parts[4])); err != nil {
		return nil, err
	}
	buffers, isList := Items(parts[4])
	if !isType || len(kind.Args) != 1 || !isInt || !isInt2 || !isList || len(buffers) != 3 {
		return unread, nil
	}
	name, _ := kind.Args[0].(string)
	width := arrowKinds[name]
	if width == 0 {
		return unread, nil
	}
	validity, _ := buffers[0].(Bytes)
	offsets, _ := buffers[1].(Bytes)
	data, _ := buffers[2].(Bytes)
	const most = 1 << 40
	if length < 0 || offset < 0 || length > most || offset > most || length > 0 && (offset+length+1)*int64(width) > int64(len(offsets)) {
		return nil, fault.Errorf(fault.Invalid, "an array of Arrow has %d texts and %d bytes of offsets", length, len(offsets))
	}
	if err := k.charge(itemBytes*length + int64(len(data))); err != nil {
		return nil, err
	}
	items := make([]any, length)
	for i := range items {
		n := int(offset) + i
		if validity != nil && (n/8 >= len(validity) || validity[n/8]>>(n%8)&1 == 0) {
			continue
		}
		from, to := arrowOffset(offsets[n*width:], width), arrowOffset(offsets[(n+1)*width:], width)
		if from > to || to > uint64(len(data)) || !utf8.Valid(data[from:to]) {
			return nil, fault.Errorf(fault.Invalid, "an array of Arrow has texts outside its bytes, or not in UTF-8")
		}
		items[i] = string(data[from:to])
	}
	return NewObjects(&DType{Kind: 'O', Size: 8}, []int{len(items)}, false, items)
}

func arrowOffset(raw []byte, width int) uint64 {
	if width == 4 {
		return uint64(binary.LittleEndian.Uint32(raw))
	}
	return binary.LittleEndian.Uint64(raw)
}

// arrowChunks joins arrays of texts: ([arrays], type).
func arrowChunks(k *Maker, args []any) (any, error) {
	unread := &Object{Class: Global{"pyarrow.lib", "ChunkedArray"}, Args: args}
	if len(args) == 0 {
		return unread, nil
	}
	if err := k.charge(itemBytes * sizeOf(args[0])); err != nil {
		return nil, err
	}
	chunks, _ := Items(args[0])
	var items []any
	for _, chunk := range chunks {
		array, ok := chunk.(*Array)
		if !ok {
			return unread, nil
		}
		if err := k.charge(2 * itemBytes * sizeOf(array)); err != nil {
			return nil, err
		}
		items = append(items, array.Objects...)
	}
	return NewObjects(&DType{Kind: 'O', Size: 8}, []int{len(items)}, false, items)
}
