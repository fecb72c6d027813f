package search

import (
	"testing"

	"dasier/ml/forest"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// A model is as large as its numbers and texts: what is added to one counts.
func TestSize(t *testing.T) {
	empty := size(&predict.Spec{})
	for name, c := range map[string]struct {
		spec predict.Spec
		more int64
	}{
		"a line":    {predict.Spec{Linear: &predict.Linear{Weights: make([]float64, 10), Base: make([]float64, 10)}}, 8 + 160},
		"a text":    {predict.Spec{Task: "regression"}, 10},
		"some rows": {predict.Spec{Stages: []predict.Stage{{From: make([]int32, 3), Do: &stage.Affine{Weights: make([]float64, 30)}}}}, 12 + 240},
		"a tree":    {predict.Spec{Trees: &forest.Trees{Feature: make([]int32, 1000), Threshold: make([]float64, 1000), MissingLeft: make([]bool, 1000)}}, 13_000 + 2},
	} {
		if got := size(&c.spec) - empty; got != c.more {
			t.Errorf("%s: %d bytes more than nothing, want %d", name, got, c.more)
		}
	}
}
