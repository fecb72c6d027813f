package search_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/search"
)

// wave is a target that no line follows.
func wave(n int) (*frame.Frame, learn.Target) {
	random := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float64, n), make([]float64, n)
	for i := range y {
		x[i] = 6 * random.Float64()
		y[i] = math.Sin(x[i]) + 0.2*random.NormFloat64()
	}
	f, err := frame.New(&frame.Column{Name: "x", Kind: frame.Number, Values: x})
	if err != nil {
		log.Fatal(err)
	}
	return f, learn.Regression("y", y)
}

// Learners with settings to try, one leaderboard, and the one to take fitted on
// all rows.
func ExampleChoose() {
	features, target := wave(400)
	folds, err := search.Stratified(target, 5, 1)
	if err != nil {
		log.Fatal(err)
	}
	sources := []search.Source{
		search.Fixed("linear", linear.LeastSquares{}),
		{
			Name:  "knn",
			Space: search.Space{search.List("neighbours", 1.0, 12.0, 200.0)},
			Make: func(s search.Settings) (learn.Learner, error) {
				k, err := s.Int("neighbours", 5)
				return knn.Neighbours{K: k}, err
			},
		},
	}
	result, err := search.Choose(context.Background(), features, target, folds, sources, search.Plan{})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range result.Board {
		fmt.Printf("%s %s %.2f tied: %t\n", s.Name, s.Params["neighbours"], s.Score, s.Tied)
	}
	model, err := result.Refit(context.Background(), features, target)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Winner().Params["neighbours"], "neighbours of", model.Spec.Inputs[0].Name)
	// Output:
	// knn 12 0.22 tied: true
	// knn 1 0.29 tied: false
	// knn 200 0.43 tied: false
	// linear  0.46 tied: false
	// 12 neighbours of x
}

// A budget of time, settings by chance, and the worse given up early.
func ExampleChoose_halving() {
	features, target := wave(3000)
	folds, err := search.Shuffled(features.Rows(), 4, 1)
	if err != nil {
		log.Fatal(err)
	}
	space := search.Space{search.Whole("neighbours", 1, 500)}
	source := search.Source{Name: "knn", Space: space, Make: func(s search.Settings) (learn.Learner, error) {
		k, err := s.Int("neighbours", 5)
		return knn.Neighbours{K: k}, err
	}}
	result, err := search.Choose(context.Background(), features, target, folds, []search.Source{source}, search.Plan{Strategy: search.Halving, Tries: 27, Seed: 1, Least: 600})
	if err != nil {
		log.Fatal(err)
	}
	counts := map[search.Status]int{}
	for _, s := range result.Board {
		counts[s.Status]++
	}
	fmt.Println(counts[search.Ranked], "came to the last round,", counts[search.Dropped], "were given up")
	// Output: 9 came to the last round, 18 were given up
}
