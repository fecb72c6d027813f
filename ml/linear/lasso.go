package linear

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// Lasso learns a number by least squares with a penalty on the absolute weights,
// which leaves many of them 0: Tibshirani, "Regression Shrinkage and Selection via
// the Lasso", JRSS B 58(1), 1996. See descent for the method.
//
// It minimises Σ weight·(y - Xw - b)² / (2·Σ weight) + Alpha·Σ|w|, as
// scikit-learn's Lasso does, over the prepared columns, of which numbers are
// scaled to deviation 1; the intercept b is free.
type Lasso struct {
	// Alpha is the strength of the penalty. Default: of a path, the one that promises
	// the best predictions by AICc, see descent.choose.
	Alpha float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l Lasso) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return first(l.Path(ctx, features, target, []float64{l.Alpha}))
}

// Path fits a model per penalty, in their order, for hardly more than the
// weakest costs alone.
func (l Lasso) Path(ctx context.Context, features *frame.Frame, target learn.Target, alphas []float64) ([]*learn.Model, error) {
	return sparsePath(ctx, features, target, l.Prep, alphas, 1)
}

// ElasticNet learns a number by least squares with a penalty on both absolute
// and squared weights, which keeps correlated columns together: Zou and Hastie,
// "Regularization and Variable Selection via the Elastic Net", JRSS B 67(2),
// 2005.
//
// It minimises Σ weight·(y - Xw - b)² / (2·Σ weight) + Alpha·L1Ratio·Σ|w| +
// Alpha·(1-L1Ratio)/2·Σw², as scikit-learn's ElasticNet does, over the prepared
// columns, of which numbers are scaled to deviation 1; the intercept b is free.
type ElasticNet struct {
	// Alpha is the strength of the penalty. Default: of a path, the one that promises
	// the best predictions by AICc, see descent.choose; what it is to a target of
	// deviation 1, so that the answers do not depend on the target's unit. (A given
	// Alpha is in that unit for absolute weights and in none for squares: one that
	// suits dollars shrinks all weights of millions to nothing.)
	Alpha float64
	// L1Ratio is the share of the penalty that is on absolute weights, above 0 and
	// at most 1; for squares alone there is Ridge. Default: 0.5.
	L1Ratio float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l ElasticNet) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return first(l.Path(ctx, features, target, []float64{l.Alpha}))
}

// Path fits a model per penalty, in their order, for hardly more than the
// weakest costs alone.
func (l ElasticNet) Path(ctx context.Context, features *frame.Frame, target learn.Target, alphas []float64) ([]*learn.Model, error) {
	if l.L1Ratio == 0 {
		l.L1Ratio = 0.5
	}
	return sparsePath(ctx, features, target, l.Prep, alphas, l.L1Ratio)
}

func sparsePath(ctx context.Context, features *frame.Frame, target learn.Target, cfg prep.Config, alphas []float64, ratio float64) ([]*learn.Model, error) {
	if !(ratio > 0 && ratio <= 1) {
		return nil, fault.Errorf(fault.Invalid, "the share of absolute weights in the penalty is %g: it must be above 0 and at most 1", ratio)
	}
	for _, alpha := range alphas {
		if err := checkPenalty(alpha); err != nil {
			return nil, err
		}
	}
	s, err := newSquares(ctx, features, target, cfg)
	if err != nil {
		return nil, err
	}
	if s.gram == nil {
		return nil, s.tooWide("lasso and elastic net")
	}
	d := newDescent(s.gram)
	strengths, penalties, err := d.penalties(ctx, s.rows.counted(), alphas, ratio)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(alphas))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(strengths[b], strengths[a]) })
	sorted := make([][2]float64, len(alphas))
	for at, k := range order {
		sorted[at] = penalties[k]
	}
	models := make([]*learn.Model, len(alphas))
	err = d.follow(ctx, sorted, func(at int, w []float64, arrived bool) error {
		models[order[at]] = s.emit(s.model(w, 0))
		if !arrived {
			models[order[at]].Warnings = append(models[order[at]].Warnings, fmt.Sprintf(
				"the fit stopped after %d sweeps before it reached its accuracy (gap %.1g of the target's variance): a larger alpha converges faster", maxSweeps, d.gap()/d.square))
		}
		return nil
	})
	return models, err
}

// penalties are the strengths of a path, those of 0 chosen, and what they are on
// absolute and on squared weights.
func (d *descent) penalties(ctx context.Context, rows int, alphas []float64, ratio float64) (strengths []float64, penalties [][2]float64, err error) {
	unit := math.Sqrt(d.square) // of the target
	chosen := func(strength float64) [2]float64 {
		p := [2]float64{strength * ratio, strength * (1 - ratio)}
		if unit > 0 {
			p[1] /= unit
		}
		return p
	}
	strengths, penalties = slices.Clone(alphas), make([][2]float64, len(alphas))
	for k, alpha := range alphas {
		penalties[k] = [2]float64{alpha * ratio, alpha * (1 - ratio)}
		if alpha == 0 {
			if strengths[k], err = d.choose(ctx, rows, d.strongest()/ratio, chosen); err != nil {
				return nil, nil, err
			}
			penalties[k] = chosen(strengths[k])
		}
	}
	return strengths, penalties, nil
}

// counted is how many rows weigh something.
func (x *rows) counted() int {
	n := x.n
	for _, w := range x.weights {
		if w == 0 {
			n--
		}
	}
	return n
}

func (s *squares) tooWide(learners string) error {
	return fault.Errorf(fault.Invalid, "the columns give %d features, and %s take at most %d: group rare levels (rare), drop a column with many levels, or use ridge",
		s.rows.cols(), learners, widest)
}
