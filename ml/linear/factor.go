package linear

import "math"

// dependent is the share of a column's variance that the columns before it must
// leave unexplained; below it the column counts as their combination until a
// look at the rows says otherwise.
const dependent = 1e-12

// factor is the Cholesky factor of a symmetric positive semidefinite matrix,
// scaled to a unit diagonal, with its largest remaining pivot first: Higham,
// "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 10.3. Its
// columns past the rank are combinations of those before.
//
// It goes from left to right, so that all work is inner products of rows that
// lie in one piece.
type factor struct {
	n, rank int
	lower   []float64 // n × n, row after row in the order of pivot
	pivot   []int
	scale   []float64 // of each column: 1 over the root of its diagonal; 0: the column is 0
	least   float64   // the smallest pivot that was kept, as a share of 1
}

// factorize factors a (n × n, its lower triangle) plus what ridge adds to the
// diagonal.
func factorize(a []float64, n int, ridge float64) *factor {
	f := &factor{n: n, lower: make([]float64, n*n), pivot: make([]int, n), scale: make([]float64, n), least: 1}
	left := make([]float64, n) // what remains of the diagonal, in the order of pivot
	for j := range n {
		f.pivot[j] = j
		if d := a[j*n+j] + ridge; d > 0 {
			f.scale[j], left[j] = 1/math.Sqrt(d), 1
		}
	}
	for k := range n {
		best := k
		for i := k + 1; i < n; i++ {
			if left[i] > left[best] {
				best = i
			}
		}
		if !(left[best] > dependent) {
			break
		}
		f.swap(k, best, left)
		f.least = min(f.least, left[k])
		f.column(a, k, left)
		f.rank++
	}
	return f
}

func (f *factor) swap(k, other int, left []float64) {
	if k == other {
		return
	}
	f.pivot[k], f.pivot[other] = f.pivot[other], f.pivot[k]
	left[k], left[other] = left[other], left[k]
	a, b := f.lower[k*f.n:k*f.n+k], f.lower[other*f.n:other*f.n+k]
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}

// column computes column k of the factor, given those before.
func (f *factor) column(a []float64, k int, left []float64) {
	n := f.n
	row := f.lower[k*n : k*n+k]
	root := math.Sqrt(left[k])
	f.lower[k*n+k] = root
	from := f.pivot[k]
	scale := f.scale[from]
	for i := k + 1; i < n; i++ {
		to := f.pivot[i]
		high, low := max(from, to), min(from, to)
		v := (a[high*n+low]*scale*f.scale[to] - dot(row, f.lower[i*n:i*n+k])) / root
		f.lower[i*n+k] = v
		left[i] -= v * v
	}
}

// solve gives the solution in which columns past the rank are 0.
func (f *factor) solve(b []float64) []float64 {
	u := make([]float64, f.rank)
	for i := range u {
		j := f.pivot[i]
		u[i] = (b[j]*f.scale[j] - dot(u[:i], f.lower[i*f.n:i*f.n+i])) / f.lower[i*f.n+i]
	}
	f.back(u)
	x := make([]float64, f.n)
	for i, v := range u {
		x[f.pivot[i]] = v * f.scale[f.pivot[i]]
	}
	return x
}

// back solves Lᵀt = u in place, where L is the leading square of len(u).
func (f *factor) back(u []float64) {
	for i := len(u) - 1; i >= 0; i-- {
		u[i] /= f.lower[i*f.n+i]
		axpy(-u[i], f.lower[i*f.n:i*f.n+i], u[:i])
	}
}

// past lists the places past the rank, but for columns that are 0.
func (f *factor) past() []int {
	var places []int
	for k := f.rank; k < f.n; k++ {
		if f.scale[f.pivot[k]] != 0 {
			places = append(places, k)
		}
	}
	return places
}

// null gives, for each place of past, the combination of columns that is 0, of
// length 1.
func (f *factor) null() [][]float64 {
	var all [][]float64
	for _, k := range f.past() {
		from := f.pivot[k]
		v := make([]float64, f.n)
		t := append([]float64(nil), f.lower[k*f.n:k*f.n+f.rank]...)
		f.back(t)
		v[from] = f.scale[from]
		for i, c := range t {
			v[f.pivot[i]] = -c * f.scale[f.pivot[i]]
		}
		size := math.Sqrt(dot(v, v))
		for i := range v {
			v[i] /= size
		}
		all = append(all, v)
	}
	return all
}

// shortest takes the part of w away that lies in the span of null: what remains
// predicts the same and is of least norm (Golub and Van Loan, section 5.5.2).
func shortest(w []float64, null [][]float64) []float64 {
	m := len(null)
	if m == 0 {
		return w
	}
	products := make([]float64, m*m)
	for i, a := range null {
		for j, b := range null[:i+1] {
			products[i*m+j] = dot(a, b)
		}
	}
	f := factorize(products, m, 0)
	for range 2 { // the second time takes away what rounding has left
		along := make([]float64, m)
		for i, v := range null {
			along[i] = dot(v, w)
		}
		for i, c := range f.solve(along) {
			axpy(-c, null[i], w)
		}
	}
	return w
}
