package sklearn

import (
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// estimate says the last part of a model.
func (r *reader) estimate(p part, d *design) error {
	for j := range d.columns { // what nothing has encoded is a number
		if err := d.number(p, &d.columns[j]); err != nil {
			return err
		}
	}
	switch p.class() {
	case "LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "HuberRegressor", "BayesianRidge", "ARDRegression",
		"Lars", "LassoLars", "OrthogonalMatchingPursuit", "TheilSenRegressor", "PassiveAggressiveRegressor", "QuantileRegressor", "LinearSVR", "SGDRegressor":
		return r.linear(p, d, false)
	case "PoissonRegressor", "GammaRegressor":
		return r.linear(p, d, true)
	case "LogisticRegression", "LogisticRegressionCV":
		return r.logistic(p, d)
	case "DecisionTreeClassifier", "ExtraTreeClassifier", "RandomForestClassifier", "ExtraTreesClassifier":
		return r.forest(p, d, true)
	case "DecisionTreeRegressor", "ExtraTreeRegressor", "RandomForestRegressor", "ExtraTreesRegressor":
		return r.forest(p, d, false)
	case "GradientBoostingRegressor", "GradientBoostingClassifier":
		return r.boosting(p, d)
	case "HistGradientBoostingRegressor", "HistGradientBoostingClassifier":
		return r.histogram(p, d)
	case "XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor":
		return r.booster(p, d)
	}
	if transforms(p.class()) != nil || p.class() == "ColumnTransformer" || p.class() == "LabelEncoder" {
		return p.wrong("it transforms and predicts nothing: save the pipeline that ends in an estimator")
	}
	return p.unsupported("Linear models, LogisticRegression, decision trees, random forests, extra trees, gradient boosting and XGBoost are")
}

// linear reads coefficients. Contributions are measured from the mean row,
// which these files do not hold: Base is filled from the data by who has it.
func (r *reader) linear(p part, d *design, log bool) error {
	weights, err := p.floats("coef_")
	if err != nil {
		return err
	}
	if a, ok := p.get("coef_").(*pickle.Array); ok && len(a.Shape) == 2 && a.Shape[0] > 1 {
		return p.wrong("it predicts %d targets at once: train one model per target", a.Shape[0])
	}
	bias, err := p.floats("intercept_")
	if err != nil {
		return err
	}
	if len(weights) != len(d.columns) || len(bias) != 1 {
		return p.wrong("it has %d coefficients for %d columns", len(weights), len(d.columns))
	}
	d.features(&r.spec, false, false)
	r.spec.Task, r.spec.Target.Log = predict.TaskRegression, log
	r.spec.Linear = &predict.Linear{Bias: bias[0], Weights: weights, Base: make([]float64, len(weights))}
	return nil
}

func (r *reader) logistic(p part, d *design) error {
	classes, err := p.classes()
	if err != nil {
		return err
	}
	weights, err := p.floats("coef_")
	if err != nil {
		return err
	}
	biases, err := p.floats("intercept_")
	if err != nil {
		return err
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
		return p.wrong("it has %d coefficients and %d intercepts for %d classes and %d columns", len(weights), len(biases), len(classes), n)
	}
	d.features(&r.spec, false, false)
	r.spec.Classes = classes
	joint := softmaxRule(p, len(classes))
	if rows == 1 {
		r.spec.Task, r.spec.Link = predict.TaskBinary, predict.Logistic
		if joint { // the softmax of -d and d is the logistic of 2d
			for j := range weights {
				weights[j] *= 2
			}
			biases[0] *= 2
		}
		r.spec.Linear = &predict.Linear{Bias: biases[0], Weights: weights, Base: make([]float64, n)}
		return nil
	}
	r.spec.Task, r.spec.Link = predict.TaskMulticlass, predict.OneVsAll
	if joint {
		r.spec.Link = predict.Softmax
	}
	for k := range classes {
		r.spec.Classwise = append(r.spec.Classwise, predict.Linear{Bias: biases[k], Weights: weights[k*n : (k+1)*n], Base: make([]float64, n)})
	}
	return nil
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
