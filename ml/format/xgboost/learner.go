package xgboost

import (
	"strconv"
	"strings"

	"dasier/fault"
)

// fromDocument reads the layout that JSON and UBJSON share.
func fromDocument(v any, options Options) (*Model, error) {
	root := document{v}
	if inner := root.at("Model"); inner.v != nil { // a pickled handle: with its configuration
		root = inner
	}
	learner := root.at("learner")
	if learner.v == nil {
		return nil, fault.Errorf(fault.Invalid, "the document has no learner: it is no XGBoost model")
	}
	m := &Model{Objective: learner.at("objective", "name").text(), Names: learner.at("feature_names").texts()}
	if version, ok := root.at("version").floats(); ok {
		parts := make([]string, len(version))
		for i, part := range version {
			parts[i] = strconv.Itoa(int(part))
		}
		m.Version = strings.Join(parts, ".")
	}
	param := learner.at("learner_model_param")
	m.Features = param.at("num_feature").whole()
	m.Groups = max(param.at("num_class").whole(), param.at("num_target").whole(), 1)
	m.Wrapped = options.Wrapped || learner.at("attributes", "scikit_learn").text() != ""
	for _, levels := range []document{learner.at("objective", "quantile_loss_param", "quantile_alpha"), learner.at("objective", "expectile_loss_param", "expectile_alpha")} {
		if text := levels.text(); text != "" {
			if alphas, err := numbers(text); err == nil {
				m.alphas = alphas
			}
		}
	}
	base, err := m.begin(param.at("base_score").text(), false)
	if err != nil {
		return nil, err
	}
	best := options.Best
	if text := learner.at("attributes", "best_iteration").text(); best == 0 && m.Wrapped && text != "" {
		best = learner.at("attributes", "best_iteration").whole() + 1
	}
	return m, m.booster(learner.at("gradient_booster"), base, best)
}

// booster reads one of the three kinds. dart has stood in three places: around
// a gbtree (to 2.x), beside its model (3.0 to 3.3), and in a gbtree's model.
func (m *Model) booster(d document, base []float64, best int) error {
	weights, _ := d.at("weight_drop").floats()
	name := d.at("name").text()
	switch name {
	case "gbtree":
	case "dart":
		if inner := d.at("gbtree"); inner.v != nil {
			d = inner
		}
	case "gblinear":
		linear, ok := d.at("model", "weights").floats()
		if !ok {
			return fault.Errorf(fault.Invalid, "the XGBoost model has no weights")
		}
		var err error
		m.Linear, err = newLinear(m, linear, base)
		return err
	default:
		return fault.Errorf(fault.Invalid, "the XGBoost model has the booster %.60q: gbtree, dart and gblinear are read", name)
	}
	body := d.at("model")
	if body.v == nil {
		return fault.Errorf(fault.Invalid, "the document has the settings of an XGBoost model (save_config) and no trees: save the model with save_model")
	}
	if inside, ok := body.at("weight_drop").floats(); ok {
		weights = inside
	}
	trees := body.at("trees").list()
	groups, _ := body.at("tree_info").floats()
	if len(groups) != len(trees) {
		return fault.Errorf(fault.Invalid, "the XGBoost model has %d trees and says the margin of %d", len(trees), len(groups))
	}
	if len(weights) > 0 && len(weights) != len(trees) {
		return fault.Errorf(fault.Invalid, "the XGBoost model has %d trees and the weights of %d", len(trees), len(weights))
	}
	if err := m.categories(body.at("cats")); err != nil {
		return err
	}
	b := newBuilder(m, base)
	b.weights, b.parallel = weights, max(body.at("gbtree_model_param", "num_parallel_tree").whole(), 1)
	b.rounds, _ = body.at("iteration_indptr").floats()
	for i := range trees[:b.count(len(trees), best)] {
		if err := b.document(i, document{trees[i]}, groups[i]); err != nil {
			return err
		}
	}
	return nil
}
