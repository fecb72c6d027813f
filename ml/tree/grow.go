package tree

import "context"

// node is a node of a tree that is grown: children come after their parent.
type node struct {
	column      int32 // of the plan; -1: a leaf
	left, right int32
	set         int32 // in the tree's sets; -1: a number is compared
	code, next  uint16
	missingLeft bool
	others      bool // the set is of levels that go right
	weight      float64
	value       float64 // of a leaf; of classes the place of its shares; of a finished tree's cut its threshold
}

// grown is a tree.
type grown struct {
	nodes  []node
	sets   [][]uint32
	shares []float64 // of the classes in a leaf, side by side
	gains  []float64 // per node, for pruning: how much the cut lowers the loss of all rows; shorter where leaves follow
}

// task is a node to grow.
type task struct {
	lo, hi int
	depth  int
	total  cell
	dice   dice
	live   []uint16 // columns that are not known to be constant; others' memory, too
	final  bool     // it is a leaf whatever its columns say
	pure   bool     // all its targets are the same
	hist   []cell   // of all columns, of a large node; nil: none
}

// grower grows trees one after another. It is one goroutine's.
type grower struct {
	plan *plan
	grown
	steps      steps           // of the space at work
	ctx        context.Context //nolint:containedctx // of the fit, asked in the depth of a tree
	stopped    bool
	top        *space
	local      *space
	best       cut
	bins       []bin
	few        *[buckets]cell
	many       []cell // of a category with many levels
	marks      []uint64
	order      []uint16
	constant   []bool
	lives      [][]uint16 // per depth
	tasks      []*[2]task // per depth: the children, so that a node is no garbage
	member     []uint8    // per level of a category: its side
	sides      []uint8
	fine       []cell // codes of suspects
	suspects   []suspect
	found      []found
	drawn      []uint16 // columns whose lists are to be scanned
	offsets    []int    // of the columns in a histogram
	width      int
	room       [][]cell // histograms to use again
	totals     []float64
	whole      float64 // weight of the tree's rows
	wholeScore float64 // of a node with classes
	jobs       []job
	classCounts
	rares
}

// job is a node whose subtree is grown apart.
type job struct {
	task
	at int32 // in nodes
}

func newGrower(ctx context.Context, p *plan) *grower {
	g := &grower{plan: p, ctx: ctx, few: new([buckets]cell), order: make([]uint16, len(p.columns)), constant: make([]bool, len(p.columns)), offsets: make([]int, len(p.columns))}
	most := 0
	for k := range p.columns {
		if g.offsets[k] = g.width; !p.rare.has(k) {
			g.width += p.columns[k].width()
		}
		if p.columns[k].set {
			most = max(most, p.columns[k].width())
		}
	}
	g.many, g.marks, g.member = make([]cell, most), make([]uint64, most>>6+1), make([]uint8, max(most, mostNarrow))
	if p.rare != nil {
		g.width += len(p.rare.places)
		g.cells, g.rares.marks = new([mostPlaces]cell), new([mostPlaces / 64]uint64)
	}
	g.totals = make([]float64, p.classes)
	g.prepare(p, most)
	return g
}

// tree grows a tree on the rows of g.top, or at once on those of a local space.
func (g *grower) tree(d dice) *grown {
	g.grown = grown{nodes: g.nodes[:0]} // the tree before was taken
	g.stopped = false
	n := task{lo: 0, hi: len(g.top.ids), dice: d, live: g.live(0)}
	for k := range g.plan.columns {
		if !g.plan.rare.has(k) {
			n.live = append(n.live, uint16(k)) //nolint:gosec // a spec has fewer features
		}
	}
	n.total = sum(g.top, n.lo, n.hi)
	g.whole = n.total.total()
	g.steps = g.top.steps
	g.look(g.top, &n)
	if g.wants(g.top, n.hi) {
		n.hist = g.counted(g.top, &n)
	}
	g.jobs = g.jobs[:0]
	g.grow(g.top, &n)
	return &g.grown
}

func sum(s *space, lo, hi int) cell {
	var total cell
	for _, r := range s.ids[lo:hi] {
		total = total.plus(s.cells[r])
	}
	return total
}

// live is memory for the columns of a node at a depth.
func (g *grower) live(depth int) []uint16 {
	for len(g.lives) <= depth {
		g.lives = append(g.lives, make([]uint16, 0, len(g.plan.columns)))
	}
	return g.lives[depth][:0]
}

// grow grows a node and what is below, and gives its place.
func (g *grower) grow(s *space, n *task) int32 {
	at := int32(len(g.nodes)) //nolint:gosec // package forest bounds nodes
	g.nodes = append(g.nodes, node{column: -1, set: -1, weight: n.total.total()})
	if n.final {
		g.leaf(s, n, &g.nodes[at])
		return at
	}
	if at&1023 == 1023 && g.ctx.Err() != nil {
		g.stopped = true
	}
	if g.stopped {
		return at
	}
	if !s.local && n.hi-n.lo <= g.plan.local {
		if g.plan.alone {
			apart := *n
			apart.live = append([]uint16(nil), n.live...)
			g.jobs = append(g.jobs, job{apart, at})
			return at
		}
		g.nodes = g.nodes[:at]
		return g.growLocal(s, n)
	}
	if n.hi-n.lo == 2 && s.local && g.plan.pairs {
		g.growPair(s, n, at)
		return at
	}
	if g.plan.classes > 0 {
		g.totalClasses(s, n)
	}
	g.search(s, n)
	b := &g.best
	g.inside(s, n)
	if b.drawn {
		b.code = g.plan.columns[b.column].greatest(b.code, b.next, b.limit)
		b.next, b.drawn = b.code+1, false
	}
	if b.listed {
		b.left = add(s.lists[b.column][n.lo:n.lo+b.at], s.fixed)
		b.missingLeft = 2*b.left.total() >= n.total.total()
	}
	if b.column < 0 || g.plan.minGain > 0 && g.gain(n)+1e-300 < g.plan.minGain {
		g.leaf(s, n, &g.nodes[at])
		return at
	}
	if g.plan.inner {
		g.leaf(s, n, &g.nodes[at])
	}
	g.record(at, n)
	left, right := g.children(n)
	g.divide(s, n, left, right)
	if g.plan.classes > 0 {
		left.total, right.total = sum(s, left.lo, left.hi), sum(s, right.lo, right.hi)
	}
	if n.hist != nil {
		g.inherit(s, n, left, right)
	}
	for side, child := range [...]*task{left, right} {
		to := int32(len(g.nodes)) //nolint:gosec // package forest bounds nodes
		if child.final {
			g.nodes = append(g.nodes, node{column: -1, set: -1, weight: child.total.total()})
			g.leaf(s, child, &g.nodes[to])
		} else {
			child.dice = n.dice.child(uint64(side)) //nolint:gosec // 0 or 1
			g.grow(s, child)
		}
		if side == 0 {
			g.nodes[at].left = to
		} else {
			g.nodes[at].right = to
		}
	}
	return at
}

// children makes the tasks of a node's children.
func (g *grower) children(n *task) (left, right *task) {
	for len(g.tasks) <= n.depth {
		g.tasks = append(g.tasks, new([2]task))
	}
	of := g.tasks[n.depth]
	of[0] = task{depth: n.depth + 1, total: g.best.left, live: n.live}
	of[1] = task{depth: n.depth + 1, total: n.total.minus(g.best.left), live: n.live}
	return &of[0], &of[1]
}

// growLocal takes a node into a local space and grows it there.
func (g *grower) growLocal(s *space, n *task) int32 {
	if g.local == nil {
		g.local = newLocal(g.plan, min(g.plan.local, g.plan.rows))
	}
	g.local.enter(g.plan, s, n.lo, n.hi, n.live)
	inside := *n
	inside.lo, inside.hi, inside.hist = 0, n.hi-n.lo, nil
	inside.total = sum(g.local, 0, inside.hi)
	g.steps = g.local.steps
	at := g.grow(g.local, &inside)
	g.steps = s.steps
	return at
}

// look sees whether a node is a leaf whatever its columns say.
func (g *grower) look(s *space, n *task) {
	rows := n.hi - n.lo
	n.pure = rows == 1 || pure(s, n.lo, n.hi)
	n.final = n.pure || rows < g.plan.minSplit || rows < 2*g.plan.minRows || n.depth >= g.plan.depth
}

// pure tells whether all targets of a node are the same.
func pure(s *space, lo, hi int) bool {
	first := s.y[s.ids[lo]]
	for _, r := range s.ids[lo+1 : hi] {
		if s.y[r] != first {
			return false
		}
	}
	return true
}

// leaf gives a node its value.
func (g *grower) leaf(s *space, n *task, to *node) {
	if g.plan.classes > 0 {
		to.value = float64(len(g.shares))
		g.totalClasses(s, n)
		for _, w := range g.totals {
			g.shares = append(g.shares, w/n.total.total())
		}
		return
	}
	if n.pure {
		to.value = s.y[s.ids[n.lo]]
		return
	}
	to.value = s.mean(n.total)
}

// gain is how much the best cut lowers the loss, over all rows of the tree.
func (g *grower) gain(n *task) float64 {
	b := &g.best
	gained := b.num / b.den
	switch {
	case g.plan.classes > 0: // in steps of weight
		return gained / g.whole
	case g.plan.curve() != nil:
		return gained / g.whole
	case g.plan.loss == Gini: // 2p(1-p) is twice the variance
		gained *= 2
	}
	return gained * n.total.total() / (g.steps.target * g.steps.target) / g.whole
}

// record writes the best cut into a node.
func (g *grower) record(at int32, n *task) {
	b := &g.best
	c := &g.plan.columns[b.column]
	to := &g.nodes[at]
	to.column, to.missingLeft = int32(b.column), b.missingLeft //nolint:gosec // a spec has fewer features
	if g.plan.inner {
		g.setGain(at, max(g.gain(n), 0))
	}
	if !c.set {
		to.code, to.next = b.code, b.next
		return
	}
	// Levels that the node does not have go where more rows are.
	bits := make([]uint32, (c.levels+31)/32)
	lessLeft := 2*b.left.total() < n.total.total()
	members := b.others
	if lessLeft {
		members = b.members
	}
	for _, code := range members {
		bits[code>>5] |= 1 << (code & 31)
	}
	to.set = int32(len(g.sets)) //nolint:gosec // package forest bounds nodes
	to.others = !lessLeft
	g.sets = append(g.sets, bits)
}
