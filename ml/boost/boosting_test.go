package boost_test

import (
	"testing"

	"dasier/ml/boost"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
)

// Every promise of package learn.
func TestPromises(t *testing.T) {
	every := []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}
	for name, learner := range map[string]learn.Learner{
		"zero":    boost.Boosting{},
		"sampled": boost.Boosting{Trees: 60, Subsample: 0.7, Columns: 0.8, ColumnsAtNode: 0.8, Seed: 5},
		"dropout": boost.Boosting{Trees: 60, Dart: boost.Dart{Rate: 0.1, Skip: 0.3}},
	} {
		t.Run(name, func(t *testing.T) { learntest.Run(t, learner, learntest.Config{Tasks: every}) })
	}
}

// The promises by every other kind of setting: what runs side by side is the same
// for all.
func TestLongPromisesByEverySetting(t *testing.T) {
	every := []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}
	some := []string{predict.TaskRegression}
	for name, try := range map[string]struct {
		learner learn.Learner
		cfg     learntest.Config
	}{
		"early":    {boost.Boosting{Patience: 5, Validation: 0.2, MinRows: 5}, learntest.Config{Tasks: every}},
		"penal":    {boost.Boosting{L1: 0.1, L2: 1, Depth: 3, Bins: 16, MinRows: 5}, learntest.Config{Tasks: every}},
		"monotone": {boost.Boosting{Monotone: map[string]int{"a": 1, "b": 1}}, learntest.Config{Tasks: every[:2]}},
		"sets":     {boost.Boosting{Interactions: [][]string{{"a", "b"}}}, learntest.Config{Tasks: every}},
		"absolute": {boost.Boosting{Loss: boost.Absolute{}}, learntest.Config{Tasks: some}},
		"median":   {boost.Boosting{Loss: boost.Quantile{}}, learntest.Config{Tasks: some}},
		"huber":    {boost.Boosting{Loss: boost.Huber{}}, learntest.Config{Tasks: some}},
		"poisson":  {boost.Boosting{Loss: boost.Poisson{}}, learntest.Config{Tasks: some, Positive: true}},
		"gamma":    {boost.Boosting{Loss: boost.Gamma{}}, learntest.Config{Tasks: some, Positive: true}},
		"tweedie":  {boost.Boosting{Loss: boost.Tweedie{}}, learntest.Config{Tasks: some, Positive: true}},
	} {
		t.Run(name, func(t *testing.T) { learntest.Run(t, try.learner, try.cfg) })
	}
}
