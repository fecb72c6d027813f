package pickle

import "dasier/fault"

// object does the operations that make instances.
func (m *machine) object(code byte) error {
	switch code {
	case 0x93: // STACK_GLOBAL
		return m.stackGlobal()
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
	if !isTuple {
		return m.wrong(fault.Invalid, "a class or function is called without arguments")
	}
	v, err := m.maker.Make(callee, tuple.Items)
	if err != nil {
		return err
	}
	return m.push(v)
}

func (m *machine) stackGlobal() error {
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
	return m.global(Global{moduleText, nameText})
}

// global pushes what a pickle names, if it may.
func (m *machine) global(g Global) error {
	v, err := m.maker.Global(g)
	if err != nil {
		return err
	}
	return m.push(v)
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
	if o, ok := v.(*Object); ok && o.Class == wrapperClass && o.foreign == nil {
		return m.inline(state)
	}
	return m.maker.Build(v, state)
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
		array, err = m.nestedArray()
	} else {
		array, err = m.rawArray(d, shape, get("order") == "F", get("numpy_array_alignment_bytes") != nil)
	}
	if err != nil {
		return err
	}
	m.stack[len(m.stack)-1] = array
	return nil
}

// nestedArray reads the pickle that an array of objects is.
func (m *machine) nestedArray() (*Array, error) {
	inner := &machine{data: m.data, limits: m.limits, maker: m.maker, pos: m.pos, made: m.made, nested: true}
	from := m.maker.where
	m.maker.where = inner.here
	v, err := inner.run()
	m.maker.where = from
	if err != nil {
		return nil, err
	}
	m.pos, m.made = inner.pos, inner.made
	array, ok := v.(*Array)
	if !ok {
		return nil, m.wrong(fault.Invalid, "an array of objects is no array")
	}
	return array, nil
}

// rawArray takes the bytes of an array, which newer versions align.
func (m *machine) rawArray(d *DType, shape []int, fortran, aligned bool) (*Array, error) {
	if aligned {
		padding, err := m.byte()
		if err != nil {
			return nil, err
		}
		if _, err := m.take(uint64(padding)); err != nil {
			return nil, err
		}
	}
	n, err := count(shape, (len(m.data)-m.pos)/max(d.Size, 1))
	if err != nil {
		return nil, err
	}
	raw, err := m.take(uint64(n * d.Size)) //nolint:gosec // fits: count bounds it
	if err != nil {
		return nil, err
	}
	return NewArray(d, shape, fortran, raw)
}
