package explain

import (
	"math"

	"dasier/ml/predict"
	"dasier/ml/stage"
)

// chain passes effects on from cell to cell of a program: those of Chen, Lundberg
// and Lee 2022, "Explaining a series of models by propagating Shapley values"
// (Nature Communications 13, section "DeepSHAP"), who attribute to each part of a
// series what it adds, and rescale what its inputs were attributed before.
//
//   - A feature's effect is its input's: what it is beyond its mean.
//   - A weighted sum of cells has the weighted sum of their effects, which is exact.
//   - Trees have their Shapley values (treeshap.go).
//   - A function of one cell multiplies its effects by the mean slope between base
//     and row (the rescale rule: Shrikumar, Greenside and Kundaje 2017, "Learning
//     important features through propagating activation differences", section
//     3.5.1), so that they still add up.
//   - A share is a cell over the sum of its group: the two players of a quotient
//     have Shapley values in closed form.
//
// What differs from the paper: there is one base, the mean, in place of many
// background rows, so that a row costs about as much as the parts' own
// explanations.
//
// Invariant: every cell is its base plus the effects of all inputs, up to rounding.
type chain struct {
	program  *predict.Program
	spec     predict.Spec
	row      *predict.Row
	x, base  []float64   // cells of the row and of the base
	computed [][]float64 // effects per input of the cells that stages compute; nil: not needed
	inputs   int
}

func newChain(p *predict.Program, row *predict.Row) *chain {
	c := &chain{program: p, spec: p.Spec(), row: row, x: p.Cells(row), base: p.BaseCells(), inputs: len(p.Inputs())}
	c.computed = make([][]float64, len(c.x)-len(c.spec.Features))
	return c
}

// explain adds the effects on a score to into.
func (c *chain) explain(class int, into []Contribution) {
	at := len(c.spec.Features)
	for k := range c.spec.Stages {
		st := &c.spec.Stages[k]
		width, _ := st.Do.Check(len(st.From)) // Compile has seen that there is no error
		if c.program.Needs(k) {
			c.stage(k, at, width)
		}
		at += width
	}
	effects := make([]float64, c.inputs)
	if c.spec.Answer != nil {
		c.add(effects, c.spec.Answer.Scores[class], 1)
	} else {
		linear := &c.program.Linears()[class]
		for j, w := range linear.Weights {
			if c.spec.Takes != nil {
				c.add(effects, c.spec.Takes[j], w)
			} else {
				c.add(effects, int32(j), w) //nolint:gosec // Compile bounds features
			}
		}
	}
	for i, v := range effects {
		into[i].Effect += c.program.Sign() * v
	}
}

// add adds a cell's effects, times a factor.
func (c *chain) add(effects []float64, cell int32, factor float64) {
	if features := len(c.spec.Features); int(cell) >= features {
		for i, v := range c.computed[int(cell)-features] {
			effects[i] += factor * v
		}
		return
	}
	effects[c.spec.Features[cell].Input] += factor * (c.x[cell] - c.base[cell])
}

// stage computes the effects on the cells that a stage gives, from at on.
func (c *chain) stage(k, at, width int) {
	st := &c.spec.Stages[k]
	out := c.computed[at-len(c.spec.Features):][:width]
	memory := make([]float64, width*c.inputs)
	for o := range out {
		out[o] = memory[o*c.inputs : (o+1)*c.inputs]
	}
	switch do := st.Do.(type) {
	case *stage.Affine:
		for o := range out {
			for j, from := range st.From {
				c.add(out[o], from, do.Weights[o*len(st.From)+j])
			}
		}
	case *stage.Average:
		shares := do.Shares(len(st.From) / width)
		for j, from := range st.From {
			c.add(out[j%width], from, shares[j/width])
		}
	case *stage.Elementwise:
		for j, from := range st.From {
			c.add(out[j], from, slope(func(x float64) float64 { return do.Of(j, x) }, c.base[from], c.x[from]))
		}
	case stage.Complement:
		c.add(out[0], st.From[0], -1)
		c.add(out[1], st.From[0], 1)
	case stage.Softmax:
		most := math.Inf(-1)
		for _, from := range st.From {
			most = max(most, c.x[from], c.base[from])
		}
		c.share(st.From, out, do, func(x float64) float64 { return math.Exp(x - most) })
	case *stage.Curve:
		of := func(x float64) float64 { return stage.Interpolate(do.X, do.Y, x) }
		c.add(out[0], st.From[0], slope(of, c.base[st.From[0]], c.x[st.From[0]]))
	case *stage.Splines:
		c.splines(do, st.From, out, at)
	case *stage.Products:
		c.products(do, st.From, out)
	case stage.Shares:
		c.share(st.From, out, do, func(x float64) float64 { return x })
	case stage.OneVsAll:
		c.share(st.From, out, do, stage.Logistic)
	case *stage.Trees:
		c.trees(k, out)
	}
}

// trees has the effects of an ensemble over features.
func (c *chain) trees(k int, out [][]float64) {
	of, from := c.program.StageTrees(k), c.spec.Stages[k].From
	x := make([]float64, len(from))
	for j, cell := range from {
		x[j] = c.x[cell]
	}
	of.Forest.Cast(x)
	into := make([]Contribution, c.inputs)
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
		effects[k] = make([]float64, c.inputs)
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
	all := make([]float64, c.inputs) // the effects on the sum
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
