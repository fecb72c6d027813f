package search_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/search"
)

// Two learners that know different columns of pure chance are equally good: the
// test must not tell them apart more often than it promises.
func TestEqualLearnersAreTied(t *testing.T) {
	apart := 0
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 5))
		a, b, y := make([]float64, 80), make([]float64, 80), make([]float64, 80)
		for i := range y {
			a[i], b[i], y[i] = random.NormFloat64(), random.NormFloat64(), random.NormFloat64()
		}
		families := []search.Family{oneColumn(t, "a", a, y), oneColumn(t, "b", b, y)}
		folds, err := search.Shuffled(80, 10, seed)
		if err != nil {
			t.Fatal(err)
		}
		board, err := search.Run(t.Context(), y, folds, families, search.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if !board[1].Tied {
			apart++
		}
	}
	// 10 are promised of 200; more than 21 come by chance in one of a thousand tests.
	if apart > 21 {
		t.Errorf("%d of 200 equal pairs were told apart", apart)
	}
}

func oneColumn(t *testing.T, name string, x, y []float64) search.Family {
	t.Helper()
	f, err := frame.New(&frame.Column{Name: name, Kind: frame.Number, Values: x})
	if err != nil {
		t.Fatal(err)
	}
	return search.Learners(f, learn.Regression("y", y), []search.Entry{{Name: name, Learner: knn.Neighbours{}}})
}

func TestRecommend(t *testing.T) {
	board := []search.Standing{
		{Score: 10, Folds: []float64{9, 11, 8, 12}, Tied: true, Bytes: 1000, Micros: 9}, // standard error 0.91
		{Score: 10.1, Tied: true, Bytes: 500, Micros: 5},
		{Score: 10.5, Tied: true, Bytes: 400, Micros: 6},
		{Score: 10.6, Bytes: 1, Micros: 1},             // told apart
		{Score: 11.5, Tied: true, Bytes: 1, Micros: 1}, // too far
		{Score: math.NaN(), Status: search.Broken},
	}
	for rule, want := range map[search.Rule]int{search.Best: 0, search.Smallest: 2, search.Fastest: 1} {
		if got := search.Recommend(board, rule); got != want {
			t.Errorf("%s recommends place %d, want %d", rule, got, want)
		}
	}
}

// Among learners that know nothing, the best looks better than it is; scored by a
// nested search it does not.
func TestNestedIsHonest(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 5))
	columns, y := make([]*frame.Column, 1), make([]float64, 120)
	columns[0] = &frame.Column{Name: "x", Kind: frame.Number, Values: make([]float64, 120)}
	for i := range y {
		y[i], columns[0].Values[i] = random.NormFloat64(), random.NormFloat64()
	}
	features, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	target := learn.Regression("y", y)
	inner := func(f *frame.Frame, _ learn.Target) ([]search.Fold, error) { return search.Shuffled(f.Rows(), 4, 1) }
	sources := []search.Source{neighbours(1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0)}
	honest, err := search.Nested(t.Context(), features, target, shuffled(t, 120, 5), inner, sources, search.Plan{Rule: search.Best})
	if err != nil {
		t.Fatal(err)
	}
	if len(honest.Folds) != 5 || len(honest.Chosen) != 5 || !(honest.Low <= honest.Score && honest.Score <= honest.High) {
		t.Errorf("the estimate is %+v", honest)
	}
	// No learner can do better than the spread of the target.
	if honest.Score < 0.9 {
		t.Errorf("the search is said to be worth %g", honest.Score)
	}
}

func TestRepeatsAreAveraged(t *testing.T) {
	y := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	features, err := frame.New(&frame.Column{Name: "x", Kind: frame.Number, Values: y})
	if err != nil {
		t.Fatal(err)
	}
	folds, err := search.Repeated(2, 1, func(seed uint64) ([]search.Fold, error) { return search.Shuffled(8, 2, seed) })
	if err != nil {
		t.Fatal(err)
	}
	family := search.Learners(features, learn.Regression("y", y), []search.Entry{{Name: "mean", Learner: shifted{}}})
	board, err := search.Run(t.Context(), y, folds, []search.Family{family}, search.Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 8)
	for _, f := range folds {
		mean := 0.0
		for _, row := range f.Train {
			mean += y[row] / float64(len(f.Train))
		}
		for _, row := range f.Test {
			want[row] += mean / 2
		}
	}
	if diff := cmp.Diff(want, board[0].OutOfFold, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Error(diff)
	}
}
