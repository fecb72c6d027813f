package knn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

func TestPromises(t *testing.T) {
	// The largest difference alone counts with Chebyshev: scaled, the flag's.
	plainFlag := prep.Config{Columns: map[string]prep.Column{"flag": {Treatment: prep.Plain}}}
	for name, learner := range map[string]knn.Neighbours{
		"by default":  {},
		"by distance": {K: 8, Weights: knn.Distance},
		"manhattan":   {K: 7, Metric: knn.Manhattan},
		"minkowski":   {K: 7, Metric: knn.Minkowski, P: 3},
		"chebyshev":   {K: 10, Metric: knn.Chebyshev, Weights: knn.Distance, Prep: plainFlag},
		"cosine":      {K: 10, Metric: knn.Cosine, Weights: knn.Distance},
	} {
		t.Run(name, func(t *testing.T) {
			learntest.Run(t, learner, learntest.Config{Tasks: []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}})
		})
	}
}

// The tree is only a way to look: without it the neighbours are the same.
func TestTheTreeFindsTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		random := rand.New(rand.NewPCG(seed, 1))
		n, d, k := rapid.IntRange(130, 400).Draw(t, "n"), rapid.IntRange(1, 6).Draw(t, "d"), rapid.IntRange(1, 20).Draw(t, "k")
		columns, y := make([]*frame.Column, d), make([]float64, n)
		for j := range columns {
			columns[j] = &frame.Column{Name: string(rune('a' + j)), Kind: frame.Number}
			for range n {
				columns[j].Values = append(columns[j].Values, random.NormFloat64())
			}
		}
		for i := range y {
			y[i] = random.NormFloat64()
		}
		features, err := frame.New(columns...)
		if err != nil {
			t.Fatal(err)
		}
		m, err := knn.Neighbours{K: k}.Fit(t.Context(), features, learn.Regression("y", y))
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Compile()
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.PredictFrame(features)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			if want := byHand(m.Spec.Features, columns, y, i, k); math.Abs(got[i]-want) > 1e-12 {
				t.Fatalf("row %d: %g, and %g when every row is looked at", i, got[i], want)
			}
		}
	})
}

// byHand is the mean over the k nearest rows, by sorting all.
func byHand(features []predict.Feature, columns []*frame.Column, y []float64, at, k int) float64 {
	distance := func(i int) float64 {
		sum := 0.0
		for j, c := range columns {
			d := (c.Values[i] - c.Values[at]) / features[j].Scale
			sum += d * d
		}
		return sum
	}
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if distance(a) < distance(b) {
			return -1
		}
		return 1
	})
	mean := 0.0
	for _, i := range order[:k] {
		mean += y[i] / float64(k)
	}
	return mean
}

func TestWeightsLeaveRowsOut(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	target.Weights = make([]float64, 200)
	var rows []int
	for i := range 150 {
		target.Weights[i] = 3
		rows = append(rows, i)
	}
	all := rows
	for i := 150; i < 200; i++ {
		all = append(slices.Clone(all), i)
	}
	got := answers(t, knn.Neighbours{}, features, target, all, rows)
	target.Weights = nil
	want := answers(t, knn.Neighbours{}, features, target, rows, rows)
	if !slices.Equal(got, want) {
		t.Error("rows of weight 0 say something")
	}
}

func TestRefusals(t *testing.T) {
	features, target := learntest.Rows(100, predict.TaskRegression, false)
	weighted := target
	weighted.Weights = slices.Repeat([]float64{1, 2}, 50)
	few := places(4)
	for says, try := range map[string]func() (*learn.Model, error){
		"5 neighbours are asked of 4 rows": func() (*learn.Model, error) {
			return knn.Neighbours{}.Fit(t.Context(), features.Take(few), target.Take(few))
		},
		"-1 neighbours cannot be asked": func() (*learn.Model, error) { return knn.Neighbours{K: -1}.Fit(t.Context(), features, target) },
		`no weights "gaussian"`: func() (*learn.Model, error) {
			return knn.Neighbours{Weights: "gaussian"}.Fit(t.Context(), features, target)
		},
		`no metric "haversine"`: func() (*learn.Model, error) {
			return knn.Neighbours{Metric: "haversine"}.Fit(t.Context(), features, target)
		},
		"the power of the metric": func() (*learn.Model, error) {
			return knn.Neighbours{Metric: knn.Minkowski, P: 0.5}.Fit(t.Context(), features, target)
		},
		"cannot weigh rows: row 1 weighs 1 and row 2 2": func() (*learn.Model, error) {
			return knn.Neighbours{}.Fit(t.Context(), features, weighted)
		},
	} {
		m, err := try()
		if m != nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: the error is %v", says, err)
		}
	}
}

func TestTooManyRows(t *testing.T) {
	values := make([]float64, 10_000_001)
	values[0] = 1
	features, err := frame.New(&frame.Column{Name: "x", Kind: frame.Number, Values: values})
	if err != nil {
		t.Fatal(err)
	}
	_, err = knn.Neighbours{}.Fit(t.Context(), features, learn.Regression("y", values))
	if fault.KindOf(err) != fault.Limited || !strings.Contains(err.Error(), "10000001 rows of 1 features") {
		t.Errorf("the error is %v", err)
	}
}

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func TestManyColumnsAreWarnedOf(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	columns := make([]*frame.Column, 60)
	for j := range columns {
		columns[j] = &frame.Column{Name: fmt.Sprint("x", j), Kind: frame.Number}
		for range 100 {
			columns[j].Values = append(columns[j].Values, random.NormFloat64())
		}
	}
	features, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := knn.Neighbours{}.Fit(t.Context(), features, learn.Regression("y", columns[0].Values))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Warnings) != 1 || !strings.HasPrefix(m.Warnings[0], "There are 60 features for 100 rows") {
		t.Errorf("the warnings are %q", m.Warnings)
	}
}
