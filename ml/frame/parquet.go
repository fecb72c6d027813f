package frame

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"dasier/fault"

	"github.com/parquet-go/parquet-go"
)

// readParquet reads a Parquet file whose columns are flat. Columns of numbers,
// truth values, dates and instants are what they say; texts are read as the
// cells of a CSV file are, but that texts of digits stay texts. Values that no
// float64 holds make the column a Category, as in a CSV file.
func readParquet(r io.ReaderAt, size int64, cfg Config) (f *Frame, err error) {
	defer func() {
		if p := recover(); p != nil { // a library on foreign bytes
			f, err = nil, damagedParquet(&cfg)
		}
	}()
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s: this cannot be read as a Parquet file: %s", cfg.Name, shorten(err.Error()))
	}
	fields := file.Root().Columns()
	if err := checkParquet(file, fields, &cfg); err != nil {
		return nil, err
	}
	if err := checkPages(r, size, file, &cfg); err != nil {
		return nil, err
	}
	columns, wrong := make([]*Column, len(fields)), make([]error, len(fields))
	var wait sync.WaitGroup
	var taken atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(fields)) {
		wait.Go(func() {
			for i := int(taken.Add(1)) - 1; i < len(fields); i = int(taken.Add(1)) - 1 {
				columns[i], wrong[i] = readParquetColumn(fields[i], int(file.NumRows()), &cfg)
			}
		})
	}
	wait.Wait()
	for _, err := range wrong {
		if err != nil {
			return nil, err
		}
	}
	return New(columns...)
}

func damagedParquet(cfg *Config) error {
	return fault.Errorf(fault.Invalid, "%s: the Parquet file is damaged", cfg.Name)
}

// checkParquet holds what the file says of itself to the limits, before
// anything is decompressed.
func checkParquet(file *parquet.File, fields []*parquet.Column, cfg *Config) error {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Name()
	}
	if len(names) == 0 {
		return fault.Errorf(fault.Invalid, "%s: the file has no columns", cfg.Name)
	}
	if err := checkNames(names, cfg, "%s: "); err != nil {
		return err
	}
	for _, field := range fields {
		if !field.Leaf() || field.Repeated() {
			return fault.Errorf(fault.Invalid, "%s: the column %q holds lists or records: write their parts as columns of their own, or leave it out", cfg.Name, field.Name())
		}
	}
	rows := file.NumRows()
	switch {
	case rows <= 0:
		return fault.Errorf(fault.Invalid, "%s: the file has no rows", cfg.Name)
	case rows > int64(cfg.MaxRows):
		return fault.Errorf(fault.Invalid, "%s: the file has more than %d rows", cfg.Name, cfg.MaxRows)
	case rows*int64(len(fields)) > int64(cfg.MaxCells):
		return fault.Errorf(fault.Invalid, "%s: the file has more than %d cells in %d columns: read fewer rows or columns", cfg.Name, cfg.MaxCells, len(fields))
	}
	var unpacked int64
	for i := range file.Metadata().RowGroups {
		for j := range file.Metadata().RowGroups[i].Columns {
			size := file.Metadata().RowGroups[i].Columns[j].MetaData.TotalUncompressedSize
			if unpacked += size; size < 0 || unpacked > cfg.MaxBytes {
				return fault.Errorf(fault.Invalid, "%s: the file would be larger than %d bytes when decompressed", cfg.Name, cfg.MaxBytes)
			}
		}
	}
	return nil
}

func readParquetColumn(field *parquet.Column, rows int, cfg *Config) (c *Column, err error) {
	defer func() {
		if p := recover(); p != nil { // a library on foreign bytes
			c, err = nil, fault.Errorf(fault.Invalid, "%s: the column %q is damaged", cfg.Name, field.Name())
		}
	}()
	read, err := newParquetReader(field, cfg)
	if err != nil {
		return nil, err
	}
	if kind, forced := cfg.Kinds[field.Name()]; read.number != nil && (!forced || kind == read.kind) {
		c, exact, err := read.numbers(rows)
		if err != nil || exact {
			return c, err
		}
	}
	return read.texts(rows)
}

// parquetReader reads one column.
type parquetReader struct {
	field *parquet.Column
	cfg   *Config
	kind  Kind
	// number is a value as a float64, and whether that is all of it; nil for
	// texts.
	number func(parquet.Value) (v float64, exact bool)
	text   func(parquet.Value) string
	quoted bool // the texts are no numbers
}

// each calls do for every row, with the value or a null.
func (p *parquetReader) each(rows int, do func(row int, v parquet.Value) error) error {
	pages := p.field.Pages()
	defer func() { _ = pages.Close() }() // only read from
	buffer := make([]parquet.Value, 1024)
	row := 0
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fault.Errorf(fault.Invalid, "%s: the column %q is damaged: %s", p.cfg.Name, p.field.Name(), shorten(err.Error()))
		}
		values := page.Values()
		for {
			n, err := values.ReadValues(buffer)
			for _, v := range buffer[:n] {
				if row == rows {
					return fault.Errorf(fault.Invalid, "%s: the column %q has more rows than the file", p.cfg.Name, p.field.Name())
				}
				if err := do(row, v); err != nil {
					parquet.Release(page)
					return err
				}
				row++
			}
			if errors.Is(err, io.EOF) || (err == nil && n == 0) {
				break
			}
			if err != nil {
				parquet.Release(page)
				return fault.Errorf(fault.Invalid, "%s: the column %q is damaged: %s", p.cfg.Name, p.field.Name(), shorten(err.Error()))
			}
		}
		parquet.Release(page)
	}
	if row != rows {
		return fault.Errorf(fault.Invalid, "%s: the column %q has %d rows, the file has %d", p.cfg.Name, p.field.Name(), row, rows)
	}
	return nil
}

// texts has a builder decide, twice where it must.
func (p *parquetReader) texts(rows int) (*Column, error) {
	b := p.cfg.newBuilder(p.field.Name(), newSpellings(p.cfg.Missing))
	if err := p.feed(b, rows); err != nil {
		return nil, err
	}
	if b.again {
		if !b.settle() {
			return nil, fault.Errorf(fault.Invalid, "%s: %s: day and month could be either in every date: say which comes first", p.cfg.Name, b.name)
		}
		b = b.restart()
		if err := p.feed(b, rows); err != nil {
			return nil, err
		}
	}
	return b.column(), nil
}

func (p *parquetReader) feed(b *builder, rows int) error {
	problems := problems{name: p.cfg.Name}
	err := p.each(rows, func(row int, v parquet.Value) error {
		if v.IsNull() {
			b.addNothing()
			return nil
		}
		cell := p.text(v)
		if len(cell) > p.cfg.MaxField {
			return fault.Errorf(fault.Invalid, "%s: row %d: %s: the value has %d bytes: at most %d are read", p.cfg.Name, row+1, b.name, len(cell), p.cfg.MaxField)
		}
		if bad, what := misfit([]byte(cell)); bad >= 0 {
			return fault.Errorf(fault.Invalid, "%s: row %d: %s: %s", p.cfg.Name, row+1, b.name, what)
		}
		var wrong string
		if p.quoted {
			wrong = b.addQuoted(cell)
		} else {
			wrong = b.add(cell)
		}
		if wrong != "" {
			problems.add(fmt.Sprintf("%s: row %d: %s: %q %s", p.cfg.Name, row+1, b.name, shorten(cell), wrong))
		} else if b.infinite > 0 && b.infiniteAt == "" {
			b.infiniteAt = fmt.Sprintf("%s: row %d: %s: %q is not finite: write a null if it is unknown", p.cfg.Name, row+1, b.name, shorten(cell))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if b.kind == Number && b.infiniteAt != "" && !b.again {
		problems.add(b.infiniteAt)
	}
	return problems.err()
}
