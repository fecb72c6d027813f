package sklearn_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"dasier/ml/format/sklearn"
	"dasier/ml/pickle"
)

// structured is an array of records whose members are given as "name:code".
func structured(t *testing.T, members string, rows ...[]float64) *pickle.Array {
	t.Helper()
	a := &pickle.Array{DType: &pickle.DType{Kind: 'V'}, Shape: []int{len(rows)}}
	for member := range strings.FieldsSeq(members) {
		name, code, _ := strings.Cut(member, ":")
		kind, err := pickle.ParseDType(code)
		if err != nil {
			t.Fatal(err)
		}
		a.DType.Fields = append(a.DType.Fields, pickle.Field{Name: name, Offset: a.DType.Size, Type: kind})
		a.DType.Size += kind.Size
	}
	a.Stride = a.DType.Size
	for _, row := range rows {
		for k, f := range a.DType.Fields {
			switch f.Type.Kind {
			case 'f':
				a.Data = binary.LittleEndian.AppendUint64(a.Data, math.Float64bits(row[k]))
			default:
				whole := binary.LittleEndian.AppendUint64(nil, uint64(int64(row[k])))
				a.Data = append(a.Data, whole[:f.Type.Size]...)
			}
		}
	}
	return a
}

// plainArray is one of float64.
func plainArray(t *testing.T, shape []int, values ...float64) *pickle.Array {
	t.Helper()
	rows := make([][]float64, len(values))
	for k, v := range values {
		rows[k] = []float64{v}
	}
	a, ok := structured(t, "x:<f8", rows...).Field("x")
	if !ok {
		t.Fatal("no field")
	}
	a.Shape = shape
	return a
}

func list(items ...any) *pickle.List { return &pickle.List{Items: items} }

// histogram is a regressor of one tree.
func histogram(base any, nodes *pickle.Array, more map[string]any) *pickle.Object {
	state := map[string]any{
		"_baseline_prediction": base, "loss": "least_squares", "n_features_in_": int64(1),
		"_predictors": list(list(object("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor", map[string]any{
			"nodes": nodes, "raw_left_cat_bitsets": more["sets"],
		}))),
	}
	if bins, ok := more["bins"]; ok {
		state["_bin_mapper"] = object("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper", map[string]any{"bin_thresholds_": bins})
	}
	return object("sklearn.ensemble._hist_gradient_boosting.gradient_boosting", "HistGradientBoostingRegressor", state)
}

// TestOldHistograms: before 0.22 nodes say nothing of missing values, and before
// 0.24 nothing of categories, their threshold has another name, and the baseline
// is one number.
func TestOldHistograms(t *testing.T) {
	const oldest = "value:<f8 count:<u4 feature_idx:<u4 threshold:<f8 left:<u4 right:<u4 gain:<f8 depth:<u4 is_leaf:|u1 bin_threshold:|u1"
	nodes := structured(t, oldest,
		[]float64{0, 9, 0, 0.5, 1, 2, 1, 0, 0, 3}, []float64{1, 4, 0, 0, 0, 0, 0, 1, 1, 0}, []float64{2, 5, 0, 0, 0, 0, 0, 1, 1, 0})
	p := compiled(t, histogram(10.0, nodes, nil))
	row := p.NewRow()
	for x, want := range map[float64]float64{0.5: 11, 0.5000001: 12} {
		row.Reset()
		row.SetNumber(0, x)
		if got := p.Outcome(row).Prediction; got != want {
			t.Errorf("%v gives %v, want %v", x, got, want)
		}
	}
}

// TestHistogramCategories: 1 and 40 go left, 0 and 5 are known and go right, all
// else goes where missing values go.
func TestHistogramCategories(t *testing.T) {
	const members = "value:<f8 count:<u4 feature_idx:<u4 num_threshold:<f8 missing_go_to_left:|u1 left:<u4 right:<u4 gain:<f8 depth:<u4 is_leaf:|u1 " +
		"bin_threshold:|u1 is_categorical:|u1 bitset_idx:<u4"
	sets, ok := structured(t, "x:<u4", []float64{2}, []float64{1 << 8}, []float64{0}, []float64{0}, []float64{0}, []float64{0}, []float64{0}, []float64{0}).Field("x")
	if !ok {
		t.Fatal("no field")
	}
	sets.Shape = []int{1, 8}
	for _, missing := range []float64{0, 1} {
		nodes := structured(t, members,
			[]float64{0, 9, 0, math.NaN(), missing, 1, 2, 1, 0, 0, 0, 1, 0}, []float64{1, 4, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0}, []float64{2, 5, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0})
		more := map[string]any{"sets": sets, "bins": list(plainArray(t, []int{4}, 0, 1, 5, 40))}
		p := compiled(t, histogram(plainArray(t, []int{1, 1}, 0), nodes, more))
		elsewhere := 2 - missing
		for x, want := range map[float64]float64{
			1: 1, 40: 1, 1.9: 1, 0: 2, 5: 2, 5.5: 2, 2: elsewhere, 41: elsewhere, 99: elsewhere, 1e9: elsewhere, -1: elsewhere, -0.5: elsewhere, math.NaN(): elsewhere,
		} {
			row := p.NewRow()
			row.Reset()
			row.SetNumber(0, x)
			if got := p.Outcome(row).Prediction; got != want {
				t.Errorf("missing left %v: %v goes to %v, want %v", missing, x, got, want)
			}
		}
		if _, _, err := sklearn.Read(histogram(0.0, nodes, map[string]any{"sets": sets}), sklearn.Hint{}); err == nil || !strings.Contains(err.Error(), "bins") {
			t.Errorf("categories without bins: %v", err)
		}
	}
}

// boosted is gradient boosting of one tree of one leaf per score.
func boosted(t *testing.T, class string, init any, loss string, scores int) *pickle.Object {
	t.Helper()
	nodes := structured(t, "left_child:<i8 right_child:<i8 feature:<i8 threshold:<f8 impurity:<f8 n_node_samples:<i8 weighted_n_node_samples:<f8",
		[]float64{-1, -1, -2, -2, 0, 9, 9})
	trees := &pickle.Array{DType: &pickle.DType{Kind: 'O'}, Shape: []int{1, scores}}
	classes := list()
	for k := range scores {
		leaf := object("sklearn.tree._tree", "Tree", map[string]any{"nodes": nodes, "values": plainArray(t, []int{1, 1, 1}, float64(10*k))})
		trees.Objects = append(trees.Objects, object("sklearn.tree._classes", "DecisionTreeRegressor", map[string]any{"tree_": leaf}))
		classes.Items = append(classes.Items, int64(k))
	}
	if scores == 1 {
		classes.Items = append(classes.Items, int64(1))
	}
	return object("sklearn.ensemble._gb", class, map[string]any{
		"estimators_": trees, "learning_rate": 0.1, "init_": init, "loss": loss, "classes_": classes, "n_features_": int64(1),
	})
}

// TestFirstGuesses: before 0.21 scores began with models of their own.
func TestFirstGuesses(t *testing.T) {
	const regressor, classifier = "GradientBoostingRegressor", "GradientBoostingClassifier"
	old := func(name string, state map[string]any) *pickle.Object {
		return object("sklearn.ensemble._gb", name, state)
	}
	dummy := object("sklearn.dummy", "DummyClassifier", map[string]any{"strategy": "prior", "class_prior_": list(0.25, 0.75)})
	for name, one := range map[string]struct {
		model *pickle.Object
		want  []float64
	}{
		"nothing":        {boosted(t, regressor, "zero", "ls", 1), []float64{0}},
		"mean":           {boosted(t, regressor, old("MeanEstimator", map[string]any{"mean": 5.0}), "ls", 1), []float64{5}},
		"quantile":       {boosted(t, regressor, old("QuantileEstimator", map[string]any{"quantile": 7.0, "alpha": 0.5}), "lad", 1), []float64{7}},
		"log odds":       {boosted(t, classifier, old("LogOddsEstimator", map[string]any{"prior": 1.5}), "deviance", 1), []float64{1.5}},
		"half log odds":  {boosted(t, classifier, old("ScaledLogOddsEstimator", map[string]any{"prior": 1.5}), "exponential", 1), []float64{3}},
		"shares":         {boosted(t, classifier, old("PriorProbabilityEstimator", map[string]any{"priors": list(0.25, 0.25, 0.5)}), "deviance", 3), []float64{0.25, 1.25, 2.5}},
		"zero":           {boosted(t, classifier, old("ZeroEstimator", map[string]any{"n_classes": int64(1)}), "deviance", 1), []float64{0}},
		"a prior":        {boosted(t, classifier, dummy, "deviance", 1), []float64{math.Log(3)}},
		"half a prior":   {boosted(t, classifier, dummy, "exponential", 1), []float64{math.Log(3)}},
		"boosting again": {boosted(t, regressor, boosted(t, regressor, old("MeanEstimator", map[string]any{"mean": 5.0}), "ls", 1), "ls", 1), []float64{5}},
	} {
		p := compiled(t, one.model)
		row := p.NewRow()
		row.Reset()
		row.SetNumber(0, 1)
		got := p.Scores(row)
		for k, want := range one.want {
			if len(got) != len(one.want) || math.Abs(got[k]-want) > 1e-12 {
				t.Errorf("%s: the scores are %v, want %v", name, got, one.want)
				break
			}
		}
	}
	circle := boosted(t, regressor, nil, "ls", 1)
	if state, ok := circle.State.(*pickle.Dict); ok {
		state.Set("init_", circle)
	}
	if _, _, err := sklearn.Read(circle, sklearn.Hint{}); err == nil || !strings.Contains(err.Error(), "nest") && !strings.Contains(err.Error(), "places") {
		t.Errorf("a model that begins with itself: %v", err)
	}
}
