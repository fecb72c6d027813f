package boost

// tree is a tree over codes. A node of which left is negative is a leaf.
type tree struct {
	feature     []int32
	ways        []ways
	left, right []int32
	value       []float64 // of leaves, before the round's scale
	cover       []float64 // rows, or their weight
	spans       []span    // the entries of nodes, while the grower has them
	bounds      [][2]float64
}

// span is entries begin to end of a node.
type span struct{ node, begin, end int32 }

// ways is how a node divides the codes of its column.
type ways struct {
	left    [4]uint64 // code k goes left: bit k%64 of left[k/64]
	bin     int32     // of a number: the last bin on the left; -1 of a category
	members bool      // of a category: what is named goes left, all else right
}

func (w *ways) goesLeft(code uint8) bool { return w.left[code>>6]>>(code&63)&1 == 1 }

func (w *ways) toLeft(code int) { w.left[code>>6] |= 1 << (code & 63) }

// table is 1 for the codes that go left.
func (w *ways) table(to *[256]uint8) {
	for k := range to {
		to[k] = uint8(w.left[k>>6] >> (k & 63) & 1)
	}
}

// leafOf is the leaf that a row comes to.
func (t *tree) leafOf(codes []uint8) int32 {
	n := int32(0)
	for t.left[n] >= 0 {
		if t.ways[n].goesLeft(codes[t.feature[n]]) {
			n = t.left[n]
		} else {
			n = t.right[n]
		}
	}
	return n
}

// fewNodes are what a tree has room for at least: those of the default of leaves.
const fewNodes = 61

// newTree is an empty tree with room for so many nodes, as many as the tree before
// had or a few more: trees are kept, and may have far fewer leaves than they might.
func newTree(n int) *tree {
	return &tree{
		feature: make([]int32, 0, n), ways: make([]ways, 0, n), left: make([]int32, 0, n), right: make([]int32, 0, n),
		value: make([]float64, 0, n), cover: make([]float64, 0, n), spans: make([]span, 0, n), bounds: make([][2]float64, 0, n),
	}
}

// addNode adds a leaf and tells its number.
func (t *tree) addNode(value float64, begin, end int32, lower, upper float64) int32 {
	n := int32(len(t.feature))
	t.feature, t.ways = append(t.feature, -1), append(t.ways, ways{})
	t.left, t.right = append(t.left, -1), append(t.right, -1)
	t.value, t.cover = append(t.value, value), append(t.cover, 0)
	t.spans = append(t.spans, span{n, begin, end})
	t.bounds = append(t.bounds, [2]float64{lower, upper})
	return n
}

// leaves are the spans of the leaves.
func (t *tree) leaves() []span {
	all := make([]span, 0, len(t.spans)/2+1)
	for _, s := range t.spans {
		if t.left[s.node] < 0 {
			all = append(all, s)
		}
	}
	return all
}
