package knn_test

import (
	"context"
	"fmt"
	"log"

	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
)

// The price of a house is what the three houses most like it were sold for.
func ExampleNeighbours() {
	houses, err := frame.New(
		&frame.Column{Name: "area", Kind: frame.Number, Values: []float64{60, 62, 64, 120, 124, 128}},
		&frame.Column{Name: "rooms", Kind: frame.Number, Values: []float64{2, 2, 3, 5, 4, 5}},
	)
	if err != nil {
		log.Fatal(err)
	}
	prices := learn.Regression("price", []float64{100, 110, 120, 240, 250, 260})
	model, err := knn.Neighbours{K: 3}.Fit(context.Background(), houses, prices)
	if err != nil {
		log.Fatal(err)
	}
	program, err := model.Compile()
	if err != nil {
		log.Fatal(err)
	}
	row := program.NewRow()
	row.SetNumber(0, 122) // area
	row.SetNumber(1, 5)   // rooms
	fmt.Printf("%.0f\n", program.Predict(row))
	// Output: 250
}
