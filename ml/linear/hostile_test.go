package linear_test

import (
	"math"
	"testing"

	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/linear"
	"dasier/ml/predict"
)

func TestLongHostileTables(t *testing.T) {
	for name, learner := range map[string]learn.Learner{
		"least squares": linear.LeastSquares{},
		"ridge":         linear.Ridge{},
		"elastic net":   linear.ElasticNet{},
		"huber":         linear.Huber{},
		"quantile":      linear.Quantile{},
	} {
		t.Run(name, func(t *testing.T) { learntest.Hostile(t, learner, learntest.Config{}) })
	}
	for name, learner := range map[string]learn.Learner{"poisson": linear.Poisson{}, "gamma": linear.Gamma{}} {
		t.Run(name, func(t *testing.T) { learntest.Hostile(t, learner, learntest.Config{Positive: true}) })
	}
	t.Run("logistic", func(t *testing.T) {
		learntest.Hostile(t, linear.Logistic{}, learntest.Config{Tasks: []string{predict.TaskBinary, predict.TaskMulticlass}})
	})
	t.Run("logistic with zeros", func(t *testing.T) {
		learntest.Hostile(t, linear.Logistic{L1Ratio: 1}, learntest.Config{Tasks: []string{predict.TaskBinary}})
	})
}

// The default penalty does not depend on the unit of the target.
func TestTheDefaultElasticNetKnowsNoUnit(t *testing.T) {
	features, dollars := learntest.Rows(300, predict.TaskRegression, false)
	lire := dollars
	lire.Y = make([]float64, len(dollars.Y))
	for i, v := range dollars.Y {
		lire.Y[i] = 1e5 * v
	}
	one, err := linear.ElasticNet{}.Fit(t.Context(), features, dollars)
	if err != nil {
		t.Fatal(err)
	}
	other, err := linear.ElasticNet{}.Fit(t.Context(), features, lire)
	if err != nil {
		t.Fatal(err)
	}
	for j, w := range one.Spec.Linear.Weights {
		if got := other.Spec.Linear.Weights[j] / 1e5; math.Abs(got-w) > 1e-6 {
			t.Errorf("%s weighs %g, and %g of a target in another unit", one.Spec.Features[j].Name, w, got)
		}
	}
}
