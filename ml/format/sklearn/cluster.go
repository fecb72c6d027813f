package sklearn

import (
	"math"
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

// mixture reads a mixture of normal distributions; a variational one expects the
// logarithms of weights and precisions.
func (r *reader) mixture(p part, d *design) (answer, error) {
	n := len(d.columns)
	means, err := p.table("means_", n)
	if err != nil {
		return answer{}, err
	}
	q := &stage.Quadratic{Centers: means.values}
	if err := mixtureShapes(p, q, means.rows, n); err != nil {
		return answer{}, err
	}
	if p.class() == "BayesianGaussianMixture" {
		err = bayesianWeights(p, q.Bias, n)
	} else {
		var weights []float64
		weights, err = p.exactly("weights_", means.rows)
		for k, w := range weights {
			q.Bias[k] += math.Log(w)
		}
	}
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	cells, err := d.builder.stage(p, q, takes)
	if err != nil {
		return answer{}, err
	}
	if means.rows < 2 {
		return answer{}, p.wrong("it has %d components, and there is nothing to choose", means.rows)
	}
	density, err := d.builder.stage(p, stage.LogSum{}, cells)
	if err != nil {
		return answer{}, err
	}
	a, err := likelihoods(p, d, numberedClasses(means.rows), cells, true)
	a.outputs = []named{{"score_samples", density}}
	return a, err
}

// mixtureShapes reads the factors of the precisions, of any of the four kinds,
// and the normal densities' constants.
func mixtureShapes(p part, q *stage.Quadratic, components, n int) error {
	q.Bias = repeat(-0.5*float64(n)*math.Log(2*math.Pi), components)
	kind := p.text("covariance_type")
	switch kind {
	case "diag", "spherical":
		precisions, err := p.floats("precisions_cholesky_")
		if err != nil {
			return err
		}
		each := 1
		if kind == "diag" {
			each = n
		}
		if len(precisions) != components*each {
			return p.wrong("it has %d precisions for %d components of %d columns", len(precisions), components, n)
		}
		for k := range components {
			for j := range n {
				v := precisions[k*each+j%each]
				q.Bias[k] += math.Log(v)
				q.Variances = append(q.Variances, 1/(v*v))
			}
		}
		return nil
	case "full", "tied":
	default:
		return p.wrong("its covariance_type %q is not read", kind)
	}
	count := components
	if kind == "tied" {
		count = 1
	}
	var factors []matrix
	if kind == "tied" {
		one, err := p.table("precisions_cholesky_", n)
		if err != nil {
			return err
		}
		factors = []matrix{one}
	} else {
		var err error
		if factors, err = p.tables("precisions_cholesky_", count); err != nil {
			return err
		}
	}
	for k := range components {
		f := factors[min(k, count-1)]
		if f.rows != n || f.columns != n {
			return p.wrong("the precision of component %d is %d × %d for %d columns", k, f.rows, f.columns, n)
		}
		for j := range n {
			q.Bias[k] += math.Log(f.row(j)[j])
		}
		q.Factors = append(q.Factors, f.transposed().values)
	}
	return nil
}

// bayesianWeights adds the expectations that variational inference has of
// weights and precisions (Bishop, Pattern Recognition and Machine Learning,
// equations 10.64 to 10.66).
func bayesianWeights(p part, bias []float64, n int) error {
	freedom, err := p.floats("degrees_of_freedom_")
	if err != nil {
		return err
	}
	if len(freedom) == 1 { // of tied covariances
		freedom = repeat(freedom[0], len(bias))
	}
	if len(freedom) != len(bias) {
		return p.wrong("it has %d degrees of freedom for %d components", len(freedom), len(bias))
	}
	precision, err := p.exactly("mean_precision_", len(bias))
	if err != nil {
		return err
	}
	for k := range bias {
		logs := float64(n) * math.Log(2)
		for j := range n {
			logs += digamma(0.5 * (freedom[k] - float64(j)))
		}
		bias[k] += -0.5*float64(n)*math.Log(freedom[k]) + 0.5*(logs-float64(n)/precision[k])
	}
	if p.text("weight_concentration_prior_type") != "dirichlet_process" {
		weights, err := p.exactly("weight_concentration_", len(bias))
		if err != nil {
			return err
		}
		sum := 0.0
		for _, w := range weights {
			sum += w
		}
		for k, w := range weights {
			bias[k] += digamma(w) - digamma(sum)
		}
		return nil
	}
	pair, err := p.items("weight_concentration_")
	if err != nil || len(pair) != 2 {
		return p.wrong("its weight_concentration_ is no pair")
	}
	both, err := p.tables("weight_concentration_", 2)
	if err != nil {
		return err
	}
	a, b := both[0].values, both[1].values
	if len(a) != len(bias) || len(b) != len(bias) {
		return p.wrong("it has %d and %d concentrations for %d components", len(a), len(b), len(bias))
	}
	before := 0.0
	for k := range bias {
		sum := digamma(a[k] + b[k])
		bias[k] += digamma(a[k]) - sum + before
		before += digamma(b[k]) - sum
	}
	return nil
}

// digamma is the derivative of log Γ (Abramowitz & Stegun, 6.3.5 and 6.3.18).
func digamma(x float64) float64 {
	sum := 0.0
	for ; x < 12; x++ {
		sum -= 1 / x
	}
	f := 1 / (x * x)
	return sum + math.Log(x) - 0.5/x - f*(1./12-f*(1./120-f*(1./252-f*(1./240-f*(1./132-f*(691./32760-f/12))))))
}
