package boost

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// run is one fit under way.
type run struct {
	Boosting
	target  learn.Target
	classes int // scores of a row
	workers int
	columns []column
	codes   *codes
	rows    rowList // learned from: those that weigh something and are not held back
	held    []int32
	base    []float64 // scores that every row begins with
	scores  []float64 // of all rows, classes side by side
	slopes  slopes
	grower  *grower
	rounds  []round
	history []float64
	losses  [][2]float64 // of blocks of rows, in a round
	best    int
	kept    []float64 // scales of the best round and those before it

	warnings []string
}

// round is the trees of one step, of each class one: nil where no split was worth
// it.
type round struct {
	trees []*tree
	scale float64 // what its leaves are multiplied with
}

func newRun(ctx context.Context, b Boosting, features *frame.Frame, table *prep.Table, target learn.Target) (*run, error) {
	r := &run{Boosting: b, target: target, classes: target.Scores(), workers: runtime.GOMAXPROCS(0)}
	if err := r.divide(); err != nil {
		return nil, err
	}
	r.columns = make([]column, len(table.Columns))
	r.scores = make([]float64, len(target.Y)*r.classes)
	sorters := newSorters(r.workers, min(sampled, r.rows.len()), r.scores)
	err := parallel(ctx, r.workers, len(table.Columns), func(worker, j int) {
		r.columns[j] = newColumn(table.Columns[j], r.rows, b.Bins, &sorters[worker])
	})
	if err != nil {
		return nil, err
	}
	limits, err := r.limits()
	if err != nil {
		return nil, err
	}
	if r.codes, err = newCodes(ctx, r.columns, table.Rows, r.workers); err != nil {
		return nil, err
	}
	if err := parallel(ctx, r.workers, len(r.columns), func(_, j int) {
		c, ok := features.Column(r.columns[j].Column)
		r.columns[j].keep(r.codes, j, ok && c.Numbers().Same(r.columns[j].Values))
	}); err != nil {
		return nil, err
	}
	r.begin()
	r.grower = newGrower(r, limits)
	return r, nil
}

// divide chooses the rows to learn from and those to hold back.
func (r *run) divide() error {
	n := len(r.target.Y)
	held, err := r.chooseHeld(n)
	if err != nil {
		return err
	}
	r.rows.all = n
	if held != nil || r.target.Weights != nil {
		r.rows = rowList{listed: make([]int32, 0, n)}
	}
	for i := range n {
		switch {
		case r.target.Weight(i) == 0:
		case held != nil && held[i]:
			r.held = append(r.held, int32(i))
		case r.rows.listed != nil:
			r.rows.listed = append(r.rows.listed, int32(i))
		}
	}
	switch {
	case r.rows.len() == 0:
		return fault.Errorf(fault.Invalid, "boosting: every row of weight is held back for early stopping: hold back fewer")
	case held != nil && len(r.held) == 0:
		return fault.Errorf(fault.Invalid, "boosting: of %d rows none of weight is held back for early stopping: hold back more, or leave patience at 0", n)
	}
	return nil
}

// begin sets the scores that every row begins with.
func (r *run) begin() {
	if r.Loss == nil {
		r.base = softmaxBase(r.target, r.rows, r.classes)
	} else {
		y, weights := r.target.Y, r.target.Weights
		if r.rows.len() < len(y) {
			some := make([]int, r.rows.len())
			for i := range some {
				some[i] = int(r.rows.at(i))
			}
			taken := r.target.Take(some)
			y, weights = taken.Y, taken.Weights
		}
		r.base = []float64{bounded(r.Loss.Base(y, weights))}
	}
	for i := range r.scores {
		r.scores[i] = r.base[i%r.classes]
	}
}

func (r *run) warn(format string, args ...any) {
	r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
}

// boost adds rounds until there are enough, or until they help no more.
func (r *run) boost(ctx context.Context) error {
	for k := range r.Trees {
		grown, err := r.addRound(ctx, k)
		if err != nil {
			return err
		}
		if !grown && r.settled() {
			break
		}
		loss, err := r.meanLoss(ctx)
		if err != nil {
			return err
		}
		r.history = append(r.history, loss)
		learn.Progress(ctx, k+1, r.Trees)
		if r.stops() {
			break
		}
	}
	if r.Patience == 0 {
		r.best = len(r.rounds)
		r.keep()
	}
	if !slices.ContainsFunc(r.rounds[:r.best], func(added round) bool {
		return slices.ContainsFunc(added.trees, func(t *tree) bool { return t != nil })
	}) {
		r.warn("No split of the %d rows was worth it, so every answer is the same: a leaf must have %d rows.", r.rows.len(), r.MinRows)
	}
	return nil
}

// settled tells that a round without a split means that there will be none: the
// next would look at the same rows and columns.
func (r *run) settled() bool {
	return r.Subsample == 1 && r.Columns == 1 && r.ColumnsAtNode == 1 && r.Dart.Rate == 0
}

// stops keeps the best round and tells whether patience has run out.
func (r *run) stops() bool {
	if r.Patience == 0 {
		return false
	}
	now := len(r.history)
	if last := r.history[now-1]; r.best == 0 || last < r.history[r.best-1] {
		r.best = now
		r.keep()
	}
	return now-r.best >= r.Patience
}

// keep remembers the scales of the rounds so far: dropout changes them later.
func (r *run) keep() {
	r.kept = r.kept[:0]
	for _, added := range r.rounds {
		r.kept = append(r.kept, added.scale)
	}
}

// addRound grows the trees of a round and adds them to all scores; it tells
// whether one has a split. What has none is not kept where no later round could
// do better.
func (r *run) addRound(ctx context.Context, k int) (bool, error) {
	chance := newDraw(r.Seed, k)
	rows, others := chance.rows(r.rows, r.Subsample)
	if r.held != nil {
		others = append(slices.Clip(others), r.held...)
	}
	dropped, err := r.leaveOut(ctx, chance)
	if err != nil {
		return false, err
	}
	if err := r.slopes.begin(ctx, r); err != nil {
		return false, err
	}
	added := round{trees: make([]*tree, r.classes), scale: r.LearningRate / float64(1+len(dropped))}
	grown := false
	for class := range r.classes {
		if err := r.slopes.enter(ctx, r, rows, class); err != nil {
			return false, err
		}
		t, err := r.grower.grow(ctx, chance)
		if err != nil {
			return false, err
		}
		if t == nil {
			continue
		}
		grown = true
		added.trees[class] = t
		r.renew(t)
		if err := r.addLeaves(ctx, t, class, added.scale); err != nil {
			return false, err
		}
		if err := r.addWalked(ctx, t, class, added.scale, rowList{listed: others}); err != nil {
			return false, err
		}
	}
	if err := r.putBack(ctx, dropped); err != nil {
		return false, err
	}
	if grown || !r.settled() {
		r.rounds = append(r.rounds, added)
	}
	return grown, nil
}

// finite holds a number to what JSON can say.
func finite(v float64) float64 {
	if math.IsNaN(v) {
		return math.MaxFloat64
	}
	return max(-math.MaxFloat64, min(math.MaxFloat64, v))
}

// bounded holds a score, or a step, to what sums of trees can bear.
func bounded(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return max(-mostTarget, min(mostTarget, v))
}
