package booster

import (
	"dasier/fault"
	"dasier/ml/forest"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// Answer is what a booster says of its features.
type Answer struct {
	Task    string
	Classes []string
	Targets []string // of a vector
	Link    predict.Link
	Log     bool // the scores are logarithms of the answer
	// Either Trees are the scores; or the first of Stages computes raw scores of
	// the features, and each next one something of what the one before it has
	// computed. The last one's cells are the scores.
	Trees  *forest.Trees
	Stages []stage.Operation
	Raw    string // the system's name for the raw scores, for who asks for them: "margin"
}

// put appends an answer to a spec whose features are there.
func (a *Answer) put(spec *predict.Spec) error {
	spec.Task, spec.Classes, spec.Targets, spec.Link, spec.Target.Log = a.Task, a.Classes, a.Targets, a.Link, a.Log
	if a.Trees != nil {
		spec.Trees = a.Trees
		return nil
	}
	cells, next := sequence(0, len(spec.Features)), len(spec.Features)
	for k, do := range a.Stages {
		width, err := do.Check(len(cells))
		if err != nil {
			return err
		}
		spec.Stages = append(spec.Stages, predict.Stage{From: cells, Do: do})
		cells = sequence(next, width)
		next += width
		if k == 0 && len(a.Stages) > 1 {
			spec.Outputs = append(spec.Outputs, predict.Output{Name: a.Raw, Cells: cells})
		}
	}
	spec.Answer = &predict.Answer{Scores: cells}
	return nil
}

func sequence(from, n int) []int32 {
	list := make([]int32, n)
	for k := range list {
		list[k] = int32(from + k) //nolint:gosec // package predict bounds cells
	}
	return list
}

// Each does the same steps to each of n cells.
func Each(n int, steps ...stage.Step) (stage.Operation, error) {
	all := make([][]stage.Step, n)
	for k := range all {
		all[k] = steps
	}
	return stage.NewElementwise(all)
}

// Classes are the labels of n classes: those given, where there are so many,
// or their numbers.
func Classes(n int, given []string, number func(k int) string) ([]string, error) {
	if len(given) == n {
		return given, nil
	}
	if len(given) > 0 {
		return nil, fault.Errorf(fault.Invalid, "the model has %d classes, and %d labels for them", n, len(given))
	}
	labels := make([]string, n)
	for k := range labels {
		labels[k] = number(k)
	}
	return labels, nil
}
