package sklearn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/ml/format/sklearn"
	"dasier/ml/parity"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// TestWild holds what files of other people do that a careful set does not: a
// column whose most frequent value is None, a search that drew from scipy's
// distributions (whose methods are saved by getattr), an RFE of before 0.24,
// which says how many columns it selects and not how many it takes, weights of
// 4e15 that cancel, a namespace, a model three dicts deep, two pickles in one file,
// splines of a constant, and a booster beside what made its sparse columns.
func TestWild(t *testing.T) { equalFiles(t, "testdata/wild", 9, 1e-12) }

// TestTexts holds what is learned of texts and of dicts to scikit-learn's own
// answers: vectorizers of every kind before estimators of every kind, in a
// pipeline, in a table and beside the model (testdata/text/make.py).
func TestTexts(t *testing.T) { equalFiles(t, "testdata/text", 47, 1e-12) }

// TestResampled holds models of imbalanced-learn to its own answers: what changes
// the rows of training is passed by, even a function of the training script, and
// the ensembles predict as those of scikit-learn (testdata/resampled/make.py).
func TestResampled(t *testing.T) { equalFiles(t, "testdata/resampled", 10, 1e-12) }

// equalFiles reads every file of a folder and holds its answers to the reference
// beside it.
func equalFiles(t *testing.T, folder string, least int, tolerance float64) {
	t.Helper()
	references, err := filepath.Glob(folder + "/*.ref.json")
	if err != nil || len(references) < least {
		t.Fatalf("%d references are there: %v", len(references), err)
	}
	for _, name := range references {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Clean(name))
			if err != nil {
				t.Fatal(err)
			}
			reference, err := parity.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Clean(strings.TrimSuffix(name, ".ref.json") + ".pkl"))
			if err != nil {
				t.Fatal(err)
			}
			value, err := pickle.Read(data, pickle.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			spec, facts, err := sklearn.Read(value, sklearn.Hint{Columns: reference.Columns})
			if err != nil {
				t.Fatal(err)
			}
			p, err := predict.Compile(spec)
			if err != nil {
				t.Fatal(err)
			}
			result, err := parity.Compare(p, reference, parity.Options{Columns: facts.Columns, Single: facts.Single})
			if err != nil {
				t.Fatal(err)
			}
			if !result.Equal() || result.Largest() > tolerance && !facts.Single {
				t.Errorf("it differs: %+v", result.Outputs)
			}
		})
	}
}
