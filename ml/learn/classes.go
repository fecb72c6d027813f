package learn

import (
	"math"
	"slices"
	"strconv"

	"dasier/fault"
	"dasier/ml/frame"
)

// maxClasses bounds the classes of a target: more of them are a number or a name.
const maxClasses = 1_000

// classesOf lists the classes of a column, sorted (numbers by value), and each
// row's place among them.
func classesOf(c *frame.Column) (texts []string, codes []float64, err error) {
	for i := range c.Len() {
		if c.Missing(i) {
			return nil, nil, fault.Errorf(fault.Invalid, "the target %q has no value in row %d: fill it in or leave the row out", c.Name, i+1)
		}
	}
	codes = make([]float64, c.Len())
	switch c.Kind {
	case frame.Category:
		texts, codes = presentLevels(c, codes)
	case frame.Number, frame.Bool:
		texts, codes = presentValues(c, codes)
	default:
		return nil, nil, fault.Errorf(fault.Invalid, "the target %q is a %s and has no classes", c.Name, c.Kind)
	}
	if c.Len() == 0 {
		return nil, nil, fault.Errorf(fault.Invalid, "there are no rows to learn from: look at the data file and the split")
	}
	if len(texts) == 1 {
		return nil, nil, fault.Errorf(fault.Invalid, "the target %q is %q in every row: there is nothing to tell apart", c.Name, texts[0])
	}
	if len(texts) > maxClasses {
		return nil, nil, fault.Errorf(fault.Invalid, "the target %q has %d classes, at most %d are allowed: is it a number, or a name?", c.Name, len(texts), maxClasses)
	}
	return texts, codes, nil
}

func presentLevels(c *frame.Column, codes []float64) ([]string, []float64) {
	place := make([]int, len(c.Levels))
	for _, code := range c.Codes {
		place[code] = 1
	}
	var texts []string
	for code, present := range place {
		if present == 1 {
			place[code] = len(texts)
			texts = append(texts, c.Levels[code])
		}
	}
	for i, code := range c.Codes {
		codes[i] = float64(place[code])
	}
	return texts, codes
}

// truth is what a bool is called: as it stands in the file, yes or no.
func truth(c *frame.Column, value bool) string {
	k := 0
	if value {
		k = 1
	}
	if c.Words[k] != "" {
		return c.Words[k]
	}
	return strconv.FormatBool(value)
}

func presentValues(c *frame.Column, codes []float64) ([]string, []float64) {
	values := make([]float64, c.Len())
	c.Numbers().Copy(values, 0)
	slices.Sort(values)
	values = slices.Compact(values)
	texts := make([]string, len(values))
	for k, v := range values {
		texts[k] = strconv.FormatFloat(v, 'g', -1, 64)
		if c.Kind == frame.Bool {
			texts[k] = truth(c, v != 0)
		}
	}
	for i, v := range c.Numbers().All() {
		k, _ := slices.BinarySearchFunc(values, v, func(a, b float64) int {
			switch {
			case a < b:
				return -1
			case a > b || math.IsNaN(b):
				return 1
			}
			return 0
		})
		codes[i] = float64(k)
	}
	return texts, codes
}
