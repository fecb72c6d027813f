package xgboost

import (
	"encoding/binary"
	"fmt"
	"math"

	"dasier/fault"
)

// maxNesting bounds documents: a model nests a dozen deep.
const maxNesting = 100

// ubjson is a document on its way in (ubjson.org, draft 12, as XGBoost writes
// it: numbers big-endian, keys without their type).
type ubjson struct {
	data []byte
	pos  int
}

func (u *ubjson) wrong(format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "UBJSON, at byte %d: %s", u.pos, fmt.Sprintf(format, args...))
}

func (u *ubjson) take(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(u.data)-u.pos) {
		return nil, u.wrong("%d bytes are announced, %d are left", n, len(u.data)-u.pos)
	}
	from := u.pos
	u.pos += int(n)
	return u.data[from:u.pos], nil
}

func (u *ubjson) marker() (byte, error) {
	raw, err := u.take(1)
	if err != nil {
		return 0, err
	}
	return raw[0], nil
}

// value reads what follows a marker. A container's typed arrays of numbers
// become []float64.
func (u *ubjson) value(marker byte, depth int) (any, error) {
	if depth > maxNesting {
		return nil, u.wrong("it nests deeper than %d", maxNesting)
	}
	switch marker {
	case 'Z':
		return nil, nil
	case 'T':
		return true, nil
	case 'F':
		return false, nil
	case 'S':
		return u.text()
	case 'C':
		raw, err := u.take(1)
		return string(raw), err
	case '{':
		return u.object(depth)
	case '[':
		return u.array(depth)
	}
	width, ok := widths[marker]
	if !ok {
		return nil, u.wrong("%q is no type of a value", marker)
	}
	raw, err := u.take(width)
	if err != nil {
		return nil, err
	}
	return number(marker, raw), nil
}

var widths = map[byte]int64{'i': 1, 'U': 1, 'I': 2, 'l': 4, 'L': 8, 'd': 4, 'D': 8}

func number(marker byte, raw []byte) float64 {
	switch marker {
	case 'i':
		return float64(int8(raw[0])) //nolint:gosec // two's complement is meant
	case 'U':
		return float64(raw[0])
	case 'I':
		return float64(int16(binary.BigEndian.Uint16(raw))) //nolint:gosec // two's complement is meant
	case 'l':
		return float64(int32(binary.BigEndian.Uint32(raw))) //nolint:gosec // two's complement is meant
	case 'L':
		return float64(int64(binary.BigEndian.Uint64(raw))) //nolint:gosec // two's complement is meant
	case 'd':
		return float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(raw))
}

// length reads a number that says how much follows.
func (u *ubjson) length() (int64, error) {
	marker, err := u.marker()
	if err != nil {
		return 0, err
	}
	width, ok := widths[marker]
	if !ok || marker == 'd' || marker == 'D' {
		return 0, u.wrong("%q is no type of a length", marker)
	}
	raw, err := u.take(width)
	if err != nil {
		return 0, err
	}
	n := number(marker, raw)
	if n < 0 || n > math.MaxInt32 {
		return 0, u.wrong("a length of %v", n)
	}
	return int64(n), nil
}

func (u *ubjson) text() (string, error) {
	n, err := u.length()
	if err != nil {
		return "", err
	}
	raw, err := u.take(n)
	return string(raw), err
}

func (u *ubjson) object(depth int) (any, error) {
	object := map[string]any{}
	for {
		if u.pos < len(u.data) && u.data[u.pos] == '}' {
			u.pos++
			return object, nil
		}
		name, err := u.text()
		if err != nil {
			return nil, err
		}
		marker, err := u.marker()
		if err != nil {
			return nil, err
		}
		if object[name], err = u.value(marker, depth+1); err != nil {
			return nil, err
		}
	}
}

func (u *ubjson) array(depth int) (any, error) {
	if u.pos < len(u.data) && u.data[u.pos] == '$' {
		return u.typed()
	}
	counted, left := false, int64(0)
	if u.pos < len(u.data) && u.data[u.pos] == '#' {
		u.pos++
		n, err := u.length()
		if err != nil {
			return nil, err
		}
		counted, left = true, n
	}
	list := []any{}
	for {
		if counted && left == 0 {
			return list, nil
		}
		left--
		marker, err := u.marker()
		if err != nil {
			return nil, err
		}
		if !counted && marker == ']' {
			return list, nil
		}
		v, err := u.value(marker, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

// typed reads an array whose elements all have one type.
func (u *ubjson) typed() (any, error) {
	head, err := u.take(3)
	if err != nil {
		return nil, err
	}
	marker := head[1]
	width, ok := widths[marker]
	if !ok || head[2] != '#' {
		return nil, u.wrong("an array of type %q", marker)
	}
	n, err := u.length()
	if err != nil {
		return nil, err
	}
	raw, err := u.take(n * width)
	if err != nil {
		return nil, err
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = number(marker, raw[int64(i)*width:])
	}
	return values, nil
}
