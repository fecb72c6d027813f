package xgboost_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"dasier/ml/format/xgboost"
	"dasier/ml/predict"
)

// edgeCase is what XGBoost 1.7.4 answered of a small model of its own: rows of
// nothing but missing values, unknown, huge and broken categories.
type edgeCase struct {
	File    string       `json:"file"`
	Rows    [][]*float64 `json:"rows"`
	Predict []any        `json:"predict"`
	Margin  []any        `json:"margin"`
}

func TestEdges(t *testing.T) {
	text, err := os.ReadFile("testdata/edge.ref.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []edgeCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, one := range cases {
		t.Run(one.File, func(t *testing.T) {
			data, err := os.ReadFile("testdata/" + one.File)
			if err != nil {
				t.Fatal(err)
			}
			p := compiled(t, data, xgboost.Options{})
			row := p.NewRow()
			for n, cells := range one.Rows {
				fill(row, cells)
				o := p.Outcome(row)
				equal(t, n, "margin", margins(p, row), one.Margin[n], 0)
				answer := []float64{o.Prediction}
				switch {
				case o.Values != nil:
					answer = o.Values
				case p.Spec().Task == predict.TaskMulticlass:
					if answer = o.Probabilities; strings.Contains(one.File, "multi_linear") { // softmax answers the class
						answer = []float64{float64(o.Class)}
					}
				}
				equal(t, n, "predict", answer, one.Predict[n], 3e-7)
			}
		})
	}
}

func compiled(t *testing.T, data []byte, options xgboost.Options) *predict.Program {
	t.Helper()
	if !xgboost.Is(data) {
		t.Fatal("it is not known as a model")
	}
	m, err := xgboost.Read(data, options)
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

func fill(row *predict.Row, cells []*float64) {
	row.Reset()
	for i, x := range cells {
		if x != nil {
			row.SetNumber(i, *x)
		}
	}
}

func margins(p *predict.Program, row *predict.Row) []float64 {
	for k, said := range p.Spec().Outputs {
		if said.Name == "margin" {
			return p.Output(row, k, nil)
		}
	}
	return p.Scores(row)
}

func equal(t *testing.T, n int, what string, got []float64, want any, tolerance float64) {
	t.Helper()
	list, ok := want.([]any)
	if !ok {
		list = []any{want}
	}
	if len(got) != len(list) {
		t.Fatalf("row %d, %s: %v, want %v", n, what, got, want)
	}
	for k := range got {
		if x, ok := list[k].(float64); !ok || !(math.Abs(got[k]-x) <= tolerance*max(math.Abs(x), 1e-3)) {
			t.Errorf("row %d, %s: %v, want %v", n, what, got, want)
		}
	}
}

// model is a document with a tree for each of its margins.
func model(version, objective, base, booster string, features string) string {
	return `{"version":[` + version + `],"learner":{"attributes":{},"feature_names":[],"feature_types":[],"gradient_booster":` + booster +
		`,"learner_model_param":{"base_score":"` + base + `",` + features + `},"objective":` + objective + `}}`
}

// leaves are trees of one leaf each.
func leaves(values ...string) string {
	trees, info := make([]string, len(values)), make([]string, len(values))
	for k, v := range values {
		trees[k] = `{"left_children":[-1],"right_children":[-1],"split_indices":[0],"split_conditions":[` + v + `],"default_left":[0],"tree_param":{"size_leaf_vector":"1"}}`
		info[k] = string(rune('0' + k))
	}
	return `{"name":"gbtree","model":{"gbtree_model_param":{"num_parallel_tree":"1"},"tree_info":[` + strings.Join(info, ",") + `],"trees":[` + strings.Join(trees, ",") + `]}}`
}

// TestSeveral is objectives of several numbers, which XGBoost 1.7 does not have.
func TestSeveral(t *testing.T) {
	const quantiles = `{"name":"reg:quantileerror","quantile_loss_param":{"quantile_alpha":"[1E-1,5E-1,9E-1]"}}`
	const expectiles = `{"name":"reg:expectileerror","expectile_loss_param":{"expectile_alpha":"[1E-1,5E-1,9E-1]"}}`
	const three = `"num_feature":"1","num_target":"3","num_class":"0"`
	softPlus := func(x float64) float64 { return math.Log1p(math.Exp(x)) }
	inverse := func(x float64) float64 { return math.Log(math.Expm1(x)) }
	for name, one := range map[string]struct {
		text string
		want []float64
	}{
		"quantiles of 3.3 cross":    {model("3,3,0", quantiles, "[1E0,2E0,3E0]", leaves("5", "0", "-5"), three), []float64{6, 2, -2}},
		"quantiles of 3.4 do not":   {model("3,4,0", quantiles, "[1E0,2E0,3E0]", leaves("5", "0", "-5"), three), []float64{-2, 2, 6}},
		"quantiles of one base":     {model("2,0,0", quantiles, "1E0", leaves("5", "0", "-5"), three), []float64{6, 1, -4}},
		"expectiles are increments": {model("3,3,0", expectiles, "[1E0,2E0,4E0]", leaves("0", "0.5", "0"), three), []float64{1, 1 + softPlus(inverse(1)+0.5), 1 + softPlus(inverse(1)+0.5) + 2}},
		"mean and log variance":     {model("3,4,0", `{"name":"reg:normal"}`, "[1E0,2E0]", leaves("1", "1"), `"num_feature":"1","num_target":"2"`), []float64{2, 3}},
		"rates":                     {model("3,0,0", `{"name":"count:poisson"}`, "[1E0,2E0]", leaves("0", "0"), `"num_feature":"1","num_target":"2"`), []float64{1, 2}},
		"leaves of two values": {model("2,0,0", `{"name":"reg:squarederror"}`, "1E0", `{"name":"gbtree","model":{"gbtree_model_param":{},"tree_info":[0],"trees":[{
			"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],"split_conditions":[0.5,NaN,NaN],"default_left":[1,0,0],
			"base_weights":[0,0,10,20,30,40],"tree_param":{"size_leaf_vector":"2"}}]}}`, `"num_feature":"1","num_target":"2"`), []float64{11, 21}},
		"leaves of two values since 3.1": {model("3,1,0", `{"name":"reg:squarederror"}`, "[1E0,2E0]", `{"name":"gbtree","model":{"gbtree_model_param":{},"tree_info":[0],"trees":[{
			"left_children":[1,-1,-1],"right_children":[2,1,0],"split_indices":[0,0,0],"split_conditions":[0.5,1e-45,1e-45],"default_left":[1,0,0],
			"base_weights":[0,0,10,20,30,40],"leaf_weights":[1,2,3,4],"tree_param":{"size_leaf_vector":"2"}}]}}`, `"num_feature":"1","num_target":"2"`), []float64{4, 6}},
	} {
		p := compiled(t, []byte(one.text), xgboost.Options{})
		row := p.NewRow()
		row.Reset()
		got := p.Outcome(row).Values
		for k, want := range one.want {
			if len(got) != len(one.want) || !(math.Abs(got[k]-want) <= 1e-5) {
				t.Errorf("%s: %v, want %v", name, got, one.want)
				break
			}
		}
	}
	p := compiled(t, []byte(model("3,3,0", quantiles, "[1E0,2E0,3E0]", leaves("5", "0", "-5"), three)), xgboost.Options{})
	if names := strings.Join(p.Spec().Targets, " "); names != "quantile_0.1 quantile_0.5 quantile_0.9" {
		t.Errorf("the targets are %s", names)
	}
}

// TestDataFrame: since 3.1 a file has the values of a DataFrame's categories.
func TestDataFrame(t *testing.T) {
	booster := `{"name":"gbtree","model":{"cats":{"enc":[{"offsets":[0,3,6],"values":[114,101,100,103,195,188]},{"type":11,"values":[7,9]},{"offsets":[],"values":[]}],
		"feature_segments":[0,2,4,4],"sorted_idx":[]},"gbtree_model_param":{},"tree_info":[0],"trees":[{"left_children":[1,-1,-1],"right_children":[2,-1,-1],
		"split_indices":[0,0,0],"split_conditions":[0,1,2],"default_left":[1,0,0],"split_type":[1,0,0],"categories":[1],"categories_nodes":[0],"categories_segments":[0],
		"categories_sizes":[1],"tree_param":{}}]}}`
	p := compiled(t, []byte(model("3,1,0", `{"name":"reg:squarederror"}`, "[0E0]", booster, `"num_feature":"3"`)), xgboost.Options{})
	for level, want := range map[string]float64{"red": 1, "gü": 2, "": 1} {
		row := p.NewRow()
		row.Reset()
		if level != "" {
			row.SetCategory(0, level)
		}
		if got := p.Outcome(row).Prediction; got != want {
			t.Errorf("%q gives %v, want %v", level, got, want)
		}
	}
	in := p.Inputs()
	if in[0].Unknown != predict.UnknownError || strings.Join(in[1].Levels, " ") != "7 9" || in[2].Levels != nil {
		t.Errorf("the inputs are %+v", in)
	}
}

// TestRounds: a wrapper uses the best rounds, a Booster all.
func TestRounds(t *testing.T) {
	text := model("2,0,0", `{"name":"reg:squarederror"}`, "0E0", strings.Replace(leaves("1", "2", "4", "8"), "[0,1,2,3]", "[0,0,0,0]", 1), `"num_feature":"1"`)
	text = strings.Replace(text, `"attributes":{}`, `"attributes":{"best_iteration":"1"}`, 1)
	parallel := strings.Replace(text, `"num_parallel_tree":"1"`, `"num_parallel_tree":"2"`, 1)
	parted := strings.Replace(text, `"tree_info"`, `"iteration_indptr":[0,3,4],"tree_info"`, 1)
	for _, one := range []struct {
		text    string
		options xgboost.Options
		want    float64
	}{
		{text, xgboost.Options{}, 15},
		{text, xgboost.Options{Wrapped: true}, 3},
		{text, xgboost.Options{Best: 3}, 7},
		{text, xgboost.Options{Best: 30}, 15},
		{parallel, xgboost.Options{Best: 1}, 3},
		{parallel, xgboost.Options{Wrapped: true}, 15},
		{parted, xgboost.Options{Best: 1}, 7},
		{strings.Replace(text, `{"best_iteration"`, `{"scikit_learn":"{}","best_iteration"`, 1), xgboost.Options{}, 3},
	} {
		p := compiled(t, []byte(one.text), one.options)
		if got := p.Outcome(p.NewRow()).Prediction; got != one.want {
			t.Errorf("%+v gives %v, want %v", one.options, got, one.want)
		}
	}
}

// TestConfigured: the handles of XGBoost 1.0 to 1.5 are a legacy model between
// its length and a configuration; those of 0.x are the model alone.
func TestConfigured(t *testing.T) {
	data, err := os.ReadFile("testdata/edge_hinge.deprecated")
	if err != nil {
		t.Fatal(err)
	}
	bare := bytes.TrimPrefix(data, []byte("binf"))
	handle := binary.LittleEndian.AppendUint64([]byte("CONFIG-offset:"), uint64(len(bare)))
	handle = append(append(handle, bare...), `{"learner":{}}`...)
	want := compiled(t, data, xgboost.Options{})
	for _, one := range [][]byte{bare, handle} {
		m, err := xgboost.Read(one, xgboost.Options{})
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
		if got := margins(p, p.NewRow()); got[0] != margins(want, want.NewRow())[0] {
			t.Errorf("the margin is %v", got)
		}
		if _, err := xgboost.Read(one[:len(one)*2/3], xgboost.Options{}); err == nil {
			t.Error("a handle that is cut off was read")
		}
	}
}

// TestRefusals: what is wrong is said.
func TestRefusals(t *testing.T) {
	good := model("2,0,0", `{"name":"reg:squarederror"}`, "0E0", `{"name":"gbtree","model":{"gbtree_model_param":{},"tree_info":[0],"trees":[{
		"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],"split_conditions":[0.5,1,2],"default_left":[1,0,0],"split_type":[1,0,0],
		"categories":[5],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[1],"tree_param":{"size_leaf_vector":"1"}}]}}`, `"num_feature":"1"`)
	compiled(t, []byte(good), xgboost.Options{})
	for _, one := range []struct{ old, changed, says string }{
		{`reg:squarederror`, `reg:magic`, `"reg:magic"`},
		{`"name":"gbtree"`, `"name":"gbforest"`, `"gbforest"`},
		{`"base_score":"0E0"`, `"base_score":"[0E0,1E0]"`, "2 base scores for 1"},
		{`"base_score":"0E0"`, `"base_score":"x"`, "base score"},
		{`"name":"reg:squarederror"`, `"name":"reg:gamma"`, "base score"},
		{`"num_feature":"1"`, `"num_feature":"1000000"`, "features"},
		{`"num_feature":"1"`, `"num_feature":"1","num_class":"5000"`, "margins"},
		{`"tree_info":[0]`, `"tree_info":[0,0]`, "says the margin of 2"},
		{`"tree_info":[0]`, `"tree_info":[1]`, "adds to margin 1"},
		{`"left_children":[1,-1,-1]`, `"left_children":[7,-1,-1]`, "has the children 7 and 2"},
		{`"split_conditions":[0.5,1,2]`, `"split_conditions":[0.5,1]`, "2 split_conditions for 3 nodes"},
		{`"split_type":[1,0,0]`, `"split_type":[2,0,0]`, "split type 2"},
		{`"split_type":[1,0,0]`, `"split_type":[1]`, "split_type"},
		{`"categories":[5]`, `"categories":[-5]`, "no category -5"},
		{`"categories":[5]`, `"categories":[99999999]`, "no category"},
		{`"categories_sizes":[1]`, `"categories_sizes":[2]`, "categories 0 to 2 of 1"},
		{`"categories_nodes":[0]`, `"categories_nodes":[9]`, "node 9 has categories"},
		{`"size_leaf_vector":"1"`, `"size_leaf_vector":"3"`, "3 values for 1 targets"},
		{`"trees":[`, `"weight_drop":[1,1],"trees":[`, "weights of 2"},
		{`{"version"`, `{version`, "a name is expected"},
		{`"split_conditions":[0.5,1,2]`, `"split_conditions":[0.5,1,"x"]`, "no value"},
		{`"gbtree_model_param":{}`, `"cats":{"enc":[{},{}]},"gbtree_model_param":{}`, "categories of 2 features"},
	} {
		_, err := xgboost.Read([]byte(strings.Replace(good, one.old, one.changed, 1)), xgboost.Options{})
		if err == nil || !strings.Contains(err.Error(), one.says) {
			t.Errorf("%q: %v, which does not say %q", one.changed, err, one.says)
		}
	}
	if _, err := xgboost.Read([]byte(good+"x"), xgboost.Options{}); err == nil {
		t.Error("what follows the document was not seen")
	}
}

// FuzzRead looks for what panics on the way from bytes to a program.
func FuzzRead(f *testing.F) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, entry := range entries {
		if data, err := os.ReadFile("testdata/" + entry.Name()); err == nil && strings.HasPrefix(entry.Name(), "edge_") {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := xgboost.Read(data, xgboost.Options{Wrapped: len(data)%2 == 0})
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
