package onnx

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protobuf message under construction.
type message []byte

func (m *message) text(field protowire.Number, value string) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendString(*m, value)
}

func (m *message) number(field protowire.Number, value int64) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(value)) //nolint:gosec // protobuf's int64 is two's complement
}

func (m *message) raw(field protowire.Number, value []byte) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, value)
}

// Element types, TensorProto.DataType.
const (
	typeFloat  = 1
	typeUint8  = 2
	typeInt64  = 7
	typeString = 8
	typeBool   = 9
	typeDouble = 11
)

// tensorMessage is a TensorProto; name is empty inside an attribute.
func tensorMessage(name string, elem int64, dims []int64, raw []byte) message {
	var m message
	for _, d := range dims {
		m.number(1, d)
	}
	m.number(2, elem)
	if name != "" {
		m.text(8, name)
	}
	m.raw(9, raw)
	return m
}

func doubles(values []float64) []byte {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
	}
	return raw
}

func int64s(values []int64) []byte {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v)) //nolint:gosec // bits are kept
	}
	return raw
}

// Attributes, AttributeProto: name 1, i 3, t 5, ints 8, strings 9, type 20.

func intAttribute(name string, value int64) message {
	var m message
	m.text(1, name)
	m.number(3, value)
	m.number(20, 2)
	return m
}

func tensorAttribute(name string, value message) message {
	var m message
	m.text(1, name)
	m.raw(5, value)
	m.number(20, 4)
	return m
}

func intsAttribute(name string, values []int64) message {
	var m message
	m.text(1, name)
	for _, v := range values {
		m.number(8, v)
	}
	m.number(20, 7)
	return m
}

func stringsAttribute(name string, values []string) message {
	var m message
	m.text(1, name)
	for _, v := range values {
		m.text(9, v)
	}
	m.number(20, 8)
	return m
}

func graphAttribute(name string, value message) message {
	var m message
	m.text(1, name)
	m.raw(6, value)
	m.number(20, 5)
	return m
}

func doublesAttribute(name string, values []float64) message {
	return tensorAttribute(name, tensorMessage("", typeDouble, []int64{int64(len(values))}, doubles(values)))
}

// column is the ValueInfoProto of a [N, 1] tensor.
func column(name string, elem int64, doc string) message { return columnsMessage(name, elem, 1, doc) }

// columnsMessage is the ValueInfoProto of a [N, width] tensor.
func columnsMessage(name string, elem, width int64, doc string) message {
	var rows, columns, shape message
	rows.text(2, "N")
	columns.number(1, width)
	shape.raw(1, rows)
	shape.raw(1, columns)
	return valueInfoMessage(name, elem, shape, doc)
}

// list is the ValueInfoProto of a [N] tensor.
func list(name string, elem int64, doc string) message {
	var rows, shape message
	rows.text(2, "N")
	shape.raw(1, rows)
	return valueInfoMessage(name, elem, shape, doc)
}

func valueInfoMessage(name string, elem int64, shape message, doc string) message {
	var tensorType, kind, m message
	tensorType.number(1, elem)
	if shape != nil { // else it may have any
		tensorType.raw(2, shape)
	}
	kind.raw(1, tensorType)
	m.text(1, name)
	m.raw(2, kind)
	if doc != "" {
		m.text(3, doc)
	}
	return m
}
