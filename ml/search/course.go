package search

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"dasier/fault"
	"dasier/ml/learn"
	"dasier/ml/metric"
)

// keptNumbers bounds the out-of-fold predictions that are kept, over all
// candidates: 256 MiB.
const keptNumbers = 32 << 20

// course is one cross-validation of families, as it is asked for.
type course struct {
	y        []float64
	folds    []Fold
	families []Family
	measure  metric.Metric
	cfg      Config
	teller   *teller
	sure     int     // so many families are fitted to the end, whatever the time
	share    float64 // of the training rows (or trees, …) that this round gives
	thinned  []Fold  // fewer training rows of the folds; nil: all of them
	whole    []bool  // per family, where rows are thinned: it learns from all
}

// train are the rows that a family learns from on a fold.
func (c course) train(family, fold int) []int {
	if c.thinned != nil && !c.whole[family] {
		return c.thinned[fold].Train
	}
	return c.folds[fold].Train
}

// track is one candidate on its way through the folds.
type track struct {
	candidate     Candidate
	family, index int
	outcomes      []Outcome // per fold; predictions go when the track is through
	scores        []float64 // per fold
	failures      []error   // per fold
	through       []bool    // per fold
	outOfFold     []float64
}

// tracks is the state of a course.
type tracks struct {
	course
	mu   sync.Mutex // Protects what follows.
	all  [][]*track // per family and candidate
	kept []*track   // those whose predictions are kept, the best first
}

// evaluate fits every family on every fold and ranks the candidates. Fits are
// started family by family, so that what a budget of time leaves out is whole
// candidates rather than folds of all.
func evaluate(ctx context.Context, c course) ([]Standing, error) {
	t := &tracks{course: c}
	for f, family := range c.families {
		var ofFamily []*track
		for i, candidate := range family.Candidates() {
			n := len(c.folds)
			ofFamily = append(ofFamily, &track{
				candidate: candidate, family: f, index: i,
				outcomes: make([]Outcome, n), scores: slices.Repeat([]float64{math.NaN()}, n), failures: make([]error, n), through: make([]bool, n),
			})
		}
		t.all = append(t.all, ofFamily)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.workers())
	for f := range c.families {
		for i := range c.folds {
			group.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if f >= c.sure && c.teller.over() {
					return nil
				}
				return t.fit(ctx, f, i)
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var board []Standing
	for _, family := range t.all {
		for _, one := range family {
			board = append(board, one.stand(t))
		}
	}
	folds := c.folds
	if c.thinned != nil {
		folds = c.thinned
	}
	rank(board, folds, c.measure, c.cfg)
	return board, nil
}

// workers is how many fits run at once: each holds a copy of its rows.
func (c course) workers() int {
	most := int64(1)
	for _, family := range c.families {
		if sized, ok := family.(interface{ rowBytes() int64 }); ok {
			most = max(most, sized.rowBytes()*int64(len(c.y)))
		}
	}
	return int(min(max(c.cfg.Memory/most, 1), int64(c.cfg.Workers)))
}

// fit fits a family on a fold and scores what comes out.
func (t *tracks) fit(ctx context.Context, f, i int) error {
	family, fold := t.all[f], t.folds[i]
	if len(family) == 0 {
		return nil
	}
	event := Event{Candidate: family[0].candidate, Family: f, Fold: i + 1, Folds: len(t.folds), Share: t.share}
	t.teller.tell(event)
	told := learn.WithProgress(ctx, func(done, total int) {
		step := event
		step.Kind, step.Step, step.Steps = Stepped, done, total
		t.teller.tell(step)
	})
	outcomes, err := t.families[f].Fit(told, t.train(f, i), fold.Test)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		outcomes = slices.Repeat([]Outcome{{Err: err}}, len(family))
	case len(outcomes) != len(family):
		return fmt.Errorf("fold %d of %d: %d outcomes for %d candidates", i+1, len(t.folds), len(outcomes), len(family))
	}
	truth := make([]float64, len(fold.Test))
	for k, row := range fold.Test {
		truth[k] = t.y[row]
	}
	events := make([]Event, len(family))
	for k, one := range family {
		score, err := t.score(outcomes[k], truth)
		if err != nil {
			err = fault.Errorf(fault.KindOf(err), "on fold %d of %d: %w", i+1, len(t.folds), err)
		}
		events[k] = event
		events[k].Kind, events[k].Candidate, events[k].Index = Scored, one.candidate, k
		events[k].Score, events[k].Err = score, err
		if err != nil {
			events[k].Kind = Failed
		}
	}
	t.mu.Lock() // until it is told: the last that is heard of a candidate is the mean of all folds
	defer t.mu.Unlock()
	for k, one := range family {
		events[k].Mean = t.add(one, i, outcomes[k], events[k].Score, events[k].Err)
	}
	t.teller.finished(events)
	return nil
}

// score measures an outcome.
func (t *tracks) score(outcome Outcome, truth []float64) (float64, error) {
	got := outcome.Predictions
	switch {
	case outcome.Err != nil:
		return math.NaN(), outcome.Err
	case len(got) == 0 || len(got)%len(truth) != 0:
		return math.NaN(), fmt.Errorf("%d predictions for %d rows", len(got), len(truth))
	}
	if at := learn.Finite(got); at >= 0 {
		return math.NaN(), fmt.Errorf("prediction %d of %d is %g", at+1, len(got), got[at])
	}
	score := t.measure.Of(truth, got)
	if math.IsNaN(score) || math.IsInf(score, 0) {
		return math.NaN(), fault.Errorf(fault.Invalid, "%s is undefined for %d rows: use fewer folds, or another metric", t.measure.Title, len(truth))
	}
	return score, nil
}

// add puts a fold's outcome in its place and gives the candidate's mean so far.
// The caller holds mu.
func (t *tracks) add(one *track, i int, outcome Outcome, score float64, err error) float64 {
	one.outcomes[i], one.scores[i], one.failures[i], one.through[i] = outcome, score, err, true
	sum, n := 0.0, 0
	for _, s := range one.scores {
		if !math.IsNaN(s) {
			sum += s
			n++
		}
	}
	if n == len(t.folds) {
		t.keep(one)
		t.teller.lead(one.candidate, sum/float64(n), t.measure)
	}
	return sum / float64(n)
}

// keep gathers the predictions of a candidate that is through, and lets go of
// those of the worst when there are too many. Which are kept at the end does not
// depend on the order in which candidates come.
func (t *tracks) keep(one *track) {
	width := len(one.outcomes[0].Predictions) / len(t.folds[0].Test)
	for i, fold := range t.folds {
		if len(one.outcomes[i].Predictions) != width*len(fold.Test) {
			return // a family whose answers change their form between folds has none to keep
		}
	}
	one.outOfFold = make([]float64, len(t.y)*width)
	times := make([]float64, len(t.y))
	for i, fold := range t.folds {
		for k, row := range fold.Test {
			times[row]++
			for w := range width {
				one.outOfFold[row*width+w] += one.outcomes[i].Predictions[k*width+w]
			}
		}
		one.outcomes[i].Predictions = nil
	}
	for j := range one.outOfFold {
		if n := times[j/width]; n != 1 {
			one.outOfFold[j] /= n // 0/0 is the NaN of a row that no fold tests
		}
	}
	at := len(t.kept)
	for at > 0 && t.before(one, t.kept[at-1]) {
		at--
	}
	t.kept = slices.Insert(t.kept, at, one)
	if most := max(1, keptNumbers/len(one.outOfFold)); len(t.kept) > most {
		t.kept[most].outOfFold = nil
		t.kept = t.kept[:most]
	}
}

func (t *tracks) before(a, b *track) bool {
	x, y := mean(a.scores), mean(b.scores)
	switch {
	case t.measure.Better(x, y) || t.measure.Better(y, x):
		return t.measure.Better(x, y)
	case a.family != b.family:
		return a.family < b.family
	}
	return a.index < b.index
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
