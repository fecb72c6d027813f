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
	// Probabilities are per class; nil for a regression and where the link is
	// Decision. They live in the row, until its next outcome.
	Probabilities []float64
	// Values are the numbers of a vector, of which Prediction is the first. They
	// live in the row as well.
	Values []float64
}

// Classifies tells whether the program chooses between classes.
func (p *Program) Classifies() bool { return len(p.spec.Classes) > 0 }

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
	case TaskVector:
		p.scores(row)
		return Outcome{Score: row.scores[0], Prediction: row.scores[0], Class: -1, Values: row.scores}
	case TaskBinary:
		return p.binary(row)
	}
	p.scores(row)
	if p.spec.Link == Decision {
		class := p.chosen(row, row.scores)
		return Outcome{Score: row.scores[class], Prediction: row.scores[class], Class: class}
	}
	p.link(row.scores, row.probabilities)
	class := p.chosen(row, row.probabilities)
	return Outcome{Score: row.scores[class], Prediction: row.probabilities[class], Class: class, Probabilities: row.probabilities}
}

func (p *Program) binary(row *Row) Outcome {
	score := p.Score(row)
	if p.spec.Link == Decision {
		second := score
		if p.flip {
			second = -score
		}
		return Outcome{Score: score, Prediction: score, Class: p.chosen(row, []float64{0, second})}
	}
	positive := p.Answer(score)
	at := p.Positive()
	row.probabilities[at], row.probabilities[1-at] = positive, 1-positive
	if p.trees != nil && p.single { // the complement, too, is the source's
		row.probabilities[1-at] = float64(1 - float32(positive))
	}
	return Outcome{Score: score, Prediction: positive, Class: p.chosen(row, row.probabilities), Probabilities: row.probabilities}
}

// chosen is the class of a row whose cells were computed: the one of the
// highest value, the first of equals, unless a stage has chosen.
func (p *Program) chosen(row *Row, values []float64) int {
	if p.spec.Answer != nil && p.spec.Answer.Chosen > 0 {
		return min(max(int(row.cells[p.spec.Answer.Chosen]), 0), len(p.spec.Classes)-1)
	}
	class, most := 0, math.Inf(-1)
	for k, v := range values {
		if v > most {
			class, most = k, v
		}
	}
	return class
}

// compute fills the cells of a row, and what the estimator sees of them.
func (p *Program) compute(row *Row) []float64 {
	p.matrix.fill(row, row.cells)
	if !p.stages.direct {
		p.stages.run(row)
	}
	return p.seen(row)
}

// seen is what the estimator sees of the cells as they are.
func (p *Program) seen(row *Row) []float64 {
	if p.stages.direct {
		return row.features
	}
	if p.spec.Takes == nil {
		return append(row.features[:0], row.cells[:len(row.features)]...)
	}
	for j, c := range p.spec.Takes {
		row.features[j] = row.cells[c]
	}
	return row.features
}

// scores computes all scores of a row by its cells. A binary model's is of the
// second class.
func (p *Program) scores(row *Row) {
	if p.summed {
		row.scores[0] = p.sum(row)
		return
	}
	p.matrix.fill(row, row.cells)
	if !p.stages.direct {
		p.stages.run(row)
	}
	p.estimate(row)
}

// estimate computes the scores of the cells as they are.
func (p *Program) estimate(row *Row) {
	x := p.seen(row)
	switch {
	case p.trees != nil:
		p.trees.Scores(x, row.scores, row.Buffer(p.trees.Work(len(x))))
		return
	case p.spec.Answer != nil:
		for k, c := range p.spec.Answer.Scores {
			row.scores[k] = row.cells[c]
		}
		return
	}
	for k := range p.linears {
		l := &p.linears[k]
		sum := 0.0
		for j, w := range l.Weights {
			sum += w * x[j]
		}
		row.scores[k] = sum + l.Bias
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
