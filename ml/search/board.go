package search

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"dasier/ml/metric"
)

// Status is what became of a candidate.
type Status uint8

// What may become of a candidate.
const (
	Ranked  Status = iota // scored on every fold, and compared with the others
	Dropped               // given up by successive halving: its score is of fewer rows
	Skipped               // left out when the time was used up: its score, if any, is of fewer rows
	Broken                // it could not be fitted or scored on some fold
)

var statusNames = [...]string{"ranked", "dropped", "skipped", "failed"}

// String is the status in reports.
func (s Status) String() string { return statusNames[s] }

// Standing is a candidate's place on the leaderboard.
type Standing struct {
	Candidate
	Family, Index int // where the candidate came from
	Status        Status
	Reason        string // why it is not ranked, as a sentence; else ""
	Err           error  // of a broken one
	Score         float64
	Low, High     float64 // interval of the score, by the corrected resampled t-test
	Folds         []float64
	P             float64 // of the paired test against the best; 1 for the best
	Tied          bool    // not told apart from the best, which is tied with itself
	Seconds       float64 // mean of its fits
	Micros        float64 // microseconds to predict a row: the least over folds, which other work disturbed least
	Bytes         int64   // of its model's data: the mean over folds
	// Share is what the score is of: 1 is all training rows of a fold, less is a
	// round of successive halving.
	Share    float64
	Warnings []string // of its fits, each once
	// OutOfFold is its prediction of each row by fits that had not seen the row
	// (their mean, where folds are repeated), with as many numbers a row as a
	// prediction has; NaN for rows that no fold tests. Of large data only the best
	// candidates keep it: nil.
	OutOfFold []float64
}

// stand makes a candidate's standing of what it did.
func (one *track) stand(t *tracks) Standing {
	s := Standing{Candidate: one.candidate, Family: one.family, Index: one.index, Share: t.share, Score: math.NaN(), Low: math.NaN(), High: math.NaN(), P: math.NaN()}
	fitted, n := 0, 0.0
	for i, through := range one.through {
		switch {
		case !through:
			continue
		case one.failures[i] != nil:
			if s.Err == nil {
				s.Status, s.Err, s.Reason = Broken, one.failures[i], one.failures[i].Error()
			}
		default:
			o := one.outcomes[i]
			if n == 0 || o.Micros < s.Micros {
				s.Micros = o.Micros
			}
			n++
			s.Seconds += (o.Seconds - s.Seconds) / n
			s.Bytes += o.Bytes
			for _, w := range o.Warnings {
				if !slices.Contains(s.Warnings, w) {
					s.Warnings = append(s.Warnings, w)
				}
			}
		}
		fitted++
	}
	if n > 0 {
		s.Bytes /= int64(n)
	}
	switch {
	case s.Err != nil:
	case fitted < len(one.through):
		s.Status, s.Reason = Skipped, fmt.Sprintf("The time was used up after %d of %d folds.", fitted, len(one.through))
	default:
		s.Folds, s.Score, s.OutOfFold = one.scores, mean(one.scores), one.outOfFold
	}
	return s
}

// sortBoard puts the ranked first, the best of them first, and then the others:
// dropped ones by how far they came, skipped, broken. Equals keep their order.
func sortBoard(board []Standing, measure metric.Metric) {
	slices.SortStableFunc(board, func(a, b Standing) int {
		if c := cmp.Compare(a.Status, b.Status); c != 0 {
			return c
		}
		if a.Status == Dropped && a.Share != b.Share {
			return cmp.Compare(b.Share, a.Share)
		}
		switch {
		case math.IsNaN(a.Score) || math.IsNaN(b.Score):
			return cmp.Compare(truth(math.IsNaN(a.Score)), truth(math.IsNaN(b.Score)))
		case measure.Better(a.Score, b.Score):
			return -1
		case measure.Better(b.Score, a.Score):
			return 1
		}
		return 0
	})
}

func truth(is bool) int {
	if is {
		return 1
	}
	return 0
}

// rank sorts the leaderboard and adds intervals and ties to the ranked.
func rank(board []Standing, folds []Fold, measure metric.Metric, cfg Config) {
	sortBoard(board, measure)
	ratio := testShare(folds)
	for i := range board {
		s := &board[i]
		if s.Status != Ranked {
			continue
		}
		s.Low, s.High = measure.Within(interval(s.Folds, ratio, cfg.Level))
		s.P = 1
		if i > 0 {
			s.P = pairedTest(board[0].Folds, s.Folds, ratio)
		}
		s.Tied = s.P >= cfg.Significance
	}
}

// Rule says which candidate to take.
type Rule string

// The rules. Smallest and Fastest look at those only that the paired test cannot
// tell from the best and whose score is within one standard error of the best
// one's, that of the best one's folds over the root of their number: the
// one-standard-error rule of Breiman, Friedman, Olshen and Stone,
// "Classification and Regression Trees", 1984, section 3.4.3.
const (
	Best     Rule = "best"     // the best score
	Smallest Rule = "smallest" // of those, the model of the fewest bytes: the simplest
	Fastest  Rule = "fastest"  // of those, the one that predicts a row soonest, by this machine's clock
)

// Recommend is the place on a leaderboard of the candidate to take; of equals the
// better score. The board is Run's or Choose's.
func Recommend(board []Standing, rule Rule) int {
	chosen := 0
	if rule == Best || rule == "" || len(board) == 0 || board[0].Status != Ranked {
		return chosen
	}
	_, margin := corrected(board[0].Folds, 0)
	for i, s := range board {
		if s.Status != Ranked || !s.Tied || math.Abs(s.Score-board[0].Score) > margin {
			continue
		}
		if rule == Smallest && s.Bytes < board[chosen].Bytes || rule == Fastest && s.Micros < board[chosen].Micros {
			chosen = i
		}
	}
	return chosen
}
