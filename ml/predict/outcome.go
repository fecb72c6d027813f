package predict

import (
	"math"

	"dasier/ml/stage"
)

// Outcome is all that a program says of a row.
type Outcome struct {
	Score      float64 // the estimator's: of the positive class, or of the class chosen
	Prediction float64 // in the target's unit; of a classifier, the probability of that class
	Class      int     // the class chosen, an index into Spec.Classes; -1 for a regression
	// Probabilities are per class; nil for a regression. They live in the row,
	// until its next outcome.
	Probabilities []float64
}

// Classifies tells whether the program chooses between classes.
func (p *Program) Classifies() bool { return p.spec.Task != TaskRegression }

// Classes are what a classifier chooses from; none for a regression.
func (p *Program) Classes() []string { return p.spec.Classes }

// Positive is the class whose probability a binary program predicts, as an
// index into Classes; -1 for other tasks.
func (p *Program) Positive() int {
	if p.spec.Task != TaskBinary {
		return -1
	}
	if p.flip {
		return 0
	}
	return 1
}

// Outcome answers a row.
func (p *Program) Outcome(row *Row) Outcome {
	switch p.spec.Task {
	case TaskRegression:
		score := p.Score(row)
		return Outcome{Score: score, Prediction: p.Answer(score), Class: -1}
	case TaskBinary:
		score := p.Score(row)
		positive := p.Answer(score)
		at := p.Positive()
		row.probabilities[at], row.probabilities[1-at] = positive, 1-positive
		if p.trees != nil && p.single { // the complement, too, is the source's
			row.probabilities[1-at] = float64(1 - float32(positive))
		}
		class := 0
		if row.probabilities[1] > row.probabilities[0] {
			class = 1
		}
		return Outcome{Score: score, Prediction: positive, Class: class, Probabilities: row.probabilities}
	}
	p.scores(row)
	p.link(row.scores, row.probabilities)
	class := 0
	for k, v := range row.probabilities {
		if v > row.probabilities[class] {
			class = k
		}
	}
	return Outcome{Score: row.scores[class], Prediction: row.probabilities[class], Class: class, Probabilities: row.probabilities}
}

// scores computes all scores of a row by its matrix. A binary model's is of
// the second class.
func (p *Program) scores(row *Row) {
	p.matrix.fill(row, row.features)
	if p.trees != nil {
		p.trees.Scores(row.features, row.scores)
		return
	}
	for k := range p.linears {
		l := &p.linears[k]
		sum := l.Bias
		for j, w := range l.Weights {
			sum += w * row.features[j]
		}
		row.scores[k] = sum
	}
}

// sigmoidSingle is XGBoost's: in float32 at every step.
func sigmoidSingle(s float64) float64 {
	e := float32(math.Exp(min(-s, 88.7)))
	return float64(1 / (e + 1))
}

// link turns the scores of several classes into probabilities.
func (p *Program) link(scores, into []float64) {
	switch p.spec.Link {
	case Softmax:
		stage.Softmax{}.Apply(scores, into, nil)
	case OneVsAll:
		stage.OneVsAll{}.Apply(scores, into, nil)
	default:
		copy(into, scores)
	}
	if p.single {
		for k, v := range into {
			into[k] = float64(float32(v))
		}
	}
}
