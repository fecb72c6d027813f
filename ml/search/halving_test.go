package search_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/search"
)

func TestABudgetStartsNothingMore(t *testing.T) {
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	for _, workers := range []int{1, 3} {
		var rows atomic.Int64
		plan := search.Plan{}
		plan.Budget, plan.Workers = time.Nanosecond, workers
		got, err := search.Choose(t.Context(), features, target, shuffled(t, 200, 4), []search.Source{shifts(&rows, 5.0, 0.0, 1.0)}, plan)
		if err != nil {
			t.Fatal(err)
		}
		if n := rows.Load(); n != 4*150 {
			t.Errorf("%d workers: fits of %d rows were started, want the first candidate's 4 of 150", workers, n)
		}
		if w := got.Winner(); w.Params["by"] != "5" || w.Status != search.Ranked {
			t.Errorf("the winner is %+v", w)
		}
		for _, s := range got.Board[1:] {
			if s.Status != search.Skipped || s.Reason != "The time was used up after 0 of 4 folds." {
				t.Errorf("%v stands as %v: %s", s.Params, s.Status, s.Reason)
			}
		}
		if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "2 of 3 candidates were not scored") {
			t.Errorf("the notes are %q", got.Notes)
		}
	}
}

// The time ends within the search: whatever was through by then is ranked, and
// nothing is lost from the board.
func TestABudgetEndsWithin(t *testing.T) {
	t.Parallel() // it waits
	features, target := learntest.Rows(200, predict.TaskRegression, false)
	var rows atomic.Int64
	var sources []search.Source
	for i := range 6 {
		wait := time.Duration(0)
		if i == 2 {
			wait = 600 * time.Millisecond // longer than the budget
		}
		sources = append(sources, search.Fixed(fmt.Sprint("c", i), shifted{by: float64(i), rows: &rows, wait: wait}))
	}
	plan := search.Plan{}
	plan.Budget, plan.Workers = 500*time.Millisecond, 1
	got, err := search.Choose(t.Context(), features, target, shuffled(t, 200, 2), sources, plan)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[search.Status]int{}
	for _, s := range got.Board {
		counts[s.Status]++
	}
	// The third candidate's first fold takes the rest of the budget: it and those
	// after it are left out. On a busy machine it may be even fewer.
	if counts[search.Ranked] < 1 || counts[search.Ranked] > 2 || counts[search.Ranked]+counts[search.Skipped] != 6 || rows.Load() > 5*100 {
		t.Errorf("the board has %v, and fits of %d rows were started", counts, rows.Load())
	}
}

func TestHalvingFindsTheGoodSetting(t *testing.T) {
	features, target := learntest.Rows(2000, predict.TaskRegression, false)
	var values []any
	for by := -13; by <= 13; by++ {
		values = append(values, float64(by)/2)
	}
	for seed := range uint64(5) {
		var rows atomic.Int64
		plan := search.Plan{Strategy: search.Halving, Tries: 27, Seed: seed, Least: 50}
		var events []search.Event
		plan.Watch = func(e search.Event) { events = append(events, e) }
		got, err := search.Choose(t.Context(), features, target, shuffled(t, 2000, 4), []search.Source{shifts(&rows, values...)}, plan)
		if err != nil {
			t.Fatal(err)
		}
		w := got.Winner()
		if w.Params["by"] != "0" || w.Share != 1 || w.Status != search.Ranked {
			t.Errorf("the winner is %+v", w.Candidate)
		}
		if whole := int64(27 * 4 * 1500); rows.Load() > whole/5 {
			t.Errorf("%d rows were learned from, a grid takes %d", rows.Load(), whole)
		}
		if len(got.Board) != 27 || got.Board[26].Status != search.Dropped || !strings.HasPrefix(got.Board[26].Reason, "Place 27 of 27 with 0.037 of the rows") {
			t.Errorf("the last of %d stands as %v: %s", len(got.Board), got.Board[len(got.Board)-1].Status, got.Board[len(got.Board)-1].Reason)
		}
		if last := events[len(events)-1]; last.Done != last.Total || last.Share != 1 {
			t.Errorf("%d of %d fits were told of, of the share %g", last.Done, last.Total, last.Share)
		}
	}
}

// A learner that is behind with few rows still comes to the last round.
func TestHalvingKeepsEverySource(t *testing.T) {
	features, target := learntest.Rows(900, predict.TaskRegression, false)
	plan := search.Plan{Strategy: search.Halving, Tries: 9, Least: 30}
	done, total := 0, 0
	plan.Watch = func(e search.Event) { done, total = e.Done, e.Total }
	got, err := search.Choose(t.Context(), features, target, shuffled(t, 900, 3),
		[]search.Source{neighbours(3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0), shifts(nil, 2.0, 1.0)}, plan)
	if err != nil {
		t.Fatal(err)
	}
	ranked := map[string]int{}
	for _, s := range got.Board {
		if s.Status == search.Ranked {
			ranked[s.Name]++
		}
	}
	if ranked["shifted"] != 1 || ranked["knn"] < 1 || ranked["knn"] > 3 {
		t.Errorf("the last round has %v", ranked)
	}
	if done != total {
		t.Errorf("%d of %d fits were told of at the end", done, total)
	}
}

func TestHalvingGrowsASetting(t *testing.T) {
	features, target := learntest.Rows(300, predict.TaskRegression, false)
	var asked []float64
	source := search.Source{
		Name: "knn", Resource: "rounds", Space: search.Space{search.List("rounds", 90.0), search.List("neighbours", 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 40.0, 60.0)},
		Make: func(s search.Settings) (learn.Learner, error) {
			k, err := s.Int("neighbours", 5)
			if err != nil {
				return nil, err
			}
			rounds, err := s.Number("rounds", 0)
			asked = append(asked, rounds)
			return knn.Neighbours{K: k}, err
		},
	}
	got, err := search.Choose(t.Context(), features, target, shuffled(t, 300, 3), []search.Source{source}, search.Plan{Strategy: search.Halving, Tries: 9})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{90, 90, 90, 90, 90, 90, 90, 90, 90, 10, 10, 10, 10, 10, 10, 10, 10, 10, 30, 30, 30} // made, then the rounds
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("what was asked for: %s", diff)
	}
	if w := got.Winner(); w.Params["rounds"] != "90" {
		t.Errorf("the winner has %v", w.Params)
	}
	source.Resource = "trees"
	if _, err := search.Choose(t.Context(), features, target, shuffled(t, 300, 3), []search.Source{source}, search.Plan{Strategy: search.Halving}); err == nil {
		t.Error("a resource that the space does not have: no error")
	}
}

func TestHalvingOutOfTime(t *testing.T) {
	features, target := learntest.Rows(1000, predict.TaskRegression, false)
	plan := search.Plan{Strategy: search.Halving, Tries: 9, Least: 50}
	plan.Budget = time.Nanosecond
	got, err := search.Choose(t.Context(), features, target, shuffled(t, 1000, 4), []search.Source{shifts(nil, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)}, plan)
	if err != nil {
		t.Fatal(err)
	}
	if w := got.Winner(); w.Params["by"] != "0" || w.Share >= 1 || len(got.Board) != 9 {
		t.Errorf("the winner of %d is %+v of the share %g", len(got.Board), w.Candidate, w.Share)
	}
	if len(got.Notes) != 2 || !strings.Contains(got.Notes[1], "11 % of the training rows") {
		t.Errorf("the notes are %q", got.Notes)
	}
}

// Whoever was best goes first: when the time ends within the last round, the best
// are through it.
func TestHalvingTakesTheBestFirst(t *testing.T) {
	features, target := learntest.Rows(900, predict.TaskRegression, false)
	var order []string
	plan := search.Plan{Strategy: search.Halving, Tries: 9, Least: 30}
	plan.Workers = 1
	plan.Watch = func(e search.Event) {
		if e.Kind == search.Started && e.Fold == 1 && e.Share == 1 {
			order = append(order, e.Candidate.Params["by"])
		}
	}
	if _, err := search.Choose(t.Context(), features, target, shuffled(t, 900, 3), []search.Source{shifts(nil, 9.0, 8.0, 7.0, 2.0, 6.0, 1.0, 5.0, 0.0, 4.0)}, plan); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0"}, order); diff != "" {
		t.Error(diff)
	}
	order = nil
	plan.Least = 150 // two rounds
	if _, err := search.Choose(t.Context(), features, target, shuffled(t, 900, 3), []search.Source{shifts(nil, 9.0, 8.0, 7.0, 2.0, 6.0, 1.0, 5.0, 0.0, 4.0)}, plan); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0", "1", "2"}, order); diff != "" {
		t.Error(diff)
	}
}

// The time ends within the last round: those that are not through it stand with
// the scores that they have of the round before.
func TestHalvingRemembers(t *testing.T) {
	t.Parallel() // it waits
	features, target := learntest.Rows(900, predict.TaskRegression, false)
	plan := search.Plan{Strategy: search.Halving, Tries: 9, Least: 150}
	plan.Workers, plan.Budget = 1, 500*time.Millisecond
	through := false
	plan.Watch = func(e search.Event) {
		if e.Kind == search.Scored && e.Fold == 3 && e.Share == 1 && e.Elapsed < plan.Budget { // the first is through: wait for the end
			through = true
			time.Sleep(plan.Budget - e.Elapsed)
		}
	}
	var got *search.Result
	// How long the first takes is the machine's affair: the budget has to be longer.
	for ; !through; plan.Budget *= 2 {
		var err error
		got, err = search.Choose(t.Context(), features, target, shuffled(t, 900, 3), []search.Source{shifts(nil, 9.0, 8.0, 7.0, 2.0, 6.0, 1.0, 5.0, 0.0, 4.0)}, plan)
		if err != nil {
			t.Fatal(err)
		}
		if !through && plan.Budget > time.Minute {
			t.Fatal("not even the first is through in a minute")
		}
	}
	var stand []string
	for _, s := range got.Board {
		stand = append(stand, fmt.Sprintf("%s %s %.2f %t", s.Params["by"], s.Status, s.Share, s.Score > 0))
	}
	for _, line := range []string{"0 ranked 1.00 true", "1 skipped 0.33 true", "2 skipped 0.33 true"} {
		if !slices.Contains(stand, line) {
			t.Errorf("the board has %q, without %q", stand, line)
		}
	}
	if len(stand) != 9 || !strings.HasSuffix(got.Board[8].Reason, "The score is of 0.33 of the rows or trees.") {
		t.Errorf("the last of %d stands for: %s", len(stand), got.Board[8].Reason)
	}
}
