package tree

import (
	"slices"

	"dasier/ml/forest"
)

// finish gives cuts of numbers their thresholds.
func (t *grown) finish(p *plan) {
	for i := range t.nodes {
		if n := &t.nodes[i]; n.column >= 0 && n.set < 0 {
			n.value = p.columns[n.column].between(n.code, n.next)
		}
	}
}

// append adds a tree to the ensemble.
func (h *harvest) append(tree *grown) {
	t := h.trees
	from, size := len(t.Feature), len(tree.nodes)
	if from == 0 {
		h.reserve(size)
	}
	t.Roots = append(t.Roots, int32(from)) //nolint:gosec // package forest bounds nodes
	feature, left, right := extend(&t.Feature, size), extend(&t.Left, size), extend(&t.Right, size)
	threshold, missingLeft, cover := extend(&t.Threshold, size), extend(&t.MissingLeft, size), extend(&t.Cover, size)
	width := max(h.p.classes, 1)
	value := extend(&t.Value, size*width)
	move := int32(from) //nolint:gosec // package forest bounds nodes
	for i := range tree.nodes {
		n := &tree.nodes[i]
		missingLeft[i], cover[i] = n.missingLeft, n.weight
		switch {
		case n.column >= 0:
			feature[i], left[i], right[i] = h.p.columns[n.column].feature, move+n.left, move+n.right
			if n.set < 0 {
				threshold[i] = n.value
			}
		case h.p.classes > 0:
			feature[i] = -1
			copy(value[i*width:(i+1)*width], tree.shares[int(n.value):])
		default:
			feature[i] = -1
			value[i] = n.value
		}
	}
	for i := range tree.nodes {
		if n := &tree.nodes[i]; n.set >= 0 || t.Set != nil {
			h.appendSet(n, tree, from+i)
		}
	}
}

// extend makes a slice longer by n zeros, and gives those.
func extend[T any](s *[]T, n int) []T {
	have := len(*s)
	*s = slices.Grow(*s, n)[:have+n]
	clear((*s)[have:])
	return (*s)[have:]
}

// appendSet adds what node number at tests; those before the first set have none.
func (h *harvest) appendSet(n *node, tree *grown, at int) {
	t := h.trees
	if t.Set == nil {
		t.Set = slices.Repeat([]int32{-1}, at)
	}
	if n.set < 0 {
		t.Set = append(t.Set, -1)
		return
	}
	t.Set = append(t.Set, int32(len(t.Sets))) //nolint:gosec // at most one a node
	t.Sets = append(t.Sets, forest.Set{Bits: tree.sets[n.set], Others: n.others})
}

// reserve makes room for all trees, if they are like the first: growing arrays
// bit by bit would need twice the memory.
func (h *harvest) reserve(nodes int) {
	t := h.trees
	room := nodes*h.s.trees + nodes*h.s.trees/32
	if h.s.trees == 1 {
		room = nodes
	}
	t.Feature, t.Left, t.Right = make([]int32, 0, room), make([]int32, 0, room), make([]int32, 0, room)
	t.Threshold, t.Cover = make([]float64, 0, room), make([]float64, 0, room)
	t.MissingLeft = make([]bool, 0, room)
	t.Value = make([]float64, 0, room*max(h.p.classes, 1))
}
