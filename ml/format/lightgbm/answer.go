package lightgbm

import (
	"strconv"

	"dasier/fault"
	"dasier/ml/format/booster"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// Answer says what the objective makes of the scores. Classes are the labels, if
// known; a model without an objective of its own whose caller knows that it
// chooses between classes (an LGBMClassifier) has them as well.
func (m *Model) Answer(classes []string) (booster.Answer, error) {
	a := booster.Answer{Task: predict.TaskRegression, Raw: "raw_score"}
	if err := m.task(&a, classes); err != nil {
		return booster.Answer{}, err
	}
	then, err := m.transform()
	if err != nil {
		return booster.Answer{}, err
	}
	if then == nil && m.Rounds == 0 && a.Task != predict.TaskVector {
		a.Trees = m.Trees
		return a, nil
	}
	trees, err := stage.NewTrees(m.Trees, len(m.Names))
	if err != nil {
		return booster.Answer{}, err
	}
	a.Stages = []stage.Operation{trees}
	if m.Rounds > 0 {
		// Its raw score is the sum, and everything else is of the mean.
		mean, err := booster.Each(m.Groups, stage.Step{Op: "div", A: float64(m.Rounds)})
		if err != nil {
			return booster.Answer{}, err
		}
		a.Stages = append(a.Stages, mean)
	}
	if then != nil {
		a.Stages = append(a.Stages, then)
	}
	return a, nil
}

// task fills in everything but the transformation.
func (m *Model) task(a *booster.Answer, classes []string) (err error) {
	wants := 1
	switch m.Output {
	case Sigmoid:
		a.Task = predict.TaskBinary
		if m.Sigmoid == 1 {
			a.Link = predict.Logistic
		}
	case Softmax:
		a.Task, a.Link, wants = predict.TaskMulticlass, predict.Softmax, m.Groups
	case Sigmoids:
		a.Task, wants = predict.TaskMulticlass, m.Groups
	case Exp:
		a.Log = true
	case Plain:
		wants = m.Groups
		switch {
		case len(classes) > 0 && m.Groups > 1: // the user's own objective: scores, which no link turns into probabilities
			a.Task, a.Link = predict.TaskMulticlass, predict.Decision
		case len(classes) == 2:
			a.Task = predict.TaskBinary // the wrapper takes the score itself for the probability
		case m.Groups > 1:
			a.Task = predict.TaskVector
			for k := range m.Groups {
				a.Targets = append(a.Targets, "score_"+strconv.Itoa(k))
			}
		}
	}
	if m.Groups != wants || a.Task == predict.TaskMulticlass && m.Groups < 2 {
		return fault.Errorf(fault.Invalid, "the LightGBM model has %d scores, which its objective %q does not fit", m.Groups, m.Objective)
	}
	switch a.Task {
	case predict.TaskBinary:
		a.Classes, err = booster.Classes(2, classes, strconv.Itoa)
	case predict.TaskMulticlass:
		a.Classes, err = booster.Classes(m.Groups, classes, strconv.Itoa)
	}
	return err
}

// transform is what no link of package predict says; nil for the others.
func (m *Model) transform() (stage.Operation, error) {
	factor := stage.Step{Op: "mul", A: m.Sigmoid}
	switch {
	case m.Output == Square:
		return signedSquare{}, nil
	case m.Output == Sigmoid && m.Sigmoid != 1:
		return booster.Each(1, factor, stage.Step{Op: "logistic"})
	case m.Output == Sigmoids:
		return booster.Each(m.Groups, factor, stage.Step{Op: "logistic"})
	case m.Output == Share:
		return booster.Each(1, stage.Step{Op: "logistic"})
	case m.Output == Softplus:
		return booster.Each(1, stage.Step{Op: "exp"}, stage.Step{Op: "log1p"})
	}
	return nil, nil
}

// signedSquare undoes the root that reg_sqrt takes of the target.
type signedSquare struct{}

// Check wants one cell.
func (signedSquare) Check(in int) (int, error) {
	if in != 1 {
		return 0, fault.Errorf(fault.Invalid, "a square is of one score, there are %d", in)
	}
	return 1, nil
}

// Work is nothing.
func (signedSquare) Work(int) int { return 0 }

// Apply squares and keeps the sign.
func (signedSquare) Apply(in, out, _ []float64) {
	out[0] = in[0] * in[0]
	if in[0] < 0 {
		out[0] = -out[0]
	}
}
