package calibrate

import (
	"dasier/ml/search"
	"dasier/ml/stage"
)

// By is the calibration by given folds.
func (c Calibrated) By(folds []search.Fold) Calibrated {
	c.folds = folds
	return c
}

// IsotonicOf and SigmoidOf are the two calibrations of scores.
func IsotonicOf(scores, truth []float64, weight func(i int) float64) *stage.Curve {
	return isotonic(scores, truth, weight)
}

func SigmoidOf(scores, truth []float64, weight func(i int) float64) (slope, intercept float64) {
	return sigmoid(scores, truth, weight)
}
