package tree_test

import (
	"context"
	"fmt"
	"math"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/tree"
)

// flats is 300 flats: their rooms, their town and their rent.
func flats() (*frame.Frame, learn.Target) {
	rooms, town, rent := make([]float64, 300), make([]int32, 300), make([]float64, 300)
	for i := range rooms {
		rooms[i], town[i] = float64(1+i%5), int32(i/5%3) //nolint:gosec // below 3
		rent[i] = 300*rooms[i] + []float64{0, 200, 0}[town[i]]
	}
	f, err := frame.New(
		&frame.Column{Name: "rooms", Kind: frame.Number, Values: rooms},
		&frame.Column{Name: "town", Kind: frame.Category, Codes: town, Levels: []string{"Ames", "Boone", "Nevada"}},
	)
	if err != nil {
		panic(err) // two columns of one length
	}
	return f, learn.Regression("rent", rent)
}

// first answers the first rows of a table.
func first(model *learn.Model, f *frame.Frame, n int) []float64 {
	program, err := model.Compile()
	if err != nil {
		panic(err) // what learners give compiles
	}
	answers, err := learn.Predictions(program, f)
	if err != nil {
		panic(err) // the table has the columns
	}
	return answers[:n]
}

func ExampleTree() {
	features, rent := flats()
	model, err := tree.Tree{}.Fit(context.Background(), features, rent)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("depth", model.Spec.Trees.Depth())
	fmt.Printf("%.0f\n", first(model, features, 3))
	// Output:
	// depth 4
	// [300 600 900]
}

func ExampleForest() {
	features, rent := flats()
	model, err := tree.Forest{Trees: 50, Seed: 1}.Fit(context.Background(), features, rent)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("flats that trees did not see are off by %.0f\n", math.Sqrt(model.Rounds[model.Best-1]))
	// Output:
	// flats that trees did not see are off by 0
}

func ExampleExtraTrees() {
	features, rent := flats()
	large, err := learn.Classification(&frame.Column{Name: "dear", Kind: frame.Bool, Values: above(rent.Y, 1000)})
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := tree.ExtraTrees{Trees: 50}.Fit(context.Background(), features, large)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("a flat of one room is dear with probability %.0f, one of five %.0f\n", first(model, features, 5)[0], first(model, features, 5)[4])
	// Output:
	// a flat of one room is dear with probability 0, one of five 1
}

func above(values []float64, limit float64) []float64 {
	is := make([]float64, len(values))
	for i, v := range values {
		if v > limit {
			is[i] = 1
		}
	}
	return is
}
