package stage_test

import (
	"testing"

	"dasier/ml/stage"
)

// TestVotes holds what becomes of pairs' decisions to
//
//	sklearn.utils.multiclass._ovr_decision_function(dec < 0, -dec, 3)  # dec = [[.7, -.2, .4]]
//	SVC(probability=True, random_state=0).fit(X, y).predict_proba(q)   # with its _probA and _probB
func TestVotes(t *testing.T) {
	a := []float64{-3.1403673690878713, -2.7258603485224664, -2.220819882172158}
	b := []float64{-0.4022345442325307, 0.5330478526180882, 0.2550813761154828}
	holdAll(t, []operation{
		{"most", stage.Votes{Classes: 3}, []float64{-0.6794038895734784, 0.5714492255905563, 1.1147376391696846}, []float64{1}},
		{"all alike", stage.Votes{Classes: 3}, []float64{0.7, -0.2, 0.4}, []float64{0}},
		{"none above 0", stage.Votes{Classes: 2}, []float64{0}, []float64{1}},
		{"one against the rest", stage.OneVsRest{Classes: 3}, []float64{0.7, -0.2, 0.4}, []float64{1.1111111111111112, 0.9230769230769231, 0.9444444444444444}},
		{
			"coupling", &stage.Coupling{Classes: 3, A: a, B: b},
			[]float64{-0.6794038895734784, 0.5714492255905563, 1.1147376391696846},
			[]float64{0.14431051020324084, 0.7836357644459817, 0.07205372535077736},
		},
	})
	refuseAll(t, []refusal{
		{"pairs", stage.Votes{Classes: 3}, 2, "3 classes"},
		{"one class", stage.OneVsRest{Classes: 1}, 0, "1 classes"},
		{"sigmoids", &stage.Coupling{Classes: 3, A: a, B: b[:2]}, 3, "constants"},
	})
}

// TestNetwork holds a network to scikit-learn's
//
//	MLPClassifier._forward_pass_fast([[.3, -.4]])  # with these weights, tanh, softmax
func TestNetwork(t *testing.T) {
	layers := []stage.Layer{
		{Weights: []float64{0.5, 0.25, -1, 2}, Bias: []float64{0.1, 0.2}, Activation: "tanh"},
		{Weights: []float64{1, 0.5, 0, 2, -1, 1}, Bias: []float64{0, -0.5, 0.3}, Activation: "softmax"},
	}
	one := func(activation string) *stage.Network {
		return &stage.Network{Layers: []stage.Layer{{Weights: []float64{1, 0, 0, 1}, Bias: []float64{0, 0}, Activation: activation}}}
	}
	holdAll(t, []operation{
		{"two layers", &stage.Network{Layers: layers}, []float64{0.3, -0.4}, []float64{0.5321980115397199, 0.09498165648379629, 0.37282033197648384}},
		{"relu", one("relu"), []float64{2, -2}, []float64{2, 0}},
		{"logistic", one("logistic"), []float64{0, 1}, []float64{0.5, 0.7310585786300049}}, // scipy.special.expit(1)
		{"exp", one("exp"), []float64{0, 1}, []float64{1, 2.718281828459045}},
		{"identity", one("identity"), []float64{2, -2}, []float64{2, -2}},
	})
	refuseAll(t, []refusal{
		{"nothing", &stage.Network{}, 2, "no layers"},
		{"widths", &stage.Network{Layers: layers}, 3, "4 weights for 3 cells"},
		{"an activation", one("other"), 2, "other"},
	})
}
