package onnx

import (
	"math"

	"dasier/ml/forest"
)

// zeroSize is the largest size of what LightGBM takes for zero.
const zeroSize = float64(float32(1e-35))

// ensemble writes trees as ai.onnx.ml 5's TreeEnsemble in double, which
// compares and adds in double: the older operators answer in float32. Where the
// source compares in float32, the cells are rounded to it before. Leaves with a
// value per score are numbered by the trees, and their values looked up and
// added in the trees' order.
func (e *emitter) ensemble(t *forest.Trees, x matrix, outputs int) (matrix, error) {
	if len(t.Lines) > 0 {
		return matrix{}, cannot("its trees have linear functions as leaves, which ONNX has no operator for")
	}
	e.trees = true
	w := &treeWriter{trees: t, width: x.width, copies: make(map[variant]int64)}
	w.several = t.Output == nil && outputs > 1
	for k, root := range t.Roots {
		target := int64(0)
		switch {
		case w.several:
			target = int64(k)
		case t.Output != nil:
			target = int64(t.Output[k])
		}
		w.roots = append(w.roots, w.root(root, target))
	}
	targets := outputs
	if w.several {
		targets = len(t.Roots)
	}
	score := e.nodeAs(e.fresh("trees"), mlDomain, "TreeEnsemble", []string{e.variants(w, x)},
		intsAttribute("tree_roots", w.roots), intsAttribute("nodes_featureids", w.features),
		tensorAttribute("nodes_modes", tensorMessage("", typeUint8, []int64{int64(len(w.modes))}, w.modes)),
		doublesAttribute("nodes_splits", w.splits),
		intsAttribute("nodes_truenodeids", w.yes), intsAttribute("nodes_trueleafs", w.yesLeaf),
		intsAttribute("nodes_falsenodeids", w.no), intsAttribute("nodes_falseleafs", w.noLeaf),
		intsAttribute("nodes_missing_value_tracks_true", w.missing),
		intsAttribute("leaf_targetids", w.targets), doublesAttribute("leaf_weights", w.weights),
		intAttribute("n_targets", int64(targets)), intAttribute("post_transform", 0), intAttribute("aggregate_function", 1),
		w.members())
	if w.several {
		at := e.do("Gather", e.table(w.values, len(w.values)/outputs, outputs), e.cast(score, typeInt64)) // [N, trees, outputs]
		parts := e.parts(at, 1, len(t.Roots), 1)
		score = e.reshape(e.inOrder(parts), -1, int64(outputs))
	}
	for _, base := range t.Base {
		if base != 0 {
			score = e.add(e.row(t.Base), score)
			break
		}
	}
	if t.Mean {
		score = e.div(score, e.num(float64(len(t.Roots))))
	}
	return matrix{score, outputs}, nil
}

// The modes of nodes.
const (
	modeAtMost = 0
	modeBelow  = 1
	modeMember = 6
)

// variant is a feature as some nodes see it.
type variant struct {
	feature int32
	how     uint8
}

const (
	plainNumber  = iota
	zeroMissing  // zero is missing
	wholeDown    // the whole number at or below
	wholeTowards // the whole number towards zero
)

// treeWriter collects the arrays of a TreeEnsemble.
type treeWriter struct {
	trees   *forest.Trees
	width   int
	several bool // leaves are numbered, and values has a row for each
	copies  map[variant]int64
	order   []variant // the columns behind the features

	roots, features, yes, yesLeaf, no, noLeaf, missing, targets []int64
	modes                                                       []byte
	splits, weights, values, sets                               []float64
}

// root adds a tree. One that is a leaf becomes a node with it on both sides.
func (w *treeWriter) root(n int32, target int64) int64 {
	if w.trees.Feature[n] < 0 {
		leaf := w.leaf(n, target)
		return w.node(0, modeAtMost, 0, false, leaf, true, leaf, true)
	}
	return w.inner(n, target)
}

// inner adds the nodes below one, which is no leaf. Trees are walked with a
// stack of their own: depth is the writer's.
func (w *treeWriter) inner(root int32, target int64) int64 {
	first := int64(len(w.features))
	type pending struct {
		node int32
		at   int64
	}
	add := func(n int32) int64 {
		id := w.node(0, modeAtMost, 0, false, 0, false, 0, false)
		w.test(n, id)
		return id
	}
	todo := []pending{{root, add(root)}}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		left, right := w.trees.Left[p.node], w.trees.Right[p.node]
		if w.swapped(p.node) {
			left, right = right, left
		}
		for side, child := range []int32{left, right} {
			ids, leaves := w.yes, w.yesLeaf
			if side == 1 {
				ids, leaves = w.no, w.noLeaf
			}
			if w.trees.Feature[child] < 0 {
				ids[p.at], leaves[p.at] = w.leaf(child, target), 1
				continue
			}
			id := add(child)
			if side == 1 { // add may have moved the arrays
				w.no[p.at] = id
			} else {
				w.yes[p.at] = id
			}
			todo = append(todo, pending{child, id})
		}
	}
	return first
}

func (w *treeWriter) node(feature int64, mode byte, split float64, missing bool, yes int64, yesLeaf bool, no int64, noLeaf bool) int64 {
	flag := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	w.features, w.modes, w.splits, w.missing = append(w.features, feature), append(w.modes, mode), append(w.splits, split), append(w.missing, flag(missing))
	w.yes, w.yesLeaf = append(w.yes, yes), append(w.yesLeaf, flag(yesLeaf))
	w.no, w.noLeaf = append(w.no, no), append(w.noLeaf, flag(noLeaf))
	return int64(len(w.features) - 1)
}

func (w *treeWriter) leaf(n int32, target int64) int64 {
	id := int64(len(w.targets))
	w.targets = append(w.targets, target)
	if !w.several {
		w.weights = append(w.weights, w.trees.Value[n])
		return id
	}
	width := len(w.trees.Base)
	w.weights = append(w.weights, float64(len(w.values)/width))
	w.values = append(w.values, w.trees.Value[int(n)*width:(int(n)+1)*width]...)
	return id
}

// test says what a node asks.
func (w *treeWriter) test(n int32, id int64) {
	t := w.trees
	how := uint8(plainNumber)
	missingLeft := t.MissingLeft[n]
	switch {
	case t.Set != nil && t.Set[n] >= 0:
		set := &t.Sets[t.Set[n]]
		if how = wholeDown; t.Rule == forest.DoubleAtMost && len(set.Known) == 0 {
			how = wholeTowards
		}
		w.modes[id] = modeMember
		for _, k := range w.asked(n) {
			w.sets = append(w.sets, float64(k))
		}
		w.sets = append(w.sets, math.NaN())
	case t.Rule == forest.SingleBelow:
		w.modes[id], w.splits[id] = modeBelow, t.Threshold[n]
	default:
		w.splits[id] = t.Threshold[n]
	}
	if how == plainNumber && t.ZeroMissing != nil && t.ZeroMissing[n] {
		how = zeroMissing
	}
	w.features[id] = w.column(t.Feature[n], how)
	w.missing[id] = 0
	if missingLeft != w.swapped(n) {
		w.missing[id] = 1
	}
}

// swapped tells whether the node's question is asked the other way round: who
// goes right.
func (w *treeWriter) swapped(n int32) bool {
	t := w.trees
	if t.Set == nil || t.Set[n] < 0 {
		return false
	}
	set := &t.Sets[t.Set[n]]
	if len(set.Known) > 0 { // what is not known goes where missing values go
		return t.MissingLeft[n]
	}
	return set.Others
}

// asked are the categories that answer yes.
func (w *treeWriter) asked(n int32) []int {
	set := &w.trees.Sets[w.trees.Set[n]]
	bit := func(words []uint32, k int) bool { return k>>5 < len(words) && words[k>>5]>>(k&31)&1 == 1 }
	var list []int
	if len(set.Known) == 0 {
		for k := range len(set.Bits) * 32 {
			if bit(set.Bits, k) {
				list = append(list, k)
			}
		}
		return list
	}
	for k := range len(set.Known) * 32 {
		left := bit(set.Bits, k) != set.Others
		if bit(set.Known, k) && left != w.trees.MissingLeft[n] {
			list = append(list, k)
		}
	}
	return list
}

// column is the place of a feature as a node sees it.
func (w *treeWriter) column(feature int32, how uint8) int64 {
	if how == plainNumber {
		return int64(feature)
	}
	v := variant{feature, how}
	at, ok := w.copies[v]
	if !ok {
		at = int64(w.width + len(w.order))
		w.copies[v] = at
		w.order = append(w.order, v)
	}
	return at
}

// members are the sets, one after the other in the order of the nodes that ask
// for them, each with a NaN behind it.
func (w *treeWriter) members() message {
	if len(w.sets) == 0 {
		return nil
	}
	return doublesAttribute("membership_values", w.sets)
}

// variants are the cells as the trees see them: rounded, and columns of their
// own for nodes that ask for a category or take zero for missing.
func (e *emitter) variants(w *treeWriter, x matrix) string {
	if x.width == 0 { // trees of leaves alone
		x = e.filled(0, 1)
	}
	if w.trees.Rule != forest.DoubleAtMost {
		x.name = e.rounded(x.name)
	}
	parts := []string{x.name}
	for _, v := range w.order {
		c := e.columns(x, []int{int(v.feature)}).name
		switch v.how {
		case zeroMissing:
			c = e.where(e.do("LessOrEqual", e.do("Abs", c), e.num(zeroSize)), e.num(math.NaN()), c)
		case wholeDown:
			c = e.do("Floor", c)
		default:
			c = e.curve("trunc", c)
		}
		parts = append(parts, c)
	}
	return e.join(parts)
}
