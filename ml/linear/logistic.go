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

// Logistic learns to tell classes apart by logistic regression, multinomial
// where there are more than two: Cox, "The Regression Analysis of Binary
// Sequences", JRSS B 20(2), 1958. See smooth for the method, and sparse for that
// with a penalty on absolute weights.
//
// It minimises C·Σ weight·(-log of the probability of the row's class) +
// (1-L1Ratio)/2·Σw² + L1Ratio·Σ|w|, as scikit-learn's LogisticRegression does
// (penalty l2, and elasticnet with L1Ratio above 0), over the prepared columns,
// of which numbers are scaled to deviation 1; intercepts are free.
type Logistic struct {
	// C is how much the data count against the penalty; +Inf: there is no
	// penalty. Default: 1.
	C float64
	// L1Ratio is the share of the penalty that is on absolute weights, from 0 to
	// 1. Default: 0.
	L1Ratio float64
	// Prep says how columns are prepared; the form is always dense.
	Prep prep.Config
}

// Fit learns to predict target.
func (l Logistic) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return first(l.Path(ctx, features, target, []float64{l.C}))
}

// Path fits a model per C, in their order, from one preparation, each beginning
// at the one before.
func (l Logistic) Path(ctx context.Context, features *frame.Frame, target learn.Target, strengths []float64) ([]*learn.Model, error) {
	for _, c := range strengths {
		if !(c >= 0) {
			return nil, fault.Errorf(fault.Invalid, "C is %g: it must be above 0; the smaller, the stronger the penalty", c)
		}
	}
	if !(l.L1Ratio >= 0 && l.L1Ratio <= 1) {
		return nil, fault.Errorf(fault.Invalid, "the share of absolute weights in the penalty is %g: it must be from 0 to 1", l.L1Ratio)
	}
	p, x, err := prepare(ctx, features, target, l.Prep, predict.TaskBinary, predict.TaskMulticlass)
	if err != nil {
		return nil, err
	}
	m := &smooth{rows: x, outputs: target.Scores()}
	m.loss = multinomial{y: target.Y, weights: target.Weights}
	if target.Task == predict.TaskBinary {
		m.loss = binary{y: target.Y, weights: target.Weights}
	}
	means, err := x.means(ctx)
	if err != nil {
		return nil, err
	}
	at := l.begin(m, target)
	models := make([]*learn.Model, len(strengths))
	for k, c := range strengths {
		if c == 0 {
			c = 1
		}
		var warnings []string
		if at, warnings, err = l.fit(ctx, m, at, c); err != nil {
			return nil, err
		}
		models[k] = emit(p, target)
		models[k].Warnings = warnings
		setScores(&models[k].Spec, x, at, means)
	}
	return models, nil
}

// begin is the shares of the classes.
func (l Logistic) begin(m *smooth, target learn.Target) point {
	at := m.zero()
	shares := make([]float64, len(target.Classes))
	for i, y := range target.Y {
		shares[int(y)] += target.Weight(i)
	}
	if m.outputs == 1 {
		at[0][m.size()-1] = math.Log(max(shares[1], 0.5)) - math.Log(max(shares[0], 0.5))
		return at
	}
	for k := range at {
		at[k][m.size()-1] = math.Log(max(shares[k], 0.5)) - math.Log(m.rows.total/float64(len(at)))
	}
	return at
}

// doubt is the probability of other classes below which a row's class is
// certain. A fit to classes that overlap is not certain of all rows.
const doubt = 1e-4

func (l Logistic) fit(ctx context.Context, m *smooth, at point, c float64) (point, []string, error) {
	m.scale, m.l2 = c, 1-l.L1Ratio
	free := math.IsInf(c, 1)
	if free {
		m.scale, m.l2 = 1/m.rows.total, 0
	}
	var arrived bool
	var err error
	if l.L1Ratio > 0 && !free {
		at, arrived, err = m.sparse(ctx, at, l.L1Ratio)
	} else {
		at, arrived, err = m.minimise(ctx, at)
	}
	if err != nil {
		return nil, nil, err
	}
	centreIntercepts(at)
	var warnings []string
	if free {
		certain, err := m.certain(ctx, at)
		if err != nil {
			return nil, nil, err
		}
		if certain {
			return at, []string{"the features tell the classes apart without an error, so that without a penalty the weights would grow for ever: they were stopped, and probabilities are 0 or 1; set C to a number"}, nil
		}
	}
	if !arrived {
		warnings = append(warnings, fmt.Sprintf("the fit stopped after %d steps before it reached its accuracy: a stronger penalty converges faster (a smaller C)", maxSteps))
	}
	return at, warnings, nil
}

// certain tells whether every row's class has a probability of nearly 1.
func (m *smooth) certain(ctx context.Context, at point) (bool, error) {
	doubts, _, err := m.rows.pass(ctx, at, func(first, n int, scores, slopes [][block]float64) float64 {
		m.loss.slope(first, n, scores, slopes)
		doubts := 0.0
		for i := range n {
			for k := range slopes {
				if math.Abs(slopes[k][i]) > doubt*weight(m.rows.weights, first+i) {
					doubts++
				}
			}
		}
		return doubts
	})
	return doubts == 0, err
}

// centreIntercepts makes intercepts of several outputs sum to 0: a constant in
// all of them changes no probability.
func centreIntercepts(at point) {
	if len(at) < 2 {
		return
	}
	last := len(at[0]) - 1
	mean := 0.0
	for k := range at {
		mean += at[k][last] / float64(len(at))
	}
	for k := range at {
		at[k][last] -= mean
	}
}

// setScores puts weights into a spec, with the link of its task.
func setScores(spec *predict.Spec, x *rows, at point, means []float64) {
	all := make([]predict.Linear, len(at))
	for k, w := range at {
		p := len(w) - 1
		all[k] = predict.Linear{Bias: x.bias(w[p], w[:p]), Weights: x.restore(w[:p]), Base: x.base(means)}
	}
	switch spec.Task {
	case predict.TaskMulticlass:
		spec.Classwise, spec.Link = all, predict.Softmax
	case predict.TaskBinary:
		spec.Linear, spec.Link = &all[0], predict.Logistic
	default:
		spec.Linear = &all[0]
	}
}
