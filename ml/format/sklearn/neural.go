package sklearn

import (
	"dasier/ml/predict"
	"dasier/ml/stage"
)

func (r *reader) networkFamily(class string) estimator {
	switch class {
	case "MLPRegressor":
		return r.networkRegression
	case "MLPClassifier":
		return r.networkClassifier
	}
	return nil
}

// network reads the layers of a perceptron; scikit-learn keeps a column per
// neuron.
func (p part) network(d *design) (*stage.Network, error) {
	items, err := p.items("coefs_")
	if err != nil {
		return nil, err
	}
	weights, err := p.tables("coefs_", len(items))
	if err != nil {
		return nil, err
	}
	biases, err := p.tables("intercepts_", len(items))
	if err != nil {
		return nil, err
	}
	hidden, last := p.text("activation"), p.text("out_activation_")
	if hidden == "" {
		hidden = "relu"
	}
	n := &stage.Network{}
	width := len(d.columns)
	for k := range weights {
		w := &weights[k]
		if w.rows != width || w.columns != len(biases[k].values) {
			return nil, p.wrong("layer %d has %d × %d weights and %d intercepts for %d columns", k, w.rows, w.columns, len(biases[k].values), width)
		}
		width = w.columns
		l := stage.Layer{Weights: w.transposed().values, Bias: biases[k].values, Activation: hidden}
		if k == len(weights)-1 {
			l.Activation = last
		}
		n.Layers = append(n.Layers, l)
	}
	return n, nil
}

func (p part) networkCells(d *design) ([]cell, error) {
	n, err := p.network(d)
	if err != nil {
		return nil, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return nil, err
	}
	return d.builder.stage(p, n, takes)
}

func (r *reader) networkRegression(p part, d *design) (answer, error) {
	scores, err := p.networkCells(d)
	return numbers(scores), err
}

// networkClassifier has one neuron at the end for two classes, else one per
// class.
func (r *reader) networkClassifier(p part, d *design) (answer, error) {
	scores, err := p.networkCells(d)
	if err != nil {
		return answer{}, err
	}
	if p.multilabel() { // 0 or 1 for every label: a choice of its own
		targets := make([]answer, len(scores))
		for t := range targets {
			targets[t] = answer{task: predict.TaskBinary, classes: []string{"0", "1"}, scores: scores[t : t+1]}
		}
		a, err := severalTargets(p, d, targets)
		a.outputs = []named{{"predict_proba", scores}}
		return a, err
	}
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	switch {
	case len(labels) == 2 && len(scores) == 1:
		return answer{task: predict.TaskBinary, classes: labels, scores: scores}, nil
	case len(scores) != len(labels):
		return answer{}, p.wrong("its last layer has %d neurons for %d classes", len(scores), len(labels))
	}
	return shared(labels, scores), nil
}
