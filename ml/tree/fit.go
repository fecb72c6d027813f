package tree

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// settings are those of all three learners.
type settings struct {
	name      string
	prep      prep.Config
	seed      uint64
	criterion Criterion
	depth     int
	leaves    int
	minRows   int
	minSplit  int
	features  float64
	minGain   float64
	prune     float64
	trees     int
	sample    float64
	again     bool // rows are drawn with replacement
	random    bool
	local     int  // of the plan; 0: what fits the cache
	apart     bool // no column is counted by rows
	unmasked  bool // as if the table were too large for masks of its rows
	all       bool // nodes look at all columns by default, for classes, too
}

// Limits.
const (
	mostTrees   = 100_000
	mostValues  = 1e150 // of targets: what package forest takes
	mostTallies = 1 << 24
)

func (s settings) check() error {
	bad := func(format string, args ...any) error {
		return fault.Errorf(fault.Invalid, "%s: "+format, append([]any{s.name}, args...)...)
	}
	share := func(v float64) bool { return v >= 0 && !math.IsInf(v, 0) }
	switch {
	case s.trees < 0 || s.trees > mostTrees:
		return bad("Trees is %d, it must be 1 to %d", s.trees, mostTrees)
	case s.depth < 0 || s.depth > deepest:
		return bad("Depth is %d, it must be 1 to %d, or 0 for no bound but that", s.depth, deepest)
	case s.leaves < 0 || s.leaves == 1:
		return bad("Leaves is %d, it must be at least 2, or 0 for no bound", s.leaves)
	case s.minRows < 0:
		return bad("MinRows is %d, a leaf has at least 1 row", s.minRows)
	case s.minSplit < 0 || s.minSplit == 1:
		return bad("MinSplit is %d, a node that is split has at least 2 rows", s.minSplit)
	case !share(s.features):
		return bad("Features is %g, it must be a share up to 1 or a number of columns", s.features)
	case !share(s.sample):
		return bad("Sample is %g, it must be a share up to 1 or a number of rows", s.sample)
	case !share(s.minGain):
		return bad("MinGain is %g, it must be a number of at least 0", s.minGain)
	case !share(s.prune):
		return bad("Prune is %g, it must be a number of at least 0", s.prune)
	}
	return nil
}

func (s settings) fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	if features.Rows() > mostRows {
		return nil, fault.Errorf(fault.Invalid, "there are %d rows, %s takes at most %d: draw a sample of them", features.Rows(), s.name, mostRows)
	}
	for i, y := range target.Y {
		if math.Abs(y) > mostValues {
			return nil, fault.Errorf(fault.Invalid, "the target %q is %g in row %d, beyond what can be learned: correct it, or use another unit", target.Name, y, i+1)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.prep.Form = prep.Native
	prepared, table, err := prep.PrepareTable(features, target, s.prep)
	if err != nil {
		return nil, err
	}
	columns, err := encode(table)
	if err != nil {
		return nil, err
	}
	p, err := s.plan(columns, target)
	if err != nil {
		return nil, err
	}
	h, err := s.grow(ctx, p)
	if err != nil {
		return nil, err
	}
	m := &learn.Model{Left: prepared.Left(), Rounds: h.rounds, Best: len(h.rounds)}
	m.Spec = predict.Spec{
		Version: 1, Task: target.Task, Target: predict.Target{Name: target.Name, Unit: target.Unit}, Classes: target.Classes,
		Inputs: prepared.Inputs(), Features: prepared.Features(), Trees: h.trees,
	}
	return m, nil
}

// plan fills in defaults.
func (s settings) plan(columns []column, target learn.Target) (*plan, error) {
	p := newPlan(columns, &target)
	var err error
	if p.loss, err = s.criterion.check(target); err != nil {
		return nil, err
	}
	all := float64(len(columns))
	switch {
	case s.features > 1:
		p.draw = int(min(s.features, all))
	case s.features > 0:
		p.draw = max(1, int(s.features*all))
	case target.Task != predict.TaskRegression && !s.all:
		p.draw = max(1, int(math.Sqrt(all)))
	default:
		p.draw = len(columns)
	}
	p.depth = orDefault(s.depth, deepest)
	p.minRows, p.minSplit, p.minGain, p.random = orDefault(s.minRows, 1), orDefault(s.minSplit, 2), s.minGain, s.random
	p.pairs = p.minRows == 1 && p.minGain == 0 && p.classes == 0 && p.curve() == nil
	p.scans = p.classes == 0 && p.curve() == nil && !p.random
	few := narrowLevels
	if p.scans {
		few = fewLevels
	}
	for k := range columns {
		columns[k].counted = columns[k].set || columns[k].levels <= few
	}
	if p.draw == len(columns) && p.classes == 0 && !p.random && !s.apart {
		p.rare = newRare(p)
	}
	if s.unmasked && p.rare != nil {
		p.rare.masks = nil
	}
	p.local = orDefault(s.local, localRows(columns, s.random, p.rare))
	p.alone = s.trees == 1
	p.inner = s.leaves > 0 || s.prune > 0
	for k := range columns {
		if n := columns[k].width() * p.classes; columns[k].set && n > mostTallies {
			return nil, fault.Errorf(fault.Invalid, "the column %q has %d different texts and the target %d classes, which is too much to count: group the texts, or leave the column out", columns[k].name, columns[k].levels, p.classes)
		}
	}
	return p, nil
}

// rowsOf is how many rows a tree draws.
func (s settings) rowsOf(all int) int {
	if s.sample > 1 {
		return int(min(s.sample, float64(all)))
	}
	return max(1, int(math.Round(s.sample*float64(all))))
}

// grow grows all trees, each on one processor; a lone one on all of them.
func (s settings) grow(ctx context.Context, p *plan) (*harvest, error) {
	h := newHarvest(ctx, s, p)
	var next atomic.Int64
	var group sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), s.trees)
	for range workers {
		group.Go(func() {
			g := newGrower(ctx, p)
			b := newBag(s, p)
			for {
				t := int(next.Add(1)) - 1
				if t >= s.trees || ctx.Err() != nil {
					return
				}
				d := of(s.seed, t)
				b.draw(&d)
				g.top = b.fill(g.top)
				tree := g.tree(d)
				if p.alone {
					tree = g.jobsDone(tree)
				}
				if g.stopped || ctx.Err() != nil {
					return
				}
				s.trim(tree, p)
				tree.finish(p)
				h.add(t, tree, h.judge(tree, b))
			}
		})
	}
	stop := context.AfterFunc(ctx, h.wake)
	group.Wait()
	stop()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return h, h.err
}
