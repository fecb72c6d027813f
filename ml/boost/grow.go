package boost

import "context"

// grower grows trees, the leaf of the largest gain first (Shi, "Best-first
// Decision Tree Learning", 2007, section 3). Of two children the histogram of the
// smaller is summed; what the larger has is the rest of its parent's.
type grower struct {
	*run
	limits  limits
	grid    grid
	entries []entry // of a tree's rows, by leaves
	spare   []entry
	seconds []int32  // second derivatives by row; nil where all are 1
	firsts  []uint32 // per code of a row: its column's first cell, in bytes
	alike   bool     // columns are cellsApart cells apart
	numbers int      // of a cell: 1, or 2 with second derivatives
	length  int      // numbers of a histogram
	free    [][]int64
	parts   [][]int64 // histograms of workers but the first
	heap    []*node   // leaves that can be split, by gain
	nodes   []*node   // of the tree, and behind them those of larger ones before
	made    int       // nodes of the tree
	some    []int32   // columns that the tree sees, where that is not all
	found   []split   // by column
	step    float64   // of a leaf, at most
}

// node is a leaf that may become more.
type node struct {
	span
	depth        int
	sums         sums
	cells        []int64 // its histogram
	lower, upper float64 // of its value: what monotone columns above it leave
	sets         []int32 // of columns that may still meet; nil: no limits
	best         split
}

// sums is of a node's rows, on the grid.
type sums struct{ first, second, rows int64 }

func (s sums) less(other sums) sums {
	return sums{s.first - other.first, s.second - other.second, s.rows - other.rows}
}

// mostLogStep bounds the leaves of scores that are logarithms: where a mean is far
// from its targets, a second-order step can be a factor of e to the hundreds.
const mostLogStep = 4

func newGrower(r *run, limits limits) *grower {
	g := &grower{run: r, limits: limits, numbers: 1, step: mostTarget, found: make([]split, len(r.columns))}
	if r.Loss != nil && exponential(r.Loss) {
		g.step = mostLogStep
	}
	if !r.unit() {
		g.numbers = 2
		g.seconds = make([]int32, r.codes.rows)
	}
	bins := 0
	for j := range r.columns {
		bins += r.columns[j].bins + 1
	}
	g.alike = 2*bins > len(r.columns)*cellsApart
	g.firsts = make([]uint32, r.codes.used)
	for j := range r.codes.used { // codes beyond the columns have a cell too: they are added like the rest
		g.firsts[j] = uint32(g.length * 8)
		cells := 1
		if j < len(r.columns) {
			cells = r.columns[j].bins + 1
			r.columns[j].first = g.length
		}
		if g.alike {
			cells = cellsApart
		}
		g.length += cells * g.numbers
	}
	g.length++ // for what fetch gives
	return g
}

// grow makes a tree of the entries; nil where no split is worth it.
func (g *grower) grow(ctx context.Context, chance draw) (*tree, error) {
	t := newTree(min(2*g.Leaves-1, max(g.made+g.made/8, fewNodes)))
	g.made = 0
	g.some = chance.columns(g.limits.columns, g.Columns)
	root := g.node(node{span: span{end: int32(len(g.entries))}, lower: -mostTarget, upper: mostTarget, sets: g.limits.every, cells: g.take()})
	if err := g.sum(ctx, root.cells, g.entries); err != nil {
		return nil, err
	}
	root.sums = g.sumsOf(root.cells)
	t.addNode(g.valueOf(root.sums, root.lower, root.upper), 0, root.end, root.lower, root.upper)
	if err := g.offer(ctx, root, chance); err != nil {
		return nil, err
	}
	for leaves := 1; len(g.heap) > 0 && leaves < g.Leaves; leaves++ {
		if err := g.divide(ctx, t, g.pop(), leaves+1 == g.Leaves, chance); err != nil {
			return nil, err
		}
	}
	for _, n := range g.heap {
		g.give(n.cells)
	}
	g.heap = g.heap[:0]
	if len(t.feature) == 1 {
		return nil, ctx.Err()
	}
	g.cover(t)
	return t, ctx.Err()
}

// divide splits a leaf. The last split of a tree needs no histograms.
func (g *grower) divide(ctx context.Context, t *tree, n *node, last bool, chance draw) error {
	s := &n.best
	right := n.sums.less(s.sums)
	l := g.node(node{depth: n.depth + 1, sums: s.sums, lower: n.lower, upper: n.upper})
	r := g.node(node{depth: n.depth + 1, sums: right, lower: n.lower, upper: n.upper})
	g.limits.narrow(n, l, r, g.columns[s.column].sign, g.valueOf(l.sums, n.lower, n.upper), g.valueOf(r.sums, n.lower, n.upper))
	smaller, larger := l, r
	if right.rows < s.sums.rows {
		smaller, larger = r, l
	}
	goesOn := !last && g.splittable(larger)
	if goesOn {
		smaller.cells = g.take()
	}
	middle, err := g.partition(ctx, n, smaller == l, smaller.cells)
	if err != nil {
		return err
	}
	l.begin, l.end, r.begin, r.end = n.begin, middle, middle, n.end
	t.feature[n.node], t.ways[n.node] = s.column, s.ways
	for _, child := range []*node{l, r} {
		child.node = t.addNode(g.valueOf(child.sums, child.lower, child.upper), child.begin, child.end, child.lower, child.upper)
	}
	t.left[n.node], t.right[n.node] = l.node, r.node
	if !goesOn {
		g.give(n.cells)
		return nil
	}
	subtract(n.cells, smaller.cells)
	larger.cells = n.cells
	if err := g.offer(ctx, l, chance); err != nil {
		return err
	}
	return g.offer(ctx, r, chance)
}

func (g *grower) splittable(n *node) bool {
	return n.sums.rows >= 2*int64(g.MinRows) && n.depth < g.Depth
}

// offer looks for a leaf's best split, and queues the leaf if there is one.
func (g *grower) offer(ctx context.Context, n *node, chance draw) error {
	if !g.splittable(n) {
		g.give(n.cells)
		return nil
	}
	found, err := g.best(ctx, n, chance)
	if err != nil || !found {
		g.give(n.cells)
		return err
	}
	g.push(n)
	return nil
}

// cover counts rows, or adds up their weights, from the leaves up.
func (g *grower) cover(t *tree) {
	for n := len(t.left) - 1; n >= 0; n-- {
		if t.left[n] >= 0 {
			t.cover[n] = t.cover[t.left[n]] + t.cover[t.right[n]]
			continue
		}
		s := t.spans[n]
		if g.target.Weights == nil {
			t.cover[n] = float64(s.end - s.begin)
			continue
		}
		var sum total
		for _, e := range g.entries[s.begin:s.end] {
			sum.add(g.target.Weights[e.row()])
		}
		t.cover[n] = sum.value()
	}
}

// node is one more node of the tree, in the memory of an earlier tree's: hundreds of
// trees would leave as much behind as a column takes.
func (g *grower) node(of node) *node {
	if g.made == len(g.nodes) {
		g.nodes = append(g.nodes, &node{})
	}
	n := g.nodes[g.made]
	*n = of
	g.made++
	return n
}

// take is an empty histogram.
func (g *grower) take() []int64 {
	if len(g.free) == 0 {
		return make([]int64, g.length)
	}
	cells := g.free[len(g.free)-1]
	g.free = g.free[:len(g.free)-1]
	clear(cells)
	return cells
}

func (g *grower) give(cells []int64) {
	if cells != nil {
		g.free = append(g.free, cells)
	}
}

// before is the order of splitting: larger gain, then older node.
func before(a, b *node) bool {
	return a.best.gain > b.best.gain || a.best.gain == b.best.gain && a.node < b.node
}

func (g *grower) push(n *node) {
	g.heap = append(g.heap, n)
	h := g.heap
	for i := len(h) - 1; i > 0 && before(h[i], h[(i-1)/2]); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

func (g *grower) pop() *node {
	h := g.heap
	top, end := h[0], len(h)-1
	h[0] = h[end]
	h = h[:end]
	for i := 0; ; {
		next := 2*i + 1
		if next >= end {
			break
		}
		if next+1 < end && before(h[next+1], h[next]) {
			next++
		}
		if !before(h[next], h[i]) {
			break
		}
		h[i], h[next] = h[next], h[i]
		i = next
	}
	g.heap = h
	return top
}
