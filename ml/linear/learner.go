package linear

import (
	"context"
	"fmt"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// LeastSquares learns a number by ordinary least squares; of the solutions that
// collinear columns allow it takes the one of least norm. The zero value is
// ready to use. See Decomposition.LeastSquares.
type LeastSquares struct {
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Ridge learns a number by least squares with a penalty on the squared weights
// of the prepared columns, of which numbers are scaled to deviation 1; the
// intercept is free. See Decomposition.Ridge.
type Ridge struct {
	// Alpha is the strength of the penalty, in scikit-learn's measure. Default: 1.
	Alpha float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l LeastSquares) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return first(fitSquares(ctx, features, target, l.Prep, []float64{0}))
}

// Fit learns to predict target.
func (l Ridge) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return first(l.Path(ctx, features, target, []float64{l.Alpha}))
}

// Path fits a model per penalty, in their order, from one pass over the rows.
func (l Ridge) Path(ctx context.Context, features *frame.Frame, target learn.Target, alphas []float64) ([]*learn.Model, error) {
	given := make([]float64, len(alphas))
	for k, alpha := range alphas {
		if given[k] = alpha; alpha == 0 {
			given[k] = 1
		}
	}
	return fitSquares(ctx, features, target, l.Prep, given)
}

func fitSquares(ctx context.Context, features *frame.Frame, target learn.Target, cfg prep.Config, alphas []float64) ([]*learn.Model, error) {
	for _, alpha := range alphas {
		if err := checkPenalty(alpha); err != nil {
			return nil, err
		}
	}
	s, err := newSquares(ctx, features, target, cfg)
	if err != nil {
		return nil, err
	}
	models := make([]*learn.Model, len(alphas))
	for k, alpha := range alphas {
		m, err := s.solve(ctx, alpha)
		if err != nil {
			return nil, err
		}
		models[k] = s.emit(m)
		learn.Progress(ctx, k+1, len(alphas))
	}
	dependencies, err := s.dependencies(ctx)
	if err != nil {
		return nil, err
	}
	warnings := sentences(dependencies, s.prepared.Features())
	for _, m := range models {
		m.Warnings = append(m.Warnings, warnings...)
	}
	return models, nil
}

func (s *squares) emit(m *Model) *learn.Model {
	emitted := emit(s.prepared, s.target)
	emitted.Spec.Linear = &predict.Linear{Bias: m.Bias, Weights: m.Weights, Base: m.Base}
	if m.unfinished > 0 {
		emitted.Warnings = append(emitted.Warnings, fmt.Sprintf(
			"the fit stopped after %d steps before it reached its accuracy (%.1g of the slope is left): group rare levels (rare), or use a larger alpha", wideSteps, m.unfinished))
	}
	return emitted
}

// first is the model of a path of one.
func first(models []*learn.Model, err error) (*learn.Model, error) {
	if err != nil {
		return nil, err
	}
	return models[0], nil
}

// prepare checks what there is to learn from and fits the preparation.
func prepare(ctx context.Context, features *frame.Frame, target learn.Target, cfg prep.Config, tasks ...string) (*prep.Preparation, *rows, error) {
	if err := target.Check(features.Rows()); err != nil {
		return nil, nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err := checkTask(target, tasks); err != nil {
		return nil, nil, err
	}
	p, reader, err := prep.PrepareReader(features, target, cfg)
	if err != nil {
		return nil, nil, err
	}
	return p, newRows(reader, target), ctx.Err()
}

func checkTask(target learn.Target, tasks []string) error {
	if slices.Contains(tasks, target.Task) {
		return nil
	}
	if target.Task == predict.TaskRegression {
		return fault.Errorf(fault.Invalid, "the target %q is a number and this learner tells classes apart: use linear, ridge or another learner of numbers", target.Name)
	}
	return fault.Errorf(fault.Invalid, "the target %q has classes and this learner predicts numbers: use logistic, a forest or boosting", target.Name)
}

// emit is the model as far as all learners of this package agree.
func emit(p *prep.Preparation, target learn.Target) *learn.Model {
	return &learn.Model{
		Spec: predict.Spec{
			Version: 1, Task: target.Task,
			Target:  predict.Target{Name: target.Name, Unit: target.Unit},
			Classes: target.Classes,
			Inputs:  p.Inputs(), Features: p.Features(),
		},
		Left: p.Left(),
	}
}
