package calibrate

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/graft"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/search"
	"dasier/ml/stage"
)

// Method is how scores become probabilities.
type Method string

// The methods.
const (
	Sigmoid  Method = "sigmoid"  // Platt's: two numbers, for any amount of rows
	Isotonic Method = "isotonic" // any function that never falls: for thousands of rows
)

// isotonicRows are the rows below which isotonic regression learns chance.
const isotonicRows = 1000

// Calibrated is a learner of classes whose probabilities come true. It fits the
// learner once per fold, learns from the scores of the folds' test rows, and fits
// it on all rows: scikit-learn's CalibratedClassifierCV with ensemble=False. What
// differs: Platt's two numbers are found to more digits.
type Calibrated struct {
	Learner learn.Learner
	Method  Method // default: Sigmoid
	Folds   int    // default: 5
	Seed    uint64 // divides the rows

	folds []search.Fold // of tests
}

// Fit fits the learner, and what its scores are worth.
func (c Calibrated) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if c.Method == "" {
		c.Method = Sigmoid
	}
	if c.Folds == 0 {
		c.Folds = 5
	}
	switch {
	case c.Learner == nil:
		return nil, fault.Errorf(fault.Invalid, "there is no learner to calibrate")
	case c.Method != Sigmoid && c.Method != Isotonic:
		return nil, fault.Errorf(fault.Invalid, "the calibration %q is not known: use sigmoid or isotonic", c.Method)
	}
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	if target.Task == predict.TaskRegression {
		return nil, fault.Errorf(fault.Invalid, "only the probabilities of classes are calibrated, and %q is a number", target.Name)
	}
	scores, err := c.outOfFold(ctx, features, target)
	if err != nil {
		return nil, err
	}
	model, err := c.Learner.Fit(ctx, features, target)
	if err != nil {
		return nil, err
	}
	spec, err := c.calibrated(&model.Spec, target, scores)
	if err != nil {
		return nil, err
	}
	calibrated := *model
	calibrated.Spec = spec
	if c.Method == Isotonic && len(target.Y) < isotonicRows {
		calibrated.Warnings = append(slices.Clone(model.Warnings), fmt.Sprintf("Isotonic calibration learned from %d rows: below %d it tends to learn chance. Calibrate by sigmoid, or use more rows.", len(target.Y), isotonicRows))
	}
	return &calibrated, predict.AddBackground(&calibrated.Spec, features)
}

// outOfFold are the scores of every row by a model that had not seen it: of two
// classes the second's, of more one per class.
func (c Calibrated) outOfFold(ctx context.Context, features *frame.Frame, target learn.Target) ([][]float64, error) {
	folds, err := c.folds, error(nil)
	if folds == nil {
		if folds, err = search.Stratified(target, c.Folds, c.Seed); err != nil {
			folds, err = search.Shuffled(len(target.Y), c.Folds, c.Seed)
		}
	}
	if err != nil {
		return nil, err
	}
	scores := make([][]float64, len(target.Y))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, fold := range folds {
		group.Go(func() error {
			if err := inner.Err(); err != nil {
				return err
			}
			model, err := c.Learner.Fit(learn.WithProgress(inner, nil), features.Take(fold.Train), target.Take(fold.Train))
			if err != nil {
				return refused(features, len(fold.Train), err)
			}
			program, err := model.Compile()
			if err != nil {
				return err
			}
			at := 0
			return program.EachRow(features.Take(fold.Test), func(row *predict.Row) {
				scores[fold.Test[at]] = slices.Clone(program.Scores(row))
				at++
			})
		})
	}
	if err := group.Wait(); ctx.Err() == nil {
		return scores, err
	}
	return nil, ctx.Err()
}

// refused is why a fold could not be fitted: what is wrong with the table itself is
// told of the table, whose rows are numbered otherwise.
func refused(features *frame.Frame, rows int, err error) error {
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	if flaw := learn.CheckFeatures(features); flaw != nil {
		return flaw
	}
	return fault.Errorf(fault.Invalid, "fitted to %d of %d rows, to calibrate it: %w", rows, features.Rows(), err)
}

// calibrated puts what was learned behind a model.
func (c Calibrated) calibrated(spec *predict.Spec, target learn.Target, scores [][]float64) (predict.Spec, error) {
	if target.Task == predict.TaskBinary && c.Method == Sigmoid {
		slope, intercept := sigmoid(column(scores, 0), truthOf(target, 1), target.Weight)
		if rescalable(spec) {
			return Rescale(*spec, slope, intercept)
		}
	}
	b, err := graft.New([]*predict.Spec{spec})
	if err != nil {
		return predict.Spec{}, err
	}
	cells, err := b.Scores(spec)
	if err != nil {
		return predict.Spec{}, err
	}
	out := predict.Spec{Version: 1, Task: spec.Task, Target: spec.Target, Classes: spec.Classes, Answer: &predict.Answer{}}
	for k, cell := range cells {
		class := k
		if target.Task == predict.TaskBinary {
			class = 1
		}
		own, truth := column(scores, k), truthOf(target, class)
		if c.Method == Isotonic {
			one, err := b.Stage(isotonic(own, truth, target.Weight), []graft.Cell{cell})
			if err != nil {
				return predict.Spec{}, err
			}
			cells[k] = one[0]
			continue
		}
		slope, intercept := sigmoid(own, truth, target.Weight)
		steps := []stage.Step{{Op: "mul", A: slope}, {Op: "add", A: intercept}}
		if target.Task == predict.TaskMulticlass {
			steps = append(steps, stage.Step{Op: "logistic"})
		}
		if cells[k], err = b.Steps(cell, steps); err != nil {
			return predict.Spec{}, err
		}
	}
	switch {
	case target.Task == predict.TaskMulticlass:
		if cells, err = b.Stage(stage.Shares{}, cells); err != nil {
			return predict.Spec{}, err
		}
	case c.Method == Sigmoid:
		out.Link = predict.Logistic
	}
	out.Answer.Scores = b.Number(cells)
	b.Finish(&out)
	return out, nil
}

// column is one score of every row.
func column(scores [][]float64, k int) []float64 {
	own := make([]float64, len(scores))
	for i, row := range scores {
		own[i] = row[k]
	}
	return own
}

// truthOf is 1 where a row is of a class, else 0.
func truthOf(target learn.Target, class int) []float64 {
	truth := make([]float64, len(target.Y))
	for i, y := range target.Y {
		if int(y) == class {
			truth[i] = 1
		}
	}
	return truth
}
