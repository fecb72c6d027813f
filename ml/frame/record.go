package frame

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// field is one cell of a record and where it began.
type field struct {
	text         []byte
	line, column int // the line from 0 within the record
}

// mistake is what makes the rest of a file unreadable.
type mistake struct {
	line, column int // the line from 0 within the record
	what         string
}

// recorder takes records apart as RFC 4180 has it, with the liberties that
// encoding/csv takes: blank lines are no records, \r\n in quotes is \n, and a
// carriage return at the very end is none. It is the careful way: the quick one
// is in rows.go.
type recorder struct {
	delimiter []byte
	fields    []field
	unquoted  []byte // cells that are not verbatim in the text
}

// read takes the record at text[at:], where no blank line begins. It answers
// the place after it.
func (r *recorder) read(text []byte, at int) (next int, wrong *mistake) {
	r.fields, r.unquoted = r.fields[:0], r.unquoted[:0]
	line, begin := 0, at
	end, after := lineEnd(text, at)
	for i := at; ; {
		if i >= end || text[i] != '"' {
			cell := text[i:end]
			stop := bytes.Index(cell, r.delimiter)
			if stop >= 0 {
				cell = cell[:stop]
			}
			if quote := bytes.IndexByte(cell, '"'); quote >= 0 {
				return after, &mistake{line, i - begin + quote + 1, `a quote inside a field that does not begin with one: quote the field and write the quote twice`}
			}
			r.fields = append(r.fields, field{cell, line, i - begin + 1})
			if stop < 0 {
				return after, nil
			}
			i += stop + len(r.delimiter)
			continue
		}
		opened := field{line: line, column: i - begin + 1}
		start := len(r.unquoted)
		i++
		for closed := false; !closed; {
			quote := bytes.IndexByte(text[i:end], '"')
			switch {
			case quote < 0 && (after >= len(text) || string(text[after:]) == "\r"):
				column := end - begin + 1
				if text[after-1] == '\n' {
					column++
				}
				return after, &mistake{line, column, unclosedQuote}
			case quote < 0:
				r.unquoted = append(append(r.unquoted, text[i:end]...), '\n')
				line++
				i, begin = after, after
				end, after = lineEnd(text, after)
			case i+quote+1 < end && text[i+quote+1] == '"':
				r.unquoted = append(r.unquoted, text[i:i+quote+1]...)
				i += quote + 2
			default:
				r.unquoted = append(r.unquoted, text[i:i+quote]...)
				i += quote + 1
				closed = true
			}
		}
		// Appending may move what stands before; only the lengths are kept.
		opened.text = r.unquoted[start:len(r.unquoted):len(r.unquoted)]
		r.fields = append(r.fields, opened)
		switch {
		case i == end:
			return after, nil
		case bytes.HasPrefix(text[i:end], r.delimiter):
			i += len(r.delimiter)
		default:
			return after, &mistake{line, i - begin, unclosedQuote}
		}
	}
}

// unclosedQuote awaits the line that the record began on.
const unclosedQuote = "a quoted field that began on line %d is not closed, or a closing quote is followed by text: write a quote inside a field twice"

// lineEnd is where the line at text[at:] ends, without and with its line end.
func lineEnd(text []byte, at int) (end, after int) {
	n := bytes.IndexByte(text[at:], '\n')
	end, after = at+n, at+n+1
	if n < 0 {
		end, after = len(text), len(text)
	}
	if end > at && text[end-1] == '\r' {
		end--
	}
	return end, after
}

// say writes a mistake as a complaint, given the line its record begins on.
func (m *mistake) say(name string, line int) string {
	what := m.what
	if what == unclosedQuote {
		what = fmt.Sprintf(unclosedQuote, line)
	}
	return fmt.Sprintf("%s:%d:%d: %s", name, line+m.line, m.column, what)
}

// misfit finds what makes bytes no text: a NUL, or what is not UTF-8; -1 for
// none.
func misfit(text []byte) (at int, what string) {
	if at := bytes.IndexByte(text, 0); at >= 0 {
		return at, "a NUL byte: this is not a text file"
	}
	if !utf8.Valid(text) {
		return invalidUTF8(text), "this is not UTF-8 text: save the file as UTF-8"
	}
	return -1, ""
}

func invalidUTF8(data []byte) int {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}
