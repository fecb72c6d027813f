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

// Learners that know different columns of pure chance are equally good: the test
// must not tell one from the best more often than it promises, also where the
// best is the best of ten by chance.
func TestLongEqualLearnersAreTied(t *testing.T) {
	for _, learners := range []int{2, 10} {
		apart := 0
		for seed := range uint64(200) {
			random := rand.New(rand.NewPCG(seed, 5))
			y := normalsOf(random, 80)
			var families []search.Family
			for range learners {
				families = append(families, oneColumn(t, "x", normalsOf(random, 80), y))
			}
			folds, err := search.Shuffled(80, 5, seed)
			if err != nil {
				t.Fatal(err)
			}
			board, err := search.Run(t.Context(), y, folds, families, search.Config{})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range board {
				if !s.Tied {
					apart++
				}
			}
		}
		// One in twenty is promised; of 200 independent ones, more than 21 come by
		// chance in one of a thousand tests.
		if of := 200 * (learners - 1); apart*200 > 21*of {
			t.Errorf("of %d learners, %d of %d that are as good as the best were told apart", learners, apart, of)
		}
	}
}

func normalsOf(random *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = random.NormFloat64()
	}
	return values
}

// A learner that is clearly worse is told apart.
func TestAWorseLearnerIsNotTied(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 6))
		good, y := make([]float64, 200), make([]float64, 200)
		for i := range y {
			good[i] = random.NormFloat64()
			y[i] = good[i] + 0.3*random.NormFloat64()
		}
		folds, err := search.Shuffled(200, 5, seed)
		if err != nil {
			t.Fatal(err)
		}
		board, err := search.Run(t.Context(), y, folds, []search.Family{oneColumn(t, "chance", normalsOf(random, 200), y), oneColumn(t, "good", good, y)}, search.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if board[0].Name != "good" || board[1].Tied || board[1].Low < board[0].High {
			t.Errorf("seed %d: %s is the best, %s has p %g", seed, board[0].Name, board[1].Name, board[1].P)
		}
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
