package sklearn_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"dasier/ml/format/sklearn"
	"dasier/ml/parity"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// estimators are the files of testdata/estimators/models.tar.xz (make.py beside
// it has written them), by name.
func estimators(t *testing.T) map[string][]byte {
	t.Helper()
	f, err := os.Open("testdata/estimators/models.tar.xz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	plain, err := xz.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for entries := tar.NewReader(plain); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[entry.Name], err = io.ReadAll(entries); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEstimators holds estimators of every family, and what old versions called
// their attributes, to scikit-learn's own answers: every method that it has.
func TestEstimators(t *testing.T) {
	files := estimators(t)
	for name, text := range files {
		name, is := strings.CutSuffix(name, ".ref.json")
		if !is {
			continue
		}
		t.Run(name, func(t *testing.T) {
			value, err := pickle.Read(files[name], pickle.Limits{})
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
			reference, err := parity.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			result, err := parity.Compare(p, reference, parity.Options{Columns: facts.Columns})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range result.Outputs {
				if skipped := o.Skipped != "" && (o.Name != "predict_proba" || spec.Task != predict.TaskVector); skipped || !o.Equal {
					t.Errorf("%s differs by %.1e, %d labels: %s%s", o.Name, o.Largest, o.Labels, o.Worst, o.Skipped)
				}
			}
			if !result.Equal() {
				t.Error("not equal")
			}
		})
	}
	if len(files) < 300 {
		t.Errorf("%d files are there", len(files))
	}
}

// TestAllocations wants no memory taken per row, whatever operations a model is
// made of.
func TestAllocations(t *testing.T) {
	files := estimators(t)
	for _, name := range []string{"svr rbf", "four/SVC rbf", "four/KNeighborsClassifier", "ties ball_tree euclidean", "four/MLPClassifier", "mixture full", "outliers/0 IsolationForest", "process mixed"} {
		t.Run(name, func(t *testing.T) {
			value, err := pickle.Read(files[name], pickle.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			spec, _, err := sklearn.Read(value, sklearn.Hint{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := predict.Compile(spec)
			if err != nil {
				t.Fatal(err)
			}
			row := p.NewRow()
			for i := range p.Inputs() {
				row.SetNumber(i, 0.5)
			}
			if n := testing.AllocsPerRun(20, func() { p.Outcome(row) }); n > 0 {
				t.Errorf("a row takes memory %v times", n)
			}
		})
	}
}
