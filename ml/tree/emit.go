package tree

import (
	"slices"

	"dasier/ml/forest"
)

// finish makes the codes of cuts those that the thresholds between them divide.
func (t *grown) finish(p *plan) {
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.column < 0 || n.set >= 0 {
			continue
		}
		c := &p.columns[n.column]
		n.threshold = c.between(n.code, n.next)
		n.code = c.greatest(n.code, n.next, n.threshold)
	}
}

// append adds a tree to the ensemble.
func (h *harvest) append(tree *grown) {
	t := h.trees
	from := int32(len(t.Feature)) //nolint:gosec // package forest bounds nodes
	t.Roots = append(t.Roots, from)
	if from == 0 {
		h.reserve(len(tree.nodes))
	}
	width := max(h.p.classes, 1)
	for i := range tree.nodes {
		n := &tree.nodes[i]
		feature, left, right := int32(-1), int32(0), int32(0)
		if n.column >= 0 {
			feature, left, right = h.p.columns[n.column].feature, from+n.left, from+n.right
		}
		t.Feature = append(t.Feature, feature)
		t.Left, t.Right = append(t.Left, left), append(t.Right, right)
		t.Threshold = append(t.Threshold, n.threshold)
		t.MissingLeft = append(t.MissingLeft, n.missingLeft)
		t.Cover = append(t.Cover, n.weight)
		switch {
		case n.column >= 0 || h.p.classes > 0:
			at := len(t.Value)
			t.Value = append(t.Value, make([]float64, width)...)
			if n.column < 0 {
				copy(t.Value[at:], tree.shares[int(n.value):])
			}
		default:
			t.Value = append(t.Value, n.value)
		}
		h.appendSet(n, tree)
	}
}

func (h *harvest) appendSet(n *node, tree *grown) {
	t := h.trees
	if t.Set == nil {
		if n.set < 0 {
			return
		}
		t.Set = slices.Repeat([]int32{-1}, len(t.Feature)-1)
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
