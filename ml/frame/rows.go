package frame

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"unsafe"

	"dasier/fault"
)

// rows feeds the records of one chunk after another to builders, one a column.
type rows struct {
	cfg      *Config
	names    []string
	single   byte // the delimiter, when it is one byte and in no number
	record   recorder
	builders []*builder // nil: not wanted

	text     []byte // the chunk, and its padding
	size     int    // without the padding
	line     int    // of the chunk's first byte
	count    int    // of records
	problems problems
	fatal    *fault.Error // after which nothing can be read
	broken   bool         // problems has what ends the reading
}

func newRows(cfg *Config, names []string) *rows {
	r := &rows{cfg: cfg, names: names, problems: problems{name: cfg.Name}}
	r.record.delimiter = []byte(string(cfg.Delimiter))
	// The quick way takes numbers of less than padding bytes unmeasured.
	if len(r.record.delimiter) == 1 && cfg.MaxField >= padding && !strings.ContainsRune("0123456789.-+", cfg.Delimiter) {
		r.single = r.record.delimiter[0]
	}
	return r
}

// read feeds the chunk from byte at on, and columns that turn out to be text
// once more.
func (r *rows) read(c *chunk, at int) {
	r.feedAll(c, at)
	var texts []*builder
	for i, b := range r.builders {
		if b != nil && b.again && b.kind == Category {
			if texts == nil {
				texts = make([]*builder, len(r.builders))
			}
			texts[i] = b
			b.again = false
			b.spelt = nil
			b.settled()
		}
	}
	if texts == nil || r.fatal != nil || r.problems.count > 0 {
		return
	}
	all := r.builders
	r.builders = texts
	r.feedAll(c, at)
	r.builders = all
}

func (r *rows) feedAll(c *chunk, at int) {
	r.text, r.size, r.line = c.text[:len(c.text)+padding], len(c.text), c.line
	r.count, r.fatal, r.broken = 0, nil, false
	r.problems.reset()
	if bad, what := misfit(c.text); bad >= 0 {
		line, column := r.place(bad)
		r.fatal = fault.Errorf(fault.Invalid, "%s:%d:%d: %s", r.cfg.Name, line, column, what)
		return
	}
	for at < r.size && !r.broken {
		switch {
		case r.text[at] == '\n':
			at++ // a blank line
			continue
		case r.text[at] == '\r' && (r.text[at+1] == '\n' || at+1 == r.size):
			at += 2
			continue
		}
		if r.count++; r.count > r.cfg.MaxRows {
			return // the limit is on all chunks together; this one is over it alone
		}
		next, field := r.quick(at)
		if field < len(r.builders) {
			next = r.careful(at, field)
		}
		at = next
	}
}

// quick feeds the record at text[at:] as far as it is plain, and answers the
// place after it. Where a field needs a closer look it answers which: the ones
// before it are fed.
func (r *rows) quick(at int) (next, field int) {
	if r.single == 0 {
		return at, 0
	}
	text, last := r.text, len(r.builders)-1
	i := at
	for j, b := range r.builders {
		if b != nil && b.quick {
			value, end := quickNumber(text, i)
			if end > i {
				c := text[end]
				if c == r.single && j < last {
					b.values = append(b.values, value)
					i = end + 1
					continue
				}
				if j == last && (c == '\n' || (c == '\r' && text[end+1] == '\n')) {
					b.values = append(b.values, value)
					return end + 1 + int(c&1), len(r.builders) // \r is odd
				}
			} else if text[i] == r.single && j < last {
				b.values = append(b.values, math.NaN())
				i++
				continue
			}
		}
		cell, end := r.plain(i, j == last)
		if end < 0 {
			return at, j
		}
		if b != nil {
			// What a builder keeps of a text it copies; the chunk goes.
			text := unsafe.String(unsafe.SliceData(cell), len(cell)) //nolint:gosec // read only, and not beyond this call
			if len(cell) > r.cfg.MaxField || b.add(text) != "" {
				return at, j
			}
			if b.infinite > 0 && b.infiniteAt == "" {
				line, column := r.place(i)
				r.noteInfinite(b, line, column, cell)
			}
		}
		i = end
	}
	return i, len(r.builders)
}

// plain takes the field at text[i:] when it has no quote inside, is not the
// record's last unless it is to be, and lies on one line. The answer is the
// place after it and what ends it; below 0 when it is not so.
func (r *rows) plain(i int, last bool) (cell []byte, next int) {
	text, start := r.text, i
	quoted := text[i] == '"'
	if quoted {
		start++
		n := bytes.IndexByte(text[start:], '"')
		if n < 0 {
			return nil, -1
		}
		i = start + n
		if bytes.IndexByte(text[start:i], '\n') >= 0 {
			return nil, -1
		}
	} else {
		for text[i] != r.single && text[i] != '\n' && text[i] != '"' {
			i++
		}
	}
	cell = text[start:i]
	if quoted {
		i++
		if text[i] == '\r' && text[i+1] == '\n' {
			i++
		}
	} else if text[i] == '\n' && len(cell) > 0 && cell[len(cell)-1] == '\r' {
		cell = cell[:len(cell)-1]
	}
	if i > r.size || (text[i] == '\n') != last || (!last && text[i] != r.single) {
		return nil, -1
	}
	return cell, i + 1
}

// careful takes the whole record apart, and feeds it from one field on.
func (r *rows) careful(at, from int) (next int) {
	next, wrong := r.record.read(r.text[:r.size], at)
	fields := r.record.fields
	if wrong != nil {
		line, _ := r.place(at)
		r.problems.add(wrong.say(r.cfg.Name, line))
		r.count--
		r.broken = true // after a wrong quote nothing can be told apart
		return next
	}
	if len(fields) != len(r.builders) {
		if r.problems.listens() {
			line, _ := r.place(at)
			r.problems.add(fmt.Sprintf("%s:%d:1: the row has %d fields, the header has %d", r.cfg.Name, line, len(fields), len(r.builders)))
		} else {
			r.problems.count++
		}
		return next
	}
	for j := from; j < len(fields); j++ {
		if b := r.builders[j]; b != nil {
			r.feed(b, at, &fields[j])
		}
	}
	return next
}

func (r *rows) feed(b *builder, at int, f *field) {
	cell := string(f.text)
	var wrong string
	if len(cell) > r.cfg.MaxField {
		wrong = fmt.Sprintf("the field has %d bytes: at most %d are read", len(cell), r.cfg.MaxField)
	} else if wrong = b.add(cell); wrong != "" {
		wrong = fmt.Sprintf("%q %s", shorten(cell), wrong)
	}
	if wrong == "" && (b.infinite == 0 || b.infiniteAt != "") {
		return
	}
	if wrong != "" && !r.problems.listens() {
		r.problems.count++
		return
	}
	line, _ := r.place(at)
	if wrong != "" {
		r.problems.add(fmt.Sprintf("%s:%d:%d: %s: %s", r.cfg.Name, line+f.line, f.column, b.name, wrong))
		return
	}
	r.noteInfinite(b, line+f.line, f.column, f.text)
}

func (r *rows) noteInfinite(b *builder, line, column int, cell []byte) {
	b.infiniteAt = fmt.Sprintf("%s:%d:%d: %s: %q is not finite: leave the field empty if it is unknown", r.cfg.Name, line, column, b.name, shorten(string(cell)))
}

// place is the line and column of a byte of the chunk.
func (r *rows) place(at int) (line, column int) {
	before := r.text[:at]
	return r.line + bytes.Count(before, []byte{'\n'}), at - bytes.LastIndexByte(before, '\n')
}
