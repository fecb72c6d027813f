package frame_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"dasier/fault"
	"dasier/ml/frame"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
)

func TestJSONLines(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"union of keys", `{"a":1}` + "\n\n" + `{"b":"x","a":null}` + "\r\n" + `{}`, "a number:1|·|·\nb category:·|x|·"},
		{"digits in quotes are text", `{"a":"12"}` + "\n" + `{"a":"13"}`, "a category:12|13"},
		{"numbers and texts", `{"a":12}` + "\n" + `{"a":"13"}`, "a category:12|13"},
		{"texts and numbers", `{"a":"12"}` + "\n" + `{"a":1.50}`, "a category:12|1.50"},
		{"truth", `{"a":true}` + "\n" + `{"a":false}`, "a bool:1|0"},
		{"truth and numbers", `{"a":true}` + "\n" + `{"a":1}`, "a category:true|1"},
		{"dates", `{"a":"2021-03-04"}` + "\n" + `{"a":"NA"}`, "a time:2021-03-04T00:00:00Z|·"},
		{"spelt forms", `{"a":"x\u0041\n"}`, "a category:xA\n"},
		{"large integers", `{"a":9007199254740993}`, "a category:9007199254740993"},
	} {
		f, _, err := frame.Read("x.jsonl", strings.NewReader(test.in), frame.Config{})
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, columns(f)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	for in, want := range map[string]string{
		"":                               "x.jsonl: the file is empty: it needs an object a line",
		"{}\n{}":                         "x.jsonl: the objects have no keys, so there are no columns",
		`{"a":1}` + "\n" + `{"a":[1]}`:   "x.jsonl:2: a: a value within a value cannot be a cell: write its parts under keys of their own",
		`{"a":1}` + "\n" + `{"a":1`:      "x.jsonl:2: this is no JSON: write one object a line",
		`{"a":1}` + "\n" + `[1]`:         "x.jsonl:2: a array: write one object a line",
		`{"a":1,"a":2}`:                  `x.jsonl:1: the key "a" stands twice`,
		`{"a":1}` + "\n" + `{"a":1e999}`: `x.jsonl:2: a: "1e999" is not finite: write null if it is unknown`,
		`{" ":1}`:                        "x.jsonl:1: a key is empty or longer than 65536 bytes: a column needs a name",
		"{\"a\":\"\xff\"}":               "x.jsonl:1:7: this is not UTF-8 text: save the file as UTF-8",
	} {
		_, _, err := frame.Read("x.jsonl", strings.NewReader(in), frame.Config{})
		if !fault.Is(err, fault.Invalid) || err.Error() != want {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
}

// TestJSONLinesOfManyChunks has columns that appear late and turn into text.
func TestJSONLinesOfManyChunks(t *testing.T) {
	var b strings.Builder
	const rows = 50_000
	for i := range rows {
		var late string
		if i == rows-1 {
			late = `,"late":"x","n":"text"`
		} else {
			late = fmt.Sprintf(`,"n":%d`, i)
		}
		fmt.Fprintf(&b, `{"i":%d,"when":"3/4/2021"%s}`+"\n", i, late)
	}
	f, _, err := frame.Read("x.jsonl", strings.NewReader(b.String()), frame.Config{Dates: frame.DayFirst})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, c := range f.Columns() {
		kinds = append(kinds, c.Name+" "+c.Kind.String())
	}
	if diff := cmp.Diff([]string{"i number", "when time", "n category", "late category"}, kinds); diff != "" {
		t.Error(diff)
	}
	n, late := f.Columns()[2], f.Columns()[3]
	if first, _ := n.Level(1); first != "1" || len(n.Levels) != rows || !late.Missing(0) || late.Missing(rows-1) || f.Columns()[1].Value(0) != 1617408000 {
		t.Error("values went astray")
	}
}

type parquetRow struct {
	Whole   int64     `parquet:"whole"`
	Big     int64     `parquet:"big"`
	Part    *float64  `parquet:"part,optional"`
	Yes     bool      `parquet:"yes"`
	City    string    `parquet:"city,dict"`
	Digits  string    `parquet:"digits"`
	Day     int32     `parquet:"day,date"`
	At      time.Time `parquet:"at,timestamp(microsecond)"`
	Price   int64     `parquet:"price,decimal(2:10)"`
	Written string    `parquet:"written"`
}

func parquetFile[T any](t testing.TB, rows []T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.Compression(&parquet.Zstd))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParquet(t *testing.T) {
	part := 2.5
	data := parquetFile(t, []parquetRow{
		{1, 1 << 53, &part, true, "Paris", "007", 18_628, time.Date(2021, 3, 4, 5, 6, 7, 250e6, time.UTC), 12_345, "2021-01-02"},
		{-2, 1<<53 + 1, nil, false, "NA", "12", -1, time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), -5, ""},
	})
	f, origin := open(t, "x.parquet", data, frame.Config{})
	want := `whole number:1|-2
big category:9007199254740992|9007199254740993
part number:2.5|·
yes bool:1|0
city category:Paris|·
digits category:007|12
day time:2021-01-01T00:00:00Z|1969-12-31T00:00:00Z
at time:2021-03-04T05:06:07.25Z|1969-01-01T00:00:00Z
price number:123.45|-0.05
written time:2021-01-02T00:00:00Z|·`
	if diff := cmp.Diff(want, columns(f)); diff != "" {
		t.Error(diff)
	}
	if origin.Format != frame.Parquet || origin.Bytes != int64(len(data)) {
		t.Error(origin)
	}
	f, _ = open(t, "x.parquet", data, frame.Config{Kinds: map[string]frame.Kind{"digits": frame.Number, "whole": frame.Category, "day": frame.Category}})
	if got := cells(f.Columns()[5]) + " " + cells(f.Columns()[0]) + " " + cells(f.Columns()[6]); got != "number:7|12 category:1|-2 category:2021-01-01T00:00:00Z|1969-12-31T00:00:00Z" {
		t.Error(got)
	}
	type infinite struct {
		X float64 `parquet:"x"`
	}
	type listed struct {
		N    int64   `parquet:"n"`
		Tags []int64 `parquet:"tags,list"`
	}
	for name, test := range map[string]struct {
		data []byte
		cfg  frame.Config
		want string
	}{
		"nested":    {parquetFile(t, []listed{{1, []int64{2}}}), frame.Config{}, `x: the column "tags" holds lists or records: write their parts as columns of their own, or leave it out`},
		"infinite":  {parquetFile(t, []infinite{{1}, {math.Inf(1)}}), frame.Config{}, "x: row 2: x: the value is not finite: write a null if it is unknown"},
		"forced":    {data, frame.Config{Kinds: map[string]frame.Kind{"city": frame.Number}}, `x: row 1: city: "Paris" is not a number`},
		"rows":      {data, frame.Config{MaxRows: 1}, "x: the file has more than 1 rows"},
		"cells":     {data, frame.Config{MaxCells: 19}, "x: the file has more than 19 cells in 10 columns: read fewer rows or columns"},
		"empty":     {parquetFile(t, []infinite{}), frame.Config{}, "x: the file has no rows"},
		"truncated": {data[:len(data)-9], frame.Config{}, ""},
	} {
		_, _, err := frame.Read("x", bytes.NewReader(test.data), test.cfg)
		if !fault.Is(err, fault.Invalid) || (test.want != "" && err.Error() != test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

func excelFile(t testing.TB, build func(x *excelize.File) error) []byte {
	t.Helper()
	x := excelize.NewFile()
	if err := build(x); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rowsOf(x *excelize.File, sheet string, rows ...[]any) error {
	for i, row := range rows {
		if err := x.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			return err
		}
	}
	return nil
}

func TestExcel(t *testing.T) {
	at := time.Date(2021, 3, 4, 15, 6, 7, 0, time.UTC)
	data := excelFile(t, func(x *excelize.File) error {
		if err := rowsOf(x, "Sheet1",
			[]any{"n", "part", "ok", "city", "day", "custom", "share", "digits"},
			[]any{1, 0.1, true, "Paris", time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC), 44259.5, 0.25, "007"},
			[]any{},
			[]any{2, 0.30000000000000004, false, nil, at, 44260, 0.5, "12"},
		); err != nil {
			return err
		}
		custom, err := x.NewStyle(&excelize.Style{CustomNumFmt: new(`[$-407]d. mmmm "in" yyyy`)})
		if err != nil {
			return err
		}
		share, err := x.NewStyle(&excelize.Style{NumFmt: 9})
		if err != nil {
			return err
		}
		if err := x.SetCellStyle("Sheet1", "F2", "F4", custom); err != nil {
			return err
		}
		if err := x.SetCellStyle("Sheet1", "G2", "G4", share); err != nil {
			return err
		}
		if _, err := x.NewSheet("Other"); err != nil {
			return err
		}
		return rowsOf(x, "Other", []any{}, []any{"a", "b"}, []any{"x", 1}, []any{"y"})
	})
	f, origin := open(t, "x.xlsx", data, frame.Config{})
	want := `n number:1|2
part number:0.1|0.30000000000000004
ok bool:1|0
city category:Paris|·
day time:2021-03-04T00:00:00Z|2021-03-04T15:06:07Z
custom time:2021-03-04T12:00:00Z|2021-03-05T00:00:00Z
share number:0.25|0.5
digits category:007|12`
	if diff := cmp.Diff(want, columns(f)); diff != "" {
		t.Error(diff)
	}
	if origin.Format != frame.Excel {
		t.Error(origin)
	}
	f, _ = open(t, "x.xlsx", data, frame.Config{Sheet: "Other"})
	if diff := cmp.Diff("a category:x|y\nb number:1|·", columns(f)); diff != "" {
		t.Error(diff)
	}
	for name, test := range map[string]struct {
		rows [][]any
		cfg  frame.Config
		want string
	}{
		"sheet":  {[][]any{{"a"}, {1}}, frame.Config{Sheet: "Nope"}, `x: there is no sheet "Nope": the sheets are ["Sheet1"]`},
		"empty":  {nil, frame.Config{}, `x: the sheet "Sheet1" is empty: it needs a header and at least one row`},
		"header": {[][]any{{"a"}}, frame.Config{}, `x: the sheet "Sheet1" has a header but no rows`},
		"name":   {[][]any{{"a", nil, "b"}, {1}}, frame.Config{}, "x:1: column 2 has no name in the header"},
		"beyond": {[][]any{{"a"}, {1, 2}}, frame.Config{}, "x:B2: a cell beyond the header's columns: give the column a name, or clear the cell"},
		"error":  {[][]any{{"a"}, {1}, {"#DIV/0!"}}, frame.Config{}, "x:A3: a: the formula gives #DIV/0!: correct it, or leave the cell empty"},
		"forced": {[][]any{{"a"}, {1}, {"x"}}, frame.Config{Kinds: map[string]frame.Kind{"a": frame.Number}}, `x:A3: a: "x" is not a number`},
		"rows":   {[][]any{{"a"}, {1}, {2}}, frame.Config{MaxRows: 1}, "x: the sheet has more than 1 rows"},
	} {
		data := excelFile(t, func(x *excelize.File) error { return rowsOf(x, "Sheet1", test.rows...) })
		_, _, err := frame.Read("x", bytes.NewReader(data), test.cfg)
		if !fault.Is(err, fault.Invalid) || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
	wide := excelFile(t, func(x *excelize.File) error {
		return rowsOf(x, "Sheet1", []any{"a"}, []any{strings.Repeat("x", 30_000)})
	})
	if _, _, err := frame.Read("x", bytes.NewReader(wide), frame.Config{MaxBytes: 20_000}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a file that is larger when unpacked: %v", err)
	}
}

// FuzzRead gives foreign bytes of every format to the one door: what is refused
// is refused in words, what is read is a table and the same table again.
func FuzzRead(f *testing.F) {
	f.Add("x", []byte(houses))
	f.Add("x.gz", gzipped(f, []byte(houses)))
	f.Add("x.zst", zstandard(f, []byte(`{"a":1}`)))
	f.Add("x.jsonl", []byte(`{"a":1,"b":"x"}`+"\n"+`{"b":null,"c":"2020-01-01"}`))
	f.Add("x.parquet", parquetFile(f, []parquetRow{{Whole: 1, City: "x"}, {Whole: 2, City: "y"}}))
	f.Add("x.xlsx", excelFile(f, func(x *excelize.File) error { return rowsOf(x, "Sheet1", []any{"a", "b"}, []any{1, "x"}) }))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		cfg := frame.Config{MaxBytes: 1 << 20, MaxRows: 10_000, MaxColumns: 100, MaxCells: 100_000}
		got, origin, err := frame.Read(name, bytes.NewReader(data), cfg)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("refused without saying why: %v", err)
			}
			return
		}
		for _, c := range got.Columns() {
			if c.Len() != got.Rows() || c.Name == "" {
				t.Fatalf("column %q has %d of %d rows", c.Name, c.Len(), got.Rows())
			}
			for i := range c.Len() {
				if c.Kind != frame.Category && math.IsInf(c.Value(i), 0) {
					t.Fatalf("row %d of %q is infinite", i, c.Name)
				}
			}
		}
		again, second, err := frame.Read(name, onlyReads{bytes.NewReader(data)}, cfg)
		if err != nil || again.Digest() != got.Digest() || !cmp.Equal(origin, second) {
			t.Fatalf("read twice: %v", err)
		}
	})
}

// FuzzJSONLines holds the reader to encoding/json on what both read.
func FuzzJSONLines(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":"x"}` + "\n" + `{"b":null,"c":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, _, err := frame.Read("x.jsonl", bytes.NewReader(data), frame.Config{Format: frame.JSONLines, Missing: []string{}})
		if err != nil {
			return
		}
		row := 0
		for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			var want map[string]any
			if err := json.Unmarshal(line, &want); err != nil {
				t.Fatalf("encoding/json refuses what we read: %v", err)
			}
			for _, c := range got.Columns() {
				if text, ok := want[c.Name].(string); ok && c.Kind == frame.Category && !c.Missing(row) {
					if level, _ := c.Level(row); level != text {
						t.Fatalf("row %d of %q: %q, want %q", row, c.Name, level, text)
					}
				}
				if number, ok := want[c.Name].(float64); ok && c.Kind == frame.Number && c.Value(row) != number {
					t.Fatalf("row %d of %q: %v, want %v", row, c.Name, c.Value(row), number)
				}
			}
			row++
		}
		if row != got.Rows() {
			t.Fatalf("%d rows, want %d", got.Rows(), row)
		}
	})
}
