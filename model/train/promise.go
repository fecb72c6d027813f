package train

import (
	"context"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/boost"
	"dasier/ml/conformal"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// The ways to a promise, by their names in recipes. adaptive is for classes, the
// two before it are for numbers.
const (
	methodSplit    = string(conformal.Split)
	methodCross    = string(conformal.Cross)
	methodWeighted = string(conformal.Weighted)
	methodQuantile = string(conformal.Quantile)
	methodAdaptive = "adaptive"
)

var intervalMethods = []string{methodSplit, methodCross, methodWeighted, methodQuantile, methodAdaptive}

// calibrates tells whether rows are kept for calibration alone: not where the
// errors of the search's fits do. Classes have them only when the recipe asks, as
// those rows are better learned from.
func (i Interval) calibrates(classes bool) bool {
	if classes {
		return i.Method == methodSplit
	}
	return i.Method != methodCross
}

// promise makes the prediction interval, or the sets of classes, and measures on
// the held-out rows how well it is kept. y is the held-out targets.
func (u *run) promise(ctx context.Context, inputs *frame.Frame, y []float64) error {
	method := u.recipe.Interval.Method
	if u.classified() {
		if method == methodWeighted || method == methodQuantile {
			return u.recipe.wrong(fault.Invalid, "interval.method", "%s makes intervals of numbers, and classes are learned here: use split, cross or adaptive", method)
		}
		return u.promiseSets(y)
	}
	if method == methodAdaptive {
		return u.recipe.wrong(fault.Invalid, "interval.method", "adaptive makes sets of classes, and a number is learned here: use split, cross, weighted or quantile")
	}
	return u.promiseInterval(ctx, inputs, y)
}

// promiseInterval makes an interval. Everything is on the score's scale.
func (u *run) promiseInterval(ctx context.Context, inputs *frame.Frame, y []float64) error {
	level := u.recipe.Interval.Level
	cfg := conformal.Config{Method: conformal.Method(u.recipe.Interval.Method), Level: level}
	calibration := conformal.Rows{}
	if len(u.parts.calibration) > 0 {
		calibration = conformal.Rows{Features: u.table.inputs.Take(u.parts.calibration), Truth: u.scores(pick(u.table.target.Y, u.parts.calibration))}
	} else {
		cfg.Method = conformal.Cross
	}
	switch cfg.Method {
	case conformal.Weighted:
		cfg.Spread = u.second(nil)
	case conformal.Quantile:
		tail := (1 - level) / 2
		cfg.Low, cfg.High = u.second(boost.Quantile{Alpha: tail}), u.second(boost.Quantile{Alpha: 1 - tail})
	}
	train := conformal.Rows{Features: u.inputs, Truth: u.scores(u.target.Y)}
	fitted, err := conformal.Fit(ctx, cfg, u.spec, train, u.unanswered(u.found.Winner().OutOfFold), calibration)
	if err != nil {
		return u.promised(err)
	}
	coverage, err := fitted.Cover(conformal.Rows{Features: inputs, Truth: u.scores(y)}, level)
	if err != nil {
		return u.promised(err)
	}
	u.spec, u.coverage, u.calibration = fitted.Spec, &coverage, fitted.Calibration
	return nil
}

// second is a learner of what an interval needs besides the prediction: small, as
// it is asked for every answer.
func (u *run) second(loss boost.Loss) learn.Learner {
	return boost.Boosting{Trees: 150, LearningRate: 0.05, Leaves: 8, Loss: loss, Prep: u.table.prep, Seed: u.recipe.Search.Seed}
}

// promised points an error at the level, which is what most of them are about.
func (u *run) promised(err error) error {
	return u.recipe.wrong(fault.KindOf(err), "interval.level", "%s", fault.Message(err))
}

// promiseSets makes sets of classes, from what the search's fits said of rows
// that they had not seen, or from calibration rows where the recipe has some.
func (u *run) promiseSets(y []float64) error {
	said, truth := u.found.Winner().OutOfFold, u.target.Y
	if len(u.parts.calibration) > 0 {
		var err error
		if said, err = learn.Predictions(u.program, u.table.inputs.Take(u.parts.calibration)); err != nil {
			return err
		}
		truth = pick(u.table.target.Y, u.parts.calibration)
	}
	if said == nil { // of very many rows and classes the search does not keep what it said
		return nil
	}
	probabilities, truth := u.probabilities(said, truth)
	level := u.recipe.Interval.Level
	spec, calibration, err := conformal.Classes(u.spec, probabilities, truth, level, u.recipe.Interval.Method == methodAdaptive)
	if err != nil {
		return u.promised(err)
	}
	program, err := predict.Compile(spec)
	if err != nil {
		return err
	}
	held, y := u.probabilities(u.holdout, y)
	coverage, size, err := conformal.CoverClasses(program, held, y, level)
	if err != nil {
		return u.promised(err)
	}
	spec.Set.Coverage, spec.Set.CoveredOf = coverage.Share, coverage.Of
	u.spec, u.coverage, u.calibration, u.setSize = spec, &coverage, calibration, size
	return nil
}

// probabilities are those of all classes side by side, of the rows for which
// something was said (the first block of a split along time is never tested).
func (u *run) probabilities(said, y []float64) (all, truth []float64) {
	width := u.target.Scores()
	for i, v := range y {
		row := said[i*width : (i+1)*width]
		if slices.ContainsFunc(row, math.IsNaN) {
			continue
		}
		truth = append(truth, v)
		if width == 1 {
			all = append(all, 1-row[0], row[0])
			continue
		}
		all = append(all, row...)
	}
	return all, truth
}

// promiseReport says how well intervals or sets keep their promise.
func (u *run) promiseReport() *IntervalReport {
	if u.coverage == nil {
		return nil
	}
	report := &IntervalReport{Coverage: *u.coverage, Rows: len(u.calibration.Residuals()), Classes: u.setSize}
	switch method := u.recipe.Interval.Method; {
	case len(u.parts.calibration) == 0 && method == methodAdaptive:
		report.Method = "adaptive, cross-conformal"
	case len(u.parts.calibration) == 0:
		report.Method = "cross-conformal"
	case method == methodWeighted:
		report.Method = "locally weighted"
	case method == methodQuantile:
		report.Method = "conformalized quantiles"
	default:
		report.Method = "split conformal"
	}
	return report
}
