package sklearn

import (
	"math"

	"dasier/ml/forest"
	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// nodes are one tree's arrays.
type nodes struct {
	left, right, feature, threshold, cover, missing []float64
	values                                          []float64 // width per node
	targets, width                                  int
}

// tree reads a fitted decision tree.
func tree(p part) (nodes, error) {
	t, ok := p.child("tree_")
	if !ok {
		return nodes{}, p.wrong("it has no tree_: was it fitted?")
	}
	return treeNodes(t)
}

func treeNodes(t part) (nodes, error) {
	array, ok := t.get("nodes").(*pickle.Array)
	values, ok2 := t.get("values").(*pickle.Array)
	if !ok || !ok2 || len(array.Shape) != 1 || len(values.Shape) != 3 || values.Shape[0] != array.Shape[0] {
		return nodes{}, t.wrong("its nodes and values are no arrays that fit")
	}
	n := nodes{targets: values.Shape[1], width: values.Shape[1] * values.Shape[2]}
	if n.width < 1 {
		return nodes{}, t.wrong("its leaves have no values")
	}
	for name, to := range map[string]*[]float64{
		"left_child": &n.left, "right_child": &n.right, "feature": &n.feature, "threshold": &n.threshold, "weighted_n_node_samples": &n.cover,
	} {
		if err := field(t, array, name, to); err != nil {
			return nodes{}, err
		}
	}
	n.missing = make([]float64, len(n.left))
	if _, ok := array.Field("missing_go_to_left"); ok { // since 1.3
		if err := field(t, array, "missing_go_to_left", &n.missing); err != nil {
			return nodes{}, err
		}
	}
	var err error
	if n.values, err = values.Floats(); err != nil {
		return nodes{}, t.wrong("its values: %v", err)
	}
	return n, nil
}

func field(p part, array *pickle.Array, name string, to *[]float64) error {
	member, ok := array.Field(name)
	if !ok {
		return p.wrong("its nodes have no field %q", name)
	}
	values, err := member.Floats()
	if err != nil {
		return p.wrong("its nodes' %s: %v", name, err)
	}
	*to = values
	return nil
}

// grove collects trees of a spec.
type grove struct {
	trees  *forest.Trees
	width  int  // values that a leaf has
	output bool // each tree adds to one score
}

// add appends a tree; leaf turns a node's values into those of the model.
func (g *grove) add(n nodes, output int32, leaf func(values, into []float64)) {
	t := g.trees
	begin := int32(len(t.Feature)) //nolint:gosec // package predict bounds nodes
	t.Roots = append(t.Roots, begin)
	if g.output {
		t.Output = append(t.Output, output)
	}
	value := make([]float64, g.width)
	for i := range n.left {
		clear(value)
		f, threshold, left, right := int32(-1), 0.0, int32(-1), int32(-1)
		if n.left[i] >= 0 {
			f, threshold = whole(n.feature[i]), n.threshold[i]
			left, right = begin+whole(n.left[i]), begin+whole(n.right[i])
			if n.left[i] <= float64(i) || n.left[i] >= float64(len(n.left)) || n.right[i] >= float64(len(n.left)) || f < 0 {
				left = begin // package predict takes no circle
			}
		} else {
			leaf(n.values[i*n.width:(i+1)*n.width], value)
		}
		t.Feature, t.Threshold = append(t.Feature, f), append(t.Threshold, threshold)
		t.Left, t.Right = append(t.Left, left), append(t.Right, right)
		t.MissingLeft, t.Cover = append(t.MissingLeft, n.missing[i] != 0), append(t.Cover, n.cover[i])
		t.Value = append(t.Value, value...)
	}
}

// whole is a place as int32; what does not fit becomes one that package predict
// refuses.
func whole(x float64) int32 {
	if !(x >= -1 && x <= math.MaxInt32/2) {
		return math.MaxInt32 / 2
	}
	return int32(x)
}

func (r *reader) treeFamily(class string) estimator {
	switch class {
	case "DecisionTreeClassifier", "ExtraTreeClassifier", "RandomForestClassifier", "ExtraTreesClassifier":
		return func(p part, d *design) (answer, error) { return r.forest(p, d, true) }
	case "DecisionTreeRegressor", "ExtraTreeRegressor", "RandomForestRegressor", "ExtraTreesRegressor":
		return func(p part, d *design) (answer, error) { return r.forest(p, d, false) }
	}
	return nil
}

// forest reads a decision tree or the mean of many.
func (r *reader) forest(p part, d *design, classifies bool) (answer, error) {
	members, err := p.members()
	if err != nil {
		return answer{}, err
	}
	var labels []string
	if classifies {
		if items, ok := pickle.Items(p.get("classes_")); ok && len(items) > 0 {
			if _, several := items[0].(*pickle.Array); several {
				return r.forestOfTargets(p, d, members)
			}
		}
		if labels, err = p.labels(); err != nil {
			return answer{}, err
		}
	}
	g := &grove{trees: &forest.Trees{Rule: forest.SingleAtMost, Mean: len(members) > 1}}
	a := answer{task: predict.TaskRegression, classes: labels}
	leaf := func(values, into []float64) { copy(into, values) }
	switch {
	case len(labels) == 2:
		a.task, g.width = predict.TaskBinary, 1
		leaf = func(values, into []float64) {
			var both [2]float64
			fractions(values, both[:])
			into[0] = both[1]
		}
	case classifies:
		a.task, g.width, leaf = predict.TaskMulticlass, len(labels), fractions
	}
	for k, m := range members { // one at a time: large forests are most of a server's memory
		n, err := tree(m)
		if err != nil {
			return answer{}, err
		}
		if !classifies && k == 0 {
			g.width = n.width
		}
		if want := max(len(labels), g.width); n.width != want {
			return answer{}, m.wrong("its leaves have %d values, where %d are expected", n.width, want)
		}
		g.add(n, 0, leaf)
	}
	g.trees.Base = make([]float64, g.width)
	if a.takes, err = d.materialize(p, treesTakeMissing(p)); err != nil {
		return answer{}, err
	}
	if a.trees = g.trees; a.task == predict.TaskRegression && g.width > 1 {
		a.task = predict.TaskVector
		_, err = d.builder.computed(p, &a)
		a.trees, a.takes = nil, nil
	}
	return a, err
}

// members are the trees of a forest; a tree is its own.
func (p part) members() ([]part, error) {
	if _, single := p.attribute("tree_"); single {
		return []part{p}, nil
	}
	items, err := p.items("estimators_")
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, p.wrong("it has no trees")
	}
	members := make([]part, len(items))
	for k, item := range items {
		if members[k], err = object(p, "estimators_", item); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// forestOfTargets chooses the classes of several targets: a leaf has the weights
// of every target's classes, padded to the most that one has.
func (r *reader) forestOfTargets(p part, d *design, members []part) (answer, error) {
	labels, err := p.labelsOfTargets()
	if err != nil {
		return answer{}, err
	}
	most := 0
	for _, list := range labels {
		most = max(most, len(list))
	}
	width := len(labels) * most
	g := &grove{trees: &forest.Trees{Rule: forest.SingleAtMost, Mean: len(members) > 1, Base: make([]float64, width)}, width: width}
	for _, m := range members {
		n, err := tree(m)
		if err != nil {
			return answer{}, err
		}
		if n.width != width || n.targets != len(labels) {
			return answer{}, m.wrong("its leaves have %d values of %d targets, where %d targets have up to %d classes", n.width, n.targets, len(labels), most)
		}
		g.add(n, 0, func(values, into []float64) {
			for t := range labels {
				fractions(values[t*most:(t+1)*most], into[t*most:(t+1)*most])
			}
		})
	}
	takes, err := d.materialize(p, treesTakeMissing(p))
	if err != nil {
		return answer{}, err
	}
	trees, err := stage.NewTrees(g.trees, len(takes))
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	cells, err := d.builder.stage(p, trees, takes)
	if err != nil {
		return answer{}, err
	}
	targets := make([]answer, len(labels))
	for t, list := range labels {
		targets[t] = answer{task: predict.TaskMulticlass, classes: list, scores: cells[t*most : t*most+len(list)]}
	}
	return severalTargets(p, d, targets)
}

// fractions are the classes' shares of a leaf: files before 1.3 hold weights,
// later ones shares already.
func fractions(values, into []float64) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	for k, v := range values {
		into[k] = v
		if sum != 0 {
			into[k] = v / sum
		}
	}
}

// treesTakeMissing tells whether a version's trees know missing values.
func treesTakeMissing(p part) missing {
	since := 106
	if criterion := p.text("criterion"); criterion == "absolute_error" || criterion == "mae" {
		return refusesMissing
	}
	switch p.class() {
	case "DecisionTreeClassifier", "DecisionTreeRegressor":
		if p.text("splitter") != "random" {
			since = 103
		}
	case "RandomForestClassifier", "RandomForestRegressor":
		since = 104
	}
	if p.version() >= since {
		return takesMissing
	}
	return refusesMissing
}
