package xgboost

import (
	"math"

	"dasier/fault"
	"dasier/ml/forest"
)

// builder collects trees.
type builder struct {
	model    *Model
	parallel int       // trees of one round and score
	weights  []float64 // of dart, per tree
}

// objectives are those whose scores are the answer, up to a link.
var objectives = map[string]struct {
	binary, classes, log bool
}{
	"reg:squarederror": {}, "reg:linear": {}, "reg:absoluteerror": {}, "reg:pseudohubererror": {}, "reg:squaredlogerror": {}, "reg:quantileerror": {},
	"rank:pairwise": {}, "rank:ndcg": {}, "rank:map": {},
	"binary:logistic": {binary: true},
	"multi:softprob":  {classes: true}, "multi:softmax": {classes: true},
	"count:poisson": {log: true}, "reg:gamma": {log: true}, "reg:tweedie": {log: true},
}

// begin decides the kind of model and what its scores begin with. The base
// score is a prediction, not a score; before XGBoost 1.0 it was a score.
func (b *builder) begin(base string, isScore bool) error {
	m := b.model
	objective, ok := objectives[m.Objective]
	if !ok {
		return fault.Errorf(fault.Invalid, "the XGBoost model has the objective %q, which is not read: reg:squarederror, binary:logistic, multi:softprob and their like are", m.Objective)
	}
	m.Binary, m.Classwise, m.Log = objective.binary, objective.classes, objective.log
	if !m.Classwise && m.Groups > 1 {
		return fault.Errorf(fault.Invalid, "the XGBoost model has %d scores and the objective %q", m.Groups, m.Objective)
	}
	if m.Groups > 1000 || m.Features < 0 || m.Features > 100_000 {
		return fault.Errorf(fault.Limited, "the XGBoost model has %d scores and %d features", m.Groups, m.Features)
	}
	given, err := numbers(base)
	if err != nil {
		return err
	}
	m.Trees = &forest.Trees{Base: make([]float64, m.Groups), Rule: forest.SingleBelow, Single: true}
	for k := range m.Trees.Base {
		score := given[min(k, len(given)-1)]
		switch {
		case isScore:
		case m.Binary:
			p := min(max(float32(score), 1e-6), 1-1e-6)
			score = float64(-float32(math.Log(float64(1/p - 1))))
		case m.Log:
			score = float64(float32(math.Log(score)))
		}
		m.Trees.Base[k] = score
	}
	return nil
}

// rounds is how many trees count when only the best rounds do.
func (b *builder) rounds(trees, best int) int {
	if best <= 0 {
		return trees
	}
	return min(trees, best*b.parallel*b.model.Groups)
}

// node is one node of a tree in any layout.
type node struct {
	left, right int32
	feature     int32
	value       float64 // threshold, or the leaf's
	missingLeft bool
	cover       float64
}

// add appends a tree whose children are numbered from its own root.
func (b *builder) add(index int, group int32, nodes []node) {
	t := b.model.Trees
	begin := int32(len(t.Feature)) //nolint:gosec // predict bounds nodes
	t.Roots = append(t.Roots, begin)
	t.Output = append(t.Output, group)
	for _, n := range nodes {
		leaf, threshold, feature := 0.0, n.value, n.feature
		left, right := n.left+begin, n.right+begin
		if n.left < 0 {
			leaf, threshold, feature, left, right = n.value, 0, -1, -1, -1
			if index < len(b.weights) {
				leaf = float64(float32(leaf) * float32(b.weights[index]))
			}
		}
		t.Feature, t.Threshold, t.Value = append(t.Feature, feature), append(t.Threshold, threshold), append(t.Value, leaf)
		t.Left, t.Right = append(t.Left, left), append(t.Right, right)
		t.MissingLeft, t.Cover = append(t.MissingLeft, n.missingLeft), append(t.Cover, n.cover)
	}
}

// document reads a tree of a JSON document.
func (b *builder) document(index int, d document, group int32) error {
	if d.at("tree_param", "size_leaf_vector").whole() > 1 {
		return fault.Errorf(fault.Invalid, "tree %d has vectors for leaves: train with multi_strategy=\"one_output_per_tree\"", index)
	}
	left, ok := d.at("left_children").floats()
	columns := map[string][]float64{}
	for _, name := range []string{"right_children", "split_indices", "split_conditions", "default_left", "sum_hessian"} {
		values, isThere := d.at(name).floats()
		if name == "sum_hessian" && !isThere {
			values, isThere = make([]float64, len(left)), true
		}
		if !isThere || len(values) != len(left) {
			ok = false
		}
		columns[name] = values
	}
	if !ok || len(left) == 0 {
		return fault.Errorf(fault.Invalid, "tree %d has arrays of different lengths, or none", index)
	}
	if kinds, isThere := d.at("split_type").floats(); isThere {
		for _, kind := range kinds {
			if kind != 0 {
				return fault.Errorf(fault.Invalid, "tree %d splits by category: train without enable_categorical, and encode categories in the pipeline", index)
			}
		}
	}
	nodes := make([]node, len(left))
	for i := range nodes {
		nodes[i] = node{
			left: int32(left[i]), right: int32(columns["right_children"][i]), feature: int32(columns["split_indices"][i]),
			value: float64(float32(columns["split_conditions"][i])), missingLeft: columns["default_left"][i] != 0, cover: columns["sum_hessian"][i],
		}
		if l := left[i]; l != -1 && (l <= 0 || l >= float64(len(nodes)) || columns["right_children"][i] <= 0 || columns["right_children"][i] >= float64(len(nodes))) {
			return fault.Errorf(fault.Invalid, "tree %d: node %d has a child that is none: %v", index, i, l)
		}
	}
	b.add(index, group, nodes)
	return nil
}
