package pickle

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// rawUnicode reads Python's raw-unicode-escape.
func rawUnicode(line string) (string, error) {
	var text strings.Builder
	for i := 0; i < len(line); {
		digits := 0
		if line[i] == '\\' && i+1 < len(line) {
			digits = map[byte]int{'u': 4, 'U': 8}[line[i+1]]
		}
		if digits == 0 {
			text.WriteRune(rune(line[i])) // latin-1
			i++
			continue
		}
		if i+2+digits > len(line) {
			return "", fault.Errorf(fault.Invalid, "a letter's code is cut off")
		}
		r, err := strconv.ParseUint(line[i+2:i+2+digits], 16, 32)
		if err != nil || r > utf8.MaxRune {
			return "", fault.Errorf(fault.Invalid, "%q is no letter's code", line[i:i+2+digits])
		}
		text.WriteRune(rune(r)) //nolint:gosec // bounded above
		i += 2 + digits
	}
	return text.String(), nil
}

// surrogates reads UTF-8 as Python writes it, with halves of surrogate pairs: no
// letter stands for those, and a replacement does.
func surrogates(raw []byte) (string, error) {
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	var text strings.Builder
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		if r == utf8.RuneError && n == 1 {
			if len(raw) < 3 || raw[0] != 0xed || raw[1] < 0xa0 || raw[1] > 0xbf || raw[2] < 0x80 || raw[2] > 0xbf {
				return "", fault.Errorf(fault.Invalid, "a text is not in UTF-8")
			}
			n = 3
		}
		text.WriteRune(r)
		raw = raw[n:]
	}
	return text.String(), nil
}

// quoted reads Python 2's literal of a str.
func quoted(line string) ([]byte, error) {
	n := len(line)
	if n < 2 || line[0] != line[n-1] || line[0] != '\'' && line[0] != '"' {
		return nil, fault.Errorf(fault.Invalid, "a text is not in quotes")
	}
	line = line[1 : n-1]
	raw := make([]byte, 0, len(line))
	for i := 0; i < len(line); i++ {
		if line[i] != '\\' {
			raw = append(raw, line[i])
			continue
		}
		if i++; i == len(line) {
			return nil, fault.Errorf(fault.Invalid, "a text ends in a backslash")
		}
		if at := strings.IndexByte(escapes, line[i]); at >= 0 {
			raw = append(raw, escaped[at])
			continue
		}
		if line[i] != 'x' || i+2 >= len(line) {
			return nil, fault.Errorf(fault.Invalid, "a text has the escape \\%c", line[i])
		}
		b, err := strconv.ParseUint(line[i+1:i+3], 16, 8)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "a text has the escape \\x%s", clip(line[i+1:i+3]))
		}
		raw = append(raw, byte(b))
		i += 2
	}
	return raw, nil
}

// escapes of one letter, and what they stand for.
const (
	escapes = `\'"abfnrtv0`
	escaped = "\\'\"\a\b\f\n\r\t\v\x00"
)
