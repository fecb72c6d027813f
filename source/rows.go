package source

import (
	"bufio"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// rowWriter writes rows in one canonical form: JSON lines, every line with all
// columns in their order, numbers and instants as the database writes them. The
// digest of a query is of these bytes.
type rowWriter struct {
	w     *bufio.Writer
	keys  [][]byte // `{"a":`, `,"b":`
	names []string
	limit int64
	shown string
	rows  int
	line  []byte
}

func newRowWriter(w io.Writer, names []string, limit int64, shown string) (*rowWriter, error) {
	r := &rowWriter{w: bufio.NewWriterSize(w, 1<<16), names: names, limit: limit, shown: shown}
	seen := map[string]bool{}
	for i, name := range names {
		if name == "" || name == "?column?" || seen[name] {
			return nil, fault.Errorf(fault.Invalid, "%s: column %d of the query has no name of its own: give it one with AS", shown, i+1)
		}
		seen[name] = true
		key := []byte{','}
		if i == 0 {
			key[0] = '{'
		}
		r.keys = append(r.keys, append(appendText(key, name), ':'))
	}
	if len(names) == 0 {
		return nil, fault.Errorf(fault.Invalid, "%s: the query has no columns", shown)
	}
	return r, nil
}

// write writes a row whose cells are JSON already.
func (r *rowWriter) write(cells [][]byte) error {
	r.rows++
	r.line = r.line[:0]
	for i, cell := range cells {
		r.line = append(append(r.line, r.keys[i]...), cell...)
	}
	r.line = append(r.line, '}', '\n')
	if r.limit -= int64(len(r.line)); r.limit < 0 {
		return fault.Errorf(fault.Limited, "%s: the rows are more than is read, from row %d on: select fewer columns or rows", r.shown, r.rows)
	}
	_, err := r.w.Write(r.line)
	return err
}

// close ends the rows.
func (r *rowWriter) close() error {
	if r.rows == 0 {
		return fault.Errorf(fault.Invalid, "%s: the query has no rows", r.shown)
	}
	return r.w.Flush()
}

// refuse says that a cell cannot be written.
func (r *rowWriter) refuse(column int, what string) error {
	return fault.Errorf(fault.Invalid, "%s: row %d, column %q: %s", r.shown, r.rows+1, r.names[column], what)
}

const hexDigits = "0123456789abcdef"

// appendText writes a JSON string with as few escapes as there can be.
func appendText(b []byte, text string) []byte {
	b = append(b, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// textCell is a text as a cell; false when it is not UTF-8.
func textCell(b []byte, text string) ([]byte, bool) {
	return appendText(b, text), utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

var (
	tableName = regexp.MustCompile(`^[\pL_][\pL\pN_$]*(\.[\pL_][\pL\pN_$]*)?$`)
	skipped   = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"`)
	ordered   = regexp.MustCompile(`(?i)\border\s+by\b`)
	selecting = regexp.MustCompile(`(?i)^(select|with|values|table)\b`)
)

// asQuery tells a table's name from a query, and refuses what only may write:
// that the transaction cannot write is the database's promise, this is for a
// better sentence.
func asQuery(query, shown string) (table []string, text string, err error) {
	query = strings.TrimSuffix(strings.TrimSpace(query), ";")
	if tableName.MatchString(query) {
		return strings.Split(query, "."), "", nil
	}
	bare := strings.TrimSpace(skipped.ReplaceAllString(query, " "))
	if !selecting.MatchString(bare) {
		return nil, "", fault.Errorf(fault.Invalid, "%s: a query begins with SELECT or WITH, or is the name of a table", shown)
	}
	return nil, query, nil
}

const unordered = "The rows of %s come in no certain order: end the query with ORDER BY, or the digest may change while the data do not."

// hasOrder tells whether a query orders its own rows: an ORDER BY outside
// parentheses, comments and texts.
func hasOrder(query string) bool {
	depth := 0
	var outside strings.Builder
	for _, r := range skipped.ReplaceAllString(query, " ") {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			outside.WriteRune(r)
		}
	}
	return ordered.MatchString(outside.String())
}
