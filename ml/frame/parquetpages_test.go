package frame

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"dasier/fault"
)

// TestPagesThatLie: what a header says is held to the bytes and the rows that there
// are, before anyone makes room for it.
func TestPagesThatLie(t *testing.T) {
	const rows, packed = 100, 200
	honest := func() format.PageHeader {
		h := format.PageHeader{Type: format.DataPage, CompressedPageSize: packed, UncompressedPageSize: 800}
		h.DataPageHeader = thrift.New(format.DataPageHeader{NumValues: rows})
		return h
	}
	for name, test := range map[string]struct {
		lie  func(h *format.PageHeader, c *format.ColumnMetaData)
		fits bool
	}{
		"honest": {func(*format.PageHeader, *format.ColumnMetaData) {}, true},
		"statistics": {func(h *format.PageHeader, _ *format.ColumnMetaData) {
			h.DataPageHeader.V.Statistics.MinValue = make([]byte, 9000)
		}, true},
		"much from little": {func(h *format.PageHeader, c *format.ColumnMetaData) {
			h.UncompressedPageSize, c.Codec = 20<<20, format.Gzip
		}, false},
		"two gigabytes":      {func(h *format.PageHeader, _ *format.ColumnMetaData) { h.UncompressedPageSize = 1<<31 - 1 }, false},
		"more than the file": {func(h *format.PageHeader, _ *format.ColumnMetaData) { h.CompressedPageSize = 1<<31 - 1 }, false},
		"below nothing":      {func(h *format.PageHeader, _ *format.ColumnMetaData) { h.UncompressedPageSize = -1 }, false},
		"too many values":    {func(h *format.PageHeader, _ *format.ColumnMetaData) { h.DataPageHeader.V.NumValues = rows + 1 }, false},
		"another column":     {func(_ *format.PageHeader, c *format.ColumnMetaData) { c.NumValues = rows + 1 }, false},
		"beyond the file":    {func(_ *format.PageHeader, c *format.ColumnMetaData) { c.DataPageOffset += 1 << 40 }, false},
		"values of no bytes": {func(h *format.PageHeader, _ *format.ColumnMetaData) {
			h.Type = format.DictionaryPage
			h.DictionaryPageHeader = thrift.New(format.DictionaryPageHeader{NumValues: 1 << 30})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			chunk := format.ColumnMetaData{Codec: format.Snappy, NumValues: rows, DataPageOffset: 4}
			h := honest()
			test.lie(&h, &chunk)
			header, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
			if err != nil {
				t.Fatal(err)
			}
			file := append([]byte("PAR1"), append(header, make([]byte, packed)...)...)
			chunk.TotalCompressedSize = int64(len(file)) - 4
			if got := pagesFit(bytes.NewReader(file), int64(len(file)), &chunk, rows); got != test.fits {
				t.Errorf("the pages fit: %v, want %v", got, test.fits)
			}
		})
	}
}

// TestFilesThatLie: a whole file is refused in a sentence, in which one byte more of
// a header's count of values would be believed by the library.
func TestFilesThatLie(t *testing.T) {
	type row struct{ A int64 }
	var file bytes.Buffer
	w := parquet.NewGenericWriter[row](&file)
	all := make([]row, 100)
	for i := range all {
		all[i].A = int64(i * i)
	}
	if _, err := w.Write(all); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := file.Bytes()
	read := func() error {
		_, err := readParquet(bytes.NewReader(data), int64(len(data)), Config{}.withDefaults("x"))
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	h, length, err := pageHeader(bytes.NewReader(data), 4, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	switch h.Type {
	case format.DataPage:
		h.DataPageHeader.V.NumValues = 8000
	case format.DataPageV2:
		h.DataPageHeaderV2.V.NumValues = 8000
	}
	lie, err := thrift.Marshal(new(thrift.CompactProtocol), h)
	if err != nil || int64(len(lie)) != length {
		t.Fatalf("the header has %d bytes, and had %d: %v", len(lie), length, err)
	}
	copy(data[4:], lie)
	if err := read(); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), `the column "A" is damaged: the header of a page says more than there is`) {
		t.Errorf("the error is %v", err)
	}
}
