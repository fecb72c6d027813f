package onnx

import (
	"fmt"
	"math"
	"strings"

	"dasier/ml/stage"
)

// stage writes an operation that gives so many cells.
func (e *emitter) stage(do stage.Operation, x matrix, out int) (matrix, error) {
	m, known, err := e.vectors(do, x)
	if !known && err == nil {
		m, known = e.choices(do, x)
	}
	if !known && err == nil {
		m, known, err = e.shapes(do, x)
	}
	if !known && err == nil {
		m, known, err = e.points(do, x)
	}
	switch {
	case err != nil:
		return matrix{}, err
	case !known:
		name := strings.TrimPrefix(fmt.Sprintf("%T", do), "*")
		return matrix{}, cannot("there is no form of its operation %s in ONNX", name)
	case m.width != out:
		return matrix{}, fmt.Errorf("writing %T: %d columns for %d cells", do, m.width, out)
	}
	return m, nil
}

// vectors are operations that are sums, products and functions of each cell.
func (e *emitter) vectors(do stage.Operation, x matrix) (m matrix, known bool, err error) {
	switch do := do.(type) {
	case *stage.Affine:
		if do.Center != nil {
			x.name = e.sub(x.name, e.row(do.Center))
		}
		return e.affine(x, do.Weights, do.Bias), true, nil
	case *stage.Elementwise:
		return e.elementwise(x, do.Steps()), true, nil
	case *stage.Trees:
		trees := do.Forest().Trees()
		m, err = e.ensemble(trees, x, len(trees.Base))
		return m, true, err
	case *stage.Network:
		for k := range do.Layers {
			l := &do.Layers[k]
			if x = e.affine(x, l.Weights, l.Bias); l.Activation == "softmax" {
				x = e.softmax(x)
			} else if l.Activation != "identity" {
				x.name = e.step(l.Activation, x.name, nil, nil)
			}
		}
		return x, true, nil
	case stage.Normalize:
		return e.normalize(do.Norm, x), true, nil
	case *stage.Products:
		return e.products(do, x), true, nil
	case *stage.Average:
		return e.average(do, x), true, nil
	case stage.LogShares:
		logs := e.do("Log", e.do("Max", x.name, e.num(0x1p-52)))
		n := float64(x.width)
		mean := e.mul(e.num(1/n), e.reduce("ReduceSum", logs, 1))
		return matrix{e.mul(e.num(n-1), e.sub(logs, mean)), x.width}, true, nil
	case stage.LogSum:
		return e.logSum(x), true, nil
	case stage.Within:
		inside := e.do("And", e.do("GreaterOrEqual", x.name, e.num(do.Low)), e.do("LessOrEqual", x.name, e.num(do.High)))
		return matrix{e.where(inside, x.name, e.num(math.NaN())), x.width}, true, nil
	case stage.Fill:
		first, second := e.columns(x, []int{0}).name, e.columns(x, []int{1}).name
		bounded := e.do("Min", e.do("Max", second, e.num(do.Low)), e.num(do.High))
		return matrix{e.where(e.do("IsNaN", first), bounded, first), 1}, true, nil
	case stage.Guard:
		first, guards := e.halves(x, x.width-do.Guards)
		if do.Guards == 0 {
			return x, true, nil
		}
		bad := e.do("Greater", e.reduce("ReduceMax", e.indicator(e.do("IsNaN", guards.name)), 1), e.num(0))
		return matrix{e.where(bad, e.num(math.NaN()), first.name), first.width}, true, nil
	case *stage.Unpower:
		return e.unpower(do, x), true, nil
	}
	return matrix{}, false, nil
}

// halves are the first columns and the others.
func (e *emitter) halves(x matrix, n int) (first, others matrix) {
	list := make([]int, x.width)
	for k := range list {
		list[k] = k
	}
	return e.columns(x, list[:n]), e.columns(x, list[n:])
}

// affine is W·x + bias, with a row of weights per column out.
func (e *emitter) affine(x matrix, weights, bias []float64) matrix {
	n := len(bias)
	if x.width == 0 || n == 0 {
		return matrix{e.add(e.filled(0, n).name, e.row(bias)), n}
	}
	across := make([]float64, len(weights))
	for k := range n {
		for j := range x.width {
			across[j*n+k] = weights[k*x.width+j]
		}
	}
	return matrix{e.add(e.matMul(x.name, e.table(across, x.width, n)), e.row(bias)), n}
}

func (e *emitter) softmax(x matrix) matrix {
	powers := e.do("Exp", e.sub(x.name, e.reduce("ReduceMax", x.name, 1)))
	return matrix{e.div(powers, e.reduce("ReduceSum", powers, 1)), x.width}
}

// shares divides by the sum; where that is 0, all are the same.
func (e *emitter) shares(x matrix) matrix {
	sum := e.inOrder(e.parts(x.name, 1, x.width, 1))
	return matrix{e.where(e.do("Equal", sum, e.num(0)), e.num(1/float64(x.width)), e.div(x.name, sum)), x.width}
}

func (e *emitter) normalize(norm string, x matrix) matrix {
	var size string
	switch norm {
	case stage.NormL1:
		size = e.reduce("ReduceSum", e.do("Abs", x.name), 1)
	case stage.NormL2:
		size = e.do("Sqrt", e.reduce("ReduceSum", e.mul(x.name, x.name), 1))
	default:
		size = e.reduce("ReduceMax", e.do("Abs", x.name), 1)
	}
	return matrix{e.div(x.name, e.where(e.do("Equal", size, e.num(0)), e.num(1), size)), x.width}
}

// products computes terms level by level: those of one factor, of two, …
func (e *emitter) products(p *stage.Products, x matrix) matrix {
	level, deepest := make([]int, len(p.Terms)), 0
	for k, t := range p.Terms {
		switch {
		case t.Cell < 0:
			level[k] = 0
		case t.Of < 0:
			level[k] = 1
		default:
			level[k] = level[t.Of] + 1
		}
		deepest = max(deepest, level[k])
	}
	made := make([]cellAt, len(p.Terms))
	for depth := range deepest + 1 {
		var members, cells []int
		var of []cellAt
		for k, t := range p.Terms {
			if level[k] != depth {
				continue
			}
			members, cells = append(members, k), append(cells, int(t.Cell))
			if t.Of >= 0 {
				of = append(of, made[t.Of])
			}
		}
		if len(members) == 0 {
			continue
		}
		var m matrix
		switch depth {
		case 0:
			m = e.filled(1, len(members))
		case 1:
			m = e.columns(x, cells)
		default:
			m = matrix{e.mul(e.pick(of).name, e.columns(x, cells).name), len(members)}
		}
		for n, k := range members {
			made[k] = cellAt{m, n}
		}
	}
	return e.pick(made[p.Hidden:])
}

// pick makes a matrix of columns of any matrices.
func (e *emitter) pick(from []cellAt) matrix {
	cells := e.cells
	e.cells = from
	m := e.take(cellsFrom(0, len(from)))
	e.cells = cells
	return m
}

// average adds the vectors one after the other and divides then.
func (e *emitter) average(a *stage.Average, x matrix) matrix {
	n := x.width / a.Width
	vectors, by := e.parts(x.name, 1, n, a.Width), float64(n)
	if a.Weights != nil {
		by = 0
		for i, w := range a.Weights {
			vectors[i] = e.mul(vectors[i], e.num(w))
			by += w
		}
	}
	if a.Over != 0 {
		by = a.Over
	}
	return matrix{e.div(e.inOrder(vectors), e.num(by)), a.Width}
}

func (e *emitter) logSum(x matrix) matrix {
	most := e.reduce("ReduceMax", x.name, 1)
	sum := e.reduce("ReduceSum", e.do("Exp", e.sub(x.name, most)), 1)
	// Where nothing is finite, the largest is all there is to say.
	none := e.do("IsNaN", e.sub(most, most))
	return matrix{e.where(none, most, e.add(e.do("Log", sum), most)), 1}
}

// unpower undoes a power transformation, with a power per column.
func (e *emitter) unpower(u *stage.Unpower, x matrix) matrix {
	made := make([]string, x.width)
	one := e.num(1)
	for j, c := range e.parts(x.name, 1, x.width, 1) {
		p := u.Lambdas[j]
		switch {
		case u.BoxCox && p == 0:
			made[j] = e.do("Exp", c)
		case u.BoxCox:
			made[j] = e.do("Exp", e.div(e.log1p(e.mul(e.num(p), c)), e.num(p)))
		default:
			over := e.sub(e.do("Exp", c), one)
			if math.Abs(p) >= nearPower {
				over = e.sub(e.do("Pow", e.add(e.mul(c, e.num(p)), one), e.num(1/p)), one)
			}
			under := e.sub(one, e.do("Exp", e.do("Neg", c)))
			if math.Abs(p-2) > nearPower {
				under = e.sub(one, e.do("Pow", e.add(e.mul(e.num(-(2-p)), c), one), e.num(1/(2-p))))
			}
			made[j] = e.where(e.do("Less", c, e.num(0)), under, over)
		}
	}
	return matrix{e.join(made), x.width}
}
