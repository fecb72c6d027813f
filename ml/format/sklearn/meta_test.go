package sklearn_test

import (
	"math"
	"strings"
	"testing"

	"dasier/ml/format/sklearn"
	"dasier/ml/pickle"
)

// logistic is a choice between two classes by one column: the score is x.
func logistic(classes ...any) *pickle.Object {
	return object("sklearn.linear_model._logistic", "LogisticRegression", map[string]any{
		"coef_": list(1.0), "intercept_": list(0.0), "classes_": list(classes...), "n_features_in_": int64(1), "multi_class": "auto", "solver": "lbfgs",
		"_sklearn_version": "1.6.1",
	})
}

func ridge(weight float64) *pickle.Object {
	return object("sklearn.linear_model._ridge", "Ridge", map[string]any{"coef_": list(weight), "intercept_": 0.5, "n_features_in_": int64(1)})
}

func pair(name string, v any) *pickle.Tuple { return &pickle.Tuple{Items: []any{name, v}} }

// TestNewerParts are what scikit-learn has since 1.5: there is no file of theirs
// in the sets, so they are made here, and the numbers by hand.
func TestNewerParts(t *testing.T) {
	const module = "sklearn.model_selection._classification_threshold"
	voting := func() *pickle.Object {
		return object("sklearn.ensemble._voting", "VotingClassifier", map[string]any{
			"estimators_": list(logistic(int64(0), int64(1))), "classes_": list("no", "yes"), "voting": "soft", "_sklearn_version": "1.8.0",
		})
	}
	calibrated := func(base *pickle.Object) *pickle.Object {
		return object("sklearn.calibration", "CalibratedClassifierCV", map[string]any{
			"classes_": list("no", "yes"), "n_features_in_": int64(1), "_sklearn_version": "1.8.0",
			"calibrated_classifiers_": list(object("sklearn.calibration", "_CalibratedClassifier", map[string]any{
				"estimator": base, "method": "temperature", "classes": list("no", "yes"),
				"calibrators": list(object("sklearn.calibration", "_TemperatureScaling", map[string]any{"beta_": 0.5, "_sklearn_version": "1.8.0"})),
			})),
		})
	}
	scorer := func(function string, arguments *pickle.Dict) *pickle.Object {
		return object("sklearn.metrics._scorer", "_CurveScorer", map[string]any{
			"_score_func": pickle.Global{Module: "sklearn.metrics._classification", Name: function}, "_kwargs": arguments,
		})
	}
	first := &pickle.Dict{}
	first.Set("pos_label", "no")
	p := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for _, c := range []struct {
		what  string
		model *pickle.Object
		x     float64
		class string
		want  float64 // the probability of the second class
	}{
		{"a threshold", object(module, "FixedThresholdClassifier", map[string]any{"estimator_": logistic("no", "yes"), "threshold": 0.7}), 0.5, "no", p(.5)},
		{"above it", object(module, "FixedThresholdClassifier", map[string]any{"estimator_": logistic("no", "yes"), "threshold": 0.7}), 1, "yes", p(1)},
		{"exactly at it", object(module, "FixedThresholdClassifier", map[string]any{
			"estimator_": logistic("no", "yes"), "threshold": 0.25, "response_method": "decision_function",
		}), 0.25, "yes", p(.25)},
		{"auto", object(module, "FixedThresholdClassifier", map[string]any{"estimator_": logistic("no", "yes"), "threshold": "auto"}), -0.1, "no", p(-.1)},
		{"of the first class", object(module, "FixedThresholdClassifier", map[string]any{
			"estimator_": logistic("no", "yes"), "threshold": 0.2, "pos_label": "no",
		}), 1, "no", p(1)}, // 1 - p(1) = 0.27 is enough for "no"
		{"decisions of the first class", object(module, "FixedThresholdClassifier", map[string]any{
			"estimator_": logistic("no", "yes"), "threshold": -0.5, "pos_label": "no", "response_method": "decision_function",
		}), 0.4, "no", p(.4)},
		{"tuned", object(module, "TunedThresholdClassifierCV", map[string]any{
			"estimator_": logistic("no", "yes"), "best_threshold_": 0.7, "_curve_scorer": scorer("balanced_accuracy_score", &pickle.Dict{}),
		}), 0.5, "no", p(.5)},
		{"tuned for a class", object(module, "TunedThresholdClassifierCV", map[string]any{
			"estimator_": logistic("no", "yes"), "best_threshold_": 0.2, "_curve_scorer": scorer("f1_score", first),
		}), 1, "no", p(1)},
		{"tuned for 1", object(module, "TunedThresholdClassifierCV", map[string]any{
			"estimator_": logistic(int64(1), int64(2)), "best_threshold_": 0.2, "_curve_scorer": scorer("f1_score", &pickle.Dict{}),
		}), 1, "1", p(1)},
		{"frozen", object("sklearn.frozen._frozen", "FrozenEstimator", map[string]any{"estimator": logistic("no", "yes")}), 2, "yes", p(2)},
		{"frozen and searched", object("sklearn.model_selection._search", "GridSearchCV", map[string]any{
			"best_estimator_": object("sklearn.frozen._frozen", "FrozenEstimator", map[string]any{"estimator": logistic("no", "yes")}),
		}), 2, "yes", p(2)},
		{"self-trained", object("sklearn.semi_supervised._self_training", "SelfTrainingClassifier", map[string]any{"estimator_": logistic("no", "yes")}), 2, "yes", p(2)},
		// softmax of beta times (-d, d), and of beta times the logarithms of p
		{"a temperature of decisions", calibrated(logistic("no", "yes")), 2, "yes", p(2)},
		{"a temperature of probabilities", calibrated(voting()), 2, "yes", math.Sqrt(p(2)) / (math.Sqrt(p(2)) + math.Sqrt(1-p(2)))},
		{"a frozen estimator, calibrated", calibrated(object("sklearn.frozen._frozen", "FrozenEstimator", map[string]any{"estimator": logistic("no", "yes")})), 3, "yes", p(3)},
		{"resampled rows", object("imblearn.pipeline", "Pipeline", map[string]any{
			"steps": list(pair("more", object("imblearn.over_sampling._smote.base", "SMOTE", map[string]any{"k_neighbors": int64(5)})), pair("model", logistic("no", "yes"))),
		}), 2, "yes", p(2)},
	} {
		program := compiled(t, c.model)
		row := program.NewRow()
		row.Reset()
		row.SetNumber(0, c.x)
		o := program.Outcome(row)
		if got := program.Classes()[o.Class]; got != c.class || math.Abs(o.Probabilities[1]-c.want) > 1e-11 {
			t.Errorf("%s: %q with %v, want %q with %v", c.what, got, o.Probabilities, c.class, c.want)
		}
	}
}

// TestBundles: which member of a file is its model, and what its neighbours do.
func TestBundles(t *testing.T) {
	encoder := func(classes ...any) *pickle.Object {
		return object("sklearn.preprocessing._label", "LabelEncoder", map[string]any{"classes_": list(classes...)})
	}
	bundle := func(pairs ...any) *pickle.Dict {
		d := &pickle.Dict{}
		for k := 0; k < len(pairs); k += 2 {
			d.Set(pairs[k], pairs[k+1])
		}
		return d
	}
	coded := logistic(int64(0), int64(1))
	for _, c := range []struct {
		what    string
		value   any
		object  string
		classes string
		input   string
		note    string
		wrong   string
	}{
		{what: "an encoder of the target", value: bundle("model", coded, "label_encoder", encoder("cold", "hot")), classes: "cold hot", note: "have their names"},
		{what: "the model alone", value: bundle("model", coded, "label_encoder", encoder("cold", "hot")), object: "model", classes: "0 1"},
		{what: "an encoder of other classes", value: bundle("model", coded, "label_encoder", encoder("a", "b", "c")), classes: "0 1", note: "does not number"},
		{what: "an encoder of something", value: bundle("model", coded, "encoder", encoder("a", "b")), classes: "0 1", note: "may be of a column"},
		{what: "classes with names", value: bundle("model", logistic("x", "y"), "labels", encoder("a", "b")), classes: "x y", note: "does not number"},
		{what: "names of columns", value: bundle("clf", coded, "input_cols", list("age")), classes: "0 1", input: "age"},
		{what: "names of other columns", value: bundle("clf", coded, "features", list("age", "height")), classes: "0 1", input: "x0"},
		{what: "another model", value: bundle("baseline", ridge(1), "model", coded), classes: "0 1", note: `another, "baseline" (Ridge)`},
		{what: "an unlikely key", value: bundle("version", "3", "mine", coded), classes: "0 1"},
		{what: "a list in a dict", value: bundle("all", list(coded)), classes: "0 1"},
		{what: "two that are as likely", value: bundle("a", coded, "b", ridge(1)), wrong: `"a" (LogisticRegression), "b" (Ridge)`},
		{what: "models in two places", value: bundle("a", list(coded), "b", list(ridge(1))), wrong: `in several places`},
		{what: "one of them", value: bundle("a", list(coded), "b", list(ridge(1))), object: "a", classes: "0 1"},
		{what: "an empty dict", value: bundle(), wrong: "an empty dict"},
		{what: "only an encoder", value: bundle("le", encoder("a", "b")), wrong: `"le" (LabelEncoder)`},
		{what: "a name", value: pickle.Global{Module: "sklearn.linear_model._ridge", Name: "Ridge"}, wrong: "only the name"},
		{
			what: "something refused", value: bundle("net", &pickle.Opaque{Class: pickle.Global{Module: "torch", Name: "Net"}, Reason: errRefused}), wrong: "of another library",
		},
	} {
		spec, facts, err := sklearn.Read(c.value, sklearn.Hint{Object: c.object})
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: got %v, want %q", c.what, err, c.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		notes := strings.Join(facts.Notes, "; ")
		if got := strings.Join(spec.Classes, " "); got != c.classes || !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
			t.Errorf("%s: the classes are %s, the notes %q", c.what, got, notes)
		}
		if c.input != "" && spec.Inputs[0].Name != c.input {
			t.Errorf("%s: the input is %q", c.what, spec.Inputs[0].Name)
		}
	}
}

var errRefused = refused{}

type refused struct{}

func (refused) Error() string { return "it is of another library" }

// TestMetaRefusals: what a part of a whole cannot do is said of the part.
func TestMetaRefusals(t *testing.T) {
	regression := func(name string, more map[string]any) *pickle.Object {
		return object("sklearn.compose._target", name, more)
	}
	function := func(f any) *pickle.Object {
		return object("sklearn.preprocessing._function_transformer", "FunctionTransformer", map[string]any{"inverse_func": f})
	}
	same := ridge(1)
	for range 16 { // a small file that means 10^16 estimators
		items := make([]any, 10)
		for k := range items {
			items[k] = same
		}
		same = object("sklearn.ensemble._voting", "VotingRegressor", map[string]any{"estimators_": list(items...), "n_features_in_": int64(1)})
	}
	for _, c := range []struct {
		model *pickle.Object
		want  string
	}{
		{same, "of the model"},
		{object("sklearn.ensemble._voting", "VotingClassifier", map[string]any{
			"estimators_": list(object("sklearn.svm._classes", "LinearSVC", map[string]any{
				"coef_": list(1.0), "intercept_": list(0.0), "classes_": list(int64(0), int64(1)), "n_features_in_": int64(1),
			})), "classes_": list("a", "b"), "voting": "soft",
		}), `estimators_.0 (LinearSVC): it gives no probabilities, and voting="soft" needs them`},
		{object("sklearn.ensemble._voting", "VotingRegressor", map[string]any{"estimators_": list(ridge(1)), "weights": list(1.0, 2.0), "estimators": list(pair("a", nil))}), "2 weights for 1 estimators"},
		{object("sklearn.ensemble._voting", "VotingRegressor", map[string]any{"estimators_": list("drop"), "n_features_in_": int64(1)}), "is a text"},
		{object("sklearn.ensemble._stacking", "StackingRegressor", map[string]any{"estimators_": list(ridge(1)), "stack_method_": list("predict"), "n_features_in_": int64(1)}), "no final_estimator_"},
		{object("sklearn.ensemble._stacking", "StackingRegressor", map[string]any{
			"estimators_": list(ridge(1)), "stack_method_": list("apply"), "final_estimator_": ridge(1), "n_features_in_": int64(1),
		}), `asks for its "apply"`},
		{regression("TransformedTargetRegressor", map[string]any{"regressor_": ridge(1), "transformer_": function(pickle.Global{Module: "numpy", Name: "rint"})}), "numpy.rint"},
		{regression("TransformedTargetRegressor", map[string]any{"regressor_": ridge(1), "transformer_": object("sklearn.decomposition._pca", "PCA", map[string]any{"mean_": list(1.0)})}), "its inverse is not read"},
		{regression("TransformedTargetRegressor", map[string]any{"regressor_": logistic("a", "b"), "transformer_": function(nil)}), "it chooses a class"},
		{object("sklearn.multioutput", "MultiOutputClassifier", map[string]any{"estimators_": list(logistic("a", "b"))}), `the estimator at "estimators_.0"`},
		{object("sklearn.multioutput", "RegressorChain", map[string]any{"estimators_": list(ridge(1)), "order_": list(int64(1))}), "is none of its 1 targets"},
		{object("sklearn.model_selection._search", "GridSearchCV", map[string]any{"estimator": ridge(1), "refit": false}), "refit=True"},
		{object("sklearn.ensemble._bagging", "BaggingRegressor", map[string]any{"n_estimators": int64(3), "estimator": nil}), "never fitted"},
	} {
		if _, _, err := sklearn.Read(c.model, sklearn.Hint{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.model.Class.Name, err, c.want)
		}
	}
}
