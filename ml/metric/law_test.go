package metric_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"dasier/ml/metric"
)

// rows makes true values and predictions of a task.
func rows(random *rand.Rand, n int, task string) (y, p []float64) {
	y = make([]float64, n)
	switch task {
	case metric.Regression:
		p = make([]float64, n)
		for i := range y {
			y[i] = 1 + 5*random.Float64()
			p[i] = y[i] * (0.7 + 0.6*random.Float64())
		}
	case metric.Binary:
		p = make([]float64, n)
		for i := range y {
			y[i] = float64(i % 2)
			p[i] = math.Round(100*(0.2*y[i]+0.8*random.Float64())) / 100
		}
	default:
		const classes = 4
		p = make([]float64, n*classes)
		for i := range y {
			y[i] = float64(i % classes)
			sum := 0.0
			for k := range classes {
				v := random.Float64()
				if k == i%classes {
					v += 0.5
				}
				p[i*classes+k] = v
				sum += v
			}
			for k := range classes {
				p[i*classes+k] /= sum
			}
		}
	}
	return y, p
}

var tasks = []string{metric.Regression, metric.Binary, metric.Multiclass}

// A row of weight k counts as k rows, whatever is measured.
func TestWeightsAreRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		task := rapid.SampledFrom(tasks).Draw(t, "task")
		n := rapid.IntRange(8, 30).Draw(t, "n")
		y, p := rows(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), n, task)
		width := len(p) / n
		w := make([]float64, n)
		var repeatedY, repeatedP []float64
		for i := range w {
			k := rapid.IntRange(0, 3).Draw(t, "weight")
			if i < 4 {
				k++ // every class stays
			}
			w[i] = float64(k)
			for range k {
				repeatedY, repeatedP = append(repeatedY, y[i]), append(repeatedP, p[i*width:(i+1)*width]...)
			}
		}
		for _, m := range metric.For(task) {
			got, want := m.Weighted(y, p, w), m.Of(repeatedY, repeatedP)
			if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
				t.Fatalf("%s: %v weighted, %v repeated", m.Name, got, want)
			}
		}
	})
}

func TestIdentities(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	of := func(name string, y, p []float64) float64 {
		m, err := metric.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		return m.Of(y, p)
	}
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for range 50 {
		y, p := rows(random, 40, metric.Regression)
		mean := 0.0
		for _, v := range y {
			mean += v / 40
		}
		constant := make([]float64, 40)
		for i := range constant {
			constant[i] = mean
		}
		near("R² is 1 - MSE/variance", of("r2", y, p), 1-math.Pow(of("rmse", y, p)/of("rmse", y, constant), 2))
		near("the pinball loss of the median is half the absolute error", 2*of("pinball_0.5", y, p), of("mae", y, p))
		near("MSE is variance of the error plus squared bias", of("r2", y, p)-of("explained_variance", y, p), -math.Pow(of("bias", y, p)/of("rmse", y, constant), 2))

		y, p = rows(random, 40, metric.Binary)
		above, pairs := 0.0, 0.0
		for i := range y {
			for j := range y {
				if y[i] == 1 && y[j] == 0 {
					pairs++
					switch {
					case p[i] > p[j]:
						above++
					case p[i] == p[j]:
						above += 0.5
					}
				}
			}
		}
		near("AUC is Mann and Whitney's", of("auc", y, p), above/pairs)
		near("balanced accuracy is the mean of both recalls", of("balanced_accuracy", y, p), (of("recall", y, p)+of("specificity", y, p))/2)
		near("F1 is the harmonic mean", 2/of("f1", y, p), 1/of("precision", y, p)+1/of("recall", y, p))

		// Two classes side by side are the same as one probability.
		both := make([]float64, 0, 80)
		for _, v := range p {
			both = append(both, 1-v, v)
		}
		for _, name := range []string{"log_loss", "auc", "accuracy", "balanced_accuracy", "mcc", "kappa"} {
			near(name+" of both classes", of(name, y, both), of(name, y, p))
		}
	}
}

// Intervals should hold the true value as often as they promise: for every seed
// new rows of the same kind, with the truth from very many. The least share
// allowed is 0.92, for the methods are approximate, and the luck of the seeds.
func TestLongIntervalsOfClassifiersCover(t *testing.T) {
	const seeds, n = 200, 120
	for _, task := range []string{metric.Binary, metric.Multiclass} {
		names := metric.Names(task)
		truth, covered := map[string]float64{}, map[string]float64{}
		y, p := drawn(1, 200_000, task)
		for _, name := range names {
			m, err := metric.Lookup(name)
			if err != nil {
				t.Fatal(err)
			}
			truth[name] = m.Of(y, p)
		}
		for seed := range uint64(seeds) {
			y, p := drawn(seed+100, n, task)
			estimates, err := metric.Evaluate(y, p, metric.Config{Task: task, Metrics: names, Resamples: 300, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range estimates {
				if e.Low <= truth[e.Name] && truth[e.Name] <= e.High {
					covered[e.Name]++
				}
			}
		}
		least := distuv.Normal{Mu: 0.92, Sigma: math.Sqrt(0.92 * 0.08 / seeds)}.Quantile(0.001)
		for _, name := range names {
			if share := covered[name] / seeds; share < least {
				t.Errorf("%s of %s: covered %.3f, want at least %.3f", name, task, share, least)
			}
		}
	}
}

// drawn draws rows of classes that follow their probabilities.
func drawn(seed uint64, n int, task string) (y, p []float64) {
	random := rand.New(rand.NewPCG(seed, 5))
	y = make([]float64, n)
	for i := range y {
		if task == metric.Binary {
			chance := 1 / (1 + math.Exp(-1.2*random.NormFloat64()+0.4))
			if random.Float64() < chance {
				y[i] = 1
			}
			p = append(p, chance)
			continue
		}
		var odds [3]float64
		sum := 0.0
		for k := range odds {
			odds[k] = math.Exp(1.2 * random.NormFloat64())
			sum += odds[k]
		}
		at, left := 0, random.Float64()*sum
		for left > odds[at] && at < 2 {
			left -= odds[at]
			at++
		}
		y[i] = float64(at)
		p = append(p, odds[0]/sum, odds[1]/sum, odds[2]/sum)
	}
	return y, p
}

// Blocks of rows must give the interval that rows give, on the whole.
func TestBlocksDrawAsRowsDo(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	const n = 20_000
	y, p := make([]float64, n), make([]float64, n)
	for i := range y {
		p[i] = random.NormFloat64()
		y[i] = p[i] + random.NormFloat64()
	}
	estimates, err := metric.Evaluate(y, p, metric.Config{Metrics: []string{"rmse", "bias"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{1 / math.Sqrt(2*n), 1 / math.Sqrt(n)} // standard errors
	for i, e := range estimates {
		if half := (e.High - e.Low) / 2 / 1.96; half < 0.9*want[i] || half > 1.1*want[i] {
			t.Errorf("%s: the standard error is %g, want about %g", e.Name, half, want[i])
		}
	}
}

func TestOneClassOnly(t *testing.T) {
	y, p := []float64{0, 0, 0, 0}, []float64{0.1, 0.4, 0.6, 0.2}
	m, err := metric.Measure(y, p, metric.Config{Task: metric.Binary, Classes: []string{"no", "yes"}, Metrics: metric.Names(metric.Binary)})
	if err != nil {
		t.Fatal(err)
	}
	undefined := map[string]string{}
	for _, u := range m.Undefined {
		undefined[u.Name] = u.Reason
	}
	for _, name := range []string{"auc", "average_precision", "balanced_accuracy", "recall", "f1", "mcc", "kappa"} {
		if !strings.Contains(undefined[name], `all 4 rows are "no": hold out more rows`) {
			t.Errorf("%s: %q", name, undefined[name])
		}
	}
	if len(m.Estimates) != 5 { // log loss, Brier, accuracy, precision, specificity
		t.Errorf("%v", m.Estimates)
	}
	if _, err := metric.ROC(y, p, 1, metric.Config{}); err == nil {
		t.Error("a ROC curve of one class: no error")
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		y, p []float64
		cfg  metric.Config
		want string
	}{
		"a class":       {[]float64{0, 3}, []float64{0.1, 0.9}, metric.Config{Task: metric.Binary}, "row 2 has the class 3"},
		"a score":       {[]float64{0, 1}, []float64{0.1, 7}, metric.Config{Task: metric.Binary}, "row 2 has the prediction 7: a probability lies between 0 and 1"},
		"weights":       {[]float64{0, 1}, []float64{0.1, 0.7}, metric.Config{Task: metric.Binary, Weights: []float64{1, -1}}, "the weight of row 2 is -1"},
		"all weights 0": {[]float64{1, 2}, []float64{1, 2}, metric.Config{Weights: []float64{0, 1}}, "at least 2 are needed"},
		"a task":        {[]float64{0, 1}, []float64{0.1, 0.7}, metric.Config{Task: "ranking"}, `the task is "ranking"`},
		"another task":  {[]float64{0, 1}, []float64{0.1, 0.7}, metric.Config{Task: metric.Binary, Metrics: []string{"rmse"}}, "RMSE does not measure a binary model"},
		"class names":   {[]float64{0, 1}, []float64{0.1, 0.7}, metric.Config{Task: metric.Binary, Classes: []string{"a"}}, "there are 1 classes, and predictions for 2"},
		"too few":       {[]float64{0, 1}, []float64{0.1, 0.7}, metric.Config{Task: metric.Multiclass}, "has a probability for each"},
	} {
		if _, err := metric.Measure(c.y, c.p, c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
