package stack

import (
	"math"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
)

// compared is how many rows a composed model is held to its parts on.
const compared = 50

// closeness is how far the two may differ, relative to their size: a sum over
// weights may be added up in another order.
const closeness = 1e-6

// compare holds a composed model to what its parts answer one after the other:
// what was put together wrongly must not get away.
func (e *ensemble) compare(m *learn.Model, models []*learn.Model, final *learn.Model) error {
	rows := places(min(compared, e.features.Rows()))
	features := e.features.Take(rows)
	said := make([][]float64, len(models))
	for k, one := range models {
		var err error
		if said[k], err = answers(one, features); err != nil {
			return e.named(k, err)
		}
	}
	part := &ensemble{base: e.base, features: features, target: e.target}
	columns, err := part.columns(said)
	if err != nil {
		return err
	}
	seen, err := frame.New(append(columns, features.Columns()...)...)
	if err != nil {
		return err
	}
	want, err := answers(final, seen)
	if err != nil {
		return err
	}
	return e.same(m, features, want)
}

// same wants a composed model to answer what its parts do.
func (e *ensemble) same(m *learn.Model, features *frame.Frame, want []float64) error {
	got, err := answers(m, features)
	if err != nil {
		return err
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > closeness*max(1, math.Abs(want[i])) {
			return fault.Errorf(fault.Internal, "the composed model answers %v where its parts answer %v (number %d)", got[i], want[i], i)
		}
	}
	return nil
}
