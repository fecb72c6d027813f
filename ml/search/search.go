package search

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"dasier/fault"
	"dasier/ml/metric"
)

// Candidate is one model that could be chosen.
type Candidate struct {
	Name   string            // "ridge"
	Params map[string]string // {"alpha": "10"}
}

// Family is candidates that share work: a decomposition serves every penalty.
type Family interface {
	// Candidates lists them, the same every time.
	Candidates() []Candidate
	// Fit learns every candidate from the rows of train alone and predicts the
	// rows of test, in the target's unit. The outcomes stand in the order of
	// Candidates. It is called for several folds at once.
	Fit(ctx context.Context, train, test []int) ([]Outcome, error)
}

// Outcome is what one candidate did on one fold.
type Outcome struct {
	Predictions []float64
	Seconds     float64 // of its fit, with a fair share of the shared work
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
	// Progress, when set, hears of each finished fold, one call at a time.
	Progress func(done, total int)
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
	if c.Progress == nil {
		c.Progress = func(int, int) {}
	}
	return c
}

// Standing is a candidate's place on the leaderboard.
type Standing struct {
	Candidate
	Family, Index int // where the candidate came from
	Score         float64
	Low, High     float64 // interval of the score
	Folds         []float64
	P             float64 // of the paired test against the best; 1 for the best
	Tied          bool    // not told apart from the best, which is tied with itself
	Seconds       float64 // mean of its fits
	// OutOfFold is its prediction of each row by a fit that had not seen the
	// row; NaN for rows that no fold tests.
	OutOfFold []float64
}

// Run cross-validates every candidate and returns the leaderboard, the best
// first. y[i] is the target of row i in its own unit. It stops with the error
// of ctx soon after ctx ends.
func Run(ctx context.Context, y []float64, folds []Fold, families []Family, cfg Config) ([]Standing, error) {
	cfg = cfg.defaults()
	measure, err := metric.Lookup(cfg.Metric)
	if err != nil {
		return nil, err
	}
	if len(folds) < 2 {
		return nil, fault.Errorf(fault.Invalid, "cross-validation needs at least 2 folds, not %d", len(folds))
	}
	outcomes, err := fitAll(ctx, folds, families, cfg)
	if err != nil {
		return nil, err
	}
	var board []Standing
	for f, family := range families {
		for c, candidate := range family.Candidates() {
			standing, err := stand(y, folds, measure, candidate, func(fold int) Outcome { return outcomes[f][fold][c] })
			if err != nil {
				return nil, err
			}
			standing.Family, standing.Index = f, c
			board = append(board, standing)
		}
	}
	if len(board) == 0 {
		return nil, fault.Errorf(fault.Invalid, "there is no candidate to choose from: list at least one")
	}
	rank(board, folds, measure, cfg)
	return board, nil
}

// fitAll gives outcomes[family][fold][candidate].
func fitAll(ctx context.Context, folds []Fold, families []Family, cfg Config) ([][][]Outcome, error) {
	outcomes := make([][][]Outcome, len(families))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cfg.Workers)
	var mu sync.Mutex // Protects done and the calls of Progress.
	done, total := 0, len(families)*len(folds)
	for f, family := range families {
		outcomes[f] = make([][]Outcome, len(folds))
		for i, fold := range folds {
			group.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				got, err := family.Fit(ctx, fold.Train, fold.Test)
				if err != nil {
					return fmt.Errorf("fold %d of %d: %w", i+1, len(folds), err)
				}
				if len(got) != len(family.Candidates()) {
					return fmt.Errorf("fold %d of %d: %d outcomes for %d candidates", i+1, len(folds), len(got), len(family.Candidates()))
				}
				outcomes[f][i] = got
				mu.Lock()
				defer mu.Unlock()
				done++
				cfg.Progress(done, total)
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return outcomes, nil
}

// stand scores one candidate on every fold.
func stand(y []float64, folds []Fold, measure metric.Metric, candidate Candidate, outcome func(fold int) Outcome) (Standing, error) {
	s := Standing{Candidate: candidate, OutOfFold: make([]float64, len(y))}
	for i := range s.OutOfFold {
		s.OutOfFold[i] = math.NaN()
	}
	for i, fold := range folds {
		got := outcome(i)
		if len(got.Predictions) != len(fold.Test) {
			return Standing{}, fmt.Errorf("candidate %s: %d predictions for %d rows", candidate.Name, len(got.Predictions), len(fold.Test))
		}
		truth := make([]float64, len(fold.Test))
		for k, row := range fold.Test {
			truth[k] = y[row]
			s.OutOfFold[row] = got.Predictions[k]
		}
		score := measure.Of(truth, got.Predictions)
		if math.IsNaN(score) || math.IsInf(score, 0) {
			return Standing{}, fault.Errorf(fault.Invalid, "%s is undefined for %s on fold %d of %d rows: use fewer folds, or another metric",
				measure.Title, candidate.Name, i+1, len(fold.Test))
		}
		s.Folds = append(s.Folds, score)
		s.Score += score / float64(len(folds))
		s.Seconds += got.Seconds / float64(len(folds))
	}
	return s, nil
}

// rank sorts the leaderboard and adds intervals and ties. Candidates with equal
// scores keep the order they were listed in.
func rank(board []Standing, folds []Fold, measure metric.Metric, cfg Config) {
	slices.SortStableFunc(board, func(a, b Standing) int {
		switch {
		case measure.Better(a.Score, b.Score):
			return -1
		case measure.Better(b.Score, a.Score):
			return 1
		}
		return 0
	})
	ratio := testShare(folds)
	for i := range board {
		s := &board[i]
		s.Low, s.High = interval(s.Folds, ratio, cfg.Level)
		s.P = 1
		if i > 0 {
			s.P = pairedTest(board[0].Folds, s.Folds, ratio)
		}
		s.Tied = s.P >= cfg.Significance
	}
}
