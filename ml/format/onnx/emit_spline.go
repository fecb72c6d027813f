package onnx

import (
	"math"

	"dasier/ml/stage"
)

// splines writes the B-splines of every column; see stage.Splines, whose
// steps these are.
func (e *emitter) splines(s *stage.Splines, x matrix) matrix {
	width := 0
	made := make([]string, x.width)
	for j, c := range e.parts(x.name, 1, x.width, 1) {
		spline := &s.Cells[j]
		n := spline.Splines
		all := matrix{e.spline(s, spline, c), n}
		if !s.Bias {
			all, _ = e.halves(all, n-1)
		}
		made[j] = all.name
		width += all.width
	}
	return matrix{e.join(made), width}
}

// spline is all splines of one column: [N, splines].
func (e *emitter) spline(s *stage.Splines, c *stage.Spline, x string) string {
	first, last := c.Knots[c.Degree], c.Knots[len(c.Knots)-c.Degree-1]
	missing := e.do("IsNaN", x)
	otherwise := math.NaN()
	if s.ZeroMissing {
		otherwise = 0
	}
	var values string
	switch s.Beyond {
	case stage.SplinePeriodic:
		period := e.num(last - first)
		over := e.node("Mod", []string{e.sub(x, e.num(first)), period}, intAttribute("fmod", 1))
		over = e.where(e.do("Less", over, e.num(0)), e.add(over, period), over)
		values = e.basis(c, e.add(e.num(first), over), 0)
	case stage.SplineContinue:
		values = e.basis(c, x, 0)
	default:
		inside := e.do("Min", e.do("Max", x, e.num(first)), e.num(last))
		values = e.where(e.do("Less", x, e.num(first)), e.beyond(s, c, x, first),
			e.where(e.do("Greater", x, e.num(last)), e.beyond(s, c, x, last), e.basis(c, inside, 0)))
	}
	return e.where(missing, e.num(otherwise), values)
}

// beyond goes on from an edge: constant, or with the slope that is there.
func (e *emitter) beyond(s *stage.Splines, c *stage.Spline, x string, edge float64) string {
	reach := c.Degree
	slopes := e.num(0)
	at := e.filled(edge, 1).name
	if s.Beyond == stage.SplineLinear {
		slopes = e.basis(c, at, 1)
		if c.Degree <= 1 {
			reach++
		}
	}
	goesOn := make([]bool, c.Splines)
	for j := range min(reach, c.Splines) {
		if edge == c.Knots[c.Degree] {
			goesOn[j] = true
		} else {
			goesOn[c.Splines-1-j] = true
		}
	}
	line := e.add(e.basis(c, at, 0), e.mul(e.sub(x, e.num(edge)), slopes))
	return e.where(e.flags(goesOn), line, e.num(0))
}

// basis is de Boor's recursion in the interval that a cell is in, mixed by the
// weights; with derivative 1 the slopes.
func (e *emitter) basis(c *stage.Spline, x string, derivative int) string {
	n, degree := len(c.Knots)-c.Degree-1, c.Degree
	// interval is, by how many of the first n knots a cell reaches, its interval.
	interval := make([]float64, n+1)
	for reached := range interval {
		t := min(max(reached-1, degree), n-1)
		for t > degree && c.Knots[t] == c.Knots[t+1] {
			t--
		}
		interval[reached] = float64(t)
	}
	reached := e.below([][]float64{c.Knots[:n]}, matrix{x, 1})
	at := e.cast(e.lookUp(interval, e.cast(reached, typeInt64)), typeInt64) // [N, 1]
	knot := func(offset int) string {                                       // the knot at a place from the interval's
		list := make([]float64, n)
		for t := range list {
			list[t] = c.Knots[min(max(t+offset, 0), len(c.Knots)-1)]
		}
		return e.lookUp(list, at)
	}
	h := make([]string, degree+1)
	for k := range h {
		h[k] = e.num(0)
	}
	if degree > 0 || derivative == 0 {
		h[0] = e.num(1)
	}
	for j := 1; j <= degree; j++ {
		before := append([]string(nil), h[:j]...)
		h[0] = e.num(0)
		for k := 1; k <= j; k++ {
			right, left := knot(k), knot(k-j)
			apart := e.sub(right, left)
			none := e.do("Equal", apart, e.num(0))
			share := e.where(none, e.num(0), e.div(before[k-1], apart))
			if derivative > 0 && j == degree {
				share = e.mul(e.num(float64(j)), share)
				h[k-1], h[k] = e.sub(h[k-1], share), share
				continue
			}
			h[k-1] = e.add(h[k-1], e.mul(share, e.sub(right, x)))
			h[k] = e.mul(share, e.sub(x, left))
		}
	}
	parts := make([]string, degree+1)
	for i := range h {
		// The row of weights of function t-degree+i, by t.
		rows := make([]float64, n*c.Splines)
		for t := degree; t < n; t++ {
			copy(rows[t*c.Splines:(t+1)*c.Splines], c.Weights[(t-degree+i)*c.Splines:])
		}
		parts[i] = e.mul(h[i], e.rowsOf(rows, c.Splines, at).name)
	}
	return e.inOrder(parts)
}
