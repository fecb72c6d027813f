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
		return matrix{}, true, cannot("filling in from the nearest rows (KNNImputer) has no operator")
	case *stage.Coupling:
		return matrix{}, true, cannot("the coupling of pairwise probabilities (SVC with several classes and probability=True) is a loop that ends when it is good enough")
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

// The coefficients of the normal distribution's quantiles, in the middle and
// below exp(-2) (Cephes Mathematical Library 2.1, ndtri.c).
var (
	middleP = []float64{-5.99633501014107895267e1, 9.80010754185999661536e1, -5.66762857469070293439e1, 1.39312609387279679503e1, -1.23916583867381258016e0}
	middleQ = []float64{1, 1.95448858338141759834e0, 4.67627912898881538453e0, 8.63602421390890590575e1, -2.25462687854119370527e2, 2.00260212380260660359e2, -8.20372256168333339912e1, 1.59056225126211695515e1, -1.18331621121130003142e0}
	tailP   = []float64{4.05544892305962419923e0, 3.15251094599893866154e1, 5.71628192246421288162e1, 4.40805073893200834700e1, 1.46849561928858024014e1, 2.18663306850790267539e0, -1.40256079171354495875e-1, -3.50424626827848203418e-2, -8.57456785154685413611e-4}
	tailQ   = []float64{1, 1.57799883256466749731e1, 4.53907635128879210584e1, 4.13172038254672030440e1, 1.50425385692907503408e1, 2.50464946208309415979e0, -1.42182922854787788574e-1, -3.80806407691578277194e-2, -9.33259480895457427372e-4}
)

// normalQuantile is of ranks from 1e-14 to as much less than 1; those beyond
// come out far, and are cut by the caller.
func (e *emitter) normalQuantile(rank string) string {
	const tail = 0.13533528323661269189 // exp(-2)
	one := e.num(1)
	upper := e.do("Greater", rank, e.num(1-tail))
	y := e.do("Max", e.where(upper, e.sub(one, rank), rank), e.num(1e-14))
	// The middle.
	w := e.sub(y, e.num(0.5))
	w2 := e.mul(w, w)
	ratio := e.mul(w2, e.div(e.polynomial(middleP, w2), e.polynomial(middleQ, w2)))
	middle := e.mul(e.add(w, e.mul(w, ratio)), e.num(math.Sqrt(2*math.Pi)))
	// The tails.
	r := e.do("Sqrt", e.mul(e.num(-2), e.do("Log", y)))
	z := e.div(one, r)
	far := e.sub(e.sub(r, e.div(e.do("Log", r), r)), e.mul(z, e.div(e.polynomial(tailP, z), e.polynomial(tailQ, z))))
	far = e.where(upper, far, e.do("Neg", far))
	return e.where(e.do("Greater", y, e.num(tail)), middle, far)
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
