package stage

import (
	"slices"
	"testing"

	"dasier/ml/forest"
)

// examples has one operation of every kind that has a JSON form, for two cells.
func examples(t *testing.T) map[string]Operation {
	t.Helper()
	steps, err := NewElementwise([][]Step{{{Op: "impute", A: 3}, {Op: "log1p"}}, nil})
	if err != nil {
		t.Fatal(err)
	}
	trees, err := NewTrees(&forest.Trees{
		Roots: []int32{0}, Feature: []int32{1, -1, -1}, Threshold: []float64{0.5, 0, 0}, Left: []int32{1, -1, -1}, Right: []int32{2, -1, -1},
		MissingLeft: []bool{true, false, false}, Value: []float64{0, 1, 2}, Cover: []float64{3, 1, 2}, Base: []float64{0.25}, Rule: forest.DoubleAtMost,
	}, 2)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Operation{
		"affine":      &Affine{Center: []float64{1, 2}, Weights: []float64{1, 2, 3, 4}, Bias: []float64{0.5, -0.5}},
		"average":     &Average{Width: 1, Weights: []float64{1, 3}},
		"ballot":      &Ballot{Classes: 3, Weights: []float64{1, 2}},
		"complement":  Complement{},
		"curve":       &Curve{X: []float64{0, 0.5, 2}, Y: []float64{0, 0.25, 1}},
		"elementwise": steps,
		"largest":     Largest{},
		"logsum":      LogSum{},
		"lookup":      &Lookup{Table: []float64{4, 5, 6}},
		"median":      &Median{Weights: []float64{1, 2}},
		"neighbours":  &Neighbours{Metric: Metric{Kind: Euclidean}, Points: []float64{0, 0, 1, 1, 2, 2}, Count: 2, Values: []float64{1, 2, 4}, Width: 1, ByDistance: true},
		"normalize":   Normalize{Norm: NormL2},
		"one-vs-all":  OneVsAll{},
		"products":    &Products{Terms: []Product{{Of: -1, Cell: 0}, {Of: 0, Cell: 1}}, Hidden: 1},
		"scatter":     &Scatter{To: []int{2, 0}, Width: 3},
		"shares":      Shares{},
		"smallest":    Smallest{},
		"softmax":     Softmax{},
		"splines":     &Splines{Beyond: SplineLinear, Cells: []Spline{{Knots: []float64{-1, 0, 1, 2}, Degree: 1, Splines: 2, Weights: []float64{1, 0, 0, 1}}}},
		"trees":       trees,
	}
}

func TestOperationsSurviveJSON(t *testing.T) {
	all := examples(t)
	for name := range kept {
		if all[name] == nil {
			t.Errorf("no example of %q", name)
		}
	}
	for want, op := range all {
		name, fields, err := Encode(op)
		if err != nil || name != want {
			t.Errorf("%s is written as %q: %v", want, name, err)
			continue
		}
		read, err := Decode(name, fields)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		in := []float64{0.25, 0.75}
		if name == "lookup" || name == "complement" || name == "curve" || name == "splines" {
			in = []float64{1}
		}
		if got, want := applied(t, read, in), applied(t, op, in); !slices.Equal(got, want) {
			t.Errorf("%s gives %v, and %v when written and read", name, want, got)
		}
	}
}

func applied(t *testing.T, op Operation, in []float64) []float64 {
	t.Helper()
	n, err := op.Check(len(in))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, n)
	op.Apply(in, out, make([]float64, op.Work(len(in))))
	return out
}

func TestOperationsAreRefused(t *testing.T) {
	for _, wrong := range [][2]string{
		{"no such operation", `{}`},
		{"softmax", `[]`},
		{"affine", `{"Slope": 3}`},
		{"elementwise", `[[{"op": "no such step"}]]`},
		{"trees", `{"features": 2}`},
		{"trees", `{"features": 2, "trees": {"width": 1, "nodes": "AQE=", "roots": [0]}}`},
	} {
		if _, err := Decode(wrong[0], []byte(wrong[1])); err == nil {
			t.Errorf("%v: no error", wrong)
		}
	}
	if _, _, err := Encode(&Bins{}); err == nil {
		t.Error("an operation that only readers make was written")
	}
}
