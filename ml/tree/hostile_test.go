package tree_test

import (
	"testing"

	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/tree"
)

func TestLongHostileTables(t *testing.T) {
	classes := learntest.Config{Tasks: []string{predict.TaskBinary, predict.TaskMulticlass}}
	t.Run("tree", func(t *testing.T) { learntest.Hostile(t, tree.Tree{}, every) })
	t.Run("forest", func(t *testing.T) { learntest.Hostile(t, tree.Forest{Trees: 5}, classes) })
	t.Run("forest of counts", func(t *testing.T) {
		learntest.Hostile(t, tree.Forest{Trees: 5, Criterion: tree.Poisson}, learntest.Config{Positive: true})
	})
	t.Run("extra trees", func(t *testing.T) { learntest.Hostile(t, tree.ExtraTrees{Trees: 5}, learntest.Config{}) })
}
