package pickle

import "dasier/fault"

// collect does the operations that make and fill tuples, lists, dicts and sets.
func (m *machine) collect(code byte) error {
	switch code {
	case ')':
		return m.push(&Tuple{})
	case 0x85, 0x86, 0x87:
		return m.tuple(int(code) - 0x84)
	case ']':
		return m.push(&List{})
	case '}':
		return m.push(&Dict{})
	case 0x8f:
		return m.push(&Set{})
	case 'a':
		v, err := m.pop()
		if err != nil {
			return err
		}
		return m.extend([]any{v})
	case 's':
		value, err := m.pop()
		if err != nil {
			return err
		}
		key, err := m.pop()
		if err != nil {
			return err
		}
		return m.update([]any{key, value})
	}
	items, err := m.sinceMark()
	if err != nil {
		return err
	}
	switch code {
	case 't':
		return m.pushTuple(items)
	case 'l':
		return m.push(&List{Items: items})
	case 'e', 0x90:
		return m.extend(items)
	case 0x91:
		return m.push(&Set{Items: items})
	case 'd':
		if err := m.push(&Dict{}); err != nil {
			return err
		}
	}
	return m.update(items)
}

// extend adds to the list or set on top.
func (m *machine) extend(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case *List:
		v.Items = append(v.Items, items...)
	case *Set:
		v.Items = append(v.Items, items...)
	case *Object:
		v.List = append(v.List, items...)
	default:
		return m.wrong(fault.Invalid, "elements are added to %s", describe(v))
	}
	return nil
}

// update adds pairs of key and value to the dict on top.
func (m *machine) update(pairs []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	if len(pairs)%2 != 0 {
		return m.wrong(fault.Invalid, "a key has no value")
	}
	dict, ok := v.(*Dict)
	if object, isObject := v.(*Object); isObject {
		if object.Items == nil {
			object.Items = &Dict{}
		}
		dict, ok = object.Items, true
	}
	if !ok {
		return m.wrong(fault.Invalid, "entries are added to %s", describe(v))
	}
	for i := 0; i < len(pairs); i += 2 {
		if !dict.Set(pairs[i], pairs[i+1]) { //nolint:gosec // callers give pairs
			return m.wrong(fault.Invalid, "%s can be no key of a dict", describe(pairs[i]))
		}
	}
	return nil
}
