package pickle

import (
	"encoding/binary"
	"fmt"
	"math"

	"dasier/fault"
)

// machine is one pickle on its way in.
type machine struct {
	data   []byte
	pos    int
	op     int // where the operation at hand began
	limits Limits
	maker  *Maker
	stack  []any
	marks  []int
	memo   []any         // of places in their order, as every pickler gives them
	places map[int64]any // of other places
	made   int
	nested bool // the pickle inside joblib's container
}

func newMachine(data []byte, limits Limits) *machine {
	m := &machine{data: data, limits: limits}
	m.maker = NewMaker(limits, len(data), m.here)
	return m
}

// here is the place of the operation at hand, for messages.
func (m *machine) here() string { return fmt.Sprintf("at byte %d", m.op) }

// wrong is an error at the operation at hand.
func (m *machine) wrong(kind fault.Kind, format string, args ...any) error {
	return fault.Errorf(kind, "at byte %d: %s", m.op, fmt.Sprintf(format, args...))
}

func (m *machine) run() (any, error) {
	for {
		m.op = m.pos
		code, err := m.byte()
		if err != nil {
			return nil, err
		}
		if code == '.' {
			return m.pop()
		}
		if err := m.step(code); err != nil {
			return nil, m.located(err)
		}
	}
}

// located gives a refusal its position, unless it has one.
func (m *machine) located(err error) error {
	const begin = "at byte "
	if text := err.Error(); len(text) > len(begin) && text[:len(begin)] == begin {
		return err
	}
	return fault.Errorf(fault.KindOf(err), "at byte %d: %w", m.op, err)
}

func (m *machine) byte() (byte, error) {
	if m.pos >= len(m.data) {
		return 0, m.wrong(fault.Invalid, "the pickle ends in its middle: the file is damaged, or was cut off on its way")
	}
	m.pos++
	return m.data[m.pos-1], nil
}

// take gives the next n bytes, without copying them.
func (m *machine) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.data)-m.pos) { //nolint:gosec // never negative
		return nil, m.wrong(fault.Invalid, "%d bytes are announced, %d are left: the file is damaged, or was cut off on its way", n, len(m.data)-m.pos)
	}
	from := m.pos
	m.pos += int(n) //nolint:gosec // within the data
	return m.data[from:m.pos:m.pos], nil
}

// size reads a length of 1, 2, 4 or 8 bytes.
func (m *machine) size(width uint64) (uint64, error) {
	raw, err := m.take(width)
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], raw)
	return binary.LittleEndian.Uint64(wide[:]), nil
}

// sized gives the bytes after a length.
func (m *machine) sized(width uint64) ([]byte, error) {
	n, err := m.size(width)
	if err != nil {
		return nil, err
	}
	return m.take(n)
}

// line gives the text up to the next newline.
func (m *machine) line(longest int) (string, error) {
	for i := m.pos; i < len(m.data) && i < m.pos+longest; i++ {
		if m.data[i] == '\n' {
			text := string(m.data[m.pos:i])
			m.pos = i + 1
			return text, nil
		}
	}
	return "", m.wrong(fault.Invalid, "a line of text has no end within %d bytes", longest)
}

// valueBytes is what a value takes at least, in the list that it stands in and
// for itself.
const valueBytes = 32

func (m *machine) push(v any) error {
	if len(m.stack) >= m.limits.Stack {
		return m.wrong(fault.Limited, "the stack holds more than %d values", m.limits.Stack)
	}
	if m.made++; m.made > m.limits.Objects {
		return m.wrong(fault.Limited, "the pickle makes more than %d values", m.limits.Objects)
	}
	if m.made%1024 == 0 {
		if err := m.limits.beyond(int64(m.made)*valueBytes, "its values take"); err != nil {
			return err
		}
	}
	m.stack = append(m.stack, v)
	return nil
}

func (m *machine) pop() (any, error) {
	n := len(m.stack)
	if n == 0 || len(m.marks) > 0 && m.marks[len(m.marks)-1] == n {
		return nil, m.wrong(fault.Invalid, "a value is wanted and the stack has none")
	}
	v := m.stack[n-1]
	m.stack[n-1] = nil
	m.stack = m.stack[:n-1]
	return v, nil
}

// top is the value on top, which stays.
func (m *machine) top() (any, error) {
	v, err := m.pop()
	if err == nil {
		m.stack = append(m.stack, v)
	}
	return v, err
}

func (m *machine) mark() error {
	if len(m.marks) >= m.limits.Marks {
		return m.wrong(fault.Limited, "literals nest deeper than %d", m.limits.Marks)
	}
	m.marks = append(m.marks, len(m.stack))
	return nil
}

// sinceMark takes the values above the last mark off.
func (m *machine) sinceMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, m.wrong(fault.Invalid, "a mark is wanted and there is none")
	}
	at := m.marks[len(m.marks)-1]
	m.marks = m.marks[:len(m.marks)-1]
	items := append([]any(nil), m.stack[at:]...)
	clear(m.stack[at:])
	m.stack = m.stack[:at]
	return items, nil
}

func (m *machine) put(index int64) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	if index < 0 || len(m.memo)+len(m.places) >= m.limits.Memo {
		return m.wrong(fault.Limited, "the memo has more than %d values, or a negative place", m.limits.Memo)
	}
	switch {
	case index < int64(len(m.memo)):
		m.memo[index] = v
	case index == int64(len(m.memo)):
		m.memo = append(m.memo, v)
	default:
		if m.places == nil {
			m.places = map[int64]any{}
		}
		m.places[index] = v
	}
	return nil
}

func (m *machine) get(index int64) error {
	if index >= 0 && index < int64(len(m.memo)) {
		return m.push(m.memo[index])
	}
	v, ok := m.places[index]
	if !ok {
		return m.wrong(fault.Invalid, "the memo has nothing at %d", index)
	}
	return m.push(v)
}

// tuple makes a tuple of the last n values.
func (m *machine) tuple(n int) error {
	items := make([]any, n)
	for i := n - 1; i >= 0; i-- {
		v, err := m.pop()
		if err != nil {
			return err
		}
		items[i] = v
	}
	return m.pushTuple(items)
}

// pushTuple holds tuples to the depth that is allowed while they are made: they
// cannot be deepened later. The depth of other containers is judged at the end.
func (m *machine) pushTuple(items []any) error {
	t := &Tuple{Items: items}
	for _, item := range items {
		if inner, ok := item.(*Tuple); ok && inner.depth >= t.depth {
			t.depth = inner.depth + 1
		}
	}
	if t.depth > m.limits.Depth {
		return m.wrong(fault.Limited, "tuples nest deeper than %d", m.limits.Depth)
	}
	return m.push(t)
}

func (m *machine) float() error {
	raw, err := m.take(8)
	if err != nil {
		return err
	}
	return m.push(math.Float64frombits(binary.BigEndian.Uint64(raw)))
}
