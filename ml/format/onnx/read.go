package onnx

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"dasier/fault"
	"dasier/ml/predict"
	"dasier/ml/tensor"
)

// Hint is what a file itself may not say.
type Hint struct {
	Target  string   // the name of what is predicted
	Columns []string // names of the columns of an input that is a matrix
}

// Model is a file read.
type Model struct {
	Spec      predict.Spec
	Writer    string   // "skl2onnx 1.21.0"
	Algorithm string   // the operator that decides: "TreeEnsembleRegressor"; of a network, "MatMul"
	Parts     []string // the operators, each once, in the order of the graph
	Opsets    map[string]int
	Columns   []string // all inputs' columns, in order
	Inputs    []tensor.Port
	Outputs   []tensor.Port
	Single    bool // it computes in float32
	Fused     bool // it is trees or a linear function of the columns, and can be explained
	Machine   *tensor.Machine
}

// Read reads an ONNX file. What is not supported is refused by name, with what
// to do instead. The spec it gives compiles.
func Read(data []byte, hint Hint) (Model, error) {
	m, err := decodeModel(data)
	if err != nil {
		return Model{}, err
	}
	m.graph.graph.Size = len(data)
	machine, err := m.compile()
	if err != nil {
		return Model{}, err
	}
	g := &m.graph.graph
	read := Model{
		Writer: strings.TrimSpace(m.producer + " " + m.version), Opsets: m.opsets, Parts: parts(g), Algorithm: algorithm(g),
		Inputs: machine.Inputs(), Outputs: machine.Outputs(), Machine: machine, Single: single(machine),
	}
	if hint.Target == "" {
		hint.Target = "prediction"
	}
	a := &assembly{model: m, graph: g, machine: machine, hint: hint}
	if err := a.assemble(); err != nil {
		return Model{}, err
	}
	read.Spec, read.Columns = a.spec, a.names
	if fast, ok := a.fuse(); ok {
		read.Spec, read.Fused = fast, true
	}
	if err := predict.Check(&read.Spec); err != nil {
		return Model{}, fmt.Errorf("the model that was read does not hold together: %w", err)
	}
	return read, nil
}

// Constants is how many bytes the graph's initializers have in a file, which are
// not read for that.
func Constants(data []byte) int64 {
	total := int64(0)
	inside := func(message []byte, number protowire.Number, of func([]byte)) {
		_ = fields(message, func(f field) error { // what is damaged is for Read to tell
			if f.number == number {
				of(f.bytes)
			}
			return nil
		})
	}
	inside(data, 7, func(graph []byte) {
		inside(graph, 5, func(tensor []byte) { total += int64(len(tensor)) })
	})
	return total
}

// compile makes the graph ready to run.
func (m *model) compile() (*tensor.Machine, error) {
	if m.training {
		return nil, fault.Errorf(fault.Invalid, "the file holds what is needed for training; export the model for inference")
	}
	if err := inline(m); err != nil {
		return nil, err
	}
	g := &m.graph.graph
	for i := range g.Inputs {
		if g.Inputs[i].Type == tensor.None {
			return nil, fault.Errorf(fault.Invalid, "the input %q is a %s; export the model with tensors of numbers or texts as inputs",
				shortened(g.Inputs[i].Name), m.graph.input(g.Inputs[i].Name).what)
		}
		loosen(&g.Inputs[i])
	}
	machine, err := tensor.Compile(g)
	if err != nil {
		return nil, err
	}
	return machine, m.declared(machine)
}

// declared holds the outputs to their declared types.
func (m *model) declared(machine *tensor.Machine) error {
	for i, declared := range m.graph.outputs {
		if made := machine.Outputs()[i].Type; declared.what == "tensor" && declared.Type != made {
			return fault.Errorf(fault.Invalid, "the output %q is declared as %s, and the graph makes %s: the file is broken, as ONNX Runtime says too; export it again",
				shortened(declared.Name), declared.Type, made)
		}
	}
	return nil
}

func (g *graphProto) input(name string) *valueInfo {
	for i := range g.inputs {
		if g.inputs[i].Name == name {
			return &g.inputs[i]
		}
	}
	return &valueInfo{}
}

// loosen frees the axis of rows: writers put 0 there for "any number".
func loosen(in *tensor.Port) {
	if len(in.Shape) > 0 && in.Shape[0] == 0 {
		in.Shape[0] = -1
	}
}

func parts(g *tensor.Graph) []string {
	var list []string
	for i := range g.Nodes {
		if op := g.Nodes[i].Op; !slices.Contains(list, op) {
			list = append(list, op)
		}
	}
	return list
}

// deciders are operators that name a model, the most telling first.
var deciders = []string{
	"TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble", "SVMClassifier", "SVMRegressor",
	"LinearClassifier", "LinearRegressor", "TopK", "Gemm", "MatMul", "OneHotEncoder", "LabelEncoder", "Scaler", "Imputer", "Normalizer",
}

func algorithm(g *tensor.Graph) string {
	for _, op := range deciders {
		for i := range g.Nodes {
			if g.Nodes[i].Op == op {
				return op
			}
		}
	}
	if len(g.Nodes) > 0 {
		return g.Nodes[len(g.Nodes)-1].Op
	}
	return "Identity"
}

// single tells whether any answer is float32.
func single(m *tensor.Machine) bool {
	return slices.ContainsFunc(m.Outputs(), func(p tensor.Port) bool { return p.Type == tensor.Float })
}
