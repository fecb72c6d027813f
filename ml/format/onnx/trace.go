package onnx

import (
	"slices"
	"strconv"

	"dasier/ml/tensor"
)

// tracer follows texts through a graph: which columns of which inputs a tensor
// of texts holds, and which constants these are compared with.
type tracer struct {
	graph   *tensor.Graph
	columns map[string][]set // per tensor of texts: per column, the inputs that it may come from
	levels  [][]string       // per input: the constants, in the order met
	met     []map[string]bool
	makers  map[string]*tensor.Node
	strict  []bool // per input: an encoder refuses what it does not know
	numeric []bool // per input: it is read as a number
}

// set is inputs by their number.
type set []int

func (s set) with(more set) set {
	for _, i := range more {
		if !slices.Contains(s, i) {
			s = append(s, i)
		}
	}
	return s
}

// trace follows the texts of a graph.
func trace(g *tensor.Graph) *tracer {
	t := &tracer{
		graph: g, columns: make(map[string][]set), makers: makersOf(g), met: make([]map[string]bool, len(g.Inputs)),
		levels: make([][]string, len(g.Inputs)), strict: make([]bool, len(g.Inputs)), numeric: make([]bool, len(g.Inputs)),
	}
	for i := range g.Inputs {
		if g.Inputs[i].Type != tensor.String {
			continue
		}
		width := 1
		if shape := g.Inputs[i].Shape; len(shape) == 2 && shape[1] > 0 {
			width = shape[1]
		}
		for range width {
			t.columns[g.Inputs[i].Name] = append(t.columns[g.Inputs[i].Name], set{i})
		}
	}
	for i := range g.Nodes {
		t.node(&g.Nodes[i])
	}
	return t
}

func (t *tracer) node(n *tensor.Node) {
	var from []set
	for _, name := range n.Inputs {
		from = append(from, t.columns[name]...)
	}
	if len(from) == 0 || len(n.Outputs) == 0 {
		return
	}
	all := set(nil)
	for _, s := range from {
		all = all.with(s)
	}
	switch n.Op {
	case "OneHotEncoder":
		t.compare(all, n.Attributes["cats_strings"].Texts)
		for _, i := range all {
			t.strict[i] = t.strict[i] || n.Attributes["zeros"].Kind != 0 && n.Attributes["zeros"].Int == 0
		}
	case "LabelEncoder", "CategoryMapper":
		for _, name := range []string{"keys_strings", "classes_strings", "cats_strings"} {
			t.compare(all, n.Attributes[name].Texts)
		}
		if keys := n.Attributes["keys_tensor"].Tensor; keys != nil {
			t.compare(all, keys.String)
		}
	case "Equal":
		for _, name := range n.Inputs {
			if c := t.constant(name); c != nil {
				t.compare(all, c.String)
			}
		}
	case "Cast":
		for _, i := range all {
			t.numeric[i] = t.numeric[i] || n.Attributes["to"].Int != 8
		}
		t.columns[n.Outputs[0]] = from
	case "Identity", "Concat", "Flatten", "Reshape", "Squeeze", "Unsqueeze":
		t.columns[n.Outputs[0]] = from
	case "ArrayFeatureExtractor", "Gather":
		t.columns[n.Outputs[0]] = t.pick(n, from, all)
	case "Split":
		t.split(n, from, all)
	default:
		for _, name := range n.Outputs {
			t.columns[name] = []set{all}
		}
	}
}

// compare notes constants as levels of inputs.
func (t *tracer) compare(inputs set, texts []string) {
	for _, i := range inputs {
		if t.met[i] == nil {
			t.met[i] = make(map[string]bool)
		}
		for _, text := range texts {
			if text != "" && !t.met[i][text] {
				t.met[i][text] = true
				t.levels[i] = append(t.levels[i], text)
			}
		}
	}
}

// constant is a tensor that is known: an initializer, or a Constant's value.
func (t *tracer) constant(name string) *tensor.Tensor {
	if c := t.graph.Constants[name]; c != nil {
		return c
	}
	if n := t.makers[name]; n != nil && n.Op == "Constant" {
		return n.Attributes["value"].Tensor
	}
	return nil
}

// pick is the columns that a node takes by constant places.
func (t *tracer) pick(n *tensor.Node, from []set, all set) []set {
	if len(n.Inputs) == 2 {
		if places := t.constant(n.Inputs[1]); places != nil && places.Type == tensor.Int64 {
			var picked []set
			for _, p := range places.Int64 {
				if p < 0 {
					p += int64(len(from))
				}
				if p < 0 || p >= int64(len(from)) {
					return []set{all}
				}
				picked = append(picked, from[p])
			}
			return picked
		}
	}
	return []set{all}
}

// split gives each output its columns; equal parts unless said otherwise.
func (t *tracer) split(n *tensor.Node, from []set, all set) {
	lengths := n.Attributes["split"].Ints
	if len(n.Inputs) > 1 {
		if c := t.constant(n.Inputs[1]); c != nil {
			lengths = c.Int64
		}
	}
	begin := 0
	for i, name := range n.Outputs {
		width := len(from) / len(n.Outputs)
		if i < len(lengths) {
			width = int(lengths[i])
		}
		if width < 0 || begin+width > len(from) {
			t.columns[name] = []set{all}
			continue
		}
		t.columns[name] = from[begin : begin+width]
		begin += width
	}
}

// makersOf finds the node that makes each tensor; inputs and constants have
// none.
func makersOf(g *tensor.Graph) map[string]*tensor.Node {
	makers := make(map[string]*tensor.Node)
	for i := range g.Nodes {
		for _, name := range g.Nodes[i].Outputs {
			makers[name] = &g.Nodes[i]
		}
	}
	delete(makers, "")
	return makers
}

// classesOf are the labels that an output may have, in the order of the columns
// of scores: found by going back from it to the first list of so many (0: any
// number of at least two) classes.
func (t *tracer) classesOf(output string, count int) (texts []string, ints []int64) {
	fits := func(n int) bool { return n >= 2 && (count == 0 || n == count) }
	seen := map[string]bool{}
	for todo := []string{output}; len(todo) > 0; todo = todo[1:] {
		if seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		if c := t.graph.Constants[todo[0]]; c != nil {
			if c.Type == tensor.String && fits(len(c.String)) {
				return c.String, nil
			}
			if c.Type == tensor.Int64 && fits(len(c.Int64)) && distinct(c.Int64) {
				return nil, c.Int64
			}
			continue
		}
		n := t.makers[todo[0]]
		if n == nil {
			continue
		}
		for _, name := range []string{"classlabels_strings", "values_strings", "classes_strings"} {
			if list := n.Attributes[name].Texts; fits(len(list)) {
				return list, nil
			}
		}
		for _, name := range []string{"classlabels_int64s", "classlabels_ints", "values_int64s"} {
			if list := n.Attributes[name].Ints; fits(len(list)) {
				return nil, list
			}
		}
		if value := n.Attributes["value"].Tensor; value != nil && value.Type == tensor.String && fits(len(value.String)) {
			return value.String, nil
		}
		todo = append(todo, n.Inputs...)
	}
	return nil, nil
}

func distinct(list []int64) bool {
	seen := make(map[int64]bool, len(list))
	for _, v := range list {
		if seen[v] {
			return false
		}
		seen[v] = true
	}
	return true
}

// spelled writes integer classes as texts.
func spelled(ints []int64) []string {
	texts := make([]string, len(ints))
	for i, v := range ints {
		texts[i] = strconv.FormatInt(v, 10)
	}
	return texts
}
