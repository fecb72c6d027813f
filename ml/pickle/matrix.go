package pickle

import (
	"strings"

	"dasier/fault"
)

// maxDense bounds the cells of a sparse matrix that is written out.
const maxDense = 1 << 27

// Matrix gives the numbers of an array of one or two dimensions, or of a sparse
// matrix (CSR, CSC or COO), row by row. An array of one dimension is one row.
func Matrix(v any) (rows, columns int, cells []float64, err error) {
	switch v := v.(type) {
	case *Array:
		switch len(v.Shape) {
		case 1:
			rows, columns = 1, v.Shape[0]
		case 2:
			rows, columns = v.Shape[0], v.Shape[1]
		default:
			return 0, 0, nil, fault.Errorf(fault.Invalid, "an array has %d dimensions where a matrix is wanted", len(v.Shape))
		}
		cells, err = v.Floats()
		return rows, columns, cells, err
	case *Object:
		if IsSparse(v) {
			return dense(v)
		}
	}
	return 0, 0, nil, fault.Errorf(fault.Invalid, "%s is no matrix", describe(v))
}

// IsSparse tells scipy's sparse matrices and arrays.
func IsSparse(v any) bool {
	o, ok := v.(*Object)
	return ok && strings.HasPrefix(o.Class.Module, "scipy.sparse.")
}

func dense(o *Object) (rows, columns int, cells []float64, err error) {
	shape, err := sparseShape(o)
	if err != nil {
		return 0, 0, nil, err
	}
	rows, columns = shape[0], shape[1]
	if n, err := count(shape, maxDense); err != nil || n > maxDense {
		return 0, 0, nil, fault.Errorf(fault.Limited, "a sparse matrix has %d rows and %d columns: at most %d cells are read", rows, columns, maxDense)
	}
	get := func(name string) any { v, _ := o.Attribute(name); return v }
	values, isArray := get("data").(*Array)
	if !isArray {
		return 0, 0, nil, fault.Errorf(fault.Invalid, "a sparse matrix has no data")
	}
	numbers, err := values.Floats()
	if err != nil {
		return 0, 0, nil, err
	}
	at, err := sparsePlaces(o, get, rows, columns, len(numbers))
	if err != nil {
		return 0, 0, nil, err
	}
	cells = make([]float64, rows*columns)
	for i, place := range at {
		cells[place] += numbers[i] // one place may have several parts
	}
	return rows, columns, cells, nil
}

func sparseShape(o *Object) ([]int, error) {
	for _, name := range []string{"_shape", "shape"} {
		if v, ok := o.Attribute(name); ok {
			shape, err := shapeOf(v)
			if err == nil && len(shape) == 2 {
				return shape, nil
			}
		}
	}
	return nil, fault.Errorf(fault.Invalid, "a sparse matrix has no shape of two sides")
}

// sparsePlaces are the cells that the numbers go to.
func sparsePlaces(o *Object, get func(string) any, rows, columns, n int) ([]int, error) {
	var row, column []int64
	var err error
	switch kind := o.Class.Name[:3]; kind {
	case "csr":
		row, column, err = compressed(get, rows, n)
	case "csc":
		column, row, err = compressed(get, columns, n)
	case "coo":
		row, column, err = coordinates(get)
	default:
		return nil, fault.Errorf(fault.Invalid, "%s is not read: CSR, CSC and COO are", o.Class)
	}
	if err != nil {
		return nil, err
	}
	if len(row) != n || len(column) != n {
		return nil, fault.Errorf(fault.Invalid, "a sparse matrix has %d numbers, %d rows and %d columns for them", n, len(row), len(column))
	}
	at := make([]int, n)
	for i := range at {
		if row[i] < 0 || row[i] >= int64(rows) || column[i] < 0 || column[i] >= int64(columns) {
			return nil, fault.Errorf(fault.Invalid, "a sparse matrix has a number outside itself, in row %d and column %d", row[i], column[i])
		}
		at[i] = int(row[i])*columns + int(column[i])
	}
	return at, nil
}

// compressed reads the pointers and indices of CSR and CSC.
func compressed(get func(string) any, lines, n int) (outer, inner []int64, err error) {
	pointers, isArray := get("indptr").(*Array)
	indices, isArray2 := get("indices").(*Array)
	if !isArray || !isArray2 {
		return nil, nil, fault.Errorf(fault.Invalid, "a sparse matrix has no indices")
	}
	ends, err := pointers.Ints()
	if err != nil {
		return nil, nil, err
	}
	if inner, err = indices.Ints(); err != nil {
		return nil, nil, err
	}
	if len(ends) != lines+1 || ends[0] != 0 || ends[lines] != int64(n) {
		return nil, nil, fault.Errorf(fault.Invalid, "a sparse matrix of %d lines has %d pointers", lines, len(ends))
	}
	outer = make([]int64, 0, n)
	for line := range lines {
		if ends[line+1] < ends[line] || ends[line+1] > int64(n) {
			return nil, nil, fault.Errorf(fault.Invalid, "a sparse matrix has pointers that go back")
		}
		for range ends[line+1] - ends[line] {
			outer = append(outer, int64(line))
		}
	}
	return outer, inner, nil
}

// coordinates reads the rows and columns of COO, which newer scipy keeps in one
// tuple.
func coordinates(get func(string) any) (rows, columns []int64, err error) {
	pair := []any{get("row"), get("col")}
	if both, ok := get("coords").(*Tuple); ok && len(both.Items) == 2 {
		pair = both.Items
	}
	r, isArray := pair[0].(*Array)
	c, isArray2 := pair[1].(*Array)
	if !isArray || !isArray2 {
		return nil, nil, fault.Errorf(fault.Invalid, "a sparse matrix has no rows and columns")
	}
	if rows, err = r.Ints(); err != nil {
		return nil, nil, err
	}
	columns, err = c.Ints()
	return rows, columns, err
}
