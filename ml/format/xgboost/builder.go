package xgboost

import (
	"math"

	"dasier/fault"
	"dasier/ml/forest"
)

// builder collects trees.
type builder struct {
	model    *Model
	parallel int       // trees of one round and margin
	rounds   []float64 // where each round begins among the trees; since 2.0
	weights  []float64 // of dart, per tree
	words    int       // of all sets of categories
}

func newBuilder(m *Model, base []float64) *builder {
	m.Trees = &forest.Trees{Base: base, Rule: forest.SingleBelow, Single: true}
	return &builder{model: m, parallel: 1}
}

// count is how many trees count when only the best rounds do.
func (b *builder) count(trees, best int) int {
	if best <= 0 {
		return trees
	}
	if best < len(b.rounds) && b.rounds[best] >= 0 && b.rounds[best] <= float64(trees) {
		return int(b.rounds[best])
	}
	perRound := b.parallel * b.model.Groups
	if best > trees/perRound {
		return trees
	}
	return best * perRound
}

// node is one node of a tree in any layout.
type node struct {
	left, right int32
	feature     int32
	value       float64 // threshold, or the leaf's
	missingLeft bool
	cover       float64
	set         []uint32  // of categories, which go right; nil: a threshold is tested
	leaf        []float64 // where a leaf has several values
}

// add appends a tree whose children are numbered from its own root.
func (b *builder) add(index int, group int32, nodes []node) error {
	t := b.model.Trees
	if group < 0 || int(group) >= b.model.Groups {
		return fault.Errorf(fault.Invalid, "tree %d adds to margin %d, there are %d", index, group, b.model.Groups)
	}
	if len(t.Feature)+len(nodes) > maxNodes {
		return fault.Errorf(fault.Limited, "the XGBoost model has more than %d nodes", maxNodes)
	}
	begin := int32(len(t.Feature)) //nolint:gosec // maxNodes bounds it
	vector := nodes[0].leaf != nil
	if len(t.Roots) > 0 && vector != (t.Output == nil) {
		return fault.Errorf(fault.Invalid, "tree %d has leaves of another kind than the trees before it", index)
	}
	t.Roots = append(t.Roots, begin)
	if !vector {
		t.Output = append(t.Output, group)
	}
	for i := range nodes {
		n := &nodes[i]
		threshold, feature, left, right, leaf := n.value, n.feature, n.left+begin, n.right+begin, 0.0
		if n.left < 0 {
			threshold, feature, left, right, leaf = 0, -1, -1, -1, b.dropped(index, n.value)
		}
		if n.set != nil && n.left >= 0 {
			threshold = 0
			b.sets(len(t.Feature))
			t.Set = append(t.Set, int32(len(t.Sets))) //nolint:gosec // fewer than nodes
			t.Sets = append(t.Sets, forest.Set{Bits: n.set, Others: true})
		}
		t.Feature, t.Threshold = append(t.Feature, feature), append(t.Threshold, threshold)
		t.Left, t.Right = append(t.Left, left), append(t.Right, right)
		t.MissingLeft, t.Cover = append(t.MissingLeft, n.missingLeft), append(t.Cover, n.cover)
		if !vector {
			t.Value = append(t.Value, leaf)
			continue
		}
		for _, v := range n.leaf {
			t.Value = append(t.Value, b.dropped(index, v))
		}
	}
	if t.Set != nil {
		b.sets(len(t.Feature))
	}
	return nil
}

// sets brings Set to n nodes: most models have none.
func (b *builder) sets(n int) {
	t := b.model.Trees
	for len(t.Set) < n {
		t.Set = append(t.Set, -1)
	}
}

// dropped is what a leaf adds of a tree that dart weighs, in float32. The
// wrappers predict in place, where XGBoost has each tree's leaf with the base
// score in it and takes that off again, which rounds.
func (b *builder) dropped(index int, leaf float64) float64 {
	if index >= len(b.weights) {
		return leaf
	}
	value := float32(leaf)
	if b.model.Wrapped {
		base := float32(b.model.Trees.Base[0])
		value = float32(value+base) - base
	}
	return float64(value * float32(b.weights[index]))
}

// document reads a tree of a JSON document.
func (b *builder) document(index int, d document, group float64) error {
	wrong := func(format string, args ...any) error {
		return fault.Errorf(fault.Invalid, "tree %d: "+format, append([]any{index}, args...)...)
	}
	left, ok := d.at("left_children").floats()
	if !ok || len(left) == 0 {
		return wrong("it has no nodes")
	}
	columns := map[string][]float64{}
	for _, name := range []string{"right_children", "split_indices", "split_conditions", "default_left"} {
		values, _ := d.at(name).floats()
		if len(values) != len(left) {
			return wrong("it has %d %s for %d nodes", len(values), name, len(left))
		}
		columns[name] = values
	}
	cover, _ := d.at("sum_hessian").floats()
	if len(cover) != len(left) {
		cover = make([]float64, len(left))
	}
	nodes := make([]node, len(left))
	for i := range nodes {
		l, r, f := left[i], columns["right_children"][i], columns["split_indices"][i]
		leaf := l == -1
		if count := float64(len(nodes)); !leaf && !(l > 0 && l < count && r > 0 && r < count) {
			return wrong("node %d has the children %v and %v, there are %d nodes", i, l, r, len(nodes))
		}
		if !leaf && !(f >= 0 && f < float64(b.model.Features)) {
			f = math.MaxInt32 // refused by package forest, if a row can come there: pruned nodes are left as they were
		}
		nodes[i] = node{left: -1, right: -1, value: float64(float32(columns["split_conditions"][i])), cover: cover[i]}
		if !leaf {
			nodes[i].left, nodes[i].right, nodes[i].feature, nodes[i].missingLeft = int32(l), int32(r), int32(f), columns["default_left"][i] != 0
		}
	}
	if err := b.categorical(d, nodes); err != nil {
		return wrong("%v", err)
	}
	if err := b.vectors(d, nodes, columns["right_children"]); err != nil {
		return wrong("%v", err)
	}
	if !(group >= 0 && group < maxGroups) {
		return wrong("it adds to margin %v", group)
	}
	return b.add(index, int32(group), nodes)
}
