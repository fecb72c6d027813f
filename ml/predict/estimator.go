package predict

import (
	"fmt"
	"math"

	"dasier/ml/frame"
)

// Limits of trees.
const (
	maxClasses = 1_000
	maxNodes   = 50_000_000
	maxDepth   = 500 // explaining a tree takes a step per level
	maxSteps   = 100 // of one feature
)

// checkTask holds task, classes and link to each other.
func checkTask(s *Spec) error {
	switch s.Task {
	case TaskRegression:
		if len(s.Classes) > 0 || s.Positive != "" || s.Link != "" {
			return wrong("classes", "a regression has no classes and no link")
		}
		return nil
	case TaskBinary:
		if len(s.Classes) != 2 {
			return wrong("classes", "a binary model has two, there are %d", len(s.Classes))
		}
		if s.Positive != "" && s.Positive != s.Classes[0] && s.Positive != s.Classes[1] {
			return wrong("positive", "%q is none of the classes %q and %q", s.Positive, s.Classes[0], s.Classes[1])
		}
		if s.Link != "" && s.Link != Logistic {
			return wrong("link", "must be \"logistic\" or empty for a binary model, it is %q", s.Link)
		}
	case TaskMulticlass:
		if len(s.Classes) < 2 || len(s.Classes) > maxClasses {
			return wrong("classes", "there must be 2 to %d, there are %d", maxClasses, len(s.Classes))
		}
		if s.Positive != "" {
			return wrong("positive", "only a binary model has a positive class")
		}
		if s.Link != "" && s.Link != Softmax && s.Link != OneVsAll {
			return wrong("link", "must be \"softmax\", \"onevsall\" or empty for a multiclass model, it is %q", s.Link)
		}
	default:
		return wrong("task", "must be \"regression\", \"binary\" or \"multiclass\", it is %q", s.Task)
	}
	if s.Target.Log || s.Interval != nil {
		return wrong("target.log", "a classifier predicts no logarithm and has no interval")
	}
	_, err := checkLevels("classes", s.Classes)
	return err
}

// outputs is how many scores the estimator gives.
func (s *Spec) outputs() int {
	if s.Task == TaskMulticlass {
		return len(s.Classes)
	}
	return 1
}

// plain tells the features that the first layout had: one affine function.
func (f *Feature) plain() bool { return f.Op != opSteps && f.Op != opTable }

func checkSteps(field string, f *Feature, in *Input) error {
	if in.Kind == frame.Category {
		return wrong(field+".op", "\"steps\" of %q, which is a category", in.Name)
	}
	if len(f.Steps) > maxSteps {
		return wrong(field+".steps", "there are %d, at most %d are allowed", len(f.Steps), maxSteps)
	}
	for k, step := range f.Steps {
		if _, ok := stepNames[step.Op]; !ok {
			return wrong(fmt.Sprintf("%s.steps[%d].op", field, k), "there is no step %q", step.Op)
		}
	}
	return nil
}

func checkTable(field string, f *Feature, in *Input) error {
	if in.Kind != frame.Category {
		return wrong(field+".op", "\"table\" of %q, which is no category but a %s", in.Name, in.Kind)
	}
	if len(f.Table) != len(in.Levels)+2 {
		return wrong(field+".table", "there are %d entries for %d levels, an unknown and a missing one", len(f.Table), len(in.Levels))
	}
	return nil
}

// checkEstimator bounds everything that is multiplied, so that no linear
// program can overflow, and follows every tree to its leaves.
func checkEstimator(s *Spec) error {
	set := 0
	for _, is := range []bool{s.Linear != nil, s.Classwise != nil, s.Trees != nil} {
		if is {
			set++
		}
	}
	switch {
	case set == 0:
		return wrong("linear", "the model has no estimator")
	case set > 1:
		return wrong("linear", "the model has more than one estimator")
	case s.Linear != nil:
		if s.outputs() != 1 {
			return wrong("linear", "a multiclass model has one linear function per class")
		}
		return checkLinear("linear", s, s.Linear)
	case s.Trees != nil:
		return checkTrees(s, s.Trees)
	}
	if len(s.Classwise) != s.outputs() || s.Task != TaskMulticlass {
		return wrong("classwise", "there are %d linear functions for %d classes", len(s.Classwise), len(s.Classes))
	}
	for k := range s.Classwise {
		if err := checkLinear(fmt.Sprintf("classwise[%d]", k), s, &s.Classwise[k]); err != nil {
			return err
		}
	}
	return nil
}

func checkLinear(field string, s *Spec, l *Linear) error {
	if len(l.Weights) != len(s.Features) {
		return wrong(field+".weights", "there are %d for %d features", len(l.Weights), len(s.Features))
	}
	if len(l.Base) != len(s.Features) {
		return wrong(field+".base", "there are %d for %d features", len(l.Base), len(s.Features))
	}
	if err := checkNumber(field+".bias", l.Bias); err != nil {
		return err
	}
	for j, weight := range l.Weights {
		if err := checkNumber(fmt.Sprintf("%s.weights[%d]", field, j), weight); err != nil {
			return err
		}
		if err := checkNumber(fmt.Sprintf("%s.base[%d]", field, j), l.Base[j]); err != nil {
			return err
		}
		f := &s.Features[j]
		slope, center := weight, 0.0
		if f.plain() {
			slope, center = weight/f.Scale, f.Center
		}
		if !(math.Abs(slope) <= largestSlope && math.Abs(slope*center) <= largestSlope && math.Abs(weight*l.Base[j]) <= largestSlope) {
			return wrong(fmt.Sprintf("features[%d].scale", j), "weight %v over scale %v with centre %v and base %v overflows", weight, f.Scale, f.Center, l.Base[j])
		}
	}
	return nil
}

func checkTrees(s *Spec, t *Trees) error {
	nodes, outputs := len(t.Feature), s.outputs()
	width := outputs
	if t.Output != nil {
		width = 1
	}
	switch {
	case nodes > maxNodes:
		return wrong("trees.feature", "there are %d nodes, at most %d are allowed", nodes, maxNodes)
	case len(t.Threshold) != nodes || len(t.Left) != nodes || len(t.Right) != nodes || len(t.MissingLeft) != nodes || len(t.Cover) != nodes:
		return wrong("trees.feature", "the arrays of nodes differ in length")
	case len(t.Value) != nodes*width:
		return wrong("trees.value", "there are %d for %d nodes", len(t.Value), nodes)
	case t.Output != nil && len(t.Output) != len(t.Roots):
		return wrong("trees.output", "there are %d for %d trees", len(t.Output), len(t.Roots))
	case len(t.Base) != outputs:
		return wrong("trees.base", "there are %d for %d scores", len(t.Base), outputs)
	case t.Rule != SingleAtMost && t.Rule != SingleBelow && t.Rule != DoubleAtMost:
		return wrong("trees.rule", "there is no rule %q", t.Rule)
	case t.Mean && len(t.Roots) == 0:
		return wrong("trees.roots", "the mean of no trees")
	}
	for k, base := range t.Base {
		if err := checkNumber(fmt.Sprintf("trees.base[%d]", k), base); err != nil {
			return err
		}
	}
	for k, v := range t.Value {
		if !(math.Abs(v) <= largestSlope) {
			return wrong(fmt.Sprintf("trees.value[%d]", k), "must be a finite number, it is %v", v)
		}
	}
	seen := make([]bool, nodes)
	for k, root := range t.Roots {
		if t.Output != nil && (t.Output[k] < 0 || int(t.Output[k]) >= outputs) {
			return wrong(fmt.Sprintf("trees.output[%d]", k), "there is no score %d", t.Output[k])
		}
		if err := t.check(root, len(s.Features), seen); err != nil {
			return wrong(fmt.Sprintf("trees.roots[%d]", k), "%s", err.Error())
		}
	}
	return nil
}

// check follows a tree: every node is reached once, so nothing descends for
// ever.
func (t *Trees) check(root int32, features int, seen []bool) error {
	type place struct{ node, depth int32 }
	todo := []place{{root, 0}}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch {
		case at.node < 0 || int(at.node) >= len(seen):
			return fmt.Errorf("the tree has no node %d", at.node)
		case seen[at.node]:
			return fmt.Errorf("node %d has two parents: this is no tree", at.node)
		case at.depth > maxDepth:
			return fmt.Errorf("the tree is deeper than %d", maxDepth)
		}
		seen[at.node] = true
		f := t.Feature[at.node]
		if f == -1 {
			continue
		}
		if f < 0 || int(f) >= features {
			return fmt.Errorf("node %d tests feature %d, there are %d", at.node, f, features)
		}
		if math.IsNaN(t.Threshold[at.node]) {
			return fmt.Errorf("node %d compares with no number", at.node)
		}
		todo = append(todo, place{t.Left[at.node], at.depth + 1}, place{t.Right[at.node], at.depth + 1})
	}
	return nil
}
