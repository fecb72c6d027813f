package sklearn

import (
	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// multiOutput reads a regression per target.
func (r *reader) multiOutput(p part, d *design) (answer, error) {
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	a := answer{task: predict.TaskVector}
	for k := range members {
		values, err := d.builder.values(members[k].part, &members[k].answer)
		if err != nil {
			return answer{}, err
		}
		a.scores = append(a.scores, values...)
	}
	return a, nil
}

// multiOutputClassifier reads a classifier per target: where the labels are
// numbers, it answers them.
func (r *reader) multiOutputClassifier(p part, d *design) (answer, error) {
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	a := answer{task: predict.TaskVector}
	for k := range members {
		if err := labelsAreNumbers(p, &members[k]); err != nil {
			return answer{}, err
		}
		label, err := d.classAsNumber(&members[k])
		if err != nil {
			return answer{}, err
		}
		a.scores = append(a.scores, label)
	}
	return a, nil
}

func labelsAreNumbers(p part, m *inner) error {
	for _, class := range m.answer.classes {
		if !isNumber(class) {
			return p.wrong("it chooses classes of several targets at once, and %q is no number. Serve one target: the estimator at %q", class, m.path)
		}
	}
	return nil
}

// chain reads estimators of which each sees what those before it predicted.
func (r *reader) chain(p part, d *design) (answer, error) {
	parts, err := p.parts("estimators_")
	if err != nil {
		return answer{}, err
	}
	order, err := p.floats("order_")
	if err != nil {
		return answer{}, err
	}
	if len(order) != len(parts) {
		return answer{}, p.wrong("it has an order of %d targets for %d estimators", len(order), len(parts))
	}
	if d, err = d.shared(p); err != nil {
		return answer{}, err
	}
	method := "predict"
	if m := p.text("chain_method_"); m != "" { // since 1.5
		method = m
	}
	a := answer{task: predict.TaskVector, scores: make([]cell, len(parts))}
	placed := make([]bool, len(parts))
	seen := d
	for k, m := range parts {
		said, err := r.inside(m, seen)
		if err != nil {
			return answer{}, err
		}
		one := &inner{m, said}
		if err := labelsAreNumbers(p, one); err != nil {
			return answer{}, err
		}
		values, err := d.stacked(one, "predict", false)
		if err != nil {
			return answer{}, err
		}
		at := order[k]
		if !(at >= 0 && at < float64(len(parts))) || placed[int(at)] || len(values) != 1 {
			return answer{}, p.wrong("its order_ %v is none of its %d targets", order, len(parts))
		}
		a.scores[int(at)], placed[int(at)] = values[0], true
		if method != "predict" {
			if values, err = d.stacked(one, method, len(said.classes) == 2); err != nil {
				return answer{}, err
			}
		}
		seen = seen.with(append(append([]column(nil), seen.columns...), columnsOf(values, nil)...))
	}
	return a, nil
}

// binaryScore is how sure an estimator is of the second of two classes, and the
// least that makes one choose it.
func (d *design) binaryScore(m *inner) (score cell, least float64, err error) {
	if len(m.answer.classes) == 0 {
		values, err := d.builder.values(m.part, &m.answer)
		if err == nil && len(values) != 1 {
			err = m.wrong("it predicts %d targets, and one is wanted", len(values))
		}
		if err != nil {
			return 0, 0, err
		}
		return values[0], 0.5, nil
	}
	if len(m.answer.classes) != 2 {
		return 0, 0, m.wrong("it chooses between %d classes, and two are wanted", len(m.answer.classes))
	}
	cells, ok, err := d.decision(m)
	if err != nil {
		return 0, 0, err
	}
	if ok && len(cells) == 1 {
		return cells[0], 0, nil
	}
	cells, ok, err = d.builder.probabilities(m.part, &m.answer)
	if err == nil && !ok {
		err = m.wrong("it gives neither a decision_function nor probabilities")
	}
	if err != nil {
		return 0, 0, err
	}
	return cells[1], 0.5, nil
}

// oneVsRest reads a binary classifier per class, or per label.
func (r *reader) oneVsRest(p part, d *design) (answer, error) {
	binarizer, ok := p.child("label_binarizer_")
	if !ok {
		return answer{}, p.wrong("it has no label_binarizer_: was it fitted?")
	}
	classes, err := binarizer.classes()
	if err != nil {
		return answer{}, err
	}
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	kind := binarizer.text("y_type_")
	all := rest{several: len(kind) > 10 && kind[:10] == "multilabel"}
	if err := all.add(d, members); err != nil {
		return answer{}, err
	}
	switch {
	case all.several:
		return d.labels(p, classes, &all)
	case len(members) == 1 && len(classes) == 2:
		return d.secondOfTwo(p, classes, &all)
	case len(members) != len(classes):
		return answer{}, p.wrong("it has %d estimators for %d classes", len(members), len(classes))
	}
	chosen, err := d.one(p, stage.LastLargest{}, all.scores...)
	if err != nil {
		return answer{}, err
	}
	cells, link := all.scores, predict.Decision
	if all.shares != nil {
		link = ""
		if cells, err = d.builder.stage(p, stage.Shares{}, all.shares); err != nil {
			return answer{}, err
		}
	}
	a, err := d.chooses(p, classes, cells, link, &chosen)
	if all.decides {
		a.outputs = []named{{"decision_function", all.scores}}
	}
	return a, err
}

// rest is what the members of a one-vs-rest say.
type rest struct {
	scores  []cell
	least   []float64
	shares  []cell // the probability of each; nil when one has none
	decides bool   // the scores are decision functions
	several bool   // labels of which a row may have several
}

func (a *rest) add(d *design, members []inner) error {
	a.decides, a.shares = true, []cell{}
	for k := range members {
		m := &members[k]
		score, least, err := d.binaryScore(m)
		if err != nil {
			return err
		}
		a.scores, a.least = append(a.scores, score), append(a.least, least)
		a.decides = a.decides && decides(m.part)
		if a.shares == nil {
			continue
		}
		shares, ok, err := d.builder.probabilities(m.part, &m.answer)
		if err != nil {
			return err
		}
		if !ok {
			a.shares = nil
			continue
		}
		a.shares = append(a.shares, shares[1])
	}
	return nil
}

// secondOfTwo is a one-vs-rest of two classes: one estimator, of the second.
func (d *design) secondOfTwo(p part, classes []string, all *rest) (answer, error) {
	chosen, err := d.one(p, stage.Cut{At: all.least[0], Above: true}, all.scores[0])
	if err != nil {
		return answer{}, err
	}
	a := answer{task: predict.TaskBinary, classes: classes, link: predict.Decision, scores: all.scores, chosen: &chosen}
	if all.shares != nil {
		a.link, a.scores = "", all.shares
	}
	if all.decides {
		a.outputs = []named{{"decision_function", all.scores}}
	}
	return a, nil
}

// labels is a one-vs-rest whose rows may have several labels: 1 for each that a
// row has, else 0.
func (d *design) labels(p part, classes []string, all *rest) (answer, error) {
	if len(classes) != len(all.scores) {
		return answer{}, p.wrong("it has %d estimators for %d labels", len(all.scores), len(classes))
	}
	a := answer{task: predict.TaskVector, targets: append([]string(nil), classes...)}
	for _, score := range all.scores {
		has, err := d.one(p, stage.Cut{At: all.least[0], Above: true}, score)
		if err != nil {
			return answer{}, err
		}
		a.scores = append(a.scores, has)
	}
	if all.decides {
		a.outputs = []named{{"decision_function", all.scores}}
	}
	return a, nil
}

// oneVsOne reads a binary classifier per pair of classes.
func (r *reader) oneVsOne(p part, d *design) (answer, error) {
	classes, err := p.classes()
	if err != nil {
		return answer{}, err
	}
	if p.get("pairwise_indices_") != nil {
		return answer{}, p.wrong("its estimators take a kernel's values in place of columns. Give the estimator the kernel's name instead of kernel=\"precomputed\"")
	}
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	var winners, sure []cell
	least := 0.0
	for k := range members {
		m := &members[k]
		score, at, err := d.binaryScore(m)
		if err != nil {
			return answer{}, err
		}
		winner, err := d.stacked(m, "predict", false)
		if err != nil {
			return answer{}, err
		}
		if k == 0 {
			least = at
		}
		winners, sure = append(winners, winner...), append(sure, score)
	}
	scores, err := d.builder.stage(p, stage.Tournament{Classes: len(classes)}, append(winners, sure...))
	if err != nil {
		return answer{}, err
	}
	if len(classes) > 2 {
		return answer{task: predict.TaskMulticlass, classes: classes, link: predict.Decision, scores: scores}, nil
	}
	chosen, err := d.one(p, stage.Cut{At: least, Above: true}, scores[1])
	return answer{task: predict.TaskBinary, classes: classes, link: predict.Decision, scores: scores[1:], chosen: &chosen}, err
}

// outputCode reads classifiers that each separate some classes from the others:
// the class whose code is nearest to what they say is chosen (Dietterich &
// Bakiri, Solving Multiclass Learning Problems via Error-Correcting Output
// Codes, 1995).
func (r *reader) outputCode(p part, d *design) (answer, error) {
	classes, err := p.classes()
	if err != nil {
		return answer{}, err
	}
	_, width, codes, err := pickle.Matrix(p.get("code_book_"))
	if err != nil {
		return answer{}, p.wrong("its code_book_: %v", err)
	}
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	if width != len(members) || len(codes) != len(classes)*width {
		return answer{}, p.wrong("its code_book_ has %d numbers for %d classes and %d estimators", len(codes), len(classes), len(members))
	}
	var cells []cell
	for k := range members {
		score, _, err := d.binaryScore(&members[k])
		if err != nil {
			return answer{}, err
		}
		cells = append(cells, score)
	}
	// The nearest code c is that of the largest 2 c·y - c·c.
	nearest := &stage.Affine{Bias: make([]float64, len(classes))}
	for k := range classes {
		for _, c := range codes[k*width : (k+1)*width] {
			nearest.Weights = append(nearest.Weights, 2*c)
			nearest.Bias[k] -= c * c
		}
	}
	scores, err := d.builder.stage(p, nearest, cells)
	if err != nil {
		return answer{}, err
	}
	return d.chooses(p, classes, scores, predict.Decision, nil)
}

// constantPredictor is what one-vs-rest has for a class that all rows have, or
// none.
func (r *reader) constantPredictor(p part, d *design) (answer, error) {
	y, err := p.floats("y_")
	if err != nil {
		return answer{}, err
	}
	if len(y) != 1 {
		return answer{}, p.wrong("it answers %d numbers", len(y))
	}
	always, err := d.builder.stage(p, &stage.Affine{Bias: y}, nil)
	return answer{task: predict.TaskBinary, classes: []string{"0", "1"}, scores: always, outputs: []named{{"decision_function", always}}}, err
}
