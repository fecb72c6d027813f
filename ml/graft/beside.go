package graft

import "dasier/ml/predict"

// Beside gives a model what others answer, as cells that an interval or an output
// can name: one cell of a regression, or of the second class's probability, else
// one per class. The model itself answers as before.
func Beside(model *predict.Spec, others ...*predict.Spec) (joined predict.Spec, answers [][]int32, err error) {
	b, err := New(append([]*predict.Spec{model}, others...))
	if err != nil {
		return predict.Spec{}, nil, err
	}
	own, err := b.Add(model, nil)
	if err != nil {
		return predict.Spec{}, nil, err
	}
	said := make([][]Cell, len(others))
	for k, other := range others {
		if said[k], err = b.Answer(other); err != nil {
			return predict.Spec{}, nil, err
		}
	}
	joined = *model
	joined.Inputs, joined.Features, joined.Stages, joined.Outputs = nil, nil, nil, nil
	b.Estimate(&joined, model, own)
	for _, output := range model.Outputs {
		joined.Outputs = append(joined.Outputs, predict.Output{Name: output.Name, Cells: b.Number(chosen(own, output.Cells))})
	}
	if in := model.Interval; in != nil {
		interval := *in
		interval.Cells = b.Number(chosen(own, in.Cells))
		joined.Interval = &interval
	}
	b.Finish(&joined)
	joined.Background = b.background(model.Background, own[:len(model.Features)])
	for _, cells := range said {
		answers = append(answers, b.Number(cells))
	}
	return joined, answers, nil
}
