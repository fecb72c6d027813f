package sklearn

import (
	"strconv"

	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// metaFamily are the estimators that are made of others.
func (r *reader) metaFamily(class string) estimator {
	switch class {
	case "VotingRegressor":
		return r.votingRegressor
	case "VotingClassifier":
		return r.votingClassifier
	case "StackingRegressor", "StackingClassifier":
		return r.stacking
	case "BaggingRegressor":
		return r.baggingRegressor
	case "BaggingClassifier":
		return r.baggingClassifier
	case "AdaBoostRegressor":
		return r.adaBoostRegressor
	case "AdaBoostClassifier":
		return r.adaBoostClassifier
	case "CalibratedClassifierCV":
		return r.calibrated
	case "MultiOutputRegressor":
		return r.multiOutput
	case "MultiOutputClassifier":
		return r.multiOutputClassifier
	case "RegressorChain", "ClassifierChain":
		return r.chain
	case "OneVsRestClassifier":
		return r.oneVsRest
	case "OneVsOneClassifier":
		return r.oneVsOne
	case "OutputCodeClassifier":
		return r.outputCode
	case "_ConstantPredictor":
		return r.constantPredictor
	case "TransformedTargetRegressor":
		return r.transformedTarget
	case "TunedThresholdClassifierCV", "FixedThresholdClassifier":
		return r.threshold
	case "SelfTrainingClassifier":
		return r.selfTraining
	}
	return nil
}

// inner is an estimator inside another, and what it says.
type inner struct {
	part
	answer answer
}

// parts are an attribute's estimators; where one is none, it is refused.
func (p part) parts(attribute string) ([]part, error) {
	items, err := p.items(attribute)
	if err != nil {
		return nil, err
	}
	list := make([]part, len(items))
	for k, item := range items {
		o, ok := item.(*pickle.Object)
		if !ok {
			return nil, p.wrong("the estimator %d of its %s is %s", k, attribute, kindOf(item))
		}
		list[k] = part{o, join(p.path, attribute+"."+strconv.Itoa(k))}
	}
	if len(list) == 0 {
		return nil, p.wrong("its %s are none", attribute)
	}
	return list, nil
}

// members follows the estimators that a part is made of, each over the same
// design.
func (r *reader) members(p part, d *design) ([]inner, error) {
	parts, err := p.parts("estimators_")
	if err != nil {
		return nil, err
	}
	if d, err = d.shared(p); err != nil {
		return nil, err
	}
	list := make([]inner, len(parts))
	for k, m := range parts {
		a, err := r.inside(m, d)
		if err != nil {
			return nil, err
		}
		list[k] = inner{m, a}
	}
	return list, nil
}

// shared computes what several estimators would otherwise compute each for
// itself: the steps after cells. Columns of inputs stay as they are, because
// their steps are a feature's, and those are shared anyway.
func (d *design) shared(p part) (*design, error) {
	out := d.with(append([]column(nil), d.columns...))
	for j := range out.columns {
		if c := &out.columns[j]; c.input < 0 && len(c.links) > 0 {
			at, err := d.materializeColumn(p, c, takesMissing)
			if err != nil {
				return nil, err
			}
			c.cell, c.links = at, nil
		}
	}
	return out, nil
}

// places are where the classes that an estimator knows stand among those of the
// estimator that it is a part of. Encoded classes are places themselves.
func (m *inner) places(outer []string, encoded bool) ([]int, error) {
	list := make([]int, len(m.answer.classes))
	for k, class := range m.answer.classes {
		at := -1
		if encoded {
			if n, err := strconv.Atoi(class); err == nil && n >= 0 && n < len(outer) {
				at = n
			} else if len(m.answer.classes) == len(outer) {
				at = k
			}
		} else {
			for i, label := range outer {
				if label == class {
					at = i
				}
			}
		}
		if at < 0 {
			return nil, m.wrong("it knows the class %q, which the whole does not", class)
		}
		list[k] = at
	}
	return list, nil
}

func straightPlaces(places []int, n int) bool {
	for k, at := range places {
		if at != k {
			return false
		}
	}
	return len(places) == n
}

// shares are an inner estimator's probabilities of the outer classes; false when
// it has none.
func (d *design) shares(m *inner, outer []string, encoded bool) ([]cell, bool, error) {
	cells, ok, err := d.builder.probabilities(m.part, &m.answer)
	if err != nil || !ok {
		return nil, false, err
	}
	places, err := m.places(outer, encoded)
	if err != nil || straightPlaces(places, len(outer)) {
		return cells, true, err
	}
	cells, err = d.builder.stage(m.part, &stage.Scatter{To: places, Width: len(outer)}, cells)
	return cells, true, err
}

// vote is the place, among the outer classes, of the class that an inner
// estimator chooses.
func (d *design) vote(m *inner, outer []string, encoded bool) (cell, error) {
	at, err := d.builder.label(m.part, &m.answer)
	if err != nil {
		return 0, err
	}
	places, err := m.places(outer, encoded)
	if err != nil || straightPlaces(places, len(outer)) {
		return at, err
	}
	table := make([]float64, len(places))
	for k, place := range places {
		table[k] = float64(place)
	}
	return d.one(m.part, &stage.Lookup{Table: table}, at)
}

// one adds an operation that gives one cell.
func (d *design) one(p part, do stage.Operation, from ...cell) (cell, error) {
	out, err := d.builder.stage(p, do, from)
	if err != nil {
		return 0, err
	}
	return out[0], nil
}

// classAsNumber is the label of the class that an estimator chooses, of labels
// that are numbers.
func (d *design) classAsNumber(m *inner) (cell, error) {
	at, err := d.builder.label(m.part, &m.answer)
	if err != nil {
		return 0, err
	}
	table := make([]float64, len(m.answer.classes))
	for k, class := range m.answer.classes {
		x, err := strconv.ParseFloat(class, 64)
		switch {
		case class == "true":
			x = 1
		case class == "false":
			x = 0
		case err != nil:
			return 0, m.wrong("its class %q is no number, and what follows computes with it", class)
		}
		table[k] = x
	}
	return d.one(m.part, &stage.Lookup{Table: table}, at)
}

// decides tells whether scikit-learn gives an estimator a decision_function:
// some that compute scores first do not.
func decides(p part) bool {
	for range maxNesting {
		attribute := wraps(p.class())
		switch p.class() {
		case "LogisticRegression", "LogisticRegressionCV", "Perceptron", "SGDClassifier", "RidgeClassifier", "RidgeClassifierCV", "PassiveAggressiveClassifier",
			"LinearSVC", "SVC", "NuSVC", "LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis", "GradientBoostingClassifier",
			"HistGradientBoostingClassifier", "AdaBoostClassifier", "OneVsOneClassifier", "_ConstantPredictor":
			return true
		case "NearestCentroid":
			return p.version() >= 106
		case "Pipeline":
			steps, err := pipelineSteps(p)
			if err != nil || len(steps) == 0 {
				return false
			}
			p = steps[len(steps)-1]
			continue
		case "BaggingClassifier", "OneVsRestClassifier":
			members, err := p.parts("estimators_")
			if err != nil {
				return false
			}
			p = members[0]
			continue
		case "StackingClassifier":
			attribute = "final_estimator_"
		case "SelfTrainingClassifier", "TunedThresholdClassifierCV", "FixedThresholdClassifier":
			attribute = "estimator_"
			if _, ok := p.child(attribute); !ok {
				attribute = "base_estimator_"
			}
		}
		next, ok := p.child(attribute)
		if attribute == "" || !ok {
			return false
		}
		p = next
	}
	return false
}

// decision is an inner estimator's decision_function; false when it has none.
func (d *design) decision(m *inner) ([]cell, bool, error) {
	if !decides(m.part) {
		return nil, false, nil
	}
	return d.builder.decision(m.part, &m.answer)
}

// chooses makes a classifier's answer of a cell per class: of probabilities, or
// of decisions where the link says so. chosen, if any, is the place of the
// class.
func (d *design) chooses(p part, classes []string, cells []cell, link predict.Link, chosen *cell) (answer, error) {
	a := answer{task: predict.TaskMulticlass, classes: classes, link: link, scores: cells, chosen: chosen}
	if len(cells) != len(classes) || len(classes) < 2 {
		return answer{}, p.wrong("it gives %d numbers for %d classes", len(cells), len(classes))
	}
	if len(classes) > 2 {
		return a, nil
	}
	a.task = predict.TaskBinary
	if chosen == nil {
		at, err := d.one(p, stage.Largest{}, cells...)
		if err != nil {
			return answer{}, err
		}
		a.chosen = &at
	}
	if link != predict.Decision {
		a.scores = cells[1:]
		return a, nil
	}
	difference, err := d.one(p, &stage.Affine{Weights: []float64{-1, 1}, Bias: []float64{0}}, cells...)
	a.scores = []cell{difference}
	return a, err
}
