package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
)

// Strategy is how settings are tried.
type Strategy string

// The strategies.
const (
	Grid    Strategy = "grid"    // every combination
	Random  Strategy = "random"  // Tries of them by chance
	Halving Strategy = "halving" // Tries of them by chance, the worse given up early
)

// Plan says how to choose. The zero Plan tries every combination, and takes the
// smallest model that cannot be told from the best.
type Plan struct {
	// Config is how candidates are scored. Its Metric is by default the first
	// that is usual for the task: "rmse", of classes "log_loss".
	Config
	Strategy Strategy // Default: Grid
	// Tries is how many combinations are drawn of each source with settings.
	// Default: 20
	Tries int
	Seed  uint64 // of the draws
	// Eta is how many candidates compete for each place in the next round of
	// halving, and by how much its rows (or trees) grow. Default: 3
	Eta int
	// Least is how many training rows the first round of halving has at least.
	// Default: 200
	Least int
	Rule  Rule // Default: Smallest
}

func (p Plan) defaults(task string) Plan {
	if usual := metric.Usual(task); p.Metric == "" && len(usual) > 0 {
		p.Metric = usual[0].Name
	}
	p.Config = p.Config.defaults()
	if p.Strategy == "" {
		p.Strategy = Grid
	}
	if p.Tries == 0 {
		p.Tries = 20
	}
	if p.Eta == 0 {
		p.Eta = 3
	}
	if p.Least == 0 {
		p.Least = 200
	}
	if p.Rule == "" {
		p.Rule = Smallest
	}
	return p
}

func (p Plan) check() error {
	switch {
	case p.Strategy != Grid && p.Strategy != Random && p.Strategy != Halving:
		return fault.Errorf(fault.Invalid, "no strategy %q: use one of grid, random, halving", p.Strategy)
	case p.Rule != Best && p.Rule != Smallest && p.Rule != Fastest:
		return fault.Errorf(fault.Invalid, "no rule %q: use one of best, smallest, fastest", p.Rule)
	case p.Eta < 2 || p.Eta > 100 || p.Least < 1:
		return fault.Errorf(fault.Invalid, "halving gives up all but one of %d and begins with %d rows: use 2 to 100, and at least a row", p.Eta, p.Least)
	}
	return p.Config.check()
}

// Result is what a search found.
type Result struct {
	// Board is the leaderboard: the ranked, the best first, then the others with
	// their reasons. Family is the place of the candidate's entry in Entries.
	Board []Standing
	// Chosen is the place on the board of the one to take, by the rule of the plan.
	Chosen  int
	Entries []Entry  // every candidate, in the order they were made
	Metric  string   // that the scores are of
	Notes   []string // what there is to know of the search, as sentences
	Seconds float64
}

// Winner is the standing of the one to take.
func (r *Result) Winner() Standing { return r.Board[r.Chosen] }

// Refit fits the one to take on all rows.
func (r *Result) Refit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return r.Entries[r.Winner().Family].Learner.Fit(ctx, features, target)
}

// Choose tries every source's settings and gives one leaderboard. Candidates of
// different sources take turns, so that a budget of time which ends the search
// early has seen each kind. Folds and target are of the rows of features.
func Choose(ctx context.Context, features *frame.Frame, target learn.Target, folds []Fold, sources []Source, plan Plan) (*Result, error) {
	started := time.Now()
	plan = plan.defaults(target.Task)
	if err := plan.check(); err != nil {
		return nil, err
	}
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	if err := checkRows(features.Rows(), folds); err != nil {
		return nil, err
	}
	measure, err := measureOf(plan.Metric, target.Task)
	if err != nil {
		return nil, err
	}
	made, err := candidates(sources, plan)
	if err != nil {
		return nil, err
	}
	c := &choice{features: features, target: target, folds: folds, made: made, sources: sources, plan: plan, measure: measure}
	var board []Standing
	if plan.Strategy == Halving {
		board, err = c.halve(ctx)
	} else {
		board, err = c.all(ctx)
	}
	if err != nil {
		return nil, err
	}
	r := &Result{Board: board, Chosen: Recommend(board, plan.Rule), Metric: plan.Metric, Seconds: time.Since(started).Seconds()}
	for _, m := range made {
		r.Entries = append(r.Entries, m.entry)
	}
	r.Notes = c.notes(board)
	return r, mustRank(board)
}

// measureOf finds a metric that is for the task.
func measureOf(name, task string) (metric.Metric, error) {
	measure, err := metric.Lookup(name)
	if err == nil && !slices.Contains(measure.Tasks, task) {
		return measure, fault.Errorf(fault.Invalid, "%s is no metric of a %s target: use one of %s", name, task, strings.Join(metric.Names(task), ", "))
	}
	return measure, err
}

// choice is one Choose on the way.
type choice struct {
	features *frame.Frame
	target   learn.Target
	folds    []Fold
	made     []made
	sources  []Source
	plan     Plan
	measure  metric.Metric
}

// families is one per candidate, so that each is fitted and left out on its own.
func (c *choice) families(which []int, learner func(made) (learn.Learner, error)) ([]Family, error) {
	families := make([]Family, len(which))
	for k, at := range which {
		entry := c.made[at].entry
		if learner != nil {
			var err error
			if entry.Learner, err = learner(c.made[at]); err != nil {
				return nil, fault.Errorf(fault.KindOf(err), "%s: %w", entry.Name, err)
			}
		}
		families[k] = Learners(c.features, c.target, []Entry{entry})
	}
	return families, nil
}

// all scores every candidate on all rows.
func (c *choice) all(ctx context.Context) ([]Standing, error) {
	families, err := c.families(places(len(c.made)), nil)
	if err != nil {
		return nil, err
	}
	teller := newTeller(c.plan.Config, len(families)*len(c.folds))
	return evaluate(ctx, c.course(families, teller))
}

// course is one comparison of candidates on all rows.
func (c *choice) course(families []Family, teller *teller) course {
	return course{y: c.target.Y, folds: c.folds, families: families, measure: c.measure, cfg: c.plan.Config, teller: teller, sure: 1, share: 1}
}

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// notes says what a reader of the board should know.
func (c *choice) notes(board []Standing) []string {
	counts := make([]int, len(statusNames))
	for _, s := range board {
		counts[s.Status]++
	}
	var notes []string
	if n := counts[Skipped]; n > 0 {
		notes = append(notes, fmt.Sprintf("The time of %s was used up: %d of %d candidates were not scored to the end.", c.plan.Budget, n, len(board)))
	}
	if n := counts[Broken]; n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d candidates failed: the leaderboard has their reasons.", n, len(board)))
	}
	if len(board) > 0 && board[0].Status == Ranked && board[0].Share < 1 {
		notes = append(notes, fmt.Sprintf("The scores are of %.0f %% of the training rows or trees: the time was used up before the last round.", 100*board[0].Share))
	}
	return notes
}
