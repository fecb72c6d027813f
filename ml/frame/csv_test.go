package frame_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dasier/fault"
	"dasier/ml/frame"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func read(t *testing.T, text string, cfg frame.CSVConfig) *frame.Frame {
	t.Helper()
	f, err := frame.ReadCSV(strings.NewReader(text), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// cells writes a column as text, missing as "·".
func cells(c *frame.Column) string {
	var out []string
	for i := range c.Len() {
		switch {
		case c.Missing(i):
			out = append(out, "·")
		case c.Kind == frame.Category:
			level, _ := c.Level(i)
			out = append(out, level)
		case c.Kind == frame.Time:
			out = append(out, time.UnixMilli(int64(c.Value(i)*1000)).UTC().Format(time.RFC3339Nano))
		default:
			out = append(out, fmt.Sprint(c.Value(i)))
		}
	}
	return c.Kind.String() + ":" + strings.Join(out, "|")
}

func TestReadCSVGuessesKinds(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"whole", "1\n-2\n+3", "number:1|-2|3"},
		{"float", "1.5\n.5\n2.\n1e3\n-1.25E-2", "number:1.5|0.5|2|1000|-0.0125"},
		{"blanks around numbers", " 1\n2 \n\t3", "number:1|2|3"},
		{"0 and 1 are numbers", "0\n1\n0", "number:0|1|0"},
		{"usual missing", "1\nNA\nN/A\nNaN\nnull\nNone\n?\n-\n#N/A\n\" \"", "number:1|·|·|·|·|·|·|·|·|·"},
		{"negative beside a lone dash", "-\n-1", "number:·|-1"},
		{"missing first", "NA\nNA\nx", "category:·|·|x"},
		{"missing first, date", "NA\n2020-01-02", "time:·|2020-01-02T00:00:00Z"},
		{"all missing", "NA\nNA", "number:·|·"},
		{"true false", "true\nFALSE\nTrue", "bool:1|0|1"},
		{"yes no", "Yes\nno\nNA", "bool:1|0|·"},
		{"yes and true together", "yes\ntrue", "category:yes|true"},
		{"yes and more", "yes\nno\nmaybe", "category:yes|no|maybe"},
		{"bool words and numbers", "true\n1", "category:true|1"},
		{"number then text", "1\n2\nNA\n3.50\nx", "category:1|2|·|3.50|x"},
		{"text then number", "x\n1", "category:x|1"},
		{"verbatim", "WD \nWD\n wd", "category:WD |WD| wd"},
		{"leading zeros are codes", "01234\n98765", "category:01234|98765"},
		{"late leading zero", "98765\n01234", "category:98765|01234"},
		{"zero point", "0.5\n0", "number:0.5|0"},
		{"integers that float64 rounds", "9007199254740992\n9007199254740993", "category:9007199254740992|9007199254740993"},
		{"long decimals", "0.1234567890123456789\n3", "number:0.12345678901234568|3"},
		{"infinite text among text", "x\ninf", "category:x|inf"},
		{"infinite before text", "inf\nx", "category:inf|x"},
		{"hexadecimal is text", "0x10\n1_000", "category:0x10|1_000"},
		{"thousands are text", "\"1,000\"\n2", "category:1,000|2"},
		{"iso dates", "2020-02-29\n2021/12/31\n1969-12-31", "time:2020-02-29T00:00:00Z|2021-12-31T00:00:00Z|1969-12-31T00:00:00Z"},
		{
			"iso times", "2020-01-02T03:04:05Z\n2020-01-02 03:04\n2020-01-02T03:04:05.250+01:00\n2020-01-02T03:04:05-0130",
			"time:2020-01-02T03:04:05Z|2020-01-02T03:04:00Z|2020-01-02T02:04:05.25Z|2020-01-02T04:34:05Z",
		},
		{"no such day", "2020-01-02\n2021-02-29", "category:2020-01-02|2021-02-29"},
		{"day first", "03/04/2021\n13/04/2021", "time:2021-04-03T00:00:00Z|2021-04-13T00:00:00Z"},
		{"month first", "03/04/2021\n04/13/2021", "time:2021-03-04T00:00:00Z|2021-04-13T00:00:00Z"},
		{"either first", "03/04/2021\n05/06/2021", "category:03/04/2021|05/06/2021"},
		{"both first", "13/04/2021\n04/13/2021", "category:13/04/2021|04/13/2021"},
		{"dotted is day first", "3.4.2021\n05.06.2021", "time:2021-04-03T00:00:00Z|2021-06-05T00:00:00Z"},
		{"named month", "2 May 2021\nNA\n13 Jun 2021", "time:2021-05-02T00:00:00Z|·|2021-06-13T00:00:00Z"},
		{"american", "\"May 2, 2021\"\n\"June 13, 2021\"", "time:2021-05-02T00:00:00Z|2021-06-13T00:00:00Z"},
		{"american clock", "5/13/2021 3:04 PM", "time:2021-05-13T15:04:00Z"},
		{"quoted", "\"a\"\"b\"\n\"c\nd\"", "category:a\"b|c\nd"},
		{"utf-8", "Épée\nœuf", "category:Épée|œuf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := read(t, "\ufeffx,rest\n"+strings.ReplaceAll(protect(test.in), "\x00", ",0\n")+",0\n", frame.CSVConfig{})
			if got := cells(f.Columns()[0]); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// protect replaces line ends outside quotes by NUL, which ends a first field.
func protect(s string) string {
	var out strings.Builder
	quoted := false
	for _, r := range s {
		if r == '"' {
			quoted = !quoted
		}
		if r == '\n' && !quoted {
			r = 0
		}
		out.WriteRune(r)
	}
	return out.String()
}

func TestReadCSVObeys(t *testing.T) {
	semicolon := read(t, "a;b\n1;x,y\n", frame.CSVConfig{Delimiter: ';'})
	if got := cells(semicolon.Columns()[1]); got != "category:x,y" {
		t.Error(got)
	}
	kinds := read(t, "zip,flag,when,n\n12345,1,01/02/2021,007\n,N,02/03/2021,8\n", frame.CSVConfig{
		Dates: frame.DayFirst,
		Kinds: map[string]frame.Kind{"zip": frame.Category, "flag": frame.Bool, "n": frame.Number, "absent": frame.Time},
	})
	var got []string
	for _, c := range kinds.Columns() {
		got = append(got, cells(c))
	}
	want := []string{"category:12345|·", "bool:1|0", "time:2021-02-01T00:00:00Z|2021-03-02T00:00:00Z", "number:7|8"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	missing := read(t, "a,b\nNone,NA\n-9,\n", frame.CSVConfig{Missing: []string{"-9"}})
	if got := cells(missing.Columns()[0]) + " " + cells(missing.Columns()[1]); got != "category:None|· category:NA|·" {
		t.Error(got)
	}
	if diff := cmp.Diff(map[string]int{"-9": 1}, missing.Columns()[0].Spellings); diff != "" {
		t.Error(diff)
	}
	levels := read(t, "a,b\nz,1\na,1\nm,1\na,1\n", frame.CSVConfig{}).Columns()[0]
	if diff := cmp.Diff([]string{"a", "m", "z"}, levels.Levels); diff != "" {
		t.Error(diff)
	}
}

func TestReadCSVRefuses(t *testing.T) {
	for _, test := range []struct {
		name, in string
		cfg      frame.CSVConfig
		want     string
	}{
		{"empty", "", frame.CSVConfig{}, "CSV: the file is empty: it needs a header and at least one row"},
		{"no rows", "a,b\n", frame.CSVConfig{Name: "x.csv"}, "x.csv: the file has a header but no rows"},
		{"ragged", "a,b\n1,2\n1\n1,2,3\n", frame.CSVConfig{}, "CSV:3:1: the row has 1 fields, the header has 2\nCSV:4:1: the row has 3 fields, the header has 2"},
		{"many ragged", "a,b\n1\n1\n1\n1\n1\n1\n1\n", frame.CSVConfig{}, "CSV:2:1: the row has 1 fields, the header has 2\nCSV:3:1: the row has 1 fields, the header has 2\nCSV:4:1: the row has 1 fields, the header has 2\nCSV:5:1: the row has 1 fields, the header has 2\nCSV:6:1: the row has 1 fields, the header has 2\nand 2 more like these"},
		{"twice", "a,b,a\n1,2,3\n", frame.CSVConfig{}, `CSV:1: columns 1 and 3 are both named "a"`},
		{"row numbers", ",a\n0,1\n", frame.CSVConfig{}, "CSV:1: column 1 has no name in the header: if it numbers the rows, write the file without it (in pandas: index=False)"},
		{"no name", "a, ,c\n1,2,3\n", frame.CSVConfig{}, "CSV:1: column 2 has no name in the header"},
		{"infinite", "a,b\n1,2\n3,inf\n", frame.CSVConfig{}, `CSV:3:3: b: "inf" is not finite: leave the field empty if it is unknown`},
		{"overflow", "a,b\n1,2\n1e999,2\n", frame.CSVConfig{}, `CSV:3:1: a: "1e999" is not finite: leave the field empty if it is unknown`},
		{"forced number", "a,b\n1,2\n\"x\ny\",2\n3,oops\n", frame.CSVConfig{Kinds: map[string]frame.Kind{"b": frame.Number}}, `CSV:5:3: b: "oops" is not a number`},
		{"forced bool", "a\ntrue\n2\n", frame.CSVConfig{Kinds: map[string]frame.Kind{"a": frame.Bool}}, `CSV:3:1: a: "2" is neither true or false nor yes or no`},
		{"forced time", "a\n2020-01-01\nsoon\n", frame.CSVConfig{Kinds: map[string]frame.Kind{"a": frame.Time}}, `CSV:3:1: a: "soon" is not a date like the ones above it`},
		{"forced ambiguous", "a\n1/2/2020\n", frame.CSVConfig{Kinds: map[string]frame.Kind{"a": frame.Time}}, `CSV: a: day and month could be either in every date: say which comes first`},
		{"open quote", "a,b\n1,\"2\n3,4\n", frame.CSVConfig{}, "CSV:3:5: a quoted field that began on line 2 is not closed, or a closing quote is followed by text: write a quote inside a field twice"},
		{"bare quote", "a,b\n1,2\"\n", frame.CSVConfig{}, "CSV:2:4: a quote inside a field that does not begin with one: quote the field and write the quote twice"},
		{"delimiter", "a;b\n1;2\n", frame.CSVConfig{}, `CSV:1: the header is one column that contains ";": give the delimiter`},
		{"utf-16", "\xff\xfea\x00", frame.CSVConfig{}, "CSV:1:1: the file is UTF-16: save it as UTF-8"},
		{"latin-1", "a,b\n1,caf\xe9\n", frame.CSVConfig{}, "CSV:2:6: this is not UTF-8 text: save the file as UTF-8"},
		{"binary", "a,b\n1,\x00\n", frame.CSVConfig{}, "CSV:2:3: a NUL byte: this is not a text file"},
		{"bytes", "a,b\n1,2\n", frame.CSVConfig{MaxBytes: 7}, "CSV: the file is larger than 7 bytes"},
		{"rows", "a,b\n1,2\n1,2\n", frame.CSVConfig{MaxRows: 1}, "CSV: the file has more than 1 rows"},
		{"columns", "a,b\n1,2\n", frame.CSVConfig{MaxColumns: 1}, "CSV:1: the header has 2 columns: at most 1 are read"},
		{"field", "a,b\n1,abcdef\n", frame.CSVConfig{MaxField: 5}, "CSV:2:3: b: the field has 6 bytes: at most 5 are read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := frame.ReadCSV(strings.NewReader(test.in), test.cfg)
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("got %v, want a fault.Invalid", err)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadCSVFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "houses.csv")
	if _, err := frame.ReadCSVFile(path, frame.CSVConfig{}); !fault.Is(err, fault.Missing) {
		t.Errorf("got %v, want a fault.Missing", err)
	}
	if err := os.WriteFile(path, []byte("a,b\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := frame.ReadCSVFile(path, frame.CSVConfig{})
	if err == nil || !strings.HasPrefix(err.Error(), "houses.csv:2:1: ") {
		t.Errorf("the error names no place: %v", err)
	}
}

// TestOrderOfRowsDoesNotMatter holds what doc.go promises: kinds are the whole
// file's, not its first rows'.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom([]string{"1", "2.5", "007", "inf", "x", "true", "no", "yes", "NA", "", "2020-01-02", "2020-01-02 10:00", "3/4/2021", "13/4/2021", "4/13/2021", "2 May 2021"})
		rows := rapid.SliceOfN(cell, 1, 6).Draw(t, "cells")
		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		one, err1 := frame.ReadCSV(strings.NewReader("a,b\n"+strings.Join(rows, ",0\n")+",0\n"), frame.CSVConfig{})
		two, err2 := frame.ReadCSV(strings.NewReader("a,b\n"+strings.Join(shuffled, ",0\n")+",0\n"), frame.CSVConfig{})
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("%v: %v\n%v: %v", rows, err1, shuffled, err2)
		}
		if err1 != nil {
			return
		}
		if a, b := one.Columns()[0], two.Columns()[0]; a.Kind != b.Kind || !cmp.Equal(a.Levels, b.Levels) {
			t.Fatalf("%v is %s, %v is %s", rows, cells(a), shuffled, cells(b))
		}
	})
}

// FuzzReadCSV holds the reader to the standard library's on every input that
// both accept: same shape, same texts; and to itself: same bytes, same digest.
func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "\ufeffa;b\n\"x\"\"y\";3\n", "a,b\r\n\"1\n2\",NA\r\n", "a\n2020-01-01\n", "a\n1/2/2020\n13/2/2020\n",
		"a,b\n1\n", "a,a\n", "a,b\n1,\"", "a\n0x1\n1e400\n", "a\n00\n", "a\nyes\ntrue\n", "a\n9007199254740993\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := frame.ReadCSV(bytes.NewReader(data), frame.CSVConfig{MaxBytes: 1 << 16})
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("refused without saying why: %v", err)
			}
			return
		}
		records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatalf("encoding/csv refuses what we read: %v", err)
		}
		if got.Rows() != len(records)-1 || len(got.Columns()) != len(records[0]) {
			t.Fatalf("%d × %d, want %d × %d", got.Rows(), len(got.Columns()), len(records)-1, len(records[0]))
		}
		for j, c := range got.Columns() {
			if c.Name != records[0][j] || c.Len() != got.Rows() {
				t.Fatalf("column %d: %q", j, c.Name)
			}
			for i := range got.Rows() {
				cell := records[i+1][j]
				if c.Missing(i) {
					continue
				}
				if level, _ := levelOf(c, i); c.Kind == frame.Category && level != cell {
					t.Fatalf("row %d of %q: %q, want %q", i, c.Name, level, cell)
				}
				if c.Kind != frame.Category && math.IsInf(c.Value(i), 0) {
					t.Fatalf("row %d of %q is infinite", i, c.Name)
				}
			}
		}
		again, err := frame.ReadCSV(bytes.NewReader(data), frame.CSVConfig{})
		if err != nil || again.Digest() != got.Digest() {
			t.Fatalf("read twice: %v", err)
		}
	})
}

func levelOf(c *frame.Column, i int) (string, bool) {
	if c.Kind != frame.Category {
		return "", false
	}
	return c.Level(i)
}

func BenchmarkReadCSV(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var numbers, mixed, demoted bytes.Buffer
	numbers.WriteString("a,b,c,d,e,f,g,h,i,j\n")
	mixed.WriteString("id,\"city\",price,when,flag,\"note\"\n")
	demoted.WriteString("a,b,c,d\n")
	cities := []string{"Paris", "Lyon", "Ames", "Des Moines", "Saint-Étienne"}
	for i := range 50_000 {
		for j := range 10 {
			if j > 0 {
				numbers.WriteByte(',')
			}
			fmt.Fprintf(&numbers, "%.5f", random.NormFloat64())
		}
		numbers.WriteByte('\n')
		fmt.Fprintf(&mixed, "%d,\"%s\",%d,2021-03-%02d,%v,\"%s\"\n", i, cities[random.IntN(5)], random.IntN(1e6), 1+i%28, i%2 == 0, cities[random.IntN(5)])
		last := "1"
		if i == 49_999 {
			last = "x"
		}
		fmt.Fprintf(&demoted, "%d,%d,%d,%s\n", i, i, i, last)
	}
	for _, set := range []struct {
		name string
		data []byte
	}{{"numbers", numbers.Bytes()}, {"mixed", mixed.Bytes()}, {"demoted", demoted.Bytes()}} {
		b.Run(set.name, func(b *testing.B) {
			b.SetBytes(int64(len(set.data)))
			for b.Loop() {
				if _, err := frame.ReadCSV(bytes.NewReader(set.data), frame.CSVConfig{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestWordsOfABool(t *testing.T) {
	var long strings.Builder
	long.WriteString("a\n")
	for i := range 400_000 { // several chunks
		long.WriteString([]string{"NO\n", "\n"}[min(i, 1)])
	}
	for name, test := range map[string]struct {
		csv  string
		want [2]string
	}{
		"as first written": {"a\nYes\nno\nyes\nNo\n", [2]string{"no", "Yes"}},
		"one alone":        {"a\nyes\n", [2]string{"", "yes"}},
		"true and false":   {"a\nTRUE\nFALSE\n", [2]string{}},
		"text after all":   {"a\nyes\nno\nmaybe\n", [2]string{}},
		"in one chunk":     {long.String() + "yes\n", [2]string{"NO", "yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := frame.ReadCSV(strings.NewReader(test.csv), frame.CSVConfig{})
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Take([]int{0}).Columns()[0].Words; got != test.want {
				t.Errorf("the words are %q, want %q", got, test.want)
			}
		})
	}
}
