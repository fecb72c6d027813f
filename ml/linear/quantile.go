package linear

import (
	"context"
	"fmt"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// Quantile learns a quantile of a number: Koenker and Bassett, "Regression
// Quantiles", Econometrica 46(1), 1978. See interior for the method.
//
// It minimises Σ weight·pinball(y - Xw - b) / Σ weight + Alpha·Σ|w|, as
// scikit-learn's QuantileRegressor does, over the prepared columns, of which
// numbers are scaled to deviation 1; the intercept is free. Where several
// solutions are equally good, which happens on data with ties, any may be given.
type Quantile struct {
	// Quantile is the share of targets that should lie below, between 0 and 1.
	// Default: 0.5.
	Quantile float64
	// Alpha is the strength of the penalty. Default: 0, none.
	Alpha float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l Quantile) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if l.Quantile == 0 {
		l.Quantile = 0.5
	}
	if !(l.Quantile > 0 && l.Quantile < 1) {
		return nil, fault.Errorf(fault.Invalid, "the quantile is %g: it must be between 0 and 1", l.Quantile)
	}
	if err := checkPenalty(l.Alpha); err != nil {
		return nil, err
	}
	s, err := newSquares(ctx, features, target, l.Prep)
	if err != nil {
		return nil, err
	}
	if s.gram == nil {
		return nil, s.tooWide("quantile regressions")
	}
	q, err := newInterior(ctx, s, l.Quantile, l.Alpha*s.rows.total)
	if err != nil {
		return nil, err
	}
	arrived, err := q.run(ctx)
	if err != nil {
		return nil, err
	}
	emitted := emit(s.prepared, target)
	setScores(&emitted.Spec, s.rows, point{q.weights()}, s.gram.means)
	if !arrived {
		emitted.Warnings = append(emitted.Warnings, fmt.Sprintf("the fit stopped after %d steps before it reached its accuracy (gap %.1g of the loss)", interiorSteps, q.gap/q.start))
	}
	return emitted, nil
}
