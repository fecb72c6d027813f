package lightgbm_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"dasier/ml/format/lightgbm"
	"dasier/ml/predict"
)

// header is that of a model of two features.
const header = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\nobjective=%s\n" +
	"feature_names=a b\nfeature_infos=[-1:1] 0:1:2\ntree_sizes=1 2 3\n\n"

// stump is a tree of one test: a <= threshold, 1 on the left and 2 on the right.
func stump(threshold string, decision int) string {
	return fmt.Sprintf("Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nsplit_gain=1\nthreshold=%s\ndecision_type=%d\nleft_child=-1\nright_child=-2\n"+
		"leaf_value=1 2\nleaf_weight=3 4\nleaf_count=3 4\ninternal_value=0\ninternal_weight=0\ninternal_count=7\nshrinkage=1\n\n\n", threshold, decision)
}

const category = "Tree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=1\nthreshold=0\ndecision_type=%d\nleft_child=-1\nright_child=-2\n" +
	"leaf_value=1 2\ncat_boundaries=0 2\ncat_threshold=5 1\nshrinkage=1\n\n"

const linear = "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0\ndecision_type=8\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n" +
	"is_linear=1\nleaf_const=10 20\nnum_features=0 2\nleaf_features= 0 1 \nleaf_coeff=  0.5 -1 \nshrinkage=1\n\n"

const end = "end of trees\n\nfeature_importances:\na=1\n\nparameters:\n[boosting: gbdt]\nend of parameters\n\npandas_categorical:null\n"

func program(t *testing.T, text string, options lightgbm.Options) *predict.Program {
	t.Helper()
	if !lightgbm.Is([]byte(text)) {
		t.Fatalf("it is not known as a model: %.40q", text)
	}
	m, err := lightgbm.Read([]byte(text), options)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := m.Spec("y", nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func answer(p *predict.Program, a, b float64) float64 {
	row := p.NewRow()
	row.Reset()
	row.SetNumber(0, a)
	row.SetNumber(1, b)
	return p.Outcome(row).Prediction
}

// TestMissing holds a test to LightGBM's rules: what is missing goes the default
// way, which is left where the bit 2 is set; "none" and "zero" take NaN for 0.
func TestMissing(t *testing.T) {
	const none, zero, nan, left = 0, 4, 8, 2
	missing := math.NaN()
	for _, one := range []struct {
		threshold string
		decision  int
		x, want   float64
	}{
		{"0.5", none, 0.5, 1},
		{"0.5", none, math.Nextafter(0.5, 1), 2},
		{"0.5", none, missing, 1},
		{"-0.5", none, missing, 2},
		{"-0.5", none | left, missing, 2},
		{"-0.5", none | left, 0, 2},
		{"0.5", zero, missing, 2},
		{"0.5", zero, 0, 2},
		{"0.5", zero, 1e-36, 2},
		{"0.5", zero, 1e-34, 1},
		{"-0.5", zero | left, 0, 1},
		{"-0.5", zero | left, missing, 1},
		{"-0.5", zero | left, 1, 2},
		{"0.5", nan, missing, 2},
		{"0.5", nan, 0, 1},
		{"-0.5", nan | left, missing, 1},
		{"-0.5", nan | left, 0, 2},
		{"1e300", nan, 1e99, 1},
	} {
		p := program(t, fmt.Sprintf(header, "regression")+stump(one.threshold, one.decision)+end, lightgbm.Options{})
		if got := answer(p, one.x, 0); got != one.want {
			t.Errorf("%v <= %s with decision type %d goes to %v, not to %v", one.x, one.threshold, one.decision, got, one.want)
		}
	}
}

// TestCategories: 0, 2 and 32 are members.
func TestCategories(t *testing.T) {
	for _, decision := range []int{1, 3, 9, 11} {
		p := program(t, fmt.Sprintf(header, "regression")+fmt.Sprintf(category, decision)+end, lightgbm.Options{})
		for x, want := range map[float64]float64{0: 1, 1: 2, 2: 1, 2.9: 1, 3: 2, 31: 2, 32: 1, 33: 2, 64: 2, 1e10: 2, -1: 2, -0.5: 1} {
			if got := answer(p, 0, x); got != want {
				t.Errorf("decision type %d: category %v goes to %v, not to %v", decision, x, got, want)
			}
		}
		row := p.NewRow()
		row.Reset()
		if got := p.Outcome(row).Prediction; got != 2 {
			t.Errorf("a missing category goes to %v", got)
		}
	}
}

func TestLinearLeaves(t *testing.T) {
	p := program(t, fmt.Sprintf(header, "regression")+linear+end, lightgbm.Options{})
	for _, one := range []struct{ a, b, want float64 }{{-1, 7, 10}, {2, 3, 20 + 1 - 3}, {2, math.NaN(), 2}, {-1, math.NaN(), 10}} {
		if got := answer(p, one.a, one.b); got != one.want {
			t.Errorf("%v, %v gives %v, not %v", one.a, one.b, got, one.want)
		}
	}
}

func TestObjectives(t *testing.T) {
	// The score is 1 + 1 on the left of two stumps.
	trees := stump("0.5", 8) + strings.Replace(stump("0.5", 8), "Tree=0", "Tree=1", 1) + end
	for objective, want := range map[string]float64{
		"regression": 2, "regression sqrt": 4, "quantile": 2, "lambdarank": 2, "custom": 2, "poisson": math.Exp(2), "tweedie": math.Exp(2),
		"binary sigmoid:1": 1 / (1 + math.Exp(-2)), "binary sigmoid:0.5": 1 / (1 + math.Exp(-1)),
		"cross_entropy": 1 / (1 + math.Exp(-2)), "cross_entropy_lambda": math.Log1p(math.Exp(2)),
	} {
		p := program(t, fmt.Sprintf(header, objective)+trees, lightgbm.Options{})
		if got := answer(p, 0, 0); math.Abs(got-want) > 1e-15 {
			t.Errorf("%s gives %v, not %v", objective, got, want)
		}
	}
	text := strings.Replace(fmt.Sprintf(header, "regression"), "feature_names", "average_output\nfeature_names", 1) + trees
	if got := answer(program(t, text, lightgbm.Options{}), 0, 0); got != 1 {
		t.Errorf("a random forest gives %v", got)
	}
	text = strings.Replace(fmt.Sprintf(header, "multiclassova num_class:2 sigmoid:2"), "num_class=1\nnum_tree_per_iteration=1", "num_class=2\nnum_tree_per_iteration=2", 1) + trees
	p := program(t, text, lightgbm.Options{})
	row := p.NewRow()
	row.Reset()
	row.SetNumber(0, 0)
	if got, want := p.Outcome(row).Probabilities, 1/(1+math.Exp(-2)); len(got) != 2 || math.Abs(got[0]-want) > 1e-15 || got[0] != got[1] {
		t.Errorf("one against all gives %v, not %v twice: they are not made to add up to 1", got, want)
	}
}

func TestBestRounds(t *testing.T) {
	text := fmt.Sprintf(header, "regression") + strings.Repeat(stump("0.5", 8), 3) + end
	for best, want := range map[int]float64{0: 3, 1: 1, 2: 2, 9: 3} {
		if got := answer(program(t, text, lightgbm.Options{Best: best}), 0, 0); got != want {
			t.Errorf("the best %d rounds give %v, not %v", best, got, want)
		}
	}
}

// TestPandas: categories of a DataFrame come as their values.
func TestPandas(t *testing.T) {
	text := fmt.Sprintf(header, "regression") + fmt.Sprintf(category, 1) + strings.Replace(end, "null", `[["red", "green", "blue"]]`, 1)
	p := program(t, text, lightgbm.Options{})
	for level, want := range map[string]float64{"red": 1, "green": 2, "blue": 1, "black": 2} {
		row := p.NewRow()
		row.Reset()
		row.SetCategory(1, level)
		if got := p.Outcome(row).Prediction; got != want {
			t.Errorf("%s gives %v, not %v", level, got, want)
		}
	}
	if got := p.Inputs()[1].Levels; len(got) != 3 || got[0] != "red" {
		t.Errorf("the levels are %q", got)
	}
	numbers := strings.Replace(text, `"red", "green", "blue"`, `10, 2.5, true`, 1)
	if got := strings.Join(program(t, numbers, lightgbm.Options{}).Inputs()[1].Levels, " "); got != "10 2.5 true" {
		t.Errorf("the levels are %s", got)
	}
	both := strings.Replace(text, `[["red", "green", "blue"]]`, `[["x"], ["red", "green", "blue"]]`, 1)
	if m, err := lightgbm.Read([]byte(both), lightgbm.Options{}); err == nil {
		t.Errorf("a column of numbers became the category %v", m.Categories)
	}
	ordered := strings.Replace(both, "[-1:1]", "none", 1) // not used by the model
	m, err := lightgbm.Read([]byte(ordered), lightgbm.Options{})
	if err != nil || len(m.Categories) != 2 || len(m.Categories[0]) != 1 || len(m.Categories[1]) != 3 {
		t.Errorf("an ordered category: %v, %v", m, err)
	}
}

// TestSpellings: old and foreign files of the same model.
func TestSpellings(t *testing.T) {
	text := fmt.Sprintf(header, "regression") + stump("0.5", 8) + end
	for name, one := range map[string]string{
		"carriage returns": strings.ReplaceAll(text, "\n", "\r\n"),
		"no counts":        strings.NewReplacer("leaf_count=3 4\n", "", "internal_count=7\n", "", "leaf_weight=3 4\n", "", "internal_weight=0\n", "").Replace(text),
		"v2":               strings.Replace(text, "version=v4", "version=v2", 1),
		"no sizes":         strings.Replace(text, "tree_sizes=1 2 3\n", "", 1),
		"a constant":       strings.Replace(text, "end of trees", "Tree=1\nnum_leaves=1\nnum_cat=0\nleaf_value=0\nshrinkage=1\n\n\nend of trees", 1),
		"dump": `{"name":"tree","version":"v4","num_class":1,"num_tree_per_iteration":1,"max_feature_idx":1,"objective":"regression","average_output":false,
			"feature_names":["a","b"],"tree_info":[{"tree_index":0,"num_leaves":2,"tree_structure":{"split_feature":0,"threshold":0.5,"decision_type":"<=","default_left":false,
			"missing_type":"NaN","internal_count":7,"left_child":{"leaf_index":0,"leaf_value":1,"leaf_count":3},"right_child":{"leaf_index":1,"leaf_value":2,"leaf_count":4}}}],
			"pandas_categorical":null}`,
	} {
		p := program(t, one, lightgbm.Options{})
		if a, b := answer(p, 0, 0), answer(p, 1, 0); a != 1 || b != 2 {
			t.Errorf("%s: %v and %v", name, a, b)
		}
	}
}

// TestRefusals: what is wrong is said, and where.
func TestRefusals(t *testing.T) {
	text := fmt.Sprintf(header, "regression") + stump("0.5", 8) + end
	for _, one := range []struct{ old, changed, says string }{
		{"tree\nversion", "wood\nversion", "begins with"},
		{"version=v4\n", "", "no version"},
		{"max_feature_idx=1\n", "", "max_feature_idx"},
		{"max_feature_idx=1", "max_feature_idx=7", "8 features and 2 names"},
		{"max_feature_idx=1", "max_feature_idx=900000", "features"},
		{"num_class=1", "num_class=x", `num_class is "x"`},
		{"num_tree_per_iteration=1", "num_tree_per_iteration=3", "no whole number of rounds"},
		{"objective=regression", "objective=magic", `"magic"`},
		{"objective=regression", "objective=binary sigmoid:-1", "sigmoid"},
		{"leaf_value=1 2", "leaf_value=1 2 3", "tree 0 (line 12): line 21: leaf_value has 3 values, 2 are expected"},
		{"leaf_value=1 2", "leaf_value=1 zwei", `leaf_value[1] is "zwei"`},
		{"num_leaves=2", "num_leaves=2000000000", "leaf_value has 2 values"},
		{"num_leaves=2", "num_leaves=0", "leaf_value has 2 values"},
		{"threshold=0.5", "threshold=", "threshold has 0 values"},
		{"threshold=0.5", "threshold=nan", "no number"},
		{"split_feature=0", "split_feature=2", "tests feature 2"},
		{"left_child=-1", "left_child=-9", "no child -9"},
		{"left_child=-1", "left_child=0", "no child 0"},
		{"decision_type=8", "decision_type=12", "decision type"},
		{"decision_type=8", "decision_type=77", "decision type"},
		{"decision_type=8", "decision_type=9", "set of categories"},
		{"end of trees", "", "cut off"},
		{"pandas_categorical:null", `pandas_categorical:["a"]`, "pandas_categorical"},
		{"pandas_categorical:null", `pandas_categorical:[[1],[2],[3]]`, "3 category columns"},
	} {
		broken := strings.Replace(text, one.old, one.changed, 1)
		_, err := lightgbm.Read([]byte(broken), lightgbm.Options{})
		if err == nil || !strings.Contains(err.Error(), one.says) {
			t.Errorf("%q for %q: %v, which does not say %q", one.changed, one.old, err, one.says)
		}
	}
	bits := strings.Replace(fmt.Sprintf(header, "regression")+fmt.Sprintf(category, 1)+end, "cat_boundaries=0 2", "cat_boundaries=0 3", 1)
	if _, err := lightgbm.Read([]byte(bits), lightgbm.Options{}); err == nil || !strings.Contains(err.Error(), "from 0 to 3 of 2") {
		t.Errorf("a set beyond its words: %v", err)
	}
	deep := `{"num_tree_per_iteration":1,"max_feature_idx":0,"feature_names":["a"],"tree_info":[{"tree_structure":` +
		strings.Repeat(`{"split_feature":0,"threshold":0,"decision_type":"<=","right_child":{"leaf_value":1},"left_child":`, 1000) + `{"leaf_value":1}` + strings.Repeat("}", 1000) + "}]}"
	if _, err := lightgbm.Read([]byte(deep), lightgbm.Options{}); err == nil || !strings.Contains(err.Error(), "deeper") {
		t.Errorf("a deep tree: %v", err)
	}
}

// FuzzRead looks for what panics on the way from bytes to a program.
func FuzzRead(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(header, "regression") + stump("0.5", 8) + fmt.Sprintf(category, 1) + linear + end))
	f.Add([]byte(fmt.Sprintf(header, "binary sigmoid:2") + stump("0.5", 4) + strings.Replace(end, "null", `[["a",1]]`, 1)))
	f.Add([]byte(`{"num_tree_per_iteration":1,"max_feature_idx":0,"feature_names":["a"],"tree_info":[{"tree_structure":{"split_feature":0,"threshold":"0||3",` +
		`"decision_type":"==","left_child":{"leaf_value":1},"right_child":{"leaf_value":1,"leaf_const":1,"leaf_features":[0],"leaf_coeff":[2]}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := lightgbm.Read(data, lightgbm.Options{})
		if err != nil {
			return
		}
		spec, err := m.Spec("y", nil)
		if err != nil {
			return
		}
		p, err := predict.Compile(spec)
		if err != nil {
			return
		}
		row := p.NewRow()
		p.Outcome(row)
		row.SetNumber(0, 1)
		p.Outcome(row)
	})
}
