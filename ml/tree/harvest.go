package tree

import (
	"context"
	"sync"

	"dasier/ml/forest"
	"dasier/ml/learn"
)

// harvest takes trees in their order.
type harvest struct {
	*outOfBag
	ctx    context.Context //nolint:containedctx // of the fit, ends waiting
	s      settings
	p      *plan
	mu     sync.Mutex
	turn   *sync.Cond
	next   int
	trees  *forest.Trees
	err    error
	rounds []float64
}

func newHarvest(ctx context.Context, s settings, p *plan) *harvest {
	h := &harvest{ctx: ctx, s: s, p: p, trees: &forest.Trees{Base: make([]float64, max(p.classes, 1)), Rule: forest.DoubleAtMost, Mean: true}}
	h.turn = sync.NewCond(&h.mu)
	h.outOfBag = newOutOfBag(s, p)
	return h
}

// wake lets those that wait see that the context has ended.
func (h *harvest) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn.Broadcast()
}

// add waits for the tree's turn and appends it.
func (h *harvest) add(t int, tree *grown, unseen []float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.next != t {
		if h.ctx.Err() != nil {
			return
		}
		h.turn.Wait()
	}
	h.append(tree)
	if unseen != nil {
		h.rounds = append(h.rounds, h.take(unseen))
	}
	h.next++
	h.turn.Broadcast()
	learn.Progress(h.ctx, h.next, h.s.trees)
}
