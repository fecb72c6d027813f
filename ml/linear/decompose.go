package linear

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"dasier/fault"
	"dasier/ml/prep"
)

// epsilon is the distance from 1 to the next float64.
const epsilon = 0x1p-52

// Decomposition is what all fits to one design and target share: X = QR by
// Householder reflections, then R = U diag(s) Vᵀ.
//
// The reduction to R before the singular values is Chan, "An Improved Algorithm
// for Computing the Singular Value Decomposition", ACM TOMS 8(1), 1982, section
// 2. R is built from blocks of rows, so that memory beyond the design stays at
// a block: sequential TSQR of Demmel, Grigori, Hoemmen and Langou,
// "Communication-optimal Parallel and Sequential QR and LU Factorizations",
// SIAM J. Sci. Comput. 34(1), 2012, section 4. The target rides along as a last
// column, which yields Qᵀy without keeping Q. It is immutable.
type Decomposition struct {
	rows, cols int
	means      []float64 // of the columns
	targetMean float64
	r          *mat.Dense // min(rows, cols) × cols
	singular   []float64  // descending
	right      *mat.Dense // V, cols × len(singular)
	projected  []float64  // UᵀQᵀy
	rank       int
}

// Decompose prepares fits of y on the columns of x. Values must be finite, and
// there must be as many targets as rows, at least one.
func Decompose(x *prep.Matrix, y []float64) (*Decomposition, error) {
	return DecomposeWeighted(x, y, nil)
}

// DecomposeWeighted is Decompose with a weight per row, as if a row stood there
// that many times; nil: once each. Weights are at least 0 and not all 0.
func DecomposeWeighted(x *prep.Matrix, y, weights []float64) (*Decomposition, error) {
	if x.Rows == 0 || x.Cols == 0 {
		return nil, fault.Errorf(fault.Invalid, "a regression needs rows and columns, got %d and %d", x.Rows, x.Cols)
	}
	if len(y) != x.Rows {
		return nil, fault.Errorf(fault.Invalid, "%d rows have %d targets", x.Rows, len(y))
	}
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fault.Errorf(fault.Invalid, "the target of row %d is %g: leave the row out or correct it", i+1, v)
		}
	}
	for at, v := range x.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fault.Errorf(fault.Invalid, "row %d of the design is %g in column %d: impute or correct it", at/x.Cols+1, v, at%x.Cols+1)
		}
	}
	d := &Decomposition{rows: x.Rows, cols: x.Cols, means: columnMeans(x, weights), targetMean: mean(y, weights)}
	triangle := d.triangle(x, y, weights, d.constant(x))
	if err := d.diagonalise(triangle); err != nil {
		return nil, err
	}
	return d, nil
}

// constant marks the columns whose spread is nothing but the rounding of their
// mean; they count as zero. Without this a constant of 10^9 would leave noise
// of 10^-7 behind that looks like a direction.
func (d *Decomposition) constant(x *prep.Matrix) []bool {
	squares := make([]float64, x.Cols)
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			c := v - d.means[j]
			squares[j] += c * c
		}
	}
	flat := make([]bool, x.Cols)
	n := float64(x.Rows)
	for j, s := range squares {
		flat[j] = math.Sqrt(s/n) <= 8*epsilon*math.Sqrt(n)*math.Abs(d.means[j])
	}
	return flat
}

// triangle is R of the centred [X y], from blocks of rows. The stack of what is
// kept and the next block lies column after column, as the reflections work.
func (d *Decomposition) triangle(x *prep.Matrix, y, weights []float64, flat []bool) *mat.Dense {
	width := x.Cols + 1
	block := max(4*width, 1024)
	height := width + min(block, x.Rows)
	stack := make([]float64, width*height)
	row := make([]float64, width)
	kept := 0 // rows of R that stand at the top of the stack
	for first := 0; first < x.Rows; first += block {
		last := min(first+block, x.Rows)
		for i := first; i < last; i++ {
			d.centre(row, x.Row(i), y[i], flat)
			root := math.Sqrt(weight(weights, i))
			for j, v := range row {
				stack[j*height+kept+i-first] = root * v
			}
		}
		kept = reduce(stack, height, kept+last-first, width)
	}
	r := mat.NewDense(kept, width, nil)
	for j := range width {
		for i := range min(j+1, kept) {
			r.Set(i, j, stack[j*height+i])
		}
	}
	return r
}

func (d *Decomposition) centre(to, row []float64, target float64, flat []bool) {
	for j, v := range row {
		if flat[j] {
			to[j] = 0
		} else {
			to[j] = v - d.means[j]
		}
	}
	to[len(row)] = target - d.targetMean
}

// reduce replaces the first rows of the stack by their triangular factor and
// returns how many rows that has. The reflections are Golub and Van Loan's,
// section 5.1.3 and algorithm 5.2.1. (LAPACK's, as gonum has them, left 10^-8 of
// the design behind where a category's last indicator is nothing but rounding.)
func reduce(stack []float64, height, rows, width int) int {
	kept := min(rows, width)
	for k := range kept {
		column := stack[k*height+k : k*height+rows]
		most := 0.0
		for _, v := range column[1:] {
			most = max(most, math.Abs(v))
		}
		if most == 0 {
			continue
		}
		most = max(most, math.Abs(column[0]))
		for i := range column {
			column[i] /= most
		}
		size := math.Sqrt(dot(column, column))
		head := column[0] + math.Copysign(size, column[0])
		diagonal := -math.Copysign(size, column[0]) * most
		column[0] = head
		factor := 1 / (size * math.Abs(head)) // 2 over the square of the reflection's length
		for j := k + 1; j < width; j++ {
			other := stack[j*height+k : j*height+rows]
			axpy(-factor*dot(column, other), column, other)
		}
		clear(column)
		column[0] = diagonal
	}
	return kept
}

// diagonalise takes the singular values of R and decides the rank.
func (d *Decomposition) diagonalise(triangle *mat.Dense) error {
	have, _ := triangle.Dims()
	k := min(have, d.cols)
	d.r = mat.DenseCopyOf(triangle.Slice(0, k, 0, d.cols))
	var svd mat.SVD
	if !svd.Factorize(d.r, mat.SVDThin) {
		return fault.Errorf(fault.Invalid, "the singular values of the design did not converge: look for columns with values of extreme size")
	}
	d.singular = svd.Values(nil)
	var left mat.Dense
	svd.UTo(&left)
	d.right = new(mat.Dense)
	svd.VTo(d.right)
	d.projected = make([]float64, len(d.singular))
	for c := range d.projected {
		for i := range k {
			d.projected[c] += left.At(i, c) * triangle.At(i, d.cols)
		}
	}
	cut := d.cut()
	for d.rank < len(d.singular) && d.singular[d.rank] > cut {
		d.rank++
	}
	return nil
}

// cut is the singular value at and below which a direction is rounding error:
// Golub and Van Loan, "Matrix Computations", 4th ed., section 5.4.1, with the
// factor max(rows, cols) that numpy and MATLAB use, and a few times that, because
// here the columns were centred before, which rounds as well.
func (d *Decomposition) cut() float64 {
	const centring = 32
	return centring * d.singular[0] * float64(max(d.rows, d.cols)) * epsilon
}

// Rank is the number of independent directions among the centred columns.
func (d *Decomposition) Rank() int { return d.rank }

func columnMeans(x *prep.Matrix, weights []float64) []float64 {
	means := make([]float64, x.Cols)
	total := 0.0
	for i := range x.Rows {
		w := weight(weights, i)
		total += w
		for j, v := range x.Row(i) {
			means[j] += w * v
		}
	}
	for j := range means {
		means[j] /= total
	}
	return means
}

func mean(y, weights []float64) float64 {
	sum, total := 0.0, 0.0
	for i, v := range y {
		w := weight(weights, i)
		total += w
		sum += w * v
	}
	return sum / total
}

func weight(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}
