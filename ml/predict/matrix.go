package predict

import (
	"math"

	"dasier/ml/frame"
	"dasier/ml/stage"
)

// matrix computes the features of a row one by one, for estimators whose
// features cannot be fused away: trees, several classes, and steps that are
// not affine.
type matrix struct {
	cells  []cell
	steps  []stage.Compiled
	tables []float64
}

// cell is one feature: the steps from at to end on a number, or a table of a
// category.
type cell struct {
	input   int32
	at, end int32
	table   bool
}

// needsMatrix tells whether a spec's features have to be computed one by one.
func needsMatrix(s *Spec) bool {
	if s.Linear == nil || len(s.Stages) > 0 || s.Takes != nil || len(s.Outputs) > 0 {
		return true
	}
	for j := range s.Features {
		if s.Features[j].Op == opSteps {
			return true
		}
	}
	return false
}

func newMatrix(s *Spec) *matrix {
	m := &matrix{cells: make([]cell, len(s.Features))}
	for j := range s.Features {
		f := &s.Features[j]
		in := &s.Inputs[f.Input]
		c := cell{input: int32(f.Input)} //nolint:gosec // checkSpec bounds it
		if in.Kind == frame.Category {
			c.table, c.at = true, int32(len(m.tables)) //nolint:gosec // checkSpec bounds levels
			m.tables = append(m.tables, tableOf(f, in)...)
		} else {
			c.at = int32(len(m.steps)) //nolint:gosec // checkSpec bounds steps
			for _, s := range stepsOf(f) {
				m.steps = append(m.steps, s.Compile())
			}
			c.end = int32(len(m.steps)) //nolint:gosec // checkSpec bounds steps
		}
		m.cells[j] = c
	}
	return m
}

// tableOf spells a feature of a category out: a value per level, then for an
// unknown and for a missing one.
func tableOf(f *Feature, in *Input) []float64 {
	if f.Op == opTable {
		return f.Table
	}
	table := make([]float64, len(in.Levels)+2)
	for k, level := range in.Levels {
		if f.Op == opEquals && level == f.Level {
			table[k] = 1
		}
	}
	table[len(in.Levels)+1] = 1
	if f.Op == opEquals {
		table[len(in.Levels)+1] = f.Impute
	}
	for k := range table {
		table[k] = (table[k] - f.Center) / f.Scale
	}
	return table
}

// stepsOf spells a feature of a number out.
func stepsOf(f *Feature) []stage.Step {
	if f.Op == opSteps {
		return f.Steps
	}
	steps := []stage.Step{{Op: "missing"}}
	if f.Op == opValue {
		steps = []stage.Step{{Op: "impute", A: f.Impute}}
		if f.Log {
			steps = append(steps, stage.Step{Op: "clip", A: aboveMinusOne, B: math.Inf(1)}, stage.Step{Op: "log1p"})
		}
	}
	if f.Center != 0 {
		steps = append(steps, stage.Step{Op: "sub", A: f.Center})
	}
	if f.Scale != 1 {
		steps = append(steps, stage.Step{Op: "div", A: f.Scale})
	}
	return steps
}

// fill computes every feature of a row.
func (m *matrix) fill(row *Row, x []float64) {
	for j := range m.cells {
		c := &m.cells[j]
		if c.table {
			x[j] = m.tables[c.at+row.codes[c.input]]
			continue
		}
		v := row.numbers[c.input]
		for _, s := range m.steps[c.at:c.end] {
			v = s.Of(v)
		}
		x[j] = v
	}
}
