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
	Column string        // that it is computed from, which may give others too
	Values frame.Numbers // of a number; NaN is missing
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
	return v.Values.Len()
}

// Table computes the features of every row of f, of a Native preparation. What is
// said at Design of other columns and levels holds here. For the rows that the
// preparation was fitted to, see PrepareTable.
func (p *Preparation) Table(f *frame.Frame) (*Table, error) { return p.table(f, nil) }

func (p *Preparation) table(f *frame.Frame, crossed *crossing) (*Table, error) {
	if p.form != Native {
		return nil, fault.Errorf(fault.Invalid, "a table by columns comes from a native preparation")
	}
	t := &Table{Rows: f.Rows(), Columns: make([]Variable, len(p.features))}
	columns := make([]*frame.Column, len(p.inputs))
	for i := range p.inputs {
		var err error
		if columns[i], err = p.column(f, i); err != nil {
			return nil, err
		}
	}
	texts := make([][]float64, len(p.features))
	err := each(len(p.features), func(j int) error {
		input := p.features[j].Input
		if !p.inputs[input].Text {
			t.Columns[j] = p.variable(j, columns[input], crossed)
			return nil
		}
		texts[j] = make([]float64, t.Rows)
		t.Columns[j] = Variable{Name: p.features[j].Name, Column: p.inputs[input].Name, Values: frame.Doubles(texts[j])}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, p.eachText(columns, t.Rows, func(j, row int, v float64) { texts[j][row] = v })
}

// variable is a feature over all rows, but none of a text.
func (p *Preparation) variable(j int, c *frame.Column, crossed *crossing) Variable {
	feature := &p.features[j]
	in := &p.inputs[feature.Input]
	v := Variable{Name: feature.Name, Column: in.Name}
	switch {
	case p.codes[j]:
		v.Codes, v.Levels = recode(c, in.Levels), len(in.Levels)
	case feature.Op == opSteps && len(feature.Steps) == 0:
		v.Values = cleaned(c.Numbers())
	default:
		values := make([]float64, c.Len())
		if feature.Op == opTable {
			tableWriter(c, placesOf(c, in), 0, feature.Table, crossed.of(j))(0, len(values), values, 1)
		} else {
			compile(feature)(c.Numbers().Block(0, len(values), values), values, 1)
		}
		v.Values = frame.Doubles(values)
	}
	return v
}

// cleaned is numbers as a program's row has them: themselves, as a rule.
func cleaned(values frame.Numbers) frame.Numbers {
	var room [blockRows]float64
	for _, block := range values.Blocks(room[:]) {
		for _, v := range block {
			if math.Abs(v) > largest {
				changed := make([]float64, values.Len())
				for i, v := range values.All() {
					changed[i] = clean(v)
				}
				return frame.Doubles(changed)
			}
		}
	}
	return values
}

// of is the crossing of one feature, as the feature 0.
func (c *crossing) of(j int) *crossing {
	if c == nil || c.tables[j] == nil {
		return nil
	}
	return &crossing{folds: c.folds, tables: map[int][]predict.Numbers{0: c.tables[j]}}
}

// eachText hashes each text once for all its buckets, block by block, and gives
// every feature of a text in every row.
func (p *Preparation) eachText(columns []*frame.Column, rows int, give func(j, row int, v float64)) error {
	for i := range p.inputs {
		if !p.inputs[i].Text {
			continue
		}
		var features []int
		for j := range p.features {
			if p.features[j].Input == i {
				features = append(features, j)
			}
		}
		write, width := p.textWriter(columns[i], i, features), len(p.features)
		err := blocks(rows, func(first, end int) error {
			data := make([]float64, (end-first)*width)
			write(first, end, data, width)
			for _, j := range features {
				for row := first; row < end; row++ {
					give(j, row, data[(row-first)*width+j])
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
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
