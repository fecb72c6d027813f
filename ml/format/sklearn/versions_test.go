package sklearn_test

import (
	"math"
	"strings"
	"testing"

	"dasier/ml/format/sklearn"
	"dasier/ml/pickle"
)

// TestOldRules are what old versions did otherwise than 1.2, whose files the
// sets are made of. The numbers are by hand, after the sources of their day.
func TestOldRules(t *testing.T) {
	old := func(version string, o *pickle.Object, more ...any) *pickle.Object {
		state := o.State.(*pickle.Dict) //nolint:forcetypeassert // object makes one
		state.Set("_sklearn_version", version)
		for k := 0; k < len(more); k += 2 {
			state.Set(more[k], more[k+1])
		}
		return o
	}
	isolation := func(version string, more ...any) *pickle.Object {
		nodes := structured(t, "left_child:<i8 right_child:<i8 feature:<i8 threshold:<f8 impurity:<f8 n_node_samples:<i8 weighted_n_node_samples:<f8",
			[]float64{1, 2, 0, 0, 0, 3, 3}, []float64{-1, -1, -2, -2, 0, 1, 1}, []float64{-1, -1, -2, -2, 0, 2, 2})
		tree := object("sklearn.tree._tree", "Tree", map[string]any{"nodes": nodes, "values": plainArray(t, []int{3, 1, 1}, 0, 0, 0)})
		return old(version, object("sklearn.ensemble._iforest", "IsolationForest", map[string]any{
			"estimators_":          list(object("sklearn.tree._classes", "ExtraTreeRegressor", map[string]any{"tree_": tree, "n_features_": int64(1)})),
			"estimators_features_": list(list(int64(0))), "max_samples_": int64(3),
		}), more...)
	}
	machine := old("0.20.3", object("sklearn.svm._classes", "SVR", map[string]any{
		"kernel": "rbf", "gamma": "auto_deprecated", "_gamma": 1.0, "support_vectors_": plainArray(t, []int{1, 1}, 0), "dual_coef_": plainArray(t, []int{1, 1}, 3), "intercept_": list(1.0),
		"shape_fit_": &pickle.Tuple{Items: []any{int64(1), int64(1)}},
	}))
	union := func(none any) *pickle.Object {
		return object("sklearn.pipeline", "Pipeline", map[string]any{"steps": list(
			pair("both", object("sklearn.pipeline", "FeatureUnion", map[string]any{"transformer_list": list(
				pair("half", object("sklearn.preprocessing._data", "StandardScaler", map[string]any{"with_mean": false, "scale_": plainArray(t, []int{1}, 2), "n_samples_seen_": int64(2)})),
				pair("none", none),
			)})),
			pair("model", ridge(3)),
		)})
	}
	legacy := object("sklearn.pipeline", "Pipeline", map[string]any{"steps": list(
		pair("hot", old("0.20.3", object("sklearn.preprocessing._encoders", "OneHotEncoder", map[string]any{
			"_legacy_mode": true, "n_values": int64(3), "_n_values_": list(int64(3)), "_feature_indices_": list(int64(0), int64(3)),
			"categories_": list(list(int64(0), int64(1))), "handle_unknown": "error", "sparse": true,
		}))),
		pair("model", object("sklearn.linear_model._ridge", "Ridge", map[string]any{"coef_": list(1.0, 2.0, 4.0), "intercept_": 0.0})),
	)})
	p := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	const gamma = 0.5772156649015329
	all := 2*(math.Log(2)+gamma) - 2*2./3 // of three rows
	for _, c := range []struct {
		what  string
		model *pickle.Object
		x     float64
		score float64
		class string
	}{
		{"two classes by a softmax", old("0.20.0", logistic("no", "yes"), "multi_class", "multinomial"), 0.5, p(1), "yes"},
		{"two classes before it", old("0.19.2", logistic("no", "yes"), "multi_class", "multinomial"), 0.5, p(.5), "yes"},
		{"a machine with the gamma of 0.20", machine, 1, 1 + 3*math.Exp(-1), ""},
		{"a union with a part left out", union("drop"), 4, 6.5, ""},
		{"a union with a part that is None", union(nil), 4, 6.5, ""},
		{"an encoder told how many values", legacy, 2, 4, ""},
		{"an isolated row", isolation("0.22.1", "offset_", -0.5), -1, 0.5 - math.Exp2(-1/all), "-1"},
		{"before 0.21", isolation("0.20.3", "offset_", -0.5, "_threshold_", -0.3), -1, 0.5 - math.Exp2(-2/all), "1"},
		{"with a higher threshold", isolation("0.20.3", "offset_", -0.5, "_threshold_", 0.3), -1, 0.5 - math.Exp2(-2/all), "-1"},
		{"exactly at it", isolation("0.21.3", "offset_", -0.5, "_threshold_", 0.5-math.Exp2(-2/all)), 1, 0.5 - math.Exp2(-2/all), "1"},
		{"of two rows before", isolation("0.19.2", "threshold_", -0.1), 1, 0.5 - math.Exp2(-(1+2*gamma-1)/all), "1"},
		{"with its threshold", isolation("0.19.2", "threshold_", 0.2), 1, 0.5 - math.Exp2(-(1+2*gamma-1)/all), "-1"},
		{"an envelope", old("0.19.2", object("sklearn.covariance._elliptic_envelope", "EllipticEnvelope", map[string]any{
			"location_": plainArray(t, []int{1}, 1), "precision_": plainArray(t, []int{1, 1}, 2), "threshold_": 4.0,
		})), 2, 2, "1"},
		{"outside an envelope", old("0.19.2", object("sklearn.covariance._elliptic_envelope", "EllipticEnvelope", map[string]any{
			"location_": plainArray(t, []int{1}, 1), "precision_": plainArray(t, []int{1, 1}, 2), "threshold_": 4.0,
		})), 3, -4, "-1"},
	} {
		if _, _, err := sklearn.Read(c.model, sklearn.Hint{}); err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		program := compiled(t, c.model)
		row := program.NewRow()
		row.Reset()
		row.SetNumber(0, c.x)
		o, scores := program.Outcome(row), program.Scores(row)
		got := scores[0]
		if len(o.Probabilities) == 2 {
			got = o.Probabilities[1]
		}
		if math.Abs(got-c.score) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.what, got, c.score)
		}
		if c.class != "" && program.Classes()[o.Class] != c.class {
			t.Errorf("%s: %q, want %q", c.what, program.Classes()[o.Class], c.class)
		}
	}
	sparse := old("0.20.3", object("sklearn.decomposition._sparse_pca", "SparsePCA", map[string]any{
		"components_": plainArray(t, []int{1, 1}, 1), "ridge_alpha": 0.01, "normalize_components": false,
	}))
	if _, _, err := sklearn.Read(sparse, sklearn.Hint{}); err == nil || !strings.Contains(err.Error(), "normalize_components=True") {
		t.Errorf("a sparse PCA without normalized components: %v", err)
	}
}

// TestSparseModels: which columns SelectFromModel keeps without a threshold. Of
// a sparse model those that are not 0, of others those above the mean, and what
// counts as sparse depends on the version.
func TestSparseModels(t *testing.T) {
	for _, c := range []struct {
		class, version string
		more           map[string]any
		kept           int
	}{
		{"ElasticNet", "1.0.2", map[string]any{"l1_ratio": 1.0}, 1},
		{"ElasticNet", "1.2.1", map[string]any{"l1_ratio": 1.0}, 2},
		{"ElasticNet", "1.2.1", map[string]any{"l1_ratio": 0.5}, 1},
		{"ElasticNetCV", "1.8.0", map[string]any{"l1_ratio": list(0.5, 1.0), "l1_ratio_": 1.0}, 2},
		{"LogisticRegression", "1.2.1", map[string]any{"penalty": "l1", "l1_ratio": nil}, 2},
		{"LogisticRegression", "1.7.2", map[string]any{"penalty": "elasticnet", "l1_ratio": 1.0}, 1},
		{"LogisticRegression", "1.8.0", map[string]any{"penalty": "deprecated", "l1_ratio": 1.0}, 2},
		{"LogisticRegression", "1.8.0", map[string]any{"penalty": "deprecated", "l1_ratio": 0.0}, 1},
		{"LogisticRegressionCV", "1.8.0", map[string]any{"penalty": "deprecated", "l1_ratio_": list(1.0, 1.0)}, 2},
		{"LogisticRegressionCV", "1.8.0", map[string]any{"penalty": "deprecated", "l1_ratio_": list(1.0, 0.5)}, 1},
	} {
		c.more["coef_"], c.more["_sklearn_version"] = plainArray(t, []int{1, 3}, 0, 0.1, 5), c.version
		model := object("sklearn.feature_selection._from_model", "SelectFromModel", map[string]any{
			"estimator_": object("sklearn.linear_model._"+strings.ToLower(c.class), c.class, c.more), "threshold": nil, "n_features_in_": int64(3),
		})
		spec, _, err := sklearn.Read(model, sklearn.Hint{})
		if err != nil {
			t.Errorf("%s of %s: %v", c.class, c.version, err)
			continue
		}
		if got := max(len(spec.Targets), 1); got != c.kept { // one alone has no name
			t.Errorf("%s of %s, %v: %d columns are kept, want %d", c.class, c.version, c.more, got, c.kept)
		}
	}
}

// TestOldImportances: before 0.20 boosting's trees counted alike, however little
// the later ones gained.
func TestOldImportances(t *testing.T) {
	tree := func(column, impurity float64) *pickle.Object {
		nodes := structured(t, "left_child:<i8 right_child:<i8 feature:<i8 threshold:<f8 impurity:<f8 n_node_samples:<i8 weighted_n_node_samples:<f8",
			[]float64{1, 2, column, 0, impurity, 2, 2}, []float64{-1, -1, -2, -2, 0, 1, 1}, []float64{-1, -1, -2, -2, 0, 1, 1})
		return object("sklearn.tree._classes", "DecisionTreeRegressor", map[string]any{"tree_": object("sklearn.tree._tree", "Tree", map[string]any{"nodes": nodes})})
	}
	for version, kept := range map[string]int{"0.19.2": 2, "0.20.3": 1} {
		spec, _, err := sklearn.Read(object("sklearn.feature_selection._from_model", "SelectFromModel", map[string]any{
			"estimator_": object("sklearn.ensemble._gb", "GradientBoostingRegressor", map[string]any{
				"estimators_": list(tree(0, 100), tree(1, 1)), "n_features_": int64(2), "_sklearn_version": version,
			}), "threshold": nil, "n_features_in_": int64(2),
		}), sklearn.Hint{})
		if err != nil {
			t.Fatal(err)
		}
		if got := max(len(spec.Targets), 1); got != kept {
			t.Errorf("%s: %d columns are kept, want %d", version, got, kept)
		}
	}
}
