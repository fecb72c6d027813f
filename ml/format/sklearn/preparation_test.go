package sklearn_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dasier/ml/format/sklearn"
	"dasier/ml/frame"
	"dasier/ml/parity"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

const preparation = "testdata/preparation/"

// prepared reads one of the models that scikit-learn 1.2.1 fitted on invented
// rows to bring columns together in unusual ways. Those named old had their
// attributes replaced by the ones of 0.19 and 0.20.
func prepared(t *testing.T, name string) (*predict.Program, []string) {
	t.Helper()
	data, err := os.ReadFile(preparation + name + ".joblib")
	if err != nil {
		t.Fatal(err)
	}
	value, err := pickle.Read(data, pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	spec, facts, err := sklearn.Read(value, sklearn.Hint{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p, facts.Columns
}

// TestPreparation holds every one of them to its own answers, and its columns to
// the names that scikit-learn gives them.
func TestPreparation(t *testing.T) {
	files, err := filepath.Glob(preparation + "*.ref.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d references are there: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".ref.json")
		t.Run(name, func(t *testing.T) {
			p, columns := prepared(t, name)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			reference, err := parity.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			result, err := parity.Compare(p, reference, parity.Options{Columns: columns})
			if err != nil {
				t.Fatal(err)
			}
			if !result.Equal() {
				t.Errorf("it differs: %+v", result.Outputs)
			}
			for _, o := range reference.Outputs {
				if o.Name == "feature_names_out" {
					for k, want := range o.Values {
						if got := p.Spec().Targets; k >= len(got) || got[k] != want {
							t.Errorf("column %d is none of %q, want %q", k, got, want)
						}
					}
				}
			}
		})
	}
}

// input finds an input that must be there.
func input(t *testing.T, p *predict.Program, name string) (int, predict.Input) {
	t.Helper()
	i, ok := p.InputIndex(name)
	if !ok {
		t.Fatalf("there is no input %q", name)
	}
	return i, p.Inputs()[i]
}

// TestKinds: an input is what all that is done with it makes of it.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		model, input string
		kind         frame.Kind
		unknown      string
		levels       []string
	}{
		{"twice_scaled_ohe", "rooms", frame.Number, "", nil}, // scaled and encoded
		{"twice_scaled_ohe", "zip", frame.Category, predict.UnknownIgnore, []string{"10115", "20095", "50667", "80331"}},
		{"twice_scaled_refused", "zip", frame.Category, predict.UnknownError, []string{"10115", "20095", "50667", "80331"}},
		{"twice_two_rules", "city", frame.Category, predict.UnknownIgnore, []string{"Nord", "Ost", "Rare1", "Rare2", "Süd", "West"}},
		{"twice_two_rules", "cond", frame.Category, predict.UnknownIgnore, []string{"bad", "good", "ok"}},
		{"twice_refused", "city", frame.Category, predict.UnknownError, []string{"Nord", "Ost", "Rare1", "Rare2", "Süd", "West"}},
		{"ohe_bool", "flag", frame.Bool, "", nil},
		{"ohe_bool_scaled", "flag", frame.Number, "", nil},
		{"ohe_blank", "blank", frame.Category, predict.UnknownIgnore, []string{"x", "y"}}, // the empty text means missing
		{"imputed_infrequent", "grade", frame.Category, predict.UnknownIgnore, []string{"1.5", "2.5", "3.5"}},
		{"imputed_twice_refused", "roomsf", frame.Number, "", nil},
		{"question_marks", "cond", frame.Category, predict.UnknownIgnore, []string{"?", "bad", "good", "ok"}},
		{"indicator", "cond", frame.Category, predict.UnknownIgnore, nil}, // asked for presence only
	} {
		p, _ := prepared(t, c.model)
		_, in := input(t, p, c.input)
		if in.Kind != c.kind || in.Unknown != c.unknown || !slices.Equal(in.Levels, c.levels) {
			t.Errorf("%s: %q is a %s, unknown %q, of %q", c.model, c.input, in.Kind, in.Unknown, in.Levels)
		}
	}
}

// TestUnknownNumber: a number that an encoder refuses leaves no answer, whatever
// else is computed with it.
func TestUnknownNumber(t *testing.T) {
	p, _ := prepared(t, "twice_scaled_refused")
	row := p.NewRow()
	area, _ := input(t, p, "area")
	rooms, _ := input(t, p, "rooms")
	zip, _ := input(t, p, "zip")
	for n, known := range map[float64]bool{3: true, 17: false} {
		row.Reset()
		row.SetNumber(area, 100)
		row.SetNumber(rooms, n)
		row.SetCategory(zip, "10115")
		if got := p.Outcome(row).Prediction; math.IsNaN(got) == known {
			t.Errorf("%v rooms cost %v", n, got)
		}
	}
}

// TestRefusedPreparation: what is not read is said by name, with the reason and
// what to do instead.
func TestRefusedPreparation(t *testing.T) {
	object := func(module, name, state string) string {
		return "c" + module + "\n" + name + "\n)\x81}" + state + "b"
	}
	attribute := func(name, value string) string {
		return "X" + string(rune(len(name))) + "\x00\x00\x00" + name + value + "s"
	}
	text := func(s string) string { return "X" + string(rune(len(s))) + "\x00\x00\x00" + s }
	one := attribute("n_features_in_", "K\x01")
	for want, made := range map[string]string{
		"the same row comes out differently in another table": object("sklearn.decomposition._nmf", "NMF", one+attribute("components_", "]")),
		"an input here is one value":                          object("sklearn.preprocessing._label", "MultiLabelBinarizer", one+attribute("classes_", "]")),
		"at random (sample_posterior=True)":                   object("sklearn.impute._iterative", "IterativeImputer", one+attribute("sample_posterior", "\x88")+attribute("n_iter_", "K\x01")),
		"Only numpy's functions of one number":                object("sklearn.preprocessing._function_transformer", "FunctionTransformer", one+attribute("func", "cnumpy\nlog1p\n")+attribute("kw_args", "}"+text("x")+"K\x01s")),
		"log1p, log, log2":                                    object("sklearn.preprocessing._function_transformer", "FunctionTransformer", one+attribute("func", "cnumpy\nmedian\n")),
		"fails on values beyond its knots":                    object("sklearn.preprocessing._polynomial", "SplineTransformer", one+attribute("bsplines_", "]K\x01a")+attribute("extrapolation", text("error"))),
		"more than 200000 terms":                              object("sklearn.preprocessing._polynomial", "PolynomialFeatures", attribute("n_features_in_", "M\xe8\x03")+attribute("degree", "K\x03")+attribute("n_output_features_", "K\x03")),
		"rows by their own means":                             object("sklearn.impute._base", "SimpleImputer", one+attribute("axis", "K\x01")+attribute("statistics_", "]K\x01a")),
		"no column is left":                                   object("sklearn.impute._base", "SimpleImputer", one+attribute("strategy", text("mean"))+attribute("statistics_", "]G\x7f\xf8\x00\x00\x00\x00\x00\x00a")),
		"an empty text for a category":                        object("sklearn.preprocessing._encoders", "OneHotEncoder", one+attribute("categories_", "]]("+text("")+text("a")+"Nea")),
	} {
		v, err := pickle.Read([]byte("\x80\x02"+made+"."), pickle.Limits{})
		if err == nil {
			_, _, err = sklearn.Read(v, sklearn.Hint{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
