package predict

import (
	"math"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/stage"
)

// matrix computes the features of a row one by one, for estimators whose
// features cannot be fused away: trees, several classes, and steps that are
// not affine.
type matrix struct {
	cells  []cell
	hashed []int // the inputs whose texts are hashed
	curves []curve
	steps  []stage.Compiled
	tables []float64

	readings []reading
}

// cell is one feature: the steps from at to end on a number, or a table at at of
// a category. An indicator's table has three entries, however many levels there
// are: of other codes, of its own, and of a missing one; end and missing are the
// codes.
type cell struct {
	input            int32
	at, end, missing int32
	kind             cellKind
}

type cellKind uint8

const (
	steps cellKind = iota
	table
	indicator
	bucket // at is the bucket; its centre and scale are of the curve at end
	points // the curve at end
	read   // a reading sees to it
)

// curve is what a bucket or a line through points needs besides its input.
type curve struct {
	center, scale float64
	impute        float64
	x, y          []float64
}

// needsMatrix tells whether a spec's features have to be computed one by one.
func needsMatrix(s *Spec) bool {
	if s.Linear == nil || len(s.Stages) > 0 || s.Takes != nil || len(s.Outputs) > 0 || s.wideByRow() {
		return true
	}
	for j := range s.Features {
		switch s.Features[j].Op {
		case opSteps, opHashed, opCurve, opTerm, opTerms:
			return true
		}
	}
	return false
}

func newMatrix(s *Spec, codes []map[string]int32) *matrix {
	m := &matrix{cells: make([]cell, len(s.Features))}
	for j := range s.Features {
		f := &s.Features[j]
		in := &s.Inputs[f.Input]
		c := cell{input: int32(f.Input)} //nolint:gosec // checkSpec bounds it
		switch {
		case f.ofReading():
			c.kind = read
		case f.Op == opHashed:
			c.kind, c.at, c.end = bucket, int32(f.Bucket), int32(len(m.curves)) //nolint:gosec // checkSpec bounds them
			m.curves = append(m.curves, curve{center: f.Center, scale: f.Scale})
			if !slices.Contains(m.hashed, f.Input) {
				m.hashed = append(m.hashed, f.Input)
			}
		case f.Op == opCurve:
			c.kind, c.end = points, int32(len(m.curves)) //nolint:gosec // checkSpec bounds them
			m.curves = append(m.curves, curve{impute: f.Impute, x: slices.Clone(f.X), y: slices.Clone(f.Y)})
		case in.Kind == frame.Category && f.Op == opTable:
			c.kind, c.at = table, int32(len(m.tables)) //nolint:gosec // checkSpec bounds levels
			m.tables = append(m.tables, f.Table...)
		case in.Kind == frame.Category:
			c.kind, c.at = indicator, int32(len(m.tables))                      //nolint:gosec // checkSpec bounds levels
			c.end, c.missing = codes[f.Input][f.Level], int32(len(in.Levels)+1) //nolint:gosec // checkSpec bounds levels
			own, gap := 1.0, f.Impute
			if f.Op == opMissing { // no code is its own
				c.end, gap = -1, 1
			}
			m.tables = append(m.tables, f.scaled(0), f.scaled(own), f.scaled(gap))
		default:
			c.at = int32(len(m.steps)) //nolint:gosec // checkSpec bounds steps
			for _, s := range stepsOf(f) {
				m.steps = append(m.steps, s.Compile())
			}
			c.end = int32(len(m.steps)) //nolint:gosec // checkSpec bounds steps
		}
		m.cells[j] = c
	}
	m.readings = newReadings(s)
	return m
}

// scaled centres and scales what an indicator says.
func (f *Feature) scaled(x float64) float64 { return (x - f.Center) / f.Scale }

// stepsOf spells a feature of a number out.
func stepsOf(f *Feature) []stage.Step {
	if f.Op == opSteps {
		return f.Steps
	}
	if f.Op == opCurve { // what comes before the line
		return []stage.Step{{Op: "impute", A: f.Impute}}
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
	m.hash(row)
	m.read(row, x)
	for j := range m.cells {
		c := &m.cells[j]
		switch c.kind {
		case read:
			continue
		case bucket:
			b := &m.curves[c.end]
			x[j] = (row.buckets[c.input][c.at] - b.center) / b.scale
			continue
		case points:
			x[j] = m.curves[c.end].of(row.numbers[c.input])
			continue
		case table, indicator:
			x[j] = m.category(c, row.codes[c.input])
			continue
		}
		v := row.numbers[c.input]
		for _, s := range m.steps[c.at:c.end] {
			v = s.Of(v)
		}
		x[j] = v
	}
}

// of is the line at a number.
func (c *curve) of(v float64) float64 {
	if math.IsNaN(v) {
		v = c.impute
	}
	return stage.Interpolate(c.x, c.y, v)
}

// category is a feature of a category with this code.
func (m *matrix) category(c *cell, code int32) float64 {
	switch {
	case c.kind == table:
		return m.tables[c.at+code]
	case code == c.end:
		return m.tables[c.at+1]
	case code == c.missing:
		return m.tables[c.at+2]
	}
	return m.tables[c.at]
}
