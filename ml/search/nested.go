package search

import (
	"context"
	"fmt"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
)

// Honest is what a whole search is worth: the score of its choice on rows that
// the search never saw.
type Honest struct {
	Score, Low, High float64
	Folds            []float64
	Chosen           []Candidate // per fold; choices that differ say that the search is unsure
}

// Nested scores the search itself. The score of the best of many candidates is
// better than it will be on new rows, because it is the best (Cawley and Talbot,
// "On Over-fitting in Model Selection and Subsequent Selection Bias in
// Performance Evaluation", JMLR 11, 2010, section 5): so in each outer fold the
// whole search runs on the training rows, and its choice is scored on the test
// rows. inner divides the training rows, which it is given as a table of their
// own. It takes as many times the search as there are outer folds; the budget of
// the plan is of each.
func Nested(ctx context.Context, features *frame.Frame, target learn.Target, outer []Fold, inner func(features *frame.Frame, target learn.Target) ([]Fold, error), sources []Source, plan Plan) (*Honest, error) {
	plan = plan.defaults(target.Task)
	measure, err := measureOf(plan.Metric, target.Task)
	if err != nil {
		return nil, err
	}
	if err := checkRows(features.Rows(), outer); err != nil {
		return nil, err
	}
	h := &Honest{}
	for i, fold := range outer {
		score, chosen, err := nestedFold(ctx, features, target, fold, measure, inner, sources, plan)
		if err != nil {
			return nil, fault.Errorf(fault.KindOf(err), "outer fold %d of %d: %w", i+1, len(outer), err)
		}
		h.Folds, h.Chosen = append(h.Folds, score), append(h.Chosen, chosen)
	}
	h.Score = mean(h.Folds)
	h.Low, h.High = measure.Within(interval(h.Folds, testShare(outer), plan.Level))
	return h, nil
}

func nestedFold(ctx context.Context, features *frame.Frame, target learn.Target, fold Fold, measure metric.Metric, inner func(*frame.Frame, learn.Target) ([]Fold, error), sources []Source, plan Plan) (float64, Candidate, error) {
	trainX, trainY := features.Take(fold.Train), target.Take(fold.Train)
	folds, err := inner(trainX, trainY)
	if err != nil {
		return 0, Candidate{}, err
	}
	result, err := Choose(ctx, trainX, trainY, folds, sources, plan)
	if err != nil {
		return 0, Candidate{}, err
	}
	model, err := result.Refit(ctx, trainX, trainY)
	if err != nil {
		return 0, Candidate{}, err
	}
	program, err := model.Compile()
	if err != nil {
		return 0, Candidate{}, fmt.Errorf("compiling %s: %w", result.Winner().Name, err)
	}
	predictions, err := learn.Predictions(program, features.Take(fold.Test))
	if err != nil {
		return 0, Candidate{}, err
	}
	return measure.Of(target.Take(fold.Test).Y, predictions), result.Winner().Candidate, nil
}
