package sklearn

import (
	"math"

	"dasier/ml/forest"
	"dasier/ml/format/xgboost"
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
	case "XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor":
		return r.booster
	}
	return nil
}

// boosting reads gradient boosting: a first guess plus the learning rate times
// each tree.
func (r *reader) boosting(p part, d *design) (answer, error) {
	stages, ok := p.get("estimators_").(*pickle.Array)
	if !ok || len(stages.Shape) != 2 || stages.DType.Kind != 'O' {
		return answer{}, p.wrong("it has no estimators_: was it fitted?")
	}
	rate, err := p.number("learning_rate")
	if err != nil {
		return answer{}, err
	}
	outputs := stages.Shape[1]
	g := &grove{trees: &forest.Trees{Rule: forest.SingleAtMost}, width: 1, output: true}
	for i, item := range stages.Objects {
		o, ok := item.(*pickle.Object)
		if !ok {
			return answer{}, p.wrong("it has an estimator that is none")
		}
		n, err := tree(part{o, join(p.path, "estimators_")})
		if err != nil {
			return answer{}, err
		}
		if n.width != 1 {
			return answer{}, p.wrong("its trees have leaves of %d values", n.width)
		}
		g.add(n, whole(float64(i%outputs)), func(values, into []float64) { into[0] = rate * values[0] })
	}
	a := answer{task: predict.TaskRegression}
	factor := 1.0
	if p.class() == "GradientBoostingClassifier" {
		if a.classes, err = p.classes(); err != nil {
			return answer{}, err
		}
		a.task, a.link = predict.TaskMulticlass, predict.Softmax
		if outputs == 1 {
			a.task, a.link = predict.TaskBinary, predict.Logistic
		}
		if p.text("loss") == "exponential" {
			factor = 2
		}
	}
	if g.trees.Base, err = firstGuess(p, outputs, factor); err != nil {
		return answer{}, err
	}
	if factor != 1 { // expit(2 raw): doubling is exact
		for k := range g.trees.Value {
			g.trees.Value[k] *= factor
		}
		for k := range g.trees.Base {
			g.trees.Base[k] *= factor
		}
	}
	a.trees = g.trees
	a.takes, err = d.materialize(p, refusesMissing)
	return a, err
}

// firstGuess is what the scores begin with.
func firstGuess(p part, outputs int, factor float64) ([]float64, error) {
	base := make([]float64, outputs)
	first := p.get("init_")
	if first == nil || first == "zero" {
		return base, nil
	}
	o, ok := first.(*pickle.Object)
	if !ok {
		return nil, p.wrong("its init_ is no estimator")
	}
	guess := part{o, join(p.path, "init_")}
	switch guess.class() {
	case "DummyRegressor":
		constant, err := guess.floats("constant_")
		if err != nil {
			return nil, err
		}
		if len(constant) != 1 || outputs != 1 {
			return nil, guess.wrong("it has %d constants for %d scores", len(constant), outputs)
		}
		return constant, nil
	case "DummyClassifier":
		prior, err := guess.floats("class_prior_")
		if err != nil {
			return nil, err
		}
		const eps = 1.1920928955078125e-07 // of float32
		clip := func(x float64) float64 { return min(max(x, eps), 1-eps) }
		if outputs == 1 && len(prior) == 2 {
			x := clip(prior[1])
			return []float64{math.Log(x/(1-x)) / factor}, nil
		}
		if len(prior) != outputs {
			return nil, guess.wrong("it has %d classes for %d scores", len(prior), outputs)
		}
		for k := range base {
			base[k] = math.Log(clip(prior[k]))
		}
		return base, nil
	}
	return nil, guess.unsupported("Leave init out of the gradient boosting")
}

// histogram reads histogram gradient boosting: the rate is in its leaves.
func (r *reader) histogram(p part, d *design) (answer, error) {
	if categorical, ok := p.get("is_categorical_").(*pickle.Array); ok {
		flags, err := categorical.Floats()
		if err != nil {
			return answer{}, p.wrong("its is_categorical_: %v", err)
		}
		for _, flag := range flags {
			if flag != 0 {
				return answer{}, p.wrong("it splits by category, which is not read: encode categories with an OrdinalEncoder or OneHotEncoder, and leave categorical_features out")
			}
		}
	}
	base, err := p.floats("_baseline_prediction")
	if err != nil {
		return answer{}, err
	}
	rounds, err := p.items("_predictors")
	if err != nil {
		return answer{}, err
	}
	g := &grove{trees: &forest.Trees{Rule: forest.DoubleAtMost, Base: base}, width: 1, output: true}
	for _, item := range rounds {
		members, ok := pickle.Items(item)
		if !ok || len(members) != len(base) {
			return answer{}, p.wrong("it has a round of %d trees for %d scores", len(members), len(base))
		}
		for k, member := range members {
			o, ok := member.(*pickle.Object)
			if !ok {
				return answer{}, p.wrong("it has a predictor that is none")
			}
			n, err := histogramNodes(part{o, join(p.path, "_predictors")})
			if err != nil {
				return answer{}, err
			}
			g.add(n, whole(float64(k)), func(values, into []float64) { into[0] = values[0] })
		}
	}
	a := answer{trees: g.trees}
	if a.takes, err = d.materialize(p, takesMissing); err != nil {
		return answer{}, err
	}
	if p.class() == "HistGradientBoostingRegressor" {
		a.task = predict.TaskRegression
		switch loss := p.text("loss"); loss {
		case "squared_error", "absolute_error", "quantile", "least_squares", "least_absolute_deviation", "":
		case "poisson", "gamma":
			a.log = true
		default:
			return answer{}, p.wrong("its loss %q is not read", loss)
		}
		return a, nil
	}
	if a.classes, err = p.classes(); err != nil {
		return answer{}, err
	}
	a.task, a.link = predict.TaskMulticlass, predict.Softmax
	if len(base) == 1 {
		a.task, a.link = predict.TaskBinary, predict.Logistic
	}
	return a, nil
}

func histogramNodes(p part) (nodes, error) {
	array, ok := p.get("nodes").(*pickle.Array)
	if !ok {
		return nodes{}, p.wrong("it has no nodes")
	}
	n := nodes{width: 1}
	threshold := "num_threshold"
	if _, ok := array.Field(threshold); !ok {
		threshold = "threshold" // before 0.24
	}
	var leaf []float64
	for name, to := range map[string]*[]float64{
		"left": &n.left, "right": &n.right, "feature_idx": &n.feature, threshold: &n.threshold, "count": &n.cover,
		"missing_go_to_left": &n.missing, "value": &n.values, "is_leaf": &leaf,
	} {
		if err := field(p, array, name, to); err != nil {
			return nodes{}, err
		}
	}
	for i, is := range leaf {
		if is != 0 {
			n.left[i] = -1
		}
	}
	return n, nil
}

// booster reads XGBoost's wrappers.
func (r *reader) booster(p part, d *design) (answer, error) {
	b, ok := p.child("_Booster")
	if !ok {
		return answer{}, p.wrong("it has no booster: was it fitted?")
	}
	handle, ok := b.get("handle").(pickle.Bytes)
	if !ok {
		return answer{}, b.wrong("it has no handle")
	}
	options := xgboost.Options{Wrapped: true}
	if best, ok := pickle.Number(b.get("best_iteration")); ok && best >= 0 && best < 1e6 {
		options.Best = int(best) + 1
	}
	m, err := xgboost.Read(handle, options)
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	if m.Features > len(d.columns) {
		return answer{}, p.wrong("it has %d features, there are %d columns", m.Features, len(d.columns))
	}
	if mark, ok := pickle.Number(p.get("missing")); ok && !math.IsNaN(mark) {
		out := make([]column, len(d.columns))
		for j, c := range d.columns {
			if err := d.number(p, &c); err != nil {
				return answer{}, err
			}
			out[j] = c.then(stage.Step{Op: "replace", A: mark, B: math.NaN()})
		}
		d = d.with(out)
	}
	var classes []string
	if _, ok := p.attribute("classes_"); ok {
		if classes, err = p.classes(); err != nil {
			return answer{}, err
		}
	}
	if d.sparse { // what XGBoost gets as a sparse matrix has no zeros: they are missing
		if d, err = d.each(p, func(int) []stage.Step { return []stage.Step{{Op: "replace", A: 0, B: math.NaN()}} }); err != nil {
			return answer{}, err
		}
	}
	var said predict.Spec
	m.Task(&said, classes)
	takes, err := d.materialize(p, takesMissing)
	return answer{task: said.Task, classes: said.Classes, link: said.Link, log: said.Target.Log, trees: m.Trees, takes: takes}, err
}
