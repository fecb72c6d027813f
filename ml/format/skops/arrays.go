package skops

import (
	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/pickle"
)

// array reads an array or a scalar of numpy: a member, or nodes when it holds
// objects.
func (r *reader) array(v *fastjson.Value) (any, error) {
	switch kind := text(v, "type"); kind {
	case "numpy":
		a, err := r.member(text(v, "file"))
		if err != nil {
			return nil, err
		}
		name := text(v, "__class__")
		if len(a.Shape) == 0 && name != "ndarray" && name != "memmap" && name != "matrix" { // a scalar, which np.save makes an array of
			values, err := a.Values()
			if err != nil {
				return nil, err
			}
			return values[0], nil
		}
		return a, nil
	case "json":
		return r.objects(v)
	default:
		return nil, fault.Errorf(fault.Invalid, "an array is of the kind %.60q, which is not known", kind)
	}
}

func (r *reader) member(name string) (*pickle.Array, error) {
	raw, err := r.archive.read(name)
	if err != nil {
		return nil, err
	}
	return readArray(r.maker, raw)
}

// objects reads an array of objects: lists in lists as deep as it has sides.
func (r *reader) objects(v *fastjson.Value) (any, error) {
	var sides []any
	if shape := v.Get("shape"); shape != nil {
		made, err := r.child(shape, "shape")
		if err != nil {
			return nil, err
		}
		sides, _ = pickle.Items(made)
	}
	items, err := r.items(v.Get("content"))
	if err != nil {
		return nil, err
	}
	shape := []int{len(items)}
	if len(sides) > 0 {
		shape = make([]int, len(sides))
		for i, side := range sides {
			n, ok := side.(int64)
			if !ok || n < 0 || n > 1<<40 {
				return nil, fault.Errorf(fault.Invalid, "an array has a side that is no number")
			}
			shape[i] = int(n)
		}
	}
	for range len(shape) - 1 {
		var flat []any
		for _, item := range items {
			inner, ok := item.(*pickle.List)
			if !ok {
				return nil, fault.Errorf(fault.Invalid, "an array of %d dimensions is not of lists in lists", len(shape))
			}
			if r.elements -= len(inner.Items); r.elements < 0 { // lists may be shared
				return nil, fault.Errorf(fault.Limited, "the file's arrays share lists more often than any model's do")
			}
			flat = append(flat, inner.Items...)
		}
		items = flat
	}
	return pickle.NewObjects(&pickle.DType{Kind: 'O', Size: 8}, shape, false, items)
}

// dtype reads a data type, which skops saves as an empty array of it.
func (r *reader) dtype(content *fastjson.Value) (any, error) {
	made, err := r.child(content, "dtype")
	if err != nil {
		return nil, err
	}
	a, ok := made.(*pickle.Array)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "a data type is saved as what is no array")
	}
	return a.DType, nil
}

// sparse reads a sparse matrix.
func (r *reader) sparse(v *fastjson.Value) (any, error) {
	o, err := r.make(class(v))
	if err != nil {
		return nil, err
	}
	name := text(v, "file")
	state, known := r.sparses[name]
	if !known {
		if state, err = r.sparseState(name); err != nil {
			return nil, err
		}
		r.sparses[name] = state
	}
	return o, r.maker.Build(o, state)
}

// sparseState reads a sparse matrix's member: an archive of its own, of one
// member per array.
func (r *reader) sparseState(name string) (*pickle.Dict, error) {
	raw, err := r.archive.read(name)
	if err != nil {
		return nil, err
	}
	inner, err := open(raw, r.left, r.memory)
	if err != nil {
		return nil, err
	}
	r.left -= inner.total
	read := func(member string) (*pickle.Array, error) {
		content, err := inner.read(member + ".npy")
		if err != nil {
			return nil, err
		}
		return readArray(r.maker, content)
	}
	state := &pickle.Dict{}
	for _, member := range []string{"data", "indices", "indptr", "row", "col", "offsets"} {
		if !inner.has(member + ".npy") {
			continue
		}
		a, err := read(member)
		if err != nil {
			return nil, err
		}
		state.Set(member, a)
	}
	shape, err := read("shape")
	if err != nil {
		return nil, err
	}
	if shape.Len() != 2 {
		return nil, fault.Errorf(fault.Invalid, "a sparse matrix has %d sides", shape.Len())
	}
	sides, err := shape.Values()
	if err != nil {
		return nil, err
	}
	state.Set("_shape", &pickle.Tuple{Items: sides})
	return state, nil
}
