package foreign_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/ml/format/foreign"
)

// TestOtherFiles: what is no model, or one that is not read, is said by name and
// with what to do.
func TestOtherFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":       "the file is empty",
		" \n\t ": "the file is blank",
		"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n": "git lfs pull",
		"\n<!DOCTYPE html><html><body>404</body></html>":                     "HTML page",
		"<html><head>":         "HTML page",
		"CBM1\x00\x00\x00\x00": "CatBoost model",
		"\x89HDF\r\n\x1a\n":    "tf2onnx",
		"\x93NUMPY\x01\x00":    "array of numpy",
		"PAR1abc":              "Parquet",
		"<?xml version=\"1.0\"?>\n<PMML version=\"4.4\">":                          "PMML",
		"<?xml version=\"1.0\"?><a/>":                                              "is XML",
		"\x1c\x00\x00\x00TFL3\x00\x00":                                             "TensorFlow Lite",
		"\x40\x00\x00\x00\x00\x00\x00\x00{\"w\":{\"dtype\":\"F32\",\"shape\":[]}}": "safetensors",
		"booster[0]:\n0:[f0<1] yes=1,no=2,missing=1":                               "save_model",
		"import joblib\njoblib.load('a')":                                          "script",
		"{\"accuracy\": 0.9}":                                                      "JSON",
		"[1, 2, 3]":                                                                "JSON",
		strings.Repeat("\x00", 257) + "ustar\x0000":                                "tar archive",
		"\x28\xb5\x2f\xfd\x00":                                                     "zstd",
		packed(t, "data/a.pkl", "a"):                                               "unpack it and give data/a.pkl",
		packed(t, "m/data.pkl", "a", "m/version", "3"):                             "PyTorch",
		packed(t, "config.json", "{}", "model.weights.h5", ""):                     "Keras",
		packed(t, "a.npy", "", "b.npy", ""):                                        ".npz",
		packed(t, "m/MLmodel", ""):                                                 "model package",
		packed(t, "__MACOSX/._a.pkl", "", "b/a.sav", ""):                           "unpack it and give b/a.sav",
		packed(t, "[Content_Types].xml", "", "xl/workbook.xml", ""):                "Microsoft Office",
		packed(t, "data", "{}", "policy.pth", ""):                                  "Stable-Baselines3",
		"404: Not Found":                                                           `it begins with "404: Not Found". If that is what a server answered`,
		"Invalid username or password.":                                            "is text, not a model",
		"# a place for the model\n":                                                "is text, not a model",
		"class Model:\n    pass\n":                                                 "is text, not a model",
		"id,age,city\n1,30,Paris\n2,31,Köln\n":                                     `a table in CSV, not a model: it begins with "id,age,city"`,
		"outs:\n- md5: 0a\n  size: 3\n  path: m.pkl\n":                             "run dvc pull",
		"../.git/annex/objects/a/b/SHA256E-s1--c.pkl":                              "run git annex get",
		"gASVqgEBAAAAAACMGHNrbGVhcm4uZW5zZW1ibGUuX2ZvcmVzdJSMFlJhbmRvbUZvcmVzdA==": "decode it first",
		"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.":                                 "PyTorch",
		"\xc2\x80\x04\xc2\x95\x00":                                                 "read and written as text",
		"\xef\xbf\xbd\x04\xef\xbf\xbd\x00":                                         "read and written as text",
		"\xac\xed\x00\x05sr":                                                       "Weka",
		"\xba\x16\x4f\x2f\x0c\x00":                                                 "fastText",
		"$FL2@(#) SPSS DATA FILE":                                                  "SPSS",
		"MATLAB 5.0 MAT-file, Platform":                                            "MATLAB",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":                                         "Microsoft Office",
		"______LightGBM_Binary_File_Token______\n":                                 "save_binary",
		"\x08\x01\x12\x09tensorflow\x05serve":                                      "SavedModel",
		`{"oblivious_trees": []}`:                                                  "CatBoost",
		`{"class_name": "Sequential", "config": {}}`:                               "Keras",
		`{"cells": [], "nbformat": 4}`:                                             "notebook",
		`{"message": "Not Found", "documentation_url": "x"}`:                       "no such file",
		packed(t, "model.ini", ""):                                                 "H2O",
		packed(t, "readme.txt", ""):                                                "no skops file",
		"PK\x03\x04 and no archive":                                                "damaged",
	} {
		if _, err := foreign.Read([]byte(text), foreign.Hint{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}

// TestTextThatIsAPickle: pickles of protocol 0 are text, and what is wrong in them
// is said as of any pickle.
func TestTextThatIsAPickle(t *testing.T) {
	for text, want := range map[string]string{
		"cos\nsystem\n(S'a'\ntR.":   "names os.system",
		"(S'a'\nios\nsystem\n.":     "INST is refused",
		"(dp0\nS'model'\np1\nI1\ns": "ends in its middle",
		"ccopy_reg\n_reconstructor\np0\n(csomeones\nThing\np1\nc__builtin__\nob": "the file names someones.Thing",
		"(lp0\nS'age'\np1\naS'fare'\np2\na.":                                     `2 texts ("age" …), as names of columns are`,
	} {
		if _, err := foreign.Read([]byte(text), foreign.Hint{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// TestNoModel: what people save in files of their own beside the model's is said
// by what it is.
func TestNoModel(t *testing.T) {
	for text, want := range map[string]string{
		"\x80\x04]\x94(\x8c\x03age\x94\x8c\x04fare\x94e.": `2 texts ("age" …), as names of columns are`,
		"\x80\x04}\x94\x8c\x05model\x94C\x03abc\x94s.":    `"model" (bytes)`,
		"\x80\x04C\x03abc\x94.":                           "as pickle.dumps makes them",
		"\x80\x04\x8f\x94(K\x01K\x02\x90.":                "it is a set",
		"\x80\x04K\x01.":                                  "it is a number",
		"\x80\x02}U\x03sexcsklearn.preprocessing.label\nLabelEncoder\n)\x81}U\x08classes_]sbs.": `the encoders of 1 columns ("sex" (LabelEncoder))`,
		"\x80\x02cpandas.core.frame\nDataFrame\n)\x81}b.":                                       "it is a table of pandas (DataFrame)",
	} {
		if _, err := foreign.Read([]byte(text), foreign.Hint{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func packed(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for k := 0; k < len(files); k += 2 {
		f, err := w.Create(files[k])
		if err == nil {
			_, err = f.Write([]byte(files[k+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestCompressedWhole: a model of any format may have been compressed as a file.
func TestCompressedWhole(t *testing.T) {
	for _, pattern := range []string{"../xgboost/testdata/1.9.0/*.ubj", "testdata/meta/1.2.1/bundle.joblib"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		plain, err := foreign.Read(data, foreign.Hint{})
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(pattern, ".joblib") { // compressed already
			continue
		}
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		m, err := foreign.Read(b.Bytes(), foreign.Hint{})
		if err != nil {
			t.Fatal(err)
		}
		if m.Flavor != plain.Flavor || len(m.Spec.Inputs) != len(plain.Spec.Inputs) {
			t.Errorf("%s is %s when it is compressed", plain.Flavor, m.Flavor)
		}
	}
}

// TestPlacesInAFile: a bundle's model is found, or named; what stands beside it
// is said.
func TestPlacesInAFile(t *testing.T) {
	read := func(file, object string) (foreign.Model, error) {
		data, err := os.ReadFile("testdata/meta/1.2.1/" + file)
		if err != nil {
			t.Fatal(err)
		}
		return foreign.Read(data, foreign.Hint{Object: object})
	}
	for _, c := range []struct{ file, object, algorithm string }{
		{"bundle.joblib", "", "Ridge"},
		{"bundle.joblib", "model", "Ridge"},
		{"bundle.joblib", "scaler", "StandardScaler"},
		{"bundle_within.joblib", "", "Ridge"},
		{"bundle_within.joblib", "artifacts.scaler", "StandardScaler"},
		{"bundle_within.joblib", "artifacts", "Ridge"},
		{"bundle_list.joblib", "", "Ridge"},
		{"bundle_list.joblib", "-1", "Ridge"},
		{"flags.joblib", "estimators_.1", "RandomForestClassifier"},
		{"mean.joblib", "estimators_.0.standardscaler", "StandardScaler"},
	} {
		m, err := read(c.file, c.object)
		if err != nil {
			t.Errorf("%s, %q: %v", c.file, c.object, err)
			continue
		}
		if m.Algorithm != c.algorithm || m.Writer != "scikit-learn 1.2.1" {
			t.Errorf("%s, %q: it is %q of %q", c.file, c.object, m.Algorithm, m.Writer)
		}
	}
	m, err := read("bundle.joblib", "")
	if err != nil {
		t.Fatal(err)
	}
	if said := strings.Join(m.Notes, "; "); !strings.Contains(said, `at "model"`) || !strings.Contains(said, `"scaler" (StandardScaler), which is not applied`) {
		t.Errorf("the notes are %q", said)
	}
	if m.Spec.Inputs[4].Name != "f4" {
		t.Errorf("the inputs are %v: the bundle names them", m.Spec.Inputs)
	}
	for _, c := range []struct{ file, object, want string }{
		{"bundle.joblib", "modell", `no "modell"`},
		{"bundle.joblib", "metrics", "no model"},
		{"bundle.joblib", "metrics.r2", "a number"},
		{"bundle.joblib", "columns", "no model"},
	} {
		if _, err := read(c.file, c.object); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %q: got %v, want %q", c.file, c.object, err, c.want)
		}
	}
	file, err := filepath.Glob("../xgboost/testdata/1.9.0/*.ubj")
	if err != nil || len(file) == 0 {
		t.Fatal(file, err)
	}
	data, err := os.ReadFile(file[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := foreign.Read(data, foreign.Hint{Object: "model"}); err == nil || !strings.Contains(err.Error(), "one model") {
		t.Errorf("a place in a booster: %v", err)
	}
}
