package linear

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/mat"
)

// Dependency says that a column is a linear combination of others (and the
// intercept): it adds nothing that they do not say.
type Dependency struct {
	Column int
	On     []int // ascending; empty for a constant column
}

// share is the part of a unit column below which a coefficient counts as none.
const share = 1e-6

// Dependencies lists the columns that are combinations of others, looking only
// at columns that are not in without. Of a set of columns that determine one
// another the choice which one to name is arbitrary but fixed.
//
// The method is QR with column pivoting: Golub and Van Loan, section 5.4.2,
// where the columns past the numerical rank are the dependent ones.
func (d *Decomposition) Dependencies(without ...int) []Dependency {
	var columns []int
	for j := range d.cols {
		if !slices.Contains(without, j) {
			columns = append(columns, j)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	a, flat := d.unitColumns(columns)
	rows, _ := a.Dims()
	pivot, rank := pivotedQR(a, float64(max(d.rows, d.cols))*epsilon)
	var found []Dependency
	for k := rank; k < len(columns); k++ {
		dependency := Dependency{Column: columns[pivot[k]]}
		if !flat[pivot[k]] {
			for i, c := range backSubstitute(a, min(rank, rows), k) {
				if math.Abs(c) > share {
					dependency.On = append(dependency.On, columns[pivot[i]])
				}
			}
			slices.Sort(dependency.On)
		}
		found = append(found, dependency)
	}
	slices.SortFunc(found, func(a, b Dependency) int { return a.Column - b.Column })
	return found
}

// unitColumns copies columns of R, each scaled to norm 1 so that the pivoting
// does not depend on their units, and marks those without spread.
func (d *Decomposition) unitColumns(columns []int) (*mat.Dense, []bool) {
	rows, _ := d.r.Dims()
	a := mat.NewDense(rows, len(columns), nil)
	flat := make([]bool, len(columns))
	for to, from := range columns {
		norm := mat.Norm(d.r.ColView(from), 2)
		if norm <= d.cut() {
			flat[to] = true
			continue
		}
		for i := range rows {
			a.Set(i, to, d.r.At(i, from)/norm)
		}
	}
	return a, flat
}

// pivotedQR overwrites a with its triangular factor and returns the order of
// the columns and the numerical rank.
func pivotedQR(a *mat.Dense, tolerance float64) (pivot []int, rank int) {
	raw := a.RawMatrix()
	pivot = make([]int, raw.Cols)
	for j := range pivot {
		pivot[j] = -1 // every column is free to move
	}
	k := min(raw.Rows, raw.Cols)
	tau := make([]float64, k)
	work := make([]float64, 1)
	lapack := gonum.Implementation{}
	lapack.Dgeqp3(raw.Rows, raw.Cols, raw.Data, raw.Stride, pivot, tau, work, -1)
	work = make([]float64, int(work[0]))
	lapack.Dgeqp3(raw.Rows, raw.Cols, raw.Data, raw.Stride, pivot, tau, work, len(work))
	for rank < k && math.Abs(a.At(rank, rank)) > tolerance*math.Abs(a.At(0, 0)) {
		rank++
	}
	return pivot, rank
}

// backSubstitute solves R11 t = column k of R, where R11 is the leading square
// of the rank.
func backSubstitute(a *mat.Dense, rank, k int) []float64 {
	t := make([]float64, rank)
	for i := rank - 1; i >= 0; i-- {
		v := a.At(i, k)
		for j := i + 1; j < rank; j++ {
			v -= a.At(i, j) * t[j]
		}
		t[i] = v / a.At(i, i)
	}
	return t
}
