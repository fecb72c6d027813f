package pickle_test

import (
	"testing"

	"dasier/fault"
	"dasier/ml/pickle"
)

// judged is an array of so many numbers that stands in a model.
func judged(t *testing.T, n int, limits pickle.Limits) *pickle.Array {
	t.Helper()
	double, err := pickle.ParseDType("<f8")
	if err != nil {
		t.Fatal(err)
	}
	a, err := pickle.NewArray(double, []int{n}, false, make([]byte, 8*n))
	if err != nil {
		t.Fatal(err)
	}
	k := pickle.NewMaker(limits, 100, func() string { return "here" })
	k.Beside(int64(8 * n))
	state := &pickle.Dict{}
	state.Set("coef_", a)
	model := &pickle.Object{Class: pickle.Global{Module: "sklearn.linear_model._base", Name: "LinearRegression"}, State: state}
	if _, err := k.Finish(model); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestArraysReadAgain: an array may be read a few times, and not once for each of
// ten thousand places that it stands in.
func TestArraysReadAgain(t *testing.T) {
	a := judged(t, 1<<20, pickle.Limits{})
	for n := range 100 {
		if _, err := a.Floats(); err != nil {
			if n < 8 || !fault.Is(err, fault.Limited) {
				t.Errorf("at the %dth time: %v", n+1, err)
			}
			return
		}
	}
	t.Error("it is read a hundred times")
}
