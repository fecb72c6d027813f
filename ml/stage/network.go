package stage

import "math"

// Network is a multi-layer perceptron: each layer is an activation of an affine
// function of the one before.
type Network struct{ Layers []Layer }

// Layer is one of a network.
type Layer struct {
	Weights    []float64 // a row per neuron, each as wide as the layer before
	Bias       []float64 // per neuron
	Activation string    // "identity", "logistic", "tanh", "relu", "softmax" or "exp"
}

// Check follows the widths from layer to layer.
func (n *Network) Check(in int) (int, error) {
	if len(n.Layers) == 0 {
		return 0, wrong("the network has no layers")
	}
	width := in
	for k := range n.Layers {
		l := &n.Layers[k]
		switch l.Activation {
		case "identity", "logistic", "tanh", "relu", "softmax", "exp":
		default:
			return 0, wrong("layer %d has the activation %q", k, l.Activation)
		}
		if len(l.Bias) == 0 || len(l.Weights) != width*len(l.Bias) {
			return 0, wrong("layer %d has %d weights for %d cells and %d neurons", k, len(l.Weights), width, len(l.Bias))
		}
		width = len(l.Bias)
	}
	return width, nil
}

// Work is room for two layers.
func (n *Network) Work(int) int { return 2 * n.widest() }

func (n *Network) widest() int {
	most := 0
	for k := range n.Layers {
		most = max(most, len(n.Layers[k].Bias))
	}
	return most
}

// Apply goes through the layers.
func (n *Network) Apply(in, out, work []float64) {
	widest := n.widest()
	x := in
	for k := range n.Layers {
		l := &n.Layers[k]
		y := work[k%2*widest:][:len(l.Bias)]
		if k == len(n.Layers)-1 {
			y = out
		}
		for i, bias := range l.Bias {
			y[i] = dot(x, l.Weights[i*len(x):(i+1)*len(x)]) + bias
		}
		activate(l.Activation, y)
		x = y
	}
}

func activate(activation string, y []float64) {
	switch activation {
	case "logistic":
		for i, v := range y {
			y[i] = Logistic(v)
		}
	case "tanh":
		for i, v := range y {
			y[i] = math.Tanh(v)
		}
	case "relu":
		for i, v := range y {
			y[i] = max(v, 0)
		}
	case "exp":
		for i, v := range y {
			y[i] = math.Exp(v)
		}
	case "softmax":
		Softmax{}.Apply(y, y, nil)
	}
}
