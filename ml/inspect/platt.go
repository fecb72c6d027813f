package inspect

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"dasier/fault"
	"dasier/ml/calibrate"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// cox fits the logistic regression of what happened on the log-odds.
func (c *calibration) cox(r *CalibrationReport, level float64) {
	x, y := make([]float64, len(c.p)), make([]float64, len(c.p))
	for i, p := range c.p {
		x[i], y[i] = odds(p), truth(c.hit[i])
	}
	slope, intercept, ofSlope, ofIntercept := logistic(x, y)
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	r.Slope = Figure{Value: slope, Low: slope - z*ofSlope, High: slope + z*ofSlope}
	r.Intercept = Figure{Value: intercept, Low: intercept - z*ofIntercept, High: intercept + z*ofIntercept}
}

// odds is the log-odds of a probability, bounded where it is 0 or 1.
func odds(p float64) float64 {
	const least = 1e-6
	p = min(max(p, least), 1-least)
	return math.Log(p / (1 - p))
}

// logistic fits y to intercept + slope*x by Newton's method, with a prior so weak
// (a standard deviation of 100) that it only keeps separable rows finite, and gives
// the standard errors.
func logistic(x, y []float64) (slope, intercept, ofSlope, ofIntercept float64) {
	const prior = 1e-4
	for range 100 {
		gradientA, gradientB := -prior*intercept, -prior*slope
		aa, ab, bb := prior, 0.0, prior
		for i, v := range x {
			p := 1 / (1 + math.Exp(-intercept-slope*v))
			w := p * (1 - p)
			gradientA, gradientB = gradientA+y[i]-p, gradientB+(y[i]-p)*v
			aa, ab, bb = aa+w, ab+w*v, bb+w*v*v
		}
		size := aa*bb - ab*ab
		stepA, stepB := (bb*gradientA-ab*gradientB)/size, (aa*gradientB-ab*gradientA)/size
		// A step of more than 2 leaves where the approximation holds.
		shrink := 1 / max(1, math.Abs(stepA)/2, math.Abs(stepB)/2)
		intercept, slope = intercept+shrink*stepA, slope+shrink*stepB
		ofIntercept, ofSlope = math.Sqrt(bb/size), math.Sqrt(aa/size)
		if math.Abs(stepA)+math.Abs(stepB) < 1e-10 {
			break
		}
	}
	return slope, intercept, ofSlope, ofIntercept
}

// Recalibrate gives a binary model other probabilities, such that they come true
// on these rows, which it must not have learned from: its log-odds times a slope
// plus an intercept (Platt 1999, "Probabilistic outputs for support vector
// machines"; without his smoothed targets, which matter on a handful of rows). The
// order of answers stays. It is for models whose score is the log-odds: linear
// ones and boosted trees, not for averages of probabilities.
func Recalibrate(spec predict.Spec, target learn.Target, predictions []float64) (predict.Spec, error) {
	switch {
	case spec.Task != predict.TaskBinary || spec.Link != predict.Logistic:
		return spec, fault.Errorf(fault.Invalid, "only a binary model whose score is the log-odds can be recalibrated")
	case target.Task != predict.TaskBinary || len(target.Y) != len(predictions) || len(predictions) < 20:
		return spec, fault.Errorf(fault.Invalid, "%d rows and %d predictions cannot calibrate a binary model: hold out at least 20", len(target.Y), len(predictions))
	}
	x := make([]float64, len(predictions))
	for i, p := range predictions {
		x[i] = odds(p)
	}
	slope, intercept, _, _ := logistic(x, target.Y)
	if !(slope > 0) {
		return spec, fault.Errorf(fault.Invalid, "the model's probabilities fall where the class %q grows more frequent: calibration cannot mend that", target.Classes[1])
	}
	return calibrate.Rescale(spec, slope, intercept)
}
