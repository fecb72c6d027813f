package sklearn

import (
	"dasier/ml/forest"
	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// bag follows the members of a bagging, each over its own columns.
func (r *reader) bag(p part, d *design) ([]inner, error) {
	parts, err := p.parts("estimators_")
	if err != nil {
		return nil, err
	}
	if d, err = d.shared(p); err != nil {
		return nil, err
	}
	var subsets []any
	if p.get("estimators_features_") != nil {
		if subsets, err = p.items("estimators_features_"); err != nil {
			return nil, err
		}
		if len(subsets) != len(parts) {
			return nil, p.wrong("it has the columns of %d estimators, there are %d", len(subsets), len(parts))
		}
	}
	list := make([]inner, len(parts))
	for k, m := range parts {
		mine := d
		if subsets != nil {
			if mine, err = d.subset(p, subsets[k]); err != nil {
				return nil, err
			}
		}
		a, err := r.inside(m, mine)
		if err != nil {
			return nil, err
		}
		list[k] = inner{m, a}
	}
	return list, nil
}

// subset is a design of some of the columns.
func (d *design) subset(p part, v any) (*design, error) {
	places, ok := v.(*pickle.Array)
	if !ok {
		return nil, p.wrong("the columns of an estimator are %s", kindOf(v))
	}
	numbers, err := places.Floats()
	if err != nil {
		return nil, p.wrong("the columns of an estimator: %v", err)
	}
	out := d.with(nil)
	for _, x := range numbers {
		if !(x >= 0 && x < float64(len(d.columns))) {
			return nil, p.wrong("an estimator takes column %v, there are %d", x, len(d.columns))
		}
		out.columns = append(out.columns, d.columns[int(x)])
	}
	return out, nil
}

func (r *reader) baggingRegressor(p part, d *design) (answer, error) {
	members, err := r.bag(p, d)
	if err != nil {
		return answer{}, err
	}
	if a, ok := meanOfTrees(members, nil); ok {
		return a, nil
	}
	var cells []cell
	width := 0
	for k := range members {
		values, err := d.builder.values(members[k].part, &members[k].answer)
		if err != nil {
			return answer{}, err
		}
		if k > 0 && len(values) != width {
			return answer{}, members[k].wrong("it predicts %d targets, another one %d", len(values), width)
		}
		width = len(values)
		cells = append(cells, values...)
	}
	mean, err := d.builder.stage(p, &stage.Average{Width: width}, cells)
	a := answer{task: predict.TaskRegression, scores: mean}
	if width > 1 {
		a.task = predict.TaskVector
	}
	return a, err
}

// baggingClassifier reads the mean of probabilities, or of votes where an
// estimator has none.
func (r *reader) baggingClassifier(p part, d *design) (answer, error) {
	classes, err := p.classes()
	if err != nil {
		return answer{}, err
	}
	members, err := r.bag(p, d)
	if err != nil {
		return answer{}, err
	}
	if a, ok := meanOfTrees(members, classes); ok {
		return a, nil
	}
	var cells, decisions []cell
	decided := true
	for k := range members {
		m := &members[k]
		shares, ok, err := d.shares(m, classes, true)
		if err != nil {
			return answer{}, err
		}
		if !ok {
			at, err := d.vote(m, classes, true)
			if err != nil {
				return answer{}, err
			}
			if shares, err = d.builder.stage(m.part, &stage.Ballot{Classes: len(classes)}, []cell{at}); err != nil {
				return answer{}, err
			}
		}
		cells = append(cells, shares...)
		said, ok, err := d.decision(m)
		if err != nil {
			return answer{}, err
		}
		decided = decided && ok && len(m.answer.classes) == len(classes)
		decisions = append(decisions, said...)
	}
	mean, err := d.builder.stage(p, &stage.Average{Width: len(classes)}, cells)
	if err != nil {
		return answer{}, err
	}
	a, err := d.chooses(p, classes, mean, "", nil)
	if err != nil || !decided {
		return a, err
	}
	decision, err := d.builder.stage(p, &stage.Average{Width: len(decisions) / len(members)}, decisions)
	a.outputs = append(a.outputs, named{"decision_function", decision})
	return a, err
}

// meanOfTrees reads a bagging of single trees as one forest, which is computed
// and explained best; false where the members are anything else.
func meanOfTrees(members []inner, classes []string) (answer, bool) {
	first := &members[0].answer
	a := answer{task: first.task, classes: classes}
	for k := range members {
		if m := &members[k].answer; m.task != first.task || len(m.classes) != len(classes) {
			return answer{}, false
		}
	}
	if first.trees == nil {
		return answer{}, false
	}
	width := len(first.trees.Base)
	trees, takes, ok := joined(members, width, func(_, _ int, values, into []float64) { copy(into, values) })
	if !ok {
		return answer{}, false
	}
	trees.Mean, trees.Base = true, make([]float64, width)
	a.trees, a.takes = trees, takes
	return a, true
}

// joined puts single trees together: leaf turns the values of the leaf that is
// node n of member k into those it has in the whole. It is false where a member
// is no single tree.
func joined(members []inner, width int, leaf func(k, n int, values, into []float64)) (*forest.Trees, []cell, bool) {
	all := &forest.Trees{Rule: forest.SingleAtMost}
	var takes []cell
	places := map[cell]int32{}
	for k := range members {
		m := &members[k].answer
		if !singleTree(m) || len(m.trees.Base) != len(members[0].answer.trees.Base) {
			return nil, nil, false
		}
		t, from := m.trees, len(m.trees.Base)
		begin := int32(len(all.Feature)) //nolint:gosec // package forest bounds nodes
		all.Roots = append(all.Roots, begin+t.Roots[0])
		value := make([]float64, width)
		for n, f := range t.Feature {
			left, right := t.Left[n], t.Right[n]
			clear(value)
			if f >= 0 {
				if int(f) >= len(m.takes) {
					return nil, nil, false
				}
				at, ok := places[m.takes[f]]
				if !ok {
					at = int32(len(takes)) //nolint:gosec // as above
					places[m.takes[f]] = at
					takes = append(takes, m.takes[f])
				}
				f, left, right = at, begin+left, begin+right
			} else {
				leaf(k, n, t.Value[n*from:(n+1)*from], value)
			}
			all.Feature, all.Left, all.Right = append(all.Feature, f), append(all.Left, left), append(all.Right, right)
			all.Value = append(all.Value, value...)
		}
		all.Threshold, all.MissingLeft = append(all.Threshold, t.Threshold...), append(all.MissingLeft, t.MissingLeft...)
		all.Cover = append(all.Cover, t.Cover...)
	}
	return all, takes, len(takes) > 0
}

// singleTree tells an answer that is one decision tree of scikit-learn's.
func singleTree(a *answer) bool {
	t := a.trees
	if t == nil || len(t.Roots) != 1 || len(t.Value) != len(t.Feature)*len(t.Base) || a.log || a.link != "" || len(a.outputs) > 0 {
		return false
	}
	if t.Rule != forest.SingleAtMost || t.Output != nil || t.Sets != nil || t.Lines != nil || t.Single || t.ZeroMissing != nil {
		return false
	}
	for _, x := range t.Base {
		if x != 0 {
			return false
		}
	}
	return true
}
