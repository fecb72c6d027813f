package sklearn_test

import (
	"os"
	"strings"
	"testing"

	"dasier/ml/format/sklearn"
	"dasier/ml/pickle"
)

// TestRefusals: values that are no models, said so by name.
func TestRefusals(t *testing.T) {
	object := func(module, name, state string) string {
		return "\x80\x02c" + module + "\n" + name + "\n)\x81" + state + "."
	}
	for text, want := range map[string]string{
		"\x80\x02N.":     "it is None",
		"\x80\x02K\x01.": "it is a number",
		"\x80\x02}X\x06\x00\x00\x00scalerK\x01s.":                                                                `"scaler" (a number)`,
		object("sklearn.svm._classes", "SVC", "}b"):                                                              "SVC: it was never fitted",
		object("sklearn.linear_model._base", "LinearRegression", "}b"):                                           "it was never fitted",
		object("sklearn.preprocessing._data", "StandardScaler", "}b"):                                            "it was never fitted",
		object("sklearn.pipeline", "Pipeline", "}b"):                                                             "it has no steps",
		object("sklearn.tree._classes", "DecisionTreeRegressor", "}b"):                                           "it was never fitted",
		object("lightgbm.sklearn", "LGBMRegressor", "}b"):                                                        "it was never fitted",
		"\x80\x02csklearn.pipeline\nPipeline\n)\x81q\x00}X\x05\x00\x00\x00steps]X\x01\x00\x00\x00ah\x00\x86asb.": "contains itself",
	} {
		v, err := pickle.Read([]byte(text), pickle.Limits{})
		if err == nil {
			_, _, err = sklearn.Read(v, sklearn.Hint{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
}

// TestHostileObjects: no hostile value becomes a model, in the machine or here.
func TestHostileObjects(t *testing.T) {
	for _, name := range []string{"15_module_reduce_setstate.pkl", "28_billion_laughs.pkl", "29_cyclic_list.pkl", "30_cyclic_estimator.pkl", "25_memo_huge_index.pkl"} {
		data, err := os.ReadFile("../../pickle/testdata/hostile/" + name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := pickle.Read(data, pickle.Limits{})
		if err == nil {
			_, _, err = sklearn.Read(v, sklearn.Hint{})
		}
		if err == nil {
			t.Errorf("%s was taken for a model", name)
		}
	}
}
