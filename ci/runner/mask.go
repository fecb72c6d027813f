package runner

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
)

// masker hides secrets in a stream, wherever it is cut into writes. Secrets may
// overlap: every byte that belongs to one is hidden. Words that begin with a
// token's prefix are hidden behind it. Other bytes pass as they are.
//
// It holds back the end of what it got as long as that may be the beginning of a
// secret; Flush lets it go.
type masker struct {
	to      io.Writer
	starts  [256]beginning
	first   [256]bool // bytes that something begins with
	longest int       // of secrets and prefixes
	held    []byte
	until   int  // how far in held a secret reaches that was found already
	word    bool // within a word after a token's prefix
	out     []byte
}

// beginning is what begins with one byte.
type beginning struct {
	forms    []form
	prefixes [][]byte
}

const mask = "[MASKED]"

func newMasker(to io.Writer, secrets, prefixes []string) *masker {
	m := &masker{to: to}
	for _, secret := range secrets {
		for _, f := range forms(secret) {
			m.longest = max(m.longest, f.longest())
			for _, first := range f.begins() {
				at := &m.starts[first]
				at.forms = append(at.forms, f)
			}
		}
	}
	for _, prefix := range prefixes {
		if prefix != "" {
			at := &m.starts[prefix[0]]
			at.prefixes = append(at.prefixes, []byte(prefix))
			m.longest = max(m.longest, len(prefix))
		}
	}
	for i := range m.starts {
		at := &m.starts[i]
		slices.SortFunc(at.forms, func(a, b form) int { return cmp.Or(strings.Compare(a.text, b.text), int(a.way)-int(b.way)) })
		at.forms = slices.Compact(at.forms)
		m.first[i] = len(at.forms)+len(at.prefixes) > 0
	}
	return m
}

// Write implements io.Writer.
func (m *masker) Write(p []byte) (int, error) {
	m.held = append(m.held, p...)
	if err := m.pass(false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush lets go of what is held back.
func (m *masker) Flush() error { return m.pass(true) }

func (m *masker) pass(final bool) error {
	m.out = m.out[:0]
	i := 0
	for i < len(m.held) {
		rest := m.held[i:]
		if m.first[rest[0]] {
			at := &m.starts[rest[0]]
			if !final && len(rest) < m.longest && at.reaches(rest) {
				break
			}
			m.hide(at, i, rest)
		}
		switch {
		case i < m.until:
		case m.word && isWord(rest[0]):
		default:
			m.word = false
			n := m.plain(rest)
			m.out = append(m.out, rest[:n]...)
			i += n
			continue
		}
		i++
	}
	m.held = append(m.held[:0], m.held[i:]...)
	m.until = max(0, m.until-i)
	if len(m.out) == 0 {
		return nil
	}
	_, err := m.to.Write(m.out)
	return err
}

// plain is how many bytes may pass without a look, the first one included.
func (m *masker) plain(rest []byte) int {
	n := 1
	for n < len(rest) && !m.first[rest[n]] {
		n++
	}
	return n
}

// reaches tells whether the end of the stream so far may be the beginning of a
// secret or of a prefix.
func (b *beginning) reaches(end []byte) bool {
	for _, f := range b.forms {
		if _, more := f.match(end); more {
			return true
		}
	}
	return slices.ContainsFunc(b.prefixes, func(p []byte) bool { return len(p) > len(end) && bytes.HasPrefix(p, end) })
}

// hide notes a secret or a token that begins at i.
func (m *masker) hide(at *beginning, i int, rest []byte) {
	longest := 0
	for _, f := range at.forms {
		n, _ := f.match(rest)
		longest = max(longest, n)
	}
	if longest > 0 {
		if i >= m.until && !m.word {
			m.out = append(m.out, mask...)
		}
		m.until = max(m.until, i+longest)
		return
	}
	if i < m.until || m.word {
		return
	}
	for _, prefix := range at.prefixes {
		if bytes.HasPrefix(rest, prefix) {
			m.out = append(append(m.out, prefix...), mask...)
			m.word, m.until = true, i+len(prefix)
			return
		}
	}
}

// isWord tells the bytes that tokens are made of.
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == '='
}
