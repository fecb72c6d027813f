package oip

import "math"

// Datatype is the type of a tensor's values.
type Datatype uint8

// The datatypes of the protocol.
const (
	Bool Datatype = iota + 1
	Uint8
	Uint16
	Uint32
	Uint64
	Int8
	Int16
	Int32
	Int64
	FP16
	FP32
	FP64
	Bytes // texts, or any bytes
)

// Names are the datatypes' names, for sentences.
const Names = "BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64 or BYTES"

// traits are what is known of each datatype: its name, how many bytes a raw
// value has (0: each its own length) and, of whole numbers, the range.
var traits = [...]struct {
	name      string
	size      int
	low, high float64
}{
	Bool:   {"BOOL", 1, 0, 1},
	Uint8:  {"UINT8", 1, 0, math.MaxUint8},
	Uint16: {"UINT16", 2, 0, math.MaxUint16},
	Uint32: {"UINT32", 4, 0, math.MaxUint32},
	Uint64: {"UINT64", 8, 0, math.MaxUint64},
	Int8:   {"INT8", 1, math.MinInt8, math.MaxInt8},
	Int16:  {"INT16", 2, math.MinInt16, math.MaxInt16},
	Int32:  {"INT32", 4, math.MinInt32, math.MaxInt32},
	Int64:  {"INT64", 8, math.MinInt64, math.MaxInt64},
	FP16:   {"FP16", 2, 0, 0},
	FP32:   {"FP32", 4, 0, 0},
	FP64:   {"FP64", 8, 0, 0},
	Bytes:  {"BYTES", 0, 0, 0},
}

// Parse finds a datatype by its name.
func Parse(name string) (Datatype, bool) {
	for d := Bool; d <= Bytes; d++ {
		if traits[d].name == name {
			return d, true
		}
	}
	return 0, false
}

// String is the datatype's name in the protocol.
func (d Datatype) String() string {
	if int(d) < len(traits) {
		return traits[d].name
	}
	return ""
}

// Size is how many bytes a raw value has; 0 when each has its own length.
func (d Datatype) Size() int { return traits[d].size }

// half turns the bits of a 16-bit float (IEEE 754 binary16) into a number.
func half(bits uint16) float64 {
	sign := 1.0
	if bits&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(bits>>10)&0x1f, float64(bits&0x3ff)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1+fraction/1024, exponent-15)
}
