package runner

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"
)

// form is one way in which a secret is written.
type form struct {
	text string
	way  way
}

// way is how a form is compared with what a job prints.
type way uint8

const (
	// exact: byte for byte.
	exact way = iota
	// wrapped: byte for byte, with line ends anywhere in between, as programs
	// break the lines of base64.
	wrapped
	// escaped: each character as it is, or as addresses, JSON, C and shells spell
	// it; each may be spelt another way.
	escaped
)

// derivedLength is the shortest secret of which encoded forms are looked for:
// those of shorter ones are ordinary text.
const derivedLength = 8

// forms are the ways in which a secret is looked for: as it is and escaped, in
// base64 and in hexadecimal digits; and so each of its lines, because a log is
// read by lines.
func forms(secret string) []form {
	if strings.Trim(secret, "\r\n") == "" {
		return nil
	}
	texts := []string{secret}
	if trimmed := strings.TrimRight(secret, "\r\n"); trimmed != secret {
		texts = append(texts, trimmed)
	}
	if strings.Contains(secret, "\n") {
		for line := range strings.Lines(secret) {
			if line = strings.TrimSpace(line); len(line) >= derivedLength {
				texts = append(texts, line)
			}
		}
	}
	var list []form
	for _, text := range texts {
		if len(text) < derivedLength {
			list = append(list, form{text, exact})
			continue
		}
		list = append(list, form{text, escaped})
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			list = append(list, form{encoding.EncodeToString([]byte(text)), wrapped})
			for _, inner := range inBase64(encoding, text) {
				list = append(list, form{inner, wrapped})
			}
		}
		digits := hex.EncodeToString([]byte(text))
		list = append(list, form{digits, wrapped}, form{strings.ToUpper(digits), wrapped})
	}
	return list
}

// inBase64 is what a secret looks like in the base64 of a longer text, as in
// "user:password": it depends on how many bytes, modulo 3, come before. The
// digits that depend on the neighbours as well are left out.
func inBase64(encoding *base64.Encoding, secret string) []string {
	var list []string
	for before := range 3 {
		text := encoding.EncodeToString(append(make([]byte, before), secret...))
		from := (before*8 + 5) / 6
		to := (before + len(secret)) * 8 / 6
		if to-from >= derivedLength {
			list = append(list, text[from:to])
		}
	}
	return list
}

// begins lists the bytes that the form can begin with.
func (f form) begins() []byte {
	if f.way != escaped {
		return []byte{f.text[0]}
	}
	list := []byte{f.text[0], '%', '\\'}
	switch f.text[0] {
	case ' ':
		list = append(list, '+')
	case '&', '<', '>', '"', '\'':
		list = append(list, '&', '\'')
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// longest is the most bytes that the form can take.
func (f form) longest() int {
	switch f.way {
	case wrapped:
		return 3 * len(f.text)
	case escaped:
		return longestSpelling * len(f.text)
	default:
		return len(f.text)
	}
}

// match tells how many bytes at the beginning of text are the form, 0 when they
// are not, and whether they might be if text went on.
func (f form) match(text []byte) (n int, more bool) {
	switch f.way {
	case wrapped:
		return matchWrapped(f.text, text)
	case escaped:
		return matchEscaped(f.text, text)
	default:
		if len(text) < len(f.text) {
			return 0, strings.HasPrefix(f.text, string(text))
		}
		if string(text[:len(f.text)]) == f.text {
			return len(f.text), false
		}
		return 0, false
	}
}

func matchWrapped(want string, text []byte) (int, bool) {
	breaks := 0
	for i, j := 0, 0; ; j++ {
		switch {
		case i == len(want):
			return j, false
		case j == len(text):
			return 0, true
		case text[j] == want[i]:
			i, breaks = i+1, 0
		case i > 0 && breaks < 2 && (text[j] == '\n' || text[j] == '\r'):
			breaks++
		default:
			return 0, false
		}
	}
}

// longestSpelling is the most bytes that a byte of a secret takes: `\u00e9`, or
// `'"'"'` for an apostrophe.
const longestSpelling = 6

// mostPaths bounds how many readings of a text are followed at once. More than
// one there are only where the secret itself is made of escapes.
const mostPaths = 4

// matchEscaped follows all ways to read text as the secret, character by
// character: each path is how far in text it has come.
func matchEscaped(want string, text []byte) (n int, more bool) {
	paths := make([]int, 1, mostPaths)
	var next []int
	for i := 0; i < len(want); {
		_, width := utf8.DecodeRuneInString(want[i:])
		char := want[i : i+width]
		next = next[:0]
		for _, at := range paths {
			open := spellings(char, text[at:], func(length int) {
				if end := at + length; len(next) < mostPaths && !slices.Contains(next, end) {
					next = append(next, end)
				}
			})
			more = more || open
		}
		if len(next) == 0 {
			return 0, more
		}
		paths, next = next, paths
		i += width
	}
	return slices.Max(paths), more
}

// spellings calls found with the length of each spelling of char that text
// begins with, and tells whether text might be cut off in the middle of one.
func spellings(char string, text []byte, found func(length int)) (more bool) {
	try := func(spelling string, fold bool) {
		n := min(len(spelling), len(text))
		if same := string(text[:n]) == spelling[:n]; !same && (!fold || !strings.EqualFold(string(text[:n]), spelling[:n])) {
			return
		}
		if n < len(spelling) {
			more = true
			return
		}
		found(n)
	}
	try(char, false)
	if len(text) > 0 && text[0] != '%' && text[0] != '\\' && text[0] != '+' && text[0] != '&' && text[0] != '\'' {
		return more // most text: nothing but itself
	}
	for _, s := range spelt(char) {
		try(s.text, s.fold)
	}
	return more
}

// spelling is one way to write a character; fold: in either case.
type spelling struct {
	text string
	fold bool
}

// named are characters that have escapes of their own.
var named = map[string][]string{
	"\n": {`\n`}, "\r": {`\r`}, "\t": {`\t`}, "\b": {`\b`}, "\f": {`\f`}, " ": {"+"},
	"'": {`'\''`, `'"'"'`, "&#39;", "&#x27;", "&apos;"}, `"`: {"&quot;", "&#34;"}, "&": {"&amp;"}, "<": {"&lt;"}, ">": {"&gt;"},
}

// spelt lists the other ways to write a character: percent-encoded (RFC 3986,
// section 2.1), in JSON (RFC 8259, section 7), in C, in HTML, behind a backslash
// as shells do.
func spelt(char string) []spelling {
	const digits = "0123456789abcdef"
	percent, c := "", ""
	for i := range len(char) {
		high, low := string(digits[char[i]>>4]), string(digits[char[i]&15])
		percent += "%" + high + low
		c += `\x` + high + low
	}
	list := []spelling{{percent, true}, {c, true}}
	r, width := utf8.DecodeRuneInString(char)
	if r != utf8.RuneError || width > 1 {
		list = append(list, spelling{unicodeEscape(r), true})
	}
	for _, text := range named[char] {
		list = append(list, spelling{text, false})
	}
	if len(char) == 1 && (char[0] < '0' || char[0] > '9' && char[0] < 'A' || char[0] > 'Z' && char[0] < 'a' || char[0] > 'z') && char[0] > ' '-1 {
		list = append(list, spelling{`\` + char, false})
	}
	return list
}

// unicodeEscape is a character as JSON's \u, in two halves beyond the first
// plane.
func unicodeEscape(r rune) string {
	unit := func(u rune) string {
		const digits = "0123456789abcdef"
		return `\u` + string(digits[u>>12&15]) + string(digits[u>>8&15]) + string(digits[u>>4&15]) + string(digits[u&15])
	}
	if r < 0x10000 {
		return unit(r)
	}
	r -= 0x10000
	return unit(0xd800+r>>10) + unit(0xdc00+r&0x3ff)
}
