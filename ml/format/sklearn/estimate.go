package sklearn

import (
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// estimator reads one kind of estimator: what it says of a design.
type estimator func(p part, d *design) (answer, error)

// estimatorOf finds the reader of a class, family by family; nil when none has
// it.
func (r *reader) estimatorOf(class string) estimator {
	for _, family := range []func(string) estimator{
		r.linearFamily, r.treeFamily, r.boostingFamily,
	} {
		if e := family(class); e != nil {
			return e
		}
	}
	return nil
}

// estimate says an estimator.
func (r *reader) estimate(p part, d *design) (answer, error) {
	if e := r.estimatorOf(p.class()); e != nil {
		return e(p, d)
	}
	return answer{}, p.unsupported("docs/compat/models.md lists what is")
}

func (r *reader) linearFamily(class string) estimator {
	switch class {
	case "LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "HuberRegressor", "BayesianRidge", "ARDRegression",
		"Lars", "LassoLars", "OrthogonalMatchingPursuit", "TheilSenRegressor", "PassiveAggressiveRegressor", "QuantileRegressor", "LinearSVR", "SGDRegressor":
		return func(p part, d *design) (answer, error) { return r.linear(p, d, false) }
	case "PoissonRegressor", "GammaRegressor":
		return func(p part, d *design) (answer, error) { return r.linear(p, d, true) }
	case "LogisticRegression", "LogisticRegressionCV":
		return r.logistic
	}
	return nil
}

// linear reads coefficients. Contributions are measured from the mean row,
// which these files do not hold: Base is filled from the data by who has it.
func (r *reader) linear(p part, d *design, log bool) (answer, error) {
	weights, err := p.floats("coef_")
	if err != nil {
		return answer{}, err
	}
	if a, ok := p.get("coef_").(*pickle.Array); ok && len(a.Shape) == 2 && a.Shape[0] > 1 {
		return answer{}, p.wrong("it predicts %d targets at once: train one model per target", a.Shape[0])
	}
	bias, err := p.floats("intercept_")
	if err != nil {
		return answer{}, err
	}
	if len(weights) != len(d.columns) || len(bias) != 1 {
		return answer{}, p.wrong("it has %d coefficients for %d columns", len(weights), len(d.columns))
	}
	takes, err := d.materialize(p, refusesMissing)
	return answer{
		task: predict.TaskRegression, log: log, takes: takes,
		linear: &predict.Linear{Bias: bias[0], Weights: weights, Base: make([]float64, len(weights))},
	}, err
}

func (r *reader) logistic(p part, d *design) (answer, error) {
	classes, err := p.classes()
	if err != nil {
		return answer{}, err
	}
	weights, err := p.floats("coef_")
	if err != nil {
		return answer{}, err
	}
	biases, err := p.floats("intercept_")
	if err != nil {
		return answer{}, err
	}
	n := len(d.columns)
	rows := len(classes)
	if rows == 2 {
		rows = 1
	}
	if len(biases) == 1 && rows > 1 {
		biases = repeat(biases[0], rows)
	}
	if len(classes) < 2 || len(weights) != rows*n || len(biases) != rows {
		return answer{}, p.wrong("it has %d coefficients and %d intercepts for %d classes and %d columns", len(weights), len(biases), len(classes), n)
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	a := answer{classes: classes, takes: takes}
	joint := softmaxRule(p, len(classes))
	if rows == 1 {
		a.task, a.link = predict.TaskBinary, predict.Logistic
		if joint { // the softmax of -d and d is the logistic of 2d
			for j := range weights {
				weights[j] *= 2
			}
			biases[0] *= 2
		}
		a.linear = &predict.Linear{Bias: biases[0], Weights: weights, Base: make([]float64, n)}
		return a, nil
	}
	a.task, a.link = predict.TaskMulticlass, predict.OneVsAll
	if joint {
		a.link = predict.Softmax
	}
	for k := range classes {
		a.classwise = append(a.classwise, predict.Linear{Bias: biases[k], Weights: weights[k*n : (k+1)*n], Base: make([]float64, n)})
	}
	return a, nil
}

// softmaxRule tells which of its two rules for probabilities a logistic
// regression uses; the defaults changed with the versions.
func softmaxRule(p part, classes int) bool {
	rule, given := p.attribute("multi_class")
	switch rule {
	case "ovr", "warn":
		return false
	case "auto", "deprecated", nil:
		if !given && p.version() > 0 && p.version() < 20 {
			return false
		}
		solver := p.text("solver")
		return classes > 2 && solver != "liblinear" && (solver != "newton-cholesky" || p.version() > 102)
	}
	return true
}

func repeat(x float64, n int) []float64 {
	values := make([]float64, n)
	for k := range values {
		values[k] = x
	}
	return values
}
