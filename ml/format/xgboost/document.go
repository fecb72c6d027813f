package xgboost

import (
	"strconv"
)

// document is a JSON value with forgiving access: what is absent is nil.
type document struct{ v any }

func (d document) at(names ...string) document {
	for _, name := range names {
		object, _ := d.v.(map[string]any)
		d.v = object[name]
	}
	return d
}

func (d document) text() string {
	switch v := d.v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

func (d document) whole() int {
	x, err := strconv.ParseFloat(d.text(), 64)
	if err != nil || !(x >= -1e9 && x <= 1e9) {
		return 0
	}
	return int(x)
}

func (d document) list() []any {
	list, _ := d.v.([]any)
	return list
}

func (d document) texts() []string {
	var texts []string
	for _, v := range d.list() {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// floats reads an array of numbers or truths.
func (d document) floats() ([]float64, bool) {
	if values, ok := d.v.([]float64); ok {
		return values, true
	}
	list, ok := d.v.([]any)
	if !ok {
		return nil, false
	}
	values := make([]float64, len(list))
	for i, v := range list {
		switch v := v.(type) {
		case float64:
			values[i] = v
		case bool:
			if v {
				values[i] = 1
			}
		default:
			return nil, false
		}
	}
	return values, true
}
