package stage_test

import (
	"math"
	"testing"

	"dasier/ml/stage"
)

// answerOf applies an operation that passes its check, with nothing in the memory
// that it must not rely on.
func answerOf(t *testing.T, do stage.Operation, in ...float64) []float64 {
	t.Helper()
	width, err := do.Check(len(in))
	if err != nil {
		t.Fatal(err)
	}
	out, work := make([]float64, width), make([]float64, do.Work(len(in)))
	for k := range work {
		work[k] = math.NaN()
	}
	for k := range out {
		out[k] = math.NaN()
	}
	before := append([]float64(nil), in...)
	if n := testing.AllocsPerRun(1, func() { do.Apply(in, out, work) }); n != 0 {
		t.Errorf("%T allocates %v times", do, n)
	}
	for j := range in {
		if in[j] != before[j] && !math.IsNaN(before[j]) {
			t.Errorf("%T overwrites what it reads", do)
		}
	}
	return out
}

// sameNumbers compares with numbers that numpy and scikit-learn 1.2.1 printed.
func sameNumbers(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for k := range got {
		if !(math.Abs(got[k]-want[k]) <= 1e-14*max(1, math.Abs(want[k]))) && !(math.IsNaN(got[k]) && math.IsNaN(want[k])) {
			t.Errorf("%s: number %d is %v, want %v", what, k, got[k], want[k])
		}
	}
}

func TestCombinations(t *testing.T) {
	shares := []float64{.2, .5, .3, .1, .1, .8, .6, .3, .1}
	for _, c := range []struct {
		what string
		do   stage.Operation
		in   []float64
		want []float64
	}{
		// np.average(p, axis=0, weights=[1, 2, .5]); p.mean(axis=0)
		{"weighted mean", &stage.Average{Width: 3, Weights: []float64{1, 2, .5}}, shares, []float64{0.19999999999999998, 0.24285714285714285, 0.5571428571428572}},
		{"mean", &stage.Average{Width: 3}, shares, []float64{0.3, 0.3, 0.4000000000000001}},
		{"sum over 2", &stage.Average{Width: 3, Over: 2}, shares, []float64{0.45, 0.45, 0.6}},
		// np.bincount([2, 0, 2, 1], weights=[.3, 1.1, .4, .9])
		{"votes", &stage.Ballot{Classes: 3, Weights: []float64{.3, 1.1, .4, .9}}, []float64{2, 0, 2, 1}, []float64{1.1, 0.9, 0.7}},
		{"plain votes", &stage.Ballot{Classes: 3}, []float64{2, 0, 2, 1}, []float64{1, 1, 2}},
		// sum(np.where(predict == classes, w, -1/2 * w)) / w.sum()
		{"SAMME", &stage.Ballot{Classes: 3, Weights: []float64{.3, 1.1, .4, .9}, Against: -.5, Over: 2.7}, []float64{2, 0, 2, 1}, []float64{1.0 / 9, 0, -1.0 / 9}},
		// AdaBoostRegressor's stable_cumsum(w[argsort(x)]) >= .5 * sum
		{"weighted median", &stage.Median{Weights: []float64{.1, .5, .2, .3, .05, .6}}, []float64{3, -1, 7, 2.5, 2.5, 10}, []float64{3}},
		{"median of one", &stage.Median{Weights: []float64{.1}}, []float64{3}, []float64{3}},
		// _samme_proba of [[0, .25, .75]] and [[.2, .5, .3]]
		{"SAMME.R", stage.LogShares{}, []float64{0, .25, .75}, []float64{-46.942220229775096, 22.37249782621943, 24.569722403555648}},
		{"SAMME.R", stage.LogShares{}, []float64{.2, .5, .3}, []float64{-0.8811705599882131, 0.9514109037600968, -0.07024034377188437}},
	} {
		sameNumbers(t, c.what, answerOf(t, c.do, c.in...), c.want)
	}
}

// TestMedianOfMany sorts more cells than the smallest gaps see.
func TestMedianOfMany(t *testing.T) {
	const n = 2001
	in, weights := make([]float64, n), make([]float64, n)
	for k := range in {
		in[k], weights[k] = float64((k*7919)%n), 1
	}
	sameNumbers(t, "median of 0 to 2000", answerOf(t, &stage.Median{Weights: weights}, in...), []float64{1000})
}

func TestCombinationsThatAreNone(t *testing.T) {
	for what, c := range map[string]struct {
		do stage.Operation
		in int
	}{
		"uneven vectors":     {&stage.Average{Width: 3}, 7},
		"no vectors":         {&stage.Average{Width: 3}, 0},
		"no width":           {&stage.Average{}, 3},
		"too few weights":    {&stage.Average{Width: 1, Weights: []float64{1}}, 2},
		"weights of nothing": {&stage.Average{Width: 1, Weights: []float64{1, -1}}, 2},
		"no voters":          {&stage.Ballot{Classes: 2}, 0},
		"no classes":         {&stage.Ballot{}, 2},
		"weights of others":  {&stage.Ballot{Classes: 2, Weights: []float64{1}}, 2},
		"median":             {&stage.Median{Weights: []float64{1}}, 2},
		"no shares":          {stage.LogShares{}, 0},
		"two look-ups":       {&stage.Lookup{Table: []float64{1}}, 2},
		"an empty table":     {&stage.Lookup{}, 1},
		"a place outside":    {&stage.Scatter{To: []int{2}, Width: 2}, 1},
		"places of others":   {&stage.Scatter{To: []int{1}, Width: 2}, 2},
		"none is largest":    {stage.LastLargest{}, 0},
		"two are cut":        {stage.Cut{}, 2},
		"pairs":              {stage.Tournament{Classes: 3}, 5},
		"nothing is capped":  {stage.Cap{}, 0},
		"a curve of two":     {&stage.Curve{X: []float64{1}, Y: []float64{1}}, 2},
		"an uneven curve":    {&stage.Curve{X: []float64{1}}, 1},
		"a curve backwards":  {&stage.Curve{X: []float64{2, 1}, Y: []float64{0, 0}}, 1},
		"quantiles":          {&stage.Unspread{Shares: []float64{0, 1}, Values: []float64{1}}, 1},
		"shares backwards":   {&stage.Unspread{Shares: []float64{1, 0}, Values: []float64{1, 2}}, 1},
		"powers":             {&stage.Unpower{Lambdas: []float64{1}}, 2},
	} {
		if _, err := c.do.Check(c.in); err == nil {
			t.Errorf("%s: it passes", what)
		}
	}
}
