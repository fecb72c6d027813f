package frame

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// ReadCSVFile reads the file at path as ReadCSV does.
func ReadCSVFile(path string, cfg Config) (*Frame, error) {
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
// A file is read in pieces and, where only its end tells what a column is, once
// more; what cannot be read twice is held in memory meanwhile.
func ReadCSV(r io.Reader, cfg Config) (*Frame, error) {
	cfg = cfg.withDefaults("CSV")
	if cfg.Delimiter == 0 {
		cfg.Delimiter = ','
	}
	return readCSV(newInput(r), cfg)
}

func readCSV(in *input, cfg Config) (*Frame, error) {
	if in.size > cfg.MaxBytes {
		return nil, tooLarge(cfg.Name, cfg.MaxBytes)
	}
	if d := cfg.Delimiter; d == '"' || d == '\r' || d == '\n' || d == utf8.RuneError || !utf8.ValidRune(d) {
		return nil, fault.Errorf(fault.Invalid, "%s: %q cannot separate fields: choose another delimiter", cfg.Name, d)
	}
	f := &csvFile{in: in, cfg: cfg}
	return f.frame()
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// readHeader takes the names of the columns from the first chunk, and answers
// the place after them.
func readHeader(c *chunk, cfg *Config) (names []string, next int, err error) {
	if bytes.HasPrefix(c.text, []byte("\xff\xfe")) || bytes.HasPrefix(c.text, []byte("\xfe\xff")) {
		return nil, 0, fault.Errorf(fault.Invalid, "%s:1:1: the file is UTF-16: save it as UTF-8", cfg.Name)
	}
	if bad, what := misfit(c.text); bad >= 0 {
		before := c.text[:bad]
		return nil, 0, fault.Errorf(fault.Invalid, "%s:%d:%d: %s", cfg.Name, bytes.Count(before, []byte{'\n'})+1, bad-bytes.LastIndexByte(before, '\n'), what)
	}
	r := recorder{delimiter: []byte(string(cfg.Delimiter))}
	at, line := 0, 1
	for at < len(c.text) {
		end, after := lineEnd(c.text, at)
		if end > at {
			break
		}
		at, line = after, line+1
	}
	if at >= len(c.text) {
		return nil, 0, fault.Errorf(fault.Invalid, "%s: the file is empty: it needs a header and at least one row", cfg.Name)
	}
	next, wrong := r.read(c.text, at)
	if wrong != nil {
		return nil, 0, fault.Errorf(fault.Invalid, "%s", wrong.say(cfg.Name, line))
	}
	for _, f := range r.fields {
		names = append(names, string(f.text))
	}
	return names, next, checkHeader(names, cfg)
}

func checkHeader(names []string, cfg *Config) error {
	if len(names) == 1 {
		for _, other := range []string{";", "\t", "|", ","} {
			if strings.Contains(names[0], other) {
				return fault.Errorf(fault.Invalid, "%s:1: the header is one column that contains %q: give the delimiter", cfg.Name, other)
			}
		}
	}
	return checkNames(names, cfg, "%s:1: ")
}

// checkNames refuses names that cannot be a frame's; where they stand is a
// format of cfg.Name.
func checkNames(names []string, cfg *Config, where string) error {
	where = fmt.Sprintf(where, cfg.Name)
	if len(names) > cfg.MaxColumns {
		return fault.Errorf(fault.Invalid, "%sthe header has %d columns: at most %d are read", where, len(names), cfg.MaxColumns)
	}
	seen := make(map[string]int, len(names))
	for i, name := range names {
		if strings.TrimSpace(name) == "" && i == 0 {
			return fault.Errorf(fault.Invalid, "%scolumn 1 has no name in the header: if it numbers the rows, write the file without it (in pandas: index=False)", where)
		}
		if strings.TrimSpace(name) == "" {
			return fault.Errorf(fault.Invalid, "%scolumn %d has no name in the header", where, i+1)
		}
		if len(name) > cfg.MaxField {
			return fault.Errorf(fault.Invalid, "%sthe name of column %d is longer than %d bytes", where, i+1, cfg.MaxField)
		}
		if first, twice := seen[name]; twice {
			return fault.Errorf(fault.Invalid, "%scolumns %d and %d are both named %q", where, first+1, i+1, name)
		}
		seen[name] = i
	}
	return nil
}
