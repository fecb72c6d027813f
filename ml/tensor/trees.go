package tensor

import "dasier/fault"

// treeOperators are ai.onnx.ml's ensembles of decision trees: those of versions
// 1 to 3 with parallel lists, and the one of version 5.
var treeOperators = map[string]operator{
	"TreeEnsembleRegressor":  {1, 1, 1, makeTreeRegressor},
	"TreeEnsembleClassifier": {1, 1, 1, makeTreeClassifier},
	"TreeEnsemble":           {5, 1, 1, makeTreeEnsemble},
}

// test is how a node of a tree decides.
type test uint8

const (
	atMost test = iota
	lessThan
	atLeast
	above
	equals
	differs
	member
	leaf
)

// treeNode is a test with its two children, or a leaf with its weights.
type treeNode[T float32 | float64] struct {
	split   T
	feature int32
	yes, no int32 // children; of a leaf: where its weights begin and end; of a member test, split is unused
	set     int32 // of a member test: which set
	test    test
	missing bool // NaN goes yes
}

type leafWeight[T float32 | float64] struct {
	target int32
	value  T
}

// ensemble is trees whose comparisons and sums have type T, which is float32
// unless the features are float64.
type ensemble[T float32 | float64] struct {
	nodes   []treeNode[T]
	roots   []int32
	weights []leafWeight[T]
	sets    [][]T
	targets int
	widest  int // the largest feature
	base    []T
	how     aggregation
	end     transform
}

type aggregation uint8

const (
	summed aggregation = iota
	averaged
	least
	most
)

// leafOf is the leaf that a row comes to.
func (e *ensemble[T]) leafOf(root int32, x []T) *treeNode[T] {
	n := &e.nodes[root]
	for n.test != leaf {
		v, yes := x[n.feature], false
		switch n.test {
		case atMost:
			yes = v <= n.split
		case lessThan:
			yes = v < n.split
		case atLeast:
			yes = v >= n.split
		case above:
			yes = v > n.split
		case equals:
			yes = v == n.split
		case differs:
			yes = v != n.split
		case member:
			for _, m := range e.sets[n.set] {
				yes = yes || v == m
			}
		case leaf:
		}
		if yes || n.missing && v != v { //nolint:gocritic,staticcheck // NaN alone differs from itself
			n = &e.nodes[n.yes]
		} else {
			n = &e.nodes[n.no]
		}
	}
	return n
}

// add joins the leaves of all trees into sums; has says which targets any leaf
// spoke of.
func (e *ensemble[T]) add(x, sums []T, has []bool) {
	clear(sums)
	clear(has)
	for _, root := range e.roots {
		n := e.leafOf(root, x)
		for _, w := range e.weights[n.yes:n.no] {
			switch {
			case e.how <= averaged:
				sums[w.target] += w.value
			case !has[w.target], e.how == least && w.value < sums[w.target], e.how == most && w.value > sums[w.target]:
				sums[w.target] = w.value
			}
			has[w.target] = true
		}
	}
}

// regress finishes the sums: mean, base values.
func (e *ensemble[T]) regress(sums []T) {
	for k := range sums {
		if e.how == averaged {
			sums[k] /= T(len(e.roots))
		}
		if len(e.base) == len(sums) {
			sums[k] += e.base[k]
		}
	}
}

// features gives the rows as T.
func features[T float32 | float64](r *run, t *Tensor) ([]T, error) {
	if t.Type == typeOf[T]() {
		return cells[T](t), nil
	}
	var converted Tensor
	x, err := give[T](r, &converted, t.Shape)
	if err != nil {
		return nil, err
	}
	for i := range x {
		x[i] = T(t.real(i))
	}
	return x, nil
}

// each calls a function with the sums of every row.
func (e *ensemble[T]) each(r *run, in *Tensor, row func(i int, sums []T, has []bool)) error {
	count, width, err := rows(in)
	if err != nil {
		return err
	}
	if count > 0 && e.widest >= width {
		return fault.Errorf(fault.Invalid, "a tree tests feature %d of rows of %d", e.widest, width)
	}
	x, err := features[T](r, in)
	if err != nil {
		return err
	}
	var sums, has Tensor
	s, err := give[T](r, &sums, []int{e.targets})
	if err != nil {
		return err
	}
	h, err := give[bool](r, &has, []int{e.targets})
	if err != nil {
		return err
	}
	if err := r.charge(count * (len(e.roots)*8 + e.targets)); err != nil {
		return err
	}
	for i := range count {
		e.add(x[i*width:(i+1)*width], s, h)
		row(i, s, h)
	}
	return nil
}

// finish transforms the scores of a row. Of several, one that no leaf speaks of
// is 0 in the runtime, whatever its base value.
func (t transform) finish(row []float32, has []bool) {
	for k := range row {
		if !has[k] {
			row[k] = 0
		}
	}
	t.apply(row)
}

// regression is the kernel of an ensemble of numbers; U is the type of the
// output, float32 but for TreeEnsemble of float64.
func regression[T, U float32 | float64](e *ensemble[T]) kernel {
	return func(r *run, in, out []*Tensor) error {
		count, _, err := rows(in[0])
		if err != nil {
			return err
		}
		result, err := give[U](r, out[0], []int{count, e.targets})
		if err != nil {
			return err
		}
		var single Tensor
		scores, err := give[float32](r, &single, []int{e.targets})
		if err != nil {
			return err
		}
		return e.each(r, in[0], func(i int, sums []T, has []bool) {
			e.regress(sums)
			row := result[i*e.targets : (i+1)*e.targets]
			for k, s := range sums {
				row[k], scores[k] = U(s), float32(s)
				if !has[k] && e.targets > 1 {
					row[k] = 0 // as finish has it
				}
			}
			// The runtime transforms a single number by PROBIT only.
			if e.end == plain || e.targets == 1 && e.end != probit {
				return
			}
			if e.targets == 1 {
				e.end.apply(scores)
			} else {
				e.end.finish(scores, has)
			}
			for k, s := range scores {
				row[k] = U(s)
			}
		})
	}
}

func makeTreeRegressor(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	n.gives = []Type{Float}
	if n.is(0) == Double {
		e, err := ensembleOf[float64](n, "target")
		if err != nil {
			return nil, err
		}
		return regression[float64, float32](e), nil
	}
	e, err := ensembleOf[float32](n, "target")
	if err != nil {
		return nil, err
	}
	return regression[float32, float32](e), nil
}

func makeTreeClassifier(n *node) (kernel, error) {
	n.need(0, Float, Double, Int64, Int32)
	classes, err := n.labelsOf("classlabels_int64s")
	if err != nil {
		return nil, err
	}
	n.gives = []Type{classes.kind(), Float}
	if n.is(0) == Double {
		return classification[float64](n, classes)
	}
	return classification[float32](n, classes)
}

// classification decides as the runtime does: of more than two classes the
// first with the largest score; of two, see pair.
func classification[T float32 | float64](n *node, classes labels) (kernel, error) {
	e, err := ensembleOf[T](n, "class")
	if err != nil {
		return nil, err
	}
	if e.targets < 2 {
		return nil, fault.Errorf(fault.Invalid, "it chooses among one class")
	}
	if len(e.base) > e.targets {
		return nil, fault.Errorf(fault.Invalid, "it has %d base values for %d classes", len(e.base), e.targets)
	}
	rule := binaryOf(e)
	return func(r *run, in, out []*Tensor) error {
		count, _, err := rows(in[0])
		if err != nil {
			return err
		}
		if err := r.make(out[0], classes.kind(), []int{count}); err != nil {
			return err
		}
		result, err := give[float32](r, out[1], []int{count, e.targets})
		if err != nil {
			return err
		}
		return e.each(r, in[0], func(i int, sums []T, has []bool) {
			row := result[i*e.targets : (i+1)*e.targets]
			if e.targets == 2 {
				class, literal := e.pair(rule, sums, has, row)
				if literal && out[0].Type == Int64 {
					out[0].Int64[i] = int64(class)
				} else {
					classes.write(out[0], i, class)
				}
				return
			}
			best := -1
			for k := range sums {
				if k < len(e.base) {
					sums[k], has[k] = sums[k]+e.base[k], true
				}
				if has[k] && (best < 0 || sums[k] > sums[best]) {
					best = k
				}
				row[k] = float32(sums[k])
			}
			classes.write(out[0], i, max(best, 0))
			e.end.finish(row, has)
		})
	}, nil
}

// pairRule is how two classes are told apart.
type pairRule struct {
	single   bool // all weights are of one class
	positive bool // no weight is negative: scores are probabilities
}

func binaryOf[T float32 | float64](e *ensemble[T]) pairRule {
	b := pairRule{true, true}
	for _, w := range e.weights {
		b.single = b.single && w.target == e.weights[0].target
		negative := w.value < 0
		b.positive = b.positive && !negative
	}
	return b
}

// pair writes the scores of two classes and says which it is. Where leaves have
// weights of both classes the runtime answers the number 1 or 0 (literal)
// instead of the class of that place.
func (e *ensemble[T]) pair(rule pairRule, sums []T, has []bool, row []float32) (class int, literal bool) {
	both := has[1]
	switch {
	case len(e.base) == 2 && has[1]:
		sums[1] = e.base[1] + sums[0]
		sums[0] = -sums[1]
	case len(e.base) == 2:
		sums[0], sums[1] = sums[0]+e.base[0], sums[1]+e.base[1]
		both = true
	case len(e.base) == 1:
		sums[0] += e.base[0]
	}
	decisive := sums[0]
	if has[1] {
		decisive = sums[1]
	}
	limit := T(0)
	if rule.single && rule.positive {
		limit = 0.5
	}
	if decisive > limit {
		class = 1
	}
	row[0], row[1] = float32(sums[0]), float32(sums[1])
	switch {
	case both:
		e.end.finish(row, has)
	case e.end == probit: // the runtime leaves the other as it was
		row[0], row[1] = probit32(row[0]), 0
	case rule.single && rule.positive && e.end != logistic:
		row[0], row[1] = float32(1-sums[0]), float32(sums[0])
	case !rule.single && len(e.base) == 1:
		row[1] = 0 // the runtime writes one score and leaves the other as it was
	case e.end == logistic:
		row[0], row[1] = logistic32(-row[0]), logistic32(row[0])
	default:
		row[0], row[1] = -row[0], row[0]
	}
	return class, !rule.single
}
