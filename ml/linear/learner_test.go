package linear_test

import (
	"testing"

	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/linear"
	"dasier/ml/predict"
)

func TestLearners(t *testing.T) {
	for name, learner := range map[string]learn.Learner{
		"linear": linear.LeastSquares{}, "ridge": linear.Ridge{}, "lasso": linear.Lasso{}, "elastic-net": linear.ElasticNet{},
		"huber": linear.Huber{}, "quantile": linear.Quantile{},
	} {
		t.Run(name, func(t *testing.T) { learntest.Run(t, learner, learntest.Config{}) })
	}
	for name, learner := range map[string]learn.Learner{
		"poisson": linear.Poisson{}, "gamma": linear.Gamma{}, "tweedie": linear.Tweedie{},
	} {
		t.Run(name, func(t *testing.T) { learntest.Run(t, learner, learntest.Config{Positive: true}) })
	}
	classes := learntest.Config{Tasks: []string{predict.TaskBinary, predict.TaskMulticlass}}
	t.Run("logistic", func(t *testing.T) { learntest.Run(t, linear.Logistic{}, classes) })
	t.Run("logistic with zeros", func(t *testing.T) { learntest.Run(t, linear.Logistic{L1Ratio: 1}, classes) })
}
