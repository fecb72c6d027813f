package frame

import (
	"errors"
	"io"

	"dasier/fault"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What a page header may say. The library makes room for what it says before it
// looks at the page, up to 2 GB.
const (
	pageSlack   = 8 << 20 // what any page may unpack to
	headerFirst = 4 << 10
	headerMost  = 1 << 20 // with statistics in it
)

// unpacks is how many times its size a codec unpacks a page to at most.
var unpacks = map[format.CompressionCodec]int64{
	format.Uncompressed: 1, format.Snappy: 32, format.Lz4: 300, format.Lz4Raw: 300, format.Gzip: 1100,
}

// unpacksMost is for codecs that repeat themselves nearly for free.
const unpacksMost = 40_000

// checkPages holds every page header to the bytes and the rows that there are,
// before any page is read.
func checkPages(r io.ReaderAt, size int64, file *parquet.File, cfg *Config) error {
	for i := range file.Metadata().RowGroups {
		group := &file.Metadata().RowGroups[i]
		for j := range group.Columns {
			chunk := &group.Columns[j].MetaData
			if !pagesFit(r, size, chunk, group.NumRows) {
				return fault.Errorf(fault.Invalid, "%s: the column %q is damaged: the header of a page says more than there is", cfg.Name, file.Root().Columns()[j].Name())
			}
		}
	}
	return nil
}

// pagesFit walks the pages of a flat column of one row group.
func pagesFit(r io.ReaderAt, size int64, chunk *format.ColumnMetaData, rows int64) bool {
	at := chunk.DataPageOffset
	if chunk.DictionaryPageOffset != 0 {
		at = chunk.DictionaryPageOffset
	}
	end := at + chunk.TotalCompressedSize
	if at < 0 || end < at || end > size || chunk.NumValues != rows {
		return false
	}
	ratio, known := unpacks[chunk.Codec]
	if !known {
		ratio = unpacksMost
	}
	for values := int64(0); at < end; {
		header, length, err := pageHeader(r, at, end)
		if err != nil {
			return false
		}
		at += length
		packed, unpacked := int64(header.CompressedPageSize), int64(header.UncompressedPageSize)
		if packed < 0 || packed > end-at || unpacked < 0 || unpacked > pageSlack+ratio*packed {
			return false
		}
		at += packed
		switch header.Type {
		case format.DictionaryPage:
			if n := int64(header.DictionaryPageHeader.V.NumValues); n < 0 || n > 8*unpacked {
				return false
			}
		case format.DataPage:
			if n := int64(header.DataPageHeader.V.NumValues); n < 0 || n > rows-values {
				return false
			}
			values += int64(header.DataPageHeader.V.NumValues)
		case format.DataPageV2:
			v := &header.DataPageHeaderV2.V
			if n := int64(v.NumValues); n < 0 || n > rows-values || int64(v.NumRows) > rows || v.NumNulls < 0 || v.NumNulls > v.NumValues {
				return false
			}
			values += int64(v.NumValues)
		}
	}
	return true
}

// pageHeader reads the header at a place, and tells its length.
func pageHeader(r io.ReaderAt, at, end int64) (*format.PageHeader, int64, error) {
	var err error
	for room := int64(headerFirst); room <= headerMost; room *= 16 {
		window := make([]byte, min(room, end-at))
		if n, err := r.ReadAt(window, at); n < len(window) {
			return nil, 0, err
		}
		var protocol thrift.CompactProtocol
		reader, header := protocol.NewReaderFromBytes(window), new(format.PageHeader)
		if err = thrift.NewDecoder(reader).Decode(header); err == nil {
			return header, int64(reader.BytesRead()), nil
		}
		if int64(len(window)) == end-at {
			break
		}
	}
	return nil, 0, errors.Join(errors.New("reading the header of a page"), err)
}
