package frame_test

import (
	"fmt"

	"dasier/ml/frame"
)

// A table of a program's own numbers. What is float32 already stays that, in half
// the memory; it is read as float64 all the same.
func ExampleNew() {
	f, err := frame.New(
		&frame.Column{Name: "area", Kind: frame.Number, Values: []float64{81.7, 120}},
		&frame.Column{Name: "warmth", Kind: frame.Number, Singles: []float32{20.5, 19}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range f.Columns() {
		for row, v := range c.Numbers().All() {
			fmt.Println(c.Name, row, v)
		}
	}
	// Output:
	// area 0 81.7
	// area 1 120
	// warmth 0 20.5
	// warmth 1 19
}
