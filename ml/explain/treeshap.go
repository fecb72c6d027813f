package explain

import (
	"dasier/ml/forest"
	"dasier/ml/predict"
)

// treeSHAP computes exact Shapley values of tree ensembles in polynomial time:
// algorithm 2 of Lundberg, Erion and Lee 2018, "Consistent individualized
// feature attribution for tree ensembles", as corrected in Lundberg et al.
// 2020, "From local explanations to global understanding with explainable AI
// for trees", supplementary section "TreeSHAP" (path-dependent: what a missing
// feature would have been is weighed by the training rows that went each way).
type treeSHAP struct {
	forest *forest.Forest
	x      []float64 // the row's features, as the trees see them
	input  []predict.Feature
	into   []Contribution // per input, in the model's order
	class  int            // the score that is explained
	scale  float64        // of a tree's share in the score
	path   []float64
}

// An element of a path is four numbers: the feature, the fraction of rows that
// pass it when it is unknown, whether this row does, and the weight of subsets.
const (
	element  = 4
	feature  = 0
	zero     = 1
	one      = 2
	weight   = 3
	noneTest = -1
)

// trees adds the effects of all trees to into, which has an entry per input.
func trees(p *predict.Program, row *predict.Row, class int, into []Contribution) {
	f, depth := p.Forest(), p.TreeDepth()
	s := treeSHAP{forest: f, x: p.Matrix(row), input: p.Features(), into: into, class: class, path: row.Buffer((depth + 2) * (depth + 3) / 2 * element)}
	count, _ := f.Size()
	for k := range count {
		if share := f.Share(k, class); share != 0 {
			s.scale = p.Sign() * share
			s.walk(f.Root(k), 0, s.path, 1, 1, noneTest)
		}
	}
}

// walk is RECURSE of the paper. length is the path's before this node; the
// memory behind it is for deeper nodes. Recursion is as deep as the tree, which
// package predict bounds.
func (s *treeSHAP) walk(node int32, length int, path []float64, zeroFraction, oneFraction float64, test int) {
	extend(path, length, zeroFraction, oneFraction, test)
	f, left, right := s.forest.Node(node)
	if f < 0 {
		s.leaf(node, length, path)
		return
	}
	hot, cold := right, left
	if s.forest.GoesLeft(node, s.x[f]) {
		hot, cold = cold, hot
	}
	zeroBefore, oneBefore := 1.0, 1.0
	for i := 1; i <= length; i++ {
		if e := path[i*element:]; int(e[feature]) == int(f) { // tested before: undo that
			zeroBefore, oneBefore = e[zero], e[one]
			unwind(path, length, i)
			length--
			break
		}
	}
	cover := s.forest.Cover(node)
	if cover <= 0 {
		cover = 1 // no training row came here: neither side weighs
	}
	next := path[(length+1)*element:]
	copy(next, path[:(length+1)*element])
	s.walk(hot, length+1, next, zeroBefore*s.forest.Cover(hot)/cover, oneBefore, int(f))
	copy(next, path[:(length+1)*element])
	s.walk(cold, length+1, next, zeroBefore*s.forest.Cover(cold)/cover, 0, int(f))
}

// leaf shares its value among the features of the path.
func (s *treeSHAP) leaf(node int32, length int, path []float64) {
	value := s.forest.Value(node, s.class) * s.scale
	for i := 1; i <= length; i++ {
		e := path[i*element:]
		share := unwound(path, length, i) * (e[one] - e[zero]) * value
		s.into[s.input[int(e[feature])].Input].Effect += share
	}
}

// extend is EXTEND: a path grows by one feature.
func extend(path []float64, length int, zeroFraction, oneFraction float64, test int) {
	last := path[length*element:]
	last[feature], last[zero], last[one], last[weight] = float64(test), zeroFraction, oneFraction, 0
	if length == 0 {
		last[weight] = 1
	}
	for i := length - 1; i >= 0; i-- {
		e, after := path[i*element:], path[(i+1)*element:]
		after[weight] += oneFraction * e[weight] * float64(i+1) / float64(length+1)
		e[weight] = zeroFraction * e[weight] * float64(length-i) / float64(length+1)
	}
}

// unwind is UNWIND: EXTEND undone for the i-th feature.
func unwind(path []float64, length, i int) {
	oneFraction, zeroFraction := path[i*element+one], path[i*element+zero]
	next := path[length*element+weight]
	for j := length - 1; j >= 0; j-- {
		e := path[j*element:]
		if oneFraction != 0 {
			before := e[weight]
			e[weight] = next * float64(length+1) / (float64(j+1) * oneFraction)
			next = before - e[weight]*zeroFraction*float64(length-j)/float64(length+1)
		} else if zeroFraction != 0 { // with both 0 no training row and not this one came here: all weights are 0
			e[weight] = e[weight] * float64(length+1) / (zeroFraction * float64(length-j))
		}
	}
	for j := i; j < length; j++ {
		copy(path[j*element:j*element+weight], path[(j+1)*element:(j+1)*element+weight])
	}
}

// unwound is the sum of weights that UNWIND would leave.
func unwound(path []float64, length, i int) float64 {
	oneFraction, zeroFraction := path[i*element+one], path[i*element+zero]
	next, total := path[length*element+weight], 0.0
	for j := length - 1; j >= 0; j-- {
		w := path[j*element+weight]
		if oneFraction != 0 {
			left := next * float64(length+1) / (float64(j+1) * oneFraction)
			total += left
			next = w - left*zeroFraction*float64(length-j)/float64(length+1)
		} else if zeroFraction != 0 {
			total += w / zeroFraction / (float64(length-j) / float64(length+1))
		}
	}
	return total
}
