package boost_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"dasier/fault"
	"dasier/ml/boost"
	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
)

// Settings and targets that cannot be are refused by a sentence that says what.
func TestRefusals(t *testing.T) {
	features, number := learntest.Rows(100, predict.TaskRegression, false)
	_, binary := learntest.Rows(100, predict.TaskBinary, false)
	_, classes := learntest.Rows(100, predict.TaskMulticlass, false)
	negative := func(y ...float64) learn.Target {
		return learn.Regression("y", append(y, make([]float64, 100-len(y))...))
	}
	for says, try := range map[string]struct {
		learner boost.Boosting
		target  learn.Target
	}{
		"-1 trees":                 {boost.Boosting{Trees: -1}, number},
		"1 leaves":                 {boost.Boosting{Leaves: 1}, number},
		"more than 40000000 nodes": {boost.Boosting{Trees: 100_000, Leaves: 1000}, number},
		"learning rate":            {boost.Boosting{LearningRate: math.NaN()}, number},
		"depth -3":                 {boost.Boosting{Depth: -3}, number},
		"-1 rows":                  {boost.Boosting{MinRows: -1}, number},
		"penalties":                {boost.Boosting{L2: -1}, number},
		"256 bins":                 {boost.Boosting{Bins: 256}, number},
		"shares of rows":           {boost.Boosting{Subsample: 1.5}, number},
		"dropout needs":            {boost.Boosting{Dart: boost.Dart{Rate: 1}}, number},
		"smoothing":                {boost.Boosting{Categories: boost.Categories{Smooth: math.NaN()}}, number},
		"patience":                 {boost.Boosting{Patience: -1}, number},
		"held back cannot be 1":    {boost.Boosting{Patience: 1, Validation: 1}, number},
		"not by both":              {boost.Boosting{Validation: 0.5, ValidationRows: []int{1}}, number},
		"row 100 cannot be held":   {boost.Boosting{ValidationRows: []int{100}}, number},
		"none of weight":           {boost.Boosting{ValidationRows: []int{}}, number},
		"no other loss":            {boost.Boosting{Loss: boost.Squared{}}, classes},
		"several classes":          {boost.Boosting{Monotone: map[string]int{"a": 1}}, classes},
		"monotone by 2":            {boost.Boosting{Monotone: map[string]int{"a": 2}}, number},
		`"z" to be monotone`:       {boost.Boosting{Monotone: map[string]int{"z": 1}}, number},
		"no order":                 {boost.Boosting{Monotone: map[string]int{"town": 1}}, number},
		`"z" to interact`:          {boost.Boosting{Interactions: [][]string{{"a", "z"}}}, number},
		"two classes apart":        {boost.Boosting{Loss: boost.Logistic{}}, number},
		"no quantile 1":            {boost.Boosting{Loss: boost.Quantile{Alpha: 1}}, number},
		"outliers":                 {boost.Boosting{Loss: boost.Huber{Delta: -1}}, number},
		"row 2 has -1":             {boost.Boosting{Loss: boost.Poisson{}}, negative(1, -1)},
		"above 0, and row 2":       {boost.Boosting{Loss: boost.Gamma{}}, negative(1)},
		"no power 2":               {boost.Boosting{Loss: boost.Tweedie{Power: 2}}, number},
		"beyond 1e+100":            {boost.Boosting{}, negative(1e200)},
		"no column \"z\"":          {boost.Boosting{Interactions: [][]string{{"z"}}}, binary},
	} {
		m, err := try.learner.Fit(context.Background(), features, try.target)
		if m != nil || err == nil || !strings.Contains(err.Error(), says) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: the error is %v", says, err)
		}
	}
}

// Where no split is possible, the answer is the mean, and a warning says why.
func TestNoSplit(t *testing.T) {
	features, target := learntest.Rows(30, predict.TaskRegression, false)
	m := fit(t, boost.Boosting{}, features, target)
	mean := 0.0
	for _, y := range target.Y {
		mean += y / 30
	}
	for _, v := range predictions(t, m, features) {
		if math.Abs(v-mean) > 1e-12 {
			t.Fatalf("the answer is %v, the mean %v", v, mean)
		}
	}
	if len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], "No split of the 30 rows") {
		t.Errorf("warnings %q", m.Warnings)
	}
}

// Ten thousand levels are learned from: the frequent ones apart, the rare together.
func TestManyLevels(t *testing.T) {
	const rows, many = 60_000, 10_000
	levels, codes, y := make([]string, many), make([]int32, rows), make([]float64, rows)
	for k := range levels {
		levels[k] = fmt.Sprintf("level %05d", k)
	}
	for i := range codes {
		k := int(math.Pow(uniform(i, 0), 4) * many) // few are frequent
		codes[i] = int32(k)
		y[i] = math.Sin(float64(k)*1.7) + 0.1*uniform(i, 1)
	}
	f, err := frame.New(&frame.Column{Name: "shop", Kind: frame.Category, Codes: codes, Levels: levels})
	if err != nil {
		t.Fatal(err)
	}
	m := fit(t, boost.Boosting{Trees: 50}, f, learn.Regression("y", y))
	if first, last := m.Rounds[0], m.Rounds[49]; !(last < 0.8*first) {
		t.Errorf("the loss is %g after a round and %g after fifty", first, last)
	}
	odd, err := frame.New(&frame.Column{Name: "shop", Kind: frame.Category, Codes: []int32{-1, 0, 1}, Levels: []string{"elsewhere", "level 00000"}})
	if err != nil {
		t.Fatal(err)
	}
	predictions(t, m, odd)
}

// Numbers so large, so small or so uneven that naive sums would fail give finite
// answers of the right size.
func TestOddTargets(t *testing.T) {
	features, target := learntest.Rows(400, predict.TaskRegression, false)
	for name, to := range map[string]func(i int, v float64) float64{
		"large":   func(_ int, v float64) float64 { return v * 1e90 },
		"small":   func(_ int, v float64) float64 { return v * 1e-90 },
		"shifted": func(_ int, v float64) float64 { return v + 1e9 },
		"outlier": func(i int, v float64) float64 {
			if i == 7 {
				return 1e9
			}
			return v
		},
	} {
		y := make([]float64, 400)
		for i, v := range target.Y {
			y[i] = to(i, v)
		}
		m := fit(t, boost.Boosting{MinRows: 5}, features, learn.Regression("y", y))
		ours, constant, mean := 0.0, 0.0, 0.0
		for _, v := range y {
			mean += v / 400
		}
		for i, v := range predictions(t, m, features) {
			ours += math.Abs(v - y[i])
			constant += math.Abs(mean - y[i])
		}
		if !(ours < 0.9*constant) {
			t.Errorf("%s: absolute error %g, a constant has %g", name, ours, constant)
		}
	}
}

// A fit stops soon after its context has ended, and tells how far it is.
func TestProgressAndEnd(t *testing.T) {
	features, target := learntest.Rows(3000, predict.TaskRegression, false)
	ctx, cancel := context.WithCancel(context.Background())
	rounds := 0
	ctx = learn.WithProgress(ctx, func(done, total int) {
		if rounds++; done != rounds || total != 100_000 {
			t.Errorf("round %d of %d, wanted %d", done, total, rounds)
		}
		if done == 3 {
			cancel()
		}
	})
	start := time.Now()
	_, err := boost.Boosting{Trees: 100_000}.Fit(ctx, features, target)
	if !errors.Is(err, context.Canceled) || rounds != 3 {
		t.Errorf("%v after %d rounds and %s", err, rounds, time.Since(start))
	}
}

// Trees that may have many leaves, and have few, take what few do: they are kept
// until the end.
func TestSmallTreesTakeLittle(t *testing.T) {
	features, target := learntest.Rows(500, predict.TaskRegression, false)
	taken := func(leaves int) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := (boost.Boosting{Trees: 500, Leaves: leaves, Depth: 3, MinRows: 50}).Fit(t.Context(), features, target); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if few, many := taken(8), taken(1000); many > 2*few+4<<20 {
		t.Errorf("with up to 8 leaves %d bytes were taken, with up to 1000 %d", few, many)
	}
}

// Covers are the rows that came: so contributions, which are computed from them, add
// up to the score, and base is the mean score of training. Sets, missing values and
// weights included.
func TestContributions(t *testing.T) {
	features, target := learntest.Rows(400, predict.TaskRegression, false)
	target.Weights = make([]float64, 400)
	for i := range target.Weights {
		target.Weights[i] = float64(i%5) / 2
	}
	p, err := fit(t, boost.Boosting{Trees: 30}, features, target).Compile()
	if err != nil {
		t.Fatal(err)
	}
	var into []explain.Contribution
	mean, weight, row := 0.0, 0.0, 0
	err = p.EachRow(features, func(r *predict.Row) {
		sum := p.Base()
		into = explain.Contributions(p, r, into)
		for _, c := range into {
			sum += c.Effect
		}
		if math.Abs(sum-p.Score(r)) > 1e-9 {
			t.Fatalf("row %d: contributions add up to %v, the score is %v", row, sum, p.Score(r))
		}
		mean += target.Weights[row] * p.Score(r)
		weight += target.Weights[row]
		row++
	})
	if err != nil {
		t.Fatal(err)
	}
	if mean /= weight; math.Abs(mean-p.Base()) > 1e-9 {
		t.Errorf("the base is %v, the mean score %v", p.Base(), mean)
	}
}
