package oip

import (
	"math"
	"strconv"

	"github.com/valyala/fastjson"
)

// Kind is what a cell holds.
type Kind uint8

// The kinds of cells.
const (
	Missing Kind = iota
	Float
	Int
	Uint
	Truth
	Text
	Literal // a text that may stand for a number, as in CSV
	JSON
)

// Cell is one value on its way to a model's input.
type Cell struct {
	Kind Kind
	Text []byte          // of Text and Literal
	JSON *fastjson.Value // of JSON
	bits uint64
}

// FloatCell is a number; NaN is a missing value.
func FloatCell(v float64) Cell {
	if math.IsNaN(v) {
		return Cell{}
	}
	return Cell{Kind: Float, bits: math.Float64bits(v)}
}

// IntCell is a whole number.
func IntCell(v int64) Cell { return Cell{Kind: Int, bits: uint64(v)} } //nolint:gosec // the bits are kept as they are

// UintCell is a whole number that is not negative.
func UintCell(v uint64) Cell { return Cell{Kind: Uint, bits: v} }

// TruthCell is true or false.
func TruthCell(v bool) Cell {
	if v {
		return Cell{Kind: Truth, bits: 1}
	}
	return Cell{Kind: Truth}
}

// TextCell is a text.
func TextCell(text []byte) Cell { return Cell{Kind: Text, Text: text} }

// LiteralCell is a text whose type the input decides.
func LiteralCell(text []byte) Cell { return Cell{Kind: Literal, Text: text} }

// JSONCell is a JSON value; nil and null are missing.
func JSONCell(v *fastjson.Value) Cell {
	if v == nil || v.Type() == fastjson.TypeNull {
		return Cell{}
	}
	return Cell{Kind: JSON, JSON: v}
}

// True tells what a Truth is.
func (c *Cell) True() bool { return c.bits != 0 }

// Number is the value of a number; false for anything else.
func (c *Cell) Number() (float64, bool) {
	switch c.Kind {
	case Float:
		return math.Float64frombits(c.bits), true
	case Int:
		return float64(int64(c.bits)), true //nolint:gosec // the bits are an int64's
	case Uint:
		return float64(c.bits), true
	}
	return 0, false
}

// AppendNumber appends the shortest text that stands for the number: 3, not 3.0.
func (c *Cell) AppendNumber(dst []byte) []byte {
	switch c.Kind {
	case Int:
		return strconv.AppendInt(dst, int64(c.bits), 10) //nolint:gosec // the bits are an int64's
	case Uint:
		return strconv.AppendUint(dst, c.bits, 10)
	}
	return strconv.AppendFloat(dst, math.Float64frombits(c.bits), 'f', -1, 64)
}
