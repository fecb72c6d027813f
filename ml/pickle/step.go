package pickle

import (
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// step does one operation (CPython, Lib/pickletools.py, describes them).
func (m *machine) step(code byte) error { //nolint:gocyclo // a table of operations
	switch code {
	case 0x80: // PROTO
		version, err := m.byte()
		if err == nil && version > 5 {
			return m.wrong(fault.Invalid, "protocol %d is not known: 0 to 5 are", version)
		}
		return err
	case 0x95: // FRAME: its length is of use to streams only
		_, err := m.take(8)
		return err
	case '(':
		return m.mark()
	case '0': // POP takes a mark as well
		if n := len(m.marks); n > 0 && m.marks[n-1] == len(m.stack) {
			m.marks = m.marks[:n-1]
			return nil
		}
		_, err := m.pop()
		return err
	case '1': // POP_MARK
		_, err := m.sinceMark()
		return err
	case '2': // DUP
		v, err := m.top()
		if err != nil {
			return err
		}
		return m.push(v)
	case 'N':
		return m.push(nil)
	case 0x88:
		return m.push(true)
	case 0x89:
		return m.push(false)
	case 'I', 'L', 'F', 'S', 'V', 'g', 'p', 'c':
		return m.text(code)
	case 'K', 'M', 'J', 0x8a, 0x8b:
		return m.integer(code)
	case 'G':
		return m.float()
	case 'T', 'U', 'X', 0x8c, 0x8d, 'B', 'C', 0x8e, 0x96:
		return m.sizedText(code)
	case 'q', 'r', 'h', 'j', 0x94:
		return m.remember(code)
	case ')', 't', 0x85, 0x86, 0x87, ']', 'l', 'a', 'e', '}', 'd', 's', 'u', 0x8f, 0x90, 0x91:
		return m.collect(code)
	case 0x93, 'R', 0x81, 0x92, 'b':
		return m.object(code)
	}
	if name, ok := refused[code]; ok {
		return m.wrong(fault.Invalid, "the operation %s is refused: no model has a use for it", name)
	}
	return m.wrong(fault.Invalid, "%#02x is no operation of a pickle: this is no pickle, or a damaged one", code)
}

var refused = map[byte]string{
	'i': "INST", 'o': "OBJ", 'P': "PERSID", 'Q': "BINPERSID", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
}

// text does the operations of protocol 0, whose arguments are lines.
func (m *machine) text(code byte) error {
	longest := 4096 // of a number or name; reading a long number takes time that grows with its square
	if code == 'V' || code == 'S' {
		longest = len(m.data)
	}
	line, err := m.line(longest)
	if err != nil {
		return err
	}
	switch code {
	case 'I', 'L':
		return m.number(code, line)
	case 'F':
		x, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return m.wrong(fault.Invalid, "%q is no number", clip(line))
		}
		return m.push(x)
	case 'S':
		raw, err := quoted(strings.TrimRight(line, " \t\r"))
		if err != nil {
			return err
		}
		return m.pushOld(raw)
	case 'V':
		text, err := rawUnicode(line)
		if err != nil {
			return m.located(err)
		}
		return m.push(text)
	case 'g', 'p':
		index, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			return m.wrong(fault.Invalid, "%q is no place in the memo", clip(line))
		}
		if code == 'p' {
			return m.put(index)
		}
		return m.get(index)
	}
	name, err := m.line(longest)
	if err != nil {
		return err
	}
	return m.global(Global{line, name})
}

func (m *machine) number(code byte, line string) error {
	if code == 'I' && line == "00" || code == 'I' && line == "01" {
		return m.push(line == "01")
	}
	line = strings.TrimSuffix(strings.TrimSpace(line), "L")
	if x, err := strconv.ParseInt(line, 10, 64); err == nil {
		return m.push(x)
	}
	wide, ok := new(big.Int).SetString(line, 10)
	if !ok {
		return m.wrong(fault.Invalid, "%q is no whole number", clip(line))
	}
	return m.push(wide)
}

func (m *machine) integer(code byte) error {
	if code == 0x8a || code == 0x8b { // LONG1, LONG4: two's complement
		width := uint64(1)
		if code == 0x8b {
			width = 4
		}
		raw, err := m.sized(width)
		if err != nil {
			return err
		}
		if len(raw) > 4096 {
			return m.wrong(fault.Limited, "a whole number has %d bytes", len(raw))
		}
		return m.push(twos(raw))
	}
	width := map[byte]uint64{'K': 1, 'M': 2, 'J': 4}[code]
	n, err := m.size(width)
	if err != nil {
		return err
	}
	if code == 'J' {
		return m.push(int64(int32(uint32(n)))) //nolint:gosec // two's complement is meant
	}
	return m.push(int64(n)) //nolint:gosec // at most 16 bits
}

func twos(raw []byte) any {
	if len(raw) == 0 {
		return int64(0)
	}
	wide := new(big.Int)
	for _, b := range slices.Backward(raw) {
		wide.Lsh(wide, 8)
		wide.Or(wide, big.NewInt(int64(b)))
	}
	if raw[len(raw)-1]&0x80 != 0 {
		wide.Sub(wide, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw)))) //nolint:gosec // bounded
	}
	if wide.IsInt64() {
		return wide.Int64()
	}
	return wide
}

func (m *machine) sizedText(code byte) error {
	width := map[byte]uint64{'T': 4, 'U': 1, 'X': 4, 0x8c: 1, 0x8d: 8, 'B': 4, 'C': 1, 0x8e: 8, 0x96: 8}[code]
	raw, err := m.sized(width)
	if err != nil {
		return err
	}
	switch code {
	case 'X', 0x8c, 0x8d:
		text, err := surrogates(raw)
		if err != nil {
			return err
		}
		return m.push(text)
	case 'T', 'U':
		return m.pushOld(raw)
	}
	return m.push(Bytes(raw))
}

// pushOld pushes Python 2's str: a text when it is one, or else bytes.
func (m *machine) pushOld(raw []byte) error {
	if utf8.Valid(raw) {
		return m.push(string(raw))
	}
	return m.push(Bytes(raw))
}

func (m *machine) remember(code byte) error {
	if code == 0x94 { // MEMOIZE
		return m.put(int64(len(m.memo) + len(m.places)))
	}
	width := uint64(1)
	if code == 'r' || code == 'j' {
		width = 4
	}
	index, err := m.size(width)
	if err != nil {
		return err
	}
	if code == 'q' || code == 'r' {
		return m.put(int64(index)) //nolint:gosec // at most 32 bits
	}
	return m.get(int64(index)) //nolint:gosec // at most 32 bits
}
