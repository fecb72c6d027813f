package tree

import "slices"

// jobsDone grows the subtrees of a lone tree that fit a core's cache, on all
// processors, and joins them in the order in which they were met.
func (g *grower) jobsDone(t *grown) *grown {
	if len(g.jobs) == 0 || g.stopped {
		return t
	}
	done := make([]grown, len(g.jobs))
	stopped := make([]bool, len(g.jobs))
	inParallel(len(g.jobs), func() func(int) {
		w := newGrower(g.ctx, g.plan)
		w.top, w.whole = g.top, g.whole
		return func(j int) {
			n := g.jobs[j].task
			w.grown = grown{nodes: w.nodes[:0]}
			if !w.stopped {
				w.growLocal(g.top, &n)
			}
			done[j], stopped[j] = grown{nodes: slices.Clone(w.nodes), sets: w.sets, shares: w.shares, gains: w.gains}, w.stopped
		}
	})
	size := 0
	for j := range done {
		size += len(done[j].nodes)
	}
	t.nodes = slices.Grow(t.nodes, size)
	for j, below := range done {
		if stopped[j] {
			g.stopped = true
			return t
		}
		g.join(t, g.jobs[j].at, below)
		done[j] = grown{}
	}
	return t
}

// join puts a subtree in the place of a node; its root takes that place, the
// others come behind all nodes.
func (g *grower) join(t *grown, at int32, below grown) {
	from, sets, shares := int32(len(t.nodes))-1, int32(len(t.sets)), float64(len(t.shares)) //nolint:gosec // package forest bounds nodes
	for i := range below.nodes {
		n := below.nodes[i]
		if n.column >= 0 {
			n.left, n.right = n.left+from, n.right+from
		}
		if n.set >= 0 {
			n.set += sets
		}
		if g.plan.classes > 0 {
			n.value += shares
		}
		to := at
		if i == 0 {
			t.nodes[at] = n
		} else {
			to = int32(len(t.nodes)) //nolint:gosec // package forest bounds nodes
			t.nodes = append(t.nodes, n)
		}
		if i < len(below.gains) {
			t.setGain(to, below.gains[i])
		}
	}
	t.sets, t.shares = append(t.sets, below.sets...), append(t.shares, below.shares...)
}
