package sklearn

import (
	"dasier/ml/pickle"
)

// matrix is a table of numbers, row by row.
type matrix struct {
	rows, columns int
	values        []float64
}

// maxDense bounds what a sparse matrix is spelled out to.
const maxDense = 20_000_000

// row is one row of a matrix.
func (m *matrix) row(i int) []float64 { return m.values[i*m.columns : (i+1)*m.columns] }

// transposed swaps rows and columns.
func (m *matrix) transposed() matrix {
	out := matrix{rows: m.columns, columns: m.rows, values: make([]float64, len(m.values))}
	for i := range m.rows {
		for j, v := range m.row(i) {
			out.values[j*m.rows+i] = v
		}
	}
	return out
}

// matrix is an attribute that is a table: an array of two dimensions, or of one
// for a single row, or a sparse matrix, which is spelled out.
func (p part) matrix(name string) (matrix, error) {
	switch v := p.get(name).(type) {
	case *pickle.Object:
		return part{v, join(p.path, name)}.sparse(name)
	case *pickle.Array:
		values, err := p.floats(name)
		if err != nil {
			return matrix{}, err
		}
		switch len(v.Shape) {
		case 0:
			return matrix{rows: 1, columns: 1, values: values}, nil
		case 1:
			return matrix{rows: 1, columns: len(values), values: values}, nil
		case 2:
			return matrix{rows: v.Shape[0], columns: v.Shape[1], values: values}, nil
		}
		return matrix{}, p.wrong("its %s has %d dimensions", name, len(v.Shape))
	}
	values, err := p.floats(name)
	return matrix{rows: 1, columns: len(values), values: values}, err
}

// table is a matrix of known columns.
func (p part) table(name string, columns int) (matrix, error) {
	m, err := p.matrix(name)
	if err == nil && m.columns != columns {
		err = p.wrong("its %s has %d columns, and it gets %d", name, m.columns, columns)
	}
	return m, err
}

// sparse spells out scipy's compressed rows (or columns).
func (p part) sparse(name string) (matrix, error) {
	columnwise := false
	switch p.class() {
	case "csr_matrix", "csr_array":
	case "csc_matrix", "csc_array":
		columnwise = true
	default:
		return matrix{}, p.wrong("its %s is no table of numbers", name)
	}
	shape, err := p.sparseShape()
	if err != nil {
		return matrix{}, err
	}
	if columnwise {
		shape[0], shape[1] = shape[1], shape[0]
	}
	data, err := p.floats("data")
	if err != nil {
		return matrix{}, err
	}
	indices, err := p.exactly("indices", len(data))
	if err != nil {
		return matrix{}, err
	}
	starts, err := p.exactly("indptr", shape[0]+1)
	if err != nil {
		return matrix{}, err
	}
	m := matrix{rows: shape[0], columns: shape[1], values: make([]float64, shape[0]*shape[1])}
	for i := range m.rows {
		if !(starts[i] >= 0 && starts[i] <= starts[i+1] && starts[i+1] <= float64(len(data))) {
			return matrix{}, p.wrong("its rows begin and end nowhere")
		}
		for k := int(starts[i]); k < int(starts[i+1]); k++ {
			if !(indices[k] >= 0 && indices[k] < float64(m.columns)) {
				return matrix{}, p.wrong("it has a number in column %v of %d", indices[k], m.columns)
			}
			m.values[i*m.columns+int(indices[k])] += data[k]
		}
	}
	if columnwise {
		m = m.transposed()
	}
	return m, nil
}

func (p part) sparseShape() (shape [2]int, err error) {
	attribute := "_shape"
	if p.get(attribute) == nil {
		attribute = "shape" // scipy before 1.0
	}
	sizes, err := p.exactly(attribute, 2)
	if err != nil {
		return shape, err
	}
	for k, size := range sizes {
		if !(size >= 0 && size <= maxDense) {
			return shape, p.wrong("it has a shape of %v", sizes)
		}
		shape[k] = int(size)
	}
	if shape[0]*shape[1] > maxDense {
		return shape, p.wrong("it is sparse, and spelled out it would have %d × %d numbers, more than %d. Reduce the columns before (TruncatedSVD)", shape[0], shape[1], maxDense)
	}
	return shape, nil
}
