package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFolderOfAnotherSystem: a folder that MLflow wrote for scikit-learn is its
// model file wherever a model file may be named; other names stay what they are.
func TestFolderOfAnotherSystem(t *testing.T) {
	model, err := os.ReadFile("../../ml/format/sklearn/testdata/resampled/forest.pkl")
	if err != nil {
		t.Fatal(err)
	}
	folder, empty := t.TempDir(), t.TempDir()
	for name, text := range map[string][]byte{
		"MLmodel":   []byte("flavors:\n  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}\n  sklearn: {pickled_model: model.pkl}\n"),
		"model.pkl": model,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program, err := programOf(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	if inputs := program.Inputs(); len(inputs) != 2 || inputs[0].Name != "age" || program.Classes()[1] != "yes" {
		t.Errorf("it has the inputs %v and the classes %v", inputs, program.Classes())
	}
	file := filepath.Join(folder, "model.pkl")
	for name, want := range map[string]string{folder: file, file: file, empty: empty, "absent": "absent"} {
		if got := modelFileOf(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
