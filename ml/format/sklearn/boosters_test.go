package sklearn_test

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"dasier/ml/format/sklearn"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// wrapped is what XGBoost 1.7.4's wrapper answered of a small model of its own.
type wrapped struct {
	File   string           `json:"file"`
	Rows   [][]*float64     `json:"rows"`
	Output map[string][]any `json:"output"`
}

// TestXGBoostWrappers holds wrappers to their own answers, which are not always
// their Booster's: the best rounds only, a mark for what is missing, dart's
// rounding, labels in place of probabilities.
func TestXGBoostWrappers(t *testing.T) {
	const folder = "testdata/boosters/"
	text, err := os.ReadFile(folder + "xgboost.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []wrapped
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		t.Run(one.File, func(t *testing.T) {
			data, err := os.ReadFile(folder + one.File)
			if err != nil {
				t.Fatal(err)
			}
			value, err := pickle.Read(data, pickle.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			p := compiled(t, value)
			row := p.NewRow()
			for n, cells := range one.Rows {
				row.Reset()
				for i, x := range cells {
					if x != nil {
						row.SetNumber(i, *x)
					}
				}
				o := p.Outcome(row)
				for name, values := range one.Output {
					same(t, n, name, answered(p, row, &o, name), values[n])
				}
			}
		})
	}
}

// answered is one of the two outputs that wrappers have.
func answered(p *predict.Program, row *predict.Row, o *predict.Outcome, name string) []float64 {
	switch {
	case name == "predict" && o.Values != nil:
		return o.Values
	case name == "predict" && !p.Classifies():
		return []float64{o.Prediction}
	case name == "predict":
		class, err := strconv.ParseFloat(p.Classes()[o.Class], 64)
		if err != nil {
			class = -1
		}
		return []float64{class}
	}
	for k, said := range p.Spec().Outputs {
		if said.Name == name {
			return p.Output(row, k, nil)
		}
	}
	return o.Probabilities
}

func same(t *testing.T, n int, name string, got []float64, want any) {
	t.Helper()
	list, ok := want.([]any)
	if !ok {
		list = []any{want}
	}
	if len(got) != len(list) {
		t.Fatalf("row %d, %s: %v, want %v", n, name, got, want)
	}
	for k := range got {
		if x, ok := list[k].(float64); !ok || !(math.Abs(got[k]-x) <= 4e-7*max(math.Abs(x), 1e-3)) {
			t.Errorf("row %d, %s: %v, want %v", n, name, got, want)
		}
	}
}

func compiled(t *testing.T, value any) *predict.Program {
	t.Helper()
	spec, _, err := sklearn.Read(value, sklearn.Hint{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// object is an instance as a pickle would give it.
func object(module, name string, state map[string]any) *pickle.Object {
	d := &pickle.Dict{}
	for key, v := range state {
		d.Set(key, v)
	}
	return &pickle.Object{Class: pickle.Global{Module: module, Name: name}, State: d}
}

// lightText is a LightGBM model of three trees: colour in {0, 2} or not.
func lightText(objective, categories string) string {
	const tree = "Tree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=0\nthreshold=0\ndecision_type=1\nleft_child=-1\nright_child=-2\nleaf_value=1 -1\n" +
		"cat_boundaries=0 1\ncat_threshold=5\nshrinkage=1\n\n"
	return "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=" + objective + "\nfeature_names=colour size\n" +
		"feature_infos=0:1:2 [0:9]\n\n" + strings.Repeat(tree, 3) + "end of trees\n\npandas_categorical:" + categories + "\n"
}

func TestLightGBMWrappers(t *testing.T) {
	list := func(items ...any) *pickle.List { return &pickle.List{Items: items} }
	colours := `[["red","green","blue"]]`
	booster := func(name string, text any) *pickle.Object {
		return object("lightgbm.basic", "Booster", map[string]any{name: text, "best_iteration": int64(-1)})
	}
	sure := 1 / (1 + math.Exp(-3))
	for name, one := range map[string]struct {
		model *pickle.Object
		want  float64
		class string
	}{
		"4.x":    {object("lightgbm.sklearn", "LGBMRegressor", map[string]any{"_Booster": booster("_handle", lightText("regression", colours))}), 3, ""},
		"2.x":    {object("lightgbm.sklearn", "LGBMRegressor", map[string]any{"_Booster": booster("handle", pickle.Bytes(lightText("regression", colours)))}), 3, ""},
		"ranker": {object("lightgbm.sklearn", "LGBMRanker", map[string]any{"_Booster": booster("handle", lightText("lambdarank", colours))}), 3, ""},
		"the best two": {object("lightgbm.sklearn", "LGBMRegressor", map[string]any{
			"_Booster": booster("_handle", lightText("regression", colours)), "_best_iteration": int64(2),
		}), 2, ""},
		"a Booster": {object("lightgbm.basic", "Booster", map[string]any{"_handle": lightText("regression", colours), "best_iteration": int64(1)}), 1, ""},
		"classes": {object("lightgbm.sklearn", "LGBMClassifier", map[string]any{
			"_Booster": booster("_handle", lightText("binary sigmoid:1", colours)), "_classes": list("no", "yes"),
		}), sure, "yes"},
		"an encoder of classes": {object("lightgbm.sklearn", "LGBMClassifier", map[string]any{
			"_Booster": booster("_handle", lightText("binary sigmoid:1", colours)),
			"_le":      object("sklearn.preprocessing._label", "LabelEncoder", map[string]any{"classes_": list(int64(3), int64(7))}),
		}), sure, "7"},
		"an objective of its own": {object("lightgbm.sklearn", "LGBMClassifier", map[string]any{
			"_Booster": booster("_handle", lightText("custom", colours)), "_classes": list("no", "yes"),
		}), 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := compiled(t, one.model)
			row := p.NewRow()
			row.Reset()
			row.SetCategory(0, "blue")
			o := p.Outcome(row)
			if math.Abs(o.Prediction-one.want) > 1e-12 {
				t.Errorf("%v, want %v", o.Prediction, one.want)
			}
			if one.class != "" && p.Classes()[o.Class] != one.class {
				t.Errorf("the class %q, want %q", p.Classes()[o.Class], one.class)
			}
			row.SetCategory(0, "black") // unknown: missing, which is no member
			if other := p.Outcome(row); other.Prediction >= o.Prediction {
				t.Errorf("an unknown colour gives %v", other.Prediction)
			}
		})
	}
	unfitted := object("lightgbm.sklearn", "LGBMRegressor", map[string]any{"n_estimators": int64(100)})
	if _, _, err := sklearn.Read(unfitted, sklearn.Hint{Columns: []string{"a"}}); err == nil || !strings.Contains(err.Error(), "fitted") {
		t.Errorf("a wrapper without a booster: %v", err)
	}
}

// TestXGBoostCategories: since 3.1 a booster has the values of a DataFrame's
// categories. An unknown one is refused, as XGBoost does; a missing one is not.
func TestXGBoostCategories(t *testing.T) {
	const handle = `{"version":[3,1,0],"learner":{"attributes":{},"feature_names":["colour"],"feature_types":["c"],"gradient_booster":{"name":"gbtree","model":{
		"cats":{"enc":[{"offsets":[0,3,7],"values":[114,101,100,98,108,117,101]}],"feature_segments":[0,2],"sorted_idx":[]},"gbtree_model_param":{},"tree_info":[0],"trees":[{
		"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],"split_conditions":[0,1,2],"default_left":[1,0,0],"split_type":[1,0,0],
		"categories":[1],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[1],"tree_param":{}}]}},
		"learner_model_param":{"base_score":"[0E0]","num_feature":"1"},"objective":{"name":"reg:squarederror"}}}`
	p := compiled(t, object("xgboost.sklearn", "XGBRegressor", map[string]any{
		"_Booster": object("xgboost.core", "Booster", map[string]any{"handle": pickle.Bytes(handle)}), "missing": math.NaN(),
	}))
	row := p.NewRow()
	for level, want := range map[string]float64{"red": 1, "blue": 2, "": 1} {
		row.Reset()
		if level != "" {
			row.SetCategory(0, level)
		}
		if got := p.Outcome(row).Prediction; got != want {
			t.Errorf("%q gives %v, want %v", level, got, want)
		}
	}
	if in := p.Inputs()[0]; in.Required || in.Unknown != predict.UnknownError || in.Name != "colour" {
		t.Errorf("the input is %+v", in)
	}
}
