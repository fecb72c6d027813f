package sklearn

import (
	"slices"
	"strconv"
	"strings"

	"dasier/ml/pickle"
)

// inputNames are the columns that the whole model takes: the model's own names,
// or else those that a person or the bundle gives, where they are as many.
func (r *reader) inputNames(found root, hint Hint) ([]string, error) {
	p := found.part
	said := columnsSaid{n: -1}
	said.look(p, 0)
	if said.names != nil {
		return different(said.names), nil
	}
	for _, names := range [][]string{hint.Columns, found.columns} {
		if len(names) > 0 && (said.n < 0 || len(names) == said.n) {
			return different(names), nil
		}
	}
	switch {
	case said.text && said.n == 1:
		return []string{"text"}, nil
	case said.n < 0 && strings.HasPrefix(p.class(), "Dummy"): // it looks at none
		return unnamed(1), nil
	case said.n < 0:
		if err := fittedWithin(p, 0, new(int)); err != nil {
			return nil, err
		}
		return nil, p.wrong("the file does not say how many columns it was fitted on: name them, in their order")
	case len(hint.Columns) > 0:
		return nil, p.wrong("it was fitted on %d columns without names, and %d columns are known: name those that it was fitted on, in their order", said.n, len(hint.Columns))
	}
	return unnamed(said.n), nil
}

// different gives names of which none stands twice: a table may have two columns
// of one name.
func different(names []string) []string {
	names = slices.Clone(names)
	distinct(names)
	return names
}

// columnsSaid is what the parts of a model say of the columns that it takes.
type columnsSaid struct {
	n      int // -1: unknown
	names  []string
	looked int
	text   bool // of free text

	boosters int
}

// maxLooked bounds how many parts are asked.
const maxLooked = 1000

// maxBoosters bounds the boosters among them.
const maxBoosters = 4

// look asks a part, and then those inside it that take the same columns, until
// one has names.
func (c *columnsSaid) look(p part, depth int) {
	if c.looked++; c.looked > maxLooked || depth > maxNesting || c.names != nil {
		return
	}
	for _, attribute := range []string{"feature_names_in_", "_feature_names_in", "_df_columns"} {
		c.name(p.names(attribute))
	}
	if _, ok := p.child("_Booster"); ok || p.class() == "Booster" { // each is read whole for it
		if c.boosters++; c.boosters > maxBoosters {
			return
		}
		c.booster(p)
	}
	for _, attribute := range []string{"n_features_in_", "n_features_", "_n_features", "n_input_features_"} {
		if attribute == "n_features_" && strings.HasPrefix(p.class(), "RFE") { // how many it selects
			continue
		}
		if x, ok := pickle.Number(p.get(attribute)); ok && x >= 0 && x <= 100_000 {
			c.count(int(x))
		}
	}
	if class := p.class(); class == "LabelEncoder" || class == "LabelBinarizer" { // of a target
		c.name([]string{"y"})
	}
	if p.class() == "IsotonicRegression" {
		c.count(1)
	}
	if p.class() == "DictVectorizer" {
		if keys, _, err := keysOf(p); err == nil {
			c.name(keys)
		}
	}
	if isVectorizer(p.class()) {
		c.text = c.text || c.n < 0
		c.count(1)
	}
	c.count(widthOf(p))
	if p.class() == "ColumnTransformer" && c.names == nil && c.n < 0 {
		c.selected(p)
	}
	for _, next := range sameColumns(p) {
		c.look(next, depth+1)
		if c.n >= 0 && c.names == nil && depth > 0 {
			break // the first that knows will do
		}
	}
}

// name takes names, unless the part is of fewer columns than the whole.
func (c *columnsSaid) name(names []string) {
	if c.names == nil && len(names) > 0 && (c.n < 0 || c.n == len(names)) {
		c.names, c.n = names, len(names)
	}
}

func (c *columnsSaid) count(n int) {
	if c.n < 0 && n >= 0 {
		c.n = n
	}
}

// booster asks what XGBoost's and LightGBM's models hold.
func (c *columnsSaid) booster(p part) {
	names, n := boosterColumns(p)
	c.name(names)
	c.count(n)
}

// selected is for a ColumnTransformer of scikit-learn 0.20, which keeps neither
// names nor their number: the columns are those that it selects.
func (c *columnsSaid) selected(p part) {
	items, ok := pickle.Items(p.get("transformers_"))
	if !ok {
		return
	}
	var names []string
	seen, most := map[string]bool{}, -1
	for _, item := range items {
		triple, ok := pickle.Items(item)
		if !ok || len(triple) != 3 {
			return
		}
		selection, ok := pickle.Items(triple[2])
		if !ok {
			selection = []any{triple[2]}
		}
		for _, column := range selection {
			switch column := column.(type) {
			case string:
				if !seen[column] {
					names, seen[column] = append(names, column), true
				}
			case int64:
				if triple[1] != "drop" {
					most = max(most, int(min(column, 100_000)))
				}
			}
		}
	}
	switch {
	case most >= 0 && len(names) == 0:
		c.count(most + 1)
	case most < 0:
		c.name(names)
	}
}

// within is the part inside another that takes the same columns.
func within(p part) (part, bool) {
	if all := sameColumns(p); len(all) > 0 {
		return all[0], true
	}
	return part{}, false
}

// sameColumns are the parts inside another that take the columns it takes.
func sameColumns(p part) []part {
	var list []part
	add := func(v any, path string) {
		if o, ok := v.(*pickle.Object); ok {
			list = append(list, part{o, path})
		}
	}
	switch p.class() {
	case "Pipeline":
		steps, err := pipelineSteps(p)
		for k := range steps {
			if err == nil && (k == 0 || elementwise(steps[k-1].class())) {
				list = append(list, steps[k])
				continue
			}
			break
		}
		return list
	case "FeatureUnion":
		items, _ := pickle.Items(p.get("transformer_list"))
		for _, item := range items {
			if pair, ok := pickle.Items(item); ok && len(pair) == 2 {
				add(pair[1], p.path)
			}
		}
		return list
	}
	for _, attribute := range []string{"best_estimator_", "regressor_", "estimator_", "base_estimator_", "estimator"} {
		if inner, ok := p.child(attribute); ok {
			list = append(list, inner)
		}
	}
	for _, attribute := range []string{"estimators_", "calibrated_classifiers_"} {
		items, _ := pickle.Items(p.get(attribute))
		for k, item := range items {
			add(item, join(p.path, attribute+"."+strconv.Itoa(k)))
		}
	}
	if inner, ok := p.child("base_estimator"); ok { // of _CalibratedClassifier before 1.2
		list = append(list, inner)
	}
	return list
}

// elementwise tells transformers that leave columns where they are, and that may
// not know how many there are.
func elementwise(class string) bool {
	switch class {
	case "FunctionTransformer", "Normalizer", "Binarizer", "StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "PowerTransformer", "QuantileTransformer":
		return true
	}
	return false
}

// widthOf is how many columns an old part takes, by the arrays it learned; -1
// when none tells.
func widthOf(p part) int {
	for _, attribute := range []string{
		"x_mean_", "_x_mean", "coef_", "scale_", "mean_", "statistics_", "center_", "min_", "max_abs_", "lambdas_", "quantiles_", "components_", "variances_",
		"theta_", "feature_log_prob_", "means_", "location_", "cluster_centers_", "subcluster_centers_", "X_", "centroids_", "scores_", "support_", "support_vectors_", "_fit_X", "X_fit_", "X_train_", "powers_",
	} {
		switch v := p.get(attribute).(type) {
		case *pickle.Array:
			if len(v.Shape) > 0 && v.DType.Kind != 'O' && (attribute != "support_" || v.DType.Kind == 'b') {
				return v.Shape[len(v.Shape)-1]
			}
		case *pickle.Object: // a sparse matrix
			for _, name := range []string{"_shape", "shape"} {
				if shape, ok := v.Attribute(name); ok {
					if sides, ok := pickle.Items(shape); ok && len(sides) == 2 {
						if n, ok := sides[1].(int64); ok {
							return int(min(n, 100_000))
						}
					}
				}
			}
		}
	}
	for _, attribute := range []string{"categories_", "bin_edges_"} {
		if items, ok := pickle.Items(p.get(attribute)); ok && len(items) > 0 {
			return len(items)
		}
	}
	if starts, ok := pickle.Items(p.get("feature_indices_")); ok && len(starts) > 0 && p.get("categorical_features") == "all" { // before 0.20
		return len(starts) - 1
	}
	if layers, ok := pickle.Items(p.get("coefs_")); ok && len(layers) > 0 { // of a network
		if first, ok := layers[0].(*pickle.Array); ok && len(first.Shape) == 2 {
			return first.Shape[0]
		}
	}
	if tree, ok := p.child("tree_"); ok && len(tree.Args) == 3 {
		if n, ok := tree.Args[0].(int64); ok {
			return int(min(n, 100_000))
		}
	}
	return -1
}
