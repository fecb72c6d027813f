package skops

import (
	"math"
	"math/big"
	"strconv"

	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/pickle"
)

// list reads lists, sets and tuples, and classes that are made of one.
func (r *reader) list(v *fastjson.Value, loader string) (any, error) {
	items, err := r.items(v.Get("content"))
	if err != nil {
		return nil, err
	}
	g := class(v)
	switch {
	case loader == "SetNode":
		return &pickle.Set{Items: items}, nil
	case loader == "ListNode" && (g.Module == "builtins" || g.Name == ""):
		return &pickle.List{Items: items}, nil
	case loader == "TupleNode" && (g.Module == "builtins" || g.Name == ""):
		return &pickle.Tuple{Items: items}, nil
	case loader == "TupleNode": // a named tuple
		return r.make(g, items...)
	}
	made, err := r.make(g)
	if o, ok := made.(*pickle.Object); ok {
		o.List = items
	}
	return made, err
}

func (r *reader) items(content *fastjson.Value) ([]any, error) {
	nodes, err := array(content)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(nodes))
	for i, n := range nodes {
		if items[i], err = r.child(n, strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func array(v *fastjson.Value) ([]*fastjson.Value, error) {
	if v == nil || v.Type() != fastjson.TypeArray {
		return nil, fault.Errorf(fault.Invalid, "what should be a list of nodes is %s", describe(v))
	}
	return v.Array()
}

// dict reads dicts, and classes that are one.
func (r *reader) dict(v *fastjson.Value) (any, error) {
	content := v.Get("content")
	if content == nil || content.Type() != fastjson.TypeObject {
		return nil, fault.Errorf(fault.Invalid, "a dict has %s for content", describe(content))
	}
	entries, err := content.Object()
	if err != nil {
		return nil, err
	}
	types, err := r.keyTypes(v.Get("key_types"), entries.Len())
	if err != nil {
		return nil, err
	}
	dict, at := &pickle.Dict{}, 0
	entries.Visit(func(name []byte, value *fastjson.Value) {
		if err != nil {
			return
		}
		var key, made any
		if made, err = r.child(value, string(name)); err != nil {
			return
		}
		if key, err = keyOf(string(name), types[at]); err == nil && !dict.Set(key, made) {
			err = fault.Errorf(fault.Invalid, "a dict has a key that can be none")
		}
		at++
	})
	if err != nil {
		return nil, err
	}
	g := class(v)
	if g.Module == "builtins" || g.Module == "collections" || g.Name == "" {
		return dict, nil
	}
	made, err := r.make(g)
	if o, ok := made.(*pickle.Object); ok {
		o.Items = dict
	}
	return made, err
}

// keyTypes are the classes of a dict's keys, which JSON makes texts of.
func (r *reader) keyTypes(v *fastjson.Value, n int) ([]string, error) {
	types := make([]string, n)
	if v == nil { // of the first versions: texts
		return types, nil
	}
	made, err := r.child(v, "key_types")
	if err != nil {
		return nil, err
	}
	items, ok := pickle.Items(made)
	if !ok || len(items) != n {
		return nil, fault.Errorf(fault.Invalid, "a dict has %d keys and types of %d", n, len(items))
	}
	for i, item := range items {
		if g, ok := item.(pickle.Global); ok {
			types[i] = g.Name
		}
	}
	return types, nil
}

func keyOf(name, kind string) (any, error) {
	switch kind {
	case "", "str", "str_":
		return name, nil
	case "NoneType":
		return nil, nil
	case "bool", "bool_":
		return name == "true" || name == "True", nil
	case "int", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "intc", "longlong":
		n, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "the key %.60q of a dict is no int", name)
		}
		return n, nil
	case "float", "float64", "float32":
		x, err := number(name)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "the key %.60q of a dict is no float", name)
		}
		return x, nil
	}
	return nil, fault.Errorf(fault.Invalid, "a dict has keys of the class %.60q", kind)
}

// scalar reads the text of a JSON value as Python writes it: not-a-numbers and
// infinities have words of their own.
func scalar(raw string) (any, error) {
	switch raw {
	case "null":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if raw == "" {
		return nil, fault.Errorf(fault.Invalid, "a value is missing")
	}
	switch raw[0] {
	case '"', '[', '{':
		return structured(raw)
	}
	if n, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return n, nil
	}
	if len(raw) <= 4096 {
		if wide, ok := new(big.Int).SetString(raw, 10); ok {
			return wide, nil
		}
	}
	x, err := number(raw)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%.60q is no value", raw)
	}
	return x, nil
}

func number(raw string) (float64, error) {
	switch raw {
	case "NaN", "nan":
		return math.NaN(), nil
	case "Infinity", "inf":
		return math.Inf(1), nil
	case "-Infinity", "-inf":
		return math.Inf(-1), nil
	}
	return strconv.ParseFloat(raw, 64)
}

// structured reads texts, and what the first versions kept as JSON within JSON.
func structured(raw string) (any, error) {
	v, err := fastjson.Parse(raw)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%.60q is no value: %w", raw, err)
	}
	return plain(v)
}

func plain(v *fastjson.Value) (any, error) {
	switch v.Type() {
	case fastjson.TypeString:
		b, err := v.StringBytes()
		return string(b), err
	case fastjson.TypeNumber, fastjson.TypeTrue, fastjson.TypeFalse, fastjson.TypeNull:
		return scalar(v.String())
	case fastjson.TypeArray:
		nodes, err := v.Array()
		if err != nil {
			return nil, err
		}
		list := &pickle.List{Items: make([]any, len(nodes))}
		for i, n := range nodes {
			if list.Items[i], err = plain(n); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	entries, err := v.Object()
	if err != nil {
		return nil, err
	}
	dict := &pickle.Dict{}
	entries.Visit(func(key []byte, value *fastjson.Value) {
		if err != nil {
			return
		}
		var made any
		if made, err = plain(value); err == nil {
			dict.Set(string(key), made)
		}
	})
	return dict, err
}
