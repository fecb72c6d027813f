package pickle

import "slices"

// Global is a class or function that a pickle names.
type Global struct{ Module, Name string }

// String is the dotted name.
func (g Global) String() string { return g.Module + "." + g.Name }

// Bytes is a bytes or bytearray.
type Bytes []byte

// List is a Python list.
type List struct{ Items []any }

// Tuple is a Python tuple.
type Tuple struct {
	Items []any
	depth int // of tuples within tuples, when the machine made it
}

// Set is a set or frozenset.
type Set struct{ Items []any }

// Object is an instance of a listed class: never more than what the stream said
// of it.
type Object struct {
	Class Global // by its canonical address
	Args  []any  // of the constructor
	State any    // what BUILD gave; a *Dict for most classes
	Items *Dict  // of subclasses of dict; nil
	List  []any  // of subclasses of list

	foreign *foreign // not on the list: Finish takes it out or refuses it
}

// Attribute is a value of the object's state.
func (o *Object) Attribute(name string) (any, bool) {
	state, ok := o.State.(*Dict)
	if !ok {
		return nil, false
	}
	return state.Get(name)
}

// Dict is a Python dict in the order of insertion.
type Dict struct {
	keys, values []any
	index        map[any]int // of keys that Go can compare; nil while there are few
}

// few entries are looked for one by one.
const few = 8

// Len is the number of entries.
func (d *Dict) Len() int { return len(d.keys) }

// Get finds a value by a text key.
func (d *Dict) Get(key string) (any, bool) {
	if i, ok := d.find(key); ok {
		return d.values[i], true
	}
	return nil, false
}

func (d *Dict) find(key any) (int, bool) {
	if d.index != nil {
		i, ok := d.index[key]
		return i, ok
	}
	for i, k := range d.keys {
		if raw, ok := k.(Bytes); ok {
			k = string(raw)
		}
		if k == key {
			return i, true
		}
	}
	return 0, false
}

// All yields the entries in their order.
func (d *Dict) All(yield func(key, value any) bool) {
	for i := range d.keys {
		if !yield(d.keys[i], d.values[i]) {
			return
		}
	}
}

// Set adds an entry or replaces it, and tells whether the key can be one.
func (d *Dict) Set(key, value any) bool {
	given := key
	switch k := key.(type) {
	case nil, bool, int64, float64, string, Global, *Tuple, *Object, *Set, *foreign:
	case Bytes:
		key = string(k) // text and bytes keys of one spelling are not met together
	default:
		return false
	}
	if i, ok := d.find(key); ok {
		d.values[i] = value
		return true
	}
	if d.index == nil && len(d.keys) >= few {
		d.index = make(map[any]int, 4*few)
		for i, k := range d.keys {
			if raw, ok := k.(Bytes); ok {
				k = string(raw)
			}
			d.index[k] = i
		}
	}
	if d.index != nil {
		d.index[key] = len(d.keys)
	}
	d.keys, d.values = append(d.keys, given), append(d.values, value)
	return true
}

// Items gives the elements of a list, tuple, set or array, and of what wraps one.
func Items(v any) ([]any, bool) {
	switch v := v.(type) {
	case *List:
		return v.Items, true
	case *Tuple:
		return v.Items, true
	case *Set:
		return v.Items, true
	case *Array:
		values, err := v.Values()
		return values, err == nil
	case *Object:
		if v.List != nil {
			return v.List, true
		}
		if data, ok := v.Attribute("data"); ok { // collections.UserList
			if list, ok := data.(*List); ok {
				return list.Items, true
			}
		}
		if len(v.Args) == 1 {
			if list, ok := v.Args[0].(*List); ok {
				return slices.Clone(list.Items), true
			}
		}
	}
	return nil, false
}
