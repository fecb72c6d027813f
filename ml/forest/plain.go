package forest

import "math"

// plain is trees of any kind laid out for walking: 16 bytes a node, the two
// children of a node side by side and after it, so that a step is one comparison
// and one addition (the layout of Asadi, Lin and de Vries 2014, "Runtime
// optimizations for tree-based machine learning models", section 3.2, with
// breadth-first order so that the upper levels share cache lines).
type plain struct {
	nodes   []node
	roots   []int32
	values  []float64 // width per leaf
	unusual bool      // some nodes test sets or take zero for missing
	cast    bool
	sets    []Set
	lines   []Line
	line    []int32 // per leaf: its line, or -1
}

// node is a test or a leaf. A row goes left where x <= threshold; for rules
// with "less than" the threshold is the double just below.
type node struct {
	threshold float64 // of a set: its place in sets
	feature   int32   // with flags; -1 at leaves
	next      int32   // the left child, the right one follows; of leaves: place in values
}

// Flags of node.feature.
const (
	missingLeft = 1 << 30 // a missing value goes left
	zeroMissing = 1 << 29 // zero is a missing value
	testsSet    = 1 << 28
	anyFlag     = missingLeft | zeroMissing | testsSet
)

// zero is the largest size of what LightGBM takes for zero: 1e-35 in float32.
const zero = float64(float32(1e-35))

func newPlain(t *Trees, width int) *plain {
	p := &plain{
		nodes: make([]node, 0, len(t.Feature)), roots: make([]int32, len(t.Roots)),
		cast: t.Rule != DoubleAtMost, sets: t.Sets, lines: t.Lines,
	}
	lineOf := make(map[int32]int32, len(t.Lines))
	for k := range t.Lines {
		lineOf[t.Lines[k].Node] = int32(k) //nolint:gosec // one per node at most
	}
	var from []int32 // per node of p: the node of t
	for k, root := range t.Roots {
		p.roots[k] = int32(len(p.nodes)) //nolint:gosec // Check bounds nodes
		p.nodes, from = append(p.nodes, node{}), append(from[:0], root)
		begin := len(p.nodes) - 1
		for i := 0; i < len(from); i++ {
			n, at := from[i], &p.nodes[begin+i]
			if t.Feature[n] < 0 {
				at.feature, at.next = -1, int32(len(p.values)) //nolint:gosec // Check bounds nodes
				p.values = append(p.values, t.Value[int(n)*width:(int(n)+1)*width]...)
				if len(p.lines) > 0 {
					line, ok := lineOf[n]
					if !ok {
						line = -1
					}
					p.line = append(p.line, line)
				}
				continue
			}
			at.feature, at.threshold = t.flagged(n), t.limit(n)
			if at.feature&(zeroMissing|testsSet) != 0 {
				p.unusual = true
			}
			at.next = int32(len(p.nodes)) //nolint:gosec // Check bounds nodes
			from = append(from, t.Left[n], t.Right[n])
			p.nodes = append(p.nodes, node{}, node{})
		}
	}
	return p
}

// flagged is the feature that a node tests, with its flags.
func (t *Trees) flagged(n int32) int32 {
	f := t.Feature[n]
	if t.MissingLeft[n] {
		f |= missingLeft
	}
	switch {
	case t.testsSet(n):
		f |= testsSet
	case t.ZeroMissing != nil && t.ZeroMissing[n]:
		f |= zeroMissing
	}
	return f
}

// limit is what a node's threshold is where all rules are one: x goes left when
// it is at most that; never when it is NaN. Of a set it is the set's place.
func (t *Trees) limit(n int32) float64 {
	switch {
	case t.testsSet(n):
		return float64(t.Set[n])
	case t.Rule == SingleBelow && math.IsInf(t.Threshold[n], -1):
		return math.NaN()
	case t.Rule == SingleBelow:
		return math.Nextafter(t.Threshold[n], math.Inf(-1))
	}
	return t.Threshold[n]
}

// leaf is the place in values that a row comes to.
func (p *plain) leaf(root int32, x []float64) int32 {
	if p.unusual {
		return p.unusualLeaf(root, x)
	}
	n := &p.nodes[root]
	for n.feature >= 0 {
		v, next := x[n.feature&^missingLeft], n.next
		if !(v <= n.threshold) && (v == v || n.feature&missingLeft == 0) { //nolint:gocritic,staticcheck // v == v is no NaN, and a threshold may be one
			next++
		}
		n = &p.nodes[next]
	}
	return n.next
}

// unusualLeaf is leaf for every kind of node.
func (p *plain) unusualLeaf(root int32, x []float64) int32 {
	n := &p.nodes[root]
	for n.feature >= 0 {
		v, next := x[n.feature&^anyFlag], n.next
		if !p.left(n, v) {
			next++
		}
		n = &p.nodes[next]
	}
	return n.next
}

// left tells the way of a value at a node.
func (p *plain) left(n *node, v float64) bool {
	switch {
	case v != v, n.feature&zeroMissing != 0 && math.Abs(v) <= zero: //nolint:gocritic // NaN
		return n.feature&missingLeft != 0
	case n.feature&testsSet != 0:
		return p.sets[int(n.threshold)].left(v, n.feature&missingLeft != 0, p.cast)
	}
	return v <= n.threshold
}

// value is what a leaf of one score adds for a row.
func (p *plain) value(at int32, x []float64) float64 {
	if len(p.line) > 0 && p.line[at] >= 0 {
		return p.lines[p.line[at]].of(x, p.values[at])
	}
	return p.values[at]
}

// of is the value of a linear leaf.
func (l *Line) of(x []float64, missing float64) float64 {
	sum := l.Constant
	for j, f := range l.Features {
		v := x[f]
		if math.IsNaN(v) {
			return missing
		}
		sum += float64(l.Weights[j] * v) // rounded: a processor may fuse it with the addition
	}
	return sum
}

// scores adds the values that a row has in each tree.
func (p *plain) scores(f *Forest, x, out, work []float64) {
	if p.cast {
		work = work[:len(x)]
		for j, v := range x {
			work[j] = float64(float32(v))
		}
		x = work
	}
	if f.width > 1 {
		for t, root := range p.roots {
			f.add(t, p.values[p.leaf(root, x):], out)
		}
		return
	}
	var value [1]float64
	for t, root := range p.roots {
		value[0] = p.value(p.leaf(root, x), x)
		f.add(t, value[:], out)
	}
}
