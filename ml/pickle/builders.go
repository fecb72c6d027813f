package pickle

import (
	"math"

	"dasier/fault"
)

// builders are the constructors that models call, written here: each makes a
// value of its arguments and does nothing else.
var builders = map[Global]func(args []any) (any, error){
	{"numpy", "dtype"}:                         newDType,
	{"numpy", "ndarray"}:                       emptyArray,
	{"numpy.core.multiarray", "_reconstruct"}:  emptyArray,
	{"numpy._core.multiarray", "_reconstruct"}: emptyArray,
	{"numpy.core.multiarray", "scalar"}:        scalar,
	{"numpy._core.multiarray", "scalar"}:       scalar,
	{"numpy.core.numeric", "_frombuffer"}:      fromBuffer,
	{"numpy._core.numeric", "_frombuffer"}:     fromBuffer,
	{"_codecs", "encode"}:                      encode,
	{"builtins", "bytearray"}:                  byteArray,
	{"__builtin__", "bytearray"}:               byteArray,
	{"builtins", "slice"}:                      slice,
	{"__builtin__", "slice"}:                   slice,
	{"builtins", "set"}:                        newSet,
	{"__builtin__", "set"}:                     newSet,
	{"builtins", "frozenset"}:                  newSet,
	{"__builtin__", "frozenset"}:               newSet,
	{"builtins", "list"}:                       newList,
	{"__builtin__", "list"}:                    newList,
	{"builtins", "dict"}:                       newDict,
	{"__builtin__", "dict"}:                    newDict,
	{"collections", "OrderedDict"}:             newDict,
	{"collections", "defaultdict"}:             newDict,
	{"builtins", "object"}:                     opaque,
	{"__builtin__", "object"}:                  opaque,
	{"builtins", "complex"}:                    opaque,
	{"pandas.core.indexes.base", "_new_Index"}: newIndex,
	{"copyreg", "_reconstructor"}:              opaque, // see machine.reconstruct
	{"copy_reg", "_reconstructor"}:             opaque,
}

func newDType(args []any) (any, error) {
	if len(args) == 0 {
		return nil, fault.Errorf(fault.Invalid, "a data type has no code")
	}
	code, ok := args[0].(string)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "a data type has %s for a code", describe(args[0]))
	}
	return parseDType(code)
}

func emptyArray([]any) (any, error) {
	return &Array{DType: &DType{Kind: 'b', Size: 1}, Shape: []int{0}}, nil
}

func scalar(args []any) (any, error) {
	if len(args) != 2 {
		return nil, fault.Errorf(fault.Invalid, "a numpy scalar is made of %d arguments", len(args))
	}
	d, ok := args[0].(*DType)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "a numpy scalar has no type")
	}
	if d.Kind == 'O' {
		return args[1], nil
	}
	var raw []byte
	switch v := args[1].(type) {
	case Bytes:
		raw = v
	case string:
		raw = []byte(v)
	}
	if len(raw) != d.Size || d.Kind == 'V' || d.Size == 0 && d.Kind != 'U' && d.Kind != 'S' {
		return nil, fault.Errorf(fault.Invalid, "a numpy scalar of %d bytes has %d", d.Size, len(raw))
	}
	return d.value(raw)
}

func fromBuffer(args []any) (any, error) {
	if len(args) != 4 {
		return nil, fault.Errorf(fault.Invalid, "an array is made of %d arguments in place of four", len(args))
	}
	raw, isBytes := args[0].(Bytes)
	d, isType := args[1].(*DType)
	shape, err := shapeOf(args[2])
	if !isBytes || !isType || err != nil {
		return nil, fault.Errorf(fault.Invalid, "an array is made of what is no content, type and shape")
	}
	return newArray(d, shape, args[3] == "F", raw)
}

// encode is how protocols 0 to 2 spell bytes: a text in latin-1.
func encode(args []any) (any, error) {
	if len(args) == 0 {
		return nil, fault.Errorf(fault.Invalid, "bytes are made of nothing")
	}
	text, ok := args[0].(string)
	if !ok || len(args) > 1 && args[1] != "latin1" && args[1] != "latin-1" {
		return nil, fault.Errorf(fault.Invalid, "bytes are made of what is no text in latin-1")
	}
	raw := make(Bytes, 0, len(text))
	for _, r := range text {
		if r > math.MaxUint8 {
			return nil, fault.Errorf(fault.Invalid, "bytes are made of a text with the letter %q", r)
		}
		raw = append(raw, byte(r)) //nolint:gosec // bounded above
	}
	return raw, nil
}

func byteArray(args []any) (any, error) {
	if len(args) == 0 {
		return Bytes{}, nil
	}
	switch v := args[0].(type) {
	case Bytes:
		return v, nil
	case string: // with the encoding latin-1, in protocols 0 to 2
		return encode(args)
	}
	return nil, fault.Errorf(fault.Invalid, "a bytearray is made of %s", describe(args[0]))
}

func slice(args []any) (any, error) {
	return &Object{Class: Global{"builtins", "slice"}, Args: args}, nil
}

func opaque(args []any) (any, error) {
	return &Object{Class: Global{"builtins", "object"}, Args: args}, nil
}

func newSet(args []any) (any, error) {
	items, err := only(args)
	return &Set{Items: items}, err
}

func newList(args []any) (any, error) {
	items, err := only(args)
	return &List{Items: items}, err
}

func only(args []any) ([]any, error) {
	if len(args) == 0 {
		return nil, nil
	}
	items, ok := Items(args[0])
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "a set or list is made of %s", describe(args[0]))
	}
	return items, nil
}

// newDict makes a dict; a defaultdict's first argument is a type that is never
// asked. An OrderedDict of old pickles gets a list of pairs.
func newDict(args []any) (any, error) {
	dict := &Dict{}
	for _, arg := range args {
		pairs, ok := Items(arg)
		if !ok {
			continue
		}
		for _, item := range pairs {
			pair, ok := Items(item)
			if !ok || len(pair) != 2 || !dict.set(pair[0], pair[1]) {
				return nil, fault.Errorf(fault.Invalid, "a dict is made of what are no pairs")
			}
		}
	}
	return dict, nil
}

// newIndex is pandas' list of column names: (class, {"data": array}).
func newIndex(args []any) (any, error) {
	if len(args) == 2 {
		if fields, ok := args[1].(*Dict); ok {
			if data, ok := fields.Get("data"); ok {
				return data, nil
			}
		}
	}
	return nil, fault.Errorf(fault.Invalid, "a pandas Index has no data")
}
