package wire

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"dasier/fault"
)

// field is one field of a message: a number, or bytes.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bits   uint64 // of varints and fixed numbers
	bytes  []byte // of texts, messages and packed lists
}

// eachField visits the fields of a message in the order they came.
func eachField(data []byte, visit func(f *field) error) error {
	var f field
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return broken()
		}
		data = data[n:]
		f = field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.bits, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			var bits uint32
			bits, n = protowire.ConsumeFixed32(data)
			f.bits = uint64(bits)
		case protowire.Fixed64Type:
			f.bits, n = protowire.ConsumeFixed64(data)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(number, kind, data)
		}
		if n < 0 {
			return broken()
		}
		data = data[n:]
		if err := visit(&f); err != nil {
			return err
		}
	}
	return nil
}

func broken() error { return fault.Errorf(fault.Invalid, "the message is not readable as protobuf") }

// numbers visits the values of a repeated number, packed or not.
func (f *field) numbers(kind protowire.Type, visit func(bits uint64)) error {
	if f.kind == kind {
		visit(f.bits)
		return nil
	}
	if f.kind != protowire.BytesType {
		return broken()
	}
	for data := f.bytes; len(data) > 0; {
		var bits uint64
		var small uint32
		var n int
		switch kind {
		case protowire.Fixed32Type:
			small, n = protowire.ConsumeFixed32(data)
			bits = uint64(small)
		case protowire.Fixed64Type:
			bits, n = protowire.ConsumeFixed64(data)
		default:
			bits, n = protowire.ConsumeVarint(data)
		}
		if n < 0 {
			return broken()
		}
		data = data[n:]
		visit(bits)
	}
	return nil
}

// Parameters are named values: bool, int64, uint64, float64 or string.
type Parameters map[string]any

// read reads one entry of a map from texts to InferParameter.
func (p *Parameters) read(entry []byte) error {
	var key string
	var value any
	err := eachField(entry, func(f *field) error {
		switch f.number {
		case 1:
			key = string(f.bytes)
		case 2:
			return eachField(f.bytes, func(inner *field) error {
				switch inner.number {
				case 1:
					value = inner.bits != 0
				case 2:
					value = int64(inner.bits) //nolint:gosec // the bits are an int64's
				case 3:
					value = string(inner.bytes)
				case 4:
					value = math.Float64frombits(inner.bits)
				case 5:
					value = inner.bits
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if *p == nil {
		*p = Parameters{}
	}
	(*p)[key] = value
	return nil
}

// Writing.

func appendText(dst []byte, number protowire.Number, text string) []byte {
	if text == "" {
		return dst
	}
	return protowire.AppendString(protowire.AppendTag(dst, number, protowire.BytesType), text)
}

func appendUint(dst []byte, number protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, number, protowire.VarintType), v)
}

func appendBool(dst []byte, number protowire.Number, v bool) []byte {
	return appendUint(dst, number, protowire.EncodeBool(v))
}

func appendMessage(dst []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, number, protowire.BytesType), message)
}

func appendShape(dst []byte, number protowire.Number, shape []int) []byte {
	if len(shape) == 0 {
		return dst
	}
	var packed []byte
	for _, dim := range shape {
		packed = protowire.AppendVarint(packed, uint64(int64(dim))) //nolint:gosec // -1 stays -1 as an int64
	}
	return appendMessage(dst, number, packed)
}

// appendParameter appends an entry of a map from texts to InferParameter.
func appendParameter(dst []byte, number protowire.Number, key string, value any) []byte {
	var inner []byte
	switch v := value.(type) {
	case bool:
		inner = protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), protowire.EncodeBool(v))
	case string:
		inner = protowire.AppendString(protowire.AppendTag(nil, 3, protowire.BytesType), v)
	case float64:
		inner = protowire.AppendFixed64(protowire.AppendTag(nil, 4, protowire.Fixed64Type), math.Float64bits(v))
	}
	return appendMessage(dst, number, appendMessage(appendText(nil, 1, key), 2, inner))
}
