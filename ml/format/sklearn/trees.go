package sklearn

import (
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
	a, err := arraysOf(p)
	if err != nil {
		return nodes{}, err
	}
	return a.read()
}

// treeArrays are those of a tree before they are read.
type treeArrays struct {
	part
	nodes, values         *pickle.Array
	count, targets, width int
}

func arraysOf(p part) (treeArrays, error) {
	t, ok := p.child("tree_")
	if !ok {
		return treeArrays{}, p.wrong("it has no tree_: was it fitted?")
	}
	array, ok := t.get("nodes").(*pickle.Array)
	values, ok2 := t.get("values").(*pickle.Array)
	if !ok || !ok2 || len(array.Shape) != 1 || len(values.Shape) != 3 || values.Shape[0] != array.Shape[0] {
		return treeArrays{}, t.wrong("its nodes and values are no arrays that fit")
	}
	a := treeArrays{part: t, nodes: array, values: values, count: array.Shape[0], targets: values.Shape[1], width: values.Shape[1] * values.Shape[2]}
	switch {
	case a.count < 1:
		return treeArrays{}, t.wrong("it has no nodes")
	case a.width < 1:
		return treeArrays{}, t.wrong("its leaves have no values")
	}
	return a, nil
}

func (t treeArrays) read() (nodes, error) {
	n := nodes{targets: t.targets, width: t.width}
	for name, to := range map[string]*[]float64{
		"left_child": &n.left, "right_child": &n.right, "feature": &n.feature, "threshold": &n.threshold, "weighted_n_node_samples": &n.cover,
	} {
		if err := field(t.part, t.nodes, name, to); err != nil {
			return nodes{}, err
		}
	}
	n.missing = make([]float64, len(n.left))
	if _, ok := t.nodes.Field("missing_go_to_left"); ok { // since 1.3
		if err := field(t.part, t.nodes, "missing_go_to_left", &n.missing); err != nil {
			return nodes{}, err
		}
	}
	var err error
	if n.values, err = t.values.Floats(); err != nil {
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
	arrays := make([]treeArrays, len(members))
	for k, m := range members {
		if arrays[k], err = arraysOf(m); err != nil {
			return answer{}, err
		}
		if !classifies && k == 0 {
			g.width = arrays[k].width
		}
		if want := max(len(labels), g.width); arrays[k].width != want {
			return answer{}, m.wrong("its leaves have %d values, where %d are expected", arrays[k].width, want)
		}
	}
	if err := g.addAll(arrays, leaf); err != nil {
		return answer{}, err
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
	arrays := make([]treeArrays, len(members))
	for k, m := range members {
		if arrays[k], err = arraysOf(m); err != nil {
			return answer{}, err
		}
		if n := &arrays[k]; n.width != width || n.targets != len(labels) {
			return answer{}, m.wrong("its leaves have %d values of %d targets, where %d targets have up to %d classes", n.width, n.targets, len(labels), most)
		}
	}
	err = g.addAll(arrays, func(values, into []float64) {
		for t := range labels {
			fractions(values[t*most:(t+1)*most], into[t*most:(t+1)*most])
		}
	})
	if err != nil {
		return answer{}, err
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
