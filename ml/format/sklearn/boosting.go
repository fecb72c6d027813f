package sklearn

import (
	"math"
	"strings"

	"dasier/fault"
	"dasier/ml/forest"
	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

func (r *reader) boostingFamily(class string) estimator {
	switch class {
	case "GradientBoostingRegressor", "GradientBoostingClassifier":
		return r.boosting
	case "HistGradientBoostingRegressor", "HistGradientBoostingClassifier":
		return r.histogram
	case "XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor", "XGBRanker", "XGBModel":
		return r.xgb
	case "LGBMClassifier", "LGBMRegressor", "LGBMRanker", "LGBMModel":
		return r.lgbm
	case "Booster":
		return func(p part, d *design) (answer, error) {
			if strings.HasPrefix(p.Class.Module, "lightgbm") {
				return r.lgbm(p, d)
			}
			return r.xgb(p, d)
		}
	}
	return nil
}

// boosting reads gradient boosting: a first guess plus the learning rate times
// each tree.
func (r *reader) boosting(p part, d *design) (answer, error) {
	trees, err := boostedTrees(p)
	if err != nil {
		return answer{}, err
	}
	outputs := len(trees.Base)
	a := answer{task: predict.TaskRegression}
	if p.class() == "GradientBoostingClassifier" {
		if a.classes, err = p.classes(); err != nil {
			return answer{}, err
		}
		a.task, a.link = predict.TaskMulticlass, predict.Softmax
		if outputs == 1 {
			a.task, a.link = predict.TaskBinary, predict.Logistic
		}
	}
	if (outputs != 1) != (a.task == predict.TaskMulticlass) || a.task == predict.TaskMulticlass && outputs != len(a.classes) {
		return answer{}, p.wrong("it has %d scores and %d classes", outputs, len(a.classes))
	}
	var guess []cell
	base, isConstant, err := firstGuess(p, outputs)
	if err != nil {
		return answer{}, err
	}
	if isConstant {
		trees.Base = base
	} else if guess, err = r.guess(p, d, outputs); err != nil {
		return answer{}, err
	}
	if a.takes, err = d.materialize(p, refusesMissing); err != nil {
		return answer{}, err
	}
	a.trees = trees
	if guess == nil && !exponential(p) {
		return a, nil
	}
	return a, a.raise(p, d, guess)
}

// exponential tells AdaBoost's loss, whose scores are half a logit.
func exponential(p part) bool {
	return p.class() == "GradientBoostingClassifier" && p.text("loss") == "exponential"
}

// raise adds the first guess to the trees' sums where it is another model's, and
// doubles what is half a logit.
func (a *answer) raise(p part, d *design, guess []cell) error {
	raw, err := d.builder.computed(p, a)
	if err != nil {
		return err
	}
	if guess != nil {
		n := len(raw)
		sum := &stage.Affine{Weights: make([]float64, n*2*n), Bias: make([]float64, n)}
		for k := range n {
			sum.Weights[k*2*n+k], sum.Weights[k*2*n+n+k] = 1, 1
		}
		if raw, err = d.builder.stage(p, sum, append(append([]cell{}, guess...), raw...)); err != nil {
			return err
		}
	}
	a.scores = raw
	if !exponential(p) {
		return nil
	}
	a.outputs = append(a.outputs, named{"decision_function", raw})
	double, err := stage.NewElementwise([][]stage.Step{{{Op: "mul", A: 2}}})
	if err != nil {
		return p.wrong("%v", err)
	}
	a.scores, err = d.builder.stage(p, double, raw)
	return err
}

// boostedTrees reads the trees, scaled by the learning rate, with a base of 0.
func boostedTrees(p part) (*forest.Trees, error) {
	stages, ok := p.get("estimators_").(*pickle.Array)
	if !ok || len(stages.Shape) != 2 || stages.DType.Kind != 'O' || stages.Shape[1] < 1 {
		return nil, p.wrong("it has no estimators_: was it fitted?")
	}
	rate, err := p.number("learning_rate")
	if err != nil {
		return nil, err
	}
	outputs := stages.Shape[1]
	g := &grove{trees: &forest.Trees{Rule: forest.SingleAtMost, Base: make([]float64, outputs)}, width: 1, output: true}
	for i, item := range stages.Objects {
		o, ok := item.(*pickle.Object)
		if !ok {
			return nil, p.wrong("it has an estimator that is none")
		}
		n, err := tree(part{o, join(p.path, "estimators_")})
		if err != nil {
			return nil, err
		}
		if n.width != 1 {
			return nil, p.wrong("its trees have leaves of %d values", n.width)
		}
		g.add(n, whole(float64(i%outputs)), func(values, into []float64) { into[0] = rate * values[0] })
	}
	return g.trees, nil
}

// firstGuess is what the scores begin with, where that is the same for every
// row; false where it is another model's prediction.
func firstGuess(p part, outputs int) (base []float64, isConstant bool, err error) {
	base = make([]float64, outputs)
	first := p.get("init_")
	if first == nil || first == "zero" {
		return base, true, nil
	}
	o, ok := first.(*pickle.Object)
	if !ok {
		return nil, false, p.wrong("its init_ is no estimator")
	}
	guess := part{o, join(p.path, "init_")}
	var attribute string
	switch guess.class() {
	case "DummyRegressor":
		attribute = "constant_"
	// Before 0.21 the first guesses were models of their own, of raw scores.
	case "MeanEstimator":
		attribute = "mean"
	case "QuantileEstimator":
		attribute = "quantile"
	case "LogOddsEstimator", "ScaledLogOddsEstimator":
		attribute = "prior"
	case "PriorProbabilityEstimator":
		attribute = "priors"
	case "ZeroEstimator":
		return base, true, nil
	case "DummyClassifier":
		if strategy := guess.text("strategy"); strategy != "" && strategy != "prior" {
			return nil, false, nil
		}
		prior, err := guess.floats("class_prior_")
		if err != nil {
			return nil, false, err
		}
		link := guessLink(p, outputs)
		if _, err := link.Check(len(prior)); err != nil {
			return nil, false, guess.wrong("it has %d classes for %d scores", len(prior), outputs)
		}
		link.Apply(prior, base, nil)
		return base, true, nil
	default:
		return nil, false, nil
	}
	if base, err = guess.floats(attribute); err == nil && len(base) != outputs {
		err = guess.wrong("it has %d constants for %d scores", len(base), outputs)
	}
	return base, true, err
}

// guess is the prediction of the model that the scores begin with.
func (r *reader) guess(p part, d *design, outputs int) ([]cell, error) {
	init, ok := p.child("init_")
	if !ok {
		return nil, p.wrong("its init_ is no estimator")
	}
	// It is asked with the rows as the trees see them.
	rounded, err := d.through(p, rounding(len(d.columns)), refusesMissing, names(d))
	if err != nil {
		return nil, err
	}
	a, err := r.inside(init, rounded)
	if err != nil {
		return nil, err
	}
	b := d.builder
	learned, ok := init.get("coef_").(*pickle.Array)
	single := ok && learned.DType.Size == 4
	if single {
		r.facts.Single = true
		if err := a.single(init, b); err != nil {
			return nil, err
		}
	}
	var cells []cell
	switch {
	case p.class() != "GradientBoostingClassifier":
		if cells, err = b.values(init, &a); err == nil && len(cells) != outputs {
			err = init.wrong("it predicts %d numbers for %d scores", len(cells), outputs)
		}
		return cells, err
	case single && a.link == predict.Softmax && a.scores != nil:
		cells, err = b.stage(init, singleSoftmax(len(a.scores)), a.scores)
	default:
		if cells, ok, err = b.probabilities(init, &a); err == nil && !ok {
			err = init.wrong("it gives no probabilities, which the classifier begins with")
		}
	}
	if err != nil {
		return nil, err
	}
	return b.stage(init, guessLink(p, outputs), cells)
}

func wrongCells(in, want int) error {
	return fault.Errorf(fault.Invalid, "%d cells are expected, there are %d", want, in)
}

// guessed turns the probabilities of a first guess into scores.
type guessed struct {
	outputs  int
	factor   float64 // of a logit: a half with AdaBoost's loss
	centered bool    // of several classes: since 1.4 the mean logarithm is taken off
}

func guessLink(p part, outputs int) guessed {
	g := guessed{outputs: outputs, factor: 1, centered: p.version() >= 104}
	if exponential(p) {
		g.factor = 0.5
	}
	return g
}

// Check wants a probability per class.
func (g guessed) Check(in int) (int, error) {
	if in != max(g.outputs, 2) {
		return 0, wrongCells(in, max(g.outputs, 2))
	}
	return g.outputs, nil
}

// Work is nothing.
func (guessed) Work(int) int { return 0 }

// Apply takes logarithms.
func (g guessed) Apply(in, out, _ []float64) {
	const eps = 1.1920928955078125e-07 // of float32
	clip := func(x float64) float64 { return min(max(x, eps), 1-eps) }
	if g.outputs == 1 {
		x := clip(in[1])
		out[0] = g.factor * math.Log(x/(1-x))
		return
	}
	mean := 0.0
	for k, x := range in {
		out[k] = math.Log(clip(x))
		mean += out[k]
	}
	if !g.centered {
		return
	}
	mean /= float64(len(in))
	for k := range out {
		out[k] -= mean
	}
}
