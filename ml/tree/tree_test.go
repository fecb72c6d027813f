package tree_test

import (
	"testing"

	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/tree"
)

// every is all tasks.
var every = learntest.Config{Tasks: []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}}

func TestConformance(t *testing.T) {
	for name, learner := range map[string]learn.Learner{
		"tree":                tree.Tree{MinRows: 10},
		"tree of few leaves":  tree.Tree{Leaves: 25, MinRows: 10},
		"pruned tree":         tree.Tree{Prune: 0.001, Depth: 9, MinRows: 10},
		"forest":              tree.Forest{Trees: 20},
		"forest of few looks": tree.Forest{Trees: 20, Features: 2, Sample: 0.6, MinRows: 2},
		"extra trees":         tree.ExtraTrees{Trees: 20},
		"extra trees, drawn":  tree.ExtraTrees{Trees: 20, Bootstrap: true, MinRows: 2},
	} {
		t.Run(name, func(t *testing.T) { learntest.Run(t, learner, every) })
	}
	t.Run("poisson", func(t *testing.T) {
		learntest.Run(t, tree.Forest{Trees: 20, Criterion: tree.Poisson}, learntest.Config{Positive: true})
	})
	t.Run("entropy", func(t *testing.T) {
		learntest.Run(t, tree.Forest{Trees: 20, Criterion: tree.Entropy}, learntest.Config{Tasks: every.Tasks[1:]})
	})
}
