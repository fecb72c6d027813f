package forest

import "math"

// Forest is Trees laid out for walking: 16 bytes a node, the two children of a
// node side by side and after it, so that a step is one comparison and one
// addition (the layout of Asadi, Lin and de Vries 2014, "Runtime optimizations
// for tree-based machine learning models", section 3.2, with breadth-first
// order so that the upper levels share cache lines).
type Forest struct {
	nodes  []node
	values []float64 // width per leaf
	roots  []int32
	output []int32
	width  int
	base   []float64
	cast   bool // features are rounded to float32 first
	mean   bool
	single bool
}

// node is a test or a leaf. A row goes right where x > threshold; for rules
// with "less than" the threshold is the double just below.
type node struct {
	threshold float64
	feature   int32 // with missingLeft; -1 at leaves
	next      int32 // the left child, the right one follows; of leaves: place in values
}

// missingLeft is set in node.feature where a missing value goes left.
const missingLeft = 1 << 30

// Compile lays out trees that were checked.
func Compile(t *Trees, outputs int) *Forest {
	f := &Forest{
		nodes: make([]node, 0, len(t.Feature)), roots: make([]int32, len(t.Roots)), output: t.Output, width: outputs,
		base: t.Base, cast: t.Rule != DoubleAtMost, mean: t.Mean, single: t.Single,
	}
	if t.Output != nil {
		f.width = 1
	}
	var from []int32 // per node of f: the node of t
	for k, root := range t.Roots {
		f.roots[k] = int32(len(f.nodes)) //nolint:gosec // Check bounds nodes
		f.nodes, from = append(f.nodes, node{}), append(from[:0], root)
		begin := len(f.nodes) - 1
		for i := 0; i < len(from); i++ {
			n, at := from[i], &f.nodes[begin+i]
			if t.Feature[n] < 0 {
				at.feature, at.next = -1, int32(len(f.values)) //nolint:gosec // Check bounds nodes
				f.values = append(f.values, t.Value[int(n)*f.width:(int(n)+1)*f.width]...)
				continue
			}
			at.feature, at.threshold = t.Feature[n], t.Threshold[n]
			if t.Rule == SingleBelow {
				at.threshold = math.Nextafter(at.threshold, math.Inf(-1))
			}
			if t.MissingLeft[n] {
				at.feature |= missingLeft
			}
			at.next = int32(len(f.nodes)) //nolint:gosec // Check bounds nodes
			from = append(from, t.Left[n], t.Right[n])
			f.nodes = append(f.nodes, node{}, node{})
		}
	}
	return f
}

// leaf is the place in values that a row comes to.
func (f *Forest) leaf(root int32, x []float64) int32 {
	n := &f.nodes[root]
	for n.feature >= 0 {
		v, next := x[n.feature&^missingLeft], n.next
		if v > n.threshold || v != v && n.feature&missingLeft == 0 { //nolint:gocritic // v != v is NaN, and this is the hottest loop
			next++
		}
		n = &f.nodes[next]
	}
	return n.next
}

// Cast rounds a row to what the trees compare: float32, where the source does.
func (f *Forest) Cast(x []float64) {
	if !f.cast {
		return
	}
	for j, v := range x {
		x[j] = float64(float32(v))
	}
}

// Scores adds the trees up, in their order and with the source's precision.
func (f *Forest) Scores(x, out []float64) {
	f.Cast(x)
	copy(out, f.base)
	switch {
	case f.single:
		f.sumSingle(x, out)
	case f.width > 1:
		for _, root := range f.roots {
			at := int(f.leaf(root, x))
			for k, v := range f.values[at : at+f.width] {
				out[k] += v
			}
		}
	case len(out) == 1:
		sum := out[0]
		for _, root := range f.roots {
			sum += f.values[f.leaf(root, x)]
		}
		out[0] = sum
	default:
		for t, root := range f.roots {
			out[f.output[t]] += f.values[f.leaf(root, x)]
		}
	}
	if f.mean {
		for k := range out {
			out[k] /= float64(len(f.roots))
		}
	}
}

// sumSingle adds in float32, as XGBoost does.
func (f *Forest) sumSingle(x, out []float64) {
	if len(out) == 1 {
		sum := float32(out[0])
		for _, root := range f.roots {
			sum += float32(f.values[f.leaf(root, x)])
		}
		out[0] = float64(sum)
		return
	}
	for t, root := range f.roots {
		k := int32(0)
		if f.output != nil {
			k = f.output[t]
		}
		out[k] = float64(float32(out[k]) + float32(f.values[f.leaf(root, x)]))
	}
}
