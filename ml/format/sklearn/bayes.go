package sklearn

import (
	"math"

	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

func (r *reader) bayesFamily(class string) estimator {
	switch class {
	case "GaussianNB":
		return r.gaussianBayes
	case "MultinomialNB", "ComplementNB":
		return r.countBayes
	case "BernoulliNB":
		return r.bernoulliBayes
	case "CategoricalNB":
		return r.categoryBayes
	case "QuadraticDiscriminantAnalysis", "QDA":
		return r.quadratic
	}
	return nil
}

// likelihoods is the answer of logarithms of likelihoods, one per class: their
// softmax, which of two classes is the logistic of the difference. Naive Bayes
// has no decision function (silent).
func likelihoods(p part, d *design, labels []string, cells []cell, silent bool) (answer, error) {
	if len(cells) != len(labels) {
		return answer{}, p.wrong("it has %d likelihoods for %d classes", len(cells), len(labels))
	}
	if len(labels) > 2 {
		return answer{task: predict.TaskMulticlass, classes: labels, link: predict.Softmax, scores: cells, silent: silent}, nil
	}
	difference, err := d.builder.stage(p, &stage.Affine{Weights: []float64{-1, 1}, Bias: []float64{0}}, cells)
	return answer{task: predict.TaskBinary, classes: labels, link: predict.Logistic, scores: difference, silent: silent}, err
}

// priors are the logarithms of the classes' shares: of class_prior_, or
// class_log_prior_ where that is kept.
func (p part) priors(classes int) ([]float64, error) {
	if p.get("class_log_prior_") != nil {
		return p.exactly("class_log_prior_", classes)
	}
	name := "class_prior_"
	if p.get(name) == nil {
		name = "priors_"
	}
	values, err := p.exactly(name, classes)
	for k, v := range values {
		values[k] = math.Log(v)
	}
	return values, err
}

func (r *reader) gaussianBayes(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	n := len(d.columns)
	means, err := p.table("theta_", n)
	if err != nil {
		return answer{}, err
	}
	name := "var_"
	if p.get(name) == nil {
		name = "sigma_" // before 1.0
	}
	variances, err := p.table(name, n)
	if err != nil {
		return answer{}, err
	}
	bias, err := p.priors(len(labels))
	if err != nil {
		return answer{}, err
	}
	if means.rows != len(labels) || variances.rows != len(labels) {
		return answer{}, p.wrong("it has means of %d and variances of %d for %d classes", means.rows, variances.rows, len(labels))
	}
	for k := range bias {
		sum := 0.0
		for _, v := range variances.row(k) {
			sum += math.Log(2 * math.Pi * v)
		}
		bias[k] -= 0.5 * sum
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	cells, err := d.builder.stage(p, &stage.Quadratic{Centers: means.values, Bias: bias, Variances: variances.values}, takes)
	if err != nil {
		return answer{}, err
	}
	return likelihoods(p, d, labels, cells, true)
}

// countBayes is linear in the columns. The complement's weights hold its norm
// already, and no shares of the classes.
func (r *reader) countBayes(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	weights, err := p.featureLogs(d, len(labels))
	if err != nil {
		return answer{}, err
	}
	bias := make([]float64, len(labels))
	if p.class() == "MultinomialNB" {
		if bias, err = p.priors(len(labels)); err != nil {
			return answer{}, err
		}
	}
	return linearLikelihoods(p, d, labels, weights, bias)
}

// featureLogs are feature_log_prob_: a row per class. Before 0.22 a problem of
// two classes could have only the second's.
func (p part) featureLogs(d *design, classes int) (matrix, error) {
	weights, err := p.table("feature_log_prob_", len(d.columns))
	if err == nil && weights.rows != classes {
		err = p.wrong("it has probabilities of %d classes and knows %d", weights.rows, classes)
	}
	return weights, err
}

func linearLikelihoods(p part, d *design, labels []string, weights matrix, bias []float64) (answer, error) {
	d, weights, err := d.fold(p, weights)
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	all := planes{classes: labels, weights: weights, bias: bias}
	link := predict.Softmax
	if len(labels) == 2 {
		one := matrix{rows: 1, columns: weights.columns, values: make([]float64, weights.columns)}
		for j := range one.values {
			one.values[j] = weights.row(1)[j] - weights.row(0)[j]
		}
		all.weights, all.bias, link = one, []float64{bias[1] - bias[0]}, predict.Logistic
	}
	a := all.answer(takes, link)
	a.silent = true
	return a, nil
}

func (r *reader) bernoulliBayes(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	weights, err := p.featureLogs(d, len(labels))
	if err != nil {
		return answer{}, err
	}
	bias, err := p.priors(len(labels))
	if err != nil {
		return answer{}, err
	}
	for k := range labels {
		row := weights.row(k)
		for j, v := range row {
			absent := math.Log(1 - math.Exp(v))
			row[j] = v - absent
			bias[k] += absent
		}
	}
	if p.get("binarize") != nil {
		threshold, err := p.number("binarize")
		if err != nil {
			return answer{}, err
		}
		binary, ok, err := d.present(p)
		switch {
		case err != nil:
			return answer{}, err
		case ok && threshold == 0:
			d = binary
		default:
			if d, err = d.each(p, func(int) []stage.Step { return []stage.Step{{Op: "above", A: threshold}} }); err != nil {
				return answer{}, err
			}
		}
	}
	return linearLikelihoods(p, d, labels, weights, bias)
}

func (r *reader) categoryBayes(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	bias, err := p.priors(len(labels))
	if err != nil {
		return answer{}, err
	}
	items, err := p.items("feature_log_prob_")
	if err != nil {
		return answer{}, err
	}
	t := &stage.Tables{Bias: bias}
	for j, item := range items {
		array, ok := item.(*pickle.Array)
		if !ok || len(array.Shape) != 2 || array.Shape[0] != len(labels) {
			return answer{}, p.wrong("its probabilities of column %d do not fit %d classes", j, len(labels))
		}
		values, err := array.Floats()
		if err != nil {
			return answer{}, p.wrong("its probabilities of column %d: %v", j, err)
		}
		byClass := matrix{rows: array.Shape[0], columns: array.Shape[1], values: values}
		t.Tables = append(t.Tables, byClass.transposed().values)
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	cells, err := d.builder.stage(p, t, takes)
	if err != nil {
		return answer{}, err
	}
	return likelihoods(p, d, labels, cells, true)
}

// quadratic reads quadratic discriminant analysis: each class turns and scales
// the columns its own way.
func (r *reader) quadratic(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	n := len(d.columns)
	means, err := p.table("means_", n)
	if err != nil {
		return answer{}, err
	}
	bias, err := p.priors(len(labels))
	if err != nil {
		return answer{}, err
	}
	rotations, err := p.tables("rotations_", len(labels))
	if err != nil {
		return answer{}, err
	}
	scalings, err := p.tables("scalings_", len(labels))
	if err != nil {
		return answer{}, err
	}
	q := &stage.Quadratic{Centers: means.values, Bias: bias}
	for k := range labels {
		turn, scale := rotations[k].transposed(), scalings[k].values
		if rotations[k].rows != n || turn.rows != len(scale) {
			return answer{}, p.wrong("class %d is turned by %d × %d numbers and scaled by %d, of %d columns", k, turn.columns, turn.rows, len(scale), n)
		}
		logs := 0.0
		for i, s := range scale {
			logs += math.Log(s)
			for j := range turn.row(i) {
				turn.row(i)[j] /= math.Sqrt(s)
			}
		}
		q.Bias[k] -= 0.5 * logs
		q.Factors = append(q.Factors, turn.values)
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	cells, err := d.builder.stage(p, q, takes)
	if err != nil {
		return answer{}, err
	}
	return likelihoods(p, d, labels, cells, false)
}

// tables is an attribute that lists so many tables: a list of arrays, or one
// array of three dimensions.
func (p part) tables(name string, n int) ([]matrix, error) {
	if whole, ok := p.get(name).(*pickle.Array); ok && whole.DType.Kind != 'O' {
		if len(whole.Shape) < 2 || whole.Shape[0] != n {
			return nil, p.wrong("its %s is of shape %v for %d", name, whole.Shape, n)
		}
		values, err := p.floats(name)
		if err != nil {
			return nil, err
		}
		each := matrix{rows: 1, columns: whole.Shape[len(whole.Shape)-1]}
		if len(whole.Shape) == 3 {
			each.rows = whole.Shape[1]
		}
		list := make([]matrix, n)
		size := each.rows * each.columns
		for k := range list {
			list[k] = each
			list[k].values = values[k*size : (k+1)*size]
		}
		return list, nil
	}
	items, err := p.items(name)
	if err != nil {
		return nil, err
	}
	if len(items) != n {
		return nil, p.wrong("its %s has %d arrays for %d", name, len(items), n)
	}
	list := make([]matrix, n)
	for k, item := range items {
		array, ok := item.(*pickle.Array)
		if !ok || len(array.Shape) == 0 || len(array.Shape) > 2 {
			return nil, p.wrong("its %s holds what is no table", name)
		}
		values, err := array.Floats()
		if err != nil {
			return nil, p.wrong("its %s: %v", name, err)
		}
		list[k] = matrix{rows: 1, columns: array.Shape[len(array.Shape)-1], values: values}
		if len(array.Shape) == 2 {
			list[k].rows = array.Shape[0]
		}
	}
	return list, nil
}
