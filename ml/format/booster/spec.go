package booster

import (
	"math"
	"strconv"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Column is one feature as a person sends it: a number, or a category that the
// trees know by its code.
type Column struct {
	Name   string
	Levels []string  // none: a number
	Codes  []float64 // per level
	Strict bool      // an unknown category is refused; otherwise it is missing
}

// Columns makes the columns of a model's features: categories where a feature has
// values (nil: it has none), numbers elsewhere.
func Columns(names []string, categories [][]any, strict bool) ([]Column, error) {
	list := make([]Column, len(names))
	for j, name := range names {
		list[j].Name = name
		if j >= len(categories) || categories[j] == nil {
			continue
		}
		c, err := Category(name, categories[j], strict)
		if err != nil {
			return nil, err
		}
		list[j] = c
	}
	return list, nil
}

// Category makes a column of a category's values in the order of their codes.
// Values that no one can send (an empty text) have no level.
func Category(name string, values []any, strict bool) (Column, error) {
	c := Column{Name: name, Levels: []string{}, Strict: strict}
	seen := make(map[string]bool, len(values))
	for code, v := range values {
		var level string
		switch v := v.(type) {
		case string:
			level = v
		case float64:
			level = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			level = strconv.FormatBool(v)
		case nil:
		default:
			return Column{}, fault.Errorf(fault.Invalid, "the category %v of %q is neither a text nor a number", v, name)
		}
		if level == "" || seen[level] {
			continue
		}
		seen[level] = true
		c.Levels, c.Codes = append(c.Levels, level), append(c.Codes, float64(code))
	}
	return c, nil
}

// Table is the column as a feature's table: the codes, and what is unknown and
// what is missing as missing.
func (c *Column) Table() []float64 {
	table := append([]float64(nil), c.Codes...)
	return append(table, math.NaN(), math.NaN())
}

// Spec makes a whole model of columns and an answer.
func Spec(target string, columns []Column, answer Answer) (predict.Spec, error) {
	spec := predict.Spec{Version: 1, Target: predict.Target{Name: target}}
	for j := range columns {
		c := &columns[j]
		in := predict.Input{Name: c.Name, Kind: frame.Number}
		f := predict.Feature{Name: c.Name, Input: j, Op: "steps"}
		if c.Levels != nil {
			in.Kind, in.Levels, in.Unknown = frame.Category, c.Levels, predict.UnknownIgnore
			if c.Strict {
				in.Unknown = predict.UnknownError
			}
			f.Op, f.Table = "table", c.Table()
		}
		spec.Inputs, spec.Features = append(spec.Inputs, in), append(spec.Features, f)
	}
	return spec, answer.put(&spec)
}
