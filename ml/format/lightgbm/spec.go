package lightgbm

import (
	"strconv"
	"strings"

	"dasier/ml/format/booster"
	"dasier/ml/predict"
)

// Spec makes a whole model of a booster. Columns are the names of the data that
// it was trained on, in their order: they count where the model has none of its
// own or has them without their spaces.
func (m *Model) Spec(target string, columns []string) (predict.Spec, error) {
	list, err := m.Columns(m.names(columns))
	if err != nil {
		return predict.Spec{}, err
	}
	answer, err := m.Answer(nil)
	if err != nil {
		return predict.Spec{}, err
	}
	return booster.Spec(target, list, answer)
}

// Columns are the model's features under these names.
func (m *Model) Columns(names []string) ([]booster.Column, error) {
	return booster.Columns(names, m.Categories, false)
}

// names are the model's own, or the columns' where those are the same or better.
func (m *Model) names(columns []string) []string {
	if len(columns) != len(m.Names) {
		return m.Names
	}
	unnamed, same := true, true
	for j, name := range m.Names {
		unnamed = unnamed && name == "Column_"+strconv.Itoa(j)
		same = same && name == strings.ReplaceAll(columns[j], " ", "_")
	}
	if unnamed || same {
		return columns
	}
	return m.Names
}
