package search

import (
	"reflect"

	"dasier/ml/predict"
)

// size is how many bytes a model's numbers and texts are in memory: what all
// kinds of models have in common, and quicker to tell than their JSON. Slices of
// numbers are counted by their length, so that a forest costs a few steps.
func size(spec *predict.Spec) int64 {
	return weigh(reflect.ValueOf(spec).Elem(), map[uintptr]bool{})
}

func weigh(v reflect.Value, seen map[uintptr]bool) int64 {
	switch v.Kind() {
	case reflect.String:
		return int64(v.Len())
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return 0
		}
		seen[v.Pointer()] = true
		return weigh(v.Elem(), seen)
	case reflect.Interface:
		if v.IsNil() {
			return 0
		}
		return weigh(v.Elem(), seen)
	case reflect.Struct:
		sum := int64(0)
		for _, field := range v.Fields() {
			sum += weigh(field, seen)
		}
		return sum
	case reflect.Slice, reflect.Array:
		if flat(v.Type().Elem().Kind()) {
			return int64(v.Len()) * int64(v.Type().Elem().Size())
		}
		sum := int64(0)
		for i := range v.Len() {
			sum += weigh(v.Index(i), seen)
		}
		return sum
	case reflect.Map, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return 0 // models hold none; what a compiled one keeps beside its data is not the model
	}
	return int64(v.Type().Size())
}

// flat tells kinds of one size.
func flat(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Complex128
}
