package profile

import (
	"fmt"
	"math"

	"dasier/ml/frame"

	"gonum.org/v1/gonum/stat/distuv"
)

// outcome is the target as one number a row, so that its mean can be shown per
// bin and level: the number itself, or for two classes 1 for the rarer one. It
// is empty when there is no target or it has more classes.
type outcome struct {
	name   string
	column string
	values []float64 // NaN is missing; nil: no outcome
	share  bool      // the mean is a share
	middle float64   // what deviations are summed from, so that squares keep their digits
}

func newOutcome(f *frame.Frame, target string) outcome {
	c, ok := f.Column(target)
	if !ok {
		return outcome{}
	}
	switch values := c.Numbers().Floats(); c.Kind {
	case frame.Number:
		return outcome{name: c.Name, column: c.Name, values: values, middle: middle(values)}
	case frame.Bool:
		return outcome{name: c.Name, column: c.Name, values: values, share: true}
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

// middle is some value that is not far from the others: the first ones' mean.
func middle(values []float64) float64 {
	m := mean{}
	for _, v := range values[:min(len(values), 1000)] {
		m.add(v)
	}
	return m.sum / float64(max(1, m.n))
}

// mean gathers the outcome of a group of rows, as deviations from the middle.
type mean struct {
	sum, squares float64
	n            int
}

func (m *mean) add(deviation float64) {
	if !math.IsNaN(deviation) && !math.IsInf(deviation, 0) {
		m.sum += deviation
		m.squares += deviation * deviation
		m.n++
	}
}

// enough is how many rows a mean needs to be shown.
const enough = 10

// of is the mean of a group and half the width of its 95 % interval, or nothing
// when too few rows would make it noise. The interval of a mean is Student's;
// that of a share has two successes and two failures added (Agresti and Coull,
// Approximate Is Better than Exact for Interval Estimation of Binomial
// Proportions, The American Statistician 52(2), 1998, section 4).
func (o *outcome) of(m *mean) (value, half *float64) {
	if m.n < enough {
		return nil, nil
	}
	n := float64(m.n)
	average := m.sum/n + o.middle
	var width float64
	if o.share {
		p := (average*n + 2) / (n + 4)
		width = 1.96 * math.Sqrt(p*(1-p)/(n+4))
	} else {
		deviation := max(0, m.squares-m.sum*m.sum/n) / (n - 1)
		width = (distuv.StudentsT{Sigma: 1, Nu: n - 1}).Quantile(.975) * math.Sqrt(deviation/n)
	}
	width = roundTo(width, 2)
	digits := 4.0
	if width > 0 && average != 0 {
		digits = max(4, math.Ceil(math.Log10(math.Abs(average)/width))+2) // to a tenth of the width
	}
	average = roundTo(average, int(min(digits, 17)))
	return &average, &width
}
