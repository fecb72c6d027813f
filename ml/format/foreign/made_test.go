package foreign_test

import (
	"os"
	"path/filepath"
	"testing"

	"dasier/ml/format/foreign"
	"dasier/ml/parity"
	"dasier/ml/predict"
)

// TestMade reads estimators made of estimators, and bundles (testdata/meta), and
// holds every answer to scikit-learn's.
func TestMade(t *testing.T) {
	files, err := filepath.Glob("testdata/meta/*/*.ref.json")
	if err != nil || len(files) < 120 {
		t.Fatalf("%d references, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := parity.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(filepath.Dir(file), r.File))
			if err != nil {
				t.Fatal(err)
			}
			m, err := foreign.Read(data, foreign.Hint{Columns: r.Columns})
			if err != nil {
				t.Fatal(err)
			}
			p, err := predict.Compile(m.Spec)
			if err != nil {
				t.Fatal(err)
			}
			result, err := parity.Compare(p, r, parity.Options{Columns: m.Columns})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range result.Outputs {
				if !o.Equal || o.Largest > 1e-11 {
					t.Errorf("%s differs by %v, %d labels: %s", o.Name, o.Largest, o.Labels, o.Worst)
				}
				if o.Skipped != "" && o.Name != "classes_" && m.Spec.Task != predict.TaskVector {
					t.Errorf("%s is not given: %s", o.Name, o.Skipped)
				}
			}
		})
	}
}
