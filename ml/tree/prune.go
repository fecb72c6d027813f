package tree

import "container/heap"

// gain is how much the cut of a node lowers the loss of all rows.
func (t *grown) gain(at int32) float64 {
	if int(at) < len(t.gains) {
		return t.gains[at]
	}
	return 0
}

func (t *grown) setGain(at int32, gain float64) {
	for int(at) >= len(t.gains) {
		t.gains = append(t.gains, 0)
	}
	t.gains[at] = gain
}

// trim cuts a grown tree down to the leaves and the gain that are asked for.
func (s settings) trim(t *grown, p *plan) {
	if s.leaves > 0 {
		t.keepBest(s.leaves)
	}
	if s.prune > 0 {
		t.prune(s.prune)
	}
	if p.inner {
		t.compact()
	}
}

// prune keeps the smallest subtree of least cost, where a leaf costs alpha:
// bottom up, a node stays split when what is gained below it is more than alpha
// for each leaf that it has beyond one (Breiman et al. 1984, theorem 3.10).
// Children come after their parent.
func (t *grown) prune(alpha float64) {
	gained := make([]float64, len(t.nodes))
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := &t.nodes[i]
		if n.column < 0 {
			continue
		}
		gained[i] = t.gain(int32(i)) + gained[n.left] + gained[n.right] - alpha //nolint:gosec // package forest bounds nodes
		if gained[i] <= 0 {
			gained[i], n.column, n.set = 0, -1, -1
		}
	}
}

// frontier is the nodes that could be split next, the most gainful first.
type frontier struct {
	*grown
	open []int32
}

func (f *frontier) Len() int { return len(f.open) }
func (f *frontier) Less(i, j int) bool {
	a, b := f.open[i], f.open[j]
	if x, y := f.gain(a), f.gain(b); x != y { //nolint:gocritic // an exact comparison is the point
		return x > y
	}
	return a < b
}
func (f *frontier) Swap(i, j int) { f.open[i], f.open[j] = f.open[j], f.open[i] }
func (f *frontier) Push(x any)    { f.open = append(f.open, x.(int32)) } //nolint:forcetypeassert // only grown pushes
func (f *frontier) Pop() any {
	last := f.open[len(f.open)-1]
	f.open = f.open[:len(f.open)-1]
	return last
}

// keepBest keeps the cuts that a tree grown best first to so many leaves has: the
// gain of a cut does not depend on when it is made.
func (t *grown) keepBest(leaves int) {
	f := &frontier{grown: t}
	offer := func(at int32) {
		if t.nodes[at].column >= 0 {
			heap.Push(f, at)
		}
	}
	offer(0)
	for have := 1; have < leaves && f.Len() > 0; have++ {
		at := heap.Pop(f).(int32) //nolint:forcetypeassert // only grown pushes
		offer(t.nodes[at].left)
		offer(t.nodes[at].right)
	}
	for _, at := range f.open {
		t.nodes[at].column, t.nodes[at].set = -1, -1
	}
}

// compact leaves out what no node leads to any more.
func (t *grown) compact() {
	var kept []node
	var sets [][]uint32
	var move func(at int32) int32
	move = func(at int32) int32 {
		n := t.nodes[at]
		if n.set >= 0 {
			sets = append(sets, t.sets[n.set])
			n.set = int32(len(sets) - 1) //nolint:gosec // at most one a node
		}
		to := int32(len(kept)) //nolint:gosec // package forest bounds nodes
		kept = append(kept, n)
		if n.column >= 0 {
			left := move(n.left)
			right := move(n.right)
			kept[to].left, kept[to].right = left, right
		}
		return to
	}
	move(0)
	t.nodes, t.sets, t.gains = kept, sets, nil
}
