package dataset

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"dasier/blob"
	"dasier/fault"
	"dasier/ml/frame"
)

// Dataset describes one file of data.
type Dataset struct {
	Path    string      `json:"path"`
	Digest  blob.Digest `json:"digest"` // of the file's bytes
	Bytes   int64       `json:"bytes"`
	Rows    int         `json:"rows"`
	Columns int         `json:"columns"`
	Schema  []Field     `json:"schema"`
}

// Field is one column of the schema.
type Field struct {
	Name    string     `json:"name"`
	Kind    frame.Kind `json:"kind"`
	Missing int        `json:"missing,omitempty"`
	Levels  int        `json:"levels,omitempty"` // of a category
}

// Open reads the CSV file at path and describes it.
func Open(path string, cfg frame.CSVConfig) (*frame.Frame, *Dataset, error) {
	file, err := os.Open(path) //nolint:gosec // the caller chooses the file
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil, fault.Errorf(fault.Missing, "no file %q", path)
		}
		return nil, nil, fmt.Errorf("opening data: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	if cfg.Name == "" {
		cfg.Name = filepath.Base(path)
	}
	hash := sha256.New()
	counted := &counter{r: io.TeeReader(file, hash)}
	f, err := frame.ReadCSV(counted, cfg)
	if err != nil {
		return nil, nil, err
	}
	d := &Dataset{Path: path, Digest: blob.FromSum(hash.Sum(nil)), Bytes: counted.n}
	d.Rows, d.Columns, d.Schema = f.Rows(), len(f.Columns()), SchemaOf(f)
	return f, d, nil
}

// counter counts the bytes that pass.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// SchemaOf lists the columns of f.
func SchemaOf(f *frame.Frame) []Field {
	schema := make([]Field, len(f.Columns()))
	for i, c := range f.Columns() {
		schema[i] = Field{Name: c.Name, Kind: c.Kind, Missing: missing(c), Levels: len(c.Levels)}
	}
	return schema
}

func missing(c *frame.Column) int {
	n := 0
	for i := range c.Len() {
		if c.Missing(i) {
			n++
		}
	}
	return n
}
