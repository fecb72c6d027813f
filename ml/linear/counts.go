package linear

import (
	"context"
	"fmt"
	"math"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// Poisson learns a count, or a rate with exposures as weights, whose logarithm
// is linear: Nelder and Wedderburn, "Generalized Linear Models", JRSS A 135(3),
// 1972. See smooth for the method.
//
// It minimises Σ weight·half deviance / Σ weight + Alpha/2·Σw², as
// scikit-learn's PoissonRegressor does, over the prepared columns, of which
// numbers are scaled to deviation 1; the intercept is free. Targets are at
// least 0.
type Poisson struct {
	// Alpha is the strength of the penalty. Default: 0, none.
	Alpha float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l Poisson) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return fitDeviance(ctx, features, target, l.Prep, 1, l.Alpha)
}

// Gamma learns a positive number whose deviation grows as its mean, and whose
// logarithm is linear: costs, durations. It minimises what Poisson does with the
// gamma distribution's deviance, as scikit-learn's GammaRegressor. Targets are
// above 0.
type Gamma struct {
	// Alpha is the strength of the penalty. Default: 0, none.
	Alpha float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l Gamma) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return fitDeviance(ctx, features, target, l.Prep, 2, l.Alpha)
}

// Tweedie learns a number whose variance is a power of its mean, and whose
// logarithm is linear; between 1 and 2 that is a sum of a random number of
// amounts, so that 0 is frequent: claims, rainfall. It minimises what Poisson
// does with that deviance, as scikit-learn's TweedieRegressor with link log.
// Targets are at least 0, from power 2 on above 0.
type Tweedie struct {
	// Power is from 1 (Poisson) over 2 (Gamma) to 3 (inverse Gaussian). Default:
	// 1.5.
	Power float64
	// Alpha is the strength of the penalty. Default: 0, none.
	Alpha float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l Tweedie) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if l.Power == 0 {
		l.Power = 1.5
	}
	if !(l.Power >= 1 && l.Power <= 3) {
		return nil, fault.Errorf(fault.Invalid, "the power of the variance is %g: it must be from 1 to 3", l.Power)
	}
	return fitDeviance(ctx, features, target, l.Prep, l.Power, l.Alpha)
}

func fitDeviance(ctx context.Context, features *frame.Frame, target learn.Target, cfg prep.Config, power, alpha float64) (*learn.Model, error) {
	if err := checkPenalty(alpha); err != nil {
		return nil, err
	}
	if err := checkPositive(features, target, power); err != nil {
		return nil, err
	}
	p, x, err := prepare(ctx, features, target, cfg, predict.TaskRegression)
	if err != nil {
		return nil, err
	}
	means, err := x.means(ctx)
	if err != nil {
		return nil, err
	}
	m := &smooth{rows: x, loss: tweedie{power: power, y: target.Y, weights: target.Weights}, outputs: 1, scale: 1 / x.total, l2: alpha}
	at := m.zero()
	at[0][m.size()-1] = math.Log(mean(target.Y, target.Weights))
	at, arrived, err := m.minimise(ctx, at)
	if err != nil {
		return nil, err
	}
	emitted := emit(p, target)
	emitted.Spec.Target.Log = true
	setScores(&emitted.Spec, x, at, means)
	if !arrived {
		emitted.Warnings = append(emitted.Warnings, fmt.Sprintf(
			"the fit stopped after %d steps before it reached its accuracy: where a level has targets of 0 alone its weight grows for ever; set alpha above 0", maxSteps))
	}
	return emitted, nil
}

// checkPositive holds targets to what has a logarithmic mean.
func checkPositive(features *frame.Frame, target learn.Target, power float64) error {
	if err := target.Check(features.Rows()); err != nil {
		return err
	}
	if target.Task != predict.TaskRegression {
		return checkTask(target, []string{predict.TaskRegression})
	}
	some := false
	for i, y := range target.Y {
		switch {
		case y < 0:
			return fault.Errorf(fault.Invalid, "the target %q is %g in row %d, and this learner takes numbers of at least 0: use ridge, huber or boosting", target.Name, y, i+1)
		case y == 0 && power >= 2:
			return fault.Errorf(fault.Invalid, "the target %q is 0 in row %d, and this learner takes numbers above 0: use poisson or tweedie, which take 0", target.Name, i+1)
		}
		some = some || y > 0 && target.Weight(i) > 0
	}
	if !some {
		return fault.Errorf(fault.Invalid, "the target %q is 0 in every row that has a weight: there is nothing to learn", target.Name)
	}
	return nil
}
