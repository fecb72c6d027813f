package frame

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dasier/fault"

	"github.com/klauspost/compress/zstd"
)

// Origin says where a frame came from.
type Origin struct {
	Name   string
	Format Format
	Bytes  int64  // of the file as it is, perhaps compressed
	Digest string // of these bytes: "sha256:<hex>"
	// Warnings are whole sentences about the way the data came.
	Warnings []string
}

// Open reads the file at path, whatever its format: see Read. It stops when the
// context ends, with its error.
func Open(ctx context.Context, path string, cfg Config) (*Frame, *Origin, error) {
	file, err := os.Open(path) //nolint:gosec // the caller chooses the file
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil, fault.Errorf(fault.Missing, "no file %q", path)
		}
		return nil, nil, fmt.Errorf("opening data: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, nil, fault.Errorf(fault.Invalid, "%q is a folder: name a file in it", path)
	}
	return ReadContext(ctx, filepath.Base(path), file, cfg)
}

// ReadContext is Read that stops when the context ends, with its error.
func ReadContext(ctx context.Context, name string, r io.Reader, cfg Config) (*Frame, *Origin, error) {
	stopped := stoppable{ctx, r}
	if at, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		r = stoppableAt{stopped, at, at}
	} else {
		r = stopped
	}
	f, origin, err := Read(name, r, cfg)
	if ended := ctx.Err(); ended != nil {
		return nil, nil, ended
	}
	return f, origin, err
}

// stoppable is a reader that ends with its context: whoever reads a table asks for
// its bytes piece by piece.
type stoppable struct {
	ctx context.Context // it lives as long as one call of ReadContext
	r   io.Reader
}

// Read reads, unless the context has ended.
func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// stoppableAt is a file that ends with its context.
type stoppableAt struct {
	stoppable
	at io.ReaderAt
	io.Seeker
}

// ReadAt reads, unless the context has ended.
func (s stoppableAt) ReadAt(p []byte, at int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.at.ReadAt(p, at)
}

// Read reads a table from r, which is best an io.ReadSeeker: Parquet and Excel
// need their end first, and CSV sometimes a second look; the bytes of another
// reader are held in memory. The format is what the content shows (a Parquet, a
// zip, gzip or zstandard mark, an opening brace) or else what the name ends in
// (.csv, .tsv, .jsonl, .ndjson, with .gz or .zst), unless cfg.Format says it.
// The name is also what errors call the data, unless cfg.Name does.
//
// Every format keeps ReadCSV's promises: kinds of columns come from all rows;
// what is wrong is a fault.Invalid that says where. Formats that tell texts
// from numbers keep texts of digits as texts.
func Read(name string, r io.Reader, cfg Config) (*Frame, *Origin, error) {
	cfg = cfg.withDefaults(name)
	origin := &Origin{Name: cfg.Name}
	source, err := newSource(r, &cfg)
	if err != nil {
		return nil, nil, err
	}
	shown, err := source.peek(&cfg)
	if err != nil {
		return nil, nil, err
	}
	if origin.Format, err = formatOf(name, shown, &cfg); err != nil {
		return nil, nil, err
	}
	var f *Frame
	switch origin.Format {
	case CSV:
		f, err = source.readCSV(name, shown, cfg)
	case JSONLines:
		var in *input
		if in, err = source.input(&cfg); err == nil {
			f, err = readJSONLines(in, cfg)
		}
	case Parquet:
		f, err = readParquet(source.all, source.size, cfg)
	case Excel:
		f, err = readExcel(source.all, source.size, cfg)
	}
	if err != nil {
		return nil, nil, err
	}
	origin.Digest, origin.Bytes, err = source.digest()
	return f, origin, err
}

// source is the bytes of a file, from their first on.
type source struct {
	all   io.ReaderAt
	size  int64
	open  func(io.Reader) (io.Reader, error) // decompresses; nil: there is nothing to
	first *hashing                           // the first complete reading
}

func newSource(r io.Reader, cfg *Config) (*source, error) {
	if at, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		start, err := at.Seek(0, io.SeekCurrent)
		if err == nil {
			end, err := at.Seek(0, io.SeekEnd)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", cfg.Name, err)
			}
			if end-start > cfg.MaxBytes {
				return nil, tooLarge(cfg.Name, cfg.MaxBytes)
			}
			return &source{all: io.NewSectionReader(at, start, end-start), size: end - start}, nil
		}
	}
	data, err := io.ReadAll(io.LimitReader(r, cfg.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", cfg.Name, err)
	}
	if int64(len(data)) > cfg.MaxBytes {
		return nil, tooLarge(cfg.Name, cfg.MaxBytes)
	}
	return &source{all: bytes.NewReader(data), size: int64(len(data))}, nil
}

// peek shows the beginning of the content, decompressed.
func (s *source) peek(cfg *Config) ([]byte, error) {
	var mark [4]byte
	n, err := s.all.ReadAt(mark[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %s: %w", cfg.Name, err)
	}
	switch {
	case bytes.HasPrefix(mark[:n], []byte{0x1f, 0x8b}):
		s.open = func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	case bytes.Equal(mark[:n], []byte{0x28, 0xb5, 0x2f, 0xfd}):
		s.open = func(r io.Reader) (io.Reader, error) {
			// One goroutine, which ends with the input; a window within reason.
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		}
	}
	r, err := s.text(cfg, io.NewSectionReader(s.all, 0, s.size))
	if err != nil {
		return nil, err
	}
	shown := make([]byte, 64<<10)
	n, err = io.ReadFull(r, shown)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return shown[:n], nil
}

// text decompresses what needs it.
func (s *source) text(cfg *Config, r io.Reader) (io.Reader, error) {
	if s.open == nil {
		return r, nil
	}
	text, err := s.open(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s: the compressed file is damaged: %s", cfg.Name, err.Error())
	}
	return &decompressed{r: text, name: cfg.Name}, nil
}

// decompressed says which file is damaged.
type decompressed struct {
	r    io.Reader
	name string
}

func (d *decompressed) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.Errorf(fault.Invalid, "%s: the compressed file is damaged: %s", d.name, err.Error())
	}
	return n, err
}

// input is the text for readers of chunks. Its first reading makes the digest
// as well.
func (s *source) input(cfg *Config) (*input, error) {
	s.first = newHashing(io.NewSectionReader(s.all, 0, s.size))
	first, err := s.text(cfg, s.first)
	if err != nil {
		return nil, err
	}
	in := &input{size: s.size, first: first}
	if s.open != nil {
		in.size = -1
	}
	in.again = func() (io.Reader, error) { return s.text(cfg, io.NewSectionReader(s.all, 0, s.size)) }
	return in, nil
}

func (s *source) digest() (string, int64, error) {
	if s.first == nil {
		s.first = newHashing(io.NewSectionReader(s.all, 0, s.size))
	}
	// A decompressor may leave the last bytes.
	if _, err := io.Copy(io.Discard, s.first); err != nil {
		return "", 0, fmt.Errorf("reading for the digest: %w", err)
	}
	return "sha256:" + hex.EncodeToString(s.first.sum()), s.first.count, nil
}

// readCSV finds the delimiter when nobody said it.
func (s *source) readCSV(name string, shown []byte, cfg Config) (*Frame, error) {
	if cfg.Delimiter == 0 {
		cfg.Delimiter = delimiterOf(name, shown)
	}
	in, err := s.input(&cfg)
	if err != nil {
		return nil, err
	}
	return readCSV(in, cfg)
}

// delimiterOf is the one candidate that the header has, outside quotes; the
// comma when there is none or more than one.
func delimiterOf(name string, shown []byte) rune {
	if slices.Contains(endings(name), ".tsv") {
		return '\t'
	}
	found := map[rune]int{}
	quoted := false
	for _, r := range string(bytes.TrimPrefix(shown, byteOrderMark)) {
		if r == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if r == '\n' {
			break
		}
		if strings.ContainsRune(",;\t|", r) {
			found[r]++
		}
	}
	if len(found) == 1 {
		for r := range found {
			return r
		}
	}
	return ','
}

// formatOf judges by content first: names lie.
func formatOf(name string, shown []byte, cfg *Config) (Format, error) {
	formats := []Format{CSV, Parquet, Excel, JSONLines}
	if cfg.Format != "" {
		if !slices.Contains(formats, cfg.Format) {
			return "", fault.Errorf(fault.Invalid, "%s: no format %q: the formats are %v", cfg.Name, cfg.Format, formats)
		}
		return cfg.Format, nil
	}
	ends := endings(name)
	has := func(ending string) bool { return slices.Contains(ends, ending) }
	switch {
	case bytes.HasPrefix(shown, []byte("PAR1")):
		return Parquet, nil
	case bytes.HasPrefix(shown, []byte("PK\x03\x04")):
		return Excel, nil
	case bytes.HasPrefix(shown, []byte("\xd0\xcf\x11\xe0")):
		return "", fault.Errorf(fault.Invalid, "%s: this is an Excel file of the old kind (.xls), or one with a password: save it as .xlsx without a password", cfg.Name)
	case has(".parquet"), has(".xlsx"):
		return "", fault.Errorf(fault.Invalid, "%s: the content is not what the name says: a Parquet file begins with PAR1, an .xlsx file with PK", cfg.Name)
	case has(".csv"), has(".tsv"), has(".txt"):
		return CSV, nil
	case has(".jsonl"), has(".ndjson"):
		return JSONLines, nil
	case bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(shown, byteOrderMark), " \t\r\n"), []byte("{")):
		return JSONLines, nil
	case has(".json"):
		return "", fault.Errorf(fault.Invalid, "%s: JSON is read as one object a line (.jsonl): write the rows like that", cfg.Name)
	}
	return CSV, nil
}

// endings are the last two endings of a name, in lower case.
func endings(name string) []string {
	var ends []string
	for range 2 {
		end := filepath.Ext(name)
		ends = append(ends, strings.ToLower(end))
		name = strings.TrimSuffix(name, end)
	}
	return ends
}

// hashing is a reader whose bytes are counted and digested.
type hashing struct {
	r     io.Reader
	hash  interface{ Sum([]byte) []byte }
	count int64
}

func newHashing(r io.Reader) *hashing {
	hash := sha256.New()
	return &hashing{r: io.TeeReader(r, hash), hash: hash}
}

func (h *hashing) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	h.count += int64(n)
	return n, err
}

func (h *hashing) sum() []byte { return h.hash.Sum(nil) }
