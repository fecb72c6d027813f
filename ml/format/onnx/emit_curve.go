package onnx

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"dasier/ml/stage"
)

// shapes are operations that place a cell among numbers in order.
func (e *emitter) shapes(do stage.Operation, x matrix) (m matrix, known bool, err error) {
	switch do := do.(type) {
	case *stage.Bins:
		return e.bins(do, x), true, nil
	case *stage.Curve:
		if do.Single {
			x.name = e.rounded(x.name)
		}
		m = e.interpolate([][]float64{do.X}, [][]float64{do.Y}, x)
		if do.Single {
			m.name = e.rounded(m.name)
		}
		return m, true, nil
	case *stage.Quantiles:
		return e.quantiles(do, x), true, nil
	case *stage.Unspread:
		if do.Normal {
			return matrix{}, true, cannot("the distribution function of the normal distribution has no operator in float64")
		}
		return e.unspread(do, x), true, nil
	case *stage.Splines:
		return e.splines(do, x), true, nil
	case *stage.Donors:
		return e.donors(do, x), true, nil
	}
	return matrix{}, false, nil
}

// below counts, per column, how many of its numbers a cell reaches: [N, columns].
func (e *emitter) below(numbers [][]float64, x matrix) string {
	most := 1
	for _, list := range numbers {
		most = max(most, len(list))
	}
	padded := make([]float64, 0, most*len(numbers))
	for _, list := range numbers {
		padded = append(padded, list...)
		padded = append(padded, slices.Repeat([]float64{math.NaN()}, most-len(list))...) // which nothing reaches
	}
	reached := e.do("LessOrEqual", e.table(padded, 1, len(numbers), most), e.tall(x.name))
	return e.folded("ReduceSum", e.indicator(reached), 2)
}

func (e *emitter) bins(b *stage.Bins, x matrix) matrix {
	if b.Reach != 0 || b.Share != 0 {
		x.name = e.add(x.name, e.add(e.num(b.Reach), e.mul(e.num(b.Share), e.do("Abs", x.name))))
	}
	last := make([]float64, len(b.Edges))
	for j, edges := range b.Edges {
		last[j] = float64(len(edges))
	}
	return matrix{e.where(e.do("IsNaN", x.name), e.row(last), e.below(b.Edges, x)), x.width}
}

// interpolate is a line between points per column; see stage.Interpolate.
func (e *emitter) interpolate(xs, ys [][]float64, x matrix) matrix {
	var flatX, flatY, slopes, starts, ends, firstX, lastX, firstY, lastY []float64
	for j := range xs {
		last := len(xs[j]) - 1
		starts, ends = append(starts, float64(len(flatX))), append(ends, float64(last))
		flatX, flatY = append(flatX, xs[j]...), append(flatY, ys[j]...)
		for k := range last {
			slopes = append(slopes, (ys[j][k+1]-ys[j][k])/(xs[j][k+1]-xs[j][k]))
		}
		slopes = append(slopes, 0)
		firstX, lastX = append(firstX, xs[j][0]), append(lastX, xs[j][last])
		firstY, lastY = append(firstY, ys[j][0]), append(lastY, ys[j][last])
	}
	before := e.sub(e.below(xs, x), e.num(1))
	place := e.do("Min", e.do("Max", before, e.num(0)), e.row(ends))
	at := e.cast(e.add(place, e.row(starts)), typeInt64)
	line := e.add(e.mul(e.lookUp(slopes, at), e.sub(x.name, e.lookUp(flatX, at))), e.lookUp(flatY, at))
	line = e.where(e.do("GreaterOrEqual", x.name, e.row(lastX)), e.row(lastY), line)
	return matrix{e.where(e.do("Less", x.name, e.row(firstX)), e.row(firstY), line), x.width}
}

// turned are the negatives, in reverse.
func turned(list []float64) []float64 {
	out := make([]float64, len(list))
	for k, v := range list {
		out[len(list)-1-k] = -v
	}
	return out
}

// closeToBound is how near to an end of a normal distribution it is cut.
const closeToBound = 1e-7

// quantiles is the mean of interpolation from below and from above.
func (e *emitter) quantiles(q *stage.Quantiles, x matrix) matrix {
	n := len(q.References)
	var references, backwards, values [][]float64
	least, most := make([]float64, x.width), make([]float64, x.width)
	broken := make([]bool, x.width)
	for j, list := range q.Values {
		references, backwards, values = append(references, q.References), append(backwards, turned(q.References)), append(values, turned(list))
		least[j], most[j], broken[j] = list[0], list[n-1], math.IsNaN(list[0])
	}
	up := e.interpolate(q.Values, references, x)
	down := e.interpolate(values, backwards, matrix{e.do("Neg", x.name), x.width})
	rank := e.mul(e.num(0.5), e.sub(up.name, down.name))
	atFirst, atLast := e.do("Equal", x.name, e.row(least)), e.do("Equal", x.name, e.row(most))
	if q.Normal {
		atFirst = e.do("Less", e.sub(x.name, e.num(closeToBound)), e.row(least))
		atLast = e.do("Greater", e.add(x.name, e.num(closeToBound)), e.row(most))
	}
	rank = e.where(atFirst, e.num(0), e.where(atLast, e.num(1), rank))
	rank = e.where(e.do("Or", e.do("IsNaN", x.name), e.flags(broken)), e.num(math.NaN()), rank)
	if !q.Normal {
		return matrix{rank, x.width}
	}
	spacing := math.Nextafter(1, 2) - 1
	low, high := mathext.NormalQuantile(closeToBound-spacing), mathext.NormalQuantile(1-(closeToBound-spacing))
	return matrix{e.do("Min", e.do("Max", e.normalQuantile(rank), e.num(low)), e.num(high)), x.width}
}

// The coefficients of the normal distribution's quantiles, in the middle and in
// the tails (Wichura, Algorithm AS 241, Applied Statistics 37, 1988, PPND16).
var (
	middleP = []float64{2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608}
	middleQ = []float64{5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1}
	tailP   = []float64{7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734}
	tailQ   = []float64{1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1}
)

// normalQuantile is of ranks from 1e-10 to as much less than 1; those beyond
// are taken for these, and are cut by the caller.
func (e *emitter) normalQuantile(rank string) string {
	from := e.sub(rank, e.num(0.5))
	z := e.sub(e.num(0.180625), e.mul(from, from))
	middle := e.div(e.mul(from, e.polynomial(middleP, z)), e.polynomial(middleQ, z))
	upper := e.do("Greater", rank, e.num(0.5))
	end := e.do("Max", e.where(upper, e.sub(e.num(1), rank), rank), e.num(1e-10))
	r := e.sub(e.do("Sqrt", e.do("Neg", e.do("Log", end))), e.num(1.6))
	tail := e.div(e.polynomial(tailP, r), e.polynomial(tailQ, r))
	tail = e.where(upper, tail, e.do("Neg", tail))
	return e.where(e.do("LessOrEqual", e.do("Abs", from), e.num(0.425)), middle, tail)
}

// unspread looks shares up; at 0 and 1 it is the ends.
func (e *emitter) unspread(u *stage.Unspread, x matrix) matrix {
	n := len(u.Shares)
	var shares, values [][]float64
	least, most := make([]float64, x.width), make([]float64, x.width)
	for j := range x.width {
		row := u.Values[j*n : (j+1)*n]
		shares, values = append(shares, u.Shares), append(values, row)
		least[j], most[j] = row[0], row[n-1]
	}
	m := e.interpolate(shares, values, x)
	m.name = e.where(e.do("Equal", x.name, e.num(1)), e.row(most), m.name)
	m.name = e.where(e.do("Equal", x.name, e.num(0)), e.row(least), m.name)
	return m
}
