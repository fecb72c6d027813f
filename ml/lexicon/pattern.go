package lexicon

import (
	"strconv"
	"strings"
	"unicode"
)

// pattern is a regular expression of Python's as far as vectorizers are given
// them: one of several sequences of classes of characters, each repeated and
// greedy, with \b and groups around the whole. Python's \w and \b know all
// alphabets, which is why package regexp is not asked: it knows one.
type pattern struct {
	choices [][]atom
	words   bool // runs of word characters of least length: the usual pattern
	least   int
}

// atom is a class of characters, repeated, or a place between characters.
type atom struct {
	edge    bool // \b
	not     bool
	fold    bool
	ranges  []rune // pairs
	classes string // of "wdsWDS"
	least   int
	most    int
}

const (
	maxPattern = 1000
	unbounded  = 1 << 30
)

// DefaultPattern is the one of scikit-learn's vectorizers.
const DefaultPattern = `(?u)\b\w\w+\b`

// compile reads a pattern.
func compile(text string) (*pattern, error) {
	if len(text) > maxPattern {
		return nil, wrong("pattern", "it has %d bytes, at most %d are read", len(text), maxPattern)
	}
	s := &scanner{rest: text}
	if strings.HasPrefix(s.rest, "(?u)") {
		s.rest = s.rest[4:]
	} else if strings.HasPrefix(s.rest, "(?i)") {
		s.rest, s.fold = s.rest[4:], true
	}
	p := &pattern{}
	for {
		sequence, err := s.sequence()
		if err != nil {
			return nil, err
		}
		p.choices = append(p.choices, sequence)
		if s.rest == "" {
			break
		}
		s.rest = s.rest[1:] // "|"
	}
	p.words, p.least = p.runs()
	return p, nil
}

// runs tells patterns that find runs of word characters of some least length.
func (p *pattern) runs() (bool, int) {
	if len(p.choices) != 1 {
		return false, 0
	}
	atoms := p.choices[0]
	if n := len(atoms); n >= 3 && atoms[0].edge && atoms[n-1].edge {
		atoms = atoms[1 : n-1]
	} else if n != 1 { // \w+ takes whole runs without edges, too
		return false, 0
	}
	least, open := 0, false
	for _, a := range atoms {
		if a.edge || a.not || a.classes != "w" || len(a.ranges) > 0 {
			return false, 0
		}
		least += a.least
		open = open || a.most == unbounded
	}
	return open && least > 0, least
}

type scanner struct {
	rest string
	fold bool
}

func (s *scanner) refuse() error {
	return wrong("pattern", "what stands at %q in the pattern of words is not read: classes of characters, their repetition, \\b and | are", s.rest)
}

// sequence reads up to the end or to a "|".
func (s *scanner) sequence() ([]atom, error) {
	var atoms []atom
	grouped := false
	for s.rest != "" && s.rest[0] != '|' {
		switch {
		case strings.HasPrefix(s.rest, `\b`):
			atoms, s.rest = append(atoms, atom{edge: true}), s.rest[2:]
			continue
		case strings.HasPrefix(s.rest, "(?:"), s.rest[0] == '(' && !strings.HasPrefix(s.rest, "(?"):
			// A group around all but edges changes nothing of what is found.
			if grouped || !onlyEdges(atoms) {
				return nil, s.refuse()
			}
			end := strings.IndexByte(s.rest, ')')
			inner := ""
			if end > 0 {
				inner = strings.TrimPrefix(strings.TrimPrefix(s.rest[:end], "("), "?:")
			}
			if end < 0 || strings.ContainsAny(inner, "()|") || strings.Trim(s.rest[end+1:], `\b`) != "" || strings.HasSuffix(s.rest[:end], `\`) {
				return nil, s.refuse()
			}
			grouped = true
			s.rest = inner + s.rest[end+1:]
			continue
		}
		a, err := s.class()
		if err != nil {
			return nil, err
		}
		if a.least, a.most, err = s.times(); err != nil {
			return nil, err
		}
		atoms = append(atoms, a)
	}
	if onlyEdges(atoms) || len(atoms) > 30 {
		return nil, s.refuse()
	}
	return atoms, nil
}

func onlyEdges(atoms []atom) bool {
	for _, a := range atoms {
		if !a.edge {
			return false
		}
	}
	return true
}

// class reads what one character may be.
func (s *scanner) class() (atom, error) {
	a := atom{fold: s.fold}
	switch s.rest[0] {
	case '.':
		s.rest = s.rest[1:]
		return atom{not: true, ranges: []rune{'\n', '\n'}}, nil
	case '[':
		s.rest = s.rest[1:]
		if strings.HasPrefix(s.rest, "^") {
			a.not, s.rest = true, s.rest[1:]
		}
		for first := true; ; first = false {
			if s.rest == "" {
				return a, s.refuse()
			}
			if s.rest[0] == ']' && !first {
				s.rest = s.rest[1:]
				return a, nil
			}
			if s.rest[0] == '[' || strings.HasPrefix(s.rest, "--") || strings.HasPrefix(s.rest, "&&") || strings.HasPrefix(s.rest, "||") {
				return a, s.refuse()
			}
			low, class, err := s.one(true)
			if err != nil {
				return a, err
			}
			if class != 0 {
				a.classes += string(class)
				continue
			}
			high := low
			if len(s.rest) > 1 && s.rest[0] == '-' && s.rest[1] != ']' {
				s.rest = s.rest[1:]
				if high, class, err = s.one(true); err != nil || class != 0 || high < low {
					return a, s.refuse()
				}
			}
			a.ranges = append(a.ranges, low, high)
		}
	case '*', '+', '?', '{', '^', '$', '(', ')', ']', '}':
		return a, s.refuse()
	}
	r, class, err := s.one(false)
	if class != 0 {
		a.classes = string(class)
	} else {
		a.ranges = []rune{r, r}
	}
	return a, err
}

// one reads a character, or a class's letter.
func (s *scanner) one(within bool) (rune, byte, error) {
	runes := []rune(s.rest[:min(len(s.rest), 8)])
	r := runes[0]
	if r != '\\' {
		s.rest = s.rest[len(string(r)):]
		return r, 0, nil
	}
	if len(s.rest) < 2 {
		return 0, 0, s.refuse()
	}
	c := s.rest[1]
	switch {
	case strings.IndexByte("wdsWDS", c) >= 0:
		s.rest = s.rest[2:]
		return 0, c, nil
	case c == 'n', c == 't', c == 'r':
		s.rest = s.rest[2:]
		return map[byte]rune{'n': '\n', 't': '\t', 'r': '\r'}[c], 0, nil
	case c >= 0x80, '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		return 0, 0, s.refuse()
	}
	_ = within
	s.rest = s.rest[2:]
	return rune(c), 0, nil
}

// times reads how often a class stands in a row.
func (s *scanner) times() (least, most int, err error) {
	least, most = 1, 1
	if s.rest == "" {
		return least, most, nil
	}
	switch s.rest[0] {
	case '*':
		least, most = 0, unbounded
	case '+':
		least, most = 1, unbounded
	case '?':
		least, most = 0, 1
	case '{':
		inner, after, ok := strings.Cut(s.rest[1:], "}")
		low, high, between := strings.Cut(inner, ",")
		if !ok {
			return 0, 0, s.refuse()
		}
		if least, err = strconv.Atoi(low); err != nil && low != "" || least < 0 || least > 1000 || low == "" && !between {
			return 0, 0, s.refuse()
		}
		most = least
		if between {
			if most, err = strconv.Atoi(high); err != nil && high != "" || most > 1000 || high != "" && most < least {
				return 0, 0, s.refuse()
			}
			if high == "" {
				most = unbounded
			}
		}
		s.rest = after
		return least, most, s.eager()
	default:
		return least, most, nil
	}
	s.rest = s.rest[1:]
	return least, most, s.eager()
}

// eager refuses repetitions that take as little as they can, or give nothing back.
func (s *scanner) eager() error {
	if s.rest != "" && strings.IndexByte("?*+{", s.rest[0]) >= 0 {
		return s.refuse()
	}
	return nil
}

// holds tells whether a character is of a class.
func (a *atom) holds(r rune) bool {
	if a.any(r) {
		return !a.not
	}
	if a.fold {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if a.any(f) {
				return !a.not
			}
		}
	}
	return a.not
}

func (a *atom) any(r rune) bool {
	for k := 0; k < len(a.ranges); k += 2 {
		if a.ranges[k] <= r && r <= a.ranges[k+1] {
			return true
		}
	}
	for k := range len(a.classes) {
		is := false
		switch a.classes[k] | 0x20 {
		case 'w':
			is = isWord(r)
		case 'd':
			is = unicode.Is(unicode.Nd, r)
		case 's':
			is = isSpace(r)
		}
		if is == (a.classes[k] >= 'a') {
			return true
		}
	}
	return false
}

// isWord is Python's \w.
func isWord(r rune) bool {
	if r < 0x80 {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// isSpace is Python's \s, which knows four separators more than ours.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }
