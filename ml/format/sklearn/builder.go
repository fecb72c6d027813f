package sklearn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"dasier/ml/predict"
	"dasier/ml/stage"
)

// builder collects the parts of a spec while a model is followed: inputs,
// features and stages. Cells are numbered as they come; the spec numbers
// features first.
type builder struct {
	inputs   []*input
	readings []predict.Reading
	kept     map[int]int // readings in the spec
	features []feature
	known    map[string]cell // features that stand already, by what they are
	first    []built         // stages before all others
	stages   []built
	cells    []source
	guards   []cell // one that is NaN spoils the answer
	wide     int    // columns made so far (room.go)
	encoded  int    // numbers of encoders' tables so far
}

// feature is a column of an input that something computes with. How the spec
// says it is known at the end (resolve.go).
type feature struct {
	column  column
	cell    cell
	said    predict.Feature
	moved   bool // a stage computes it instead
	instead cell
}

// cell is a number that a feature or a stage computes: an index into
// builder.cells.
type cell int32

// maxCells is package predict's bound.
const maxCells = 2_000_000

// source is where a cell comes from: a feature, or (below 0) a stage.
type source struct{ feature int32 }

type built struct {
	from []cell
	do   stage.Operation
	out  []cell
}

// missing says what an estimator makes of missing values.
type missing uint8

const (
	refusesMissing missing = iota // an input that would bring one becomes required
	takesMissing
)

// materialize computes the columns of a design: a cell for each.
func (d *design) materialize(p part, how missing) ([]cell, error) {
	if err := d.builder.widen(p, len(d.columns), 0); err != nil {
		return nil, err
	}
	cells := make([]cell, len(d.columns))
	var later []int // columns of cells that have yet to be computed
	var from []cell
	var links [][]link
	for j := range d.columns {
		c := &d.columns[j]
		if err := d.number(p, c); err != nil {
			return nil, err
		}
		switch {
		case c.input >= 0:
			if gap, ok := c.run(value{x: math.NaN()}); !ok || math.IsNaN(gap) && how == refusesMissing {
				d.in(c).required = true
			}
			bare := *c
			if len(c.links) > 1 && c.links[0].words != nil { // the rest is done to all terms at once
				bare.links = c.links[:1]
				later, from, links = append(later, j), append(from, d.builder.feature(bare)), append(links, c.links[1:])
				continue
			}
			cells[j] = d.builder.feature(*c)
		case len(c.links) == 0:
			cells[j] = c.cell
		default:
			later, from, links = append(later, j), append(from, c.cell), append(links, c.links)
		}
	}
	if len(later) == 0 {
		return cells, nil
	}
	out, err := d.builder.chain(p, from, links)
	for k, c := range out {
		cells[later[k]] = c
	}
	return cells, err
}

// materializeColumn computes one column.
func (d *design) materializeColumn(p part, c *column, how missing) (cell, error) {
	cells, err := d.with([]column{*c}).materialize(p, how)
	if err != nil {
		return 0, err
	}
	return cells[0], nil
}

// feature adds a feature, or finds the one that is the same.
func (b *builder) feature(f column) cell {
	var key strings.Builder
	fmt.Fprintf(&key, "%d", f.input)
	for _, l := range f.links {
		fmt.Fprintf(&key, " %v %p %p %p", l.step, l.table, l.fill, l.words)
	}
	if c, ok := b.known[key.String()]; ok {
		return c
	}
	if b.known == nil {
		b.known = map[string]cell{}
	}
	c := cell(len(b.cells))                                            //nolint:gosec // package predict bounds cells
	b.cells = append(b.cells, source{feature: int32(len(b.features))}) //nolint:gosec // as above
	b.features = append(b.features, feature{column: f, cell: c})
	b.known[key.String()] = c
	return c
}

// stage adds an operation on cells and gives the cells that it computes.
func (b *builder) stage(p part, do stage.Operation, from []cell) ([]cell, error) {
	width, err := do.Check(len(from))
	if err != nil {
		return nil, p.wrong("%v", err)
	}
	if len(b.cells)+width > maxCells {
		return nil, p.wrong("the model computes more than %d numbers of a row", maxCells)
	}
	one := built{from: slices.Clone(from), do: do}
	for range width {
		one.out = append(one.out, cell(len(b.cells)))  //nolint:gosec // bounded above
		b.cells = append(b.cells, source{feature: -1}) // numbered in the end
	}
	b.stages = append(b.stages, one)
	return one.out, nil
}

// through puts a design through an operation: its columns are what comes out,
// under the names given (or numbered ones).
func (d *design) through(p part, do stage.Operation, how missing, names []string) (*design, error) {
	from, err := d.materialize(p, how)
	if err != nil {
		return nil, err
	}
	out, err := d.builder.stage(p, do, from)
	if err != nil {
		return nil, err
	}
	return d.with(columnsOf(out, names)).dense(), nil
}

// columnsOf makes columns of cells.
func columnsOf(cells []cell, names []string) []column {
	columns := make([]column, len(cells))
	for k, c := range cells {
		columns[k] = column{input: -1, cell: c, name: fmt.Sprintf("cell %d", k)}
		if k < len(names) {
			columns[k].name = names[k]
		}
	}
	return columns
}

// finish writes inputs, features and stages into a spec, and gives the final
// number of every cell.
func (b *builder) finish(spec *predict.Spec) []int32 {
	used := make([]bool, len(b.inputs))
	for j := range b.features {
		used[b.features[j].column.input] = true
	}
	if !slices.Contains(used, true) { // a constant takes its columns all the same
		for i := range used {
			used[i] = true
		}
	}
	place := make([]int, len(b.inputs))
	for i, in := range b.inputs {
		place[i] = len(spec.Inputs)
		if used[i] {
			spec.Inputs = append(spec.Inputs, in.said())
		}
	}
	for j := range b.features {
		f := b.features[j].said
		if w := b.features[j].column.reads(); w != nil {
			f.Reading = b.keep(spec, w.reading, place)
		}
		f.Input = place[f.Input]
		spec.Features = append(spec.Features, f)
	}
	number := make([]int32, len(b.cells))
	for c, s := range b.cells {
		number[c] = s.feature
	}
	next := int32(len(b.features)) //nolint:gosec // package predict bounds features
	put := func(stages []built) {
		for _, s := range stages {
			for _, c := range s.out {
				number[c] = next
				next++
			}
			spec.Stages = append(spec.Stages, predict.Stage{From: numbered(s.from, number), Do: s.do})
		}
	}
	put(b.first)
	for j := range b.features { // from here on, what stages make of a feature stands for it
		if f := &b.features[j]; f.moved {
			number[f.cell] = number[f.instead]
		}
	}
	put(b.stages)
	return number
}

// reads is what a column reads in a text; nil when it is of another kind.
func (c *column) reads() *wording {
	if len(c.links) == 0 {
		return nil
	}
	return c.links[0].words
}

// keep gives the place of a reading in the spec, and puts it there the first time.
func (b *builder) keep(spec *predict.Spec, at int, place []int) int {
	if b.kept == nil {
		b.kept = map[int]int{}
	}
	k, ok := b.kept[at]
	if !ok {
		k = len(spec.Readings)
		b.kept[at] = k
		reading := b.readings[at]
		reading.Input = place[reading.Input]
		spec.Readings = append(spec.Readings, reading)
	}
	return k
}

func numbered(cells []cell, number []int32) []int32 {
	list := make([]int32, len(cells))
	for k, c := range cells {
		list[k] = number[c]
	}
	return list
}
