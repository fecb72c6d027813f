package sklearn

import (
	"fmt"
	"math"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// builder collects the parts of a spec while a model is followed: inputs,
// features and stages. Cells are numbered as they come; the spec numbers
// features first.
type builder struct {
	inputs   []*input
	features []predict.Feature // Input is an index into inputs
	known    map[string]cell   // features that stand already, by what they are
	stages   []built
	cells    []source
}

// cell is a number that a feature or a stage computes: an index into
// builder.cells.
type cell int32

// source is where a cell comes from: a feature, or an output of a stage.
type source struct{ feature, stage, output int32 }

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
	cells := make([]cell, len(d.columns))
	for j := range d.columns {
		c, err := d.materializeColumn(p, &d.columns[j], how)
		if err != nil {
			return nil, err
		}
		cells[j] = c
	}
	return cells, nil
}

func (d *design) materializeColumn(p part, c *column, how missing) (cell, error) {
	if err := d.number(p, c); err != nil {
		return 0, err
	}
	b := d.builder
	if c.input < 0 {
		if len(c.steps) == 0 {
			return c.cell, nil
		}
		steps, err := stage.NewElementwise([][]stage.Step{c.steps})
		if err != nil {
			return 0, p.wrong("%v", err)
		}
		out, err := b.stage(p, steps, []cell{c.cell})
		if err != nil {
			return 0, err
		}
		return out[0], nil
	}
	in := d.in(c)
	f := predict.Feature{Name: c.name, Input: c.input}
	var gap float64
	if c.table == nil {
		f.Op, f.Steps = "steps", c.steps
		gap = stage.Apply(c.steps, math.NaN())
	} else {
		f.Op, f.Table = "table", c.tableOf(in.levels)
		gap = f.Table[len(in.levels)+1]
		in.required = in.required || c.table.missingFails
	}
	if math.IsNaN(gap) && how == refusesMissing {
		in.required = true
	}
	return b.feature(f), nil
}

// feature adds a feature, or finds the one that is the same.
func (b *builder) feature(f predict.Feature) cell {
	key := fmt.Sprintf("%d %s %q %v %v", f.Input, f.Op, f.Name, f.Steps, f.Table)
	if c, ok := b.known[key]; ok {
		return c
	}
	if b.known == nil {
		b.known = map[string]cell{}
	}
	c := cell(len(b.cells))                                                                   //nolint:gosec // package predict bounds cells
	b.cells = append(b.cells, source{feature: int32(len(b.features)), stage: -1, output: -1}) //nolint:gosec // as above
	b.features = append(b.features, plainly(f))
	b.known[key] = c
	return c
}

// stage adds an operation on cells and gives the cells that it computes.
func (b *builder) stage(p part, do stage.Operation, from []cell) ([]cell, error) {
	width, err := do.Check(len(from))
	if err != nil {
		return nil, p.wrong("%v", err)
	}
	one := built{from: from, do: do}
	for k := range width {
		one.out = append(one.out, cell(len(b.cells)))                                                 //nolint:gosec // package predict bounds cells
		b.cells = append(b.cells, source{feature: -1, stage: int32(len(b.stages)), output: int32(k)}) //nolint:gosec // as above
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
	return d.with(columnsOf(out, names)), nil
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
		used[b.features[j].Input] = true
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
	for _, f := range b.features {
		f.Input = place[f.Input]
		spec.Features = append(spec.Features, f)
	}
	number := make([]int32, len(b.cells))
	next := int32(len(b.features)) //nolint:gosec // package predict bounds features
	for c, s := range b.cells {
		if s.stage < 0 {
			number[c] = s.feature
			continue
		}
		number[c] = next
		next++
	}
	for _, s := range b.stages {
		spec.Stages = append(spec.Stages, predict.Stage{From: numbered(s.from, number), Do: s.do})
	}
	return number
}

func numbered(cells []cell, number []int32) []int32 {
	list := make([]int32, len(cells))
	for k, c := range cells {
		list[k] = number[c]
	}
	return list
}

func (in *input) said() predict.Input {
	out := predict.Input{Name: in.name, Kind: frame.Number, Required: in.required}
	if in.kind == category {
		out.Kind, out.Levels, out.Unknown = frame.Category, in.levels, predict.UnknownIgnore
		if in.refuses {
			out.Unknown = predict.UnknownError
		}
	}
	return out
}
