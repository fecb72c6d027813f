package search

import (
	"context"
	"runtime"
	"time"

	"dasier/fault"
	"dasier/ml/metric"
)

// Candidate is one model that could be chosen.
type Candidate struct {
	Name   string            // "ridge"
	Params map[string]string // {"alpha": "10"}
}

// Family is candidates that share work: a decomposition serves every penalty.
// Learners makes one of any learners.
type Family interface {
	// Candidates lists them, the same every time.
	Candidates() []Candidate
	// Fit learns every candidate from the rows of train alone and predicts the
	// rows of test, in the target's unit. The outcomes stand in the order of
	// Candidates. It is called for several folds at once. An error is every
	// candidate's failure on this fold.
	Fit(ctx context.Context, train, test []int) ([]Outcome, error)
}

// Outcome is what one candidate did on one fold.
type Outcome struct {
	// Predictions are one number per row of test, or as many side by side as a
	// prediction has scores.
	Predictions []float64
	Seconds     float64 // of its fit, with a fair share of the shared work
	Micros      float64 // microseconds to predict a row, of the compiled program
	Bytes       int64   // of the model's data
	Warnings    []string
	Err         error // why it could not be fitted; the rest is empty then
}

// Config says how to search.
type Config struct {
	Metric string  // Default: "rmse"
	Level  float64 // of the intervals of scores. Default: 0.95
	// Significance of the paired test: a candidate whose difference to the best
	// has a p-value of at least this is tied with it. Default: 0.05
	Significance float64
	// Workers is how many folds run at once. Default: the number of processors
	Workers int
	// Memory bounds the copies of rows that running folds hold, in bytes: fewer
	// folds run at once on large data. Default: 1 GiB
	Memory int64
	// Budget is how long fits may be started. Candidates that are not through by
	// then are left out and say so; the first one always is fitted to the end.
	// Default: 0, no limit
	Budget time.Duration
	// Progress, when set, hears of each finished fold, one call at a time.
	Progress func(done, total int)
	// Watch, when set, hears of everything that happens, one call at a time. It
	// must return quickly.
	Watch func(Event)
}

func (c Config) defaults() Config {
	if c.Metric == "" {
		c.Metric = "rmse"
	}
	if c.Level == 0 {
		c.Level = 0.95
	}
	if c.Significance == 0 {
		c.Significance = 0.05
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Memory == 0 {
		c.Memory = 1 << 30
	}
	if c.Progress == nil {
		c.Progress = func(int, int) {}
	}
	if c.Watch == nil {
		c.Watch = func(Event) {}
	}
	return c
}

func (c Config) check() error {
	switch {
	case !(c.Level > 0 && c.Level < 1):
		return fault.Errorf(fault.Invalid, "the level of an interval must lie between 0 and 1, it is %g", c.Level)
	case !(c.Significance > 0 && c.Significance < 1):
		return fault.Errorf(fault.Invalid, "the significance must lie between 0 and 1, it is %g", c.Significance)
	case c.Budget < 0 || c.Workers < 0 || c.Memory < 0:
		return fault.Errorf(fault.Invalid, "the time, the workers and the memory of a search cannot be negative")
	}
	return nil
}

// Run cross-validates every candidate and returns the leaderboard: the ranked
// ones, the best first, and after them those that were left out or failed, with
// their reasons. It is an error when none can be ranked. y[i] is the target of
// row i in its own unit. It stops with the error of ctx soon after ctx ends.
func Run(ctx context.Context, y []float64, folds []Fold, families []Family, cfg Config) ([]Standing, error) {
	cfg = cfg.defaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	measure, err := metric.Lookup(cfg.Metric)
	if err != nil {
		return nil, err
	}
	if err := checkRows(len(y), folds); err != nil {
		return nil, err
	}
	teller := newTeller(cfg, len(families)*len(folds))
	board, err := evaluate(ctx, course{y: y, folds: folds, families: families, measure: measure, cfg: cfg, teller: teller, sure: 1, share: 1})
	if err != nil {
		return nil, err
	}
	return board, mustRank(board)
}

func checkRows(rows int, folds []Fold) error {
	if len(folds) < 2 {
		return fault.Errorf(fault.Invalid, "cross-validation needs at least 2 folds, not %d", len(folds))
	}
	for i, f := range folds {
		if len(f.Train) == 0 || len(f.Test) == 0 {
			return fault.Errorf(fault.Invalid, "fold %d of %d learns from %d rows and tests %d: both need at least one", i+1, len(folds), len(f.Train), len(f.Test))
		}
		for _, part := range [][]int{f.Train, f.Test} {
			if part[0] < 0 || part[len(part)-1] >= rows {
				return fault.Errorf(fault.Invalid, "fold %d of %d has a row that is none of the %d: divide the rows that the target has", i+1, len(folds), rows)
			}
		}
	}
	return nil
}

// mustRank wants at least one ranked candidate; without one, the first reason is
// the reason of the whole.
func mustRank(board []Standing) error {
	if len(board) == 0 {
		return fault.Errorf(fault.Invalid, "there is no candidate to choose from: list at least one")
	}
	if board[0].Status == Ranked {
		return nil
	}
	for _, s := range board {
		if s.Err != nil {
			return fault.Errorf(fault.KindOf(s.Err), "no candidate could be scored; %s, %w", s.Name, s.Err)
		}
	}
	return fault.Errorf(fault.Internal, "no candidate was scored")
}
