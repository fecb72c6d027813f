package pickle

import (
	"fmt"
	"strconv"
	"strings"

	"dasier/fault"
)

// At goes down from a value by a path such as "model.pipeline.0": keys of dicts,
// attributes of objects, places in lists, names of a pipeline's steps. Keys may
// have dots of their own. What is not there is refused with what is.
func At(root any, path string) (any, error) {
	v, done := root, ""
	for rest := path; rest != ""; {
		next, taken, ok := step(v, rest)
		if !ok {
			return nil, fault.Errorf(fault.Missing, "no %q%s: there %s", firstPart(rest), after(done), Inside(v))
		}
		done = strings.TrimPrefix(done+"."+rest[:taken], ".")
		rest = strings.TrimPrefix(rest[taken:], ".")
		if o, isOpaque := next.(*Opaque); isOpaque {
			return nil, fmt.Errorf("%s: %w", done, o.Reason)
		}
		v = next
	}
	return v, nil
}

func firstPart(path string) string {
	first, _, _ := strings.Cut(path, ".")
	return clip(first)
}

func after(done string) string {
	if done == "" {
		return " in the file"
	}
	return " in " + clip(done)
}

// step takes as much of the path as a key has, the longest key first.
func step(v any, path string) (next any, taken int, ok bool) {
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
		if next, ok := child(v, path[:end]); ok {
			return next, end, true
		}
	}
	return nil, 0, false
}

func child(v any, name string) (any, bool) {
	switch v := v.(type) {
	case *Dict:
		return v.entry(name)
	case *Object:
		if next, ok := v.Attribute(name); ok {
			return next, true
		}
		if v.Items != nil {
			if next, ok := v.Items.entry(name); ok {
				return next, true
			}
		}
		if steps, ok := v.Attribute("steps"); ok { // of a pipeline: (name, part)
			if next, ok := stepNamed(steps, name); ok {
				return next, true
			}
		}
	}
	items, isList := elements(v)
	at, err := strconv.Atoi(name)
	if !isList || err != nil || at < -len(items) || at >= len(items) {
		return nil, false
	}
	if at < 0 {
		at += len(items)
	}
	return items[at], true
}

// entry is a dict's value by a key as people write it.
func (d *Dict) entry(name string) (any, bool) {
	if v, ok := d.Get(name); ok {
		return v, true
	}
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		if i, ok := d.find(n); ok {
			return d.values[i], true
		}
	}
	return nil, false
}

func stepNamed(steps any, name string) (any, bool) {
	list, ok := steps.(*List)
	if !ok {
		return nil, false
	}
	for _, item := range list.Items {
		if pair, ok := item.(*Tuple); ok && len(pair.Items) == 2 && pair.Items[0] == name {
			return pair.Items[1], true
		}
	}
	return nil, false
}

// elements are those of lists, tuples and arrays of objects.
func elements(v any) ([]any, bool) {
	switch v := v.(type) {
	case *List:
		return v.Items, true
	case *Tuple:
		return v.Items, true
	case *Array:
		return v.Objects, v.DType.Kind == 'O'
	case *Object:
		return v.List, v.List != nil
	}
	return nil, false
}

// manyNames is how many names a message lists.
const manyNames = 20

// Inside says what a value holds, for a message: `is a dict with "model",
// "scaler"`.
func Inside(v any) string {
	var names []string
	switch v := v.(type) {
	case *Dict:
		return "is a dict" + with(v.names())
	case *Object:
		if fields, ok := v.State.(*Dict); ok {
			names = fields.names()
		}
		if v.Items != nil {
			names = append(names, v.Items.names()...)
		}
		return "is " + describe(v) + with(names)
	}
	if items, ok := elements(v); ok {
		for i, item := range items[:min(len(items), manyNames)] {
			names = append(names, fmt.Sprintf("%d (%s)", i, describe(item)))
		}
		return "is " + describe(v) + with(names)
	}
	return "is " + describe(v)
}

// names are the keys of a dict, with what they hold.
func (d *Dict) names() []string {
	var names []string
	for key, value := range d.All {
		if len(names) > manyNames {
			break
		}
		switch key := key.(type) {
		case string:
			names = append(names, fmt.Sprintf("%q (%s)", clip(key), describe(value)))
		case int64:
			names = append(names, fmt.Sprintf("%d (%s)", key, describe(value)))
		}
	}
	return names
}

func with(names []string) string {
	switch {
	case len(names) == 0:
		return " with nothing that has a name"
	case len(names) > manyNames:
		return " with " + strings.Join(names[:manyNames], ", ") + " and more"
	}
	return " with " + strings.Join(names, ", ")
}
