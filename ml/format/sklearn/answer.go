package sklearn

import (
	"fmt"
	"math"
	"slices"

	"dasier/ml/forest"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// answer is what an estimator says of a row. At the end of a model it becomes
// the spec's estimator; inside another one (a stack, a vote) its cells are used.
type answer struct {
	task    string
	classes []string
	link    predict.Link // from scores to probabilities
	log     bool         // regression: the scores are logarithms of the answer
	silent  bool         // scikit-learn's has no decision_function, whatever its link
	targets []string     // vector

	// Either one of these over takes, which package predict computes and explains
	// best ...
	takes     []cell
	linear    *predict.Linear
	classwise []predict.Linear
	trees     *forest.Trees
	// ... or scores that stages computed: one of a regression and of a binary
	// choice (the second class's), or one per class or target.
	scores []cell
	// chosen is the cell with the place of the class chosen, where that is not
	// the highest score's.
	chosen *cell

	outputs []named // what else can be asked for
}

// named are cells under scikit-learn's name for them: "decision_function".
type named struct {
	name  string
	cells []cell
}

// computed gives the scores of an answer as cells.
func (b *builder) computed(p part, a *answer) ([]cell, error) {
	if a.scores != nil {
		return a.scores, nil
	}
	var do stage.Operation
	switch {
	case a.trees != nil:
		trees, err := stage.NewTrees(a.trees, len(a.takes))
		if err != nil {
			return nil, p.wrong("%v", err)
		}
		do = trees
	case a.linear != nil:
		do = &stage.Affine{Weights: a.linear.Weights, Bias: []float64{a.linear.Bias}}
	default:
		all := &stage.Affine{}
		for k := range a.classwise {
			all.Weights, all.Bias = append(all.Weights, a.classwise[k].Weights...), append(all.Bias, a.classwise[k].Bias)
		}
		do = all
	}
	scores, err := b.stage(p, do, a.takes)
	a.scores = scores
	return scores, err
}

// values are an answer's predictions as numbers: of a regression or a vector.
func (b *builder) values(p part, a *answer) ([]cell, error) {
	if len(a.classes) > 0 {
		return nil, p.wrong("it chooses a class, and a number is wanted of it")
	}
	scores, err := b.computed(p, a)
	if err != nil || !a.log {
		return scores, err
	}
	exp, err := stage.NewElementwise([][]stage.Step{{{Op: "exp"}}})
	if err != nil {
		return nil, p.wrong("%v", err)
	}
	return b.stage(p, exp, scores)
}

// probabilities are an answer's, a cell per class; false when the estimator has
// none.
func (b *builder) probabilities(p part, a *answer) (cells []cell, ok bool, err error) {
	if len(a.classes) == 0 || a.link == predict.Decision {
		return nil, false, nil
	}
	scores, err := b.computed(p, a)
	if err != nil {
		return nil, false, err
	}
	switch {
	case a.task == predict.TaskBinary:
		if a.link == predict.Logistic {
			logistic, err := stage.NewElementwise([][]stage.Step{{{Op: "logistic"}}})
			if err != nil {
				return nil, false, p.wrong("%v", err)
			}
			if scores, err = b.stage(p, logistic, scores); err != nil {
				return nil, false, err
			}
		}
		cells, err = b.stage(p, stage.Complement{}, scores)
	case a.link == predict.Softmax:
		cells, err = b.stage(p, stage.Softmax{}, scores)
	case a.link == predict.OneVsAll:
		cells, err = b.stage(p, stage.OneVsAll{}, scores)
	default:
		cells = scores
	}
	return cells, err == nil, err
}

// decision is an answer's decision function: one cell of a binary choice, else
// one per class; false when the estimator has none.
func (b *builder) decision(p part, a *answer) (cells []cell, ok bool, err error) {
	for _, o := range a.outputs {
		if o.name == "decision_function" {
			return o.cells, true, nil
		}
	}
	if len(a.classes) == 0 || a.link == "" || a.silent {
		return nil, false, nil
	}
	cells, err = b.computed(p, a)
	return cells, err == nil, err
}

// label is the place of the class chosen.
func (b *builder) label(p part, a *answer) (cell, error) {
	if a.chosen != nil {
		return *a.chosen, nil
	}
	cells, ok, err := b.probabilities(p, a)
	if err == nil && !ok {
		cells, ok, err = b.decision(p, a)
	}
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, p.wrong("it chooses no class, and one is wanted of it")
	}
	var choose stage.Operation = stage.Largest{}
	if len(cells) == 1 {
		above, err := stage.NewElementwise([][]stage.Step{{{Op: "above"}}})
		if err != nil {
			return 0, p.wrong("%v", err)
		}
		choose = above
	}
	out, err := b.stage(p, choose, cells)
	if err != nil {
		return 0, err
	}
	return out[0], nil
}

// conclude makes an answer the spec's.
func (b *builder) conclude(p part, a *answer, spec *predict.Spec) error {
	for k := range a.outputs {
		if len(a.outputs[k].cells) == 0 {
			return p.wrong("its %s has no columns", a.outputs[k].name)
		}
	}
	if err := b.resolve(p); err != nil {
		return err
	}
	if len(b.guards) > 0 {
		if err := b.guard(p, a); err != nil {
			return err
		}
	}
	number := b.finish(spec)
	spec.Task, spec.Classes, spec.Link, spec.Target.Log, spec.Targets = a.task, a.classes, a.link, a.log, a.targets
	if a.scores != nil {
		spec.Answer = &predict.Answer{Scores: numbered(a.scores, number)}
		if a.chosen != nil {
			spec.Answer.Chosen = number[*a.chosen]
		}
	} else {
		spec.Linear, spec.Classwise, spec.Trees = a.linear, a.classwise, a.trees
		spec.Takes = numbered(a.takes, number)
		if straight(spec.Takes, len(spec.Features)) && len(spec.Stages) == 0 {
			spec.Takes = nil
		}
	}
	if a.task == predict.TaskVector && a.targets == nil {
		for k := range a.scores {
			spec.Targets = append(spec.Targets, fmt.Sprintf("y%d", k))
		}
	}
	distinct(spec.Targets)
	for _, o := range a.outputs {
		spec.Outputs = append(spec.Outputs, predict.Output{Name: o.name, Cells: numbered(o.cells, number)})
	}
	for j := range spec.Features { // what nothing fills in is required
		if spec.Features[j].Op == "value" && math.IsNaN(spec.Features[j].Impute) {
			return p.wrong("the feature %q imputes no number", spec.Features[j].Name)
		}
	}
	return nil
}

// distinct makes names differ: a union may make two columns of one name.
func distinct(names []string) {
	seen, next := make(map[string]bool, len(names)), map[string]int{}
	for k, name := range names {
		n := max(next[name], 2) // what comes before is taken
		for ; seen[names[k]] || names[k] == ""; n++ {
			names[k] = fmt.Sprintf("%s (%d)", name, n)
		}
		if names[k] != name {
			next[name] = n
		}
		seen[names[k]] = true
	}
}

// guard lets the answer be missing where a guard is.
func (b *builder) guard(p part, a *answer) error {
	scores, err := b.computed(p, a)
	if err != nil {
		return err
	}
	a.scores, err = b.stage(p, stage.Guard{Guards: len(b.guards)}, append(slices.Clone(scores), b.guards...))
	a.takes, a.linear, a.classwise, a.trees = nil, nil, nil, nil
	return err
}

// straight tells whether cells are all the features, in order.
func straight(cells []int32, features int) bool {
	for j, c := range cells {
		if int(c) != j {
			return false
		}
	}
	return len(cells) == features
}
