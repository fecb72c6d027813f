package sklearn

import (
	"math"
	"slices"

	"dasier/ml/forest"
	"dasier/ml/pickle"
	"dasier/ml/stage"
)

func (r *reader) anomalyFamily(class string) estimator {
	switch class {
	case "IsolationForest":
		return r.isolation
	case "LocalOutlierFactor":
		return r.localOutlier
	case "EllipticEnvelope":
		return r.envelope
	}
	return nil
}

// isolation reads an isolation forest (Liu, Ting & Zhou, Isolation Forest, ICDM
// 2008, section 2): a leaf's value is how deep it is, plus how deep the training
// rows in it would go on.
func (r *reader) isolation(p part, d *design) (answer, error) {
	items, err := p.items("estimators_")
	if err != nil {
		return answer{}, err
	}
	chosen, err := p.items("estimators_features_")
	if err != nil {
		return answer{}, err
	}
	if len(chosen) != len(items) || len(items) == 0 {
		return answer{}, p.wrong("it has %d trees and %d choices of columns", len(items), len(chosen))
	}
	length := pathLength
	if v := p.version(); v > 0 && v < 21 {
		length = oldPathLength
	}
	g := &grove{trees: &forest.Trees{Rule: forest.SingleAtMost, Base: []float64{0}}, width: 1}
	for k, item := range items {
		one, err := object(p, "estimators_", item)
		if err != nil {
			return answer{}, err
		}
		n, err := isolationTree(one, chosen[k], len(d.columns), length)
		if err != nil {
			return answer{}, err
		}
		g.add(n, 0, func(values, into []float64) { into[0] = values[0] })
	}
	name := "max_samples_"
	if p.get(name) == nil {
		name = "_max_samples"
	}
	samples, err := p.number(name)
	if err != nil {
		return answer{}, err
	}
	offset := -0.5
	if p.get("offset_") != nil {
		if offset, err = p.number("offset_"); err != nil {
			return answer{}, err
		}
	}
	how := refusesMissing
	if p.version() >= 106 { // its trees are extra trees
		how = takesMissing
	}
	takes, err := d.materialize(p, how)
	if err != nil {
		return answer{}, err
	}
	trees, err := stage.NewTrees(g.trees, len(takes))
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	depths, err := d.builder.stage(p, trees, takes)
	if err != nil {
		return answer{}, err
	}
	// -2^(-depths/all), which without training rows is -1/2
	steps := []stage.Step{{Op: "mul", A: 0}, {Op: "sub", A: 0.5}}
	if all := float64(len(items)) * length(samples); all != 0 {
		steps = []stage.Step{{Op: "div", A: all}, {Op: "mul", A: -math.Ln2}, {Op: "exp"}, {Op: "negative"}}
	}
	scores, err := stepwise(p, d.builder, [][]stage.Step{steps}, depths)
	if err != nil {
		return answer{}, err
	}
	a, err := outliers(p, d, scores, offset)
	if err != nil {
		return answer{}, err
	}
	return a, oldThreshold(p, d, &a)
}

// oldThreshold makes a forest from before 0.22 choose as it did: the share of
// outliers that it was told came to a threshold for its decisions, and not to
// their offset.
func oldThreshold(p part, d *design, a *answer) error {
	name, below := "_threshold_", true // 0.20 and 0.21, with behaviour="old"
	if p.get("offset_") == nil {
		name, below = "threshold_", false // 0.19, where outliers are at it, too
	}
	if p.get(name) == nil {
		return nil
	}
	at, err := p.number(name)
	if err != nil {
		return err
	}
	if below {
		at = math.Nextafter(at, math.Inf(-1))
	}
	place, err := stepwise(p, d.builder, [][]stage.Step{{{Op: "above", A: at}}}, a.scores)
	if err != nil {
		return err
	}
	a.chosen = &place[0]
	return nil
}

// isolationTree is a tree of the whole row's columns, whose leaves have one
// value: the length of the path to them.
func isolationTree(p part, columns any, width int, length func(float64) float64) (nodes, error) {
	n, err := tree(p)
	if err != nil {
		return n, err
	}
	t, _ := p.child("tree_")
	array, _ := t.get("nodes").(*pickle.Array)
	var rows []float64
	if err := field(t, array, "n_node_samples", &rows); err != nil {
		return n, err
	}
	places, err := placesOf(p, columns)
	if err != nil {
		return n, err
	}
	for i, f := range n.feature {
		if n.left[i] < 0 {
			continue
		}
		if !(f >= 0 && f < float64(len(places))) || places[int(f)] >= width {
			return n, p.wrong("node %d asks for column %v of %d", i, f, len(places))
		}
		n.feature[i] = float64(places[int(f)])
	}
	depth := make([]float64, len(n.left))
	n.values, n.width = make([]float64, len(n.left)), 1
	for i := range n.left {
		if n.left[i] < 0 {
			n.values[i] = depth[i] + length(rows[i])
			continue
		}
		for _, child := range []float64{n.left[i], n.right[i]} {
			if !(child > float64(i) && child < float64(len(depth))) {
				return n, p.wrong("node %d has a child %v of %d", i, child, len(depth))
			}
			depth[int(child)] = depth[i] + 1
		}
	}
	return n, nil
}

// placesOf are the columns of the whole row that a member was fitted on.
func placesOf(p part, columns any) ([]int, error) {
	items, ok := pickle.Items(columns)
	if !ok {
		return nil, p.wrong("its columns are no list")
	}
	places := make([]int, len(items))
	for k, item := range items {
		x, ok := pickle.Number(item)
		if !ok || !(x >= 0 && x < 1e6) {
			return nil, p.wrong("its column %d is %v", k, item)
		}
		places[k] = int(x)
	}
	return places, nil
}

// pathLength is the mean depth of the leaves of a random binary tree of n rows.
func pathLength(n float64) float64 {
	const gamma = 0.57721566490153286060651209008240243
	switch {
	case n <= 1:
		return 0
	case n == 2:
		return 1
	}
	return 2*(math.Log(n-1)+gamma) - 2*(n-1)/n
}

// oldPathLength is what scikit-learn took for it before 0.21: 1 for a single row,
// and no exception for two.
func oldPathLength(n float64) float64 {
	const gamma = 0.57721566490153286060651209008240243
	if n <= 1 {
		return 1
	}
	return 2*(math.Log(n-1)+gamma) - 2*(n-1)/n
}

func (r *reader) localOutlier(p part, d *design) (answer, error) {
	if !p.truth("novelty", false) {
		return answer{}, p.wrong("it only labels the rows that it was fitted on. Fit it with novelty=True to ask it for others")
	}
	name, parameters := "effective_metric_", "effective_metric_params_"
	if p.get(name) == nil {
		name, parameters = "metric", "metric_params"
	}
	m, err := p.metric(name, parameters)
	if err != nil {
		return answer{}, err
	}
	points, err := p.table("_fit_X", len(d.columns))
	if err != nil {
		return answer{}, err
	}
	distances, err := p.matrix("_distances_fit_X_")
	if err != nil {
		return answer{}, err
	}
	density, err := p.exactly("_lrd", points.rows)
	if err != nil {
		return answer{}, err
	}
	count, err := p.number("n_neighbors_")
	if err != nil {
		return answer{}, err
	}
	offset, err := p.number("offset_")
	if err != nil {
		return answer{}, err
	}
	if !(count >= 1 && count <= float64(distances.columns)) || distances.rows != points.rows {
		return answer{}, p.wrong("it has the distances of %d rows to %d neighbours, for %d rows and %v neighbours", distances.rows, distances.columns, points.rows, count)
	}
	op := &stage.Density{Metric: m, Points: points.values, Count: int(count), Density: density}
	if op.Tree, err = p.pointTree(&m, points); err != nil {
		return answer{}, err
	}
	for i := range points.rows {
		op.Reach = append(op.Reach, distances.row(i)[op.Count-1])
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	scores, err := d.builder.stage(p, op, takes)
	if err != nil {
		return answer{}, err
	}
	return outliers(p, d, scores, offset)
}

// envelope reads a robust covariance: the score is the negative square of
// Mahalanobis' distance.
func (r *reader) envelope(p part, d *design) (answer, error) {
	n := len(d.columns)
	location, err := p.exactly("location_", n)
	if err != nil {
		return answer{}, err
	}
	precision, err := p.table("precision_", n)
	if err != nil {
		return answer{}, err
	}
	name, sign := "offset_", 1.0
	if p.get(name) == nil { // 0.19 had a threshold for the distance
		name, sign = "threshold_", -1
	}
	offset, err := p.number(name)
	if err != nil {
		return answer{}, err
	}
	offset *= sign
	if precision.rows != n {
		return answer{}, p.wrong("its precision_ has %d rows for %d columns", precision.rows, n)
	}
	form := slices.Clone(precision.values)
	for i := range form {
		form[i] *= 2 // Quadratic halves
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	scores, err := d.builder.stage(p, &stage.Quadratic{Centers: location, Bias: []float64{0}, Forms: [][]float64{form}}, takes)
	if err != nil {
		return answer{}, err
	}
	return outliers(p, d, scores, offset)
}
