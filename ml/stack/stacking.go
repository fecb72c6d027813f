package stack

import (
	"context"
	"fmt"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/graft"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Stacking lets a final learner learn from what base learners predict of rows
// that they had not seen: Wolpert, "Stacked Generalization", Neural Networks 5,
// 1992, section 2. Without a final learner it is Breiman's stacked regressions
// ("Stacked Regressions", Machine Learning 24, 1996, section 2): weights of at
// least 0 with the least squared error, which need not add up to 1. Of classes
// they are shared by all classes and do add up to 1, so that probabilities stay
// some.
type Stacking struct {
	// Base are the learners that are joined.
	Base []Named
	// Final learns from their predictions: of a number a column per learner, of
	// two classes the second's probability, of more a column per class. Default:
	// weights of at least 0
	Final learn.Learner
	// Through lets Final see the columns besides. Default: predictions alone
	Through bool
	// Folds is how many the out-of-fold predictions are made by. Default: 5
	Folds int
	// Seed divides the rows.
	Seed uint64
}

// Fit fits every learner once per fold, and then on all rows.
func (s Stacking) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if s.Folds == 0 {
		s.Folds = 5
	}
	if s.Through && s.Final == nil {
		return nil, fault.Errorf(fault.Invalid, "only a final learner can see the columns besides: name one, or leave that out")
	}
	e, err := newEnsemble(s.Base, features, target)
	if err != nil {
		return nil, err
	}
	folds, err := divide(target, s.Folds, s.Seed)
	if err != nil {
		return nil, err
	}
	e.total = len(s.Base) * (len(folds) + 1)
	said, err := e.outOfFold(ctx, folds)
	if err != nil {
		return nil, err
	}
	if s.Final == nil {
		return e.weighted(ctx, e.leastSquares(said, places(len(target.Y)), target.Task != predict.TaskRegression), said)
	}
	return s.learned(ctx, e, said)
}

// learned fits the final learner on predictions and composes it with the others.
func (s Stacking) learned(ctx context.Context, e *ensemble, said [][]float64) (*learn.Model, error) {
	columns, err := e.columns(said)
	if err != nil {
		return nil, err
	}
	if s.Through {
		columns = slices.Concat(columns, e.features.Columns())
	}
	seen, err := frame.New(columns...)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the predictions cannot stand beside the columns: %v; name the learners otherwise", err)
	}
	final, err := s.Final.Fit(learn.WithProgress(ctx, nil), seen, e.target)
	if err != nil {
		return nil, fault.Errorf(fault.KindOf(err), "the final learner: %w", err)
	}
	models, err := e.fitAll(ctx, places(len(e.base)))
	if err != nil {
		return nil, err
	}
	spec, err := e.compose(models, &final.Spec)
	if err != nil {
		return nil, err
	}
	m := &learn.Model{Spec: spec, Left: left(models), Warnings: warnings(e.base, places(len(models)), models), Rounds: final.Rounds, Best: final.Best}
	for _, w := range final.Warnings {
		m.Warnings = append(m.Warnings, "final learner: "+w)
	}
	if err := predict.AddBackground(&m.Spec, e.features); err != nil {
		return nil, err
	}
	return m, e.compare(m, models, final)
}

// columnNames are what a learner's answer is called where the final learner reads
// it.
func (e *ensemble) columnNames(k int) []string {
	if e.target.Scores() == 1 {
		return []string{"prediction of " + e.base[k].Name}
	}
	names := make([]string, len(e.target.Classes))
	for w, class := range e.target.Classes {
		names[w] = fmt.Sprintf("P(%s) of %s", class, e.base[k].Name)
	}
	return names
}

// columns are predictions as columns, a learner's side by side.
func (e *ensemble) columns(said [][]float64) ([]*frame.Column, error) {
	width := e.target.Scores()
	var columns []*frame.Column
	for k := range said {
		for w, name := range e.columnNames(k) {
			values := make([]float64, len(said[k])/width)
			for i := range values {
				values[i] = said[k][i*width+w]
			}
			if _, taken := e.features.Column(name); taken {
				return nil, fault.Errorf(fault.Invalid, "there is a column %q already: give the learner %q another name", name, e.base[k].Name)
			}
			columns = append(columns, &frame.Column{Name: name, Kind: frame.Number, Values: values})
		}
	}
	return columns, nil
}

// compose makes one spec of all learners and the final one over their answers.
func (e *ensemble) compose(models []*learn.Model, final *predict.Spec) (predict.Spec, error) {
	answered := map[string]bool{}
	for k := range models {
		for _, name := range e.columnNames(k) {
			answered[name] = true
		}
	}
	own := *final // without the inputs that the others give
	own.Inputs = slices.DeleteFunc(slices.Clone(final.Inputs), func(in predict.Input) bool { return answered[in.Name] })
	specs := []*predict.Spec{&own}
	for _, m := range models {
		specs = append(specs, &m.Spec)
	}
	b, err := graft.New(specs)
	if err != nil {
		return predict.Spec{}, err
	}
	s := skeleton(e.target)
	said, err := e.graft(b, models, places(len(models)))
	if err != nil {
		return predict.Spec{}, err
	}
	given := map[string]graft.Cell{}
	for k := range said {
		for w, name := range e.columnNames(k) {
			given[name] = said[k][w]
		}
	}
	cells, err := b.Add(final, given)
	if err != nil {
		return predict.Spec{}, err
	}
	s.Target = final.Target
	b.Estimate(&s, final, cells)
	b.Finish(&s)
	e.outputs(&s, b, places(len(models)), said)
	return s, nil
}

// graft puts models into a builder and gives the cells of their answers.
func (e *ensemble) graft(b *graft.Builder, models []*learn.Model, which []int) ([][]graft.Cell, error) {
	said := make([][]graft.Cell, len(models))
	for i, m := range models {
		var err error
		if said[i], err = b.Answer(&m.Spec); err != nil {
			return nil, e.named(which[i], err)
		}
		if len(said[i]) != e.target.Scores() {
			return nil, fault.Errorf(fault.Internal, "%s answers %d numbers, not %d", e.base[which[i]].Name, len(said[i]), e.target.Scores())
		}
	}
	return said, nil
}

// outputs lets each learner's own answer be asked for.
func (e *ensemble) outputs(s *predict.Spec, b *graft.Builder, which []int, said [][]graft.Cell) {
	for i, cells := range said {
		s.Outputs = append(s.Outputs, predict.Output{Name: e.base[which[i]].Name, Cells: b.Number(cells)})
	}
}

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
