package inspect_test

import (
	"context"
	"fmt"

	"dasier/ml/frame"
	"dasier/ml/inspect"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Choose when to act: a missed fault costs ten times a needless visit.
func ExampleChooseThreshold() {
	target := learn.Target{Name: "fault", Task: predict.TaskBinary, Classes: []string{"no", "yes"}}
	var p []float64
	for i := range 200 {
		p = append(p, float64(i)/200)
		if i%20 < i/10 {
			target.Y = append(target.Y, 1)
		} else {
			target.Y = append(target.Y, 0)
		}
	}
	r, err := inspect.ChooseThreshold(target, p, inspect.Costs{FalsePositive: 1, FalseNegative: 10}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("in theory %.2f, on these rows %.2f, costs %.2f instead of %.2f per row\n", r.InTheory, r.Best, r.Cost, r.AtHalf)
	// Output: in theory 0.09, on these rows 0.09, costs 0.43 instead of 1.18 per row
}

// Find where a model is worse than elsewhere, on rows that it has not seen.
func ExampleSlices() {
	const n = 2000
	year, y, p := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		year[i] = float64(1900 + i%120)
		p[i] = 100
		y[i] = p[i] + float64(i%7-3)
		if year[i] < 1924 {
			y[i] = p[i] + 4*float64(i%7-3)
		}
	}
	f, err := frame.New(&frame.Column{Name: "Year_Built", Kind: frame.Number, Values: year})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := inspect.Slices(context.Background(), f, learn.Regression("price", y), p, inspect.SliceConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Slices[0].Text)
	fmt.Println(r.Guard)
	// Output:
	// Year_Built <= 1923
	// found on 1,000 rows, held to 1,000 others at the significance 0.05/1 (Bonferroni)
}
