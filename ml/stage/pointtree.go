package stage

import "math"

// PointTree finds the points nearest to a vector without looking at all: a k-d
// tree (Bentley, Multidimensional Binary Search Trees Used for Associative
// Searching, CACM 1975) or a ball tree (Omohundro, Five Balltree Construction
// Algorithms, 1989), as scikit-learn has built it. Which of points equally far
// are found depends on the order of the search, and so that is kept as well:
// node i has the children 2i+1 and 2i+2, and the nearer is searched first.
type PointTree struct {
	Order    []int32 // the points, in the order of the leaves
	From, To []int32 // per node: its range of Order
	Leaf     []bool
	// Bounds are, of a k-d tree, the lowest corner of every node and then the
	// highest; of a ball tree, the centres, and Radius goes with them.
	Bounds []float64
	Radius []float64
	Ball   bool
	// Later is true where a point as far as the farthest found takes its place
	// (before scikit-learn 1.1).
	Later bool
}

func (t *PointTree) check(points, in int) error {
	n, corners := len(t.From), 2
	if t.Ball {
		corners = 1
	}
	switch {
	case n == 0 || len(t.To) != n || len(t.Leaf) != n || len(t.Radius) != n || len(t.Bounds) != corners*n*in:
		return wrong("the tree has %d, %d, %d, %d nodes and %d bounds of %d cells", n, len(t.To), len(t.Leaf), len(t.Radius), len(t.Bounds), in)
	case len(t.Order) != points:
		return wrong("the tree is of %d points, there are %d", len(t.Order), points)
	}
	for i, p := range t.Order {
		if p < 0 || int(p) >= points {
			return wrong("the tree's place %d is point %d of %d", i, p, points)
		}
	}
	inLeaves := 0
	for i := range n {
		if t.From[i] < 0 || t.To[i] < t.From[i] || int(t.To[i]) > points {
			return wrong("node %d has the points %d to %d of %d", i, t.From[i], t.To[i], points)
		}
		if !t.Leaf[i] && 2*i+2 >= n {
			return wrong("node %d has children, and the tree has %d nodes", i, n)
		}
		if t.Leaf[i] {
			inLeaves += int(t.To[i] - t.From[i])
		}
	}
	if inLeaves > points {
		return wrong("the tree's leaves have %d points of %d", inLeaves, points)
	}
	return nil
}

// search is one on its way.
type search struct {
	tree              *PointTree
	metric            *Metric
	points, x         []float64
	distances, places []float64 // a heap, the farthest on top
}

// nearest fills distances and places with the nearest points, in no order.
func (t *PointTree) nearest(m *Metric, points, x, distances, places []float64) {
	for i := range distances {
		distances[i], places[i] = math.Inf(1), 0
	}
	s := search{tree: t, metric: m, points: points, x: x, distances: distances, places: places}
	s.node(0, s.least(0))
	for i, r := range distances {
		distances[i] = m.distance(r)
	}
}

// node searches below a node, of which no point ranks below least.
func (s *search) node(i int, least float64) {
	switch {
	case least > s.distances[0]:
	case s.tree.Leaf[i]:
		d := len(s.x)
		for _, p := range s.tree.Order[s.tree.From[i]:s.tree.To[i]] {
			rank := s.exact(s.points[int(p)*d : (int(p)+1)*d])
			if rank < s.distances[0] || rank == s.distances[0] && s.tree.Later {
				push(s.distances, s.places, rank, float64(p))
			}
		}
	default:
		left, right := 2*i+1, 2*i+2
		a, b := s.least(left), s.least(right)
		if a <= b {
			s.node(left, a)
			s.node(right, b)
		} else {
			s.node(right, b)
			s.node(left, a)
		}
	}
}

// exact is the rank of a point, added up in the order of scikit-learn: ties are
// told by the last bit.
func (s *search) exact(y []float64) float64 {
	if s.metric.Kind != Euclidean {
		return s.metric.rank(s.x, y, math.Inf(1))
	}
	sum := 0.0
	for j, v := range y {
		d := s.x[j] - v
		sum += float64(d * d)
	}
	return sum
}

// least is below every rank in a node.
func (s *search) least(i int) float64 {
	t, d := s.tree, len(s.x)
	if t.Ball {
		distance := s.metric.distance(s.exact(t.Bounds[i*d : (i+1)*d]))
		return s.metric.ranked(max(0, distance-t.Radius[i]))
	}
	low, high := t.Bounds[i*d:(i+1)*d], t.Bounds[len(t.Bounds)/2+i*d:][:d]
	sum := 0.0
	for j, x := range s.x {
		out := max(low[j]-x, 0) + max(x-high[j], 0)
		switch s.metric.Kind {
		case Euclidean:
			sum += float64(out * out)
		case Manhattan:
			sum += out
		case Chebyshev:
			sum = max(sum, out)
		default:
			sum += power(out, s.metric.P)
		}
	}
	return sum
}
