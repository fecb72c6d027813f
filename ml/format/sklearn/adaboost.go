package sklearn

import (
	"math"

	"dasier/ml/predict"
	"dasier/ml/stage"
)

// adaBoostRegressor reads AdaBoost.R2: the weighted median of its members.
func (r *reader) adaBoostRegressor(p part, d *design) (answer, error) {
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	weights, err := boostWeights(p, len(members))
	if err != nil {
		return answer{}, err
	}
	cells, err := d.predictions(members)
	if err != nil {
		return answer{}, err
	}
	median, err := d.builder.stage(p, &stage.Median{Weights: weights}, cells)
	return answer{task: predict.TaskRegression, scores: median}, err
}

// predictions is the prediction of every member, a cell each; of trees, in one stage.
func (d *design) predictions(members []inner) ([]cell, error) {
	trees, takes, ok := joined(members, 1, func(_, _ int, values, into []float64) { copy(into, values) })
	if ok && len(members[0].answer.classes) == 0 && len(trees.Value) == len(trees.Feature) {
		trees.Base = make([]float64, len(members))
		for k := range members {
			trees.Output = append(trees.Output, int32(k)) //nolint:gosec // package forest bounds trees
		}
		do, err := stage.NewTrees(trees, len(takes))
		if err != nil {
			return nil, members[0].wrong("%v", err)
		}
		return d.builder.stage(members[0].part, do, takes)
	}
	var cells []cell
	for k := range members {
		values, err := d.builder.values(members[k].part, &members[k].answer)
		if err != nil {
			return nil, err
		}
		if len(values) != 1 {
			return nil, members[k].wrong("it predicts %d targets, and one is wanted", len(values))
		}
		cells = append(cells, values...)
	}
	return cells, nil
}

// boostWeights are those of the members that were made: training may stop before
// it makes all.
func boostWeights(p part, members int) ([]float64, error) {
	weights, err := p.floats("estimator_weights_")
	if err != nil {
		return nil, err
	}
	if len(weights) < members {
		return nil, p.wrong("it has %d weights for %d estimators", len(weights), members)
	}
	return weights[:members], nil
}

// adaBoostClassifier reads SAMME and SAMME.R (Zhu, Zou, Rosset & Hastie,
// Multi-class AdaBoost, 2009). SAMME.R was the default until 1.5 and is gone
// since 1.8; SAMME's votes against a class count since 1.3.
func (r *reader) adaBoostClassifier(p part, d *design) (answer, error) {
	classes, err := p.classes()
	if err != nil {
		return answer{}, err
	}
	if len(classes) < 2 {
		return answer{}, p.wrong("it knows %d classes", len(classes))
	}
	members, err := r.members(p, d)
	if err != nil {
		return answer{}, err
	}
	all, err := p.floats("estimator_weights_")
	if err != nil {
		return answer{}, err
	}
	weights, err := boostWeights(p, len(members))
	if err != nil {
		return answer{}, err
	}
	b := adaBoost{real: p.text("algorithm") == "SAMME.R", classes: classes, weights: weights}
	for _, w := range all {
		b.total += w
	}
	if b.total == 0 {
		return answer{}, p.wrong("the weights of its estimators add up to 0")
	}
	if p.version() >= 103 {
		b.against = -1 / float64(len(classes)-1)
	}
	if a, ok := b.asTrees(members); ok {
		return a, nil
	}
	decision, err := d.adaScores(p, members, &b)
	if err != nil {
		return answer{}, err
	}
	ours := decision
	if v := p.version(); v > 0 && v < 22 && !b.real { // probabilities were of their own then
		if ours, err = d.weighedShares(p, members, &b); err != nil {
			return answer{}, err
		}
	}
	return d.samme(p, classes, ours, decision)
}

// adaBoost is how the members of an AdaBoostClassifier are added.
type adaBoost struct {
	classes []string
	weights []float64
	total   float64 // of all weights
	real    bool    // SAMME.R
	against float64 // times its weight, what a member gives to the classes it does not choose
}

// says is what a member with these probabilities adds to the scores.
func (b *adaBoost) says(k int, shares, into []float64) {
	if b.real {
		stage.LogShares{}.Apply(shares, into, nil)
		return
	}
	var place [1]float64
	stage.Largest{}.Apply(shares, place[:], nil)
	(&stage.Ballot{Classes: len(into), Weights: b.weights[k : k+1], Against: b.against}).Apply(place[:], into, nil)
}

// asTrees says a binary AdaBoost of trees as trees whose leaves are what they
// add to the score: the logistic of it is the probability.
func (b *adaBoost) asTrees(members []inner) (answer, bool) {
	if len(b.classes) != 2 {
		return answer{}, false
	}
	leaves := make([]nodes, len(members)) // both classes' shares: one is not the other's complement to the last digit
	for k := range members {
		places, err := members[k].places(b.classes, false)
		if err != nil || !straightPlaces(places, 2) {
			return answer{}, false
		}
		if leaves[k], err = tree(members[k].part); err != nil || leaves[k].width != 2 {
			return answer{}, false
		}
	}
	trees, takes, ok := joined(members, 1, func(k, n int, _, into []float64) {
		var shares, scores [2]float64
		if 2*n+2 <= len(leaves[k].values) {
			fractions(leaves[k].values[2*n:2*n+2], shares[:])
		}
		b.says(k, shares[:], scores[:])
		into[0] = (scores[1] - scores[0]) / b.total
	})
	if !ok {
		return answer{}, false
	}
	trees.Base = []float64{0}
	return answer{task: predict.TaskBinary, classes: b.classes, link: predict.Logistic, trees: trees, takes: takes}, true
}

// adaScores is the decision function per class, before a binary one becomes one.
func (d *design) adaScores(p part, members []inner, b *adaBoost) ([]cell, error) {
	var cells []cell
	for k := range members {
		m := &members[k]
		if !b.real {
			at, err := d.vote(m, b.classes, false)
			if err != nil {
				return nil, err
			}
			cells = append(cells, at)
			continue
		}
		shares, ok, err := d.shares(m, b.classes, false)
		if err == nil && !ok {
			err = m.wrong("it gives no probabilities, and SAMME.R needs them")
		}
		if err != nil {
			return nil, err
		}
		logs, err := d.builder.stage(m.part, stage.LogShares{}, shares)
		if err != nil {
			return nil, err
		}
		cells = append(cells, logs...)
	}
	if b.real {
		return d.builder.stage(p, &stage.Average{Width: len(b.classes), Over: b.total}, cells)
	}
	return d.builder.stage(p, &stage.Ballot{Classes: len(b.classes), Weights: b.weights, Against: b.against, Over: b.total}, cells)
}

// weighedShares is what SAMME's probabilities were made of before 0.22: the
// weighted mean of the members'.
func (d *design) weighedShares(p part, members []inner, b *adaBoost) ([]cell, error) {
	var cells []cell
	for k := range members {
		shares, ok, err := d.shares(&members[k], b.classes, false)
		if err == nil && !ok {
			err = members[k].wrong("it gives no probabilities, and the whole's are made of them")
		}
		if err != nil {
			return nil, err
		}
		cells = append(cells, shares...)
	}
	return d.builder.stage(p, &stage.Average{Width: len(b.classes), Weights: b.weights, Over: b.total}, cells)
}

// samme makes an answer of scores per class: softmax(scores/(K-1)); of two
// classes, the logistic of their difference.
func (d *design) samme(p part, classes []string, scores, decision []cell) (answer, error) {
	a := answer{task: predict.TaskMulticlass, classes: classes, link: predict.Softmax}
	if len(classes) == 2 {
		difference := &stage.Affine{Weights: []float64{-1, 1}, Bias: []float64{0}}
		said, err := d.one(p, difference, decision...)
		if err != nil {
			return answer{}, err
		}
		score, err := d.one(p, difference, scores...)
		if err != nil {
			return answer{}, err
		}
		at, err := d.one(p, stage.Cut{Above: true}, said)
		a.task, a.link, a.scores, a.chosen = predict.TaskBinary, predict.Logistic, []cell{score}, &at
		a.outputs = []named{{"decision_function", []cell{said}}}
		return a, err
	}
	at, err := d.one(p, stage.Largest{}, decision...)
	if err != nil {
		return answer{}, err
	}
	steps := make([][]stage.Step, len(scores))
	for k := range steps {
		steps[k] = []stage.Step{{Op: "div", A: math.Max(1, float64(len(classes)-1))}}
	}
	divide, err := stage.NewElementwise(steps)
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	a.scores, err = d.builder.stage(p, divide, scores)
	a.chosen, a.outputs = &at, []named{{"decision_function", decision}}
	return a, err
}
