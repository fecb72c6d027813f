package prep_test

import (
	"testing"

	"dasier/ml/learn/learntest"
	"dasier/ml/prep"
)

func TestHostileTablesWithATransformedTarget(t *testing.T) {
	t.Run("power", func(t *testing.T) {
		learntest.Hostile(t, prep.TransformedTarget{Learner: squares{}, Transform: prep.PowerTarget}, learntest.Config{})
	})
	t.Run("logarithm", func(t *testing.T) {
		learntest.Hostile(t, prep.TransformedTarget{Learner: squares{}, Transform: prep.Logarithm}, learntest.Config{Positive: true})
	})
}
