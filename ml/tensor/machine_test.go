package tensor

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"dasier/fault"
)

func graphOf(version int, inputs []Port, outputs []string, nodes ...Node) *Graph {
	return &Graph{Opsets: map[string]int{"": version, "ai.onnx.ml": 3}, Inputs: inputs, Outputs: outputs, Nodes: nodes, Constants: map[string]*Tensor{}}
}

func matrix(name string) Port { return Port{Name: name, Type: Float, Shape: []int{-1, 2}} }

func floatsOf(shape []int, values ...float32) Tensor {
	return Tensor{Type: Float, Shape: shape, Float: values}
}

// TestKnownValues are results worked out by hand; ONNX Runtime judges the
// operators one by one where files are read.
func TestKnownValues(t *testing.T) {
	x := floatsOf([]int{2, 2}, 1, -2, 3, 4)
	weights := &Tensor{Type: Float, Shape: []int{2, 1}, Float: []float32{0.5, 2}}
	one := &Tensor{Type: Int64, Shape: []int{1}, Int64: []int64{1}}
	for _, c := range []struct {
		name  string
		nodes []Node
		want  []float32
		shape []int
	}{
		{"relu", []Node{{Op: "Relu", Inputs: []string{"x"}, Outputs: []string{"y"}}}, []float32{1, 0, 3, 4}, []int{2, 2}},
		{"product", []Node{{Op: "MatMul", Inputs: []string{"x", "w"}, Outputs: []string{"y"}}}, []float32{-3.5, 9.5}, []int{2, 1}},
		{"sum", []Node{{Op: "ReduceSum", Inputs: []string{"x", "one"}, Outputs: []string{"y"}}}, []float32{-1, 7}, []int{2, 1}},
		{"transposed", []Node{{Op: "Transpose", Inputs: []string{"x"}, Outputs: []string{"y"}}}, []float32{1, 3, -2, 4}, []int{2, 2}},
		{"chain", []Node{
			{Op: "MatMul", Inputs: []string{"x", "w"}, Outputs: []string{"a"}},
			{Op: "Add", Inputs: []string{"x", "a"}, Outputs: []string{"b"}},
			{Op: "Neg", Inputs: []string{"b"}, Outputs: []string{"y"}},
		}, []float32{2.5, 5.5, -12.5, -13.5}, []int{2, 2}},
		{"folded", []Node{
			{Op: "Shape", Inputs: []string{"w"}, Outputs: []string{"s"}},
			{Op: "ConstantOfShape", Inputs: []string{"s"}, Outputs: []string{"z"}},
			{Op: "Concat", Inputs: []string{"z", "w"}, Outputs: []string{"y"}, Attributes: map[string]Attribute{"axis": {Kind: AttributeInt, Int: 0}}},
		}, []float32{0, 0, 0.5, 2}, []int{4, 1}},
	} {
		g := graphOf(13, []Port{matrix("x")}, []string{"y"}, c.nodes...)
		g.Constants["w"], g.Constants["one"] = weights, one
		m, err := Compile(g)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if c.name == "folded" && m.Steps() != 0 {
			t.Errorf("what is known is computed again in %d steps", m.Steps())
		}
		out := make([]Tensor, 1)
		for range 2 { // the second time in used memory
			if err := m.Run([]Tensor{x}, out); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if !slices.Equal(out[0].Float, c.want) || !slices.Equal(out[0].Shape, c.shape) {
				t.Errorf("%s: %v of shape %v, want %v of %v", c.name, out[0].Float, out[0].Shape, c.want, c.shape)
			}
		}
	}
}

// TestRefused: what is wrong with a graph is said with the node's name.
func TestRefused(t *testing.T) {
	stump := func(feature, yes int64) map[string]Attribute {
		ints := func(v ...int64) Attribute { return Attribute{Kind: AttributeInts, Ints: v} }
		return map[string]Attribute{
			"nodes_treeids": ints(0, 0, 0), "nodes_nodeids": ints(0, 1, 2), "nodes_featureids": ints(feature, 0, 0), "nodes_truenodeids": ints(yes, 0, 0), "nodes_falsenodeids": ints(2, 0, 0),
			"nodes_modes": {Kind: AttributeTexts, Texts: []string{"BRANCH_LEQ", "LEAF", "LEAF"}}, "nodes_values": {Kind: AttributeFloats, Floats: []float32{0, 0, 0}},
			"target_treeids": ints(0, 0), "target_nodeids": ints(1, 2), "target_ids": ints(0, 0), "target_weights": {Kind: AttributeFloats, Floats: []float32{1, 2}},
		}
	}
	for _, c := range []struct {
		says string
		node Node
	}{
		{"is not known here", Node{Op: "Conv", Inputs: []string{"x"}, Outputs: []string{"y"}}},
		{`domains "ai.onnx"`, Node{Op: "Relu", Domain: "org.example", Inputs: []string{"x"}, Outputs: []string{"y"}}},
		{"from operator set 18 on", Node{Op: "Mish", Inputs: []string{"x"}, Outputs: []string{"y"}}},
		{`no tensor is called "z"`, Node{Op: "Relu", Inputs: []string{"z"}, Outputs: []string{"y"}}},
		{"has 1 inputs", Node{Op: "Add", Inputs: []string{"x"}, Outputs: []string{"y"}}},
		{"type float", Node{Op: "Not", Inputs: []string{"x"}, Outputs: []string{"y"}}},
		{`two tensors are called "x"`, Node{Op: "Relu", Inputs: []string{"x"}, Outputs: []string{"x"}}},
		{"feature 2, the rows have 2", Node{Op: "TreeEnsembleRegressor", Domain: "ai.onnx.ml", Inputs: []string{"x"}, Outputs: []string{"y"}, Attributes: stump(2, 1)}},
		{"this is no tree", Node{Op: "TreeEnsembleRegressor", Domain: "ai.onnx.ml", Inputs: []string{"x"}, Outputs: []string{"y"}, Attributes: stump(1, 0)}},
		{"not there", Node{Op: "TreeEnsembleRegressor", Domain: "ai.onnx.ml", Inputs: []string{"x"}, Outputs: []string{"y"}, Attributes: stump(1, 7)}},
	} {
		c.node.Name = "culprit"
		_, err := Compile(graphOf(13, []Port{matrix("x")}, []string{"y"}, c.node))
		var known *fault.Error
		if !errors.As(err, &known) || known.Kind != fault.Invalid || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), `"culprit"`) {
			t.Errorf("%v, want %q and the node's name", err, c.says)
		}
	}
}

// TestLimits: a graph that would fill the memory or run for ever is stopped.
func TestLimits(t *testing.T) {
	huge := &Tensor{Type: Int64, Shape: []int{3}, Int64: []int64{1 << 20, 1 << 20, 1}}
	g := graphOf(13, []Port{matrix("x")}, []string{"y"}, Node{Op: "ConstantOfShape", Inputs: []string{"huge"}, Outputs: []string{"y"}})
	g.Constants["huge"] = huge
	if m, err := Compile(g); err != nil {
		t.Fatal(err) // it may never run
	} else if err := m.Run([]Tensor{floatsOf([]int{1, 2}, 1, 2)}, make([]Tensor, 1)); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("%v", err)
	}
	// Doubling forty times: 2 TB.
	nodes := []Node{{Op: "Identity", Inputs: []string{"x"}, Outputs: []string{"t0"}}}
	name := "t0"
	for i := range 40 {
		next := name + string(rune('a'+i%26))
		nodes = append(nodes, Node{Op: "Concat", Inputs: []string{name, name}, Outputs: []string{next}, Attributes: map[string]Attribute{"axis": {Kind: AttributeInt, Int: 0}}})
		name = next
	}
	m, err := Compile(graphOf(13, []Port{matrix("x")}, []string{name}, nodes...))
	if err != nil {
		t.Fatal(err)
	}
	var known *fault.Error
	if err := m.Run([]Tensor{floatsOf([]int{1, 2}, 1, 2)}, make([]Tensor, 1)); !errors.As(err, &known) || known.Kind != fault.Limited {
		t.Errorf("%v", err)
	}
}

// TestInputs: a tensor that does not fit an input is refused.
func TestInputs(t *testing.T) {
	m, err := Compile(graphOf(13, []Port{matrix("x")}, []string{"y"}, Node{Op: "Exp", Inputs: []string{"x"}, Outputs: []string{"y"}}))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]Tensor, 1)
	for _, in := range []Tensor{
		{Type: Double, Shape: []int{1, 2}, Double: []float64{1, 2}}, floatsOf([]int{1, 3}, 1, 2, 3), floatsOf([]int{2}, 1, 2), floatsOf([]int{2, 2}, 1), floatsOf([]int{-1, 2}),
	} {
		if err := m.Run([]Tensor{in}, out); err == nil {
			t.Errorf("a tensor of %s %v with %d cells is taken", in.Type, in.Shape, in.held())
		}
	}
	if err := m.Run([]Tensor{floatsOf([]int{0, 2})}, out); err != nil || out[0].Count() != 0 {
		t.Errorf("no rows: %v, %v", out[0], err)
	}
}

// TestConcurrent: one machine answers many goroutines.
func TestConcurrent(t *testing.T) {
	m, err := Compile(graphOf(13, []Port{matrix("x")}, []string{"z"},
		Node{Op: "Exp", Inputs: []string{"x"}, Outputs: []string{"y"}}, Node{Op: "Mul", Inputs: []string{"y", "x"}, Outputs: []string{"z"}}))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for k := range 8 {
		all.Go(func() {
			v := float32(k)
			out := make([]Tensor, 1)
			for range 200 {
				if err := m.Run([]Tensor{floatsOf([]int{1, 2}, v, -v)}, out); err != nil {
					t.Error(err)
					return
				}
				if want := float32(math.Exp(float64(v))) * v; out[0].Float[0] != want {
					t.Errorf("%v, want %v", out[0].Float[0], want)
				}
			}
		})
	}
	all.Wait()
}

// TestSmallFile: a file of two hundred bytes may not ask for what a large one may.
func TestSmallFile(t *testing.T) {
	nodes := []Node{
		{Op: "ConstantOfShape", Inputs: []string{"s"}, Outputs: []string{"z"}},
		{Op: "ReduceSum", Inputs: []string{"z"}, Outputs: []string{"r"}},
		{Op: "Mul", Inputs: []string{"x", "r"}, Outputs: []string{"y"}},
	}
	for size, fails := range map[int]bool{200: true, 0: false} {
		g := graphOf(13, []Port{matrix("x")}, []string{"y"}, nodes...)
		g.Constants["s"], g.Size = &Tensor{Type: Int64, Shape: []int{1}, Int64: []int64{20 << 20}}, size
		m, err := Compile(g)
		if err == nil {
			err = m.Run([]Tensor{floatsOf([]int{1, 2}, 1, 2)}, make([]Tensor, 1))
		}
		if fault.Is(err, fault.Limited) != fails {
			t.Errorf("a file of %d bytes: %v", size, err)
		}
	}
}
