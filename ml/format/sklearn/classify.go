package sklearn

import (
	"math"

	"dasier/ml/predict"
	"dasier/ml/stage"
)

// justBelow is the largest number below 0: "above justBelow" is "0 or more".
const justBelow = -math.SmallestNonzeroFloat64

func (r *reader) linearClassFamily(class string) estimator {
	switch class {
	case "LogisticRegression", "LogisticRegressionCV":
		return r.logistic
	case "LinearDiscriminantAnalysis", "LDA":
		return r.discriminant
	case "RidgeClassifier", "RidgeClassifierCV", "Perceptron", "PassiveAggressiveClassifier", "LinearSVC":
		return r.hyperplanes
	case "SGDClassifier":
		return r.descended
	case "SGDOneClassSVM":
		return r.descendedOneClass
	}
	return nil
}

// planes are a linear classifier's functions: one of two classes, else one per
// class.
type planes struct {
	classes []string
	weights matrix
	bias    []float64
}

// planes also gives the design that the weights are for.
func (p part) planes(d *design) (planes, *design, error) {
	var out planes
	labels, err := p.labels()
	if err != nil {
		return out, nil, err
	}
	weights, err := p.matrix("coef_")
	if err != nil {
		return out, nil, err
	}
	d, weights, err = d.fold(p, weights)
	if err != nil {
		return out, nil, err
	}
	bias := []float64{0}
	if p.get("intercept_") != nil {
		if bias, err = p.floats("intercept_"); err != nil {
			return out, nil, err
		}
	}
	rows := len(labels)
	if rows == 2 {
		rows = 1
	}
	if len(bias) == 1 && rows > 1 {
		bias = repeat(bias[0], rows)
	}
	if weights.columns != len(d.columns) || weights.rows != rows || len(bias) != rows {
		return out, nil, p.wrong("it has %d × %d coefficients and %d intercepts for %d classes and %d columns", weights.rows, weights.columns, len(bias), len(labels), len(d.columns))
	}
	return planes{classes: labels, weights: weights, bias: bias}, d, nil
}

// labels are classes_, or those of the binarizer that ridge classifiers and
// networks keep in its place. One class is no choice.
func (p part) labels() ([]string, error) {
	at := p
	if _, ok := p.attribute("classes_"); !ok {
		if binarizer, ok := p.child("_label_binarizer"); ok {
			at = binarizer
		}
	}
	if p.multilabel() {
		return nil, p.wrong("it chooses any number of labels at once: train one model per label")
	}
	labels, err := at.classes()
	if err == nil && len(labels) < 2 {
		err = p.wrong("it knows %d classes, and there is nothing to choose", len(labels))
	}
	return labels, err
}

// answer is the classifier that package predict computes and explains itself.
func (s *planes) answer(takes []cell, links predict.Link) answer {
	a := answer{classes: s.classes, takes: takes, task: predict.TaskMulticlass, link: links}
	n := s.weights.columns
	if s.weights.rows == 1 {
		a.task = predict.TaskBinary
		a.linear = &predict.Linear{Bias: s.bias[0], Weights: s.weights.values, Base: make([]float64, n)}
		return a
	}
	for k := range s.classes {
		a.classwise = append(a.classwise, predict.Linear{Bias: s.bias[k], Weights: s.weights.row(k), Base: make([]float64, n)})
	}
	return a
}

func (r *reader) logistic(p part, d *design) (answer, error) {
	s, d, err := p.planes(d)
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	joint := softmaxRule(p, len(s.classes))
	if v := p.version(); v > 0 && v < 20 && s.weights.rows == 1 { // two classes had one rule then
		joint = false
	}
	switch {
	case s.weights.rows > 1 && joint:
		return s.answer(takes, predict.Softmax), nil
	case s.weights.rows > 1:
		return s.answer(takes, predict.OneVsAll), nil
	case !joint:
		return s.answer(takes, predict.Logistic), nil
	}
	// The softmax of -d and d is the logistic of 2d; its decision stays d.
	decision, err := d.builder.stage(p, &stage.Affine{Weights: s.weights.values, Bias: s.bias}, takes)
	if err != nil {
		return answer{}, err
	}
	double := planes{classes: s.classes, weights: matrix{rows: 1, columns: s.weights.columns}, bias: []float64{2 * s.bias[0]}}
	for _, w := range s.weights.values {
		double.weights.values = append(double.weights.values, 2*w)
	}
	a := double.answer(takes, predict.Logistic)
	a.outputs = []named{{"decision_function", decision}}
	return a, nil
}

// softmaxRule tells which of its two rules for probabilities a logistic
// regression uses; the defaults changed with the versions.
func softmaxRule(p part, classes int) bool {
	rule, given := p.attribute("multi_class")
	switch rule {
	case "ovr", "warn":
		return false
	case "auto", "deprecated", nil:
		if !given && p.version() > 0 && p.version() < 20 {
			return false
		}
		solver := p.text("solver")
		return classes > 2 && solver != "liblinear" && (solver != "newton-cholesky" || p.version() > 102)
	}
	return true
}

// discriminant reads linear discriminant analysis: before 0.22 its classes were
// one against the rest.
func (r *reader) discriminant(p part, d *design) (answer, error) {
	s, d, err := p.planes(d)
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	link := predict.Softmax
	switch {
	case s.weights.rows == 1:
		link = predict.Logistic
	case p.version() > 0 && p.version() < 22:
		link = predict.OneVsAll
	}
	return s.answer(takes, link), err
}

// hyperplanes reads classifiers that only decide.
func (r *reader) hyperplanes(p part, d *design) (answer, error) {
	s, d, err := p.planes(d)
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	return s.answer(takes, predict.Decision), err
}

// descended reads a classifier fitted by stochastic gradient descent: its loss
// says whether there are probabilities.
func (r *reader) descended(p part, d *design) (answer, error) {
	s, d, err := p.planes(d)
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	switch p.text("loss") {
	case "log", "log_loss":
		if s.weights.rows == 1 {
			return s.answer(takes, predict.Logistic), nil
		}
		return s.answer(takes, predict.OneVsAll), nil
	case "modified_huber":
		return s.clipped(p, d, takes)
	}
	return s.answer(takes, predict.Decision), nil
}

// clipped is the probabilities of the modified Huber loss (Zadrozny & Elkan,
// Transforming Classifier Scores into Multiclass Probability Estimates, KDD
// 2002): clipped decisions, which tie more often than the decisions do.
func (s *planes) clipped(p part, d *design, takes []cell) (answer, error) {
	b := d.builder
	decision, err := b.stage(p, &stage.Affine{Weights: s.weights.values, Bias: s.bias}, takes)
	if err != nil {
		return answer{}, err
	}
	steps := make([][]stage.Step, len(decision))
	for k := range steps {
		steps[k] = []stage.Step{{Op: "clip", A: -1, B: 1}, {Op: "add", A: 1}, {Op: "div", A: 2}}
	}
	halves, err := stepwise(p, b, steps, decision)
	if err != nil {
		return answer{}, err
	}
	a := answer{task: predict.TaskBinary, classes: s.classes, scores: halves, outputs: []named{{"decision_function", decision}}}
	if len(decision) == 1 {
		place, err := stepwise(p, b, [][]stage.Step{{{Op: "above"}}}, decision)
		if err != nil {
			return answer{}, err
		}
		a.chosen = &place[0]
		return a, nil
	}
	a.task = predict.TaskMulticlass
	if a.scores, err = b.stage(p, stage.Shares{}, halves); err != nil {
		return answer{}, err
	}
	place, err := b.stage(p, stage.Largest{}, decision)
	if err != nil {
		return answer{}, err
	}
	a.chosen = &place[0]
	return a, nil
}

// stepwise does steps to cells.
func stepwise(p part, b *builder, steps [][]stage.Step, cells []cell) ([]cell, error) {
	do, err := stage.NewElementwise(steps)
	if err != nil {
		return nil, p.wrong("%v", err)
	}
	return b.stage(p, do, cells)
}

// descendedOneClass is a one-class machine on a plane.
func (r *reader) descendedOneClass(p part, d *design) (answer, error) {
	weights, err := p.table("coef_", len(d.columns))
	if err != nil {
		return answer{}, err
	}
	offset, err := p.exactly("offset_", 1)
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	if weights.rows != 1 {
		return answer{}, p.wrong("it has %d rows of coefficients", weights.rows)
	}
	scores, err := d.builder.stage(p, &stage.Affine{Weights: weights.values, Bias: []float64{0}}, takes)
	if err != nil {
		return answer{}, err
	}
	return outliers(p, d, scores, offset[0])
}

// outliers is what detectors of outliers answer: 1 where the score less an offset
// is 0 or more, else -1.
func outliers(p part, d *design, scores []cell, offset float64) (answer, error) {
	decision, err := stepwise(p, d.builder, [][]stage.Step{{{Op: "sub", A: offset}}}, scores)
	if err != nil {
		return answer{}, err
	}
	place, err := stepwise(p, d.builder, [][]stage.Step{{{Op: "above", A: justBelow}}}, decision)
	if err != nil {
		return answer{}, err
	}
	return answer{
		task: predict.TaskBinary, classes: []string{"-1", "1"}, link: predict.Decision, scores: decision, chosen: &place[0],
		outputs: []named{{"decision_function", decision}, {"score_samples", scores}},
	}, nil
}
