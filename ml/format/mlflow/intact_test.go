package mlflow_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/ml/format/mlflow"
)

func TestIntactSeesEveryChange(t *testing.T) {
	change := func(name, from, to string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(text), from, to, 1)
			if changed == string(text) {
				t.Fatalf("%s does not hold %q", name, from)
			}
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name string
		do   func(t *testing.T, dir string)
	}{
		{"the ONNX model", change("model.onnx", "Gr_Liv_Area", "Gr_Liv_Arex")},
		{"a metric", change("MLmodel", "27412.5", "17412.5")},
		{"the model card", change("README.md", "ridge", "magic")},
		{"the report", change("report.json", "5", "9")},
		{"a file more", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "setup.py"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file less", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "README.md")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := written(t, sample(t))
			if err := mlflow.Intact(os.DirFS(dir)); err != nil {
				t.Fatalf("before anything was changed: %v", err)
			}
			c.do(t, dir)
			if err := mlflow.Intact(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "changed, added or removed") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOpenWantsTheModelOfOthers(t *testing.T) {
	dir := written(t, sample(t))
	if err := os.Remove(filepath.Join(dir, "model.onnx")); err != nil {
		t.Fatal(err)
	}
	if _, err := mlflow.Open(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "no file model.onnx") {
		t.Errorf("got %v", err)
	}
}
