package sklearn

import (
	"fmt"
	"math"
	"slices"

	"dasier/ml/predict"
	"dasier/ml/stage"
)

// design is what stands between the inputs and an estimator at one place of a
// pipeline: columns, in order.
type design struct {
	builder *builder // shared by all designs of a model
	columns []column
	sparse  bool // scikit-learn holds it as a sparse matrix
}

// input is a raw column of the data.
type input struct {
	name     string
	kind     kind
	levels   []string
	refuses  bool // an encoder fails on unknown categories
	required bool // some part fails without a value
}

type kind uint8

const (
	open     kind = iota // nothing has looked at it yet
	numeric              // something computes with it
	category             // something encodes it
)

// column is one column: of one input, a number by steps or a category by a table
// and then steps; or a cell that a stage computed, and then steps.
type column struct {
	input int  // an index into the builder's inputs; -1 for a cell's
	cell  cell // where input is -1
	name  string
	steps []stage.Step
	fill  *string // before it is encoded: what a missing category becomes
	table *table  // after
}

// table is what an encoder makes of a category.
type table struct {
	values       map[string]float64
	unknown      float64
	missing      float64
	missingFails bool
}

// in is the input of a column; a cell's is none that matters: a number.
func (d *design) in(c *column) *input {
	if c.input < 0 {
		return &input{name: c.name, kind: numeric}
	}
	return d.builder.inputs[c.input]
}

// with gives a design of other columns over the same inputs.
func (d *design) with(columns []column) *design {
	return &design{builder: d.builder, columns: columns, sparse: d.sparse}
}

// then gives a column with more steps.
func (c column) then(steps ...stage.Step) column {
	c.steps = append(slices.Clone(c.steps), steps...)
	return c
}

// number makes sure that a column is one that can be computed with.
func (d *design) number(p part, c *column) error {
	in := d.in(c)
	if c.table != nil {
		return nil
	}
	if c.fill != nil || in.kind == category {
		return p.wrong("the column %q holds categories here, and it computes with numbers", in.name)
	}
	in.kind = numeric
	return nil
}

// each applies steps to every column of a design.
func (d *design) each(p part, steps func(j int) []stage.Step) (*design, error) {
	out := make([]column, len(d.columns))
	for j, c := range d.columns {
		if err := d.number(p, &c); err != nil {
			return nil, err
		}
		out[j] = c.then(steps(j)...)
	}
	return d.with(out), nil
}

// tableOf spells a table out for all levels of its input.
func (c *column) tableOf(levels []string) []float64 {
	values := make([]float64, len(levels)+2)
	for k, level := range levels {
		v, ok := c.table.values[level]
		if !ok {
			v = c.table.unknown
		}
		values[k] = v
	}
	values[len(levels)], values[len(levels)+1] = c.table.unknown, c.table.missing
	for k, v := range values {
		values[k] = stage.Apply(c.steps, v)
	}
	return values
}

// plainly says steps in the form that a linear model is fused from, where they
// are an imputation and an affine function.
func plainly(f predict.Feature) predict.Feature {
	if f.Op != "steps" {
		return f
	}
	plain := predict.Feature{Name: f.Name, Input: f.Input, Op: "value", Scale: 1}
	steps := f.Steps
	if len(steps) == 0 || steps[0].Op != "impute" || math.Abs(steps[0].A) > 1e99 {
		return f
	}
	plain.Impute, steps = steps[0].A, steps[1:]
	if len(steps) > 0 && steps[0].Op == "sub" {
		plain.Center, steps = steps[0].A, steps[1:]
	}
	if len(steps) > 0 && steps[0].Op == "div" && steps[0].A != 0 {
		plain.Scale, steps = steps[0].A, steps[1:]
	}
	if len(steps) > 0 {
		return f
	}
	return plain
}

// newDesign makes the raw columns of a model.
func newDesign(names []string) *design {
	d := &design{builder: &builder{}}
	for i, name := range names {
		d.builder.inputs = append(d.builder.inputs, &input{name: name})
		d.columns = append(d.columns, column{input: i, name: name})
	}
	return d
}

func unnamed(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("x%d", i)
	}
	return names
}
