package onnx

import (
	"math"
	"slices"
	"strings"

	"dasier/ml/frame"
	"dasier/ml/stage"
)

// largestNumber bounds numbers as predict.Row does; infinities are missing.
const largestNumber = 1e100

// features computes every feature: numbers as one matrix, and one per category.
func (e *emitter) features() {
	inputs, features := e.spec.Inputs, e.spec.Features
	e.cells = make([]cellAt, len(features))
	byInput := make([][]int, len(inputs))
	for j := range features {
		byInput[features[j].Input] = append(byInput[features[j].Input], j)
	}
	var names []string
	var places, numbers []int // of the features that are numbers
	var steps [][]stage.Step
	for i := range inputs {
		if len(byInput[i]) == 0 {
			continue
		}
		if inputs[i].Text {
			e.problem = unread(&e.spec, i)
			return
		}
		if inputs[i].Kind == frame.Category {
			e.category(i, byInput[i])
			continue
		}
		for _, j := range byInput[i] {
			list, _ := e.program.Spelled(j)
			places, numbers, steps = append(places, len(names)), append(numbers, j), append(steps, list)
		}
		names = append(names, inputs[i].Name)
	}
	if len(numbers) == 0 {
		return
	}
	x := e.join(names)
	// x-x is NaN for NaN and for infinities, which both mean missing.
	bounded := e.do("Min", e.do("Max", x, e.num(-largestNumber)), e.num(largestNumber))
	x = e.where(e.do("IsNaN", e.sub(x, x)), e.num(math.NaN()), bounded)
	m := e.elementwise(e.columns(matrix{x, len(names)}, places), steps)
	for k, j := range numbers {
		if e.cells[j] = (cellAt{m, k}); features[j].Op == "curve" {
			e.cells[j] = cellAt{e.line(e.columns(m, []int{k}).name, features[j].X, features[j].Y), 0}
		}
	}
}

// category looks all features of one category up by its code.
func (e *emitter) category(i int, features []int) {
	in := &e.spec.Inputs[i]
	table := make([]float64, (len(in.Levels)+2)*len(features))
	for k, j := range features {
		_, values := e.program.Spelled(j)
		for code, v := range values {
			table[code*len(features)+k] = v
		}
	}
	m := e.rowsOf(table, len(features), encode(e.graph, in))
	for k, j := range features {
		e.cells[j] = cellAt{m, k}
	}
}

// elementwise does steps to every column on its own. Columns with the same
// steps are one matrix.
func (e *emitter) elementwise(x matrix, steps [][]stage.Step) matrix {
	groups := make(map[string][]int)
	var order []string
	for j, list := range steps {
		names := make([]string, len(list))
		for k, s := range list {
			names[k] = s.Op
		}
		key := strings.Join(names, " ")
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], j)
	}
	var made []string
	var is []int // the column of x that each column of made is of
	for _, key := range order {
		members := groups[key]
		m := e.columns(x, members)
		for k := range steps[members[0]] {
			a, b := make([]float64, len(members)), make([]float64, len(members))
			for n, j := range members {
				a[n], b[n] = steps[j][k].A, steps[j][k].B
			}
			m.name = e.step(steps[members[0]][k].Op, m.name, a, b)
		}
		made, is = append(made, m.name), append(is, members...)
	}
	back := make([]int, len(is))
	for k, j := range is {
		back[j] = k
	}
	return e.columns(matrix{e.join(made), len(is)}, back)
}

// unary are steps that are one operator.
var unary = map[string]string{
	"log": "Log", "exp": "Exp", "sqrt": "Sqrt", "abs": "Abs", "sign": "Sign", "sin": "Sin", "cos": "Cos", "tanh": "Tanh",
	"negative": "Neg", "floor": "Floor", "ceil": "Ceil", "rint": "Round",
}

// step does one step with a constant or two per column.
func (e *emitter) step(op, x string, a, b []float64) string {
	if name := unary[op]; name != "" {
		return e.do(name, x)
	}
	switch op {
	case "impute":
		return e.where(e.do("IsNaN", x), e.row(a), x)
	case "replace":
		return e.where(e.same(x, a), e.row(b), x)
	case "missing":
		return e.indicator(e.do("IsNaN", x))
	case "equals":
		return e.indicator(e.same(x, a))
	case "above":
		return e.indicator(e.do("Greater", x, e.row(a)))
	case "add":
		return e.add(x, e.row(a))
	case "sub":
		return e.sub(x, e.row(a))
	case "mul":
		return e.mul(x, e.row(a))
	case "div":
		return e.div(x, e.row(a))
	case "clip": // not Clip, which takes no bound per column
		low := e.where(e.do("Less", x, e.row(a)), e.row(a), x)
		return e.where(e.do("Greater", low, e.row(b)), e.row(b), low)
	case "relu":
		return e.where(e.do("Less", x, e.num(0)), e.num(0), x)
	case "symlog":
		return e.mul(e.do("Sign", x), e.log1p(e.do("Abs", x)))
	case "year", "month", "day", "weekday", "yearday", "hour":
		return e.calendar(op, x)
	case "yeojohnson":
		return e.yeoJohnson(x, a)
	case "boxcox":
		return e.boxCox(x, a)
	}
	return e.curve(op, x)
}

// same tells where a column is its number; a missing number is a missing cell.
func (e *emitter) same(x string, a []float64) string {
	equal := e.do("Equal", x, e.row(a))
	if !slices.ContainsFunc(a, math.IsNaN) {
		return equal
	}
	missing := make([]bool, len(a))
	for k, v := range a {
		missing[k] = math.IsNaN(v)
	}
	return e.do("Or", equal, e.do("And", e.do("IsNaN", x), e.flags(missing)))
}

// curve is functions that ONNX has no operator for, or ONNX Runtime none for
// doubles, in terms of those that it has.
func (e *emitter) curve(op, x string) string { //nolint:gocyclo // a table of operations
	one := e.num(1)
	switch op {
	case "log1p":
		return e.log1p(x)
	case "expm1":
		return e.expm1(x)
	case "log2":
		return e.div(e.do("Log", x), e.num(math.Ln2))
	case "log10":
		return e.div(e.do("Log", x), e.num(math.Ln10))
	case "exp2":
		return e.do("Pow", e.num(2), x)
	case "square":
		return e.mul(x, x)
	case "cbrt":
		return e.mul(e.do("Sign", x), e.do("Pow", e.do("Abs", x), e.num(1.0/3)))
	case "reciprocal":
		return e.div(one, x)
	case "logistic":
		return e.logistic(x)
	case "tan":
		return e.div(e.do("Sin", x), e.do("Cos", x))
	case "trunc":
		return e.where(e.do("Less", x, e.num(0)), e.do("Ceil", x), e.do("Floor", x))
	case "sinh": // t = expm1|x|: (t + t/(t+1))/2
		t := e.expm1(e.do("Abs", x))
		half := e.mul(e.num(0.5), e.add(t, e.where(e.do("Equal", t, e.num(math.Inf(1))), one, e.div(t, e.add(t, one)))))
		return e.mul(e.do("Sign", x), half)
	case "cosh":
		up := e.do("Exp", e.do("Abs", x))
		return e.mul(e.num(0.5), e.add(up, e.div(one, up)))
	case "arcsinh": // log1p(|x| + x²/(1+sqrt(x²+1)))
		size := e.do("Abs", x)
		square := e.mul(size, size)
		inner := e.add(size, e.div(square, e.add(one, e.do("Sqrt", e.add(square, one)))))
		return e.mul(e.do("Sign", x), e.log1p(inner))
	case "arctanh": // log1p(2x/(1-x))/2
		return e.mul(e.num(0.5), e.log1p(e.div(e.add(x, x), e.sub(one, x))))
	}
	return e.angle(op, x)
}

// log1p is Kahan's: the error of 1+x is undone by the factor x/((1+x)-1)
// (Goldberg, What Every Computer Scientist Should Know About Floating-Point
// Arithmetic, 1991, theorem 4).
func (e *emitter) log1p(x string) string {
	u := e.add(e.num(1), x)
	small := e.sub(u, e.num(1))
	plain := e.do("Or", e.do("Equal", small, e.num(0)), e.do("Equal", u, e.num(math.Inf(1))))
	return e.where(plain, x, e.mul(e.do("Log", u), e.div(x, small)))
}

// expm1 is Kahan's as well, where u-1 cancels: (u-1) x/log(u) with u = exp(x)
// (Higham, Accuracy and Stability of Numerical Algorithms, section 1.14.1).
func (e *emitter) expm1(x string) string {
	u := e.do("Exp", x)
	small := e.sub(u, e.num(1))
	exact := e.do("Greater", e.do("Abs", x), e.num(0.7))
	corrected := e.mul(small, e.div(x, e.do("Log", u)))
	return e.where(e.do("Equal", small, e.num(0)), x, e.where(exact, small, corrected))
}

// logistic is 1/(1+exp(-x)), without losing small probabilities.
func (e *emitter) logistic(x string) string {
	shrunk := e.do("Exp", e.do("Neg", e.do("Abs", x)))
	over := e.add(e.num(1), shrunk)
	return e.where(e.do("Less", x, e.num(0)), e.div(shrunk, over), e.div(e.num(1), over))
}

// nearPower is how near a power has to be to the one that is a logarithm.
const nearPower = 0x1p-52

// yeoJohnson is stage's, with a power per column.
func (e *emitter) yeoJohnson(x string, powers []float64) string {
	up, down := make([]bool, len(powers)), make([]bool, len(powers))
	over, under := slices.Clone(powers), slices.Clone(powers)
	for k, p := range powers {
		up[k], down[k] = math.Abs(p) < nearPower, !(math.Abs(p-2) > nearPower)
		under[k] = 2 - p
		if up[k] {
			over[k] = 1 // not used
		}
		if down[k] {
			under[k] = 1
		}
	}
	one := e.num(1)
	size := e.do("Abs", x)
	raise := func(powers []float64, logs []bool) string {
		exponent := e.row(powers)
		raised := e.div(e.sub(e.do("Pow", e.add(size, one), exponent), one), exponent)
		if !slices.Contains(logs, true) {
			return raised
		}
		return e.where(e.flags(logs), e.log1p(size), raised)
	}
	return e.where(e.do("Less", x, e.num(0)), e.do("Neg", raise(under, down)), raise(over, up))
}

// boxCox is stage's, with a power per column.
func (e *emitter) boxCox(x string, powers []float64) string {
	logs, exponents := make([]bool, len(powers)), slices.Clone(powers)
	for k, p := range powers {
		if logs[k] = math.Abs(p) < 1e-19; logs[k] {
			exponents[k] = 1
		}
	}
	log := e.do("Log", x)
	raised := e.div(e.expm1(e.mul(e.row(exponents), log)), e.row(exponents))
	if !slices.Contains(logs, true) {
		return raised
	}
	return e.where(e.flags(logs), log, raised)
}
