package onnx

import (
	"slices"

	"dasier/ml/forest"
	"dasier/ml/predict"
	"dasier/ml/tensor"
)

// fuseTrees makes forest.Trees of a tree ensemble's lists. The machine has
// checked these, and that its nodes form trees.
func (a *assembly) fuseTrees(n *tensor.Node, spec *predict.Spec) bool {
	f := &ensemble{node: n, spec: spec, outputs: 1}
	classifier := n.Op == "TreeEnsembleClassifier"
	prefix := "target"
	if classifier {
		prefix = "class"
		if len(spec.Classes) > 2 {
			f.outputs = len(spec.Classes)
		}
		if spec.Task != predict.TaskBinary && spec.Task != predict.TaskMulticlass {
			return false
		}
		link, ok := a.link(text(n, "post_transform", "NONE"), len(spec.Classes))
		if !ok || link == predict.OneVsAll {
			return false
		}
		spec.Link = link
	} else if spec.Task != predict.TaskRegression || text(n, "post_transform", "NONE") == "PROBIT" {
		return false
	}
	for name := range n.Attributes {
		if len(name) > 10 && name[len(name)-10:] == "_as_tensor" {
			return false // lists of float64
		}
	}
	if !f.read(prefix) {
		return false
	}
	switch how := text(n, "aggregate_function", "SUM"); {
	case classifier || how == "SUM":
	case how == "AVERAGE" && len(n.Attributes["base_values"].Floats) == 0:
		f.trees.Mean = true
	default:
		return false
	}
	spec.Trees = &f.trees
	return true
}

func text(n *tensor.Node, name, otherwise string) string {
	if a, ok := n.Attributes[name]; ok {
		return a.Text
	}
	return otherwise
}

// ensemble is forest.Trees in the making.
type ensemble struct {
	node    *tensor.Node
	spec    *predict.Spec
	outputs int
	trees   forest.Trees
	places  map[[2]int64]int32
}

// read fills the trees; false where a forest cannot say the same.
func (f *ensemble) read(prefix string) bool {
	a := f.node.Attributes
	owner, ids, modes := a["nodes_treeids"].Ints, a["nodes_nodeids"].Ints, a["nodes_modes"].Texts
	if len(ids) == 0 {
		return false
	}
	f.places = make(map[[2]int64]int32, len(ids))
	for i := range ids {
		f.places[[2]int64{owner[i], ids[i]}] = int32(i) //nolint:gosec // the machine has checked the lists
		if i == 0 || owner[i] != owner[i-1] {
			f.trees.Roots = append(f.trees.Roots, int32(i)) //nolint:gosec // as above
		}
	}
	for i := range ids {
		if !f.add(i, modes[i]) {
			return false
		}
	}
	if f.trees.Rule == "" { // leaves alone
		f.trees.Rule = forest.SingleAtMost
	}
	if !f.weigh(prefix) {
		return false
	}
	f.bases(a["base_values"].Floats)
	f.cover()
	return true
}

// add adds a node. A test with "greater" is one with "less" and its ways
// swapped.
func (f *ensemble) add(i int, mode string) bool {
	a, t := f.node.Attributes, &f.trees
	missing := a["nodes_missing_value_tracks_true"].Ints
	toTrue := len(missing) > 0 && missing[i] == 1
	if mode == "LEAF" {
		f.leaf()
		return true
	}
	owner := a["nodes_treeids"].Ints[i]
	yes := f.places[[2]int64{owner, a["nodes_truenodeids"].Ints[i]}]
	no := f.places[[2]int64{owner, a["nodes_falsenodeids"].Ints[i]}]
	rule := forest.SingleAtMost
	switch mode {
	case "BRANCH_LEQ":
	case "BRANCH_LT":
		rule = forest.SingleBelow
	case "BRANCH_GTE":
		rule, yes, no, toTrue = forest.SingleBelow, no, yes, !toTrue
	case "BRANCH_GT":
		yes, no, toTrue = no, yes, !toTrue
	default:
		return false
	}
	if t.Rule != "" && t.Rule != rule {
		return false
	}
	t.Rule = rule
	t.Feature = append(t.Feature, int32(a["nodes_featureids"].Ints[i])) //nolint:gosec // the machine has checked it
	t.Threshold = append(t.Threshold, float64(a["nodes_values"].Floats[i]))
	t.Left, t.Right, t.MissingLeft = append(t.Left, yes), append(t.Right, no), append(t.MissingLeft, toTrue)
	return true
}

func (f *ensemble) leaf() {
	t := &f.trees
	t.Feature, t.Threshold = append(t.Feature, -1), append(t.Threshold, 0)
	t.Left, t.Right, t.MissingLeft = append(t.Left, -1), append(t.Right, -1), append(t.MissingLeft, false)
}

// weigh reads the leaves' weights: of one score, of one score a tree, or of
// all.
func (f *ensemble) weigh(prefix string) bool {
	a, t := f.node.Attributes, &f.trees
	of, at, ids, weights := a[prefix+"_treeids"].Ints, a[prefix+"_nodeids"].Ints, a[prefix+"_ids"].Ints, a[prefix+"_weights"].Floats
	mixed := len(f.spec.Classes) == 2
	if mixed { // the one score of two classes is the first's place, see the machine
		for i := range ids {
			if ids[i] != 0 {
				return false
			}
			mixed = mixed && !(weights[i] < 0)
		}
		// Where no weight is negative, the label looks at one half of the
		// score: right for probabilities alone.
		if mixed == (f.spec.Link == predict.Logistic) {
			return false
		}
	}
	nodes := len(t.Feature)
	values := make([]float64, nodes*f.outputs)
	score := make([]int64, nodes) // of a leaf: the one that it speaks of, -1 several
	given := make([]bool, nodes)
	for i := range of {
		node := f.places[[2]int64{of[i], at[i]}]
		if t.Feature[node] != -1 {
			continue
		}
		place := int(node)*f.outputs + int(ids[i])
		if f.outputs == 1 {
			place = int(node)
		}
		if values[place] != 0 || given[node] && f.outputs == 1 {
			return false // weights that add up in a leaf
		}
		values[place] = float64(weights[i])
		if given[node] && score[node] != ids[i] {
			score[node] = -1
		} else if !given[node] {
			score[node], given[node] = ids[i], true
		}
	}
	t.Value = values
	t.Single = f.outputs == 1
	if f.outputs == 1 {
		t.Output = make([]int32, len(t.Roots))
		return true
	}
	f.perTree(score, given)
	return true
}

// perTree gives each tree its score where all its leaves speak of one.
func (f *ensemble) perTree(score []int64, given []bool) {
	t := &f.trees
	var outputs []int32
	for k, root := range t.Roots {
		end := int32(len(t.Feature)) //nolint:gosec // the machine has checked the lists
		if k+1 < len(t.Roots) {
			end = t.Roots[k+1]
		}
		output := int64(-1)
		for n := root; n < end; n++ {
			if t.Feature[n] != -1 {
				continue
			}
			if !given[n] || score[n] < 0 || output >= 0 && output != score[n] {
				return
			}
			output = score[n]
		}
		outputs = append(outputs, int32(output)) //nolint:gosec // a class's place
	}
	values := make([]float64, len(t.Feature))
	for n := range values {
		for k := range f.outputs {
			values[n] += t.Value[n*f.outputs+k]
		}
	}
	t.Output, t.Value, t.Single = outputs, values, true
}

// bases adds the base values as trees of one leaf each at the end: that is when
// the runtime adds them, and float32 sums know the difference.
func (f *ensemble) bases(values []float32) {
	t := &f.trees
	t.Base = make([]float64, f.outputs)
	if t.Output == nil {
		for k, v := range values {
			t.Base[k] = float64(v)
		}
		return
	}
	for k, v := range values {
		if k >= f.outputs || v == 0 {
			continue
		}
		t.Roots = append(t.Roots, int32(len(t.Feature))) //nolint:gosec // the machine has checked the lists
		t.Output = append(t.Output, int32(k))            //nolint:gosec // a class's place
		f.leaf()
		t.Value = append(t.Value, float64(v))
	}
}

// cover weighs nodes for explanations: the file does not say how many rows of
// training came to each, so every leaf counts alike.
func (f *ensemble) cover() {
	t := &f.trees
	t.Cover = make([]float64, len(t.Feature))
	for _, root := range t.Roots {
		// Children after parents in order, sums in the opposite one.
		order := []int32{root}
		for i := 0; i < len(order); i++ {
			if n := order[i]; t.Feature[n] >= 0 {
				order = append(order, t.Left[n], t.Right[n])
			}
		}
		for _, n := range slices.Backward(order) {

			t.Cover[n] = 1
			if t.Feature[n] >= 0 {
				t.Cover[n] = t.Cover[t.Left[n]] + t.Cover[t.Right[n]]
			}
		}
	}
}
