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

// TestChoicesAreTheMetricsAtTheirThreshold, which are scikit-learn's.
func TestChoicesAreTheMetricsAtTheirThreshold(t *testing.T) {
	for n, c := range readReference(t).Binary {
		thresholds := []float64{0, 0.1003, 0.3337, 0.5001, 0.7779, 0.9, 1.1}
		choices, err := metric.Choices(c.Y, c.P, 1, thresholds, metric.Config{Weights: c.W})
		if err != nil {
			t.Fatal(err)
		}
		all := 0.0
		for i := range c.Y {
			all += weightOf(c.W, i)
		}
		for k, choice := range choices {
			chosen, found, in := 0.0, 0.0, 0.0
			for i, y := range c.Y {
				w := weightOf(c.W, i)
				in += w * y
				if c.P[i] >= thresholds[k] {
					chosen += w
					found += w * y
				}
			}
			want := metric.Choice{
				Threshold: thresholds[k], Chosen: chosen / all, Precision: 1, Recall: found / in,
				Specificity: 1 - (chosen-found)/(all-in), Missed: in - found, Alarms: chosen - found,
			}
			if chosen > 0 {
				want.Precision = found / chosen
			}
			want.F1 = 2 * found / (in + chosen)
			for name, pair := range map[string][2]float64{
				"chosen": {choice.Chosen, want.Chosen}, "precision": {choice.Precision, want.Precision}, "recall": {choice.Recall, want.Recall},
				"specificity": {choice.Specificity, want.Specificity}, "f1": {choice.F1, want.F1}, "missed": {choice.Missed, want.Missed}, "alarms": {choice.Alarms, want.Alarms},
			} {
				if math.Abs(pair[0]-pair[1]) > 1e-9 {
					t.Errorf("case %d, from %g: %s is %g, want %g", n, thresholds[k], name, pair[0], pair[1])
				}
			}
			if thresholds[k] > 0 && thresholds[k] < 1 && chosen > 0 {
				measured, err := metric.Evaluate(c.Y, c.P, metric.Config{Task: metric.Binary, Weights: c.W, Threshold: thresholds[k], Metrics: []string{"f1"}})
				if err != nil || math.Abs(measured[0].Value-choice.F1) > 1e-9 {
					t.Errorf("case %d, from %g: f1 is %g, measured %v, %v", n, thresholds[k], choice.F1, measured, err)
				}
			}
		}
	}
}

func weightOf(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}
