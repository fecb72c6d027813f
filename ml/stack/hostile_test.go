package stack_test

import (
	"testing"

	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/stack"
	"dasier/ml/tree"
)

func TestLongHostileTables(t *testing.T) {
	base := func(task string) []stack.Named {
		return []stack.Named{{Name: "sum", Learner: plain(task)}, {Name: "tree", Learner: tree.Tree{Depth: 3}}}
	}
	for _, task := range []string{predict.TaskRegression, predict.TaskMulticlass} {
		t.Run("stacked", func(t *testing.T) {
			learntest.Hostile(t, stack.Stacking{Base: base(task), Folds: 2}, learntest.Config{Tasks: []string{task}})
		})
	}
	t.Run("blended", func(t *testing.T) {
		learntest.Hostile(t, stack.Blending{Base: base(predict.TaskBinary), Folds: 2}, learntest.Config{Tasks: []string{predict.TaskBinary}})
	})
}
