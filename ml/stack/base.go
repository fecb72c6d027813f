package stack

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/search"
)

// maxBase bounds the learners of a stack.
const maxBase = 100

// Named is a learner with the name that people know it by.
type Named struct {
	Name    string
	Learner learn.Learner
}

// ensemble is learners that answer the same question, being fitted.
type ensemble struct {
	base     []Named
	features *frame.Frame
	target   learn.Target

	mu          sync.Mutex // Protects done, and the calls of learn.Progress.
	done, total int
}

func newEnsemble(base []Named, features *frame.Frame, target learn.Target) (*ensemble, error) {
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	switch {
	case len(base) == 0:
		return nil, fault.Errorf(fault.Invalid, "there is no learner to join: list at least two")
	case len(base) > maxBase:
		return nil, fault.Errorf(fault.Limited, "there are %d learners to join, at most %d are allowed", len(base), maxBase)
	}
	seen := map[string]bool{}
	for i, b := range base {
		switch {
		case b.Name == "" || b.Learner == nil:
			return nil, fault.Errorf(fault.Invalid, "learner %d of those to join has no name or is none", i+1)
		case seen[b.Name]:
			return nil, fault.Errorf(fault.Invalid, "two learners to join are named %q: give each a name of its own", b.Name)
		}
		seen[b.Name] = true
	}
	return &ensemble{base: base, features: features, target: target}, nil
}

// outOfFold predicts the test rows of every fold by fits on its training rows:
// for each learner the predictions of all rows, side by side as learn.Predictions
// has them. Rows that no fold tests stay 0.
func (e *ensemble) outOfFold(ctx context.Context, folds []search.Fold) ([][]float64, error) {
	width := e.target.Scores()
	predictions := make([][]float64, len(e.base))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range e.base {
		predictions[k] = make([]float64, len(e.target.Y)*width)
		for _, fold := range folds {
			group.Go(func() error {
				if err := inner.Err(); err != nil {
					return err // before rows are copied
				}
				model, err := e.fit(inner, k, e.features.Take(fold.Train), e.target.Take(fold.Train))
				if err != nil {
					return err
				}
				return e.answer(inner, k, model, fold.Test, predictions[k])
			})
		}
	}
	return predictions, e.waited(ctx, group)
}

// fitAll fits the learners with the given places on all rows.
func (e *ensemble) fitAll(ctx context.Context, which []int) ([]*learn.Model, error) {
	models := make([]*learn.Model, len(which))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, k := range which {
		group.Go(func() error {
			var err error
			models[i], err = e.fit(inner, k, e.features, e.target)
			return err
		})
	}
	return models, e.waited(ctx, group)
}

// waited is the error of a group; when the context has ended, its error.
func (e *ensemble) waited(ctx context.Context, group *errgroup.Group) error {
	if err := group.Wait(); ctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

// fit fits one learner, whose own progress is not told: a fit is a step.
func (e *ensemble) fit(ctx context.Context, k int, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	model, err := e.base[k].Learner.Fit(learn.WithProgress(ctx, nil), features, target)
	if err != nil {
		return nil, e.refused(k, target, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done++
	learn.Progress(ctx, e.done, e.total)
	return model, nil
}

// refused is why a learner could not be fitted. A fold's rows are numbered anew,
// so what is wrong with the table itself is told of the table; and a target that
// is well may be the same in all rows of a fold.
func (e *ensemble) refused(k int, target learn.Target, err error) error {
	if !fault.Is(err, fault.Invalid) || len(target.Y) == len(e.target.Y) {
		return e.named(k, err)
	}
	if flaw := learn.CheckFeatures(e.features); flaw != nil {
		return e.named(k, flaw)
	}
	return fault.Errorf(fault.Invalid, "%s, fitted to %d of %d rows: %w", e.base[k].Name, len(target.Y), len(e.target.Y), err)
}

func (e *ensemble) named(k int, err error) error {
	return fault.Errorf(fault.KindOf(err), "%s: %w", e.base[k].Name, err)
}

// fewRows are answered between looks at the context: nearest neighbours may take
// 100 µs a row.
const fewRows = 1024

// answer predicts rows by a model of the learner k, and writes what it answers to
// their places.
func (e *ensemble) answer(ctx context.Context, k int, m *learn.Model, rows []int, to []float64) error {
	program, err := m.Compile()
	if err != nil {
		return e.named(k, err)
	}
	width := e.target.Scores()
	for len(rows) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := rows[:min(fewRows, len(rows))]
		rows = rows[len(some):]
		got, err := answersOf(program, e.features.Take(some))
		if err != nil {
			return e.named(k, err)
		}
		for i, row := range some {
			copy(to[row*width:(row+1)*width], got[i*width:(i+1)*width])
		}
	}
	return nil
}

// answers predicts rows by a model, compiled as it would be to serve.
func answers(m *learn.Model, features *frame.Frame) ([]float64, error) {
	program, err := m.Compile()
	if err != nil {
		return nil, err
	}
	return answersOf(program, features)
}

func answersOf(program *predict.Program, features *frame.Frame) ([]float64, error) {
	got, err := learn.Predictions(program, features)
	if err != nil {
		return nil, err
	}
	if at := learn.Finite(got); at >= 0 {
		return nil, fault.Errorf(fault.Internal, "prediction %d is %g", at, got[at])
	}
	return got, nil
}

// divide makes the folds: in proportion to the target where its classes have
// rows for every fold, else by chance.
func divide(target learn.Target, k int, seed uint64) ([]search.Fold, error) {
	if folds, err := search.Stratified(target, k, seed); err == nil {
		return folds, nil
	}
	return search.Shuffled(len(target.Y), k, seed)
}

// left are the columns that no model uses, with the first's reason.
func left(models []*learn.Model) []learn.Omission {
	used := map[string]bool{}
	for _, m := range models {
		for _, in := range m.Spec.Inputs {
			used[in.Name] = true
		}
	}
	var all []learn.Omission
	for _, m := range models {
		for _, o := range m.Left {
			if !used[o.Column] {
				used[o.Column] = true
				all = append(all, o)
			}
		}
	}
	return all
}

// warnings are those of every model, under its name.
func warnings(base []Named, which []int, models []*learn.Model) []string {
	var all []string
	for i, m := range models {
		for _, w := range m.Warnings {
			all = append(all, base[which[i]].Name+": "+w)
		}
	}
	return all
}

// skeleton is what every composed spec begins with.
func skeleton(target learn.Target) predict.Spec {
	return predict.Spec{Version: 1, Task: target.Task, Target: predict.Target{Name: target.Name, Unit: target.Unit}, Classes: target.Classes}
}
