package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"dasier/fault"
)

// field is one field of a protobuf message: a number or bytes, by its type.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  uint64
	bytes  []byte
}

// fields calls a function with every field of a message. Groups, which ONNX has
// none of, are refused.
func fields(message []byte, each func(f field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return broken()
		}
		message = message[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(message)
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(message)
		default:
			return broken()
		}
		if n < 0 {
			return broken()
		}
		message = message[n:]
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

func broken() error {
	return fault.Errorf(fault.Invalid, "the file is cut off, or no ONNX file")
}

func (f *field) text() string { return string(f.bytes) }

func (f *field) int() int64 { return int64(f.value) } //nolint:gosec // protobuf's int64 is two's complement

func (f *field) float() float32 {
	return math.Float32frombits(uint32(f.value)) //nolint:gosec // the field is 32 bits
}

// Repeated numbers are packed into bytes, or come one by one.

func (f *field) ints(list []int64) ([]int64, error) {
	if f.kind != protowire.BytesType {
		return append(list, f.int()), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, broken()
		}
		list, b = append(list, int64(v)), b[n:] //nolint:gosec // as above
	}
	return list, nil
}

func (f *field) floats(list []float32) ([]float32, error) {
	if f.kind != protowire.BytesType {
		return append(list, f.float()), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeFixed32(b)
		if n < 0 {
			return nil, broken()
		}
		list, b = append(list, math.Float32frombits(v)), b[n:]
	}
	return list, nil
}

func (f *field) doubles(list []float64) ([]float64, error) {
	if f.kind != protowire.BytesType {
		return append(list, math.Float64frombits(f.value)), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeFixed64(b)
		if n < 0 {
			return nil, broken()
		}
		list, b = append(list, math.Float64frombits(v)), b[n:]
	}
	return list, nil
}
