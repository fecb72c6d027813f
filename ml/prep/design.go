package prep

import (
	"math"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Matrix is a dense matrix, row after row.
type Matrix struct {
	Rows, Cols int
	Data       []float64
}

// Row is row i. Do not append to it.
func (m *Matrix) Row(i int) []float64 { return m.Data[i*m.Cols : (i+1)*m.Cols] }

// Design computes the features of every row of f. The frame may have more
// columns than were fitted, in any order, and other levels: an unseen one has
// every indicator 0. A fitted column that is absent or of another kind is an
// error. The preparation must be Dense.
func (p *Preparation) Design(f *frame.Frame) (*Matrix, error) {
	if p.form != Dense {
		return nil, fault.Errorf(fault.Invalid, "a design matrix comes from a dense preparation")
	}
	m := &Matrix{Rows: f.Rows(), Cols: len(p.features), Data: make([]float64, f.Rows()*len(p.features))}
	columns := make([]*frame.Column, len(p.inputs))
	for i := range p.inputs {
		var err error
		if columns[i], err = p.column(f, i); err != nil {
			return nil, err
		}
	}
	for j, feature := range p.features {
		fill(m, j, feature, columns[feature.Input])
	}
	return m, nil
}

// column finds the column of an input.
func (p *Preparation) column(f *frame.Frame, i int) (*frame.Column, error) {
	input := p.inputs[i]
	c, ok := f.Column(input.Name)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "column %q is absent: the model was trained with it", input.Name)
	}
	if c.Kind != input.Kind {
		return nil, fault.Errorf(fault.Invalid, "column %q is a %s here and was a %s in training: set its kind in the recipe", input.Name, c.Kind, input.Kind)
	}
	return c, nil
}

// fill computes column j of the matrix.
func fill(m *Matrix, j int, feature predict.Feature, c *frame.Column) {
	switch feature.Op {
	case "value":
		for i, v := range c.Values {
			m.Data[i*m.Cols+j] = (rawValue(v, feature) - feature.Center) / feature.Scale
		}
	case "equals":
		code := codeOf(c, feature.Level)
		for i, have := range c.Codes {
			x := 0.0
			switch {
			case have < 0:
				x = feature.Impute
			case have == code:
				x = 1
			}
			m.Data[i*m.Cols+j] = (x - feature.Center) / feature.Scale
		}
	case "missing":
		for i := range m.Rows {
			x := 0.0
			if c.Missing(i) {
				x = 1
			}
			m.Data[i*m.Cols+j] = (x - feature.Center) / feature.Scale
		}
	}
}

// codeOf is the code of a level in this column, which no row has when the
// column does not know the level.
func codeOf(c *frame.Column, level string) int32 {
	for code, l := range c.Levels {
		if l == level {
			return int32(code) //nolint:gosec // a column has fewer than 2^31 levels: codes are int32
		}
	}
	return math.MaxInt32
}
