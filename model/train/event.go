package train

import (
	"math"
	"time"

	"dasier/ml/metric"
	"dasier/ml/search"
)

// The stages of a run, in their order.
const (
	StageRead     = "read"     // the data are fetched and read
	StageSearch   = "search"   // the candidates are compared
	StageFit      = "fit"      // the chosen one is fitted to all training rows
	StageEvaluate = "evaluate" // the held-out rows are looked at
	StageExplain  = "explain"  // what the model does is found out
	StageProfile  = "profile"  // the training rows are described
)

// Event is something that happened in a run. Events come one at a time.
type Event struct {
	Stage string
	// Done of Total steps of the stage are through; Total is 0 where nobody can tell.
	Done, Total int
	Plan        *Plan // the first of the search
	Fit         *Fit  // of the search
}

// Plan is what a search is going to do.
type Plan struct {
	Title   string
	Rows    int    // to train on
	Metric  string // as people call it
	Greater bool   // more is better
	Unit    string // of the metric
	Folds   int
	Budget  time.Duration // 0: none
	Quick   bool
}

// Fit is what became of one candidate on one fold.
type Fit struct {
	Candidate   string // with its settings: "ridge (alpha 10)"
	Fold, Folds int
	Step, Steps int     // of the learner, while it fits
	Scored      bool    // Score is there
	Score, Mean float64 // on this fold, and over the folds so far
	Failed      string  // why it failed
	// Best of those that are through, and its score; "" before there is one.
	Best      string
	BestScore float64
	Elapsed   time.Duration
}

// watcher tells the run's listener of the search's events.
func (u *run) watcher(tell func(Event)) func(search.Event) {
	return func(e search.Event) {
		fit := &Fit{
			Candidate: label(e.Candidate.Name, e.Candidate.Params),
			Fold:      e.Fold, Folds: e.Folds, Step: e.Step, Steps: e.Steps,
			Scored: e.Kind == search.Scored, Score: e.Score, Mean: e.Mean,
			BestScore: e.LeaderScore, Elapsed: e.Elapsed,
		}
		if e.Kind == search.Failed && e.Err != nil {
			fit.Failed = e.Err.Error()
		}
		if !math.IsNaN(e.LeaderScore) {
			fit.Best = label(e.Leader.Name, e.Leader.Params)
		}
		tell(Event{Stage: StageSearch, Done: e.Done, Total: e.Total, Fit: fit})
	}
}

// plan says what the search is going to do.
func (u *run) plan(m metric.Metric) *Plan {
	p := &Plan{
		Title: u.recipe.Title, Rows: len(u.parts.train), Metric: m.Title, Greater: m.Greater,
		Folds: u.recipe.Search.Folds * max(u.recipe.Search.Repeats, 1), Budget: u.recipe.Search.Budget, Quick: u.quick != nil,
	}
	if m.Unit {
		p.Unit = u.recipe.Target.Unit
	}
	return p
}

// Figure is a score as people read it: with the metric's unit.
func (p *Plan) Figure(v float64) string {
	if p.Unit == "" {
		return short(v)
	}
	return short(v) + " " + p.Unit
}
