package profile

import (
	"fmt"
	"math"

	"dasier/ml/frame"
)

// outcome is the target as one number a row, so that its mean can be shown per
// bin and level: the number itself, or for two classes 1 for the rarer one. It
// is empty when there is no target or it has more classes.
type outcome struct {
	name   string
	column string
	values []float64 // NaN is missing; nil: no outcome
	share  bool      // the mean is a share
}

func newOutcome(f *frame.Frame, target string) outcome {
	c, ok := f.Column(target)
	if !ok {
		return outcome{}
	}
	switch c.Kind {
	case frame.Number:
		return outcome{name: c.Name, column: c.Name, values: c.Values}
	case frame.Bool:
		return outcome{name: c.Name, column: c.Name, values: c.Values, share: true}
	case frame.Category:
		return twoClasses(c)
	default:
		return outcome{column: c.Name}
	}
}

func twoClasses(c *frame.Column) outcome {
	if len(c.Levels) != 2 {
		return outcome{column: c.Name}
	}
	var counts [2]int
	for _, code := range c.Codes {
		if code >= 0 {
			counts[code]++
		}
	}
	rare := 0
	if counts[1] <= counts[0] {
		rare = 1
	}
	values := make([]float64, len(c.Codes))
	for i, code := range c.Codes {
		switch {
		case code < 0:
			values[i] = math.NaN()
		case int(code) == rare:
			values[i] = 1
		}
	}
	return outcome{name: fmt.Sprintf("%s = %s", c.Name, clip(c.Levels[rare])), column: c.Name, values: values, share: true}
}

// mean gathers the outcome of a group of rows.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		m.sum += v
		m.n++
	}
}

// enough is how many rows a mean needs to be shown.
const enough = 10

// value is the mean, or nothing when too few rows would make it noise.
func (m *mean) value() *float64 {
	if m.n < enough {
		return nil
	}
	v := roundTo(m.sum/float64(m.n), 4)
	return &v
}
