package frame_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dasier/ml/frame"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// single draws a float32 of any size, missing and negative zero among them.
func single(t *rapid.T) float32 {
	return rapid.OneOf(
		rapid.Float32(),
		rapid.Map(rapid.IntRange(-300, 300), func(n int) float32 { return float32(n) / 2 }),
		rapid.SampledFrom([]float32{float32(math.NaN()), float32(math.Copysign(0, -1)), float32(math.Inf(1)), math.SmallestNonzeroFloat32}),
	).Draw(t, "value")
}

func sameBits(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

// A column gives the same whichever way it keeps its numbers, by every method.
func TestSinglesAreTheSameNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 90).Draw(t, "rows")
		singles, doubles := make([]float32, n), make([]float64, n)
		for i := range singles {
			singles[i] = single(t)
			doubles[i] = float64(singles[i])
		}
		kind := rapid.SampledFrom([]frame.Kind{frame.Number, frame.Bool, frame.Time}).Draw(t, "kind")
		a := &frame.Column{Name: "c", Kind: kind, Singles: singles}
		b := &frame.Column{Name: "c", Kind: kind, Values: doubles}
		first := rapid.IntRange(0, n).Draw(t, "first")
		end := rapid.IntRange(first, n).Draw(t, "end")
		rows := rapid.SliceOf(rapid.IntRange(0, n-1)).Draw(t, "rows taken")

		equal := func(what string, got, want []float64) {
			if !slices.EqualFunc(got, want, sameBits) {
				t.Fatalf("%s: %v, want %v", what, got, want)
			}
		}
		compare := func(a, b *frame.Column) {
			if a.Len() != b.Len() || a.Numbers().Len() != b.Len() {
				t.Fatalf("%d and %d rows, want %d", a.Len(), a.Numbers().Len(), b.Len())
			}
			for i, want := range b.Values {
				if !sameBits(a.Value(i), want) || !sameBits(a.Numbers().At(i), want) || a.Missing(i) != b.Missing(i) {
					t.Fatalf("row %d: %v, want %v", i, a.Value(i), want)
				}
			}
			equal("Floats", a.Numbers().Floats(), b.Values)
			equal("Present", a.Numbers().Present(), b.Numbers().Present())
			var all, blocks []float64
			for i, v := range a.Numbers().All() {
				if i != len(all) {
					t.Fatalf("All gives place %d after %d", i, len(all))
				}
				all = append(all, v)
			}
			equal("All", all, b.Values)
			room := make([]float64, rapid.IntRange(1, 20).Draw(t, "room"))
			for i, block := range a.Numbers().Blocks(room) {
				if i != len(blocks) {
					t.Fatalf("Blocks gives place %d after %d", i, len(blocks))
				}
				blocks = append(blocks, block...)
			}
			equal("Blocks", blocks, b.Values)
		}
		compare(a, b)
		equal("Block", a.Numbers().Block(first, end, make([]float64, end-first)), b.Numbers().Block(first, end, nil))
		copied, want := make([]float64, end-first), make([]float64, end-first)
		a.Numbers().Copy(copied, first)
		b.Numbers().Copy(want, first)
		equal("Copy", copied, want)

		if kept, none := b.Numbers().Kept(); none != nil || !b.Numbers().Same(frame.Doubles(kept)) || a.Numbers().Same(b.Numbers()) ||
			!a.Numbers().Same(frame.Singles(singles)) || a.Numbers().Same(frame.Singles(slices.Clone(singles))) {
			t.Fatal("the memory that keeps numbers is mistaken")
		}

		taken := a.Take(rows)
		if taken.Values != nil || taken.Singles == nil {
			t.Fatal("rows that are taken are kept otherwise")
		}
		compare(taken, b.Take(rows))

		one, two := frameOf(t, a), frameOf(t, b)
		if one.Digest() != two.Digest() || one.Take(rows).Digest() != two.Take(rows).Digest() {
			t.Fatal("digests differ")
		}
	})
}

func frameOf(t interface{ Fatal(...any) }, columns ...*frame.Column) *frame.Frame {
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAColumnKeepsItsNumbersOnce(t *testing.T) {
	_, err := frame.New(&frame.Column{Name: "c", Values: []float64{1}, Singles: []float32{1}})
	if err == nil || !strings.Contains(err.Error(), `"c"`) {
		t.Errorf("a column that keeps its numbers twice: %v", err)
	}
}

// Whatever a file holds, its numbers come out as they are written, and are kept
// in half the memory if nothing is lost by it: also where only the last chunk of
// a file tells that it would be.
func TestLongReadersKeepWhatIsExact(t *testing.T) {
	const rows = 120_000 // several chunks
	whole := func(i int) string { return strconv.Itoa(i % 1000) }
	for name, test := range map[string]struct {
		cell   func(i int) string
		single bool
	}{
		"whole":               {whole, true},
		"halves":              {func(i int) string { return fmt.Sprintf("%d.5", i%100-50) }, true},
		"missing":             {func(i int) string { return strings.Repeat(whole(i), i%2) }, true},
		"nothing":             {func(int) string { return "" }, true},
		"nothing at first":    {func(i int) string { return strings.Repeat("7", i/(rows-1)) }, true},
		"decimals":            {func(i int) string { return fmt.Sprintf("%d.1", i) }, false},
		"decimals at the end": {func(i int) string { return whole(i) + strings.Repeat(".1", i/(rows-1)) }, false},
		"large at the end":    {func(i int) string { return whole(i) + strings.Repeat("16777217", i/(rows-1)) }, false},
		"beyond float32":      {func(i int) string { return strings.Repeat("1e300", 1-min(i, 1)) }, false},
		"missing, decimals":   {func(i int) string { return strings.Repeat("0.1", i/(rows-1)) }, false},
		"yes and no":          {func(i int) string { return []string{"yes", "no", ""}[i%3] }, true},
		"days":                {func(i int) string { return []string{"2021-03-04", "1999-12-31"}[i%2] }, true},
		"moments":             {func(i int) string { return []string{"2021-03-04T05:06:07Z", "1999-12-31T00:00:00Z"}[i%2] }, false},
		"dates":               {func(i int) string { return []string{"31/12/2021", "01/02/2020"}[i%2] }, true},
	} {
		t.Run(name, func(t *testing.T) {
			var text, lines strings.Builder
			text.WriteString("n,x\n")
			for i := range rows {
				cell := test.cell(i)
				fmt.Fprintf(&text, "%d.1,%s\n", i, cell)
				if _, ok := frame.ParseNumber(cell); !ok {
					cell = strconv.Quote(cell)
				}
				fmt.Fprintf(&lines, "{\"n\": %d.1, \"x\": %s}\n", i, cell)
			}
			for name, text := range map[string]string{"x.csv": text.String(), "x.jsonl": lines.String()} {
				f, _ := open(t, name, []byte(text), frame.Config{})
				c, _ := f.Column("x")
				if kept := c.Singles != nil; kept != test.single || kept == (c.Values != nil) {
					t.Fatalf("%s: kept as float32: %v, want %v", name, kept, test.single)
				}
				for i := range rows {
					want, err := strconv.ParseFloat(test.cell(i), 64)
					if err == nil && c.Value(i) != want || c.Missing(i) != (test.cell(i) == "") {
						t.Fatalf("%s, row %d: %v, want %q", name, i, c.Value(i), test.cell(i))
					}
				}
				if n, _ := f.Column("n"); n.Values == nil || n.Value(rows-1) != rows-1+.1 {
					t.Fatalf("%s: the decimals beside it were changed", name)
				}
			}
		})
	}
}

// Parquet's columns of floats are float32 as they are; so are numbers of other
// columns that could be, and of other formats.
func TestOtherFormatsKeepWhatIsExact(t *testing.T) {
	type row struct {
		Single float32 `parquet:"single"`
		Double float64 `parquet:"double"`
		Whole  int64   `parquet:"whole"`
		Late   float64 `parquet:"late"`
		Flag   bool    `parquet:"flag"`
	}
	const n = 5000
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{Single: float32(i) * .1, Double: float64(i) * .1, Whole: int64(i), Late: float64(i / 2), Flag: i%2 == 0}
	}
	rows[n-1].Late = .1
	var file bytes.Buffer
	if err := parquet.Write(&file, rows); err != nil {
		t.Fatal(err)
	}
	f, _ := open(t, "x.parquet", file.Bytes(), frame.Config{})
	for name, want := range map[string]bool{"single": true, "double": false, "whole": true, "late": false, "flag": true} {
		c, ok := f.Column(name)
		if !ok || (c.Singles != nil) != want || (c.Values != nil) == want || c.Len() != n {
			t.Errorf("%s: %d values and %d singles", name, len(c.Values), len(c.Singles))
		}
	}
	for i, r := range rows {
		for j, want := range []float64{float64(r.Single), r.Double, float64(r.Whole), r.Late} {
			if got := f.Columns()[j].Value(i); got != want {
				t.Fatalf("row %d of %s: %v, want %v", i, f.Columns()[j].Name, got, want)
			}
		}
	}
	sheet := excelFile(t, func(x *excelize.File) error {
		return rowsOf(x, "Sheet1", []any{"a", "b", "c"}, []any{1, 0.1, nil}, []any{nil, 2, 0.5})
	})
	x, _ := open(t, "x.xlsx", sheet, frame.Config{})
	for name, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if c, ok := x.Column(name); !ok || (c.Singles != nil) != want || (c.Values != nil) == want || c.Len() != 2 {
			t.Errorf("%s: %d values and %d singles", name, len(c.Values), len(c.Singles))
		}
	}
}

// Bound by arithmetic while a block is near: see widen.
func BenchmarkBlocks(b *testing.B) {
	const rows, block = 1 << 16, 1024
	numbers := frame.Singles(make([]float32, rows))
	room := make([]float64, block)
	b.SetBytes(4 * rows)
	for b.Loop() {
		for first := 0; first < rows; first += block {
			numbers.Block(first, first+block, room)
		}
	}
}
