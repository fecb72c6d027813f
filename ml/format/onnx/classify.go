package onnx

import (
	"math"
	"slices"
	"strconv"

	"dasier/ml/predict"
	"dasier/ml/tensor"
)

// classes are what a classifier chooses from.
type classes struct {
	names  []string
	byText map[string]int
	byInt  map[int64]int
}

// classifier finds the output that is a label and the one with its scores; -1
// where there is none.
func (a *assembly) classifier(answers [][]tensor.Tensor) (label, scores int, c classes) {
	ports := a.machine.Outputs()
	label, scores = -1, -1
	for i := range ports {
		if (ports[i].Type == tensor.String || ports[i].Type == tensor.Int64) && answers[0][i].Count() == 1 && label < 0 {
			label = i
		}
	}
	if label < 0 {
		return -1, -1, c
	}
	for i := range ports {
		if ports[i].Keys != nil && scores < 0 {
			scores, c.names = i, ports[i].Keys
		}
	}
	if c.names == nil {
		// A classifier gives scores for each class, or one for two.
		for i := range ports {
			if n := answers[0][i].Count(); i != label && scores < 0 && (ports[i].Type == tensor.Float || ports[i].Type == tensor.Double) && n >= 1 {
				texts, ints := a.texts.classesOf(ports[label].Name, max(n, 2))
				if texts == nil && ints == nil {
					texts, ints = a.texts.classesOf(ports[label].Name, 0)
				}
				if c.names = texts; ints != nil {
					c.names = spelled(ints)
				}
				if len(c.names) == n || len(c.names) == 2 && n == 1 {
					scores = i
				}
			}
		}
	}
	if c.names == nil && ports[label].Type == tensor.String {
		c.names, _ = a.texts.classesOf(ports[label].Name, 0)
	}
	if len(c.names) < 2 || !unique(c.names) || ports[label].Type == tensor.Int64 && (scores < 0 || len(answers[0][label].Shape) > 1) {
		// An integer that names no class is a number; so is what is no list of
		// labels, a mark for outliers.
		return -1, -1, c
	}
	c.byText, c.byInt = make(map[string]int), make(map[int64]int)
	for i, name := range c.names {
		c.byText[name] = i
		if v, err := strconv.ParseInt(name, 10, 64); err == nil {
			c.byInt[v] = i
		} else if ports[label].Type == tensor.Int64 {
			return -1, -1, c
		}
	}
	return label, scores, c
}

func unique(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) == len(names)
}

// choice makes the answer of a classifier.
func (a *assembly) choice(starts []int32, label, scores int, c classes, answers [][]tensor.Tensor) {
	a.spec.Classes, a.spec.Task = c.names, predict.TaskMulticlass
	if len(c.names) == 2 {
		a.spec.Task = predict.TaskBinary
	}
	a.spec.Answer = &predict.Answer{Chosen: starts[label]}
	var cells []int32
	if scores < 0 { // a label alone: 1 for the class, 0 for others
		a.spec.Link = predict.Decision
		cells = cellsFrom(starts[label]+1, len(c.names))
	} else {
		cells = cellsFrom(starts[scores], a.op.outputs[scores].width)
		if !probabilities(answers, scores, len(c.names)) {
			a.spec.Link = predict.Decision
		}
	}
	if a.spec.Task == predict.TaskBinary {
		cells = cells[len(cells)-1:]
	}
	a.spec.Answer.Scores = cells
}

// probabilities tells whether an output is a distribution over the classes for
// every made-up row.
func probabilities(answers [][]tensor.Tensor, output, classes int) bool {
	for _, out := range answers {
		t := &out[output]
		if t.Count() != classes {
			return false
		}
		sum := 0.0
		for i := range classes {
			v := cellOf(t, i)
			if !(v >= -1e-6 && v <= 1+1e-6) {
				return false
			}
			sum += v
		}
		if !(math.Abs(sum-1) <= 1e-3) {
			return false
		}
	}
	return true
}
