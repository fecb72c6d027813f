package onnx

import (
	"fmt"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/predict"
)

// emitter writes a program as a graph. Cells of a row become columns of
// matrices: the features are a few, and each stage is one.
type emitter struct {
	*graph
	program *predict.Program
	spec    predict.Spec
	cells   []cellAt // where each cell is
	scalars map[uint64]string
	lists   map[string]string
	single  map[string]bool // constants of one number
	scaled  map[string]bool // products and quotients with one of these
	product map[string]bool // matrix products
	trees   bool            // ai.onnx.ml 5 is needed
	problem error           // the first of what cannot be carried
	rows    string
}

// matrix is a tensor of doubles, of shape [N, width].
type matrix struct {
	name  string
	width int
}

// cellAt is one column of a matrix.
type cellAt struct {
	of matrix
	at int
}

func newEmitter(p *predict.Program) *emitter {
	return &emitter{
		graph: newGraph(p), program: p, spec: p.Spec(),
		scalars: make(map[uint64]string), lists: make(map[string]string),
		single: make(map[string]bool), scaled: make(map[string]bool), product: make(map[string]bool),
	}
}

// cannot is what ONNX cannot carry.
func cannot(format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "the model is not written as ONNX: %s; deploy it as it is, or keep the file that it was read from", fmt.Sprintf(format, args...))
}

// score gives the estimator's scores: one column, or one per class or target.
func (e *emitter) score() (matrix, error) {
	if e.program.Fused() {
		return matrix{addAll(e.graph, e.program, e.program.Terms()), 1}, nil
	}
	if e.features(); e.problem != nil {
		return matrix{}, e.problem
	}
	for k := range e.spec.Stages {
		s := &e.spec.Stages[k]
		out, err := s.Do.Check(len(s.From))
		if err != nil {
			return matrix{}, err
		}
		made, err := e.stage(s.Do, e.take(s.From), out)
		if err != nil {
			return matrix{}, err
		}
		e.keep(made)
	}
	return e.estimator()
}

// estimator computes the scores of the cells.
func (e *emitter) estimator() (matrix, error) {
	s := &e.spec
	if s.Answer != nil {
		return e.take(s.Answer.Scores), nil
	}
	takes := s.Takes
	if takes == nil {
		takes = cellsFrom(0, len(s.Features))
	}
	x := e.take(takes)
	if trees := e.program.Trees(); trees != nil {
		return e.ensemble(trees, x, len(trees.Base))
	}
	linears := e.program.Linears()
	weights, bias := make([]float64, 0, x.width*len(linears)), make([]float64, len(linears))
	for k := range linears {
		weights, bias[k] = append(weights, linears[k].Weights...), linears[k].Bias
	}
	return e.affine(x, weights, bias), nil
}

// keep appends a matrix's columns to the cells.
func (e *emitter) keep(m matrix) {
	for k := range m.width {
		e.cells = append(e.cells, cellAt{m, k})
	}
}

// take makes a matrix of cells: where they are one whole matrix, that.
func (e *emitter) take(from []int32) matrix {
	var parts []string
	for i := 0; i < len(from); {
		of := e.cells[from[i]].of
		var places []int
		for ; i < len(from) && e.cells[from[i]].of == of; i++ {
			places = append(places, e.cells[from[i]].at)
		}
		parts = append(parts, e.columns(of, places).name)
	}
	return matrix{e.join(parts), len(from)}
}

// join puts matrices side by side.
func (e *emitter) join(parts []string) string {
	switch len(parts) {
	case 0: // an operation of nothing: a matrix without columns
		shape := e.node("Concat", []string{e.rowCount(), e.ints(0)}, intAttribute("axis", 0))
		return e.node("ConstantOfShape", []string{shape}, tensorAttribute("value", tensorMessage("", typeDouble, []int64{1}, doubles([]float64{0}))))
	case 1:
		return parts[0]
	}
	return e.concat(parts)
}

// columns picks columns of a matrix.
func (e *emitter) columns(m matrix, places []int) matrix {
	whole := len(places) == m.width
	list := make([]int64, len(places))
	for k, at := range places {
		whole = whole && at == k
		list[k] = int64(at)
	}
	if whole {
		return m
	}
	return matrix{e.node("Gather", []string{m.name, e.ints(list...)}, intAttribute("axis", 1)), len(places)}
}

// The rest are short forms for nodes and constants.

func (e *emitter) do(op string, inputs ...string) string { return e.node(op, inputs) }

// num is a constant of shape [1, 1], made once.
func (e *emitter) num(v float64) string {
	bits := math.Float64bits(v)
	if e.scalars[bits] == "" {
		e.scalars[bits] = e.scalar("number", v)
		e.single[e.scalars[bits]] = true
	}
	return e.scalars[bits]
}

// row is a constant of shape [1, n], or one number where all are the same.
func (e *emitter) row(values []float64) string {
	if len(values) > 0 && !slices.ContainsFunc(values, func(v float64) bool { return math.Float64bits(v) != math.Float64bits(values[0]) }) {
		return e.num(values[0])
	}
	return e.rowOf("row", values)
}

// table is a constant of any shape.
func (e *emitter) table(values []float64, shape ...int) string {
	dims := make([]int64, len(shape))
	for k, d := range shape {
		dims[k] = int64(d)
	}
	return e.constant("table", typeDouble, dims, doubles(values))
}

// ints is a list of integers, made once.
func (e *emitter) ints(values ...int64) string {
	key := fmt.Sprint(values)
	if e.lists[key] == "" {
		e.lists[key] = e.constant("list", typeInt64, []int64{int64(len(values))}, int64s(values))
	}
	return e.lists[key]
}

// flags is a constant of truth values, of shape [1, n].
func (e *emitter) flags(values []bool) string {
	raw := make([]byte, len(values))
	for k, v := range values {
		if v {
			raw[k] = 1
		}
	}
	return e.constant("flags", typeBool, []int64{1, int64(len(values))}, raw)
}

func (e *emitter) cast(x string, kind int64) string {
	return e.node("Cast", []string{x}, intAttribute("to", kind))
}

// indicator is 1 where true, else 0.
func (e *emitter) indicator(x string) string { return e.cast(x, typeDouble) }

// rounded is a double as float32 holds it.
func (e *emitter) rounded(x string) string { return e.cast(e.cast(x, typeFloat), typeDouble) }

func (e *emitter) where(condition, yes, no string) string {
	return e.node("Where", []string{condition, yes, no})
}

// is tells whether a tensor is one number. What changes nothing is not written:
// ONNX Runtime takes it away, and see scale.
func (e *emitter) is(x string, v float64) bool { return x == e.scalars[math.Float64bits(v)] }

func (e *emitter) add(a, b string) string {
	if e.is(b, 0) {
		return a
	}
	return e.do("Add", a, b)
}

func (e *emitter) sub(a, b string) string {
	if e.is(b, 0) {
		return a
	}
	return e.do("Sub", a, b)
}

func (e *emitter) mul(a, b string) string { return e.scale("Mul", a, b) }
func (e *emitter) div(a, b string) string { return e.scale("Div", a, b) }

// scale multiplies or divides. ONNX Runtime makes one operator of a matrix
// product and a constant that it is multiplied with, and keeps the constant in
// float32: where the two would meet, apart stands between.
func (e *emitter) scale(op, a, b string) string {
	if e.is(b, 1) {
		return a
	}
	if !e.single[a] && !e.single[b] {
		return e.do(op, a, b)
	}
	for _, x := range []*string{&a, &b} {
		if e.product[*x] {
			*x = e.apart(*x)
		}
	}
	y := e.do(op, a, b)
	e.scaled[y] = true
	return y
}

// matMul is the product of two matrices.
func (e *emitter) matMul(a, b string) string {
	if e.scaled[a] {
		a = e.apart(a)
	}
	y := e.do("MatMul", a, b)
	e.product[y] = true
	return y
}

// apart changes nothing, which ONNX Runtime does not see.
func (e *emitter) apart(x string) string { return e.do("Max", x, e.num(math.Inf(-1))) }

//nolint:unparam // the axis is said at every call, as the operators say it
func (e *emitter) reduce(op, x string, axis int64) string {
	return e.node(op, []string{x, e.ints(axis)}, intAttribute("keepdims", 1))
}

// folded is reduce without the axis that is left with one cell.
func (e *emitter) folded(op, x string, axis int64) string {
	return e.node(op, []string{x, e.ints(axis)}, intAttribute("keepdims", 0))
}

// place is where the largest or the smallest of a row is (ArgMax, ArgMin), of
// shape [N, 1].
func (e *emitter) place(op, x string, last bool) string {
	which := int64(0)
	if last {
		which = 1
	}
	return e.node(op, []string{x}, intAttribute("axis", 1), intAttribute("keepdims", 1), intAttribute("select_last_index", which))
}

func (e *emitter) reshape(x string, shape ...int64) string {
	return e.do("Reshape", x, e.ints(shape...))
}

// tall gives every column an axis of its own to be compared with many: [N, d, 1].
func (e *emitter) tall(x string) string { return e.do("Unsqueeze", x, e.ints(2)) }

// among sees a row as one of many: [N, 1, d].
func (e *emitter) among(x string) string { return e.do("Unsqueeze", x, e.ints(1)) }

// lookUp picks from a list of numbers; places are integers of any shape.
func (e *emitter) lookUp(values []float64, places string) string {
	return e.do("Gather", e.table(values, len(values)), places)
}

// rowsOf picks rows, each width numbers, of a table; places are of shape [N, 1].
func (e *emitter) rowsOf(table []float64, width int, places string) matrix {
	t := e.table(table, len(table)/max(width, 1), width)
	return matrix{e.do("Gather", t, e.reshape(places, -1)), width}
}

// rowCount is the number of rows, a list of one integer.
func (e *emitter) rowCount() string {
	if e.rows == "" {
		shape := e.do("Shape", e.program.Inputs()[0].Name)
		e.rows = e.do("Gather", shape, e.ints(0))
	}
	return e.rows
}

// filled is a matrix of one number.
func (e *emitter) filled(v float64, width int) matrix {
	shape := e.node("Concat", []string{e.rowCount(), e.ints(int64(width))}, intAttribute("axis", 0))
	return matrix{e.do("Expand", e.num(v), shape), width}
}

// parts splits a tensor along an axis into so many of one size.
func (e *emitter) parts(x string, axis int64, count, size int) []string {
	if count == 1 {
		return []string{x}
	}
	sizes, names := make([]int64, count), make([]string, count)
	for k := range sizes {
		sizes[k], names[k] = int64(size), e.fresh("part")
	}
	e.nodeOf(names, "", "Split", []string{x, e.ints(sizes...)}, intAttribute("axis", axis))
	return names
}

// inOrder adds tensors one after the other: no other order rounds the same, and
// a tie of two classes has to stay one.
func (e *emitter) inOrder(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return e.node("Sum", parts)
}
