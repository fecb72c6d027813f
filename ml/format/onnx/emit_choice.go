package onnx

import (
	"math"

	"dasier/ml/stage"
)

// choices are operations that make classes and probabilities of scores.
func (e *emitter) choices(do stage.Operation, x matrix) (m matrix, known bool) {
	switch do := do.(type) {
	case stage.Complement:
		return matrix{e.join([]string{e.sub(e.num(1), x.name), x.name}), 2}, true
	case stage.Softmax:
		return e.softmax(x), true
	case stage.OneVsAll:
		return e.shares(matrix{e.logistic(x.name), x.width}), true
	case stage.Shares:
		return e.shares(x), true
	case stage.Largest:
		return matrix{e.cast(e.place("ArgMax", x.name, false), typeDouble), 1}, true
	case stage.LastLargest:
		return matrix{e.cast(e.place("ArgMax", x.name, true), typeDouble), 1}, true
	case stage.Smallest:
		return matrix{e.cast(e.place("ArgMin", x.name, false), typeDouble), 1}, true
	case stage.Cut:
		op := "GreaterOrEqual"
		if do.Above {
			op = "Greater"
		}
		return matrix{e.indicator(e.do(op, x.name, e.num(do.At))), 1}, true
	case stage.Cap:
		over := e.do("And", e.do("Greater", x.name, e.num(1)), e.do("LessOrEqual", x.name, e.num(1+1e-5)))
		return matrix{e.where(over, e.num(1), x.name), x.width}, true
	case *stage.Lookup:
		inside := e.do("And", e.do("GreaterOrEqual", x.name, e.num(0)), e.do("Less", x.name, e.num(float64(len(do.Table)))))
		at := e.cast(e.where(inside, x.name, e.num(0)), typeInt64)
		return matrix{e.where(inside, e.lookUp(do.Table, at), e.num(math.NaN())), 1}, true
	case *stage.Scatter:
		return e.scatter(do, x), true
	case *stage.Ballot:
		return e.ballot(do, x), true
	case stage.Votes, stage.OneVsRest, stage.Tournament:
		return e.pairs(do, x), true
	case *stage.Median:
		return e.median(do, x), true
	case *stage.Tables:
		return e.sumTables(do, x), true
	case *stage.Encodings:
		return e.encodings(do, x), true
	case *stage.Coupling:
		return e.coupling(do, x), true
	case *stage.Bisection:
		return e.bisection(do, x), true
	}
	return matrix{}, false
}

// scatter takes the columns, and zeros for the places that get none.
func (e *emitter) scatter(s *stage.Scatter, x matrix) matrix {
	places := make([]int, s.Width)
	for k := range places {
		places[k] = x.width
	}
	for j, to := range s.To {
		places[to] = j
	}
	with := matrix{e.join([]string{x.name, e.filled(0, 1).name}), x.width + 1}
	return e.columns(with, places)
}

// ballot adds the votes voter by voter.
func (e *emitter) ballot(b *stage.Ballot, x matrix) matrix {
	classes := make([]float64, b.Classes)
	for k := range classes {
		classes[k] = float64(k)
	}
	names := e.rowOf("classes", classes)
	votes := e.parts(x.name, 1, x.width, 1)
	for i, place := range votes {
		weight := 1.0
		if b.Weights != nil {
			weight = b.Weights[i]
		}
		votes[i] = e.where(e.do("Equal", place, names), e.num(weight), e.num(b.Against*weight))
	}
	sum := e.inOrder(votes)
	if b.Over != 0 {
		sum = e.div(sum, e.num(b.Over))
	}
	return matrix{sum, b.Classes}
}

// pairs counts what pairs of classes vote for, and adds how surely.
func (e *emitter) pairs(do stage.Operation, x matrix) matrix {
	var classes int
	switch do := do.(type) {
	case stage.Votes:
		classes = do.Classes
	case stage.OneVsRest:
		classes = do.Classes
	case stage.Tournament:
		classes = do.Classes
	}
	n := classes * (classes - 1) / 2
	first, second, signs := make([]float64, n*classes), make([]float64, n*classes), make([]float64, n*classes)
	p := 0
	for i := range classes {
		for j := i + 1; j < classes; j++ {
			first[p*classes+i], second[p*classes+j] = 1, 1
			signs[p*classes+i], signs[p*classes+j] = 1, -1
			p++
		}
	}
	count := func(forFirst, forSecond string) string {
		return e.add(e.matMul(e.indicator(forFirst), e.table(first, n, classes)), e.matMul(e.indicator(forSecond), e.table(second, n, classes)))
	}
	squeezed := func(sums string) string {
		return e.div(sums, e.mul(e.num(3), e.add(e.do("Abs", sums), e.num(1))))
	}
	switch do.(type) {
	case stage.Votes:
		won := e.do("Greater", x.name, e.num(0))
		votes := count(won, e.do("Not", won))
		return matrix{e.cast(e.place("ArgMax", votes, false), typeDouble), 1}
	case stage.OneVsRest:
		lost := e.do("Less", x.name, e.num(0))
		sums := e.matMul(x.name, e.table(signs, n, classes))
		return matrix{e.add(count(e.do("Not", lost), lost), squeezed(sums)), classes}
	}
	winners, sure := e.halves(x, n)
	sums := e.do("Neg", e.matMul(sure.name, e.table(signs, n, classes)))
	votes := count(e.do("Equal", winners.name, e.num(0)), e.do("Equal", winners.name, e.num(1)))
	return matrix{e.add(votes, squeezed(sums)), classes}
}

// median sorts the cells and takes the first that has half of the weights
// before it and with it.
func (e *emitter) median(m *stage.Median, x matrix) matrix {
	values, places := e.sorted(x.name, int64(x.width))
	weights := e.node("CumSum", []string{e.lookUp(m.Weights, places), e.constant("axis", typeInt64, nil, int64s([]int64{1}))})
	half := e.mul(e.num(0.5), e.columns(matrix{weights, x.width}, []int{x.width - 1}).name)
	at := e.place("ArgMax", e.indicator(e.do("GreaterOrEqual", weights, half)), false)
	return matrix{e.node("GatherElements", []string{values, at}, intAttribute("axis", 1)), 1}
}

// sorted gives the smallest of each row, ascending, and where they were.
func (e *emitter) sorted(x string, count int64) (values, places string) {
	values, places = e.fresh("smallest"), e.fresh("places")
	e.nodeOf([]string{values, places}, "", "TopK", []string{x, e.ints(count)}, intAttribute("axis", 1), intAttribute("largest", 0), intAttribute("sorted", 1))
	return values, places
}

// sumTables adds a row of each column's table, missing where there is no row.
func (e *emitter) sumTables(t *stage.Tables, x matrix) matrix {
	n := len(t.Bias)
	parts := []string{e.row(t.Bias)}
	if n > 1 && len(t.Tables) == 0 {
		return matrix{e.add(e.filled(0, n).name, e.row(t.Bias)), n}
	}
	for j, c := range e.parts(x.name, 1, x.width, 1) {
		inside := e.do("And", e.do("Greater", c, e.num(-1)), e.do("Less", c, e.num(float64(len(t.Tables[j])/n))))
		at := e.cast(e.where(inside, c, e.num(0)), typeInt64)
		parts = append(parts, e.where(inside, e.rowsOf(t.Tables[j], n, at).name, e.num(math.NaN())))
	}
	return matrix{e.inOrder(parts), n}
}

// encodings compares each column with its keys.
func (e *emitter) encodings(l *stage.Encodings, x matrix) matrix {
	parts := e.parts(x.name, 1, x.width, 1)
	for j, t := range l.Tables {
		if t == nil {
			continue
		}
		c, made := parts[j], e.num(t.Other)
		if len(t.Keys) > 0 {
			equal := e.indicator(e.do("Equal", c, e.rowOf("keys", t.Keys)))
			found := e.do("Greater", e.reduce("ReduceMax", equal, 1), e.num(0))
			made = e.where(found, e.lookUp(t.Values, e.place("ArgMax", equal, false)), made)
		}
		parts[j] = e.where(e.do("IsNaN", c), e.num(t.Missing), made)
	}
	return matrix{e.join(parts), x.width}
}

// bisection goes down as many times as the tree is deep; who is at a leaf stays.
func (e *emitter) bisection(b *stage.Bisection, x matrix) matrix {
	n := len(b.Left)
	depth, deepest := make([]int, n), 0
	left, right := make([]int64, n), make([]int64, n)
	for i := range n {
		left[i], right[i] = int64(i), int64(i)
		if b.Left[i] >= 0 {
			left[i], right[i] = int64(b.Left[i]), int64(b.Right[i])
			depth[b.Left[i]], depth[b.Right[i]] = depth[i]+1, depth[i]+1
		}
		deepest = max(deepest, depth[i])
	}
	lefts := e.constant("left", typeInt64, []int64{int64(n)}, int64s(left))
	rights := e.constant("right", typeInt64, []int64{int64(n)}, int64s(right))
	points := e.table(b.Points, n, x.width)
	distance := func(to string) string {
		d := e.sub(x.name, e.do("Gather", points, to))
		return e.folded("ReduceSum", e.mul(d, d), 1)
	}
	at := e.cast(e.reshape(e.filled(0, 1).name, -1), typeInt64) // [N]
	for range deepest {
		l, r := e.do("Gather", lefts, at), e.do("Gather", rights, at)
		at = e.where(e.do("Less", distance(r), distance(l)), r, l)
	}
	return matrix{e.reshape(e.lookUp(b.Label, at), -1, 1), 1}
}
