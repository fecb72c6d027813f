package oip

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/valyala/fastjson"

	"dasier/fault"
)

// Tensor is a named block of values in row-major order.
type Tensor struct {
	Name    string
	Type    Datatype
	Shape   []int
	Content string // what the values stand for, as the client says: "np", "pd", "str", ...

	// One of these holds the values.
	values []*fastjson.Value
	raw    []byte
	texts  [][]byte
}

// maxValues bounds what a shape may claim.
const maxValues = 1 << 31

// Len is how many values the shape says.
func Len(shape []int) (int, bool) {
	n := 1
	for _, dim := range shape {
		if dim < 0 || dim > maxValues {
			return 0, false
		}
		if n *= dim; n > maxValues {
			return 0, false
		}
	}
	return n, true
}

func (t *Tensor) wrong(format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "input "+clip(t.Name)+": "+format, args...).At(clip(t.Name))
}

// FromRaw makes a tensor of little-endian bytes; those of texts have each its
// length before it, as 4 bytes.
func FromRaw(name string, datatype Datatype, shape []int, raw []byte) (*Tensor, error) {
	t := &Tensor{Name: name, Type: datatype, Shape: shape}
	return t, t.takeRaw(raw)
}

// FromTexts makes a tensor of texts.
func FromTexts(name string, shape []int, texts [][]byte) (*Tensor, error) {
	t := &Tensor{Name: name, Type: Bytes, Shape: shape, texts: texts}
	if n, ok := Len(shape); !ok || n != len(texts) {
		return t, t.wrong("the shape %s says something else than the %d texts that came", t.shape(), len(texts))
	}
	return t, nil
}

// shape is the shape for a sentence.
func (t *Tensor) shape() string {
	const most = 8
	if len(t.Shape) > most {
		return fmt.Sprintf("of %d dimensions", len(t.Shape))
	}
	return fmt.Sprint(t.Shape)
}

func (t *Tensor) takeRaw(raw []byte) error {
	n, ok := Len(t.Shape)
	if !ok {
		return t.wrong("the shape %s is not possible", t.shape())
	}
	if t.Type == Bytes {
		return t.takeTexts(raw, n)
	}
	if len(raw) != n*t.Type.Size() {
		return t.wrong("the shape %s says %d values of %s, which have %d bytes: %d bytes came", t.shape(), n, t.Type, n*t.Type.Size(), len(raw))
	}
	t.raw = raw
	return nil
}

func (t *Tensor) takeTexts(raw []byte, n int) error {
	const prefix = 4 // bytes of a length
	if n > len(raw)/prefix {
		return t.wrong("the shape %s says %d texts, each with 4 bytes of length before it: %d bytes came", t.shape(), n, len(raw))
	}
	t.texts = make([][]byte, 0, n)
	for len(raw) > 0 {
		if len(raw) < prefix || uint64(binary.LittleEndian.Uint32(raw)) > uint64(len(raw)-prefix) {
			return t.wrong("text %d ends before its length says: each begins with 4 bytes of length, little-endian", len(t.texts))
		}
		size := int(binary.LittleEndian.Uint32(raw))
		t.texts = append(t.texts, raw[prefix:prefix+size])
		if raw = raw[prefix+size:]; len(t.texts) > n {
			break
		}
	}
	if len(t.texts) != n {
		return t.wrong("the shape %s says %d texts, something else came", t.shape(), n)
	}
	return nil
}

// Cell is one value; n counts in row-major order.
func (t *Tensor) Cell(n int) Cell {
	switch {
	case t.values != nil:
		return JSONCell(t.values[n])
	case t.texts != nil:
		return TextCell(t.texts[n])
	}
	at := t.raw[n*t.Type.Size():]
	switch t.Type {
	case Bool:
		return TruthCell(at[0] != 0)
	case Uint8:
		return UintCell(uint64(at[0]))
	case Uint16:
		return UintCell(uint64(binary.LittleEndian.Uint16(at)))
	case Uint32:
		return UintCell(uint64(binary.LittleEndian.Uint32(at)))
	case Uint64:
		return UintCell(binary.LittleEndian.Uint64(at))
	case Int8:
		return IntCell(int64(int8(at[0]))) //nolint:gosec // the byte is an int8's
	case Int16:
		return IntCell(int64(int16(binary.LittleEndian.Uint16(at)))) //nolint:gosec // the bits are an int16's
	case Int32:
		return IntCell(int64(int32(binary.LittleEndian.Uint32(at)))) //nolint:gosec // the bits are an int32's
	case Int64:
		return IntCell(int64(binary.LittleEndian.Uint64(at))) //nolint:gosec // the bits are an int64's
	case FP16:
		return FloatCell(half(binary.LittleEndian.Uint16(at)))
	case FP32:
		return FloatCell(float64(math.Float32frombits(binary.LittleEndian.Uint32(at))))
	}
	return FloatCell(math.Float64frombits(binary.LittleEndian.Uint64(at)))
}

// Longest is the length of the longest text, in bytes.
func (t *Tensor) Longest() int {
	most := 0
	for _, text := range t.texts {
		most = max(most, len(text))
	}
	for _, v := range t.values {
		if v.Type() == fastjson.TypeString {
			most = max(most, len(v.GetStringBytes()))
		}
	}
	return most
}

// clip cuts a text of the client to what a sentence can carry.
func clip(text string) string {
	const most = 80
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
