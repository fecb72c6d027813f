package sklearn

import (
	"math"
	"slices"

	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

func (r *reader) neighbourFamily(class string) estimator {
	switch class {
	case "KNeighborsRegressor", "RadiusNeighborsRegressor":
		return r.neighbourMeans
	case "KNeighborsClassifier", "RadiusNeighborsClassifier":
		return r.neighbourVotes
	case "NearestCentroid":
		return r.centroids
	case "LabelPropagation", "LabelSpreading":
		return r.propagation
	}
	return nil
}

// metric is how an estimator measures: the metric that its own came to.
func (p part) metric(attribute, parameters string) (stage.Metric, error) {
	var m stage.Metric
	kind, ok := p.get(attribute).(string)
	if !ok {
		return m, p.wrong("its metric is a function of its own, which a file does not hold: use \"euclidean\", \"manhattan\" or another by name")
	}
	m.Kind = kind
	switch kind {
	case "l2":
		m.Kind = stage.Euclidean
	case "l1", "cityblock":
		m.Kind = stage.Manhattan
	case "infinity":
		m.Kind = stage.Chebyshev
	case "p":
		m.Kind = stage.Minkowski
	case "precomputed":
		return m, p.wrong("its metric is precomputed: it takes no columns but distances to its training rows. Fit it with metric=\"euclidean\" or another by name")
	}
	if !stage.IsMetric(m.Kind) {
		return m, p.wrong("its metric %q is not read: euclidean, manhattan, chebyshev, minkowski, seuclidean, mahalanobis, cosine, nan_euclidean, canberra, braycurtis, hamming and haversine are", kind)
	}
	var err error
	parameter := func(name string) (any, bool) {
		given, ok := p.get(parameters).(*pickle.Dict)
		if !ok {
			return nil, false
		}
		v, ok := given.Get(name)
		return v, ok && v != nil
	}
	if m.Kind == stage.Minkowski {
		m.P = 2
		v, ok := parameter("p")
		if !ok {
			v = p.get("p")
		}
		if x, ok := pickle.Number(v); ok {
			m.P = x
		}
	}
	for name, kind := range map[string]string{"w": stage.Minkowski, "V": stage.SEuclidean, "VI": stage.Mahalanobis} {
		if v, ok := parameter(name); ok && m.Kind == kind {
			array, isArray := v.(*pickle.Array)
			if !isArray {
				return m, p.wrong("its metric's %s is no array", name)
			}
			to := &m.Scale
			if kind == stage.Mahalanobis {
				to = &m.Form
			}
			if *to, err = array.Floats(); err != nil {
				return m, p.wrong("its metric's %s: %v", name, err)
			}
		}
	}
	if m.Kind == stage.Minkowski && m.Scale == nil {
		switch {
		case m.P == 1:
			m.Kind = stage.Manhattan
		case m.P == 2:
			m.Kind = stage.Euclidean
		case math.IsInf(m.P, 1):
			m.Kind = stage.Chebyshev
		}
	}
	return m, nil
}

// neighbours reads what all estimators by neighbours have in common.
func (p part) neighbours(d *design) (*stage.Neighbours, error) {
	name, parameters := "effective_metric_", "effective_metric_params_"
	if p.get(name) == nil {
		name, parameters = "metric", "metric_params"
	}
	m, err := p.metric(name, parameters)
	if err != nil {
		return nil, err
	}
	points, err := p.table("_fit_X", len(d.columns))
	if err != nil {
		return nil, err
	}
	n := &stage.Neighbours{Metric: m, Points: points.values}
	if n.Tree, err = p.pointTree(&m, points); err != nil {
		return nil, err
	}
	switch weights := p.get("weights").(type) {
	case nil:
	case string:
		n.ByDistance = weights == "distance"
	default:
		return nil, p.wrong("its weights are a function of its own, which a file does not hold: use \"uniform\" or \"distance\"")
	}
	if name := p.class(); name == "RadiusNeighborsRegressor" || name == "RadiusNeighborsClassifier" {
		n.Radius, err = p.number("radius")
		return n, err
	}
	count, err := p.number("n_neighbors")
	if err != nil {
		return nil, err
	}
	if !(count >= 1 && count <= float64(points.rows)) {
		return nil, p.wrong("it asks %v neighbours of %d rows", count, points.rows)
	}
	n.Count = int(count)
	return n, nil
}

// neighbourCells puts the design through the neighbours.
func neighbourCells(p part, d *design, n *stage.Neighbours) ([]cell, error) {
	how := refusesMissing
	if n.Metric.Kind == stage.NaNEuclidean {
		how = takesMissing
	}
	takes, err := d.materialize(p, how)
	if err != nil {
		return nil, err
	}
	return d.builder.stage(p, n, takes)
}

func (r *reader) neighbourMeans(p part, d *design) (answer, error) {
	n, err := p.neighbours(d)
	if err != nil {
		return answer{}, err
	}
	targets, err := p.matrix("_y")
	if err != nil {
		return answer{}, err
	}
	n.Width, n.Values = targets.columns, targets.values
	if a, ok := p.get("_y").(*pickle.Array); ok && len(a.Shape) == 1 {
		n.Width = 1
	}
	n.Alone = repeat(math.NaN(), n.Width)
	scores, err := neighbourCells(p, d, n)
	return numbers(scores), err
}

func (r *reader) neighbourVotes(p part, d *design) (answer, error) {
	n, err := p.neighbours(d)
	if err != nil {
		return answer{}, err
	}
	classes, err := p.matrix("_y")
	if err != nil {
		return answer{}, err
	}
	n.Width = 1
	if !p.truth("outputs_2d_", false) {
		labels, err := p.labels()
		if err != nil {
			return answer{}, err
		}
		n.Values = classes.values
		return votedBy(p, d, n, labels, 0)
	}
	labels, err := p.labelsOfTargets()
	if err != nil {
		return answer{}, err
	}
	if len(labels) != classes.columns {
		return answer{}, p.wrong("it has classes of %d targets for %d", len(labels), classes.columns)
	}
	byTarget := classes.transposed()
	targets := make([]answer, len(labels))
	for t := range targets {
		one := *n
		one.Values = byTarget.row(t)
		if targets[t], err = votedBy(p, d, &one, labels[t], t); err != nil {
			return answer{}, err
		}
	}
	return severalTargets(p, d, targets)
}

// votedBy is the neighbours' votes for the classes of one target.
func votedBy(p part, d *design, n *stage.Neighbours, labels []string, target int) (answer, error) {
	n.Classes = len(labels)
	if n.Count == 0 {
		var err error
		if n.Alone, err = aloneVotes(p, labels, target); err != nil {
			return answer{}, err
		}
	}
	scores, err := neighbourCells(p, d, n)
	return shared(labels, scores), err
}

// shared is a classifier's answer whose probabilities are computed.
func shared(labels []string, probabilities []cell) answer {
	if len(labels) == 2 && len(probabilities) == 2 {
		return answer{task: predict.TaskBinary, classes: labels, scores: probabilities[1:]}
	}
	return answer{task: predict.TaskMulticlass, classes: labels, scores: probabilities}
}

// aloneVotes is what a row without neighbours in the radius gets: the outlier's
// label; without one scikit-learn fails, and here nothing is known.
func aloneVotes(p part, labels []string, target int) ([]float64, error) {
	given, ok := pickle.Items(p.get("outlier_label_"))
	if !ok && p.get("outlier_label") != nil { // before 0.22
		given = []any{p.get("outlier_label")}
	}
	if len(given) == 0 {
		return repeat(math.NaN(), len(labels)), nil
	}
	text, _, _ := label(given[min(target, len(given)-1)])
	at := slices.Index(labels, text)
	if at < 0 {
		return nil, p.wrong("rows without neighbours are of the class %q, which it was not fitted with: give it one of its classes as outlier_label", text)
	}
	alone := make([]float64, len(labels))
	alone[at] = 1
	return alone, nil
}

// centroids chooses the nearest of the classes' centroids. Since 1.6 it has
// probabilities, and with priors that differ it chooses by them.
func (r *reader) centroids(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	m, err := p.metric("metric", "")
	if err != nil {
		return answer{}, err
	}
	n := len(d.columns)
	centers, err := p.table("centroids_", n)
	if err != nil {
		return answer{}, err
	}
	if centers.rows != len(labels) {
		return answer{}, p.wrong("it has %d centroids for %d classes", centers.rows, len(labels))
	}
	how := refusesMissing
	if m.Kind == stage.NaNEuclidean {
		how = takesMissing
	}
	takes, err := d.materialize(p, how)
	if err != nil {
		return answer{}, err
	}
	b := d.builder
	distances, err := b.stage(p, &stage.Distances{Metric: m, Points: centers.values}, takes)
	if err != nil {
		return answer{}, err
	}
	place, err := b.stage(p, stage.Smallest{}, distances)
	if err != nil {
		return answer{}, err
	}
	if p.get("class_prior_") == nil || m.Kind != stage.Euclidean {
		if p.get("class_prior_") != nil && m.Kind != stage.Manhattan {
			return answer{}, p.wrong("its metric is %q: use \"euclidean\" or \"manhattan\"", m.Kind)
		}
		a, err := chosenCluster(p, d, len(labels), distances, place[0])
		a.classes = labels
		return a, err
	}
	q := &stage.Quadratic{Centers: centers.values}
	if q.Bias, err = p.priors(len(labels)); err != nil {
		return answer{}, err
	}
	even := true
	for k, log := range q.Bias {
		share := math.Exp(log) * float64(len(labels)) // numpy's isclose
		even = even && math.Abs(share-1) <= 1e-5+1e-8*float64(len(labels))
		q.Bias[k] = 2 * log
	}
	deviations, err := p.exactly("within_class_std_dev_", n)
	if err != nil {
		return answer{}, err
	}
	for range labels {
		for _, s := range deviations {
			if s == 0 {
				s = 1
			}
			q.Variances = append(q.Variances, s*s/2) // Quadratic halves
		}
	}
	scores, err := b.stage(p, q, takes)
	if err != nil {
		return answer{}, err
	}
	a, err := likelihoods(p, d, labels, scores, false)
	if even {
		a.chosen = &place[0]
	}
	return a, err
}
