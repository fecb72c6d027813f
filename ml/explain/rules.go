package explain

import (
	"math"

	"dasier/ml/stage"
)

// The rules of a chain (chain.go) that take more than a line.

// trees has the effects of an ensemble over features.
func (c *chain) trees(k int, out [][]float64) {
	of, from := c.program.StageTrees(k), c.spec.Stages[k].From
	x := make([]float64, len(from))
	for j, cell := range from {
		x[j] = c.x[cell]
	}
	of.Forest.Cast(x)
	into := make([]Contribution, len(c.program.Inputs()))
	for o := range out {
		clear(into)
		trees(of, x, c.row, o, 1, into)
		for i := range into {
			out[o][i] = into[i].Effect
		}
	}
}

// splines of one cell are functions of it, each with its own mean slope.
func (c *chain) splines(do *stage.Splines, from []int32, out [][]float64, at int) {
	o := 0
	for j, cell := range from {
		moved := c.x[cell] - c.base[cell]
		for range do.Width(j) {
			if moved != 0 {
				c.add(out[o], cell, (c.x[at+o]-c.base[at+o])/moved)
			}
			o++
		}
	}
}

// products go factor by factor: a product of two players changes by what each
// changes times the mean of the other.
func (c *chain) products(do *stage.Products, from []int32, out [][]float64) {
	type term struct{ x, base float64 }
	terms, effects := make([]term, len(do.Terms)), make([][]float64, len(do.Terms))
	for k, t := range do.Terms {
		effects[k] = make([]float64, c.players)
		switch {
		case t.Cell < 0:
			terms[k] = term{1, 1}
		case t.Of < 0:
			terms[k] = term{c.x[from[t.Cell]], c.base[from[t.Cell]]}
			c.add(effects[k], from[t.Cell], 1)
		default:
			x, base, before := c.x[from[t.Cell]], c.base[from[t.Cell]], terms[t.Of]
			terms[k] = term{before.x * x, before.base * base}
			c.add(effects[k], from[t.Cell], (before.x+before.base)/2)
			for i, v := range effects[t.Of] {
				effects[k][i] += v * (x + base) / 2
			}
		}
	}
	for o := range out {
		copy(out[o], effects[do.Hidden+o])
	}
}

// share has the effects on g(cell) over the sum of g of all cells. Of a quotient
// a/b with the players a and b, from a0/b0, they are (a-a0) (1/b + 1/b0) / 2 and
// (1/b - 1/b0) (a + a0) / 2; the latter is shared by the cells in proportion to
// what they add to b.
func (c *chain) share(cells []int32, out [][]float64, do stage.Operation, g func(float64) float64) {
	sum, sumBase := 0.0, 0.0
	for _, cell := range cells {
		sum += g(c.x[cell])
		sumBase += g(c.base[cell])
	}
	if sum < least || sumBase < least {
		c.walk(cells, out, do)
		return
	}
	all := make([]float64, c.players) // the effects on the sum
	for k, cell := range cells {
		c.add(out[k], cell, slope(g, c.base[cell], c.x[cell]))
		for i, v := range out[k] {
			all[i] += v
		}
	}
	for k, cell := range cells {
		own, rest := (1/sum+1/sumBase)/2, -(g(c.x[cell])+g(c.base[cell]))/2/sum/sumBase
		for i := range out[k] {
			out[k][i] = out[k][i]*own + all[i]*rest
		}
	}
}

// least is the smallest sum that shares are taken of as a quotient, where the
// greatest part is 1 at the row or at the base: what is far below it at one of the
// two cancels at the other.
const least = 1e-5

// walk has the effects on shares where scores lie so far apart that a sum nearly vanishes:
// cells go from the base to the row one after another, and in the other order, and
// each passes on what its step changes.
func (c *chain) walk(cells []int32, out [][]float64, do stage.Operation) {
	n := len(cells)
	at, before, after := make([]float64, n), make([]float64, n), make([]float64, n)
	for _, backwards := range [...]bool{false, true} {
		for k, cell := range cells {
			at[k] = c.base[cell]
		}
		do.Apply(at, after, nil)
		for k := range cells {
			if backwards {
				k = n - 1 - k
			}
			copy(before, after)
			moved := c.x[cells[k]] - at[k]
			at[k] = c.x[cells[k]]
			do.Apply(at, after, nil)
			for o := range out {
				if moved != 0 {
					c.add(out[o], cells[k], (after[o]-before[o])/moved/2)
				}
			}
		}
	}
}

// slope is the mean slope of a function between two places; and at one place, where
// they are so close that the quotient would be noise and the function is smooth.
func slope(g func(float64) float64, from, to float64) float64 {
	const near = 1e-6
	change := g(to) - g(from)
	if step := near * max(1, math.Abs(to)); math.Abs(to-from) < step {
		step *= 100
		tangent := (g(to+step) - g(to-step)) / (2 * step)
		if math.Abs(change-tangent*(to-from)) <= 1e-12*max(1, math.Abs(g(to))) {
			return tangent
		}
	}
	return change / (to - from)
}
