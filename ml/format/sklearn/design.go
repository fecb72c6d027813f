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

// input is a raw column of the data. What kind it is turns out at the end, when
// all that is done with it is known: it may be encoded in one place and
// computed with in another.
type input struct {
	name     string
	texts    bool     // something takes its values for texts
	numbers  bool     // something computes with them
	read     bool     // they are free text, which something reads
	encoded  []column // as every encoder sees it
	required bool     // some part fails without a value

	// Of a category, once it is known to be one.
	category bool
	levels   []level
	known    map[string]bool // their labels
	refuses  bool            // an encoder fails on unknown categories
}

// column is one column: of one input, or a cell that a stage computed, and what
// is done to it, in order.
type column struct {
	input int  // an index into the builder's inputs; -1 for a cell's
	cell  cell // where input is -1
	name  string
	links []link
	// stored: of a sparse matrix, a 0 that is given is there, and what is not given
	// is not; its one link makes a 0 of that.
	stored bool
}

// link is one thing done to a column: a step, a table, a text for another, or what
// is read in a text, which is the first.
type link struct {
	step  stage.Step // where the others are nil
	table *table
	fill  *filling
	words *wording
}

// filling is what an imputer of texts does.
type filling struct {
	mark *string // the text that means missing; nil: a missing value
	with string
}

// in is the input of a column; a cell's is none that matters: a number.
func (d *design) in(c *column) *input {
	if c.input < 0 {
		return &input{name: c.name, numbers: true}
	}
	return d.builder.inputs[c.input]
}

// with gives a design of other columns over the same inputs.
func (d *design) with(columns []column) *design {
	return &design{builder: d.builder, columns: columns, sparse: d.sparse}
}

// dense gives a design that scikit-learn holds as a plain matrix.
func (d *design) dense() *design {
	d.sparse = false
	return d
}

// names are the columns'.
func (d *design) names() []string {
	names := make([]string, len(d.columns))
	for j := range names {
		names[j] = d.columns[j].name
	}
	return names
}

// then gives a column with more steps.
func (c column) then(steps ...stage.Step) column {
	c.links = slices.Clone(c.links)
	for _, s := range steps {
		c.links = append(c.links, link{step: s})
	}
	return c
}

// thenLink gives a column with one thing more done to it.
func (c column) thenLink(l link) column {
	c.links = append(slices.Clone(c.links), l)
	return c
}

// text tells whether a column may hold texts: nothing has made numbers of it.
func (c *column) text() bool {
	for _, l := range c.links {
		if l.table != nil || l.words != nil || l.fill == nil && l.step.Op == "missing" {
			return false
		}
	}
	return c.input >= 0
}

// raw tells whether a column still is its input, with gaps filled at most.
func (c *column) raw() bool {
	for _, l := range c.links {
		if l.table != nil || l.words != nil || l.fill == nil && l.step.Op != "impute" && l.step.Op != "replace" {
			return false
		}
	}
	return c.input >= 0
}

// number makes sure that a column is one that can be computed with.
func (d *design) number(p part, c *column) error {
	if !c.text() {
		return nil
	}
	in := d.in(c)
	if in.texts {
		return p.wrong("the column %q holds texts here, and it computes with numbers: encode the column before", in.name)
	}
	in.numbers = true
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
