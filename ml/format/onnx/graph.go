package onnx

import (
	"fmt"

	"dasier/ml/predict"
)

// graph is a GraphProto under construction. Its methods add a node and give
// the name of its output.
type graph struct {
	nodes, initializers, inputs []message
	taken                       map[string]bool // names of tensors
	count                       int
}

func newGraph(p *predict.Program) *graph {
	g := &graph{taken: make(map[string]bool)}
	for _, in := range p.Inputs() {
		g.taken[in.Name] = true
	}
	return g
}

// fresh makes a name that no tensor has yet.
func (g *graph) fresh(what string) string {
	for {
		g.count++
		name := fmt.Sprintf("%s_%d", what, g.count)
		if !g.taken[name] {
			g.taken[name] = true
			return name
		}
	}
}

func (g *graph) node(op string, inputs []string, attributes ...message) string {
	return g.nodeAs(g.fresh(op), "", op, inputs, attributes...)
}

func (g *graph) nodeAs(output, domain, op string, inputs []string, attributes ...message) string {
	g.nodeOf([]string{output}, domain, op, inputs, attributes...)
	return output
}

// nodeOf adds a node with several outputs. An attribute of nil is none.
func (g *graph) nodeOf(outputs []string, domain, op string, inputs []string, attributes ...message) {
	var m message
	for _, input := range inputs {
		m.text(1, input)
	}
	for _, output := range outputs {
		m.text(2, output)
	}
	m.text(3, "make_"+outputs[0])
	m.text(4, op)
	for _, attribute := range attributes {
		if attribute != nil {
			m.raw(5, attribute)
		}
	}
	if domain != "" {
		m.text(7, domain)
	}
	g.nodes = append(g.nodes, m)
}

func (g *graph) constant(what string, elem int64, dims []int64, raw []byte) string {
	name := g.fresh(what)
	g.initializers = append(g.initializers, tensorMessage(name, elem, dims, raw))
	return name
}

// texts is a list of texts.
func (g *graph) texts(values []string) string {
	name := g.fresh("texts")
	var m message
	m.number(1, int64(len(values)))
	m.number(2, typeString)
	for _, v := range values {
		m.text(6, v)
	}
	m.text(8, name)
	g.initializers = append(g.initializers, m)
	return name
}

// rowOf is a constant of shape [1, n], which broadcasts over rows.
func (g *graph) rowOf(what string, values []float64) string {
	return g.constant(what, typeDouble, []int64{1, int64(len(values))}, doubles(values))
}

func (g *graph) scalar(what string, value float64) string {
	return g.constant(what, typeDouble, []int64{1, 1}, doubles([]float64{value}))
}

// concat joins [N, 1] columns into one matrix.
func (g *graph) concat(columns []string) string {
	return g.node("Concat", columns, intAttribute("axis", 1))
}

// sum adds up the columns of a matrix into [N, 1].
func (g *graph) sum(matrix string) string {
	axes := g.constant("axes", typeInt64, []int64{1}, int64s([]int64{1}))
	return g.node("ReduceSum", []string{matrix, axes}, intAttribute("keepdims", 1))
}

func (g *graph) bytes(name, doc string, outputs []message) message {
	var m message
	for _, node := range g.nodes {
		m.raw(1, node)
	}
	m.text(2, name)
	for _, initializer := range g.initializers {
		m.raw(5, initializer)
	}
	m.text(10, doc)
	for _, input := range g.inputs {
		m.raw(11, input)
	}
	for _, output := range outputs {
		m.raw(12, output)
	}
	return m
}
