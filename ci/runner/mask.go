package runner

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
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
	secrets  [][]byte // longest first
	prefixes [][]byte
}

const mask = "[MASKED]"

// derivedLength is the shortest secret of which encoded forms are looked for:
// those of shorter ones are ordinary text.
const derivedLength = 8

func newMasker(to io.Writer, secrets, prefixes []string) *masker {
	m := &masker{to: to}
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			at := &m.starts[form[0]]
			at.secrets = append(at.secrets, []byte(form))
			m.longest = max(m.longest, len(form))
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
		slices.SortFunc(at.secrets, func(a, b []byte) int { return cmp.Or(len(b)-len(a), bytes.Compare(a, b)) })
		m.first[i] = len(at.secrets)+len(at.prefixes) > 0
		at.secrets = slices.CompactFunc(at.secrets, bytes.Equal)
	}
	return m
}

// forms are the ways in which a secret is written: as it is, its lines, as in
// addresses, in JSON, and in base64.
func forms(secret string) []string {
	if strings.Trim(secret, "\r\n") == "" {
		return nil
	}
	list := []string{secret}
	if trimmed := strings.TrimRight(secret, "\r\n"); trimmed != secret {
		list = append(list, trimmed)
	}
	if strings.Contains(secret, "\n") {
		for line := range strings.Lines(secret) {
			if line = strings.TrimSpace(line); len(line) >= derivedLength {
				list = append(list, line)
			}
		}
	}
	if len(secret) < derivedLength {
		return list
	}
	list = append(list, url.QueryEscape(secret), url.PathEscape(secret))
	if text, err := json.Marshal(secret); err == nil {
		list = append(list, string(text[1:len(text)-1]))
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		list = append(list, encoding.EncodeToString([]byte(secret)))
		list = append(list, inBase64(encoding, secret)...)
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
	begins := func(s []byte) bool { return len(s) > len(end) && bytes.HasPrefix(s, end) }
	return slices.ContainsFunc(b.secrets, begins) || slices.ContainsFunc(b.prefixes, begins)
}

// hide notes a secret or a token that begins at i.
func (m *masker) hide(at *beginning, i int, rest []byte) {
	for _, secret := range at.secrets {
		if bytes.HasPrefix(rest, secret) {
			if i >= m.until && !m.word {
				m.out = append(m.out, mask...)
			}
			m.until = max(m.until, i+len(secret))
			return
		}
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
