package lexicon

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// lower is Python's str.lower: one rune becomes two in one case, and the sigma
// at a word's end is another letter (Unicode Standard, section 3.13, and its
// table SpecialCasing).
func lower(text, into []rune) []rune {
	into = into[:0]
	for k, r := range text {
		switch {
		case r < utf8.RuneSelf:
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			into = append(into, r)
		case r == 'İ':
			into = append(into, 'i', '\u0307')
		case r == 'Σ' && endsWord(text, k):
			into = append(into, 'ς')
		default:
			into = append(into, unicode.ToLower(r))
		}
	}
	return into
}

// endsWord tells whether a letter has one before it and none behind it.
func endsWord(text []rune, at int) bool {
	before := at - 1
	for before >= 0 && caseless(text[before]) {
		before--
	}
	after := at + 1
	for after < len(text) && caseless(text[after]) {
		after++
	}
	return before >= 0 && cased(text[before]) && (after >= len(text) || !cased(text[after]))
}

func cased(r rune) bool {
	return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) || unicode.Is(unicode.Other_Lowercase, r) || unicode.Is(unicode.Other_Uppercase, r)
}

// caseless are characters within words that have no case (Case_Ignorable).
func caseless(r rune) bool {
	switch r {
	case '\'', '.', ':', '^', '`', '¨', '\u00ad', '·', '\u0387', '\u055f', '\u05f4', '\u2018', '\u2019', '\u2024', '\u2027', '\ufe13', '\ufe52', '\ufe55', '\uff07', '\uff0e', '\uff1a':
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

// bare takes the accents off: the compatibility decomposition without its marks,
// or without all that is not ASCII.
func bare(text []rune, how string, m *memory) []rune {
	plain := true
	for _, r := range text {
		plain = plain && r < utf8.RuneSelf
	}
	if plain {
		return text
	}
	m.bytes = m.bytes[:0]
	for _, r := range text {
		m.bytes = utf8.AppendRune(m.bytes, r)
	}
	m.other = norm.NFKD.Append(m.other[:0], m.bytes...)
	m.bare = m.bare[:0]
	for at := 0; at < len(m.other); {
		r, size := utf8.DecodeRune(m.other[at:])
		keep := r < utf8.RuneSelf
		if how == Unicode {
			keep = norm.NFKD.Properties(m.other[at:]).CCC() == 0
		}
		if keep {
			m.bare = append(m.bare, r)
		}
		at += size
	}
	return m.bare
}
