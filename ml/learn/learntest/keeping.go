package learntest

import (
	"bytes"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
)

// keeps wants the same model and the same answers whether a frame keeps its
// numbers as float64 or as float32.
func keeps(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) {
	doubles, singles := Twins(features)
	if singles.Digest() != doubles.Digest() {
		t.Fatal("the two frames do not hold the same")
	}
	m := fit(t, learner, doubles, target)
	if !bytes.Equal(spec(t, m), spec(t, fit(t, learner, singles, target))) {
		t.Fatal("of columns that are kept as float32 another model is learned")
	}
	want, got := predictions(t, m, doubles), predictions(t, m, singles)
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("row %d: %g, and %g where columns are kept as float32", i, want[i], got[i])
		}
	}
}

// Twins are two frames of the same columns, whose numbers are rounded to float32:
// one keeps them as float64, the other as float32. Nothing else may tell them
// apart.
func Twins(f *frame.Frame) (doubles, singles *frame.Frame) {
	doubles = kept(f, func(c *frame.Column, numbers []float32) { c.Values = frame.Singles(numbers).Floats() })
	return doubles, kept(f, func(c *frame.Column, numbers []float32) { c.Singles = numbers })
}

func kept(f *frame.Frame, keep func(c *frame.Column, numbers []float32)) *frame.Frame {
	columns := make([]*frame.Column, len(f.Columns()))
	for j, c := range f.Columns() {
		other := *c
		columns[j] = &other
		if c.Kind == frame.Category {
			continue
		}
		numbers := make([]float32, c.Len())
		for i, v := range c.Numbers().All() {
			numbers[i] = float32(v)
		}
		other.Values, other.Singles = nil, nil
		keep(&other, numbers)
	}
	same, err := frame.New(columns...)
	if err != nil {
		panic(err) // as many rows each, and the names are the frame's
	}
	return same
}
