package xgboost

import (
	"math"

	"dasier/fault"
)

// Linear is a gblinear booster: a sum per margin, in float32 and in the order of
// the features. What is missing adds nothing.
type Linear struct {
	features, groups int
	weights          []float32 // by feature and group; the biases are the last row
	base             []float64 // per group
}

func newLinear(m *Model, weights, base []float64) (*Linear, error) {
	if len(weights) != (m.Features+1)*m.Groups {
		return nil, fault.Errorf(fault.Invalid, "the XGBoost model has %d weights for %d features and %d margins", len(weights), m.Features, m.Groups)
	}
	l := &Linear{features: m.Features, groups: m.Groups, weights: make([]float32, len(weights)), base: base}
	for k, w := range weights {
		if math.IsNaN(w) || math.Abs(w) > math.MaxFloat32 {
			return nil, fault.Errorf(fault.Invalid, "the XGBoost model's weight %d is %v", k, w)
		}
		l.weights[k] = float32(w)
	}
	return l, nil
}

// Check wants the features.
func (l *Linear) Check(in int) (int, error) {
	if in != l.features {
		return 0, fault.Errorf(fault.Invalid, "the linear booster has %d features, there are %d", l.features, in)
	}
	return l.groups, nil
}

// Work is nothing.
func (l *Linear) Work(int) int { return 0 }

// Apply adds up.
func (l *Linear) Apply(in, out, _ []float64) {
	for k := range out {
		sum := l.weights[l.features*l.groups+k] + float32(l.base[k])
		for j, x := range in {
			if !math.IsNaN(x) {
				sum += float32(float32(x) * l.weights[j*l.groups+k])
			}
		}
		out[k] = float64(sum)
	}
}
