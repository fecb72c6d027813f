package sklearn

import (
	"slices"

	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// calibrated reads the mean of calibrated classifiers.
func (r *reader) calibrated(p part, d *design) (answer, error) {
	classes, err := p.classes()
	if err != nil {
		return answer{}, err
	}
	members, err := p.parts("calibrated_classifiers_")
	if err != nil {
		return answer{}, err
	}
	if d, err = d.shared(p); err != nil {
		return answer{}, err
	}
	var cells []cell
	for _, m := range members {
		shares, err := r.calibratedMember(m, d, classes)
		if err != nil {
			return answer{}, err
		}
		cells = append(cells, shares...)
	}
	mean, err := d.builder.stage(p, &stage.Average{Width: len(classes)}, cells)
	if err != nil {
		return answer{}, err
	}
	return d.chooses(p, classes, mean, "", nil)
}

// calibratedMember is one classifier and what turns each of its scores into a
// probability.
func (r *reader) calibratedMember(p part, d *design, classes []string) ([]cell, error) {
	base, ok := p.child("estimator")
	if !ok {
		if base, ok = p.child("base_estimator"); !ok { // before 1.2
			return nil, p.wrong("it has no estimator")
		}
	}
	a, err := r.inside(base, d)
	if err != nil {
		return nil, err
	}
	m := &inner{base, a}
	scores, decided, err := d.decision(m)
	if err == nil && !decided {
		var ok bool
		if scores, ok, err = d.builder.probabilities(base, &m.answer); err == nil && !ok {
			err = base.wrong("it gives neither a decision_function nor probabilities")
		}
	}
	if err != nil {
		return nil, err
	}
	if p.text("method") == "temperature" {
		return d.tempered(p, scores, decided)
	}
	if len(classes) == 2 && !decided && len(scores) == 2 {
		scores = scores[1:]
	}
	calibrators, err := p.calibrators()
	if err != nil {
		return nil, err
	}
	if len(calibrators) != len(scores) {
		return nil, p.wrong("it has %d calibrators for %d scores", len(calibrators), len(scores))
	}
	scores = slices.Clone(scores) // they are another part's
	for k, c := range calibrators {
		if scores[k], err = d.calibrate(c, scores[k]); err != nil {
			return nil, err
		}
	}
	return d.normalised(p, m, scores, classes)
}

// calibrators are a member's: calibrators_ in 0.24, calibrators since.
func (p part) calibrators() ([]part, error) {
	if _, ok := p.attribute("calibrators"); ok {
		return p.parts("calibrators")
	}
	return p.parts("calibrators_")
}

// normalised makes shares of calibrated scores: of two classes the second's has
// its complement; of more, their sum is 1.
func (d *design) normalised(p part, m *inner, scores []cell, classes []string) ([]cell, error) {
	if len(classes) == 2 {
		if len(scores) != 1 {
			return nil, p.wrong("it has %d scores for two classes", len(scores))
		}
		both, err := d.builder.stage(p, stage.Complement{}, scores)
		if err != nil {
			return nil, err
		}
		return d.builder.stage(p, stage.Cap{}, both)
	}
	places, err := m.places(classes, false)
	if err != nil {
		return nil, err
	}
	if len(places) != len(scores) {
		return nil, p.wrong("its estimator knows %d classes and gives %d scores", len(places), len(scores))
	}
	if !straightPlaces(places, len(classes)) {
		if scores, err = d.builder.stage(p, &stage.Scatter{To: places, Width: len(classes)}, scores); err != nil {
			return nil, err
		}
	}
	shares, err := d.builder.stage(p, stage.Shares{}, scores)
	if err != nil {
		return nil, err
	}
	return d.builder.stage(p, stage.Cap{}, shares)
}

// calibrate turns a score into a probability: by a sigmoid (Platt, Probabilistic
// Outputs for Support Vector Machines, 1999) or by isotonic regression (Zadrozny
// & Elkan, Transforming Classifier Scores into Accurate Multiclass Probability
// Estimates, 2002).
func (d *design) calibrate(p part, score cell) (cell, error) {
	switch p.class() {
	case "_SigmoidCalibration":
		slope, err := p.number("a_")
		if err != nil {
			return 0, err
		}
		intercept, err := p.number("b_")
		if err != nil {
			return 0, err
		}
		sigmoid, err := stage.NewElementwise([][]stage.Step{{{Op: "mul", A: slope}, {Op: "add", A: intercept}, {Op: "negative"}, {Op: "logistic"}}})
		if err != nil {
			return 0, p.wrong("%v", err)
		}
		return d.one(p, sigmoid, score)
	case "IsotonicRegression":
		curve, err := isotonic(p)
		if err != nil {
			return 0, err
		}
		return d.one(p, curve, score)
	}
	return 0, p.wrong("%s calibrates nothing that is read. Sigmoid, isotonic and temperature calibration are", p.Class)
}

// isotonic reads the points of an isotonic regression, by the names they had.
func isotonic(p part) (*stage.Curve, error) {
	xs, ys := "X_thresholds_", "y_thresholds_"
	if _, ok := p.attribute(xs); !ok { // before 0.24
		xs, ys = "_necessary_X_", "_necessary_y_"
	}
	c := &stage.Curve{}
	var err error
	if c.X, err = p.floats(xs); err != nil {
		return nil, err
	}
	if c.Y, err = p.floats(ys); err != nil {
		return nil, err
	}
	if a, ok := p.get(xs).(*pickle.Array); ok {
		c.Single = a.DType.Kind == 'f' && a.DType.Size == 4
	}
	if !slices.IsSorted(c.X) {
		return nil, p.wrong("its points are not in order")
	}
	if how := p.text("out_of_bounds"); how != "clip" {
		return nil, p.wrong("it answers %q outside the points that it was fitted on. Only out_of_bounds=\"clip\" is read", how)
	}
	return c, nil
}

// tempered divides the logits by a temperature (Guo, Pleiss, Sun & Weinberger,
// On Calibration of Modern Neural Networks, 2017, section 4.2).
func (d *design) tempered(p part, scores []cell, decided bool) ([]cell, error) {
	calibrators, err := p.calibrators()
	if err != nil {
		return nil, err
	}
	beta, err := calibrators[0].number("beta_")
	if err != nil {
		return nil, err
	}
	var logits stage.Operation
	switch {
	case !decided: // probabilities: their logarithms
		steps := make([][]stage.Step, len(scores))
		for k := range steps {
			steps[k] = []stage.Step{{Op: "add", A: 1e-12}, {Op: "log"}, {Op: "mul", A: beta}}
		}
		if logits, err = stage.NewElementwise(steps); err != nil {
			return nil, p.wrong("%v", err)
		}
	case len(scores) == 1:
		logits = &stage.Affine{Weights: []float64{-beta, beta}, Bias: []float64{0, 0}}
	default:
		steps := make([][]stage.Step, len(scores))
		for k := range steps {
			steps[k] = []stage.Step{{Op: "mul", A: beta}}
		}
		if logits, err = stage.NewElementwise(steps); err != nil {
			return nil, p.wrong("%v", err)
		}
	}
	cells, err := d.builder.stage(p, logits, scores)
	if err != nil {
		return nil, err
	}
	return d.builder.stage(p, stage.Softmax{}, cells)
}

// threshold reads a binary classifier whose choice is made at a threshold of its
// own (since 1.5).
func (r *reader) threshold(p part, d *design) (answer, error) {
	base, ok := p.child("estimator_")
	if !ok {
		return answer{}, p.wrong("it has no estimator_: was it fitted?")
	}
	a, err := r.inside(base, d)
	if err != nil {
		return answer{}, err
	}
	if a.task != predict.TaskBinary {
		return answer{}, p.wrong("it chooses between %d classes, two are expected", len(a.classes))
	}
	m := &inner{base, a}
	score, decided, err := d.response(p, m)
	if err != nil {
		return answer{}, err
	}
	at, positive, err := p.cut(a.classes, decided)
	if err != nil {
		return answer{}, err
	}
	if positive == 0 { // the other class's score
		if score, err = d.one(p, flipped(decided), score); err != nil {
			return answer{}, err
		}
	}
	chosen, err := d.one(p, stage.Cut{At: at}, score)
	if err == nil && positive == 0 {
		chosen, err = d.one(p, &stage.Lookup{Table: []float64{1, 0}}, chosen)
	}
	if err != nil {
		return answer{}, err
	}
	scores, err := d.builder.computed(base, &m.answer)
	if err != nil {
		return answer{}, err
	}
	return answer{task: a.task, classes: a.classes, link: a.link, scores: scores, chosen: &chosen, outputs: m.answer.outputs}, nil
}

// flipped is the first class's score of the second's.
func flipped(decided bool) stage.Operation {
	if decided {
		return &stage.Affine{Weights: []float64{-1}, Bias: []float64{0}}
	}
	return &stage.Affine{Weights: []float64{-1}, Bias: []float64{1}}
}

// response is the score that a threshold is held against: the second class's.
func (d *design) response(p part, m *inner) (score cell, decided bool, err error) {
	method := p.text("response_method")
	if method != "decision_function" {
		cells, ok, err := d.builder.probabilities(m.part, &m.answer)
		if err != nil {
			return 0, false, err
		}
		if ok {
			return cells[1], false, nil
		}
		if method == "predict_proba" {
			return 0, false, m.wrong("it gives no probabilities, and the threshold is one of them")
		}
	}
	cells, ok, err := d.decision(m)
	if err == nil && (!ok || len(cells) != 1) {
		err = m.wrong("it has no decision_function, and the threshold is one of it")
	}
	if err != nil {
		return 0, false, err
	}
	return cells[0], true, nil
}

// cut is the threshold, and the place of the class whose score is held against
// it.
func (p part) cut(classes []string, decided bool) (at float64, positive int, err error) {
	pos, said := p.get("pos_label"), true
	if p.class() == "TunedThresholdClassifierCV" {
		if at, err = p.number("best_threshold_"); err != nil {
			return 0, 0, err
		}
		pos, said = scoredLabel(p)
	} else if v := p.get("threshold"); v == nil || v == "auto" {
		if !decided {
			at = 0.5
		}
	} else if at, err = p.number("threshold"); err != nil {
		return 0, 0, err
	}
	if !said || pos == nil {
		return at, 1, nil
	}
	text, _, _ := label(pos)
	positive = slices.Index(classes, text)
	if positive < 0 {
		return 0, 0, p.wrong("its pos_label %q is none of its classes", text)
	}
	return at, positive, nil
}

// scoredLabel is the class that the score was tuned for: as the scorer was told,
// or as its function has it by default.
func scoredLabel(p part) (any, bool) {
	scorer, ok := p.child("_curve_scorer")
	if !ok {
		return nil, false
	}
	if arguments, ok := scorer.get("_kwargs").(*pickle.Dict); ok {
		if v, ok := arguments.Get("pos_label"); ok {
			return v, true
		}
	}
	if f, ok := scorer.get("_score_func").(pickle.Global); ok {
		switch f.Name {
		case "f1_score", "precision_score", "recall_score", "jaccard_score", "fbeta_score":
			return int64(1), true
		}
	}
	return nil, false
}

// selfTraining reads a classifier that labelled a part of its own data.
func (r *reader) selfTraining(p part, d *design) (answer, error) {
	base, ok := p.child("estimator_")
	if !ok {
		if base, ok = p.child("base_estimator_"); !ok { // before 1.6
			return answer{}, p.wrong("it has no estimator_: was it fitted?")
		}
	}
	return r.inside(base, d)
}
