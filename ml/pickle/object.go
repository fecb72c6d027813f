package pickle

import (
	"fmt"
	"strings"

	"dasier/fault"
)

var wrapper = Global{"joblib.numpy_pickle", "NumpyArrayWrapper"}

// isWrapper tells the class that stands for an array in joblib's container,
// which scikit-learn once carried under its own roof.
func isWrapper(g Global) bool {
	return g == wrapper || g == Global{"sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper"}
}

// global pushes what a pickle names, if it may.
func (m *machine) global(g Global) error {
	_, isBuilder := builders[g]
	if _, ok := globals[g]; !ok && !isBuilder {
		return m.wrong(fault.Invalid, "the file names %s, which is not among what models are made of: it is refused, and nothing of it was run", clip(g.String()))
	}
	return m.push(g)
}

// object does the operations that make instances.
func (m *machine) object(code byte) error {
	switch code {
	case 0x93: // STACK_GLOBAL
		name, err := m.pop()
		if err != nil {
			return err
		}
		module, err := m.pop()
		if err != nil {
			return err
		}
		nameText, isText := name.(string)
		moduleText, isText2 := module.(string)
		if !isText || !isText2 {
			return m.wrong(fault.Invalid, "a global's name is no text")
		}
		if strings.ContainsRune(nameText, '.') {
			return m.wrong(fault.Invalid, "the file names %s of %s: names with dots are refused", clip(nameText), clip(moduleText))
		}
		return m.global(Global{moduleText, nameText})
	case 'b':
		return m.build()
	case 0x92: // NEWOBJ_EX
		keywords, err := m.pop()
		if err != nil {
			return err
		}
		if d, ok := keywords.(*Dict); !ok || d.Len() > 0 {
			return m.wrong(fault.Invalid, "an object is made with named arguments, which no model does")
		}
	}
	args, err := m.pop()
	if err != nil {
		return err
	}
	callee, err := m.pop()
	if err != nil {
		return err
	}
	tuple, isTuple := args.(*Tuple)
	g, isGlobal := callee.(Global)
	if !isTuple || !isGlobal {
		return m.wrong(fault.Invalid, "what is no class or function is called, or without arguments")
	}
	v, err := m.make(g, tuple.Items, code == 'R')
	if err != nil {
		return err
	}
	return m.push(v)
}

// make gives the value of a constructor or an instance of a class.
func (m *machine) make(g Global, args []any, called bool) (any, error) {
	if build, ok := builders[g]; ok {
		if g == reconstruct[0] || g == reconstruct[1] {
			return m.reconstruct(args)
		}
		return build(args)
	}
	switch use := globals[g]; {
	case use == class, use == inert && called:
		return &Object{Class: g, Args: args}, nil
	}
	return nil, m.wrong(fault.Invalid, "the file calls %s, which models only name", g)
}

// reconstructors make an instance of a class in protocols 0 and 1.
var reconstruct = [2]Global{{"copyreg", "_reconstructor"}, {"copy_reg", "_reconstructor"}}

func (m *machine) reconstruct(args []any) (any, error) {
	if len(args) != 3 {
		return nil, m.wrong(fault.Invalid, "an object is made of %d arguments in place of three", len(args))
	}
	g, isClass := args[0].(Global)
	if !isClass || globals[g] != class {
		return nil, m.wrong(fault.Invalid, "an object is made of %v, which is no class of a model", g)
	}
	return m.make(g, nil, false)
}

// build gives the object on top its state.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case *DType:
		return m.fail(v.build(state))
	case *Array:
		return m.fail(v.build(state))
	case *Dict: // an OrderedDict or defaultdict with attributes of its own
		return nil
	case *Object:
		if isWrapper(v.Class) {
			return m.inline(state)
		}
		if pair, ok := state.(*Tuple); ok && len(pair.Items) == 2 && pair.Items[1] == nil {
			state = pair.Items[0]
		}
		v.State = state
		return nil
	}
	return m.wrong(fault.Invalid, "a state is given to %T, which takes none", v)
}

func (m *machine) fail(err error) error {
	if err == nil {
		return nil
	}
	return m.located(err)
}

// inline replaces joblib's wrapper on the stack by the array whose bytes follow.
func (m *machine) inline(state any) error {
	if m.nested {
		return m.wrong(fault.Invalid, "an array inside an array's own pickle")
	}
	fields, ok := state.(*Dict)
	if !ok {
		return m.wrong(fault.Invalid, "joblib's wrapper of an array has no state")
	}
	get := func(name string) any { v, _ := fields.Get(name); return v }
	d, isType := get("dtype").(*DType)
	shape, err := shapeOf(get("shape"))
	if !isType || err != nil {
		return m.wrong(fault.Invalid, "joblib's wrapper of an array has no type or shape")
	}
	var array *Array
	if d.Kind == 'O' {
		inner := newMachine(m.data, m.limits)
		inner.pos, inner.nested, inner.made = m.pos, true, m.made
		v, err := inner.run()
		if err != nil {
			return err
		}
		m.pos, m.made = inner.pos, inner.made
		if array, ok = v.(*Array); !ok {
			return m.wrong(fault.Invalid, "an array of objects is no array")
		}
	} else {
		if get("numpy_array_alignment_bytes") != nil {
			padding, err := m.byte()
			if err != nil {
				return err
			}
			if _, err := m.take(uint64(padding)); err != nil {
				return err
			}
		}
		n, err := count(shape, (len(m.data)-m.pos)/max(d.Size, 1))
		if err != nil {
			return m.located(err)
		}
		raw, err := m.take(uint64(n * d.Size)) //nolint:gosec // fits: count bounds it
		if err != nil {
			return err
		}
		if array, err = newArray(d, shape, get("order") == "F", raw); err != nil {
			return m.located(err)
		}
	}
	m.stack[len(m.stack)-1] = array
	return nil
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
		made, err = newArray(d, shape, fortran, data)
	case string: // Python 2's str
		made, err = newArray(d, shape, fortran, []byte(data))
	case *List:
		made, err = objects(d, shape, fortran, data.Items)
	default:
		err = fault.Errorf(fault.Invalid, "an array has %T for content", data)
	}
	if err != nil {
		return err
	}
	*a = *made
	return nil
}

func objects(d *DType, shape []int, fortran bool, items []any) (*Array, error) {
	n, err := count(shape, max(len(items), 1))
	if err != nil {
		return nil, err
	}
	if d.Kind != 'O' || n != len(items) {
		return nil, fault.Errorf(fault.Invalid, "an array of shape %v has %d objects", shape, len(items))
	}
	a := &Array{DType: d, Shape: shape, Objects: items}
	if fortran && len(shape) > 1 { // objects are kept in row-major order
		order := Array{DType: &DType{Kind: 'V', Size: 1}, Shape: shape, Fortran: true}
		a.Objects = make([]any, n)
		for i := range a.Objects {
			a.Objects[i] = items[order.at(i)]
		}
	}
	return a, nil
}

// describe names a value for a message.
func describe(v any) string { return fmt.Sprintf("%T", v) }
