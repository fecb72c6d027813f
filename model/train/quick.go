package train

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// What a quick run is content with.
const (
	quickRows  = 4_000 // in use, over all parts of the split
	quickFolds = 3
	quickTries = 2 // combinations of each candidate's settings
)

// hurried is a recipe for a quick run, with what it leaves out as sentences. How
// much that is depends on recipe and rows alone, so that a quick run, too, gives
// the same report every time.
func (r *Recipe) hurried() (*Recipe, []string) {
	quick := *r
	var skipped []string
	skip := func(format string, args ...any) { skipped = append(skipped, fmt.Sprintf(format, args...)) }
	if quick.Search.Folds > quickFolds {
		skip("%d of %d folds.", quickFolds, quick.Search.Folds)
		quick.Search.Folds = quickFolds
	}
	if quick.Search.Repeats > 1 {
		skip("One of %d repetitions.", quick.Search.Repeats)
		quick.Search.Repeats = 1
	}
	if simple := slices.DeleteFunc(slices.Clone(r.Candidates), func(c Candidate) bool { return len(c.Of) > 0 }); len(simple) > 0 && len(simple) < len(r.Candidates) {
		skip("No stacking and no blending.")
		quick.Candidates = simple
	}
	more := 0
	for _, c := range quick.Candidates {
		combinations := 1
		for _, v := range c.Settings {
			if v.Range != nil {
				combinations = quick.Search.Tries
				break
			}
			combinations *= max(len(v.List), 1)
		}
		more = max(more, combinations)
	}
	if len(quick.Candidates) == 0 {
		more = quickTries + 1 // the default candidates have grids
	}
	if more > quickTries {
		skip("At most %d combinations of each candidate's settings.", quickTries)
	}
	quick.Search.Strategy, quick.Search.Tries = "random", quickTries
	skip("At most %d trees.", quickTrees)
	skip("No learning curve.")
	return &quick, skipped
}

// hurry takes a sample of the rows where they are many.
func (t *table) hurry(r *Recipe) string {
	n := t.all.Rows()
	if n <= quickRows {
		return ""
	}
	rows := rand.New(rand.NewPCG(r.Split.Seed, 0x717569636b)).Perm(n)[:quickRows] //nolint:gosec // a reproducible draw is the point
	slices.Sort(rows)
	t.all, t.inputs, t.target, t.rows = t.all.Take(rows), t.inputs.Take(rows), t.target.Take(rows), takeInts(t.rows, rows)
	return fmt.Sprintf("%d of %d rows, drawn by chance.", quickRows, n)
}

func takeInts(values, places []int) []int {
	taken := make([]int, len(places))
	for i, at := range places {
		taken[i] = values[at]
	}
	return taken
}
