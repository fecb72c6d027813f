package oip

import (
	"encoding/binary"
	"math"
)

// Output is a tensor of an answer. One of its three lists holds the values.
type Output struct {
	Name    string
	Type    Datatype // FP64, INT64, BOOL or BYTES
	Shape   []int
	Content string
	Binary  bool // the client wants raw bytes

	Floats []float64
	Ints   []int64 // also of BOOL
	Texts  []string
}

// RawLen is how many bytes AppendRaw appends.
func (o *Output) RawLen() int {
	n := (len(o.Floats) + len(o.Ints)) * o.Type.Size()
	for _, text := range o.Texts {
		n += 4 + len(text)
	}
	return n
}

// AppendRaw appends the values as little-endian bytes.
func (o *Output) AppendRaw(dst []byte) []byte {
	switch o.Type {
	case Bytes:
		for _, text := range o.Texts {
			dst = append(binary.LittleEndian.AppendUint32(dst, uint32(len(text))), text...) //nolint:gosec // a class name is short
		}
	case Bool:
		for _, v := range o.Ints {
			dst = append(dst, byte(v&1)) //nolint:gosec // 0 or 1
		}
	case Int64:
		for _, v := range o.Ints {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(v)) //nolint:gosec // the bits are kept
		}
	default:
		for _, v := range o.Floats {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
		}
	}
	return dst
}
