package explain

import (
	"math"

	"dasier/ml/forest"
	"dasier/ml/predict"
)

// treeSHAP computes the Shapley values that algorithm 2 of Lundberg, Erion and
// Lee 2018, "Consistent individualized feature attribution for tree ensembles",
// defines (path-dependent: what a missing feature would have been is weighed by
// the training rows that went each way), exactly, in another order.
//
// Of one leaf, the value of knowing a set of features is the leaf's value times a
// product over the features of its path: one, where the feature is known and the
// row passes its tests (0 where it does not); zero, the share of training rows
// that pass, where it is unknown. A Shapley value is the integral over t from 0 to
// 1 of what the feature adds when every other one is known with probability t
// (Owen 1972, "Multilinear extensions of games"):
//
//	value * (one - zero) * ∫ Π over other features of (zero + t*(one-zero)) dt
//
// The integrand is a polynomial of lower degree than the path has features, which
// Gauss and Legendre's rule of half as many points integrates exactly. So the
// product is kept at those points on the way down, the sum over the leaves below
// on the way up, and every edge adds its feature's share once, for all leaves
// below it: the idea of Yu, Bifet, Read and Xu 2022, "Linear TreeShap",
// who divide polynomials where this divides numbers. A tree costs its nodes times
// half its depth, instead of its leaves times its depth squared, and no step
// subtracts what it could not add: the points lie inside (0, 1).
type treeSHAP struct {
	forest *forest.Forest
	x      []float64 // the row's features, as the trees see them
	input  []predict.Feature
	into   []Contribution // per input, in the model's order
	class  int            // the score that is explained
	scale  float64        // of a tree's share in the score

	points, weights []float64 // of the quadrature
	inverse         []float64 // weight/(1-point): what a first failed test is charged
	zero, one       []float64 // per feature, of the path so far
	product         []float64 // per level and point
	sum             []float64 // over the leaves below, per level and point
	effect          []float64 // per level and point: what the edge multiplies sum by
}

// trees adds the effects of all trees on a score, times sign, to into, which has an
// entry per input; x is the row's features, as the trees see them.
func trees(of predict.StageTrees, x []float64, row *predict.Row, class int, sign float64, into []Contribution) {
	f, depth := of.Forest, of.Depth
	n := max((min(depth, len(x))+1)/2, 1)
	levels := (depth + 2) * n
	buffer := row.Buffer(3*n + 2*len(x) + 3*levels)
	cut := func(length int) []float64 {
		part := buffer[:length:length]
		buffer = buffer[length:]
		return part
	}
	s := treeSHAP{
		forest: f, x: x, input: of.Features, into: into, class: class,
		points: cut(n), weights: cut(n), inverse: cut(n), zero: cut(len(x)), one: cut(len(x)), product: cut(levels), sum: cut(levels), effect: cut(levels),
	}
	legendre(s.points, s.weights)
	for k, t := range s.points {
		s.inverse[k] = s.weights[k] / (1 - t)
	}
	for j := range s.zero {
		s.zero[j], s.one[j] = 1, 1
	}
	count, _ := f.Size()
	for k := range count {
		if share := f.Share(k, class); share != 0 {
			s.scale = sign * share
			for i := range n {
				s.product[i] = 1
			}
			if feature, _, _ := f.Node(f.Root(k)); feature >= 0 {
				s.walk(f.Root(k), 0)
			}
		}
	}
}

// walk adds what the edges below a node do that is no leaf, and leaves in sum what
// its leaves are, at every point. Recursion is as deep as the tree, which package
// predict bounds.
func (s *treeSHAP) walk(node int32, level int) {
	f, left, right := s.forest.Node(node)
	n := len(s.points)
	clear(s.sum[level*n : (level+1)*n])
	cover := s.forest.Cover(node)
	if cover <= 0 {
		cover = 1 // no training row came here: neither side weighs
	}
	hot, cold := right, left
	if s.forest.GoesLeft(node, s.x[f]) {
		hot, cold = cold, hot
	}
	s.edge(hot, level, int(f), s.forest.Cover(hot)/cover, s.one[f])
	s.edge(cold, level, int(f), s.forest.Cover(cold)/cover, 0)
}

// edge goes down to a child that a share of the rows goes to, and where the row
// itself passes (one is 1) or not, the tests of this feature further up counted.
func (s *treeSHAP) edge(child int32, level, f int, share, one float64) {
	oldZero, oldOne := s.zero[f], s.one[f]
	zero := oldZero * share
	if zero == 0 && one == 0 {
		return // no row comes here, and not this one
	}
	points := s.points
	n := len(points)
	// Three slices of one length, which spares the loops their checks.
	product, next := s.product[level*n:][:len(points)], s.product[(level+1)*n:][:len(points)]
	effect, weights := s.effect[level*n:][:len(points)], s.weights[:len(points)]
	switch {
	case oldOne == 0: // a test of this feature has failed already: its share is taken there
		for k := range points {
			next[k], effect[k] = product[k]*share, 0
		}
	case oldZero == 1 && one == 0: // the feature's first test, failed
		for k, t := range points {
			next[k], effect[k] = product[k]*zero*(1-t), -s.inverse[k]
		}
	case oldZero == 1: // passed
		for k, t := range points {
			factor := zero + t*(one-zero)
			next[k], effect[k] = product[k]*factor, weights[k]*(one-zero)/factor
		}
	default: // tested before: that factor and that share are undone
		for k, t := range points {
			factor, old := zero+t*(one-zero), oldZero+t*(1-oldZero)
			next[k], effect[k] = product[k]*factor/old, weights[k]*((one-zero)/factor-(1-oldZero)/old)
		}
	}
	sum, added := s.sum[level*n:][:len(points)], 0.0
	if feature, _, _ := s.forest.Node(child); feature < 0 {
		value := s.forest.Value(child, s.class) * s.scale
		for k := range points {
			v := value * next[k]
			sum[k] += v
			added += effect[k] * v
		}
	} else {
		s.zero[f], s.one[f] = zero, one
		s.walk(child, level+1)
		s.zero[f], s.one[f] = oldZero, oldOne
		below := s.sum[(level+1)*n:][:len(points)]
		for k := range points {
			sum[k] += below[k]
			added += effect[k] * below[k]
		}
	}
	if oldOne != 0 {
		s.into[s.input[f].Input].Effect += added
	}
}

// legendre gives the points and weights of Gauss and Legendre's rule on (0, 1):
// the roots of Legendre's polynomial, by Newton's method from Tricomi's guess
// (Press et al. 2007, "Numerical recipes", section 4.6.1).
func legendre(points, weights []float64) {
	n := len(points)
	for i := range (n + 1) / 2 {
		x := math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		slope := 0.0
		for range 100 {
			before, value := 0.0, 1.0
			for j := range n {
				before, value = value, ((2*float64(j)+1)*x*value-float64(j)*before)/float64(j+1)
			}
			slope = float64(n) * (x*value - before) / (x*x - 1)
			step := value / slope
			if x -= step; math.Abs(step) <= 1e-15 {
				break
			}
		}
		points[i], points[n-1-i] = (1-x)/2, (1+x)/2
		weights[i] = 1 / ((1 - x*x) * slope * slope)
		weights[n-1-i] = weights[i]
	}
}
