package stack

import (
	"context"
	"fmt"
	"math"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/graft"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
	"dasier/ml/search"
	"dasier/ml/stage"
)

// holdParts is what the rows are cut into to hold some back: a share is whole
// parts of them.
const holdParts = 20

// Method is how Blending finds its weights.
type Method string

// The methods.
const (
	// LeastSquares are weights of at least 0 that add up to 1, with the least
	// squared error: Breiman, "Stacked Regressions", Machine Learning 24, 1996,
	// section 2.
	LeastSquares Method = "least-squares"
	// Greedy picks the learner that improves the mean of those picked so far the
	// most, any number of times, and weighs each by how often it was picked:
	// Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble Selection from
	// Libraries of Models", ICML 2004, section 2, with replacement (2.1), beginning
	// with the best learner. It can improve any metric.
	Greedy Method = "greedy"
)

// Blending is the weighted mean of what learners answer, by weights of at least 0
// that add up to 1, found on rows that the answering fits had not seen. Learners
// of weight 0 are no part of the model.
type Blending struct {
	// Base are the learners that are joined.
	Base []Named
	// Method finds the weights. Default: LeastSquares
	Method Method
	// Holdout is the share of rows that are held back to find the weights on: one
	// fit of each learner in place of one per fold. Default: 0, out-of-fold
	// predictions of all rows
	Holdout float64
	// Folds is how many the out-of-fold predictions are made by. Default: 5
	Folds int
	// Metric is what Greedy improves. Default: the first that is usual for the
	// task, "rmse" or "log_loss"
	Metric string
	// Picks is how often Greedy picks, at most. Default: 50
	Picks int
	// Seed divides the rows.
	Seed uint64
}

func (b Blending) defaults(task string) Blending {
	if b.Method == "" {
		b.Method = LeastSquares
	}
	if b.Folds == 0 {
		b.Folds = 5
	}
	if b.Picks == 0 {
		b.Picks = 50
	}
	if usual := metric.Usual(task); b.Metric == "" && len(usual) > 0 {
		b.Metric = usual[0].Name
	}
	return b
}

func (b Blending) check() error {
	switch {
	case b.Method != LeastSquares && b.Method != Greedy:
		return fault.Errorf(fault.Invalid, "no method %q of blending: use least-squares or greedy", b.Method)
	case !(b.Holdout >= 0 && b.Holdout < 1):
		return fault.Errorf(fault.Invalid, "the share of rows held back is %g: it must be from 0 to below 1", b.Holdout)
	case b.Picks < 1 || b.Picks > 10_000:
		return fault.Errorf(fault.Invalid, "%d picks cannot be made: use 1 to 10000", b.Picks)
	}
	return nil
}

// Fit fits every learner to find the weights, and then on all rows.
func (b Blending) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	b = b.defaults(target.Task)
	if err := b.check(); err != nil {
		return nil, err
	}
	e, err := newEnsemble(b.Base, features, target)
	if err != nil {
		return nil, err
	}
	folds, err := b.folds(target)
	if err != nil {
		return nil, err
	}
	e.total = len(b.Base) * (len(folds) + 1)
	said, err := e.outOfFold(ctx, folds)
	if err != nil {
		return nil, err
	}
	var rows []int
	for _, f := range folds {
		rows = append(rows, f.Test...)
	}
	weights := e.leastSquares(said, rows, true)
	if b.Method == Greedy {
		if weights, err = e.greedy(ctx, said, rows, b); err != nil {
			return nil, err
		}
	}
	return e.weighted(ctx, weights, said)
}

// folds are one, whose test rows are held back, or as many as there shall be.
func (b Blending) folds(target learn.Target) ([]search.Fold, error) {
	if b.Holdout == 0 {
		return divide(target, b.Folds, b.Seed)
	}
	parts := min(holdParts, len(target.Y))
	folds, err := divide(target, parts, b.Seed)
	if err != nil {
		return nil, err
	}
	held := make([]bool, len(target.Y))
	for _, f := range folds[:min(max(int(math.Round(b.Holdout*float64(parts))), 1), parts-1)] {
		for _, row := range f.Test {
			held[row] = true
		}
	}
	var one search.Fold
	for row, is := range held {
		if is {
			one.Test = append(one.Test, row)
		} else {
			one.Train = append(one.Train, row)
		}
	}
	return []search.Fold{one}, nil
}

// weighted fits the learners that have a weight on all rows and composes their
// weighted sum.
func (e *ensemble) weighted(ctx context.Context, weights []float64, said [][]float64) (*learn.Model, error) {
	var which []int
	var kept []float64
	for k, w := range weights {
		if w > 0 {
			which, kept = append(which, k), append(kept, w)
		}
	}
	models, err := e.fitAll(ctx, which)
	if err != nil {
		return nil, err
	}
	learn.Progress(ctx, e.total, e.total)
	spec, err := e.sum(models, which, kept, said)
	if err != nil {
		return nil, err
	}
	m := &learn.Model{Spec: spec, Left: left(models), Warnings: warnings(e.base, which, models)}
	for k, w := range weights {
		if w == 0 {
			m.Warnings = append(m.Warnings, fmt.Sprintf("%s adds nothing to what the others say: it got no weight and is no part of the model.", e.base[k].Name))
		}
	}
	features := e.features.Take(places(min(compared, e.features.Rows())))
	want := make([]float64, features.Rows()*e.target.Scores())
	for i, one := range models {
		got, err := answers(one, features)
		if err != nil {
			return nil, e.named(which[i], err)
		}
		for j, v := range got {
			want[j] += kept[i] * v
		}
	}
	if err := predict.AddBackground(&m.Spec, e.features); err != nil {
		return nil, err
	}
	return m, e.same(m, features, want)
}

// sum composes models as the weighted sum of their answers.
func (e *ensemble) sum(models []*learn.Model, which []int, weights []float64, said [][]float64) (predict.Spec, error) {
	var specs []*predict.Spec
	for _, m := range models {
		specs = append(specs, &m.Spec)
	}
	b, err := graft.New(specs)
	if err != nil {
		return predict.Spec{}, err
	}
	s := skeleton(e.target)
	cells, err := e.graft(b, models, which)
	if err != nil {
		return predict.Spec{}, err
	}
	var all []graft.Cell
	for _, c := range cells {
		all = append(all, c...)
	}
	if e.target.Task == predict.TaskMulticlass {
		mean, err := b.Stage(&stage.Average{Width: e.target.Scores(), Weights: weights}, all)
		if err != nil {
			return predict.Spec{}, err
		}
		s.Answer = &predict.Answer{Scores: b.Number(mean)}
	} else {
		s.Linear = &predict.Linear{}
		for i, w := range weights {
			s.Linear.Weights = append(s.Linear.Weights, w)
			s.Linear.Base = append(s.Linear.Base, mean(said[which[i]]))
		}
		s.Takes = b.Number(all)
	}
	b.Finish(&s)
	e.outputs(&s, b, which, cells)
	return s, nil
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v / float64(len(values))
	}
	return sum
}
