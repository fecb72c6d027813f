package onnx

import (
	"math"
	"slices"

	"dasier/ml/predict"
)

// answer names what the program says: the number or numbers, or the label and
// what was said of each class.
func (e *emitter) answer(scores matrix) []message {
	s := &e.spec
	switch {
	case s.Task == predict.TaskRegression:
		score := scores.name
		switch {
		case s.Target.Log:
			// As Program.Answer: exp saturates at the largest double.
			up := e.do("Exp", score)
			if factor := s.Target.Answer(0); factor != 1 {
				up = e.mul(up, e.num(factor))
			}
			score = e.do("Min", up, e.scalar("largest", math.MaxFloat64))
		case s.Target.Power != nil:
			score = e.unpowered(score, &s.Target)
		}
		return []message{e.output("prediction", score, typeDouble, 1, withUnit(s.Target.Name, s.Target.Unit))}
	case s.Task == predict.TaskVector:
		return []message{e.output("prediction", scores.name, typeDouble, scores.width, s.Target.Name)}
	case s.Link == predict.Decision:
		choose := scores
		if s.Task == predict.TaskBinary {
			choose = matrix{e.join([]string{e.filled(0, 1).name, scores.name}), 2}
		}
		return []message{e.label(choose), e.output("score", scores.name, typeDouble, scores.width, "the class with the highest score is chosen; of two, the second above 0")}
	}
	p := e.probabilities(scores)
	return []message{e.label(p), e.output("probabilities", p.name, typeDouble, p.width, "a probability per class")}
}

// unpowered is Target.Answer: Yeo and Johnson's transform undone, of the score
// and each of what it may miss by, and their mean.
func (e *emitter) unpowered(score string, t *predict.Target) string {
	if len(t.Smear) > 0 {
		score = e.add(score, e.row(t.Smear))
	}
	if t.Scale != 0 {
		score = e.mul(score, e.num(t.Scale))
	}
	score = e.add(score, e.num(t.Center))
	size := e.do("Abs", score)
	undo := func(power float64) string {
		logarithm := size
		if power != 0 {
			logarithm = e.div(e.log1p(e.mul(size, e.num(power))), e.num(power))
		}
		return e.do("Min", e.expm1(logarithm), e.num(math.MaxFloat64))
	}
	y := e.where(e.do("Less", score, e.num(0)), e.do("Neg", undo(2-*t.Power)), undo(*t.Power))
	if len(t.Smear) < 2 {
		return y
	}
	shares := make([]float64, len(t.Smear))
	for k := range shares {
		shares[k] = 1 / float64(len(shares))
	}
	if len(slices.Compact(slices.Clone(t.Smear))) == 1 { // a row that was one number
		return y
	}
	return e.matMul(y, e.table(shares, len(shares), 1))
}

// output names a tensor as one of the graph's outputs.
func (e *emitter) output(name, from string, kind int64, width int, doc string) message {
	for e.inputsHave(name) {
		name += "_"
	}
	e.nodeAs(name, "", "Identity", []string{from})
	if width == 0 {
		return list(name, kind, doc)
	}
	return columnsMessage(name, kind, int64(width), doc)
}

func (e *emitter) inputsHave(name string) bool {
	_, taken := e.program.InputIndex(name)
	return taken
}

// probabilities are those of all classes.
func (e *emitter) probabilities(scores matrix) matrix {
	s := &e.spec
	trees := e.program.Trees()
	single := trees != nil && trees.Single
	if s.Task == predict.TaskBinary {
		return e.two(scores.name, single)
	}
	switch s.Link {
	case predict.Softmax:
		scores = e.softmax(scores)
	case predict.OneVsAll:
		scores = e.shares(matrix{e.logistic(scores.name), scores.width})
	}
	if single {
		scores.name = e.rounded(scores.name)
	}
	return scores
}

// two makes the probabilities of two classes of one score, that of the positive
// class first: the other is its complement.
func (e *emitter) two(score string, single bool) matrix {
	flip := e.program.Positive() == 0
	logistic := e.spec.Link == predict.Logistic
	if flip && logistic {
		score = e.do("Neg", score)
	} else if flip {
		score = e.sub(e.num(1), score)
	}
	positive := score
	switch {
	case logistic && single:
		positive = e.logisticSingle(score)
	case logistic:
		positive = e.logistic(score)
	}
	other := e.sub(e.num(1), positive)
	if single {
		other = e.rounded(e.sub(e.num(1), e.rounded(positive)))
	}
	if flip {
		return matrix{e.join([]string{positive, other}), 2}
	}
	return matrix{e.join([]string{other, positive}), 2}
}

// logisticSingle is XGBoost's: in float32 at every step.
func (e *emitter) logisticSingle(s string) string {
	shrunk := e.rounded(e.do("Exp", e.do("Min", e.do("Neg", s), e.num(88.7))))
	return e.rounded(e.div(e.num(1), e.rounded(e.add(shrunk, e.num(1)))))
}

// label is the class of the highest number, the first of equals, unless a stage
// has chosen.
func (e *emitter) label(of matrix) message {
	var at string
	if a := e.spec.Answer; a != nil && a.Chosen > 0 {
		chosen := e.take([]int32{a.Chosen}).name
		chosen = e.where(e.do("IsNaN", chosen), e.num(0), chosen)
		last := e.num(float64(len(e.spec.Classes) - 1))
		at = e.cast(e.do("Min", e.do("Max", chosen, e.num(0)), last), typeInt64)
	} else {
		at = e.place("ArgMax", of.name, false)
	}
	classes := e.texts(e.spec.Classes)
	return e.output("label", e.do("Gather", classes, e.reshape(at, -1)), typeString, 0, "the class that is chosen")
}
