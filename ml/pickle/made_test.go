package pickle_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/pickle"
)

func made(t *testing.T, name string) (any, error) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/made", name))
	if err != nil {
		t.Fatal(err)
	}
	return pickle.Read(data, pickle.Limits{})
}

// TestBundles reads what people keep beside a model: tables, columns, dates,
// generators of numbers.
func TestBundles(t *testing.T) {
	for _, name := range []string{"bundle_p0.pkl", "bundle_p2.pkl", "bundle_p4.pkl", "bundle_p5.pkl", "bundle.joblib", "bundle.joblib.z"} {
		t.Run(name, func(t *testing.T) {
			v, err := made(t, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"model", "nested.inner.0", "nested.inner.1.1"} {
				model, err := pickle.At(v, key)
				if err != nil {
					t.Fatal(err)
				}
				o, ok := model.(*pickle.Object)
				if !ok || o.Class != (pickle.Global{Module: "sklearn.linear_model._base", Name: "LinearRegression"}) {
					t.Errorf("%s is %v", key, model)
				}
			}
			for _, key := range []string{"columns", "features"} {
				columns, err := pickle.At(v, key)
				if err != nil {
					t.Fatal(err)
				}
				if names, _ := pickle.Items(columns); fmt.Sprint(names) != "[area rooms]" {
					t.Errorf("%s are %v", key, names)
				}
			}
			if x, err := pickle.At(v, "metrics.mae"); err != nil || x != 1.5 {
				t.Errorf("metrics.mae is %v, %v", x, err)
			}
			for _, key := range []string{"sparse", "coo"} {
				m, err := pickle.At(v, key)
				if err != nil {
					t.Fatal(err)
				}
				rows, columns, cells, err := pickle.Matrix(m)
				if err != nil || rows != columns || cells[0] != 1 || cells[1] != 0 || cells[len(cells)-1] != 1 {
					t.Errorf("%s is %d by %d, %v, %v", key, rows, columns, cells, err)
				}
			}
			// Dates are not read, and are in nobody's way.
			if _, err := pickle.At(v, "when"); err == nil || !strings.Contains(err.Error(), "M8") {
				t.Errorf("a date gives %v", err)
			}
			if _, err := pickle.At(v, "train"); err != nil {
				t.Errorf("the table gives %v", err)
			}
		})
	}
}

// TestUnlisted: what is not on the list gives way where no prediction looks, and
// is refused elsewhere.
func TestUnlisted(t *testing.T) {
	opaque := func(v any, path string) {
		t.Helper()
		if _, err := pickle.At(v, path); err == nil || !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "the file names") {
			t.Errorf("%s gives %v", path, err)
		}
	}
	object := func(v any, path, class string) {
		t.Helper()
		got, err := pickle.At(v, path)
		if o, ok := got.(*pickle.Object); err != nil || !ok || o.Class.Name != class {
			t.Errorf("%s is %v, %v, want %s", path, got, err, class)
		}
	}
	v, err := made(t, "bundle_foreign.pkl")
	if err != nil {
		t.Fatal(err)
	}
	object(v, "model", "LinearRegression")
	object(v, "list.1", "LinearRegression")
	opaque(v, "explainer")
	opaque(v, "list.0")
	for _, name := range []string{"search_foreign.pkl", "search_scipy.joblib", "search_main_scorer.pkl"} {
		if v, err = made(t, name); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		object(v, "best_estimator_", "Ridge")
	}
	if v, err = made(t, "search_foreign.pkl"); err == nil {
		opaque(v, "param_distributions")
		opaque(v, "scoring")
	}
	for _, name := range []string{"select_partial.pkl", "select_foreign.pkl"} {
		if v, err = made(t, name); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		object(v, "k", "SelectKBest")
		object(v, "steps.1.1", "Ridge")
	}
	for name, want := range map[string]string{
		"bundle_only_foreign.pkl":   "at byte 52: the file names someones.tuning.Space",
		"refused_main_class.pkl":    "names __main__.Encoder of the script that trained the model",
		"refused_main_function.pkl": "names __main__.twice of the script that trained the model",
	} {
		if _, err := made(t, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}

// TestUnlistedCannotHide: a name is refused when it is made and thrown away, when
// it stands in the model as well as beside it, and when it is Python's own.
func TestUnlistedCannotHide(t *testing.T) {
	const (
		search = "\x80\x02csklearn.model_selection._search\nGridSearchCV\n)\x81}"
		thing  = "csomeones\nThing\n"
	)
	for name, c := range map[string]struct{ text, want string }{
		"noise":          {search + "U\x07scoring" + thing + ")\x81sb.", ""},
		"thrown away":    {thing + ")\x810" + search + "b.", "names someones.Thing"},
		"called, popped": {thing + "(U\x01atR0" + search + "b.", "names someones.Thing"},
		"the model":      {search + "U\x0fbest_estimator_" + thing + ")\x81sb.", "names someones.Thing"},
		"both":           {search + "(U\x07scoring" + thing + ")\x81q\x01U\x0fbest_estimator_h\x01ub.", "names someones.Thing"},
		"standard":       {search + "U\x07scoringcos\nsystem\n(U\x01atRsb.", "names os.system"},
		"a key":          {"\x80\x02}" + thing + "K\x01s.", "names someones.Thing"},
		"a wrapper":      {"\x80\x02ccopy_reg\n_reconstructor\n(" + thing + "c__builtin__\nobject\nNtR.", "names someones.Thing"},
		"a list's own":   {"\x80\x02]q\x00U\x01aa" + thing + ")\x81a.", "names someones.Thing"},
	} {
		_, err := pickle.Read([]byte(c.text), pickle.Limits{})
		if c.want == "" && err == nil {
			continue
		}
		if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// TestPassedBy: what no prediction reads may be anything but Python's own code: a
// resampler's settings, what another library's search tried, a booster's own loss.
func TestPassedBy(t *testing.T) {
	const thing = "csomeones\nThing\n)\x81"
	for name, c := range map[string]struct{ text, want string }{
		"a resampler":        {"\x80\x02cimblearn.over_sampling._smote.base\nSMOTE\n)\x81}U\x01a" + thing + "sb.", ""},
		"of before 0.4":      {"\x80\x02cimblearn.over_sampling.smote\nSMOTE\n)\x81}U\x01a" + thing + "sb.", ""},
		"and its code":       {"\x80\x02cimblearn.over_sampling._smote.base\nSMOTE\n)\x81}U\x01acos\nsystem\n(U\x01atRsb.", "names os.system"},
		"a search":           {"\x80\x02cskopt.searchcv\nBayesSearchCV\n)\x81}U\x0dsearch_spaces" + thing + "sb.", ""},
		"its best":           {"\x80\x02cskopt.searchcv\nBayesSearchCV\n)\x81}U\x0fbest_estimator_" + thing + "sb.", "names someones.Thing"},
		"a loss":             {"\x80\x02cxgboost.sklearn\nXGBRegressor\n)\x81}U\x09objective" + thing + "sb.", ""},
		"a booster":          {"\x80\x02cxgboost.sklearn\nXGBRegressor\n)\x81}U\x08_Booster" + thing + "sb.", "names someones.Thing"},
		"an ensemble's tree": {"\x80\x02cimblearn.ensemble._forest\nBalancedRandomForestClassifier\n)\x81}U\x0bestimators_" + thing + "sb.", "names someones.Thing"},
	} {
		_, err := pickle.Read([]byte(c.text), pickle.Limits{})
		if c.want == "" && err == nil {
			continue
		}
		if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestAdvice(t *testing.T) {
	for module, want := range map[string]string{
		"__main__": "no file holds what that does", "cloudpickle.cloudpickle": "code is not read", "catboost.core": "save_model", "category_encoders.ordinal": "Models of category_encoders",
		"torch._utils": "export the model to ONNX", "sentence_transformers.util": "export the model to ONNX", "statsmodels.regression": "Models of statsmodels",
		"someones.module": "no file holds what it does: save the model itself", "sklearnex.ensemble._forest": "train with scikit-learn itself", "xgboost.nothing": "nothing of it was run",
		strings.Repeat("long.", 22) + "name": "no file holds what it does",
	} {
		_, err := pickle.Read([]byte("\x80\x02c"+module+"\nThing\n)\x81."), pickle.Limits{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "at byte 2: the file names "+module+".Thing") {
			t.Errorf("%s: got %v, want %q", module, err, want)
		}
	}
	_, err := pickle.Read([]byte("\x80\x02cxgboost.core\nDMatrix\n)\x81."), pickle.Limits{})
	if err == nil || !strings.Contains(err.Error(), "the data of a training") {
		t.Errorf("a DMatrix: %v", err)
	}
	_, err = pickle.Read([]byte("\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81."), pickle.Limits{})
	if err == nil || !strings.Contains(err.Error(), "files beside this one") {
		t.Errorf("joblib 0.9: %v", err)
	}
}

func TestOpaqueSaysWhy(t *testing.T) {
	v, err := made(t, "bundle_foreign.pkl")
	if err != nil {
		t.Fatal(err)
	}
	bundle, ok := v.(*pickle.Dict)
	if !ok {
		t.Fatalf("%T", v)
	}
	held, _ := bundle.Get("explainer")
	opaque, ok := held.(*pickle.Opaque)
	if !ok || opaque.Class.String() != "someones.tuning.Space" {
		t.Fatalf("got %v", held)
	}
	if _, err := pickle.At(v, "explainer.low"); !errors.Is(err, opaque.Reason) || !strings.HasPrefix(err.Error(), "explainer: at byte ") {
		t.Errorf("got %v", err)
	}
}
