package xgboost

import (
	"fmt"

	"dasier/fault"
	"dasier/ml/format/booster"
	"dasier/ml/predict"
)

// Spec makes a whole model of a booster: one input per feature, and what the
// objective says out. Columns are the names of a model that was trained without
// any.
func (m *Model) Spec(target string, columns []string) (predict.Spec, error) {
	names := m.Names
	if len(names) == 0 {
		names = columns
	}
	if len(names) == 0 {
		for j := range m.Features {
			names = append(names, fmt.Sprintf("f%d", j))
		}
	}
	if len(names) != m.Features {
		return predict.Spec{}, fault.Errorf(fault.Invalid, "the XGBoost model has %d features, and %d columns are known: name the columns that it was trained on, in their order", m.Features, len(names))
	}
	list, err := m.Columns(names)
	if err != nil {
		return predict.Spec{}, err
	}
	answer, err := m.Answer(nil)
	if err != nil {
		return predict.Spec{}, err
	}
	return booster.Spec(target, list, answer)
}

// Columns are the model's features under these names. XGBoost itself refuses a
// category that training did not know.
func (m *Model) Columns(names []string) ([]booster.Column, error) {
	return booster.Columns(names, m.Categories, true)
}
