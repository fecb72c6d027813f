package onnx

import (
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"dasier/fault"
	"dasier/ml/tensor"
)

// maxBodies bounds how deep graphs may lie in attributes of nodes of graphs.
const maxBodies = 4

// model is a ModelProto, decoded.
type model struct {
	ir        int64
	producer  string
	version   string // the producer's
	opsets    map[string]int
	metadata  map[string]string
	graph     graphProto
	functions []function
	training  bool
}

// graphProto is a GraphProto: a tensor.Graph with what the file says of its
// ends.
type graphProto struct {
	name    string
	graph   tensor.Graph
	outputs []valueInfo
	inputs  []valueInfo
}

// valueInfo is the declaration of an input or an output.
type valueInfo struct {
	tensor.Port
	what string // "tensor", "sequence", "map", "optional", "sparse tensor"
}

// Is tells whether data look like an ONNX file: a message that begins with
// ir_version, a small number, as every known writer's does, or one whose fields
// are a ModelProto's and among which there is a graph.
func Is(data []byte) bool {
	var ir, graph, other bool
	for len(data) > 0 && (!ir || !graph) {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return false
		}
		value := protowire.ConsumeFieldValue(number, kind, data[n:])
		if value < 0 {
			return false
		}
		data = data[n+value:]
		ir = ir || number == 1 && kind == protowire.VarintType
		graph = graph || number == 7 && kind == protowire.BytesType
		other = other || number > 25
	}
	return ir && graph && !other
}

func decodeModel(data []byte) (*model, error) {
	m := &model{opsets: make(map[string]int), metadata: make(map[string]string)}
	var graph []byte
	err := fields(data, func(f field) error {
		switch f.number {
		case 1:
			m.ir = f.int()
		case 2:
			m.producer = f.text()
		case 3:
			m.version = f.text()
		case 7:
			graph = f.bytes
		case 8:
			return decodeOpset(f.bytes, m.opsets)
		case 14:
			return decodePair(f.bytes, m.metadata)
		case 20:
			m.training = true
		case 25:
			fn, err := decodeFunction(f.bytes)
			m.functions = append(m.functions, fn)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if graph == nil {
		return nil, fault.Errorf(fault.Invalid, "the file holds no graph: it is no ONNX model")
	}
	if m.graph, err = decodeGraph(graph, 0); err != nil {
		return nil, err
	}
	m.graph.graph.Opsets = m.opsets
	return m, nil
}

// domain spells the default domain one way.
func domain(name string) string {
	if name == "ai.onnx" {
		return ""
	}
	return name
}

func decodeOpset(message []byte, into map[string]int) error {
	var name string
	var version int64
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			name = f.text()
		case 2:
			version = f.int()
		}
		return nil
	})
	if version < 0 || version > 1000 {
		return fault.Errorf(fault.Invalid, "the operator set %q has the version %d", name, version)
	}
	into[domain(name)] = int(version)
	return err
}

func decodePair(message []byte, into map[string]string) error {
	var key, value string
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			key = f.text()
		case 2:
			value = f.text()
		}
		return nil
	})
	into[key] = value
	return err
}

func decodeGraph(message []byte, depth int) (graphProto, error) {
	if depth > maxBodies {
		return graphProto{}, fault.Errorf(fault.Limited, "graphs are nested deeper than %d", maxBodies)
	}
	g := graphProto{graph: tensor.Graph{Constants: make(map[string]*tensor.Tensor)}}
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			node, err := decodeNode(f.bytes, depth)
			g.graph.Nodes = append(g.graph.Nodes, node)
			return err
		case 2:
			g.name = f.text()
		case 5:
			name, t, err := decodeTensor(f.bytes)
			if err == nil && g.graph.Constants[name] != nil {
				err = fault.Errorf(fault.Invalid, "two constants are called %q", name)
			}
			g.graph.Constants[name] = t
			return err
		case 11:
			in, err := decodeValueInfo(f.bytes)
			g.inputs = append(g.inputs, in)
			return err
		case 12:
			out, err := decodeValueInfo(f.bytes)
			g.outputs = append(g.outputs, out)
			return err
		case 15:
			return fault.Errorf(fault.Invalid, "the graph has sparse constants, which are not read; export it with dense ones")
		}
		return nil
	})
	if err != nil {
		return g, err
	}
	for _, in := range g.inputs {
		// Before IR version 4 every constant was an input as well.
		if g.graph.Constants[in.Name] == nil {
			g.graph.Inputs = append(g.graph.Inputs, in.Port)
		}
	}
	for _, out := range g.outputs {
		g.graph.Outputs = append(g.graph.Outputs, out.Name)
	}
	return g, nil
}

func decodeNode(message []byte, depth int) (tensor.Node, error) {
	n := tensor.Node{Attributes: make(map[string]tensor.Attribute)}
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			n.Inputs = append(n.Inputs, f.text())
		case 2:
			n.Outputs = append(n.Outputs, f.text())
		case 3:
			n.Name = f.text()
		case 4:
			n.Op = f.text()
		case 5:
			name, a, err := decodeAttribute(f.bytes, depth)
			if err != nil {
				return err
			}
			n.Attributes[name] = a
		case 7:
			n.Domain = domain(f.text())
		}
		return nil
	})
	if n.Name == "" && len(n.Outputs) > 0 {
		n.Name = n.Outputs[0]
	}
	return n, err
}

// referred is the kind of an attribute of a function's node that stands for one
// of the call; Text is its name.
const referred tensor.Kind = 255

func decodeAttribute(message []byte, depth int) (string, tensor.Attribute, error) {
	var name, reference string
	var a tensor.Attribute
	var kind, guess int64
	err := fields(message, func(f field) error {
		var err error
		switch f.number {
		case 1:
			name = f.text()
		case 2:
			a.Float, guess = f.float(), 1
		case 3:
			a.Int, guess = f.int(), 2
		case 4:
			a.Text, guess = f.text(), 3
		case 5:
			_, a.Tensor, err = decodeTensor(f.bytes)
			guess = 4
		case 6:
			var body graphProto
			body, err = decodeGraph(f.bytes, depth+1)
			a.Graph, guess = &body.graph, 5
		case 7:
			a.Floats, err = f.floats(a.Floats)
			guess = 6
		case 8:
			a.Ints, err = f.ints(a.Ints)
			guess = 7
		case 9:
			a.Texts, guess = append(a.Texts, f.text()), 8
		case 20:
			kind = f.int()
		case 21:
			reference = f.text()
		}
		return err
	})
	if err != nil {
		return name, a, err
	}
	if kind == 0 { // old writers do not say
		kind = guess
	}
	switch {
	case reference != "":
		a.Kind, a.Text = referred, reference
	case kind >= 1 && kind <= 8:
		a.Kind = [...]tensor.Kind{
			0, tensor.AttributeFloat, tensor.AttributeInt, tensor.AttributeText, tensor.AttributeTensor,
			tensor.AttributeGraph, tensor.AttributeFloats, tensor.AttributeInts, tensor.AttributeTexts,
		}[kind]
	}
	return name, a, nil
}

// elementTypes are the types of cells that are read, by TensorProto.DataType.
var elementTypes = map[int64]tensor.Type{
	1: tensor.Float, 2: tensor.Uint8, 6: tensor.Int32, 7: tensor.Int64, 8: tensor.String, 9: tensor.Bool, 11: tensor.Double,
}

var otherTypes = map[int64]string{
	3: "int8", 4: "uint16", 5: "int16", 10: "float16", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
}

func decodeValueInfo(message []byte) (valueInfo, error) {
	v := valueInfo{what: "value of no type"}
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			v.Name = f.text()
		case 2:
			return v.decodeType(f.bytes)
		}
		return nil
	})
	return v, err
}

func (v *valueInfo) decodeType(message []byte) error {
	return fields(message, func(f field) error {
		switch f.number {
		case 1:
			v.what = "tensor"
			return v.decodeTensorType(f.bytes)
		case 4:
			v.what = "sequence"
		case 5:
			v.what = "map"
		case 8:
			v.what = "sparse tensor"
		case 9:
			v.what = "optional"
		}
		return nil
	})
}

func (v *valueInfo) decodeTensorType(message []byte) error {
	return fields(message, func(f field) error {
		switch f.number {
		case 1:
			v.Type = elementTypes[f.int()]
			if other := otherTypes[f.int()]; other != "" {
				v.what = "tensor of " + other
			}
		case 2:
			v.Shape = []int{}
			return fields(f.bytes, func(f field) error {
				if f.number != 1 {
					return nil
				}
				// A length is a number, or a name, or not said.
				length := int64(-1)
				err := fields(f.bytes, func(f field) error {
					if f.number == 1 {
						length = f.int()
					}
					return nil
				})
				if length < -1 || length > math.MaxInt32 {
					return fault.Errorf(fault.Invalid, "%q is declared with the length %d", v.Name, length)
				}
				v.Shape = append(v.Shape, int(length))
				return err
			})
		}
		return nil
	})
}

// shortened cuts a name from a file for an error.
func shortened(name string) string {
	name = strings.ToValidUTF8(name, "?")
	if len(name) > 100 {
		return name[:100] + "…"
	}
	return name
}
