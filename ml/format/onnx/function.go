package onnx

import (
	"fmt"

	"dasier/fault"
	"dasier/ml/tensor"
)

// maxCalls bounds how deep functions may call functions, and how many calls
// there may be in all.
const (
	maxCallDepth = 16
	maxCalls     = 10_000
)

// function is a FunctionProto: a graph that nodes of its name stand for.
type function struct {
	name, domain    string
	inputs, outputs []string
	nodes           []tensor.Node
	opsets          map[string]int
	defaults        map[string]tensor.Attribute
}

func decodeFunction(message []byte) (function, error) {
	fn := function{opsets: make(map[string]int), defaults: make(map[string]tensor.Attribute)}
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			fn.name = f.text()
		case 4:
			fn.inputs = append(fn.inputs, f.text())
		case 5:
			fn.outputs = append(fn.outputs, f.text())
		case 7:
			node, err := decodeNode(f.bytes, 0)
			fn.nodes = append(fn.nodes, node)
			return err
		case 9:
			return decodeOpset(f.bytes, fn.opsets)
		case 10:
			fn.domain = domain(f.text())
		case 11:
			name, a, err := decodeAttribute(f.bytes, 0)
			fn.defaults[name] = a
			return err
		}
		return nil
	})
	return fn, err
}

// inliner replaces calls of local functions by their nodes.
type inliner struct {
	functions map[[2]string]*function
	calls     int
}

func inline(m *model) error {
	in := &inliner{functions: make(map[[2]string]*function)}
	for i := range m.functions {
		fn := &m.functions[i]
		in.functions[[2]string{fn.domain, fn.name}] = fn
	}
	if len(in.functions) == 0 {
		return nil
	}
	nodes, err := in.expand(m.graph.graph.Nodes, 0)
	m.graph.graph.Nodes = nodes
	return err
}

func (in *inliner) expand(nodes []tensor.Node, depth int) ([]tensor.Node, error) {
	if depth > maxCallDepth {
		return nil, fault.Errorf(fault.Invalid, "functions call each other deeper than %d", maxCallDepth)
	}
	var out []tensor.Node
	for i := range nodes {
		n := &nodes[i]
		if err := in.bodies(n, depth); err != nil {
			return nil, err
		}
		fn := in.functions[[2]string{n.Domain, n.Op}]
		if fn == nil {
			out = append(out, *n)
			continue
		}
		if in.calls++; in.calls > maxCalls {
			return nil, fault.Errorf(fault.Limited, "there are more than %d calls of functions", maxCalls)
		}
		if len(n.Inputs) > len(fn.inputs) || len(n.Outputs) > len(fn.outputs) {
			return nil, fault.Errorf(fault.Invalid, "node %q gives %d inputs to the function %q, which has %d", n.Name, len(n.Inputs), fn.name, len(fn.inputs))
		}
		body, err := in.expand(fn.call(n, fmt.Sprintf("%s/%d/", fn.name, in.calls)), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, body...)
	}
	return out, nil
}

// bodies expands calls inside a node's own graphs.
func (in *inliner) bodies(n *tensor.Node, depth int) error {
	for _, a := range n.Attributes {
		if a.Graph == nil {
			continue
		}
		nodes, err := in.expand(a.Graph.Nodes, depth+1)
		if err != nil {
			return err
		}
		a.Graph.Nodes = nodes
	}
	return nil
}

// call copies a function's nodes for a call: its inputs and outputs take the
// call's names, what is inside gets a prefix of its own.
func (fn *function) call(n *tensor.Node, prefix string) []tensor.Node {
	names := map[string]string{"": ""}
	for i, input := range fn.inputs {
		names[input] = ""
		if i < len(n.Inputs) {
			names[input] = n.Inputs[i]
		}
	}
	var out []tensor.Node
	for i, output := range fn.outputs {
		if i >= len(n.Outputs) || n.Outputs[i] == "" {
			continue
		}
		if from, isInput := names[output]; isInput { // handed through
			out = append(out, tensor.Node{Name: n.Name, Op: "Identity", Version: 1, Inputs: []string{from}, Outputs: []string{n.Outputs[i]}})
			continue
		}
		names[output] = n.Outputs[i]
	}
	for i := range fn.nodes {
		out = append(out, renamed(&fn.nodes[i], names, prefix, fn, n))
	}
	return out
}

func renamed(from *tensor.Node, names map[string]string, prefix string, fn *function, call *tensor.Node) tensor.Node {
	n := *from
	if n.Version == 0 {
		n.Version = fn.opsets[n.Domain]
	}
	rename := func(list []string) []string {
		fresh := make([]string, len(list))
		for i, name := range list {
			known, ok := names[name]
			if !ok {
				known = prefix + name
			}
			fresh[i] = known
		}
		return fresh
	}
	n.Inputs, n.Outputs = rename(from.Inputs), rename(from.Outputs)
	n.Attributes = make(map[string]tensor.Attribute, len(from.Attributes))
	for name, a := range from.Attributes {
		if a.Kind == referred {
			given, ok := call.Attributes[a.Text]
			if !ok {
				if given, ok = fn.defaults[a.Text]; !ok {
					continue // left out, the operator has its default
				}
			}
			a = given
		}
		if a.Graph != nil {
			a.Graph = renamedGraph(a.Graph, names, prefix, fn, call)
		}
		n.Attributes[name] = a
	}
	return n
}

// renamedGraph renames a body inside a function: it may use the function's
// names.
func renamedGraph(from *tensor.Graph, names map[string]string, prefix string, fn *function, call *tensor.Node) *tensor.Graph {
	g := &tensor.Graph{Opsets: fn.opsets, Constants: make(map[string]*tensor.Tensor, len(from.Constants))}
	for _, in := range from.Inputs {
		in.Name = prefix + in.Name
		g.Inputs = append(g.Inputs, in)
	}
	for _, out := range from.Outputs {
		if known, ok := names[out]; ok {
			out = known
		} else {
			out = prefix + out
		}
		g.Outputs = append(g.Outputs, out)
	}
	for name, t := range from.Constants {
		g.Constants[prefix+name] = t
	}
	for i := range from.Nodes {
		g.Nodes = append(g.Nodes, renamed(&from.Nodes[i], names, prefix, fn, call))
	}
	return g
}
