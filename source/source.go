package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dasier/fault"
	"dasier/ml/frame"
)

// Config says how data are fetched. The zero value fetches without a cache.
type Config struct {
	// Folder is what relative paths are below. Default: the working folder.
	Folder string
	// Cache is a folder that keeps what was fetched and has a checksum. Default:
	// none; nothing is kept.
	Cache string
	// Pinned refuses what comes over a network without a checksum. Default: it
	// is a warning.
	Pinned bool
	// MaxBytes limits what is fetched. Default: 4 GiB.
	MaxBytes int64
	// Patience is how long a server may say nothing. Default: one minute.
	Patience time.Duration
	// Tries is how often in a row a download may stop without progress. Default:
	// five.
	Tries int
	// Pause is the wait before the second try; it doubles. Default: half a second.
	Pause time.Duration
	// Lookup reads the environment. Default: os.LookupEnv.
	Lookup func(string) (string, bool)
	// Transport carries HTTP. Default: http.DefaultTransport's settings.
	Transport http.RoundTripper
}

func (c Config) withDefaults() Config {
	if c.MaxBytes <= 0 {
		c.MaxBytes = 4 << 30
	}
	if c.Patience <= 0 {
		c.Patience = time.Minute
	}
	if c.Tries <= 0 {
		c.Tries = 5
	}
	if c.Pause <= 0 {
		c.Pause = 500 * time.Millisecond
	}
	if c.Lookup == nil {
		c.Lookup = os.LookupEnv
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	return c
}

// Fetcher brings tables.
type Fetcher struct{ cfg Config }

// New makes a Fetcher.
func New(cfg Config) *Fetcher { return &Fetcher{cfg: cfg.withDefaults()} }

// Table brings the table at a location and reads it. Locations are
//
//	houses.csv, /data/houses.parquet, file:houses.csv
//	https://host/houses.csv.gz
//	s3://bucket/folder/houses.parquet[?region=…&endpoint=…]
//	postgres://user@host/database[?sslmode=…]
//	sqlite:houses.db
//
// A database needs a query: the name of a table, or a SELECT. The digest, when
// it is not empty, is "sha256:<hex>" or the hex alone, of the file's bytes or of
// the query's rows in canonical form; anything else that comes is refused.
// ${NAME} in a location is the environment's.
func (f *Fetcher) Table(ctx context.Context, location, query, digest string, reading frame.Config) (*frame.Frame, *frame.Origin, error) {
	file, err := f.Fetch(ctx, location, query, digest)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }() // only read from
	if file.format != "" {
		reading.Format = file.format
	}
	table, origin, err := frame.ReadContext(ctx, file.Name, file, reading)
	if err != nil {
		return nil, nil, err
	}
	if err := file.pin.check(file.shown, origin.Digest); err != nil {
		return nil, nil, err
	}
	origin.Warnings = append(origin.Warnings, file.Warnings...)
	if file.far && file.pin == "" {
		origin.Warnings = append(origin.Warnings, fmt.Sprintf("%s has no checksum: give its digest, %s, so that the data cannot change unseen.", file.shown, origin.Digest))
	}
	return table, origin, nil
}

// File is data brought here, open to be read.
type File struct {
	*os.File
	Name     string   // of the data: its ending tells the format
	Warnings []string // whole sentences

	format frame.Format // when it is known
	shown  string       // the location without secrets
	pin    pin
	far    bool // it came over a network
	remove bool // nobody else needs it
}

// Close closes the file, and removes it unless it is the user's or the cache's.
func (f *File) Close() error {
	err := f.File.Close()
	if f.remove {
		err = errors.Join(err, os.Remove(f.File.Name()))
	}
	return err
}

// Fetch brings the bytes at a location: see Table. The caller closes the file. A
// local file's digest is not looked at here.
func (f *Fetcher) Fetch(ctx context.Context, location, query, digest string) (*File, error) {
	place, err := f.locate(location)
	if err != nil {
		return nil, err
	}
	want, err := newPin(digest)
	if err != nil {
		return nil, err
	}
	database := place.scheme == "postgres" || place.scheme == "sqlite"
	if !database && query != "" {
		return nil, fault.Errorf(fault.Invalid, "%s is no database: write sqlite:FILE or postgres://… for a query", place.shown)
	}
	if database && strings.TrimSpace(query) == "" {
		return nil, fault.Errorf(fault.Invalid, "%s is a database: name a table or write a SELECT", place.shown)
	}
	if place.scheme == "file" {
		return f.openLocal(place, want)
	}
	far := place.scheme != "sqlite"
	if f.cfg.Pinned && far && want == "" {
		return nil, fault.Errorf(fault.Invalid, "%s has no checksum: give its digest as sha256", place.shown)
	}
	if cached := f.openCached(place, want); cached != nil {
		return cached, nil
	}
	temporary, err := f.temporary()
	if err != nil {
		return nil, err
	}
	file := &File{File: temporary, Name: place.name, shown: place.shown, pin: want, far: far, remove: true}
	if err := f.bring(ctx, place, query, file); err != nil {
		return nil, errors.Join(place.hide(err), file.Close())
	}
	if err := f.keep(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (f *Fetcher) bring(ctx context.Context, place *place, query string, file *File) error {
	switch place.scheme {
	case "http", "https":
		return f.download(ctx, place, file)
	case "s3":
		return f.fromBucket(ctx, place, file)
	case "postgres":
		return f.fromPostgres(ctx, place, query, file)
	default:
		return f.fromSQLite(ctx, place, query, file)
	}
}

func (f *Fetcher) openLocal(place *place, want pin) (*File, error) {
	file, err := os.Open(place.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.Errorf(fault.Missing, "no file %q", place.shown)
	}
	if err != nil {
		return nil, fmt.Errorf("opening data: %w", err)
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(fault.Errorf(fault.Invalid, "%q is a folder: name a file in it", place.shown), file.Close())
	}
	return &File{File: file, Name: filepath.Base(place.path), shown: place.shown, pin: want}, nil
}

func (f *Fetcher) temporary() (*os.File, error) {
	if f.cfg.Cache != "" {
		if err := os.MkdirAll(f.cfg.Cache, 0o700); err != nil {
			return nil, fmt.Errorf("making the cache: %w", err)
		}
	}
	file, err := os.CreateTemp(f.cfg.Cache, "fetching-*")
	if err != nil {
		return nil, fmt.Errorf("making a file for the data: %w", err)
	}
	return file, nil
}

// rewind makes a file that was written ready to be read.
func (f *File) rewind() error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading what was fetched: %w", err)
	}
	return nil
}
