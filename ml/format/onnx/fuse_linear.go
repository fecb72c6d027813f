package onnx

import (
	"dasier/ml/predict"
	"dasier/ml/tensor"
)

// fuseLinear makes a linear function, or one per class, of a linear model. It is
// computed in float64, so it differs from the runtime by the runtime's own
// rounding.
func (a *assembly) fuseLinear(n *tensor.Node, spec *predict.Spec) bool {
	coefficients, intercepts := n.Attributes["coefficients"].Floats, n.Attributes["intercepts"].Floats
	width := len(spec.Features)
	end := text(n, "post_transform", "NONE")
	if width == 0 || len(coefficients)%width != 0 || end == "PROBIT" {
		return false
	}
	scores := len(coefficients) / width
	rows := make([]predict.Linear, scores)
	for k := range rows {
		rows[k] = predict.Linear{Weights: make([]float64, width), Base: make([]float64, width)}
		for j := range width {
			rows[k].Weights[j] = float64(coefficients[k*width+j])
		}
		if k < len(intercepts) {
			rows[k].Bias = float64(intercepts[k])
		}
	}
	switch {
	case n.Op == "LinearRegressor":
		if scores != 1 || spec.Task != predict.TaskRegression {
			return false
		}
		spec.Linear = &rows[0]
		return true
	case spec.Task == predict.TaskBinary && scores <= 2:
		return a.fuseBinary(rows, end, spec)
	case spec.Task == predict.TaskMulticlass && scores == len(spec.Classes):
		link, ok := a.link(end, scores)
		if !ok || link == "" {
			return false
		}
		spec.Classwise, spec.Link = rows, link
		return true
	default:
		return false
	}
}

// fuseBinary: one score is the second class's. Of two, softmax looks at their
// difference, and the logistic function at each alone: that is one score where
// they mirror each other.
func (a *assembly) fuseBinary(rows []predict.Linear, end string, spec *predict.Spec) bool {
	if spec.Link == predict.Decision {
		return false
	}
	last := &rows[len(rows)-1]
	if len(rows) == 2 {
		for j, w := range rows[0].Weights {
			switch {
			case end == "SOFTMAX":
				last.Weights[j] -= w
			case w != -last.Weights[j]:
				return false
			}
		}
		if end == "SOFTMAX" {
			last.Bias -= rows[0].Bias
		} else if rows[0].Bias != -last.Bias {
			return false
		}
	}
	if end != "LOGISTIC" && (end != "SOFTMAX" || len(rows) != 2) {
		return false
	}
	spec.Linear, spec.Link = last, predict.Logistic
	return true
}
