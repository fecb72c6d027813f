package mlflow_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"dasier/ml/format/mlflow"
)

// TestSourceFile: folders that other systems wrote with MLflow are told from
// packages, with the file that is read of them, or with what to do instead.
func TestSourceFile(t *testing.T) {
	for flavors, c := range map[string]struct{ file, said string }{
		"python_function: {loader_module: mlflow.sklearn}\n  sklearn: {pickled_model: model.pkl, code: null}": {"model.pkl", `whose file "model.pkl" is read by itself`},
		"xgboost: {data: deep/model.ubj}":                            {"deep/model.ubj", `"deep/model.ubj"`},
		"lightgbm: {data: model.lgb}":                                {"model.lgb", `"model.lgb"`},
		"onnx: {data: model.onnx}\n  python_function: {a: b}":        {"model.onnx", `"model.onnx"`},
		"sklearn: {pickled_model: ../model.pkl}":                     {"", "../model.pkl"},
		"sklearn: {pickled_model: gone.pkl}":                         {"", "gone.pkl"},
		"sklearn: {pickled_model: deep}":                             {"", "deep"},
		"sklearn: {pickled_model: 3}":                                {"", "does not say where the model's file is"},
		"catboost: {data: model.cb}\n  python_function: {a: b}":      {"", "a model of catboost is not read. Export it with save_model"},
		"keras: {data: data}":                                        {"", "Export the network to ONNX"},
		"prophet: {data: data}":                                      {"", "a model of prophet is not read"},
		"python_function: {python_model: python_model.pkl}":          {"", "code is not run"},
		"dasier: {format: 2}\n  sklearn: {pickled_model: model.pkl}": {"", "format must be 1"},
	} {
		fsys := fstest.MapFS{
			"MLmodel": {Data: []byte("flavors:\n  " + flavors + "\n")}, "model.pkl": {Data: []byte("x")}, "model.lgb": {Data: []byte("x")},
			"model.onnx": {Data: []byte("x")}, "deep/model.ubj": {Data: []byte("x")},
		}
		if got := mlflow.SourceFile(fsys); got != c.file {
			t.Errorf("%s: the file is %q, want %q", flavors, got, c.file)
		}
		if _, err := mlflow.Open(fsys); err == nil || !strings.Contains(err.Error(), c.said) {
			t.Errorf("%s: got %v, want %q", flavors, err, c.said)
		}
	}
	logged := fstest.MapFS{"model.pkl": {Data: []byte("x")}, "MLmodel": {Data: []byte(
		"flavors:\n  sklearn: {pickled_model: model.pkl}\nmetadata: {metrics: {rmse: 1.5}, tags: [a]}\nsignature: null\nutc_time_created: 2026-01-02 03:04:05.678901\n",
	)}}
	if got := mlflow.SourceFile(logged); got != "model.pkl" {
		t.Errorf("with metadata of their own: the file is %q", got)
	}
	for name, fsys := range map[string]fstest.MapFS{"no MLmodel": {}, "no YAML": {"MLmodel": {Data: []byte("a: ]")}}, "a package": files(t)} {
		if got := mlflow.SourceFile(fsys); got != "" {
			t.Errorf("%s: the file is %q", name, got)
		}
	}
}
