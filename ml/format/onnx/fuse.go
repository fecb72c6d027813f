package onnx

import (
	"math"
	"slices"
	"time"

	"dasier/ml/predict"
	"dasier/ml/stage"
	"dasier/ml/tensor"
)

// fuse finds graphs that are one model of the columns, trees or a linear
// function, and makes a spec that says so: it is faster, and can be explained.
// The new spec must answer made-up rows as the graph does, or it is dropped.
func (a *assembly) fuse() (predict.Spec, bool) {
	model := a.deciding()
	if model == nil || a.graph.Inputs[0].Type == tensor.String {
		return predict.Spec{}, false
	}
	features, ok := a.columnsInto(model.Inputs[0], 0)
	if !ok {
		return predict.Spec{}, false
	}
	spec := a.spec
	spec.Features, spec.Stages, spec.Answer, spec.Outputs, spec.Takes = features, nil, nil, nil, nil
	switch model.Op {
	case "TreeEnsembleRegressor", "TreeEnsembleClassifier":
		ok = a.fuseTrees(model, &spec)
	case "LinearRegressor", "LinearClassifier":
		ok = a.fuseLinear(model, &spec)
	}
	return spec, ok && a.equal(&spec, model)
}

// deciding is the one node that decides, if all that comes after it only gives
// names and types to what it says.
func (a *assembly) deciding() *tensor.Node {
	var model *tensor.Node
	for i := range a.graph.Nodes {
		n := &a.graph.Nodes[i]
		switch n.Op {
		case "TreeEnsembleRegressor", "TreeEnsembleClassifier", "LinearRegressor", "LinearClassifier":
			if model != nil {
				return nil
			}
			model = n
		}
	}
	if model == nil || len(model.Inputs) != 1 {
		return nil
	}
	for i, name := range a.graph.Outputs {
		at, last := 0, name
		for ; last != ""; at++ {
			n := a.texts.makers[last]
			if n == nil || at > len(a.graph.Nodes) {
				return nil
			}
			if n == model {
				break
			}
			switch n.Op {
			case "Identity", "Cast", "ZipMap", "Reshape", "Normalizer", "Flatten":
				last = n.Inputs[0]
			default:
				return nil
			}
		}
		if i == 0 && last != model.Outputs[0] {
			return nil
		}
	}
	return model
}

// ends tells whether some node of an operator comes between the model and an
// output.
func (a *assembly) ends(op string) *tensor.Node {
	for i := range a.graph.Nodes {
		if a.graph.Nodes[i].Op == op {
			return &a.graph.Nodes[i]
		}
	}
	return nil
}

// columnsInto finds what the columns of a matrix are: columns of the inputs,
// perhaps imputed.
func (a *assembly) columnsInto(name string, depth int) ([]predict.Feature, bool) {
	if depth > len(a.graph.Nodes) {
		return nil, false
	}
	first := 0
	for i := range a.graph.Inputs {
		width := a.op.inputs[i].width
		if a.graph.Inputs[i].Name == name {
			if a.graph.Inputs[i].Type != tensor.Float {
				return nil, false
			}
			return slices.Clone(a.spec.Features[first : first+width]), true
		}
		first += width
	}
	n := a.texts.makers[name]
	if n == nil || len(n.Inputs) == 0 {
		return nil, false
	}
	switch n.Op {
	case "Identity":
		return a.columnsInto(n.Inputs[0], depth+1)
	case "Cast":
		if n.Attributes["to"].Int != 1 {
			return nil, false
		}
		return a.columnsInto(n.Inputs[0], depth+1)
	case "Concat":
		if axis := n.Attributes["axis"].Int; axis != 1 && axis != -1 {
			return nil, false
		}
		var all []predict.Feature
		for _, input := range n.Inputs {
			part, ok := a.columnsInto(input, depth+1)
			if !ok {
				return nil, false
			}
			all = append(all, part...)
		}
		return all, true
	case "Imputer":
		list, ok := a.columnsInto(n.Inputs[0], depth+1)
		values := n.Attributes["imputed_value_floats"].Floats
		if !ok || !math.IsNaN(float64(n.Attributes["replaced_value_float"].Float)) || len(values) != 1 && len(values) != len(list) {
			return nil, false
		}
		for j := range list {
			list[j].Steps = append(slices.Clone(list[j].Steps), stage.Step{Op: "impute", A: float64(values[j%len(values)])})
		}
		return list, true
	default:
		return nil, false
	}
}

// link finds the link that turns a classifier's scores into its
// probabilities: transform is the model's own, classes how many there are.
func (a *assembly) link(transform string, classes int) (predict.Link, bool) {
	normalizer := a.ends("Normalizer")
	switch {
	case normalizer != nil && normalizer.Attributes["norm"].Text != "L1":
		return "", false
	case transform == "LOGISTIC" && classes == 2:
		return predict.Logistic, true
	case transform == "LOGISTIC" && normalizer != nil:
		return predict.OneVsAll, true
	case transform == "SOFTMAX" && classes > 2:
		return predict.Softmax, true
	case transform == "NONE" && a.spec.Link == "": // they are probabilities
		return "", true
	default:
		return "", false
	}
}

// equal asks both specs the same rows: numbers at and around those that the
// model compares with.
func (a *assembly) equal(spec *predict.Spec, model *tensor.Node) bool {
	fast, err := predict.Compile(*spec)
	if err != nil {
		return false
	}
	slow, err := predict.Compile(a.spec)
	if err != nil {
		return false
	}
	splits := model.Attributes["nodes_values"].Floats
	if len(splits) == 0 {
		splits = []float32{0, 1, -1, 0.1, 7, 1000}
	}
	p, q := fast.NewRow(), slow.NewRow()
	state := uint64(7)
	worst, scale := 0.0, 0.0 // of predictions
	for probe, begin := 0, time.Now(); probe < 200; probe++ {
		if time.Since(begin) > patience {
			return false
		}
		for i := range a.spec.Inputs {
			state = state*6364136223846793005 + 1442695040888963407
			v := splits[(state>>20)%uint64(len(splits))]
			switch (state >> 60) % 4 {
			case 0:
				v = math.Nextafter32(v, float32(math.Inf(1)))
			case 1:
				v *= 1.25
			}
			p.SetNumber(i, float64(v))
			q.SetNumber(i, float64(v))
		}
		x, y := fast.Outcome(p), slow.Outcome(q)
		if !alike(x, y) {
			return false
		}
		if x.Probabilities == nil {
			worst, scale = max(worst, math.Abs(x.Prediction-y.Prediction)), max(scale, math.Abs(y.Prediction))
		}
	}
	return worst <= 1e-6*scale // not so if NaN
}

// alike compares classes and probabilities.
func alike(x, y predict.Outcome) bool {
	if len(x.Probabilities) != len(y.Probabilities) {
		return false
	}
	for k := range x.Probabilities {
		if !(math.Abs(x.Probabilities[k]-y.Probabilities[k]) <= 1e-6) {
			return false
		}
	}
	// The class may differ where two are equally likely but for rounding.
	return x.Class == y.Class || x.Probabilities != nil && math.Abs(x.Probabilities[x.Class]-x.Probabilities[y.Class]) < 1e-6
}
