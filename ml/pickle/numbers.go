package pickle

import (
	"encoding/binary"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// Field gives one member of a structured array as an array of its own type, over
// the same bytes.
func (a *Array) Field(name string) (*Array, bool) {
	for _, f := range a.DType.Fields {
		if f.Name == name {
			data := a.Data
			if len(data) > 0 {
				data = data[f.Offset:]
			}
			return &Array{DType: f.Type, Shape: a.Shape, Fortran: a.Fortran, Data: data, Stride: a.Stride, meter: a.meter}, true
		}
	}
	return nil, false
}

// at is the place in Data of the i-th element in row-major order.
func (a *Array) at(i int) int {
	if !a.Fortran {
		return i * a.Stride
	}
	place, stride := 0, a.Len()
	rest, step := i, 1
	for _, side := range a.Shape {
		stride /= side
		place += rest / stride * step
		rest %= stride
		step *= side
	}
	return place * a.Stride
}

// Floats gives numbers and truths in row-major order.
func (a *Array) Floats() ([]float64, error) {
	if err := a.charge(a.Len(), 8); err != nil {
		return nil, err
	}
	if a.DType.Kind == 'O' {
		out := make([]float64, len(a.Objects))
		for i, v := range a.Objects {
			x, ok := Number(v)
			if !ok {
				return nil, fault.Errorf(fault.Invalid, "an array of objects holds %s where a number is expected", describe(v))
			}
			out[i] = x
		}
		return out, nil
	}
	read := a.DType.float()
	if read == nil {
		return nil, fault.Errorf(fault.Invalid, "an array of type %c is no array of numbers", a.DType.Kind)
	}
	out := make([]float64, a.Len())
	if len(a.Data) == 0 {
		return out, nil
	}
	switch {
	case a.Fortran:
		for i := range out {
			out[i] = read(a.Data[a.at(i):])
		}
	case a.DType.Kind == 'f' && a.DType.Size == 8 && !a.DType.Big: // what nearly every array is
		for i, at := 0, 0; i < len(out); i, at = i+1, at+a.Stride {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(a.Data[at:]))
		}
	case a.DType.Kind == 'i' && a.DType.Size == 8 && !a.DType.Big: // as of trees
		for i, at := 0, 0; i < len(out); i, at = i+1, at+a.Stride {
			out[i] = float64(int64(binary.LittleEndian.Uint64(a.Data[at:]))) //nolint:gosec // two's complement is meant
		}
	default:
		for i, at := 0, 0; i < len(out); i, at = i+1, at+a.Stride {
			out[i] = read(a.Data[at:])
		}
	}
	return out, nil
}

// Ints gives whole numbers and truths in row-major order.
func (a *Array) Ints() ([]int64, error) {
	if a.DType.Kind == 'i' && !a.Fortran && a.DType.Size == 8 && !a.DType.Big && len(a.Data) > 0 {
		if err := a.charge(a.Len(), 8); err != nil {
			return nil, err
		}
		out := make([]int64, a.Len())
		for i, at := 0, 0; i < len(out); i, at = i+1, at+a.Stride {
			out[i] = int64(binary.LittleEndian.Uint64(a.Data[at:])) //nolint:gosec // two's complement is meant
		}
		return out, nil
	}
	values, err := a.Floats()
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(values))
	for i, x := range values {
		if out[i] = int64(x); float64(out[i]) != x || math.Abs(x) > 1<<53 {
			return nil, fault.Errorf(fault.Invalid, "an array of whole numbers holds %v", x)
		}
	}
	return out, nil
}

// Int32s gives whole numbers and truths in row-major order, which must be small:
// the nodes of trees are told apart by such.
func (a *Array) Int32s() ([]int32, error) {
	if a.DType.Kind == 'i' && !a.Fortran && !a.DType.Big && (a.DType.Size == 8 || a.DType.Size == 4) && len(a.Data) > 0 {
		if err := a.charge(a.Len(), 4); err != nil {
			return nil, err
		}
		out, wide := make([]int32, a.Len()), a.DType.Size == 8
		for i, at := 0, 0; i < len(out); i, at = i+1, at+a.Stride {
			out[i] = int32(binary.LittleEndian.Uint32(a.Data[at:]))                                     //nolint:gosec // two's complement is meant
			if high := out[i] >> 31; wide && int32(binary.LittleEndian.Uint32(a.Data[at+4:])) != high { //nolint:gosec // the same
				return nil, fault.Errorf(fault.Invalid, "an array of whole numbers holds one beyond 32 bits")
			}
		}
		return out, nil
	}
	values, err := a.Ints()
	if err != nil {
		return nil, err
	}
	out := make([]int32, len(values))
	for i, x := range values {
		if x < math.MinInt32 || x > math.MaxInt32 {
			return nil, fault.Errorf(fault.Invalid, "an array of whole numbers holds %d, beyond 32 bits", x)
		}
		out[i] = int32(x)
	}
	return out, nil
}

// float gives what reads one element as a number; nil for what is none.
func (d *DType) float() func(raw []byte) float64 {
	var order binary.ByteOrder = binary.LittleEndian
	if d.Big {
		order = binary.BigEndian
	}
	switch d.Kind {
	case 'b':
		return func(raw []byte) float64 { return float64(min(raw[0], 1)) }
	case 'f':
		switch d.Size {
		case 2:
			return func(raw []byte) float64 { return half(order.Uint16(raw)) }
		case 4:
			return func(raw []byte) float64 { return float64(math.Float32frombits(order.Uint32(raw))) }
		}
		return func(raw []byte) float64 { return math.Float64frombits(order.Uint64(raw)) }
	case 'i':
		switch d.Size {
		case 1:
			return func(raw []byte) float64 { return float64(int8(raw[0])) } //nolint:gosec // two's complement is meant
		case 2:
			return func(raw []byte) float64 { return float64(int16(order.Uint16(raw))) } //nolint:gosec // two's complement is meant
		case 4:
			return func(raw []byte) float64 { return float64(int32(order.Uint32(raw))) } //nolint:gosec // two's complement is meant
		}
		return func(raw []byte) float64 { return float64(int64(order.Uint64(raw))) } //nolint:gosec // two's complement is meant
	case 'u':
		switch d.Size {
		case 1:
			return func(raw []byte) float64 { return float64(raw[0]) }
		case 2:
			return func(raw []byte) float64 { return float64(order.Uint16(raw)) }
		case 4:
			return func(raw []byte) float64 { return float64(order.Uint32(raw)) }
		}
		return func(raw []byte) float64 { return float64(order.Uint64(raw)) }
	}
	return nil
}

// Values gives the elements in row-major order as plain values.
func (a *Array) Values() ([]any, error) {
	if a.DType.Kind == 'O' {
		return a.Objects, nil
	}
	if err := a.charge(a.Len(), itemBytes+a.DType.Size); err != nil {
		return nil, err
	}
	out := make([]any, a.Len())
	for i := range out {
		at := a.at(i)
		v, err := a.DType.value(a.Data[at : at+a.DType.Size])
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// value reads one element.
func (d *DType) value(raw []byte) (any, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if d.Big {
		order = binary.BigEndian
	}
	switch d.Kind {
	case 'b':
		return raw[0] != 0, nil
	case 'f':
		switch d.Size {
		case 8:
			return math.Float64frombits(order.Uint64(raw)), nil
		case 4:
			return float64(math.Float32frombits(order.Uint32(raw))), nil
		}
		return half(order.Uint16(raw)), nil
	case 'i', 'u':
		return whole(raw, order, d.Kind == 'i')
	case 'U':
		return utf32(raw, order)
	case 'S':
		return Bytes(strings.TrimRight(string(raw), "\x00")), nil
	}
	return nil, fault.Errorf(fault.Invalid, "elements of type %c are not plain values", d.Kind)
}

func whole(raw []byte, order binary.ByteOrder, signed bool) (any, error) {
	switch len(raw) {
	case 1:
		if signed {
			return int64(int8(raw[0])), nil //nolint:gosec // two's complement is meant
		}
		return int64(raw[0]), nil
	case 2:
		if signed {
			return int64(int16(order.Uint16(raw))), nil //nolint:gosec // two's complement is meant
		}
		return int64(order.Uint16(raw)), nil
	case 4:
		if signed {
			return int64(int32(order.Uint32(raw))), nil //nolint:gosec // two's complement is meant
		}
		return int64(order.Uint32(raw)), nil
	}
	u := order.Uint64(raw)
	if !signed && u > math.MaxInt64 {
		return new(big.Int).SetUint64(u), nil
	}
	return int64(u), nil //nolint:gosec // two's complement is meant
}

func utf32(raw []byte, order binary.ByteOrder) (any, error) {
	var text strings.Builder
	for ; len(raw) >= 4; raw = raw[4:] {
		r := rune(order.Uint32(raw)) //nolint:gosec // judged below
		if r == 0 {
			break
		}
		if !utf8.ValidRune(r) {
			return nil, fault.Errorf(fault.Invalid, "an array of texts holds %#x, which is no letter", uint32(r)) //nolint:gosec // for people
		}
		text.WriteRune(r)
	}
	return text.String(), nil
}

// half widens a number of 16 bits (IEEE 754, binary16).
func half(h uint16) float64 {
	sign, exponent, fraction := 1.0, int(h>>10&31), float64(h&1023)
	if h&0x8000 != 0 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// Number reads a plain value as a number.
func Number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case *big.Int:
		x, _ := new(big.Float).SetInt(v).Float64()
		return x, true
	case *Array:
		if v.Len() == 1 {
			values, err := v.Floats()
			if err == nil {
				return values[0], true
			}
		}
	}
	return 0, false
}
