package onnx

import (
	"math"
	"slices"

	"dasier/ml/stage"
)

// ranks are numbers that grow with the distances to points: [N, points].
func (e *emitter) ranks(m *stage.Metric, x matrix, points []float64) string {
	n, d := len(points)/x.width, x.width
	switch m.Kind {
	case stage.Euclidean, stage.SqEuclidean:
		return e.squares(x, points)
	case stage.Cosine:
		both := e.mul(e.length(x), e.row(lengths(points, d)))
		turned := e.sub(e.num(1), e.div(e.inner(x, points), both))
		return e.where(e.do("Equal", both, e.num(0)), e.num(1), e.do("Min", e.do("Max", turned, e.num(0)), e.num(2)))
	}
	diff := e.differences(x, points)
	size := func() string { return e.do("Abs", diff) }
	both := func() string { // |x| + |y|
		sizes := make([]float64, len(points))
		for k, v := range points {
			sizes[k] = math.Abs(v)
		}
		return e.add(e.among(e.do("Abs", x.name)), e.table(sizes, 1, n, d))
	}
	switch m.Kind {
	case stage.SEuclidean:
		return e.summed(e.div(e.mul(diff, diff), e.table(m.Scale, 1, 1, d)))
	case stage.Manhattan:
		return e.summed(size())
	case stage.Chebyshev:
		return e.folded("ReduceMax", size(), 2)
	case stage.Minkowski:
		powers := e.do("Pow", size(), e.num(m.P))
		if m.Scale != nil {
			powers = e.mul(powers, e.table(m.Scale, 1, 1, d))
		}
		return e.summed(powers)
	case stage.NaNEuclidean:
		missing := e.do("IsNaN", diff)
		sum := e.summed(e.where(missing, e.num(0), e.mul(diff, diff)))
		present := e.summed(e.indicator(e.do("Not", missing)))
		return e.mul(e.div(sum, present), e.num(float64(d))) // 0/0 where there is none
	case stage.Canberra:
		whole := both()
		return e.summed(e.where(e.do("Greater", whole, e.num(0)), e.div(size(), whole), e.num(0)))
	case stage.BrayCurtis:
		sum, whole := e.summed(size()), e.summed(both())
		return e.where(e.do("Greater", whole, e.num(0)), e.div(sum, whole), sum)
	case stage.Mahalanobis:
		turned := e.matMul(diff, e.table(m.Form, d, d))
		return e.summed(e.mul(turned, diff))
	case stage.Hamming:
		return e.div(e.summed(e.indicator(e.do("Not", e.do("Equal", diff, e.num(0))))), e.num(float64(d)))
	}
	return e.haversine(diff, x, points)
}

// haversine is of latitude and longitude.
func (e *emitter) haversine(diff string, x matrix, points []float64) string {
	halved := e.do("Sin", e.mul(diff, e.num(0.5)))
	squared := e.parts(e.mul(halved, halved), 2, 2, 1) // [N, points, 1]
	cosines := make([]float64, len(points)/2)
	for i := range cosines {
		cosines[i] = math.Cos(points[2*i])
	}
	latitude := e.do("Cos", e.columns(x, []int{0}).name)
	flat := func(part string) string { return e.do("Squeeze", part, e.ints(2)) }
	return e.add(flat(squared[0]), e.mul(e.mul(latitude, e.row(cosines)), flat(squared[1])))
}

// distance is what ranks stand for.
func (e *emitter) distance(m *stage.Metric, ranks string) string {
	switch m.Kind {
	case stage.Euclidean, stage.SEuclidean, stage.Mahalanobis, stage.NaNEuclidean:
		return e.do("Sqrt", ranks)
	case stage.Minkowski:
		return e.do("Pow", ranks, e.num(1/m.P))
	case stage.Haversine:
		return e.mul(e.num(2), e.asin(e.do("Sqrt", ranks)))
	}
	return ranks
}

// limit is the rank that a distance has.
func limit(m *stage.Metric, distance float64) float64 {
	switch m.Kind {
	case stage.Euclidean, stage.SEuclidean, stage.Mahalanobis, stage.NaNEuclidean:
		return distance * distance
	case stage.Minkowski:
		return math.Pow(distance, m.P)
	case stage.Haversine:
		s := math.Sin(distance / 2)
		return s * s
	}
	return distance
}

// settled refuses points of which several are often equally far from a row: which
// of them count depends on the way of the search, which a graph does not go.
// Where no column has nearly as many values as there are points, the points lie
// on a lattice; where points are the same, they have to say the same.
func settled(m *stage.Metric, points, said []float64, width, wide int) error {
	n := len(points) / width
	continuous := false
	for j := range width {
		values := make(map[float64]bool, n)
		for i := range n {
			values[points[i*width+j]] = true
		}
		continuous = continuous || 10*len(values) >= 9*n
	}
	if !continuous || m.Kind == stage.Chebyshev || m.Kind == stage.Hamming {
		return cannot("of its training rows several are often equally far, by the distance %s, and which of them count depends on how its search goes", m.Kind)
	}
	first := make(map[string]int, n)
	for i := range n {
		key := string(doubles(points[i*width : (i+1)*width]))
		at, again := first[key]
		if again && !slices.Equal(said[at*wide:(at+1)*wide], said[i*wide:(i+1)*wide]) {
			return cannot("the same training row stands twice with different values, and which of them counts depends on how its search goes")
		}
		first[key] = i
	}
	return nil
}

// neighbours takes the nearest points, of points equally far the first ones,
// and what they say.
func (e *emitter) neighbours(n *stage.Neighbours, x matrix) (matrix, error) {
	points := len(n.Points) / x.width
	said, width := n.Values, n.Width
	if n.Classes > 0 { // a row of votes per point
		width = n.Classes
		said = make([]float64, points*width)
		for i, class := range n.Values {
			said[i*width+int(class)] = 1
		}
	}
	ranks := e.ranks(&n.Metric, x, n.Points)
	if n.Count == 0 {
		near := e.do("LessOrEqual", ranks, e.num(limit(&n.Metric, n.Radius)))
		weights := e.where(near, e.weights(n.ByDistance, e.distance(&n.Metric, ranks), near), e.num(0))
		total := e.reduce("ReduceSum", weights, 1)
		sums := e.matMul(weights, e.table(said, points, width))
		return matrix{e.where(e.do("Equal", total, e.num(0)), e.row(n.Alone), e.div(sums, total)), width}, nil
	}
	if n.Count < points {
		if err := settled(&n.Metric, n.Points, n.Values, x.width, n.Width); err != nil {
			return matrix{}, err
		}
	}
	nearest, places := e.sorted(ranks, int64(n.Count))
	weights := e.weights(n.ByDistance, e.distance(&n.Metric, nearest), "")
	values := e.do("Gather", e.table(said, points, width), places) // [N, Count, width]
	total := e.filled(float64(n.Count), 1).name
	if n.ByDistance {
		values = e.mul(values, e.tall(weights))
		total = e.reduce("ReduceSum", weights, 1)
	}
	return matrix{e.div(e.folded("ReduceSum", values, 1), total), width}, nil
}

// weights are 1, or 1/distance; who is at no distance outweighs all others.
func (e *emitter) weights(byDistance bool, distances, among string) string {
	if !byDistance {
		return e.num(1)
	}
	here := e.do("Equal", distances, e.num(0))
	if among != "" {
		here = e.do("And", here, among)
	}
	exact := e.indicator(here)
	exactly := e.do("Greater", e.reduce("ReduceMax", exact, 1), e.num(0))
	return e.where(exactly, exact, e.div(e.num(1), distances))
}

// density is the local outlier factor's opposite.
func (e *emitter) density(l *stage.Density, x matrix) (matrix, error) {
	if err := settled(&l.Metric, l.Points, l.Density, x.width, 1); err != nil {
		return matrix{}, err
	}
	nearest, places := e.sorted(e.ranks(&l.Metric, x, l.Points), int64(l.Count))
	reach := e.do("Max", e.distance(&l.Metric, nearest), e.lookUp(l.Reach, places))
	count := e.num(float64(l.Count))
	own := e.div(e.num(1), e.add(e.div(e.reduce("ReduceSum", reach, 1), count), e.num(1e-10)))
	sum := e.reduce("ReduceSum", e.div(e.lookUp(l.Density, places), own), 1)
	return matrix{e.do("Neg", e.div(sum, count)), 1}, nil
}
