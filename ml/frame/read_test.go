package frame_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/frame"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

func open(t *testing.T, name string, data []byte, cfg frame.Config) (*frame.Frame, *frame.Origin) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, origin, err := frame.Open(t.Context(), path, cfg)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f, origin
}

// columns writes all columns as text.
func columns(f *frame.Frame) string {
	var all []string
	for _, c := range f.Columns() {
		all = append(all, c.Name+" "+cells(c))
	}
	return strings.Join(all, "\n")
}

const houses = "price,city,sold,new\n1.5,Paris,2020-01-02,yes\n2,NA,2021-03-04 10:30,no\n"

const housesRead = `price number:1.5|2
city category:Paris|·
sold time:2020-01-02T00:00:00Z|2021-03-04T10:30:00Z
new bool:1|0`

func TestOpenFindsTheFormat(t *testing.T) {
	semicolons := strings.ReplaceAll(houses, ",", ";")
	tabs := strings.ReplaceAll(houses, ",", "\t")
	lines := `{"price":1.5,"city":"Paris","sold":"2020-01-02","new":"yes"}
{"price":2,"sold":"2021-03-04 10:30","new":"no"}
`
	for _, test := range []struct {
		name   string
		data   []byte
		format frame.Format
	}{
		{"a.csv", []byte(houses), frame.CSV},
		{"a", []byte(houses), frame.CSV},
		{"a.csv", []byte(semicolons), frame.CSV},
		{"a.tsv", []byte(tabs), frame.CSV},
		{"a.csv.gz", gzipped(t, []byte(houses)), frame.CSV},
		{"a.tsv.gz", gzipped(t, []byte(tabs)), frame.CSV},
		{"named-otherwise", zstandard(t, []byte(semicolons)), frame.CSV},
		{"a.jsonl", []byte(lines), frame.JSONLines},
		{"a", []byte("\n" + lines), frame.JSONLines},
		{"a.jsonl.zst", zstandard(t, []byte(lines)), frame.JSONLines},
	} {
		f, origin := open(t, test.name, test.data, frame.Config{})
		if diff := cmp.Diff(housesRead, columns(f)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		want := &frame.Origin{Name: test.name, Format: test.format, Bytes: int64(len(test.data)), Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(test.data))}
		if diff := cmp.Diff(want, origin); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	bomb := gzipped(t, append([]byte("a,b\n"), bytes.Repeat([]byte("1,2\n"), 1<<18)...))
	whole := gzipped(t, bytes.Repeat([]byte(houses), 1000))
	for _, test := range []struct {
		name string
		data []byte
		cfg  frame.Config
		want string
	}{
		{"bomb.csv.gz", bomb, frame.Config{MaxBytes: 1 << 16}, "bomb.csv.gz: the file is larger than 65536 bytes"},
		{"cut.csv.gz", whole[:len(whole)/2], frame.Config{}, "cut.csv.gz: the compressed file is damaged: unexpected EOF"},
		{"short.gz", []byte{0x1f, 0x8b, 8}, frame.Config{}, "short.gz: the compressed file is damaged: unexpected EOF"},
		{"old.xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1"), frame.Config{}, "old.xls: this is an Excel file of the old kind (.xls), or one with a password: save it as .xlsx without a password"},
		{"a.parquet", []byte("a,b\n1,2\n"), frame.Config{}, "a.parquet: the content is not what the name says: a Parquet file begins with PAR1, an .xlsx file with PK"},
		{"a.json", []byte(`[{"a":1}]`), frame.Config{}, "a.json: JSON is read as one object a line (.jsonl): write the rows like that"},
		{"a", []byte("a\n1\n"), frame.Config{Format: "sas"}, `a: no format "sas": the formats are [csv parquet excel json-lines]`},
		{"cells.csv", []byte("a,b\n1,2\n3,4\n"), frame.Config{MaxCells: 3}, "cells.csv: the file has more than 3 cells in 2 columns: read fewer rows or columns"},
		{"both.csv", []byte("a;b,c\n1;2\n"), frame.Config{}, "both.csv:2:1: the row has 1 fields, the header has 2"},
		{"a.csv", []byte("a,b\n1,2\n"), frame.Config{Delimiter: '"'}, `a.csv: '"' cannot separate fields: choose another delimiter`},
	} {
		_, _, err := frame.Read(test.name, bytes.NewReader(test.data), test.cfg)
		if !fault.Is(err, fault.Invalid) {
			t.Fatalf("%s: got %v, want a fault.Invalid", test.name, err)
		}
		if diff := cmp.Diff(test.want, err.Error()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// long makes a file of many chunks: in row switchAt the columns turn into what
// the switch says.
func long(rows, switchAt int, before, after string) string {
	var b strings.Builder
	b.WriteString("n,x,note\n")
	for i := range rows {
		cell := before
		if i >= switchAt {
			cell = after
		}
		fmt.Fprintf(&b, "%d,%s,\"line one\nof %d\"\n", i, cell, i%7)
	}
	return b.String()
}

// onlyReads hides that a reader can seek: then chunks are kept.
type onlyReads struct{ io.Reader }

// TestChunksAreOneFile reads files of many chunks, whose kinds only their ends
// tell, on one and more processors, with and without reading them anew.
func TestChunksAreOneFile(t *testing.T) {
	const rows = 20_000
	for _, test := range []struct {
		before, after string
		kinds         map[string]frame.Kind
		kind          frame.Kind
		err           string
	}{
		{"1.25", "2", nil, frame.Number, ""},
		{"1.25", "text", nil, frame.Category, ""},
		{"", "text", nil, frame.Category, ""},
		{"NA", "7", nil, frame.Number, ""},
		{"yes", "true", nil, frame.Category, ""},
		{"yes", "No", nil, frame.Bool, ""},
		{"3/4/2021", "13/4/2021", nil, frame.Time, ""},
		{"3/4/2021", "5/6/2021", nil, frame.Category, ""},
		{"2021-01-02", "13/4/2021", nil, frame.Category, ""},
		{"2021-01-02", "13/4/2021", map[string]frame.Kind{"x": frame.Time}, 0, `CSV:39804:7: x: "13/4/2021" is not a date like the ones above it`},
		{"1", "x", map[string]frame.Kind{"x": frame.Number}, 0, `CSV:39804:7: x: "x" is not a number`},
		{"1", "inf", nil, 0, `CSV:39804:7: x: "inf" is not finite: leave the field empty if it is unknown`},
		{"1", "1,1", nil, 0, `CSV:39804:1: the row has 4 fields, the header has 3`},
		{"1", "1\"", nil, 0, `CSV:39804:8: a quote inside a field that does not begin with one: quote the field and write the quote twice`},
		{"1", "\xff", nil, 0, `CSV:39804:7: this is not UTF-8 text: save the file as UTF-8`},
	} {
		text := long(rows, rows-99, test.before, test.after)
		digest := ""
		for _, processors := range []int{1, 4} {
			for _, r := range []io.Reader{strings.NewReader(text), onlyReads{strings.NewReader(text)}} {
				old := runtime.GOMAXPROCS(processors)
				f, err := frame.ReadCSV(r, frame.Config{Kinds: test.kinds})
				runtime.GOMAXPROCS(old)
				if test.err != "" {
					if err == nil || strings.SplitN(err.Error(), "\n", 2)[0] != test.err {
						t.Fatalf("%s, then %s: got %v, want %s", test.before, test.after, err, test.err)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s, then %s: %v", test.before, test.after, err)
				}
				if digest == "" {
					digest = f.Digest()
				}
				c := f.Columns()[1]
				if c.Kind != test.kind || f.Rows() != rows || f.Digest() != digest || f.Columns()[0].Value(rows-1) != rows-1 {
					t.Fatalf("%s, then %s: %d rows, %s", test.before, test.after, f.Rows(), c.Kind)
				}
				if level, _ := levelOf(c, rows-1); test.kind == frame.Category && level != test.after {
					t.Fatalf("%s, then %s: the last is %q", test.before, test.after, level)
				}
			}
		}
	}
}

// TestReadingStops: a reader whose context ends while it reads gives its error,
// whatever the format makes of bytes that are missing.
func TestReadingStops(t *testing.T) {
	for _, name := range []string{"x.csv", "x.jsonl"} {
		ctx, cancel := context.WithCancel(t.Context())
		line := "1,2\n"
		if name == "x.jsonl" {
			line = `{"a": 1}` + "\n"
		}
		r := &stopsAfter{text: line, left: 3_000_000, at: 1_500_000, stop: cancel}
		if _, _, err := frame.ReadContext(ctx, name, r, frame.Config{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the error is %v, want that the context has ended", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := frame.Open(ended, path, frame.Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want that the context has ended", err)
	}
}

// stopsAfter repeats a line, and stops a context on its way.
type stopsAfter struct {
	text     string
	left, at int // lines
	stop     func()
}

func (s *stopsAfter) Read(p []byte) (int, error) {
	n := 0
	for ; s.left > 0 && len(p)-n >= len(s.text); s.left-- {
		if s.left == s.at {
			s.stop()
		}
		n += copy(p[n:], s.text)
	}
	if s.left == 0 && n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
