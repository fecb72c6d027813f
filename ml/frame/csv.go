package frame

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// CSVConfig says how a CSV file is read. The zero value reads what people
// export most.
type CSVConfig struct {
	// Name is what errors call the input. Default: "CSV"; ReadCSVFile: the
	// file's base name.
	Name string
	// Delimiter separates fields. Default: the comma.
	Delimiter rune
	// Missing are the spellings of a missing value. Default (nil):
	// UsualMissing. The empty field is always missing.
	Missing []string
	// Kinds forces the kind of the named columns; a cell that is not of it is
	// an error. Names that the file does not have are ignored: who asks for a
	// column notices that it is absent.
	Kinds map[string]Kind
	// Dates says which of day and month comes first in all-digit dates.
	// Default: the column decides, or stays text.
	Dates DateOrder
	// MaxBytes limits the input. Default: 1 GiB.
	MaxBytes int64
	// MaxRows limits the rows. Default: 20 million.
	MaxRows int
	// MaxColumns limits the columns. Default: 10,000.
	MaxColumns int
	// MaxField limits one field, in bytes. Default: 64 KiB.
	MaxField int
}

func (c CSVConfig) withDefaults() CSVConfig {
	if c.Name == "" {
		c.Name = "CSV"
	}
	if c.Delimiter == 0 {
		c.Delimiter = ','
	}
	if c.Missing == nil {
		c.Missing = UsualMissing
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 1 << 30
	}
	if c.MaxRows <= 0 {
		c.MaxRows = 20_000_000
	}
	if c.MaxColumns <= 0 {
		c.MaxColumns = 10_000
	}
	if c.MaxField <= 0 {
		c.MaxField = 64 << 10
	}
	return c
}

// ReadCSVFile reads the file at path as ReadCSV does.
func ReadCSVFile(path string, cfg CSVConfig) (*Frame, error) {
	file, err := os.Open(path) //nolint:gosec // the caller chooses the file
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fault.Errorf(fault.Missing, "no file %q", path)
		}
		return nil, fmt.Errorf("opening data: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	if cfg.Name == "" {
		cfg.Name = filepath.Base(path)
	}
	return ReadCSV(file, cfg)
}

// ReadCSV reads a header and its rows: RFC 4180 in UTF-8, with or without a
// byte order mark. A column whose present cells are all numbers is a Number;
// all true and false, or all yes and no, a Bool; all dates of one form, a
// Time; anything else a Category with its cells verbatim. A column without any
// present cell is a Number. Blank lines are no rows.
//
// Every complaint is a fault.Invalid whose lines read "name:line:column: what".
// The input is held in memory while it is read.
func ReadCSV(r io.Reader, cfg CSVConfig) (*Frame, error) {
	cfg = cfg.withDefaults()
	data, err := readAll(r, cfg)
	if err != nil {
		return nil, err
	}
	names, err := readHeader(data, cfg)
	if err != nil {
		return nil, err
	}
	missing := newSpellings(cfg.Missing)
	// No row is shorter than one byte a column, which bounds what a hostile
	// input of bare newlines can make us allocate.
	capacity := min(bytes.Count(data, []byte{'\n'}), len(data)/len(names)+1, cfg.MaxRows)
	builders := make([]*builder, len(names))
	for i, name := range names {
		kind, forced := cfg.Kinds[name]
		builders[i] = newBuilder(name, missing, everyLayout(cfg.Dates), capacity)
		if forced {
			builders[i].force(kind)
		}
	}
	if err := readRows(data, cfg, builders); err != nil {
		return nil, err
	}
	// Only the whole file tells what some columns are; those are read again.
	again := make([]*builder, len(builders))
	for i, b := range builders {
		if !b.again {
			continue
		}
		if !b.settle() {
			return nil, fault.Errorf(fault.Invalid, "%s: %s: day and month could be either in every date: say which comes first", cfg.Name, b.name)
		}
		builders[i] = b.restart()
		again[i] = builders[i]
	}
	if err := readRows(data, cfg, again); err != nil {
		return nil, err
	}
	columns := make([]*Column, len(builders))
	for i, b := range builders {
		columns[i] = b.column()
	}
	return New(columns...)
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// readAll takes the whole input, and refuses what is not text in UTF-8.
func readAll(r io.Reader, cfg CSVConfig) ([]byte, error) {
	var buffer bytes.Buffer
	if file, ok := r.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Size() <= cfg.MaxBytes {
			buffer.Grow(int(info.Size()) + bytes.MinRead)
		}
	}
	if _, err := buffer.ReadFrom(io.LimitReader(r, cfg.MaxBytes+1)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", cfg.Name, err)
	}
	data := buffer.Bytes()
	switch {
	case int64(len(data)) > cfg.MaxBytes:
		return nil, fault.Errorf(fault.Invalid, "%s: the file is larger than %d bytes", cfg.Name, cfg.MaxBytes)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, fault.Errorf(fault.Invalid, "%s:1:1: the file is UTF-16: save it as UTF-8", cfg.Name)
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return nil, complain(cfg, data, at, "a NUL byte: this is not a text file")
	}
	if !utf8.Valid(data) {
		return nil, complain(cfg, data, invalidUTF8(data), "this is not UTF-8 text: save the file as UTF-8")
	}
	return data, nil
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

func complain(cfg CSVConfig, data []byte, at int, what string) error {
	line := bytes.Count(data[:at], []byte{'\n'}) + 1
	column := at - bytes.LastIndexByte(data[:at], '\n')
	return fault.Errorf(fault.Invalid, "%s:%d:%d: %s", cfg.Name, line, column, what)
}

func newReader(data []byte, cfg CSVConfig) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = cfg.Delimiter
	r.ReuseRecord = true
	r.FieldsPerRecord = -1 // counted here, to say more than that it is wrong
	return r
}

func readHeader(data []byte, cfg CSVConfig) ([]string, error) {
	record, err := newReader(data, cfg).Read()
	if errors.Is(err, io.EOF) {
		return nil, fault.Errorf(fault.Invalid, "%s: the file is empty: it needs a header and at least one row", cfg.Name)
	}
	if err != nil {
		return nil, syntax(cfg, err)
	}
	if len(record) > cfg.MaxColumns {
		return nil, fault.Errorf(fault.Invalid, "%s:1: the header has %d columns: at most %d are read", cfg.Name, len(record), cfg.MaxColumns)
	}
	if len(record) == 1 {
		for _, other := range []string{";", "\t", "|", ","} {
			if strings.Contains(record[0], other) {
				return nil, fault.Errorf(fault.Invalid, "%s:1: the header is one column that contains %q: give the delimiter", cfg.Name, other)
			}
		}
	}
	seen := make(map[string]int, len(record))
	for i, name := range record {
		if strings.TrimSpace(name) == "" {
			return nil, fault.Errorf(fault.Invalid, "%s:1: column %d has no name in the header", cfg.Name, i+1)
		}
		if len(name) > cfg.MaxField {
			return nil, fault.Errorf(fault.Invalid, "%s:1: the name of column %d is longer than %d bytes", cfg.Name, i+1, cfg.MaxField)
		}
		if first, twice := seen[name]; twice {
			return nil, fault.Errorf(fault.Invalid, "%s:1: columns %d and %d are both named %q", cfg.Name, first+1, i+1, name)
		}
		seen[name] = i
	}
	return append([]string(nil), record...), nil
}

// readRows hands every cell to its column's builder; a nil builder wants none.
func readRows(data []byte, cfg CSVConfig, builders []*builder) error {
	wanted := false
	for _, b := range builders {
		wanted = wanted || b != nil
	}
	if !wanted {
		return nil
	}
	r := newReader(data, cfg)
	if _, err := r.Read(); err != nil {
		return syntax(cfg, err)
	}
	problems := problems{name: cfg.Name}
	rows := 0
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			problems.add(syntax(cfg, err).Message)
			break // after a wrong quote nothing can be told apart
		}
		if rows++; rows > cfg.MaxRows {
			return fault.Errorf(fault.Invalid, "%s: the file has more than %d rows", cfg.Name, cfg.MaxRows)
		}
		if len(record) != len(builders) {
			line, _ := r.FieldPos(0)
			problems.add(fmt.Sprintf("%s:%d:1: the row has %d fields, the header has %d", cfg.Name, line, len(record), len(builders)))
			continue
		}
		for i, cell := range record {
			b := builders[i]
			if b == nil {
				continue
			}
			if len(cell) > cfg.MaxField {
				problems.cell(r, i, b.name, "", fmt.Sprintf("the field has %d bytes: at most %d are read", len(cell), cfg.MaxField))
				continue
			}
			if wrong := b.add(cell); wrong != "" {
				problems.cell(r, i, b.name, cell, wrong)
			} else if b.infinite > 0 && b.infiniteAt == "" {
				line, column := r.FieldPos(i)
				b.infiniteAt = fmt.Sprintf("%s:%d:%d: %s: %q is not finite: leave the field empty if it is unknown", cfg.Name, line, column, b.name, shorten(cell))
			}
		}
	}
	if rows == 0 && problems.count == 0 {
		return fault.Errorf(fault.Invalid, "%s: the file has a header but no rows", cfg.Name)
	}
	for _, b := range builders {
		if b != nil && b.kind == Number && b.infiniteAt != "" && !b.again {
			problems.add(b.infiniteAt)
		}
	}
	return problems.err()
}

// syntax turns what encoding/csv says into a sentence.
func syntax(cfg CSVConfig, err error) *fault.Error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return fault.Errorf(fault.Invalid, "%s: %s", cfg.Name, err.Error())
	}
	what := parse.Err.Error()
	switch {
	case errors.Is(parse.Err, csv.ErrQuote):
		what = fmt.Sprintf("a quoted field that began on line %d is not closed, or a closing quote is followed by text: write a quote inside a field twice", parse.StartLine)
	case errors.Is(parse.Err, csv.ErrBareQuote):
		what = `a quote inside a field that does not begin with one: quote the field and write the quote twice`
	}
	return fault.Errorf(fault.Invalid, "%s:%d:%d: %s", cfg.Name, parse.Line, parse.Column, what)
}

// problems gathers the first few complaints, so that a person mends a file in
// fewer rounds, and counts the rest.
type problems struct {
	name  string
	first []string
	count int
}

const shownProblems = 5

func (p *problems) add(message string) {
	if p.count++; p.count <= shownProblems {
		p.first = append(p.first, message)
	}
}

func (p *problems) cell(r *csv.Reader, field int, name, cell, what string) {
	if p.count >= shownProblems {
		p.count++
		return
	}
	line, column := r.FieldPos(field)
	if cell != "" {
		what = fmt.Sprintf("%q %s", shorten(cell), what)
	}
	p.add(fmt.Sprintf("%s:%d:%d: %s: %s", p.name, line, column, name, what))
}

func (p *problems) err() error {
	if p.count == 0 {
		return nil
	}
	text := strings.Join(p.first, "\n")
	if more := p.count - len(p.first); more > 0 {
		text += fmt.Sprintf("\nand %d more like these", more)
	}
	return fault.Errorf(fault.Invalid, "%s", text)
}

// shorten keeps messages readable when a cell is a page of text.
func shorten(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
