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
// All rules are linear in the effects that come in, so that the same pass says what
// a text's features are multiplied by in the end, from where words have their
// effects (words.go): then each of those is a player after the inputs, and begins
// with 1 in place of its effect.
//
// Invariant: every cell is its base plus the effects of all inputs, up to rounding.
type chain struct {
	program  *predict.Program
	spec     predict.Spec
	row      *predict.Row
	x, base  []float64   // cells of the row and of the base
	computed [][]float64 // effects per player of the cells that stages compute; nil: not needed
	players  int         // the inputs, and what is asked for besides
	factors  []int       // per feature: the player whose factor is asked for, 0: none; nil: nobody asks
}

func newChain(p *predict.Program, row *predict.Row) *chain {
	c := &chain{program: p, spec: p.Spec(), row: row, x: p.Cells(row), base: p.BaseCells(), players: len(p.Inputs())}
	c.computed = make([][]float64, len(c.x)-len(c.spec.Features))
	return c
}

// explain adds the effects on a score to into.
func (c *chain) explain(class int, into []Contribution) {
	for i, v := range c.effects(class) {
		into[i].Effect += c.program.Sign() * v
	}
}

// effects are those of every player on a score of the estimator.
func (c *chain) effects(class int) []float64 {
	at := len(c.spec.Features)
	for k := range c.spec.Stages {
		st := &c.spec.Stages[k]
		width, _ := st.Do.Check(len(st.From)) // Compile has seen that there is no error
		if c.program.Needs(k) {
			c.stage(k, at, width)
		}
		at += width
	}
	effects := make([]float64, c.players)
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
	return effects
}

// add adds a cell's effects, times a factor.
func (c *chain) add(effects []float64, cell int32, factor float64) {
	if features := len(c.spec.Features); int(cell) >= features {
		for i, v := range c.computed[int(cell)-features] {
			effects[i] += factor * v
		}
		return
	}
	if c.factors != nil && c.factors[cell] > 0 {
		effects[c.factors[cell]] += factor
		return
	}
	effects[c.spec.Features[cell].Input] += factor * (c.x[cell] - c.base[cell])
}

// stage computes the effects on the cells that a stage gives, from at on.
func (c *chain) stage(k, at, width int) {
	st := &c.spec.Stages[k]
	out := c.computed[at-len(c.spec.Features):][:width]
	memory := make([]float64, width*c.players)
	for o := range out {
		out[o] = memory[o*c.players : (o+1)*c.players]
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
	case stage.Cap:
		of := func(x float64) float64 {
			at := [1]float64{x}
			do.Apply(at[:], at[:], nil)
			return at[0]
		}
		for j, from := range st.From {
			c.add(out[j], from, slope(of, c.base[from], c.x[from]))
		}
	case *stage.Scatter:
		for j, from := range st.From {
			clear(out[do.To[j]]) // the last one stays
			c.add(out[do.To[j]], from, 1)
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
