package sklearn

import (
	"strconv"

	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

func (r *reader) clusterFamily(class string) estimator {
	switch class {
	case "KMeans", "MiniBatchKMeans", "BisectingKMeans":
		return r.means
	case "MeanShift", "AffinityPropagation":
		return r.nearestCenters
	case "Birch":
		return r.birch
	case "GaussianMixture", "BayesianGaussianMixture":
		return r.mixture
	}
	return nil
}

// numberedClasses are what clusters are called: "0", "1" …
func numberedClasses(n int) []string {
	names := make([]string, n)
	for k := range names {
		names[k] = strconv.Itoa(k)
	}
	return names
}

// clustered is the answer of the nearest of several centres, with the distance
// to each.
func clustered(p part, d *design, centers matrix, takes []cell) (answer, error) {
	b := d.builder
	if centers.rows < 2 {
		return answer{}, p.wrong("it has %d clusters, and there is nothing to choose", centers.rows)
	}
	distances, err := b.stage(p, &stage.Distances{Metric: stage.Metric{Kind: stage.Euclidean}, Points: centers.values}, takes)
	if err != nil {
		return answer{}, err
	}
	place, err := b.stage(p, stage.Smallest{}, distances)
	if err != nil {
		return answer{}, err
	}
	return chosenCluster(p, d, centers.rows, distances, place[0])
}

// chosenCluster says a cluster that was chosen. Its scores are the negative
// distances: the largest is the nearest.
func chosenCluster(p part, d *design, n int, distances []cell, place cell) (answer, error) {
	steps := make([][]stage.Step, n)
	for k := range steps {
		steps[k] = []stage.Step{{Op: "negative"}}
	}
	scores, err := stepwise(p, d.builder, steps, distances)
	if err != nil {
		return answer{}, err
	}
	a := answer{task: predict.TaskMulticlass, classes: numberedClasses(n), link: predict.Decision, scores: scores, chosen: &place, silent: true}
	if n > 2 {
		return a, nil
	}
	a.task = predict.TaskBinary // the second, where it is nearer
	a.scores, err = d.builder.stage(p, &stage.Affine{Weights: []float64{-1, 1}, Bias: []float64{0}}, scores)
	return a, err
}

func (r *reader) means(p part, d *design) (answer, error) {
	centers, err := p.table("cluster_centers_", len(d.columns))
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	a, err := clustered(p, d, centers, takes)
	if err != nil {
		return answer{}, err
	}
	distances, err := d.builder.stage(p, &stage.Distances{Metric: stage.Metric{Kind: stage.Euclidean}, Points: centers.values}, takes)
	if err != nil {
		return answer{}, err
	}
	a.outputs = []named{{"transform", distances}}
	root, bisected := p.child("_bisecting_tree")
	if !bisected {
		return a, nil
	}
	tree, err := bisection(p, root, len(d.columns))
	if err != nil {
		return answer{}, err
	}
	place, err := d.builder.stage(p, tree, takes)
	if err == nil {
		a.chosen = &place[0]
	}
	return a, err
}

// bisection reads the tree of bisecting k-means: what a row is compared with are
// the two halves' centres, which were centred by the training rows' mean.
func bisection(p, root part, columns int) (*stage.Bisection, error) {
	mean := make([]float64, columns)
	if p.get("_X_mean") != nil {
		var err error
		if mean, err = p.exactly("_X_mean", columns); err != nil {
			return nil, err
		}
	}
	type place struct {
		node part
		at   int
	}
	b := &stage.Bisection{}
	add := func(node part) (int, error) {
		if len(b.Label) > 100_000 {
			return 0, p.wrong("its tree is too large, or a circle")
		}
		center := make([]float64, columns)
		if node.get("center") != nil {
			var err error
			if center, err = node.exactly("center", columns); err != nil {
				return 0, err
			}
		}
		for j := range center {
			center[j] += mean[j]
		}
		b.Points = append(b.Points, center...)
		number := 0.0
		if x, ok := pickle.Number(node.get("label")); ok {
			number = x
		}
		b.Left, b.Right, b.Label = append(b.Left, -1), append(b.Right, -1), append(b.Label, number)
		return len(b.Label) - 1, nil
	}
	if _, err := add(root); err != nil {
		return nil, err
	}
	for todo := []place{{root, 0}}; len(todo) > 0; todo = todo[1:] {
		at := todo[0]
		left, ok := at.node.child("left")
		right, ok2 := at.node.child("right")
		if !ok || !ok2 {
			continue
		}
		l, err := add(left)
		if err != nil {
			return nil, err
		}
		r, err := add(right)
		if err != nil {
			return nil, err
		}
		b.Left[at.at], b.Right[at.at] = int32(l), int32(r) //nolint:gosec // bounded above
		todo = append(todo, place{left, l}, place{right, r})
	}
	return b, nil
}

func (r *reader) nearestCenters(p part, d *design) (answer, error) {
	centers, err := p.table("cluster_centers_", len(d.columns))
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	return clustered(p, d, centers, takes)
}

// birch labels the nearest of its subclusters.
func (r *reader) birch(p part, d *design) (answer, error) {
	centers, err := p.table("subcluster_centers_", len(d.columns))
	if err != nil {
		return answer{}, err
	}
	labels, err := p.exactly("subcluster_labels_", centers.rows)
	if err != nil {
		return answer{}, err
	}
	most := 0.0
	for _, l := range labels {
		if !(l >= 0 && l < 100_000) {
			return answer{}, p.wrong("it has a cluster %v", l)
		}
		most = max(most, l)
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	votes := &stage.Neighbours{
		Metric: stage.Metric{Kind: stage.Euclidean}, Points: centers.values, Count: 1, Values: labels, Width: 1, Classes: int(most) + 1,
	}
	scores, err := d.builder.stage(p, votes, takes)
	if err != nil {
		return answer{}, err
	}
	if len(scores) < 2 {
		return answer{}, p.wrong("it has %d clusters, and there is nothing to choose", len(scores))
	}
	place, err := d.builder.stage(p, stage.Largest{}, scores)
	if err != nil {
		return answer{}, err
	}
	a := shared(numberedClasses(len(scores)), scores)
	a.link, a.chosen, a.silent = predict.Decision, &place[0], true
	return a, nil
}
