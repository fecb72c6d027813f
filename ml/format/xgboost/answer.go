package xgboost

import (
	"fmt"
	"strconv"

	"dasier/fault"
	"dasier/ml/format/booster"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// Answer says what the objective makes of the margins. Classes are the labels of
// a classifier, if known: those of an XGBClassifier.
func (m *Model) Answer(classes []string) (booster.Answer, error) {
	a := booster.Answer{Task: predict.TaskRegression, Raw: "margin"}
	do := m.objective.answer
	if do == sorted && !m.atLeast(3, 4) {
		do = plain // before, quantiles could cross
	}
	var err error
	switch {
	case do == softmax:
		a.Task, a.Link = predict.TaskMulticlass, predict.Softmax
		if m.Groups < 2 {
			return a, fault.Errorf(fault.Invalid, "the XGBoost model has %d margins and the objective %q", m.Groups, m.Objective)
		}
		a.Classes, err = booster.Classes(m.Groups, classes, strconv.Itoa)
	case m.Groups > 1:
		a.Task = predict.TaskVector
		for k := range m.Groups {
			a.Targets = append(a.Targets, m.target(k))
		}
	case do == logistic, do == positive, len(classes) == 2:
		a.Task = predict.TaskBinary
		a.Classes, err = booster.Classes(2, classes, strconv.Itoa)
	}
	if err != nil {
		return a, err
	}
	// What a link says needs no stage, and is explained.
	switch {
	case do == softmax:
		do = plain
	case a.Task == predict.TaskBinary && do == logistic:
		a.Link, do = predict.Logistic, plain
	case a.Task == predict.TaskRegression && do == exponent:
		a.Log, do = true, plain
	}
	return a, m.compute(&a, do)
}

// compute fills in trees or stages.
func (m *Model) compute(a *booster.Answer, do transform) error {
	if do == plain && m.Trees != nil && a.Task != predict.TaskVector {
		a.Trees = m.Trees
		return nil
	}
	first := stage.Operation(m.Linear)
	if m.Trees != nil {
		trees, err := stage.NewTrees(m.Trees, m.Features)
		if err != nil {
			return fmt.Errorf("laying out the trees: %w", err)
		}
		first = trees
	}
	a.Stages = []stage.Operation{first}
	if do != plain {
		a.Stages = append(a.Stages, single{do, m.Groups})
	}
	return nil
}

// target names one of several numbers.
func (m *Model) target(k int) string {
	switch {
	case len(m.alphas) == m.Groups && m.objective.answer == expectile:
		return "expectile_" + strconv.FormatFloat(m.alphas[k], 'g', -1, 32)
	case len(m.alphas) == m.Groups:
		return "quantile_" + strconv.FormatFloat(m.alphas[k], 'g', -1, 32)
	case m.Objective == "reg:normal" && m.Groups == 2:
		return [2]string{"mean", "log_variance"}[k]
	}
	return "target_" + strconv.Itoa(k)
}
