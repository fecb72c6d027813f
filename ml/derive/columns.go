package derive

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/graft"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
	"dasier/ml/stage"
)

// The bounds of what is derived.
const (
	mostKnots    = 100
	mostDegree   = 10
	mostFactors  = 5
	mostProducts = 1000
)

// Columns is a learner that sees further columns. What its own preparation says of
// columns must not name one that has a spline: that is no column of its own any more.
type Columns struct {
	Learner learn.Learner
	// Splines replaces numbers by splines of them.
	Splines map[string]Spline
	// Products are numbers whose product becomes a column besides; one that stands
	// twice is squared.
	Products [][]string
}

// Spline is B-splines through quantiles of the training rows: scikit-learn's
// SplineTransformer(knots="quantile", include_bias=False, extrapolation="linear").
// What differs: knots that are the same are one, and a missing value is the median.
type Spline struct {
	Knots  int // the least and the greatest value among them. Default: 5. 2 is a polynomial
	Degree int // default: 3
}

func (s Spline) defaults() Spline {
	if s.Knots == 0 {
		s.Knots = 5
	}
	if s.Degree == 0 {
		s.Degree = 3
	}
	return s
}

// Fit derives the columns, and fits the learner to them and the others.
func (c Columns) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	d, err := c.derivation(features)
	if err != nil {
		return nil, err
	}
	seen, err := d.frame(features)
	if err != nil {
		return nil, err
	}
	inner, err := c.Learner.Fit(ctx, seen, target)
	if err != nil {
		return nil, err
	}
	model := *inner
	if model.Spec, err = d.compose(&inner.Spec); err != nil {
		return nil, err
	}
	return &model, predict.AddBackground(&model.Spec, features)
}

// derivation is how the columns are computed.
type derivation struct {
	inputs   []predict.Input
	features []predict.Feature // one per input: the number, or the median where it is missing
	stages   []predict.Stage   // of the features
	names    []string          // of all that stages give
	replaced map[string]bool   // columns that have splines in their place
}

// derivation finds the sources, their medians and the knots.
func (c Columns) derivation(features *frame.Frame) (*derivation, error) {
	splines := slices.Sorted(maps.Keys(c.Splines))
	sources := slices.Clone(splines)
	for _, product := range c.Products {
		if len(product) < 2 || len(product) > mostFactors {
			return nil, fault.Errorf(fault.Invalid, "the product %s has %d factors: give 2 to %d", strings.Join(product, " × "), len(product), mostFactors)
		}
		sources = append(sources, product...)
	}
	if len(c.Products) > mostProducts {
		return nil, fault.Errorf(fault.Limited, "there are %d products, at most %d are allowed", len(c.Products), mostProducts)
	}
	slices.Sort(sources)
	sources = slices.Compact(sources)
	for _, name := range sources {
		if column, ok := features.Column(name); !ok {
			return nil, fault.Errorf(fault.Invalid, "no column %q to derive others from", name)
		} else if column.Kind == frame.Category || column.Kind == frame.Time {
			return nil, fault.Errorf(fault.Invalid, "column %q is a %s: only numbers have splines and products", name, column.Kind)
		}
	}
	d := &derivation{replaced: map[string]bool{}}
	if len(sources) == 0 {
		return d, nil
	}
	if !slices.ContainsFunc(sources, func(name string) bool { column, _ := features.Column(name); return varies(column) }) {
		return d, nil
	}
	raw, err := features.Select(sources...)
	if err != nil {
		return nil, err
	}
	p, err := prep.Fit(raw, learn.Target{}, prep.Config{Form: prep.Native})
	if err != nil {
		return nil, err
	}
	d.inputs, d.features = p.Inputs(), p.Features()
	place := map[string]int32{}
	for i := range d.inputs {
		place[d.inputs[i].Name] = int32(i) //nolint:gosec // a frame's columns
		d.features[i].Steps = []stage.Step{{Op: "impute", A: d.inputs[i].Median}}
	}
	for _, name := range splines {
		column, _ := raw.Column(name)
		at, used := place[name]
		if !used {
			continue // of one value: the learner's preparation says that it is left out
		}
		if err := d.spline(column, c.Splines[name].defaults(), at); err != nil {
			return nil, err
		}
	}
	for _, product := range c.Products {
		if !slices.ContainsFunc(product, func(name string) bool { _, used := place[name]; return !used }) {
			d.product(product, place)
		}
	}
	return d, nil
}

// varies tells whether a column has two values, so that something follows from it.
func varies(c *frame.Column) bool {
	first := math.NaN()
	for _, v := range c.Numbers().All() {
		if math.IsNaN(first) {
			first = v
		}
		if v != first && !math.IsNaN(v) {
			return true
		}
	}
	return false
}

// product is a stage of its own: factor by factor.
func (d *derivation) product(names []string, place map[string]int32) {
	do, st := &stage.Products{Hidden: len(names) - 1}, predict.Stage{}
	for k, name := range names {
		st.From = append(st.From, place[name])
		do.Terms = append(do.Terms, stage.Product{Of: int32(k - 1), Cell: int32(k)}) //nolint:gosec // a few factors
	}
	st.Do = do
	d.stages = append(d.stages, st)
	d.names = append(d.names, strings.Join(names, " × "))
}

// frame is the table that the learner sees: without the columns that splines
// replace, and with all that is derived, by the very program that serves.
func (d *derivation) frame(features *frame.Frame) (*frame.Frame, error) {
	if len(d.names) == 0 {
		return features, nil
	}
	derived := make([]*frame.Column, len(d.names))
	spec := predict.Spec{Version: 1, Task: predict.TaskVector, Target: predict.Target{Name: "derived"}, Targets: d.names, Answer: &predict.Answer{}}
	spec.Inputs, spec.Features, spec.Stages = d.inputs, d.features, d.stages
	for k, name := range d.names {
		if _, taken := features.Column(name); taken {
			return nil, fault.Errorf(fault.Invalid, "there is a column %q already, which is what a derived one would be called: rename it", name)
		}
		derived[k] = &frame.Column{Name: name, Kind: frame.Number, Values: make([]float64, 0, features.Rows())}
		spec.Answer.Scores = append(spec.Answer.Scores, int32(len(d.features)+k)) //nolint:gosec // a few thousand
	}
	program, err := predict.Compile(spec)
	if err != nil {
		return nil, err
	}
	err = program.EachRow(features, func(row *predict.Row) {
		for k, v := range program.Scores(row) {
			derived[k].Values = append(derived[k].Values, v)
		}
	})
	if err != nil {
		return nil, err
	}
	var columns []*frame.Column
	for _, c := range features.Columns() {
		if !d.replaced[c.Name] {
			columns = append(columns, c)
		}
	}
	return frame.New(append(columns, derived...)...)
}

// compose puts the derivation before a model.
func (d *derivation) compose(inner *predict.Spec) (predict.Spec, error) {
	if len(d.names) == 0 {
		return *inner, nil
	}
	own := *inner
	own.Inputs = slices.DeleteFunc(slices.Clone(inner.Inputs), func(in predict.Input) bool { return slices.Contains(d.names, in.Name) })
	source := predict.Spec{Inputs: d.inputs, Features: d.features, Stages: d.stages}
	b, err := graft.New([]*predict.Spec{&source, &own})
	if err != nil {
		return predict.Spec{}, err
	}
	cells, err := b.Add(&source, nil)
	if err != nil {
		return predict.Spec{}, err
	}
	given := map[string]graft.Cell{}
	for k, name := range d.names {
		given[name] = cells[len(d.features)+k]
	}
	seen, err := b.Add(inner, given)
	if err != nil {
		return predict.Spec{}, fmt.Errorf("deriving columns: %w", err)
	}
	out := *inner
	out.Inputs, out.Features, out.Stages, out.Background = nil, nil, nil, nil
	b.Estimate(&out, inner, seen)
	b.Finish(&out)
	return out, nil
}
