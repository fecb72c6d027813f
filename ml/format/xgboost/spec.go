package xgboost

import (
	"fmt"
	"strconv"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Spec makes a whole model of a booster: one number per feature in, and what
// the objective says out. Columns are the names of a model that was trained
// without any.
func (m *Model) Spec(target string, columns []string) (predict.Spec, error) {
	names := m.Names
	if len(names) == 0 {
		names = columns
	}
	if len(names) == 0 {
		for j := range m.Features {
			names = append(names, fmt.Sprintf("f%d", j))
		}
	}
	if len(names) != m.Features {
		return predict.Spec{}, fault.Errorf(fault.Invalid, "the XGBoost model has %d features, and %d columns are known: name the columns that it was trained on, in their order", m.Features, len(names))
	}
	spec := predict.Spec{Version: 1, Target: predict.Target{Name: target}, Trees: m.Trees}
	for j, name := range names {
		spec.Inputs = append(spec.Inputs, predict.Input{Name: name, Kind: frame.Number})
		spec.Features = append(spec.Features, predict.Feature{Name: name, Input: j, Op: "steps"})
	}
	m.Task(&spec, nil)
	return spec, nil
}

// Task fills in what the objective decides. Classes are the labels, if known.
func (m *Model) Task(spec *predict.Spec, classes []string) {
	spec.Task = predict.TaskRegression
	spec.Target.Log = m.Log
	n := 0
	switch {
	case m.Binary:
		spec.Task, spec.Link, n = predict.TaskBinary, predict.Logistic, 2
	case m.Classwise:
		spec.Task, spec.Link, n = predict.TaskMulticlass, predict.Softmax, m.Groups
	}
	if len(classes) == n {
		spec.Classes = classes
		return
	}
	for k := range n {
		spec.Classes = append(spec.Classes, strconv.Itoa(k))
	}
}
