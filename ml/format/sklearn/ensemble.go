package sklearn

import (
	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// votingRegressor reads the weighted mean of several regressions.
func (r *reader) votingRegressor(p part, d *design) (answer, error) {
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	weights, err := votingWeights(p, len(members))
	if err != nil {
		return answer{}, err
	}
	var cells []cell
	for k := range members {
		values, err := d.builder.values(members[k].part, &members[k].answer)
		if err != nil {
			return answer{}, err
		}
		if len(values) != 1 {
			return answer{}, members[k].wrong("it predicts %d targets, and one is wanted", len(values))
		}
		cells = append(cells, values...)
	}
	mean, err := d.builder.stage(p, &stage.Average{Width: 1, Weights: weights}, cells)
	if err != nil {
		return answer{}, err
	}
	return answer{task: predict.TaskRegression, scores: mean, outputs: []named{{"transform", cells}}}, nil
}

// votingWeights are those of the members that were not dropped; nil when all
// weigh the same.
func votingWeights(p part, members int) ([]float64, error) {
	if p.get("weights") == nil {
		return nil, nil
	}
	all, err := p.floats("weights")
	if err != nil {
		return nil, err
	}
	named, err := p.items("estimators")
	if err != nil {
		return nil, err
	}
	if len(named) != len(all) {
		return nil, p.wrong("it has %d weights for %d estimators", len(all), len(named))
	}
	var weights []float64
	for k, item := range named {
		pair, ok := pickle.Items(item)
		if ok && len(pair) == 2 && (pair[1] == nil || pair[1] == "drop") {
			continue
		}
		weights = append(weights, all[k])
	}
	if len(weights) != members {
		return nil, p.wrong("it has weights for %d estimators, %d were fitted", len(weights), members)
	}
	return weights, nil
}

// votingClassifier reads a vote: of probabilities ("soft") or of choices.
func (r *reader) votingClassifier(p part, d *design) (answer, error) {
	classes, err := p.classes()
	if err != nil {
		return answer{}, err
	}
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	weights, err := votingWeights(p, len(members))
	if err != nil {
		return answer{}, err
	}
	soft := p.text("voting") == "soft"
	var cells []cell
	for k := range members {
		if !soft {
			at, err := d.vote(&members[k], classes, true)
			if err != nil {
				return answer{}, err
			}
			cells = append(cells, at)
			continue
		}
		shares, ok, err := d.shares(&members[k], classes, true)
		if err != nil {
			return answer{}, err
		}
		if !ok {
			return answer{}, members[k].wrong("it gives no probabilities, and voting=\"soft\" needs them")
		}
		cells = append(cells, shares...)
	}
	var count stage.Operation = &stage.Ballot{Classes: len(classes), Weights: weights}
	link := predict.Decision
	if soft {
		count, link = &stage.Average{Width: len(classes), Weights: weights}, ""
	}
	sums, err := d.builder.stage(p, count, cells)
	if err != nil {
		return answer{}, err
	}
	a, err := d.chooses(p, classes, sums, link, nil)
	a.outputs = []named{{"transform", cells}}
	return a, err
}

// stacking reads an estimator that learns from what others predict.
func (r *reader) stacking(p part, d *design) (answer, error) {
	var classes []string
	var err error
	if p.class() == "StackingClassifier" {
		if classes, err = p.classes(); err != nil {
			return answer{}, err
		}
	}
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	methods, err := stackMethods(p, len(members), classes != nil)
	if err != nil {
		return answer{}, err
	}
	var seen []column
	for k := range members {
		cells, err := d.stacked(&members[k], methods[k], len(classes) == 2)
		if err != nil {
			return answer{}, err
		}
		seen = append(seen, columnsOf(cells, nil)...)
	}
	said := make([]cell, len(seen))
	for k := range seen {
		said[k] = seen[k].cell
	}
	if p.truth("passthrough", false) {
		seen = append(seen, d.columns...)
	}
	final, ok := p.child("final_estimator_")
	if !ok {
		return answer{}, p.wrong("it has no final_estimator_: was it fitted?")
	}
	a, err := r.inside(final, d.with(seen))
	if err != nil {
		return answer{}, err
	}
	if !p.truth("passthrough", false) { // else it gives the columns besides
		a.outputs = append(a.outputs, named{"transform", said})
	}
	if classes == nil {
		return a, nil
	}
	last := inner{final, a}
	places, err := last.places(classes, true)
	if err != nil {
		return answer{}, err
	}
	if !straightPlaces(places, len(classes)) {
		return answer{}, final.wrong("it knows the classes %v, and the whole knows %v", a.classes, classes)
	}
	a.classes = classes
	return a, nil
}

// stackMethods is what each member is asked for.
func stackMethods(p part, members int, classifies bool) ([]string, error) {
	methods := p.names("stack_method_")
	switch {
	case len(methods) == members:
		return methods, nil
	case methods != nil || classifies:
		return nil, p.wrong("its stack_method_ names %d methods for %d estimators", len(methods), members)
	}
	methods = make([]string, members)
	for k := range methods {
		methods[k] = "predict"
	}
	return methods, nil
}

// stacked is what a member adds to the columns of the final estimator. The two
// probabilities of a binary choice say the same twice: the second stands alone.
func (d *design) stacked(m *inner, method string, binary bool) ([]cell, error) {
	switch method {
	case "predict_proba":
		cells, ok, err := d.builder.probabilities(m.part, &m.answer)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, m.wrong("it gives no probabilities, and the stack asks for them")
		}
		if binary && len(cells) == 2 {
			cells = cells[1:]
		}
		return cells, nil
	case "decision_function":
		cells, ok, err := d.builder.decision(m.part, &m.answer)
		if err == nil && !ok {
			err = m.wrong("it has no decision_function, and the stack asks for it")
		}
		return cells, err
	case "predict":
		if len(m.answer.classes) == 0 {
			return d.builder.values(m.part, &m.answer)
		}
		label, err := d.classAsNumber(m)
		return []cell{label}, err
	}
	return nil, m.wrong("the stack asks for its %q, which is not read", method)
}
