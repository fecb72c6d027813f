package sklearn

import (
	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

func (r *reader) linearFamily(class string) estimator {
	switch class {
	case "LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV",
		"MultiTaskLasso", "MultiTaskLassoCV", "MultiTaskElasticNet", "MultiTaskElasticNetCV",
		"Lars", "LarsCV", "LassoLars", "LassoLarsCV", "LassoLarsIC", "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV",
		"BayesianRidge", "ARDRegression", "HuberRegressor", "TheilSenRegressor", "QuantileRegressor",
		"PassiveAggressiveRegressor", "SGDRegressor", "LinearSVR":
		return func(p part, d *design) (answer, error) { return r.linear(p, d, false) }
	case "PoissonRegressor", "GammaRegressor":
		return func(p part, d *design) (answer, error) { return r.linear(p, d, true) }
	case "TweedieRegressor", "GeneralizedLinearRegressor":
		return r.tweedie
	case "RANSACRegressor":
		return r.ransac
	case "PLSRegression", "PLSCanonical", "CCA":
		return r.leastSquares
	case "IsotonicRegression":
		return r.isotonic
	}
	return nil
}

// linear reads coefficients. Contributions are measured from the mean row,
// which these files do not hold: Base is filled from the data by who has it.
func (r *reader) linear(p part, d *design, log bool) (answer, error) {
	weights, err := p.matrix("coef_")
	if err != nil {
		return answer{}, err
	}
	a, err := r.weighted(p, d, weights)
	a.log = log
	if log && a.linear == nil && err == nil {
		return answer{}, p.wrong("it predicts the logarithms of %d targets at once", weights.rows)
	}
	return a, err
}

// weighted is a regression by a row of weights per target and intercept_.
func (r *reader) weighted(p part, d *design, weights matrix) (answer, error) {
	bias := []float64{0}
	if p.get("intercept_") != nil {
		var err error
		if bias, err = p.floats("intercept_"); err != nil {
			return answer{}, err
		}
	}
	n := len(d.columns)
	if weights.columns != n && weights.rows == n && len(bias) != n {
		weights = weights.transposed()
	}
	d, weights, err := d.fold(p, weights)
	if err != nil {
		return answer{}, err
	}
	n = len(d.columns)
	if len(bias) == 1 && weights.rows > 1 {
		bias = repeat(bias[0], weights.rows)
	}
	if weights.columns != n || len(bias) != weights.rows {
		return answer{}, p.wrong("it has %d × %d coefficients and %d intercepts for %d columns", weights.rows, weights.columns, len(bias), n)
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	if weights.rows == 1 {
		return answer{
			task: predict.TaskRegression, takes: takes,
			linear: &predict.Linear{Bias: bias[0], Weights: weights.values, Base: make([]float64, n)},
		}, nil
	}
	scores, err := d.builder.stage(p, &stage.Affine{Weights: weights.values, Bias: bias}, takes)
	return answer{task: predict.TaskVector, scores: scores}, err
}

// tweedie is a generalized linear model with its link said or to be known from
// its power.
func (r *reader) tweedie(p part, d *design) (answer, error) {
	log := false
	switch link := p.text("link"); link {
	case "identity":
	case "log":
		log = true
	case "auto", "":
		power, err := p.number("power")
		if err != nil {
			return answer{}, err
		}
		log = power > 0
	default:
		return answer{}, p.wrong("its link %q is not read: \"identity\" and \"log\" are", link)
	}
	return r.linear(p, d, log)
}

// ransac asks the estimator that was fitted on the inliers.
func (r *reader) ransac(p part, d *design) (answer, error) {
	inner, ok := p.child("estimator_")
	if !ok {
		return answer{}, p.wrong("it has no estimator_: was it fitted?")
	}
	return r.inside(inner, d)
}

// leastSquares reads partial least squares. Its coefficients were transposed,
// in 1.3, and took the scaling of the columns in, in 1.5.
func (r *reader) leastSquares(p part, d *design) (answer, error) {
	n := len(d.columns)
	either := func(names ...string) ([]float64, error) { // since 0.24, and before
		if p.get(names[0]) == nil {
			return p.floats(names[1])
		}
		return p.floats(names[0])
	}
	mean, err := either("_x_mean", "x_mean_")
	if err != nil {
		return answer{}, err
	}
	if len(mean) != n {
		return answer{}, p.wrong("it has the means of %d columns, and gets %d", len(mean), n)
	}
	attribute := "coef_"
	if p.get(attribute) == nil { // 1.1 and 1.2
		attribute = "_coef_"
	}
	weights, err := p.matrix(attribute)
	if err != nil {
		return answer{}, err
	}
	bias, err := either("_y_mean", "y_mean_")
	if err != nil {
		return answer{}, err
	}
	if p.get("intercept_") != nil {
		if bias, err = p.floats("intercept_"); err != nil {
			return answer{}, err
		}
	}
	if attribute == "coef_" && p.version() < 103 && weights.rows == n { // (columns, targets)
		weights = weights.transposed()
	}
	if weights.columns != n || len(bias) != weights.rows {
		return answer{}, p.wrong("it has %d × %d coefficients and %d intercepts for %d columns", weights.rows, weights.columns, len(bias), n)
	}
	scale := repeat(1, n)
	if p.version() < 105 {
		if scale, err = either("_x_std", "x_std_"); err != nil {
			return answer{}, err
		}
		if len(scale) != n {
			return answer{}, p.wrong("it has the scales of %d columns, and gets %d", len(scale), n)
		}
	}
	centred, err := d.each(p, func(j int) []stage.Step {
		return []stage.Step{{Op: "sub", A: mean[j]}, {Op: "div", A: scale[j]}}
	})
	if err != nil {
		return answer{}, err
	}
	takes, err := centred.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	if weights.rows == 1 {
		return answer{
			task: predict.TaskRegression, takes: takes,
			linear: &predict.Linear{Bias: bias[0], Weights: weights.values, Base: make([]float64, n)},
		}, nil
	}
	scores, err := d.builder.stage(p, &stage.Affine{Weights: weights.values, Bias: bias}, takes)
	return answer{task: predict.TaskVector, scores: scores}, err
}

// isotonic interpolates one column.
func (r *reader) isotonic(p part, d *design) (answer, error) {
	if len(d.columns) != 1 {
		return answer{}, p.wrong("it is a function of one column, there are %d", len(d.columns))
	}
	xs, ys := "X_thresholds_", "y_thresholds_"
	if _, ok := p.get(xs).(*pickle.Array); !ok {
		xs, ys = "_necessary_X_", "_necessary_y_" // before 0.24
	}
	x, err := p.floats(xs)
	if err != nil {
		return answer{}, err
	}
	y, err := p.exactly(ys, len(x))
	if err != nil {
		return answer{}, err
	}
	single := false
	if array, ok := p.get(xs).(*pickle.Array); ok {
		single = array.DType.Size == 4
	}
	if len(x) == 0 {
		return answer{}, p.wrong("its curve has no points")
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	if p.text("out_of_bounds") != "clip" { // "nan", or "raise", which answers nothing either
		if takes, err = d.builder.stage(p, stage.Within{Low: x[0], High: x[len(x)-1]}, takes); err != nil {
			return answer{}, err
		}
	}
	scores, err := d.builder.stage(p, &stage.Curve{X: x, Y: y, Single: single}, takes)
	return answer{task: predict.TaskRegression, scores: scores}, err
}
