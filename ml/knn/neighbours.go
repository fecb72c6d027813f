package knn

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
	"dasier/ml/stage"
)

// maxNumbers bounds what a model keeps, rows times features: 80 MB in memory,
// some 200 MB as JSON.
const maxNumbers = 10_000_000

// Weights is how much each neighbour counts.
type Weights string

// The weights.
const (
	Uniform  Weights = "uniform"  // each the same
	Distance Weights = "distance" // by 1/distance; those at no distance outweigh all others
)

// The metrics, besides Minkowski's, whose P is a setting of its own.
const (
	Euclidean = stage.Euclidean
	Manhattan = stage.Manhattan
	Chebyshev = stage.Chebyshev
	Minkowski = stage.Minkowski
	Cosine    = stage.Cosine
)

// Neighbours predicts by the K nearest rows: Cover and Hart, "Nearest Neighbor
// Pattern Classification", IEEE Transactions on Information Theory 13(1), 1967;
// weighted by distance: Dudani, "The Distance-Weighted k-Nearest-Neighbor Rule",
// IEEE Transactions on Systems, Man, and Cybernetics 6(4), 1976, but by the
// inverse distance, as scikit-learn does.
//
// Where rows are equally far and not all of them are among the K, which are taken
// is the order of the search. Weights of rows are not known to it: rows of weight
// 0 are left out, other weights must all be the same.
type Neighbours struct {
	// Prep is how columns are treated; its Form is Dense, whatever is set. Bools are
	// scaled unless it says otherwise.
	Prep prep.Config
	// K is how many neighbours are asked. Default: 5
	K int
	// Weights of the neighbours. Default: Uniform
	Weights Weights
	// Metric is how far two rows are from each other. Default: Euclidean
	Metric string
	// P is Minkowski's power. Default: 2
	P float64
}

func (n Neighbours) defaults() Neighbours {
	n.Prep.Form = prep.Dense
	if n.K == 0 {
		n.K = 5
	}
	if n.Weights == "" {
		n.Weights = Uniform
	}
	if n.Metric == "" {
		n.Metric = Euclidean
	}
	if n.P == 0 {
		n.P = 2
	}
	return n
}

func (n Neighbours) check() error {
	switch {
	case n.K < 1:
		return fault.Errorf(fault.Invalid, "%d neighbours cannot be asked: use at least 1", n.K)
	case n.Weights != Uniform && n.Weights != Distance:
		return fault.Errorf(fault.Invalid, "no weights %q of neighbours: use uniform or distance", n.Weights)
	case !(n.P >= 1):
		return fault.Errorf(fault.Invalid, "the power of the metric is %g: it must be at least 1", n.P)
	}
	switch n.Metric {
	case Euclidean, Manhattan, Chebyshev, Minkowski, Cosine:
		return nil
	}
	return fault.Errorf(fault.Invalid, "no metric %q of neighbours: use one of euclidean, manhattan, chebyshev, minkowski, cosine", n.Metric)
}

// Fit prepares the columns and keeps the rows.
func (n Neighbours) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	n = n.defaults()
	if err := n.check(); err != nil {
		return nil, err
	}
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	all := features
	features, target, err := evenly(features, target)
	if err != nil {
		return nil, err
	}
	if features.Rows() < n.K {
		return nil, fault.Errorf(fault.Invalid, "%d neighbours are asked of %d rows: ask fewer, or add data", n.K, features.Rows())
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n.Prep.Columns = scaledBools(features, n.Prep.Columns)
	p, design, err := prep.PrepareMatrix(features, target, n.Prep)
	if err != nil {
		if flaw := learn.CheckFeatures(all); flaw != nil && fault.Is(err, fault.Invalid) {
			return nil, flaw // by the row's number in the whole table
		}
		return nil, err
	}
	if size := features.Rows() * len(p.Features()); size > maxNumbers {
		return nil, fault.Errorf(fault.Limited, "nearest neighbours keep every row: %d rows of %d features are %d numbers, at most %d are kept; use fewer rows or columns, or another learner", features.Rows(), len(p.Features()), size, maxNumbers)
	}
	learn.Progress(ctx, 0, 1)
	do := &stage.Neighbours{
		Metric: n.metric(), Points: design.Data, Count: n.K, ByDistance: n.Weights == Distance,
		Values: slices.Clone(target.Y), Width: 1, Classes: len(target.Classes),
	}
	if do.Tree, err = n.tree(ctx, design); err != nil {
		return nil, err
	}
	learn.Progress(ctx, 1, 1)
	m := &learn.Model{Spec: spec(p, target, do), Left: p.Left(), Warnings: n.warnings(features.Rows(), design.Cols)}
	return m, predict.AddBackground(&m.Spec, features)
}

// scaledBools has bools scaled as numbers are. As 0 and 1 a bool that is rarely
// true would hardly count among numbers whose usual distance is above 1.
func scaledBools(features *frame.Frame, columns map[string]prep.Column) map[string]prep.Column {
	scaled := map[string]prep.Column{}
	maps.Copy(scaled, columns)
	for _, c := range features.Columns() {
		if want := scaled[c.Name]; c.Kind == frame.Bool && want.Treatment == prep.Auto {
			want.Treatment = prep.Scale
			scaled[c.Name] = want
		}
	}
	return scaled
}

// metric is the one asked for by its simplest name.
func (n Neighbours) metric() stage.Metric {
	if n.Metric != Minkowski {
		return stage.Metric{Kind: n.Metric}
	}
	switch n.P {
	case 1:
		return stage.Metric{Kind: Manhattan}
	case 2:
		return stage.Metric{Kind: Euclidean}
	}
	return stage.Metric{Kind: Minkowski, P: n.P}
}

// warnings says when distances mean little: Beyer et al., "When Is Nearest
// Neighbor Meaningful?", ICDT 1999, section 3.
func (n Neighbours) warnings(rows, columns int) []string {
	if columns > 50 && columns > rows/10 {
		return []string{fmt.Sprintf("There are %d features for %d rows: among so many, all rows are about equally far from each other. Drop columns that matter little, or use another learner.", columns, rows)}
	}
	return nil
}

// evenly leaves out the rows of weight 0; the others must weigh the same.
func evenly(features *frame.Frame, target learn.Target) (*frame.Frame, learn.Target, error) {
	if target.Weights == nil {
		return features, target, nil
	}
	var rows []int
	for i, w := range target.Weights {
		if w == 0 {
			continue
		}
		if len(rows) > 0 && w != target.Weights[rows[0]] {
			return nil, target, fault.Errorf(fault.Invalid, "nearest neighbours cannot weigh rows: row %d weighs %g and row %d %g; leave the weights out, or use another learner", rows[0]+1, target.Weights[rows[0]], i+1, w)
		}
		rows = append(rows, i)
	}
	if len(rows) == features.Rows() {
		return features, target, nil
	}
	features, target = features.Take(rows), target.Take(rows)
	return features, target, target.Check(len(rows))
}

// spec asks the neighbours of all features.
func spec(p *prep.Preparation, target learn.Target, do *stage.Neighbours) predict.Spec {
	s := predict.Spec{
		Version: 1, Task: target.Task, Target: predict.Target{Name: target.Name, Unit: target.Unit}, Classes: target.Classes,
		Inputs: p.Inputs(), Features: p.Features(), Answer: &predict.Answer{},
	}
	n := int32(len(s.Features)) //nolint:gosec // maxNumbers bounds them
	from := make([]int32, n)
	for j := range from {
		from[j] = int32(j) //nolint:gosec // as above
	}
	s.Stages = []predict.Stage{{From: from, Do: do}}
	switch target.Task {
	case predict.TaskRegression:
		s.Answer.Scores = []int32{n}
	case predict.TaskBinary:
		s.Answer.Scores = []int32{n + 1} // the second class's share
	default:
		for k := range target.Classes {
			s.Answer.Scores = append(s.Answer.Scores, n+int32(k)) //nolint:gosec // a target bounds its classes
		}
	}
	return s
}
