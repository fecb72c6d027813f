package sklearn

import (
	"math"
	"strings"

	"dasier/ml/pickle"
)

// importances are what a fitted model says of its columns: coefficients, or how
// much its trees gained by each.
func importances(model part, getter string, order float64) ([]float64, error) {
	if getter == "auto" {
		getter = "feature_importances_"
		if model.get("coef_") != nil {
			getter = "coef_"
		}
	}
	path := strings.Split(getter, ".")
	for _, step := range path[:len(path)-1] {
		if step == "named_steps" {
			continue
		}
		next, err := member(model, step)
		if err != nil {
			return nil, err
		}
		model = next
	}
	switch path[len(path)-1] {
	case "coef_":
		coefficients, err := model.matrix("coef_")
		if err != nil {
			return nil, err
		}
		return coefficients.norms(order), nil
	case "feature_importances_":
		return treeImportances(model)
	}
	return nil, model.wrong("its importances %q are not read. coef_ and feature_importances_ of scikit-learn's models are", getter)
}

// member is a step of a pipeline, or an attribute.
func member(p part, name string) (part, error) {
	if p.class() == "Pipeline" {
		steps, err := pipelineSteps(p)
		if err != nil {
			return part{}, err
		}
		for _, s := range steps {
			if s.path == join(p.path, name) {
				return s, nil
			}
		}
	}
	if next, ok := p.child(name); ok {
		return next, nil
	}
	return part{}, p.wrong("it has no part %q", name)
}

// norms are the sizes of a matrix's columns.
func (m matrix) norms(order float64) []float64 {
	sizes := make([]float64, m.columns)
	for c := range sizes {
		for r := range m.rows {
			x := math.Abs(m.values[r*m.columns+c])
			switch {
			case m.rows == 1:
				sizes[c] = x
			case math.IsInf(order, 1):
				sizes[c] = max(sizes[c], x)
			case order == 1:
				sizes[c] += x
			default:
				sizes[c] += math.Pow(x, order)
			}
		}
		if m.rows > 1 && order != 1 && !math.IsInf(order, 1) {
			sizes[c] = math.Pow(sizes[c], 1/order)
		}
	}
	return sizes
}

// treeImportances recomputes what trees gained by each column, as the property
// of that name does: the weighted decrease of impurity (Breiman et al.,
// Classification and Regression Trees, section 5.3.4).
func treeImportances(model part) ([]float64, error) {
	columns, ok := pickle.Number(model.get("n_features_in_"))
	for _, name := range []string{"n_features_", "max_features_"} {
		if !ok {
			columns, ok = pickle.Number(model.get(name))
		}
	}
	if !ok || columns < 1 || columns > 100_000 {
		return nil, model.wrong("it does not say how many columns it was fitted on, or has no importances: coef_ and the importances of trees are read")
	}
	n := int(columns)
	switch class := model.class(); class {
	case "DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor":
		gains, err := treeGains(model, n)
		if err != nil {
			return nil, err
		}
		normalized(gains)
		return gains, nil
	case "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor":
		return meanGains(model, n, true)
	case "GradientBoostingClassifier", "GradientBoostingRegressor":
		return meanGains(model, n, model.version() > 0 && model.version() < 20)
	}
	return nil, model.wrong("its importances are not in the file, and are computed from its trees for scikit-learn's own forests and boosting only. Fit on the columns that were selected")
}

// meanGains is the mean over the trees that split at all, each normalized before
// (a forest's) or not (boosting's since 0.20).
func meanGains(model part, n int, each bool) ([]float64, error) {
	items, err := model.items("estimators_")
	if err != nil {
		return nil, err
	}
	sums, trees := make([]float64, n), 0.0
	for _, item := range items {
		o, ok := item.(*pickle.Object)
		if !ok {
			return nil, model.wrong("it has a tree that is none")
		}
		gains, err := treeGains(part{o, join(model.path, "estimators_")}, n)
		if err != nil {
			return nil, err
		}
		if gains == nil {
			continue // it is a leaf alone
		}
		if each {
			normalized(gains)
		}
		for j, g := range gains {
			sums[j] += g
		}
		trees++
	}
	for j := range sums {
		sums[j] /= max(trees, 1)
	}
	normalized(sums)
	return sums, nil
}

// treeGains is the decrease of impurity by column, over the weight of the root;
// nil for a tree of one leaf.
func treeGains(p part, n int) ([]float64, error) {
	t, ok := p.child("tree_")
	if !ok {
		return nil, p.wrong("it has no tree_: was it fitted?")
	}
	array, ok := t.get("nodes").(*pickle.Array)
	if !ok {
		return nil, t.wrong("it has no nodes")
	}
	var left, right, feature, impurity, weight []float64
	for name, to := range map[string]*[]float64{
		"left_child": &left, "right_child": &right, "feature": &feature, "impurity": &impurity, "weighted_n_node_samples": &weight,
	} {
		if err := field(t, array, name, to); err != nil {
			return nil, err
		}
	}
	if len(left) == 0 {
		return nil, t.wrong("it has no nodes")
	}
	gains := make([]float64, n)
	if len(left) == 1 {
		return nil, nil
	}
	inside := func(x float64) bool { return x >= 0 && x < float64(len(left)) }
	for k := range left {
		if left[k] == -1 {
			continue
		}
		if !inside(left[k]) || !inside(right[k]) || !(feature[k] >= 0 && feature[k] < float64(n)) {
			return nil, t.wrong("node %d has children or a column that are none", k)
		}
		l, r := int(left[k]), int(right[k])
		gains[int(feature[k])] += weight[k]*impurity[k] - weight[l]*impurity[l] - weight[r]*impurity[r]
	}
	if weight[0] > 0 {
		for j := range gains {
			gains[j] /= weight[0]
		}
	}
	return gains, nil
}

// normalized divides by the sum, where there is one.
func normalized(values []float64) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if sum > 0 {
		for j := range values {
			values[j] /= sum
		}
	}
}
