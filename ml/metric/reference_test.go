package metric_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"dasier/ml/metric"
)

type reference struct {
	Regression, Binary, Multiclass []referenceCase
	ROC                            struct{ X, Y []float64 }
	PrecisionRecall                struct{ X, Y []float64 } `json:"precision_recall"`
}

type referenceCase struct {
	Y, P, W []float64
	Want    map[string]float64
}

func readReference(t *testing.T) reference {
	t.Helper()
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSameAsScikitLearn: testdata/reference.py says what it makes of the rows.
func TestSameAsScikitLearn(t *testing.T) {
	r := readReference(t)
	compared := map[string]bool{}
	for task, cases := range map[string][]referenceCase{metric.Regression: r.Regression, metric.Binary: r.Binary, metric.Multiclass: r.Multiclass} {
		for _, c := range cases {
			for name, want := range c.Want {
				m, err := metric.Lookup(name)
				if err != nil {
					t.Fatal(err)
				}
				if got := m.Weighted(c.Y, c.P, c.W); math.Abs(got-want) > 1e-12*max(1, math.Abs(want)) {
					t.Errorf("%s of %s, weighted %v: %v, scikit-learn has %v", name, task, c.W != nil, got, want)
				}
				compared[name+" "+task] = true
			}
		}
		for _, m := range metric.For(task) {
			known := []string{"smape", "bias", "top_5"} // of which scikit-learn has none, and of top 5 of 5 classes no wish
			if task == metric.Multiclass {
				known = append(known, "brier")
			}
			if !compared[m.Name+" "+task] && !slices.Contains(known, m.Name) {
				t.Errorf("%s of %s is compared with nothing", m.Name, task)
			}
		}
	}
}

func TestCurvesAreScikitLearns(t *testing.T) {
	r := readReference(t)
	c := r.Binary[0]
	cfg := metric.Config{Task: metric.Binary}
	roc, err := metric.ROC(c.Y, c.P, 1, cfg)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "ROC", roc.Points, r.ROC.X, r.ROC.Y)
	if math.Abs(roc.Area-c.Want["auc"]) > 1e-12 {
		t.Errorf("the area is %g", roc.Area)
	}
	pr, err := metric.PrecisionRecall(c.Y, c.P, 1, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(pr.Area-c.Want["average_precision"]) > 1e-12 {
		t.Errorf("the area is %g", pr.Area)
	}
	// scikit-learn goes on below the threshold at which every positive row is found.
	same(t, "precision and recall", pr.Points, r.PrecisionRecall.X, r.PrecisionRecall.Y)
}

func same(t *testing.T, name string, points []metric.Point, x, y []float64) {
	t.Helper()
	if len(points) != len(x) {
		t.Fatalf("%s has %d points, scikit-learn %d", name, len(points), len(x))
	}
	for i, p := range points {
		if math.Abs(p.X-x[i]) > 1e-12 || math.Abs(p.Y-y[i]) > 1e-12 {
			t.Errorf("%s, point %d: %v, want %g, %g", name, i, p, x[i], y[i])
		}
	}
}
