package tensor

import (
	"math"
	"slices"

	"dasier/fault"
)

// encodeOperators map values to others: ai.onnx.ml's encoders.
var encodeOperators = map[string]operator{
	"OneHotEncoder":  {1, 1, 1, makeOneHotEncoder},
	"LabelEncoder":   {1, 1, 1, makeLabelEncoder},
	"CategoryMapper": {1, 1, 1, makeCategoryMapper},
}

// makeOneHotEncoder adds an axis with 1 at the place of the value among the
// categories. Numbers are cut to integers first.
func makeOneHotEncoder(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32, String)
	n.gives = []Type{Float}
	texts, ints, zeros := n.texts("cats_strings"), n.ints("cats_int64s"), n.int("zeros", 1) != 0
	many := len(texts)
	if n.is(0) != String {
		many = len(ints)
	}
	if many == 0 {
		return nil, fault.Errorf(fault.Invalid, "it has no categories of the input's type")
	}
	// The last of equal categories counts, as it overwrites in the runtime's map.
	byText, byInt := make(map[string]int, len(texts)), make(map[int64]int, len(ints))
	for i, c := range texts {
		byText[c] = i
	}
	for i, c := range ints {
		byInt[c] = i
	}
	return func(r *run, in, out []*Tensor) error {
		t := in[0]
		shape := append(append(make([]int, 0, maxRank+1), t.Shape...), many)
		result, err := give[float32](r, out[0], shape)
		if err != nil {
			return err
		}
		clear(result)
		for i := range t.held() {
			var at int
			var known bool
			if t.Type == String {
				at, known = byText[t.String[i]]
			} else {
				at, known = byInt[t.cut(i)]
			}
			if known {
				result[i*many+at] = 1
			} else if !zeros {
				return fault.Errorf(fault.Invalid, "the value %s is none of the %d categories", t.write(i), many)
			}
		}
		return nil
	}, nil
}

// cut is a numeric cell as an integer.
func (t *Tensor) cut(i int) int64 {
	switch t.Type {
	case Int64:
		return t.Int64[i]
	case Int32:
		return int64(t.Int32[i])
	default:
		return whole(t.real(i))
	}
}

// makeLabelEncoder looks values up. Version 1 has a list of texts and their
// places; 2 and 3 have lists of keys and values, 4 may have them as tensors.
func makeLabelEncoder(n *node) (kernel, error) {
	var keys, values *Tensor
	var otherwise *Tensor
	if n.version < 2 {
		classes := n.texts("classes_strings")
		places := make([]int64, len(classes))
		for i := range places {
			places[i] = int64(i)
		}
		keys, values = textTensor(classes), intTensor(places)
		if n.is(0) == Int64 {
			keys, values = values, keys
		}
		otherwise = n.otherwise(values.Type)
	} else {
		keys, values = n.side("keys"), n.side("values")
		if keys == nil || values == nil {
			return nil, fault.Errorf(fault.Invalid, "it has no keys or no values of a type that is supported")
		}
		if otherwise = n.tensor("default_tensor"); otherwise == nil {
			otherwise = n.otherwise(values.Type)
		}
		if otherwise.Type != values.Type || otherwise.held() != 1 {
			return nil, fault.Errorf(fault.Invalid, "its default is %d cells of type %s", otherwise.held(), otherwise.Type)
		}
	}
	return n.mapping(keys, values, otherwise)
}

// makeCategoryMapper is LabelEncoder's forerunner, with both sides in lists.
func makeCategoryMapper(n *node) (kernel, error) {
	keys, values := textTensor(n.texts("cats_strings")), intTensor(n.ints("cats_int64s"))
	if n.is(0) == Int64 {
		keys, values = values, keys
	}
	return n.mapping(keys, values, n.otherwise(values.Type))
}

func textTensor(texts []string) *Tensor {
	return &Tensor{Type: String, Shape: []int{len(texts)}, String: texts}
}

func intTensor(ints []int64) *Tensor {
	return &Tensor{Type: Int64, Shape: []int{len(ints)}, Int64: ints}
}

// side reads the keys or the values, in whichever attribute they are.
func (n *node) side(name string) *Tensor {
	if t := n.tensor(name + "_tensor"); t != nil {
		return t
	}
	if texts := n.texts(name + "_strings"); len(texts) > 0 {
		return textTensor(texts)
	}
	if ints := n.ints(name + "_int64s"); len(ints) > 0 {
		return intTensor(ints)
	}
	if floats := n.floats(name + "_floats"); len(floats) > 0 {
		return &Tensor{Type: Float, Shape: []int{len(floats)}, Float: floats}
	}
	return nil
}

func (n *node) otherwise(kind Type) *Tensor {
	switch kind {
	case String:
		return textTensor([]string{n.text("default_string", "_Unused")})
	case Int64:
		return intTensor([]int64{n.int("default_int64", -1)})
	case Double:
		return &Tensor{Type: Double, Shape: []int{1}, Double: []float64{math.Copysign(0, -1)}}
	case Int32:
		return &Tensor{Type: Int32, Shape: []int{1}, Int32: []int32{-1}}
	default:
		return &Tensor{Type: Float, Shape: []int{1}, Float: []float32{n.float("default_float", float32(math.Copysign(0, -1)))}}
	}
}

// mapping is the kernel of a table from keys to values. Since version 4 a key NaN
// is found by every NaN. The first of equal keys counts.
func (n *node) mapping(keys, values, otherwise *Tensor) (kernel, error) {
	n.need(0, keys.Type)
	n.gives = []Type{values.Type}
	count := keys.held()
	if count == 0 || values.held() != count {
		return nil, fault.Errorf(fault.Invalid, "it has %d keys and %d values", count, values.held())
	}
	// One more value after the last is the default.
	table := &Tensor{Type: values.Type, Shape: []int{count + 1}}
	joined := &run{most: maxFold, room: maxLiveBytes}
	if err := joined.make(table, values.Type, table.Shape); err != nil {
		return nil, err
	}
	copyCells(table, 0, values, 0, count)
	copyCells(table, count, otherwise, 0, 1)
	switch keys.Type {
	case String:
		return lookingUp(keys.String, table, false), nil
	case Int64:
		return lookingUp(keys.Int64, table, false), nil
	case Int32:
		return lookingUp(keys.Int32, table, false), nil
	case Float:
		return lookingUp(keys.Float, table, n.version >= 4), nil
	case Double:
		return lookingUp(keys.Double, table, n.version >= 4), nil
	default:
		return nil, fault.Errorf(fault.Invalid, "keys of type %s are not supported", keys.Type)
	}
}

func lookingUp[T float32 | float64 | int64 | int32 | string](keys []T, table *Tensor, findsNaN bool) kernel {
	places := make(map[T]int, len(keys))
	unknown := len(keys)
	ofNaN := slices.IndexFunc(keys, func(k T) bool { return k != k }) //nolint:gocritic,staticcheck // NaN alone differs from itself
	if ofNaN < 0 || !findsNaN {
		ofNaN = unknown
	}
	for i, key := range slices.Backward(keys) {
		places[key] = i
	}
	return func(r *run, in, out []*Tensor) error {
		if err := r.make(out[0], table.Type, in[0].Shape); err != nil {
			return err
		}
		for i, key := range cells[T](in[0]) {
			at, known := places[key]
			switch {
			case key != key: //nolint:gocritic,staticcheck // NaN alone differs from itself
				at = ofNaN
			case !known:
				at = unknown
			}
			copyCells(out[0], i, table, at, 1)
		}
		return nil
	}
}
