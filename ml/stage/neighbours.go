package stage

import "math"

// Neighbours asks the points nearest to a vector what they say: the weighted
// mean of their values, or the shares of their votes for classes. Without a tree
// every point is looked at, and of points equally far the first are taken.
type Neighbours struct {
	Metric     Metric
	Points     []float64  // row by row, each as wide as the cells
	Tree       *PointTree // of the points; may be nil
	Count      int        // how many are asked
	Radius     float64    // Count 0: all that are not farther
	ByDistance bool       // weighted by 1/distance, not the same; those at no distance outweigh all
	Values     []float64  // per point Width numbers, or the place of its class
	Width      int
	Classes    int // 0: means are wanted; else shares, and Width is 1
	// Alone is what is said where a radius holds no point.
	Alone []float64
}

// Check holds values to points.
func (n *Neighbours) Check(in int) (int, error) {
	if err := n.Metric.check(in); err != nil {
		return 0, err
	}
	points, err := rows("points", n.Points, in)
	if err != nil {
		return 0, err
	}
	if n.Tree != nil {
		if err := n.Tree.check(points, in); err != nil {
			return 0, err
		}
	}
	out := n.Width
	if n.Classes > 0 {
		out = n.Classes
	}
	switch {
	case n.Width < 1 || len(n.Values) != points*n.Width || n.Classes > 0 && n.Width != 1:
		return 0, wrong("there are %d values for %d points of %d each", len(n.Values), points, n.Width)
	case n.Count < 0 || n.Count > points:
		return 0, wrong("%d neighbours are asked of %d points", n.Count, points)
	case n.Count == 0 && (!(n.Radius >= 0) || len(n.Alone) != out):
		return 0, wrong("the radius is %v, and %d numbers are said alone for %d", n.Radius, len(n.Alone), out)
	case n.Classes < 0 || n.Classes > maxCells:
		return 0, wrong("there are %d classes", n.Classes)
	}
	for i, v := range n.Values {
		if n.Classes > 0 && !(v >= 0 && v < float64(n.Classes)) {
			return 0, wrong("point %d is of class %v, there are %d", i, v, n.Classes)
		}
	}
	return out, nil
}

// Work is room for the neighbours' distances and places.
func (n *Neighbours) Work(in int) int {
	if n.Count == 0 {
		return 2 * (len(n.Points) / max(in, 1))
	}
	return 2 * n.Count
}

// Apply finds the neighbours and lets them speak.
func (n *Neighbours) Apply(in, out, work []float64) {
	distances, places := work[:len(work)/2], work[len(work)/2:]
	found := n.Count
	switch {
	case found == 0:
		found = within(&n.Metric, n.Points, in, n.Radius, distances, places)
	case n.Tree != nil:
		n.Tree.nearest(&n.Metric, n.Points, in, distances, places)
	default:
		nearest(&n.Metric, n.Points, in, distances, places)
	}
	distances, places = distances[:found], places[:found]
	if found == 0 {
		copy(out, n.Alone)
		return
	}
	n.weigh(distances)
	clear(out)
	total := 0.0
	for k, weight := range distances {
		total += weight
		i := int(places[k])
		if n.Classes > 0 {
			out[int(n.Values[i])] += weight
			continue
		}
		for t, v := range n.Values[i*n.Width : (i+1)*n.Width] {
			out[t] += v * weight
		}
	}
	for t := range out {
		out[t] /= total
	}
}

// weigh turns distances into weights.
func (n *Neighbours) weigh(distances []float64) {
	at := false
	for _, d := range distances {
		at = at || d == 0
	}
	for k, d := range distances {
		switch {
		case !n.ByDistance:
			distances[k] = 1
		case !at:
			distances[k] = 1 / d
		case d == 0:
			distances[k] = 1
		default:
			distances[k] = 0
		}
	}
}

// nearest looks at every point and fills distances and places with the nearest,
// in no order. A distance that is no number is the farthest.
func nearest(m *Metric, points, x, distances, places []float64) {
	for i := range distances {
		distances[i], places[i] = math.Inf(1), float64(i)
	}
	d := len(x)
	straight := m.Kind == Euclidean || m.Kind == SqEuclidean // what nearly all are
	for i := 0; (i+1)*d <= len(points); i++ {
		y := points[i*d : (i+1)*d]
		var r float64
		switch {
		case straight && d <= 16:
			r = squares(x, y)
		case straight:
			r = squaresUpTo(x, y, distances[0])
		default:
			r = m.rank(x, y, distances[0])
		}
		if r < distances[0] {
			push(distances, places, r, float64(i))
		}
	}
	for i, r := range distances {
		distances[i] = m.distance(r)
	}
}

// push puts a place in place of the farthest of a heap, which is its first.
func push(ranks, places []float64, rank, place float64) {
	at := 0
	for {
		next := 2*at + 1
		if next >= len(ranks) {
			break
		}
		if right := next + 1; right < len(ranks) && ranks[right] > ranks[next] {
			next = right
		}
		if ranks[next] <= rank {
			break
		}
		ranks[at], places[at] = ranks[next], places[next]
		at = next
	}
	ranks[at], places[at] = rank, place
}

// within fills distances and places with the points not farther than a radius,
// and tells how many there are.
func within(m *Metric, points, x []float64, radius float64, distances, places []float64) int {
	d, found := len(x), 0
	limit := m.ranked(radius)
	for i := 0; (i+1)*d <= len(points); i++ {
		if r := m.rank(x, points[i*d:(i+1)*d], math.Inf(1)); r <= limit {
			distances[found], places[found] = m.distance(r), float64(i)
			found++
		}
	}
	return found
}

// Density is how dense the points around a vector stand compared with those
// around its neighbours: the local outlier factor's opposite (Breunig, Kriegel,
// Ng & Sander, LOF: Identifying Density-Based Local Outliers, SIGMOD 2000).
type Density struct {
	Metric  Metric
	Points  []float64
	Tree    *PointTree // of the points; may be nil
	Count   int        // how many neighbours are asked
	Reach   []float64  // per point: the distance of its Count-th neighbour
	Density []float64  // per point: its local reachability density
}

// Check holds everything to the points.
func (l *Density) Check(in int) (int, error) {
	if err := l.Metric.check(in); err != nil {
		return 0, err
	}
	points, err := rows("points", l.Points, in)
	if err != nil {
		return 0, err
	}
	if l.Tree != nil {
		if err := l.Tree.check(points, in); err != nil {
			return 0, err
		}
	}
	if l.Count < 1 || l.Count > points || len(l.Reach) != points || len(l.Density) != points {
		return 0, wrong("%d neighbours, %d distances and %d densities for %d points", l.Count, len(l.Reach), len(l.Density), points)
	}
	return 1, nil
}

// Work is room for the neighbours' distances and places.
func (l *Density) Work(int) int { return 2 * l.Count }

// Apply finds the neighbours and compares.
func (l *Density) Apply(in, out, work []float64) {
	distances, places := work[:l.Count], work[l.Count:2*l.Count]
	if l.Tree != nil {
		l.Tree.nearest(&l.Metric, l.Points, in, distances, places)
	} else {
		nearest(&l.Metric, l.Points, in, distances, places)
	}
	reach := 0.0
	for k, d := range distances {
		reach += max(d, l.Reach[int(places[k])])
	}
	own := 1 / (reach/float64(l.Count) + 1e-10)
	sum := 0.0
	for _, i := range places {
		sum += l.Density[int(i)] / own
	}
	out[0] = -sum / float64(l.Count)
}
