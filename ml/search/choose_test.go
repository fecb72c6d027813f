package search_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/search"
)

// shifted answers the mean of the target and a shift for every row: the error
// that each shift costs is known. It counts the rows that it has learned from.
type shifted struct {
	by   float64
	rows *atomic.Int64
	wait time.Duration // before a fit is done, unless the context ends
	fail error
}

func (s shifted) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if s.rows != nil {
		s.rows.Add(int64(features.Rows()))
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(s.wait):
	}
	if s.fail != nil {
		return nil, s.fail
	}
	mean := 0.0
	for _, v := range target.Y {
		mean += v / float64(len(target.Y))
	}
	learn.Progress(ctx, 1, 1)
	c := features.Columns()[0]
	return &learn.Model{Warnings: []string{"It shifts."}, Spec: predict.Spec{
		Version: 1, Task: target.Task, Target: predict.Target{Name: target.Name},
		Inputs: []predict.Input{{Name: c.Name, Kind: c.Kind}},
		Linear: &predict.Linear{Bias: mean + s.by},
	}}, nil
}

func shifts(rows *atomic.Int64, values ...any) search.Source {
	return search.Source{Name: "shifted", Space: search.Space{search.List("by", values...)}, Make: func(s search.Settings) (learn.Learner, error) {
		by, err := s.Number("by", 0)
		return shifted{by: by, rows: rows}, err
	}}
}

func neighbours(ks ...any) search.Source {
	return search.Source{Name: "knn", Space: search.Space{search.List("neighbours", ks...)}, Make: func(s search.Settings) (learn.Learner, error) {
		k, err := s.Int("neighbours", 5)
		return knn.Neighbours{K: k}, err
	}}
}

func shuffled(t *testing.T, n, k int) []search.Fold {
	t.Helper()
	folds, err := search.Shuffled(n, k, 3)
	if err != nil {
		t.Fatal(err)
	}
	return folds
}

// untimed compares results without what clocks say.
var untimed = cmp.Options{
	cmpopts.IgnoreFields(search.Standing{}, "Seconds", "Micros"), cmpopts.IgnoreFields(search.Result{}, "Seconds"),
	cmpopts.EquateNaNs(), cmpopts.IgnoreFields(search.Entry{}, "Learner"), cmpopts.EquateErrors(),
}

func TestChooseIsTheSameForAnyWorkers(t *testing.T) {
	for _, task := range []string{predict.TaskRegression, predict.TaskMulticlass} {
		features, target := learntest.Rows(300, task, false)
		for _, strategy := range []search.Strategy{search.Grid, search.Random, search.Halving} {
			t.Run(task+" "+string(strategy), func(t *testing.T) {
				var first *search.Result
				for _, workers := range []int{1, 2, 4} {
					plan := search.Plan{Strategy: strategy, Tries: 5, Seed: 8, Least: 30}
					plan.Workers = workers
					got, err := search.Choose(t.Context(), features, target, shuffled(t, 300, 4), []search.Source{neighbours(1.0, 3.0, 9.0, 15.0, 27.0, 28.0, 29.0), search.Fixed("far", knn.Neighbours{K: 28})}, plan)
					if err != nil {
						t.Fatal(err)
					}
					if first == nil {
						first = got
					}
					if diff := cmp.Diff(first, got, untimed); diff != "" {
						t.Errorf("%d workers: %s", workers, diff)
					}
				}
				best := first.Board[0]
				if best.Bytes == 0 || best.Micros <= 0 || len(best.Folds) != 4 || len(best.OutOfFold) != 300*target.Scores() {
					t.Errorf("the best has %d bytes, %g µs a row, %d scores and %d predictions", best.Bytes, best.Micros, len(best.Folds), len(best.OutOfFold))
				}
			})
		}
	}
}

func TestTheRefitServes(t *testing.T) {
	features, target := learntest.Rows(300, predict.TaskRegression, false)
	got, err := search.Choose(t.Context(), features, target, shuffled(t, 300, 5), []search.Source{neighbours(5.0, 100.0), shifts(nil, 0.0)}, search.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	if w := got.Winner(); w.Name != "knn" || w.Params["neighbours"] != "5" || got.Metric != "rmse" {
		t.Fatalf("the winner by %s is %s %v", got.Metric, w.Name, w.Params)
	}
	m, err := got.Refit(t.Context(), features, target)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := knn.Neighbours{K: 5}.Fit(t.Context(), features, target)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := specText(t, m), specText(t, alone); a != b {
		t.Error("the refit is not the learner fitted on all rows")
	}
}

func specText(t *testing.T, m *learn.Model) string {
	t.Helper()
	text, err := predict.MarshalSpec(m.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFailureStandsOnTheBoard(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	reason := fault.Errorf(fault.Invalid, "it does not like the data")
	broken := search.Fixed("broken", shifted{fail: reason})
	got, err := search.Choose(t.Context(), features, target, shuffled(t, 200, 4), []search.Source{broken, shifts(nil, 0.0, 1.0)}, search.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	last := got.Board[2]
	if last.Status != search.Broken || !errors.Is(last.Err, reason) || last.Reason != "on fold 1 of 4: it does not like the data" || last.Tied {
		t.Errorf("the broken one stands as %+v", last)
	}
	if got.Board[0].Status != search.Ranked || got.Board[1].Status != search.Ranked || len(got.Notes) != 1 {
		t.Errorf("the others stand as %v and %v, with the notes %q", got.Board[0].Status, got.Board[1].Status, got.Notes)
	}
	if diff := cmp.Diff([]string{"It shifts."}, got.Board[0].Warnings); diff != "" {
		t.Error(diff)
	}
	_, err = search.Choose(t.Context(), features, target, shuffled(t, 200, 4), []search.Source{broken}, search.Plan{})
	if !errors.Is(err, reason) || fault.KindOf(err) != fault.Invalid {
		t.Errorf("when all fail the error is %v", err)
	}
}

// What is wrong with the table is told by the rows of the table, not of a fold.
func TestAFailureNamesTheRowOfTheTable(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	speed := &frame.Column{Name: "speed", Kind: frame.Number, Values: make([]float64, 200)}
	speed.Values[150] = math.Inf(1)
	wrong, err := frame.New(append(slices.Clone(features.Columns()), speed)...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = search.Choose(t.Context(), wrong, target, shuffled(t, 200, 4), []search.Source{search.Fixed("knn", knn.Neighbours{})}, search.Plan{})
	if err == nil || !strings.Contains(err.Error(), `"speed" is infinite in row 151`) {
		t.Errorf("the error is %v", err)
	}
}

func TestChooseStops(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var rows atomic.Int64
	plan := search.Plan{}
	plan.Workers, plan.Watch = 1, func(search.Event) { cancel() }
	_, err := search.Choose(ctx, features, target, shuffled(t, 200, 4), []search.Source{search.Fixed("slow", shifted{rows: &rows, wait: time.Hour}), shifts(&rows, 1.0)}, plan)
	if !errors.Is(err, context.Canceled) || rows.Load() > 150 {
		t.Errorf("the error is %v, and %d rows were learned from after the end", err, rows.Load())
	}
}

func TestChooseRefusals(t *testing.T) {
	features, target := learntest.Rows(100, predict.TaskRegression, false)
	folds := shuffled(t, 100, 4)
	good := []search.Source{shifts(nil, 0.0)}
	for name, try := range map[string]func() error{
		"no source": func() error {
			_, err := search.Choose(t.Context(), features, target, folds, nil, search.Plan{})
			return err
		},
		"a metric of classes": func() error {
			plan := search.Plan{}
			plan.Metric = "log_loss"
			_, err := search.Choose(t.Context(), features, target, folds, good, plan)
			return err
		},
		"a strategy": func() error {
			_, err := search.Choose(t.Context(), features, target, folds, good, search.Plan{Strategy: "best"})
			return err
		},
		"a rule": func() error {
			_, err := search.Choose(t.Context(), features, target, folds, good, search.Plan{Rule: "cheapest"})
			return err
		},
		"rows that are not there": func() error {
			_, err := search.Choose(t.Context(), features.Take(places(50)), target.Take(places(50)), folds, good, search.Plan{})
			return err
		},
		"a range in a grid": func() error {
			_, err := search.Choose(t.Context(), features, target, folds, []search.Source{{Name: "a", Space: search.Space{search.Uniform("b", 0, 1)}, Make: good[0].Make}}, search.Plan{})
			return err
		},
		"a setting unknown to the maker": func() error {
			_, err := search.Choose(t.Context(), features, target, folds, []search.Source{shifts(nil, "left")}, search.Plan{})
			return err
		},
		"a source without learner": func() error {
			_, err := search.Choose(t.Context(), features, target, folds, []search.Source{{Name: "a"}}, search.Plan{})
			return err
		},
	} {
		if err := try(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func TestEvents(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	var events []search.Event
	plan := search.Plan{}
	plan.Workers, plan.Watch = 1, func(e search.Event) { events = append(events, e) }
	if _, err := search.Choose(t.Context(), features, target, shuffled(t, 200, 2), []search.Source{shifts(nil, 3.0, 0.0)}, plan); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprintf("%d %s fold %d/%d step %d/%d done %d/%d leader %q %t", e.Kind, e.Candidate.Params["by"], e.Fold, e.Folds, e.Step, e.Steps, e.Done, e.Total, e.Leader.Params["by"], e.Mean > 0))
	}
	want := []string{
		`0 3 fold 1/2 step 0/0 done 0/4 leader "" false`, `1 3 fold 1/2 step 1/1 done 0/4 leader "" false`, `2 3 fold 1/2 step 0/0 done 1/4 leader "" true`,
		`0 3 fold 2/2 step 0/0 done 1/4 leader "" false`, `1 3 fold 2/2 step 1/1 done 1/4 leader "" false`, `2 3 fold 2/2 step 0/0 done 2/4 leader "3" true`,
		`0 0 fold 1/2 step 0/0 done 2/4 leader "3" false`, `1 0 fold 1/2 step 1/1 done 2/4 leader "3" false`, `2 0 fold 1/2 step 0/0 done 3/4 leader "3" true`,
		`0 0 fold 2/2 step 0/0 done 3/4 leader "3" false`, `1 0 fold 2/2 step 1/1 done 3/4 leader "3" false`, `2 0 fold 2/2 step 0/0 done 4/4 leader "0" true`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The last that is heard of a candidate is its score, however many folds are
// fitted at once.
func TestEventsEndWithTheScore(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	said := map[string]float64{}
	plan := search.Plan{}
	plan.Workers, plan.Watch = 8, func(e search.Event) {
		if e.Kind == search.Scored {
			said[e.Candidate.Params["by"]] = e.Mean
		}
	}
	found, err := search.Choose(t.Context(), features, target, shuffled(t, 200, 8), []search.Source{shifts(nil, 3.0, 0.0, 1.0, 2.0, 4.0, 5.0)}, plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found.Board {
		if got := said[s.Params["by"]]; math.Abs(got-s.Score) > 1e-12 {
			t.Errorf("%v: the last event says %g, the board %g", s.Params, got, s.Score)
		}
	}
}

// What predicts in the search is what serves: a fit on the rows of a fold,
// compiled.
func TestOutOfFoldPredictionsAreServed(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskBinary, false)
	folds := shuffled(t, 200, 4)
	got, err := search.Choose(t.Context(), features, target, folds, []search.Source{search.Fixed("knn", knn.Neighbours{})}, search.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	for _, fold := range folds {
		m, err := knn.Neighbours{}.Fit(t.Context(), features.Take(fold.Train), target.Take(fold.Train))
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Compile()
		if err != nil {
			t.Fatal(err)
		}
		served, err := learn.Predictions(p, features.Take(fold.Test))
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range fold.Test {
			if got.Board[0].OutOfFold[row] != served[i] {
				t.Fatalf("row %d: %g in the search, %g served", row, got.Board[0].OutOfFold[row], served[i])
			}
		}
	}
}

// together notes how many fits run at once.
type together struct{ now, most *atomic.Int64 }

func (l together) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	n := l.now.Add(1)
	defer l.now.Add(-1)
	for most := l.most.Load(); n > most && !l.most.CompareAndSwap(most, n); most = l.most.Load() {
	}
	return shifted{wait: time.Millisecond}.Fit(ctx, features, target)
}

func TestMemoryBoundsWhatRunsAtOnce(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	var now, most atomic.Int64
	plan := search.Plan{}
	plan.Workers, plan.Memory = 8, 200*60 // a row is 5 numbers, a code and the target: 52 bytes
	if _, err := search.Choose(t.Context(), features, target, shuffled(t, 200, 10), []search.Source{search.Fixed("a", together{&now, &most})}, plan); err != nil {
		t.Fatal(err)
	}
	if most.Load() != 1 {
		t.Errorf("%d fits ran at once, and there is room for the rows of one", most.Load())
	}
}

func TestSourcesTakeTurns(t *testing.T) {
	features, target := learntest.Rows(100, predict.TaskRegression, false)
	late := search.Fixed("stack", shifted{})
	late.Late = true
	got, err := search.Choose(t.Context(), features, target, shuffled(t, 100, 2), []search.Source{late, shifts(nil, 1.0, 2.0, 3.0), search.Fixed("linear", shifted{})}, search.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, e := range got.Entries {
		order = append(order, e.Name+e.Params["by"])
	}
	if diff := cmp.Diff([]string{"shifted1", "linear", "shifted2", "shifted3", "stack"}, order); diff != "" {
		t.Error(diff)
	}
}
