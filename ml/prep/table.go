package prep

import (
	"math"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Table is the features by columns, as trees take them.
type Table struct {
	Rows    int
	Columns []Variable
}

// Variable is a feature over all rows: numbers, or a category's codes. Where the
// frame has it as it is needed, it is the frame's own memory: do not write to it.
type Variable struct {
	Name   string
	Values []float64 // of a number; NaN is missing
	// Codes are of a category: places in the levels of its input, -1 for a missing
	// value, Levels for a level that training did not have. nil: a number.
	Codes  []int32
	Levels int
}

// Len is the number of rows.
func (v *Variable) Len() int {
	if v.Codes != nil {
		return len(v.Codes)
	}
	return len(v.Values)
}

// addNative makes a feature of a column as it is. A compiled program computes a
// category's code as a number: its place, -1 for an unknown level (no member of
// any set, so that it goes where members do not), NaN for a missing one.
func (p *Preparation) addNative(c *frame.Column) error {
	if c.Kind == frame.Category {
		input := categoryInput(c, levelCounts(c))
		codes := make([]float64, len(input.Levels)+2)
		for k := range input.Levels {
			codes[k] = float64(k)
		}
		codes[len(codes)-2], codes[len(codes)-1] = -1, math.NaN()
		p.features = append(p.features, predict.Feature{Name: c.Name, Input: len(p.inputs), Op: "table", Table: codes, Scale: 1})
		p.inputs = append(p.inputs, input)
		return nil
	}
	input, err := numberInput(c)
	if err != nil {
		return err
	}
	p.features = append(p.features, predict.Feature{Name: c.Name, Input: len(p.inputs), Op: "steps", Scale: 1})
	p.inputs = append(p.inputs, input)
	return nil
}

// Table computes the features of every row of f, of a Native preparation. What is
// said at Design of other columns and levels holds here.
func (p *Preparation) Table(f *frame.Frame) (*Table, error) {
	if p.form != Native {
		return nil, fault.Errorf(fault.Invalid, "a table by columns comes from a native preparation")
	}
	t := &Table{Rows: f.Rows(), Columns: make([]Variable, len(p.features))}
	for j, feature := range p.features {
		c, err := p.column(f, feature.Input)
		if err != nil {
			return nil, err
		}
		t.Columns[j] = Variable{Name: feature.Name, Values: c.Values}
		if c.Kind == frame.Category {
			levels := p.inputs[feature.Input].Levels
			t.Columns[j] = Variable{Name: feature.Name, Codes: recode(c, levels), Levels: len(levels)}
		}
	}
	return t, nil
}

// recode gives a category's codes as places in levels.
func recode(c *frame.Column, levels []string) []int32 {
	place := make(map[string]int32, len(levels))
	for k, level := range levels {
		place[level] = int32(k) //nolint:gosec // a column has fewer than 2^31 levels: codes are int32
	}
	codes := make([]int32, len(c.Levels))
	same := true
	for k, level := range c.Levels {
		code, known := place[level]
		if !known {
			code = int32(len(levels)) //nolint:gosec // as above
		}
		codes[k] = code
		same = same && int(code) == k
	}
	if same {
		return c.Codes
	}
	recoded := make([]int32, len(c.Codes))
	for i, code := range c.Codes {
		recoded[i] = -1
		if code >= 0 {
			recoded[i] = codes[code]
		}
	}
	return recoded
}
