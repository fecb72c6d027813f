package conformal

import (
	"context"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/graft"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Method is how an interval is made.
type Method string

// The methods.
const (
	// Split has one width for every row, from the errors on calibration rows: Lei,
	// G'Sell, Rinaldo, Tibshirani and Wasserman (JASA 2018), section 2.2. It is the
	// default.
	Split Method = "split"
	// Cross has one width as well, from the errors of the search's fits on the rows
	// that they were not fitted to, so that no row is lost to calibration.
	Cross Method = "cross"
	// Weighted has a width in proportion to what a second model says of the size of
	// the error: locally weighted, section 5.2 there. What differs: the second model
	// learns errors on rows that the first was not fitted to, where it is given
	// them, because errors on fitted rows are too small.
	Weighted Method = "weighted"
	// Quantile lies between two quantiles that two more models say, widened or
	// narrowed by what calibration rows show: Romano, Patterson and Candès,
	// "Conformalized Quantile Regression", NeurIPS 2019, section 3.
	Quantile Method = "quantile"
)

// Methods lists them for recipes.
var Methods = []Method{Split, Cross, Weighted, Quantile}

// Rows are rows with their true values, on the scale of the model's scores: of
// the transformed target where it is.
type Rows struct {
	Features *frame.Frame
	Truth    []float64
}

// Config says how to make an interval.
type Config struct {
	Method Method  // Default: Split
	Level  float64 // Default: 0.9
	// Spread learns the size of errors: for Weighted.
	Spread learn.Learner
	// Low and High learn the quantiles (1-Level)/2 and 1-(1-Level)/2: for Quantile.
	Low, High learn.Learner
}

// Fitted is a model with its interval.
type Fitted struct {
	// Spec is the model with what its interval needs; the coverage is not measured
	// yet.
	Spec        predict.Spec
	Calibration *Calibration

	misses func(Rows) ([]float64, error)
}

// Fit gives a model an interval. The model was fitted to the rows of train;
// outOfFold are its scores of these by fits that had not seen them (NaN where
// there is none), or nil. Calibration rows must not have been used for anything.
func Fit(ctx context.Context, cfg Config, model predict.Spec, train Rows, outOfFold []float64, calibration Rows) (*Fitted, error) {
	if cfg.Level == 0 {
		cfg.Level = 0.9
	}
	if cfg.Method != Cross && calibration.Features == nil {
		return nil, fault.Errorf(fault.Invalid, "there are no calibration rows: give them a share of the split, or use the interval method cross")
	}
	f := &Fitted{Spec: model}
	var interval predict.Interval
	var err error
	switch cfg.Method {
	case Split, Cross, "":
		f.misses, err = around(model)
	case Weighted:
		interval, err = f.weigh(ctx, cfg, model, train, outOfFold)
	case Quantile:
		interval, err = f.between(ctx, cfg, model, train)
	default:
		err = fault.Errorf(fault.Invalid, "no way %q to make an interval: use split, cross, weighted or quantile", cfg.Method)
	}
	if err != nil {
		return nil, err
	}
	var misses []float64
	if cfg.Method == Cross {
		misses = apart(train.Truth, outOfFold)
	} else if misses, err = f.misses(calibration); err != nil {
		return nil, err
	}
	if f.Calibration, err = Of(misses); err != nil {
		return nil, err
	}
	interval.Level, interval.Residuals = cfg.Level, f.Calibration.Residuals()
	f.Spec.Interval = &interval
	return f, nil
}

// Cover measures the coverage on rows used for neither fitting nor calibration,
// and notes it in the Spec when the level is the interval's own.
func (f *Fitted) Cover(held Rows, level float64) (Coverage, error) {
	misses, err := f.misses(held)
	if err != nil {
		return Coverage{}, err
	}
	coverage, err := f.Calibration.CoverOf(misses, level)
	if in := f.Spec.Interval; err == nil && level == in.Level {
		noted := *in
		noted.Coverage, noted.CoveredOf = coverage.Share, coverage.Of
		f.Spec.Interval = &noted
	}
	return coverage, err
}

// around is the absolute error of the model itself.
func around(model predict.Spec) (func(Rows) ([]float64, error), error) {
	program, err := predict.Compile(model)
	if err != nil {
		return nil, err
	}
	return func(rows Rows) ([]float64, error) {
		scores, err := scoresOf(program, rows)
		if err != nil {
			return nil, err
		}
		return apart(rows.Truth, scores), nil
	}, nil
}

func scoresOf(program *predict.Program, rows Rows) ([]float64, error) {
	if rows.Features.Rows() != len(rows.Truth) {
		return nil, fault.Errorf(fault.Invalid, "%d rows have %d true values", rows.Features.Rows(), len(rows.Truth))
	}
	return program.ScoreFrame(rows.Features)
}

// apart is the absolute differences, without those that have no score.
func apart(truth, scores []float64) []float64 {
	var misses []float64
	for i, s := range scores {
		if !math.IsNaN(s) {
			misses = append(misses, math.Abs(truth[i]-s))
		}
	}
	return misses
}

// weigh fits the spread and embeds it. Spreads are held above a hundredth of
// their median, so that no row gets an interval of no width.
func (f *Fitted) weigh(ctx context.Context, cfg Config, model predict.Spec, train Rows, outOfFold []float64) (predict.Interval, error) {
	program, err := predict.Compile(model)
	if err != nil {
		return predict.Interval{}, err
	}
	if outOfFold == nil {
		if outOfFold, err = scoresOf(program, train); err != nil {
			return predict.Interval{}, err
		}
	}
	var rows []int
	var errors []float64
	for i, s := range outOfFold {
		if !math.IsNaN(s) {
			rows, errors = append(rows, i), append(errors, math.Abs(train.Truth[i]-s))
		}
	}
	side, err := fitSide(ctx, "the size of errors", cfg.Spread, train.Features.Take(rows), errors)
	if err != nil {
		return predict.Interval{}, err
	}
	spreads, err := side.program.PredictFrame(train.Features)
	if err != nil {
		return predict.Interval{}, err
	}
	least := 0.01 * median(spreads)
	if !(least > 0) {
		return predict.Interval{}, fault.Errorf(fault.Invalid, "the spread of errors cannot be learned: it is at most %g for half of the rows; use the interval method split", median(spreads))
	}
	var cells [][]int32
	if f.Spec, cells, err = graft.Beside(&model, &side.spec); err != nil {
		return predict.Interval{}, err
	}
	f.misses = func(rows Rows) ([]float64, error) {
		scores, err := scoresOf(program, rows)
		if err != nil {
			return nil, err
		}
		spreads, err := side.program.PredictFrame(rows.Features)
		if err != nil {
			return nil, err
		}
		misses := apart(rows.Truth, scores)
		for i := range misses {
			misses[i] /= max(spreads[i], least)
		}
		return misses, nil
	}
	return predict.Interval{Cells: cells[0], Least: least}, nil
}

// between fits the two quantiles and embeds them. That an interval is widened to
// its prediction counts for nothing here, so that the coverage is at least what
// is measured.
func (f *Fitted) between(ctx context.Context, cfg Config, model predict.Spec, train Rows) (predict.Interval, error) {
	var sides [2]*side
	for k, learner := range []learn.Learner{cfg.Low, cfg.High} {
		var err error
		if sides[k], err = fitSide(ctx, "a quantile", learner, train.Features, train.Truth); err != nil {
			return predict.Interval{}, err
		}
	}
	joined, cells, err := graft.Beside(&model, &sides[0].spec, &sides[1].spec)
	if err != nil {
		return predict.Interval{}, err
	}
	f.Spec = joined
	f.misses = func(rows Rows) ([]float64, error) {
		low, err := scoresOf(sides[0].program, rows)
		if err != nil {
			return nil, err
		}
		high, err := scoresOf(sides[1].program, rows)
		if err != nil {
			return nil, err
		}
		misses := make([]float64, len(rows.Truth))
		for i, y := range rows.Truth {
			misses[i] = max(low[i]-y, y-high[i])
		}
		return misses, nil
	}
	return predict.Interval{Cells: []int32{cells[0][0], cells[1][0]}}, nil
}

// side is a second model.
type side struct {
	spec    predict.Spec
	program *predict.Program
}

func fitSide(ctx context.Context, what string, learner learn.Learner, features *frame.Frame, truth []float64) (*side, error) {
	if learner == nil {
		return nil, fault.Errorf(fault.Invalid, "no learner is given for %s", what)
	}
	m, err := learner.Fit(ctx, features, learn.Regression(what, truth))
	if err != nil {
		return nil, err
	}
	program, err := m.Compile()
	return &side{m.Spec, program}, err
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[len(sorted)/2]
}
