package sklearn_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"dasier/ml/format/sklearn"
	"dasier/ml/pickle"
)

// TestRoom: a file of a few megabytes that has its parts stand in very many
// places, or names and columns multiplied, is refused before it takes the
// machine's memory or minutes.
func TestRoom(t *testing.T) {
	pair := func(name string, v any) any { return &pickle.Tuple{Items: []any{name, v}} }
	repeated := func(n int, v func(k int) any) *pickle.List {
		l := &pickle.List{}
		for k := range n {
			l.Items = append(l.Items, v(k))
		}
		return l
	}
	pipeline := func(steps ...any) *pickle.Object {
		return object("sklearn.pipeline", "Pipeline", map[string]any{"steps": list(steps...)})
	}
	wide := func(n int) *pickle.Object {
		return object("sklearn.preprocessing._data", "MaxAbsScaler", map[string]any{
			"scale_": repeated(n, func(int) any { return 2.0 }), "n_features_in_": int64(n), "_sklearn_version": "1.6.1",
		})
	}
	union := func(n int, name string) *pickle.Object {
		return object("sklearn.pipeline", "FeatureUnion", map[string]any{"transformer_list": repeated(n, func(int) any { return pair(name, "passthrough") })})
	}
	function := func() *pickle.Object {
		return object("sklearn.preprocessing._function_transformer", "FunctionTransformer", map[string]any{"func": pickle.Global{Module: "numpy", Name: "log1p"}})
	}
	kernel := object("sklearn.gaussian_process.kernels", "RBF", map[string]any{"length_scale": 1.0})
	for range 12 {
		kernel = object("sklearn.gaussian_process.kernels", "Sum", map[string]any{"k1": kernel, "k2": kernel})
	}
	process := object("sklearn.gaussian_process._gpr", "GaussianProcessRegressor", map[string]any{
		"kernel_": kernel, "n_features_in_": int64(1), "X_train_": list(1.0), "alpha_": list(1.0), "_y_train_mean": 0.0, "_y_train_std": 1.0,
	})
	nobody := function()
	for range 15 {
		steps := repeated(30, func(k int) any { return pair(fmt.Sprint(k), nobody) })
		nobody = object("sklearn.pipeline", "Pipeline", map[string]any{"steps": steps})
	}
	for name, c := range map[string]struct {
		model *pickle.Object
		want  string
	}{
		"a union of very many":        {pipeline(pair("a", wide(5000)), pair("u", union(1000, "p")), pair("m", ridge(1))), "it makes more than 500000 columns"},
		"steps after steps":           {pipeline(append([]any{pair("a", wide(3))}, repeated(300, func(int) any { return pair("f", function()) }).Items...)...), "more than 200 things are done"},
		"categories times categories": {object("sklearn.preprocessing._encoders", "OneHotEncoder", map[string]any{"categories_": list(repeated(10_000, func(k int) any { return fmt.Sprint("c", k) })), "n_features_in_": int64(1)}), "need more than 33554432 numbers"},
		"a kernel of itself":          {process, "made of more than 100 others"},
		"parts of nobody knows whom":  {pipeline(pair("p", nobody), pair("m", object("sklearn.linear_model._base", "LinearRegression", map[string]any{"coef_": "x"}))), "does not say how many columns"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := sklearn.Read(c.model, sklearn.Hint{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}

	// Names grow with every union around them; they are cut.
	long := pipeline(pair("a", wide(100)), pair("u", union(100, strings.Repeat("n", 1<<20))))
	spec, _, err := sklearn.Read(long, sklearn.Hint{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(spec.Targets); n != 10_000 || len(spec.Targets[n-1]) > 300 {
		t.Errorf("%d columns, the last with a name of %d bytes", n, len(spec.Targets[n-1]))
	}
}

// TestSharedBooster: the bytes of one booster in many wrappers are not read for
// each.
func TestSharedBooster(t *testing.T) {
	raw, err := os.ReadFile("../xgboost/testdata/edge_raw.json")
	if err != nil {
		t.Fatal(err)
	}
	handle := pickle.Bytes(append(raw, bytes.Repeat([]byte(" "), 2<<20)...))
	read := func(members int) error {
		var wrappers, named []any
		for k := range members {
			booster := object("xgboost.core", "Booster", map[string]any{"handle": handle})
			one := object("xgboost.sklearn", "XGBRegressor", map[string]any{"_Booster": booster, "n_features_in_": int64(4), "objective": "reg:squarederror"})
			wrappers, named = append(wrappers, one), append(named, &pickle.Tuple{Items: []any{fmt.Sprint(k), one}})
		}
		_, _, err := sklearn.Read(object("sklearn.ensemble._voting", "VotingRegressor", map[string]any{
			"estimators": list(named...), "estimators_": list(wrappers...), "weights": nil, "n_features_in_": int64(4),
		}), sklearn.Hint{})
		return err
	}
	if err := read(3); err != nil {
		t.Error(err)
	}
	if err := read(30); err == nil || !strings.Contains(err.Error(), "the same booster") {
		t.Errorf("got %v", err)
	}
}

// TestSharedTree: a tree that stands in many places gets no room for each.
func TestSharedTree(t *testing.T) {
	rows := make([][]float64, 1<<15)
	for k := range rows {
		rows[k] = []float64{-1, -1, -2, -2, 1}
	}
	nodes := structured(t, "left_child:<i8 right_child:<i8 feature:<i8 threshold:<f8 weighted_n_node_samples:<f8", rows...)
	one := object("sklearn.tree._classes", "DecisionTreeRegressor", map[string]any{"tree_": object("sklearn.tree._tree", "Tree", map[string]any{
		"nodes": nodes, "values": plainArray(t, []int{len(rows), 1, 1}, make([]float64, len(rows))...),
	})})
	read := func(trees int) error {
		var all []any
		for range trees {
			all = append(all, one)
		}
		k := pickle.NewMaker(pickle.Limits{}, 1000, func() string { return "here" })
		k.Beside(int64(len(rows) * 48))
		model, err := k.Finish(object("sklearn.ensemble._forest", "RandomForestRegressor", map[string]any{"estimators_": list(all...), "n_features_in_": int64(1)}))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = sklearn.Read(model, sklearn.Hint{})
		return err
	}
	if err := read(10); err != nil {
		t.Error(err)
	}
	if err := read(200); err == nil || !strings.Contains(err.Error(), "its arrays more often than any model") {
		t.Errorf("got %v", err)
	}
}

// TestTreeOfNothing: no nodes have leaves of any size.
func TestTreeOfNothing(t *testing.T) {
	nodes := structured(t, "left_child:<i8 right_child:<i8 feature:<i8 threshold:<f8 weighted_n_node_samples:<f8")
	model := object("sklearn.tree._classes", "DecisionTreeRegressor", map[string]any{"tree_": object("sklearn.tree._tree", "Tree", map[string]any{
		"nodes": nodes, "values": plainArray(t, []int{0, 1 << 31, 1 << 30}),
	}), "n_features_in_": int64(1)})
	if _, _, err := sklearn.Read(model, sklearn.Hint{}); err == nil || !strings.Contains(err.Error(), "it has no nodes") {
		t.Errorf("got %v", err)
	}
}

// TestManyComponents: components that are multiplied with each other are no more
// than a model has.
func TestManyComponents(t *testing.T) {
	for name, fields := range map[string]map[string]any{
		"sklearn.decomposition._sparse_pca SparsePCA":           {"ridge_alpha": 0.01},
		"sklearn.decomposition._factor_analysis FactorAnalysis": {"noise_variance_": plainArray(t, []int{1}, 1)},
	} {
		module, class, _ := strings.Cut(name, " ")
		fields["components_"], fields["mean_"], fields["n_features_in_"] = plainArray(t, []int{1 << 20, 1}, make([]float64, 1<<20)...), plainArray(t, []int{1}, 0), int64(1)
		pipeline := object("sklearn.pipeline", "Pipeline", map[string]any{"steps": list(
			pair("first", object(module, class, fields)),
			pair("last", object("sklearn.linear_model._base", "LinearRegression", map[string]any{"coef_": plainArray(t, []int{1}, 1), "intercept_": 0.0, "n_features_in_": int64(1)})),
		)})
		if _, _, err := sklearn.Read(pipeline, sklearn.Hint{}); err == nil || !strings.Contains(err.Error(), "it has 1048576 components: at most 4096 are read") {
			t.Errorf("%s: got %v", class, err)
		}
	}
}
