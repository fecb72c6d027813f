package onnx

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"dasier/ml/tensor"
)

// encodeFile writes a graph as an ONNX file, for runtimes to judge what we make of
// it. Types of outputs are those that our machine finds.
func encodeFile(g *tensor.Graph, outputs []tensor.Port) []byte {
	var m message
	m.number(1, 10)
	m.text(2, "dasier's tests")
	m.raw(7, encodeGraph(g, outputs))
	for _, name := range slices.Sorted(maps.Keys(g.Opsets)) {
		m.raw(8, operatorSet(name, int64(g.Opsets[name])))
	}
	return m
}

func encodeGraph(g *tensor.Graph, outputs []tensor.Port) message {
	var m message
	for i := range g.Nodes {
		m.raw(1, encodeNode(&g.Nodes[i]))
	}
	m.text(2, "graph")
	for _, name := range slices.Sorted(maps.Keys(g.Constants)) {
		m.raw(5, encodeTensor(name, g.Constants[name]))
	}
	for _, in := range g.Inputs {
		m.raw(11, encodePort(in))
	}
	for i, name := range g.Outputs {
		out := tensor.Port{Name: name}
		if outputs != nil {
			out = outputs[i]
		}
		m.raw(12, encodePort(out))
	}
	return m
}

func dataType(kind tensor.Type) int64 {
	for number, t := range elementTypes {
		if t == kind {
			return number
		}
	}
	return 0
}

func encodePort(p tensor.Port) message {
	var m, kind, of message
	m.text(1, p.Name)
	if p.Type == tensor.None { // in a body: not declared
		return m
	}
	of.number(1, dataType(p.Type))
	if p.Shape != nil {
		var shape message
		for _, d := range p.Shape {
			var dim message
			if d >= 0 {
				dim.number(1, int64(d))
			}
			shape.raw(1, dim)
		}
		of.raw(2, shape)
	}
	kind.raw(1, of)
	m.raw(2, kind)
	return m
}

func encodeTensor(name string, t *tensor.Tensor) message {
	var m message
	for _, d := range t.Shape {
		m.number(1, int64(d))
	}
	m.number(2, dataType(t.Type))
	for _, v := range t.Float {
		m = protowire.AppendFixed32(protowire.AppendTag(m, 4, protowire.Fixed32Type), math.Float32bits(v))
	}
	for _, v := range t.Int32 {
		m.number(5, int64(v))
	}
	for _, v := range t.Bool {
		bit := int64(0)
		if v {
			bit = 1
		}
		m.number(5, bit)
	}
	for _, v := range t.Uint8 {
		m.number(5, int64(v))
	}
	for _, v := range t.String {
		m.text(6, v)
	}
	for _, v := range t.Int64 {
		m.number(7, v)
	}
	m.text(8, name)
	for _, v := range t.Double {
		m = protowire.AppendFixed64(protowire.AppendTag(m, 10, protowire.Fixed64Type), math.Float64bits(v))
	}
	return m
}

func encodeNode(n *tensor.Node) message {
	var m message
	for _, name := range n.Inputs {
		m.text(1, name)
	}
	for _, name := range n.Outputs {
		m.text(2, name)
	}
	m.text(3, n.Name)
	m.text(4, n.Op)
	for _, name := range slices.Sorted(maps.Keys(n.Attributes)) {
		m.raw(5, encodeAttribute(name, n.Attributes[name]))
	}
	m.text(7, n.Domain)
	return m
}

func encodeAttribute(name string, a tensor.Attribute) message {
	var m message
	m.text(1, name)
	kind := map[tensor.Kind]int64{
		tensor.AttributeFloat: 1, tensor.AttributeInt: 2, tensor.AttributeText: 3, tensor.AttributeTensor: 4,
		tensor.AttributeGraph: 5, tensor.AttributeFloats: 6, tensor.AttributeInts: 7, tensor.AttributeTexts: 8,
	}[a.Kind]
	switch a.Kind {
	case tensor.AttributeFloat:
		m = protowire.AppendFixed32(protowire.AppendTag(m, 2, protowire.Fixed32Type), math.Float32bits(a.Float))
	case tensor.AttributeInt:
		m.number(3, a.Int)
	case tensor.AttributeText:
		m.text(4, a.Text)
	case tensor.AttributeTensor:
		m.raw(5, encodeTensor(name, a.Tensor))
	case tensor.AttributeGraph:
		m.raw(6, encodeGraph(a.Graph, nil))
	case tensor.AttributeFloats:
		var packed []byte
		for _, v := range a.Floats {
			packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(v))
		}
		m.raw(7, packed)
	case tensor.AttributeInts:
		for _, v := range a.Ints {
			m.number(8, v)
		}
	case tensor.AttributeTexts:
		for _, v := range a.Texts {
			m.text(9, v)
		}
	}
	m.number(20, kind)
	return m
}
