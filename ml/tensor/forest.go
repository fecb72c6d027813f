package tensor

import (
	"math"

	"dasier/fault"
)

// ensembleOf reads the parallel lists of a tree ensemble of versions 1 to 3:
// prefix is "target" or "class". Nodes are named by tree and number; the first
// node of a tree is its root.
func ensembleOf[T float32 | float64](n *node, prefix string) (*ensemble[T], error) {
	e := &ensemble[T]{}
	if err := e.settings(n, prefix); err != nil {
		return nil, err
	}
	trees, ids := n.ints("nodes_treeids"), n.ints("nodes_nodeids")
	yes, no := n.ints("nodes_truenodeids"), n.ints("nodes_falsenodeids")
	features, modes, missing := n.ints("nodes_featureids"), n.texts("nodes_modes"), n.ints("nodes_missing_value_tracks_true")
	values := numbers[T](n, "nodes_values")
	count := len(ids)
	if len(trees) != count || len(yes) != count || len(no) != count || len(features) != count || len(modes) != count || len(values) != count ||
		len(missing) > 0 && len(missing) != count {
		return nil, fault.Errorf(fault.Invalid, "its lists of nodes differ in length")
	}
	type name struct{ tree, id int64 }
	places := make(map[name]int32, count)
	for i := range ids {
		at := name{trees[i], ids[i]}
		if _, taken := places[at]; taken {
			return nil, fault.Errorf(fault.Invalid, "the node %d of tree %d is there twice", at.id, at.tree)
		}
		places[at] = int32(i) //nolint:gosec // attributes are far shorter
		if i == 0 || trees[i] != trees[i-1] {
			e.roots = append(e.roots, int32(i)) //nolint:gosec // as above
		}
	}
	e.nodes = make([]treeNode[T], count)
	for i := range e.nodes {
		at := &e.nodes[i]
		kind, ok := tests[modes[i]]
		if !ok {
			return nil, fault.Errorf(fault.Invalid, "there is no kind of node %q", modes[i])
		}
		at.test, at.split, at.missing = kind, values[i], len(missing) > 0 && missing[i] == 1
		if kind == leaf {
			continue
		}
		var found, other bool
		at.yes, found = places[name{trees[i], yes[i]}]
		at.no, other = places[name{trees[i], no[i]}]
		if !found || !other {
			return nil, fault.Errorf(fault.Invalid, "node %d of tree %d leads to a node that is not there", ids[i], trees[i])
		}
		if err := e.feature(at, features[i], n.width()); err != nil {
			return nil, err
		}
	}
	of, at, targets := n.ints(prefix+"_treeids"), n.ints(prefix+"_nodeids"), n.ints(prefix+"_ids")
	weights := numbers[T](n, prefix+"_weights")
	if len(at) != len(of) || len(targets) != len(of) || len(weights) != len(of) {
		return nil, fault.Errorf(fault.Invalid, "its lists of weights differ in length")
	}
	perLeaf := make([][]leafWeight[T], count)
	for i := range of {
		place, ok := places[name{of[i], at[i]}]
		if !ok || targets[i] < 0 || targets[i] >= int64(e.targets) {
			return nil, fault.Errorf(fault.Invalid, "the weight %d is of node %d of tree %d and score %d, of which one is not there", i, at[i], of[i], targets[i])
		}
		if e.nodes[place].test == leaf { // what an inner node weighs is never asked
			perLeaf[place] = append(perLeaf[place], leafWeight[T]{int32(targets[i]), weights[i]}) //nolint:gosec // checked above
		}
	}
	for i := range e.nodes {
		if at := &e.nodes[i]; at.test == leaf {
			at.yes = int32(len(e.weights)) //nolint:gosec // as above
			e.weights = append(e.weights, perLeaf[i]...)
			at.no = int32(len(e.weights)) //nolint:gosec // as above
		}
	}
	if n.problem != nil {
		return nil, n.problem
	}
	return e, e.check()
}

var tests = map[string]test{
	"BRANCH_LEQ": atMost, "BRANCH_LT": lessThan, "BRANCH_GTE": atLeast, "BRANCH_GT": above, "BRANCH_EQ": equals, "BRANCH_NEQ": differs, "LEAF": leaf,
}

// numbers reads a list that is float32, or a tensor of float64 in version 3.
func numbers[T float32 | float64](n *node, name string) []T {
	if t := n.tensor(name + "_as_tensor"); t != nil && (t.Type == Double || t.Type == Float) && t.held() > 0 {
		list := make([]T, t.held())
		for i := range list {
			list[i] = T(t.real(i))
		}
		return list
	}
	source := n.floats(name)
	list := make([]T, len(source))
	for i, v := range source {
		list[i] = T(v)
	}
	return list
}

func (e *ensemble[T]) settings(n *node, prefix string) error {
	var err error
	if e.end, err = transformOf(n.text("post_transform", "NONE")); err != nil {
		return err
	}
	e.base = numbers[T](n, "base_values")
	e.widest = -1
	if prefix == "class" {
		classes, err := n.labelsOf("classlabels_int64s")
		e.targets = classes.count()
		return err
	}
	targets := n.int("n_targets", 1)
	if targets < 1 || targets > maxCells {
		return fault.Errorf(fault.Invalid, "it has %d targets", targets)
	}
	e.targets = int(targets)
	if len(e.base) > 0 && len(e.base) != e.targets {
		return fault.Errorf(fault.Invalid, "it has %d base values for %d targets", len(e.base), e.targets)
	}
	switch how := n.text("aggregate_function", "SUM"); how {
	case "SUM":
	case "AVERAGE":
		e.how = averaged
	case "MIN":
		e.how = least
	case "MAX":
		e.how = most
	default:
		return fault.Errorf(fault.Invalid, "there is no aggregate_function %q", how)
	}
	return nil
}

// feature notes what a node tests, and refuses what the rows cannot have.
func (e *ensemble[T]) feature(at *treeNode[T], feature int64, width int) error {
	if feature < 0 || feature > math.MaxInt32 {
		return fault.Errorf(fault.Invalid, "a tree tests feature %d", feature)
	}
	if width >= 0 && feature >= int64(width) {
		return fault.Errorf(fault.Invalid, "a tree tests feature %d, the rows have %d features", feature, width)
	}
	at.feature = int32(feature)
	e.widest = max(e.widest, int(feature))
	return nil
}

// check follows every tree: no node is reached twice, so no row walks for ever.
func (e *ensemble[T]) check() error {
	seen := make([]bool, len(e.nodes))
	var todo []int32
	for _, root := range e.roots {
		for todo = append(todo[:0], root); len(todo) > 0; {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if at < 0 || int(at) >= len(e.nodes) {
				return fault.Errorf(fault.Invalid, "a tree leads to node %d, there are %d", at, len(e.nodes))
			}
			if seen[at] {
				return fault.Errorf(fault.Invalid, "two ways lead to one node: this is no tree")
			}
			seen[at] = true
			if n := &e.nodes[at]; n.test != leaf {
				todo = append(todo, n.yes, n.no)
			}
		}
	}
	return nil
}

// makeTreeEnsemble is version 5's: nodes and leaves are numbered through, and
// the type of the output is the input's.
func makeTreeEnsemble(n *node) (kernel, error) {
	n.need(0, Float, Double)
	n.gives = []Type{n.is(0)}
	if n.is(0) == Double {
		e, err := numbered[float64](n)
		if err != nil {
			return nil, err
		}
		return regression[float64, float64](e), nil
	}
	e, err := numbered[float32](n)
	if err != nil {
		return nil, err
	}
	return regression[float32, float32](e), nil
}

// list5 reads a tensor attribute of version 5, whose name says nothing else.
func list5[T float32 | float64](n *node, name string) []T {
	t := n.tensor(name)
	if t == nil {
		return nil
	}
	list := make([]T, t.held())
	for i := range list {
		list[i] = T(t.real(i))
	}
	return list
}

func numbered[T float32 | float64](n *node) (*ensemble[T], error) {
	e := &ensemble[T]{widest: -1}
	targets, end, how := n.int("n_targets", 1), n.int("post_transform", 0), n.int("aggregate_function", 1)
	if targets < 1 || targets > maxCells || end < 0 || end > 4 || how < 0 || how > 3 {
		return nil, fault.Errorf(fault.Invalid, "it has %d targets, transform %d and aggregation %d", targets, end, how)
	}
	e.targets = int(targets)
	// The standard counts softmax before logistic. The runtime does not, and
	// its answers are what people have seen of their models.
	e.end = [...]transform{plain, logistic, toSoftmax, softmaxZero, probit}[end]
	e.how = [...]aggregation{averaged, summed, least, most}[how]

	splits, modes, features := list5[T](n, "nodes_splits"), n.tensor("nodes_modes"), n.ints("nodes_featureids")
	yes, no, yesLeaf, noLeaf := n.ints("nodes_truenodeids"), n.ints("nodes_falsenodeids"), n.ints("nodes_trueleafs"), n.ints("nodes_falseleafs")
	missing := n.ints("nodes_missing_value_tracks_true")
	count := len(features)
	if modes == nil || modes.Type != Uint8 || modes.held() != count || len(splits) != count || len(yes) != count || len(no) != count ||
		len(yesLeaf) != count || len(noLeaf) != count || len(missing) > 0 && len(missing) != count {
		return nil, fault.Errorf(fault.Invalid, "its lists of nodes differ in length")
	}
	leafTargets, leafWeights := n.ints("leaf_targetids"), list5[T](n, "leaf_weights")
	if len(leafTargets) != len(leafWeights) {
		return nil, fault.Errorf(fault.Invalid, "its lists of leaves differ in length")
	}
	sets := list5[T](n, "membership_values")
	e.nodes = make([]treeNode[T], count, count+2*count)
	for i := range count {
		at := &e.nodes[i]
		if modes.Uint8[i] > uint8(member) {
			return nil, fault.Errorf(fault.Invalid, "there is no kind of node %d", modes.Uint8[i])
		}
		at.test, at.split, at.missing = test(modes.Uint8[i]), splits[i], len(missing) > 0 && missing[i] == 1
		if at.test == member {
			at.set = int32(len(e.sets)) //nolint:gosec // attributes are far shorter
			var set []T
			set, sets = upToNaN(sets)
			e.sets = append(e.sets, set)
		}
		if err := e.feature(at, features[i], n.width()); err != nil {
			return nil, err
		}
	}
	for i := range count {
		var err error
		if e.nodes[i].yes, err = e.child(yes[i], yesLeaf[i] != 0, leafTargets, leafWeights); err != nil {
			return nil, err
		}
		if e.nodes[i].no, err = e.child(no[i], noLeaf[i] != 0, leafTargets, leafWeights); err != nil {
			return nil, err
		}
	}
	for _, root := range n.ints("tree_roots") {
		if root < 0 || root >= int64(count) {
			return nil, fault.Errorf(fault.Invalid, "there is no node %d to be a root", root)
		}
		at := int32(root) //nolint:gosec // checked above
		if single := &e.nodes[at]; yesLeaf[at] != 0 && noLeaf[at] != 0 && yes[at] == no[at] {
			at = single.yes // how a tree of one leaf is written
		}
		e.roots = append(e.roots, at)
	}
	if n.problem != nil {
		return nil, n.problem
	}
	return e, e.check()
}

// child is the place of a child among the nodes; for a leaf one is made.
func (e *ensemble[T]) child(id int64, isLeaf bool, targets []int64, weights []T) (int32, error) {
	if !isLeaf {
		if id < 0 || id > math.MaxInt32 {
			return 0, fault.Errorf(fault.Invalid, "there is no node %d", id)
		}
		return int32(id), nil // check sees whether it is there
	}
	if id < 0 || id >= int64(len(weights)) || targets[id] < 0 || targets[id] >= int64(e.targets) {
		return 0, fault.Errorf(fault.Invalid, "there is no leaf %d", id)
	}
	at := len(e.weights)
	e.weights = append(e.weights, leafWeight[T]{int32(targets[id]), weights[id]}) //nolint:gosec // checked above
	//nolint:gosec // attributes are far shorter
	e.nodes = append(e.nodes, treeNode[T]{test: leaf, yes: int32(at), no: int32(at + 1)})
	return int32(len(e.nodes) - 1), nil //nolint:gosec // as above
}

// upToNaN cuts a list at the NaN that ends a set.
func upToNaN[T float32 | float64](list []T) (set, rest []T) {
	for i, v := range list {
		if v != v { //nolint:gocritic,staticcheck // NaN alone differs from itself
			return list[:i], list[i+1:]
		}
	}
	return list, nil
}
