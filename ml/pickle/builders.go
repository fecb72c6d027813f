package pickle

import (
	"math"
	"slices"
	"strings"

	"dasier/fault"
)

// builder makes a value of a constructor's arguments.
type builder func(k *Maker, args []any) (any, error)

// constructors are what models call, written here by their canonical names: each
// makes a value of its arguments and does nothing else.
func constructors() map[Global]builder {
	return map[Global]builder{
		dtypeClass:           newDType,
		{"numpy", "ndarray"}: emptyArray,
		{"numpy.core.multiarray", "_reconstruct"}:    emptyArray,
		{"numpy.core.multiarray", "scalar"}:          scalar,
		{"numpy.core.numeric", "_frombuffer"}:        fromBuffer,
		{"numpy.core", "_ufunc_reconstruct"}:         namedFunction,
		{"_codecs", "encode"}:                        encode,
		{"builtins", "bytearray"}:                    byteArray,
		{"builtins", "bytes"}:                        noBytes,
		methodName:                                   methodOf,
		{"builtins", "slice"}:                        slice,
		{"builtins", "range"}:                        numberRange,
		{"builtins", "set"}:                          newSet,
		{"builtins", "frozenset"}:                    newSet,
		{"builtins", "list"}:                         newList,
		{"builtins", "dict"}:                         newDict,
		{"collections", "OrderedDict"}:               newDict,
		{"collections", "Counter"}:                   newDict,
		{"collections", "defaultdict"}:               newDict,
		{"collections", "deque"}:                     newList,
		{"types", "MappingProxyType"}:                newDict,
		{"builtins", "object"}:                       opaque,
		{"builtins", "complex"}:                      complexNumber,
		{"pandas.core.indexes.base", "_new_Index"}:   newIndex,
		{"pyarrow.lib", "type_for_alias"}:            arrowType,
		{"pyarrow.lib", "py_buffer"}:                 arrowBuffer,
		{"pyarrow.lib", "_restore_array"}:            arrowArray,
		{"pyarrow.lib", "chunked_array"}:             arrowChunks,
		{"dill._dill", "_create_array"}:              dillArray,
		{"dill._dill", "_load_type"}:                 dillType,
		{"cloudpickle.cloudpickle", "_builtin_type"}: dillType,
		{"copyreg", "__newobj__"}:                    newObject,
		reconstructor:                                reconstruct,
	}
}

func newDType(k *Maker, args []any) (any, error) {
	if len(args) == 0 {
		return nil, fault.Errorf(fault.Invalid, "a data type has no code")
	}
	code, ok := args[0].(string)
	if g, isGlobal := args[0].(Global); isGlobal && g == (Global{"numpy", "record"}) { // its state says of what
		code, ok = "V0", true
	}
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "a data type has %s for a code", describe(args[0]))
	}
	d, err := ParseDType(code)
	if err == nil && unread(d.Kind) {
		d.foreign, err = k.mark(dtypeClass, fault.Errorf(fault.Invalid, "%s: the data type %q is not supported: numbers, truths, texts and objects are", k.where(), clip(code)))
	}
	return d, err
}

func emptyArray(*Maker, []any) (any, error) {
	return &Array{DType: &DType{Kind: 'b', Size: 1}, Shape: []int{0}}, nil
}

func scalar(k *Maker, args []any) (any, error) {
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
	if d.foreign != nil {
		return &Object{Class: Global{"numpy", "generic"}, foreign: d.foreign}, nil
	}
	var raw []byte
	switch v := args[1].(type) {
	case Bytes:
		raw = v
	case string:
		raw = []byte(v)
	}
	if err := k.charge(int64(len(raw))); err != nil {
		return nil, err
	}
	if len(raw) != d.Size || d.Kind == 'V' || d.Size == 0 && d.Kind != 'U' && d.Kind != 'S' {
		return nil, fault.Errorf(fault.Invalid, "a numpy scalar of %d bytes has %d", d.Size, len(raw))
	}
	return d.value(raw)
}

func fromBuffer(_ *Maker, args []any) (any, error) {
	if len(args) != 4 {
		return nil, fault.Errorf(fault.Invalid, "an array is made of %d arguments in place of four", len(args))
	}
	raw, isBytes := args[0].(Bytes)
	d, isType := args[1].(*DType)
	shape, err := shapeOf(args[2])
	if !isBytes || !isType || err != nil {
		return nil, fault.Errorf(fault.Invalid, "an array is made of what is no content, type and shape")
	}
	return NewArray(d, shape, args[3] == "F", raw)
}

// encode is how protocols 0 to 2 spell bytes: a text in latin-1.
func encode(k *Maker, args []any) (any, error) {
	if len(args) == 0 {
		return nil, fault.Errorf(fault.Invalid, "bytes are made of nothing")
	}
	text, ok := args[0].(string)
	if !ok || len(args) > 1 && args[1] != "latin1" && args[1] != "latin-1" {
		return nil, fault.Errorf(fault.Invalid, "bytes are made of what is no text in latin-1")
	}
	if err := k.charge(int64(len(text))); err != nil {
		return nil, err
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

// noBytes is how protocols 0 to 2 spell bytes that are none, which an empty array
// has.
func noBytes(_ *Maker, args []any) (any, error) {
	if len(args) > 0 {
		return nil, fault.Errorf(fault.Invalid, "bytes are made of %s", describe(args[0]))
	}
	return Bytes{}, nil
}

func byteArray(k *Maker, args []any) (any, error) {
	if len(args) == 0 {
		return Bytes{}, nil
	}
	switch v := args[0].(type) {
	case Bytes:
		return v, nil
	case string: // with the encoding latin-1, in protocols 0 to 2
		return encode(k, args)
	}
	return nil, fault.Errorf(fault.Invalid, "a bytearray is made of %s", describe(args[0]))
}

func slice(_ *Maker, args []any) (any, error) {
	return &Object{Class: Global{"builtins", "slice"}, Args: args}, nil
}

// newObject is an instance in words, as some picklers spell it: (class, arguments
// of its own).
func newObject(k *Maker, args []any) (any, error) {
	if len(args) == 0 {
		return nil, fault.Errorf(fault.Invalid, "an object is made of no class")
	}
	return k.Make(args[0], args[1:])
}

// complexNumber keeps the two numbers: nothing reads them.
func complexNumber(_ *Maker, args []any) (any, error) {
	return &Object{Class: Global{"builtins", "complex"}, Args: args}, nil
}

// numberRange is Python's range, whose numbers nobody lists.
func numberRange(_ *Maker, args []any) (any, error) {
	return &Object{Class: Global{"builtins", "range"}, Args: args}, nil
}

// namedFunction is how numpy before 1.20 spells its functions: (module, name).
func namedFunction(k *Maker, args []any) (any, error) {
	if len(args) == 2 {
		module, isText := args[0].(string)
		name, isText2 := args[1].(string)
		if isText && isText2 {
			return k.Global(Global{module, name})
		}
	}
	return nil, fault.Errorf(fault.Invalid, "a function of numpy has no name")
}

// dillType is dill's and cloudpickle's word for a type of Python itself, by its
// name alone.
func dillType(k *Maker, args []any) (any, error) {
	if len(args) == 1 {
		if name, ok := args[0].(string); ok {
			return k.Global(Global{"builtins", name})
		}
	}
	return nil, fault.Errorf(fault.Invalid, "a type has no name")
}

// dillArray is dill's spelling of an array: (constructor, arguments, state,
// attributes).
func dillArray(k *Maker, args []any) (any, error) {
	if len(args) < 3 {
		return nil, fault.Errorf(fault.Invalid, "an array is made of %d arguments", len(args))
	}
	inner, ok := args[1].(*Tuple)
	if g, isGlobal := args[0].(Global); !ok || !isGlobal || g != (Global{"numpy.core.multiarray", "_reconstruct"}) {
		return nil, fault.Errorf(fault.Invalid, "an array is made by %s", describe(args[0]))
	}
	v, err := k.Make(args[0], inner.Items)
	if err != nil {
		return nil, err
	}
	return v, k.Build(v, args[2])
}

func opaque(_ *Maker, args []any) (any, error) {
	return &Object{Class: Global{"builtins", "object"}, Args: args}, nil
}

func newSet(k *Maker, args []any) (any, error) {
	items, err := k.only(args)
	return &Set{Items: items}, err
}

func newList(k *Maker, args []any) (any, error) {
	items, err := k.only(args)
	return &List{Items: items}, err
}

// only is a copy of the elements of the one argument.
func (k *Maker) only(args []any) ([]any, error) {
	if len(args) == 0 {
		return nil, nil
	}
	if err := k.charge(itemBytes * sizeOf(args[0])); err != nil {
		return nil, err
	}
	items, ok := Items(args[0])
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "a set or list is made of %s", describe(args[0]))
	}
	return slices.Clone(items), nil
}

// newDict makes a dict; a defaultdict's first argument is a type that is never
// asked. An OrderedDict of old pickles gets a list of pairs.
func newDict(k *Maker, args []any) (any, error) {
	dict := &Dict{}
	for _, arg := range args {
		if err := k.charge(entryBytes * sizeOf(arg)); err != nil {
			return nil, err
		}
		if from, ok := arg.(*Dict); ok { // of a Counter
			for key, value := range from.All {
				dict.Set(key, value)
			}
			continue
		}
		pairs, ok := Items(arg)
		if !ok {
			continue
		}
		for _, item := range pairs {
			if err := k.charge(itemBytes * sizeOf(item)); err != nil {
				return nil, err
			}
			pair, ok := Items(item)
			if !ok || len(pair) != 2 || !dict.Set(pair[0], pair[1]) {
				return nil, fault.Errorf(fault.Invalid, "a dict is made of what are no pairs")
			}
		}
	}
	return dict, nil
}

// methodName is how the methods of a distribution of scipy are saved that a
// search drew from.
var methodName = Global{"builtins", "getattr"}

// isDrawn tells distributions of scipy.
func isDrawn(g Global) bool { return strings.HasPrefix(g.Module, "scipy.stats.") }

// drawn tells whether the file has named a distribution.
func (k *Maker) drawn() bool {
	return slices.ContainsFunc(k.foreign, func(f *foreign) bool { return isDrawn(f.name) })
}

// methodOf makes a mark of such a method, like the distribution itself is one.
// No attribute is looked up.
func methodOf(k *Maker, args []any) (any, error) {
	if len(args) == 2 {
		if o, ok := args[0].(*Object); ok && o.foreign != nil && isDrawn(o.Class) {
			return k.mark(methodName, refusal(methodName, k.where()))
		}
	}
	k.refused = true
	return nil, refusal(methodName, k.where())
}
