package profile

import (
	"math"

	"dasier/ml/frame"
)

// Correlations are Pearson's r between every two columns of numbers, on all
// rows: the matrix that a heat map shows.
type Correlations struct {
	Columns []string     `json:"columns"`        // Number and Bool, the first maxCorrelated
	Values  [][]*float64 `json:"values"`         // null: a constant, or too few rows with both
	Left    int          `json:"left,omitempty"` // columns beyond the limit
}

const maxCorrelated = 400

// Correlate measures all columns of numbers. Where values are missing, a pair
// is measured on the rows that have both, each about its own mean.
func Correlate(f *frame.Frame) *Correlations {
	c := &Correlations{Columns: []string{}, Values: [][]*float64{}}
	var columns []frame.Numbers
	for _, column := range f.Columns() {
		if column.Kind != frame.Number && column.Kind != frame.Bool {
			continue
		}
		if len(columns) == maxCorrelated {
			c.Left++
			continue
		}
		c.Columns = append(c.Columns, column.Name)
		columns = append(columns, column.Numbers())
	}
	p := newProducts(columns)
	for range columns {
		c.Values = append(c.Values, make([]*float64, len(columns)))
	}
	each(len(columns), func(i int, _ *sorter) {
		for j := i; j < len(columns); j++ {
			if r, ok := p.correlation(i, j); ok {
				r = round(r)
				c.Values[i][j], c.Values[j][i] = &r, &r
			}
		}
	})
	return c
}

// products are the sums of products about the means of columns that have a
// finite value in every row.
type products struct {
	columns []frame.Numbers
	means   []float64
	whole   []bool    // no value is missing or infinite
	sums    []float64 // of i times j, at i*len(columns)+j for i <= j
}

const (
	// blockRows of all columns stay in the second cache while every pair is
	// multiplied.
	blockRows = 256
	// parts is into how many pieces the rows are cut, whatever the number of
	// processors: the order of additions decides the last digits.
	parts = 16
)

func newProducts(columns []frame.Numbers) *products {
	n := len(columns)
	p := &products{columns: columns, means: make([]float64, n), whole: make([]bool, n), sums: make([]float64, n*n)}
	each(n, func(i int, _ *sorter) { p.means[i], p.whole[i] = centre(columns[i]) })
	if n == 0 || columns[0].Len() == 0 {
		return p
	}
	rows := columns[0].Len()
	step := (rows + parts - 1) / parts
	partial := make([][]float64, (rows+step-1)/step)
	each(len(partial), func(i int, _ *sorter) { partial[i] = p.multiply(i*step, min(rows, (i+1)*step)) })
	for _, sums := range partial {
		for at, v := range sums {
			p.sums[at] += v
		}
	}
	return p
}

// centre is the mean; false when a value is missing or infinite.
func centre(values frame.Numbers) (mean float64, whole bool) {
	sum := 0.0
	var room [blockRows]float64
	for _, block := range values.Blocks(room[:]) {
		for _, v := range block {
			sum += v
		}
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) || values.Len() == 0 {
		return 0, false
	}
	return sum / float64(values.Len()), true
}

// multiply sums the products over some rows.
func (p *products) multiply(from, to int) []float64 {
	n := len(p.columns)
	sums := make([]float64, n*n)
	block := make([]float64, (n+3)*blockRows) // three columns of zeros at the end
	for ; from < to; from += blockRows {
		rows := min(blockRows, to-from)
		for i, values := range p.columns {
			column := block[i*blockRows:][:blockRows]
			clear(column)
			if !p.whole[i] {
				continue
			}
			mean := p.means[i]
			for k, v := range values.Block(from, from+rows, column) {
				column[k] = v - mean
			}
		}
		for i := range n {
			a := block[i*blockRows:][:blockRows]
			for j := i; j < n; j += 4 {
				products := multiply4(a, block[j*blockRows:][:4*blockRows])
				for k := range min(4, n-j) {
					sums[i*n+j+k] += products[k]
				}
			}
		}
	}
	return sums
}

// multiply4 is the inner products of a with four columns that lie one behind
// the other. Bound by arithmetic: eight operations for five loads, in chains of
// their own.
func multiply4(a, four []float64) (sums [4]float64) {
	b, c, d, e := four[:blockRows], four[blockRows:][:blockRows], four[2*blockRows:][:blockRows], four[3*blockRows:][:blockRows]
	a = a[:blockRows]
	var s0, s1, s2, s3 float64
	for i, v := range a {
		s0 += v * b[i]
		s1 += v * c[i]
		s2 += v * d[i]
		s3 += v * e[i]
	}
	return [4]float64{s0, s1, s2, s3}
}

// correlation is of columns i and j.
func (p *products) correlation(i, j int) (r float64, ok bool) {
	n := len(p.columns)
	if !p.whole[i] || !p.whole[j] {
		r, _, ok = pearson(p.columns[i], p.columns[j])
		return r, ok
	}
	if p.columns[i].Len() < few {
		return 0, false
	}
	r = p.sums[i*n+j] / math.Sqrt(p.sums[i*n+i]) / math.Sqrt(p.sums[j*n+j])
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return 0, false // constant, or beyond float64
	}
	return max(-1, min(1, r)), true
}
