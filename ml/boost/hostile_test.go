package boost_test

import (
	"testing"

	"dasier/ml/boost"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
)

func TestLongHostileTables(t *testing.T) {
	every := []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}
	for name, try := range map[string]struct {
		learner boost.Boosting
		cfg     learntest.Config
	}{
		"zero":     {boost.Boosting{Trees: 8}, learntest.Config{Tasks: every}},
		"early":    {boost.Boosting{Trees: 8, Patience: 3, MinRows: 1}, learntest.Config{Tasks: every[:2]}},
		"dropout":  {boost.Boosting{Trees: 8, Dart: boost.Dart{Rate: 0.2}, MinRows: 1}, learntest.Config{Tasks: every[1:2]}},
		"absolute": {boost.Boosting{Trees: 8, Loss: boost.Absolute{}, MinRows: 1}, learntest.Config{}},
		"huber":    {boost.Boosting{Trees: 8, Loss: boost.Huber{}, MinRows: 1}, learntest.Config{}},
		"poisson":  {boost.Boosting{Trees: 8, Loss: boost.Poisson{}, MinRows: 1}, learntest.Config{Positive: true}},
		"gamma":    {boost.Boosting{Trees: 8, Loss: boost.Gamma{}, MinRows: 1}, learntest.Config{Positive: true}},
	} {
		t.Run(name, func(t *testing.T) { learntest.Hostile(t, try.learner, try.cfg) })
	}
}
