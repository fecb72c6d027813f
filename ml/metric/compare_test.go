package metric_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"dasier/ml/metric"
)

// A model is compared with one of the same quality: the interval of each metric
// should miss no difference in one of twenty samples, not in more.
func TestLongComparisonsOfEqualsSeldomDiffer(t *testing.T) {
	const seeds, n = 200, 100
	for _, task := range tasks {
		missed := map[string]float64{}
		names := metric.Names(task)
		for seed := range uint64(seeds) {
			random := rand.New(rand.NewPCG(seed, 77))
			y, a := rows(random, n, task)
			_, b := rows(random, n, task)
			if task == metric.Regression {
				for i := range b {
					b[i] = y[i] * (0.7 + 0.6*random.Float64())
				}
			}
			comparisons, err := metric.Compare(y, a, b, metric.Config{Task: task, Metrics: names, Resamples: 200, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range comparisons {
				if !(c.GainLow <= c.Gain && c.Gain <= c.GainHigh && c.Low <= c.Difference && c.Difference <= c.High) {
					t.Fatalf("%+v", c)
				}
				if c.Verdict != metric.Undecided {
					missed[c.Name]++
				}
			}
		}
		most := distuv.Normal{Mu: 0.08, Sigma: math.Sqrt(0.08 * 0.92 / seeds)}.Quantile(0.999)
		for _, name := range names {
			if share := missed[name] / seeds; share > most {
				t.Errorf("%s of %s: %.3f of the samples show a difference, at most %.3f may", name, task, share, most)
			}
		}
	}
}

func TestComparisonSentences(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const n = 1500
	y, a, b := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range y {
		y[i] = 10 * random.NormFloat64()
		shared := random.NormFloat64()
		a[i], b[i] = y[i]+2*shared+0.5*random.NormFloat64(), y[i]+1.8*shared+0.5*random.NormFloat64()
	}
	compare := func(current, candidate []float64) metric.Comparison {
		t.Helper()
		found, err := metric.Compare(y, current, candidate, metric.Config{Metrics: []string{"rmse"}})
		if err != nil {
			t.Fatal(err)
		}
		return found[0]
	}
	better, worse, equal := compare(a, b), compare(b, a), compare(a, a)
	if better.Verdict != metric.Better || !strings.HasPrefix(better.Sentence, "RMSE is better by ") || !strings.HasSuffix(better.Sentence, " %), on 1,500 rows") {
		t.Errorf("%+v", better)
	}
	if worse.Verdict != metric.Worse || !strings.HasPrefix(worse.Sentence, "RMSE is worse by ") || worse.Difference != -better.Difference {
		t.Errorf("%+v", worse)
	}
	if equal.Verdict != metric.Undecided || equal.Sentence != "no difference in RMSE, on 1,500 rows" {
		t.Errorf("%+v", equal)
	}
	// The two figures' own intervals overlap widely: the pairing tells them apart.
	alone, err := metric.Evaluate(y, a, metric.Config{Metrics: []string{"rmse"}})
	if err != nil || better.High-better.Low > 0.7*(alone[0].High-alone[0].Low) {
		t.Errorf("the difference is known to %g, one figure to %g, %v", better.High-better.Low, alone[0].High-alone[0].Low, err)
	}
	if _, err := metric.Compare(y, a, b[1:], metric.Config{}); err == nil {
		t.Error("predictions of other rows: no error")
	}
}

func TestConfusion(t *testing.T) {
	y, p := rows(rand.New(rand.NewPCG(5, 5)), 400, metric.Multiclass)
	c, err := metric.Confuse(y, p, metric.Config{Classes: []string{"a", "b", "c", "d"}})
	if err != nil {
		t.Fatal(err)
	}
	accuracy, err := metric.Lookup("accuracy")
	if err != nil {
		t.Fatal(err)
	}
	total, found := 0.0, 0.0
	for k, counts := range c.Counts {
		found += counts[k]
		for _, n := range counts {
			total += n
		}
	}
	if total != 400 || math.Abs(found/total-accuracy.Of(y, p)) > 1e-12 {
		t.Errorf("%g of %g on the diagonal", found, total)
	}
	few := c.Largest(2)
	if len(few.Classes) != 3 || few.Classes[2] != "other" {
		t.Errorf("%v", few.Classes)
	}
	rest := 0.0
	for _, counts := range few.Counts {
		for _, n := range counts {
			rest += n
		}
	}
	if rest != total {
		t.Errorf("%g rows, want %g", rest, total)
	}
	for _, f := range c.PerClass(0.95) {
		if f.Rows != 100 || !(f.Recall.Low <= f.Recall.Value && f.Recall.Value <= f.Recall.High) {
			t.Errorf("%+v", f)
		}
	}
}

func TestGainsAndThinCurves(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const n = 20_000
	y, p := make([]float64, n), make([]float64, n)
	for i := range y {
		p[i] = random.Float64()
		if random.Float64() < p[i] {
			y[i] = 1
		}
	}
	gains, err := metric.Gains(y, p, 1, metric.Config{})
	if err != nil {
		t.Fatal(err)
	}
	// Of the rows above the q quantile 1-(1-q)² of the positive ones are found.
	for _, g := range gains {
		if want := 1 - (1-g.Share)*(1-g.Share); math.Abs(g.Found-want) > 0.02 {
			t.Errorf("%g of the rows find %g, want about %g", g.Share, g.Found, want)
		}
	}
	if len(gains) != 20 || gains[19].Found != 1 {
		t.Errorf("%v", gains)
	}
	curve, err := metric.ROC(y, p, 1, metric.Config{})
	if err != nil {
		t.Fatal(err)
	}
	last := curve.Points[len(curve.Points)-1]
	area := 0.0
	for i := 1; i < len(curve.Points); i++ {
		a, b := curve.Points[i-1], curve.Points[i]
		area += (b.X - a.X) * (a.Y + b.Y) / 2
	}
	if len(curve.Points) > 200 || curve.Points[0].X != 0 || last.X != 1 || last.Y != 1 || math.Abs(area-curve.Area) > 1e-3 {
		t.Errorf("%d points, the last %v, area %g of %g", len(curve.Points), last, area, curve.Area)
	}
}

// Rows that stand there four times, as a group, tell no more than once.
func TestGroupsAreDrawnTogether(t *testing.T) {
	for _, task := range tasks {
		y, p := rows(rand.New(rand.NewPCG(8, 8)), 200, task)
		var y4, p4 []float64
		var groups []int
		for range 4 {
			y4, p4 = append(y4, y...), append(p4, p...)
			for i := range y {
				groups = append(groups, i)
			}
		}
		cfg := metric.Config{Task: task, Metrics: []string{"auc", "f1_macro", "mcc", "log_loss"}}
		switch task {
		case metric.Regression:
			cfg.Metrics = []string{"rmse", "r2"}
		case metric.Binary:
			cfg.Metrics[1] = "f1"
		}
		once, err := metric.Evaluate(y, p, cfg)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Groups = groups
		four, err := metric.Evaluate(y4, p4, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range once {
			if width, want := four[i].High-four[i].Low, e.High-e.Low; math.Abs(width-want) > 0.1*want {
				t.Errorf("%s of %s: the interval is %g wide, once %g", e.Name, task, width, want)
			}
		}
	}
}
