package search

import (
	"math"
	"sync"
	"time"

	"dasier/ml/metric"
)

// EventKind is what an event tells.
type EventKind uint8

// The kinds of events.
const (
	Started EventKind = iota // a fit begins; of several candidates, the first is named
	Stepped                  // a learner is at Step of Steps
	Scored                   // a candidate was scored on a fold
	Failed                   // a candidate failed on a fold, for Err
)

// Event is something that happened in a search.
type Event struct {
	Kind          EventKind
	Candidate     Candidate
	Family, Index int     // where the candidate came from
	Fold, Folds   int     // the fold, from 1
	Share         float64 // of the training rows (or trees, …) that this round gives
	Step, Steps   int     // of a learner, where it tells
	Score         float64 // on this fold; NaN unless Scored
	Mean          float64 // over the candidate's folds so far; NaN before the first
	Err           error
	// Leader is the best of those that are through all folds of this round; its
	// LeaderScore is NaN before there is one.
	Leader      Candidate
	LeaderScore float64
	Done, Total int // fits of a fold, over all rounds as they are planned
	Elapsed     time.Duration
}

// teller tells of a search, one call at a time.
type teller struct {
	cfg     Config
	started time.Time

	mu          sync.Mutex // Protects what follows, and the calls.
	done, total int
	leader      Candidate
	leaderScore float64
}

func newTeller(cfg Config, total int) *teller {
	return &teller{cfg: cfg, started: time.Now(), total: total, leaderScore: math.NaN()}
}

// over tells whether the budget is used up.
func (t *teller) over() bool {
	return t.cfg.Budget > 0 && time.Since(t.started) >= t.cfg.Budget
}

func (t *teller) tell(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.send(e)
}

// send tells; the caller holds mu.
func (t *teller) send(e Event) {
	if e.Kind == Started || e.Kind == Stepped {
		e.Score, e.Mean = math.NaN(), math.NaN()
	}
	e.Leader, e.LeaderScore = t.leader, t.leaderScore
	e.Done, e.Total, e.Elapsed = t.done, t.total, time.Since(t.started)
	t.cfg.Watch(e)
}

// finished counts a fit and tells what came of its candidates.
func (t *teller) finished(events []Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.cfg.Progress(t.done, t.total)
	for _, e := range events {
		t.send(e)
	}
}

// lead notes a candidate that is through.
func (t *teller) lead(c Candidate, score float64, measure metric.Metric) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if math.IsNaN(t.leaderScore) || measure.Better(score, t.leaderScore) {
		t.leader, t.leaderScore = c, score
	}
}

// round begins a new comparison: scores on more rows are others, and so many
// fits are left.
func (t *teller) round(left int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total = t.done + left
	t.leader, t.leaderScore = Candidate{}, math.NaN()
}
