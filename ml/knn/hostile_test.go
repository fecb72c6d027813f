package knn_test

import (
	"math"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

func TestLongHostileTables(t *testing.T) {
	every := []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}
	t.Run("by default", func(t *testing.T) { learntest.Hostile(t, knn.Neighbours{}, learntest.Config{Tasks: every}) })
	t.Run("by distance", func(t *testing.T) {
		learntest.Hostile(t, knn.Neighbours{Weights: knn.Distance}, learntest.Config{Tasks: every[:1]})
	})
	t.Run("cosine", func(t *testing.T) {
		learntest.Hostile(t, knn.Neighbours{Metric: knn.Cosine}, learntest.Config{Tasks: every[1:2]})
	})
}

// A bool that is rarely true counts as a number of its deviation does.
func TestBoolsAreScaled(t *testing.T) {
	flag, size := &frame.Column{Name: "flag", Kind: frame.Bool}, &frame.Column{Name: "size", Kind: frame.Number}
	var y []float64
	for i := range 200 {
		rare := 0.0
		if i%20 == 0 {
			rare = 1
		}
		flag.Values, size.Values, y = append(flag.Values, rare), append(size.Values, float64(i*i%101)), append(y, 100*rare)
	}
	features, err := frame.New(flag, size)
	if err != nil {
		t.Fatal(err)
	}
	model, err := knn.Neighbours{}.Fit(t.Context(), features, learn.Regression("y", y))
	if err != nil {
		t.Fatal(err)
	}
	if scale := model.Spec.Features[0].Scale; math.Abs(scale-math.Sqrt(0.05*0.95)) > 1e-12 {
		t.Errorf("the scale of the bool is %g", scale)
	}
	plain := knn.Neighbours{Prep: prep.Config{Columns: map[string]prep.Column{"flag": {Treatment: prep.Plain}}}}
	if model, err = plain.Fit(t.Context(), features, learn.Regression("y", y)); err != nil || model.Spec.Features[0].Scale != 1 {
		t.Errorf("a bool that is to stay plain is %+v, %v", model.Spec.Features[0], err)
	}
}
