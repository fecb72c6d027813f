package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"dasier/blob"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
)

// Open gives a version's files, each read from the blob store when it is
// opened. It is for the server itself: deployment asks without an actor.
func (s *Service) Open(ctx context.Context, id project.ID, model string, number int) (fs.FS, error) {
	v, err := s.store.Version(ctx, id, model, number)
	if err != nil {
		return nil, err
	}
	return newPackageFS(ctx, s.blobs, v), nil
}

// Files gives a version's files to whoever may read models.
func (s *Service) Files(ctx context.Context, actor auth.Actor, id project.ID, model string, number int) (fs.FS, Version, error) {
	v, err := s.Version(ctx, actor, id, model, number)
	if err != nil {
		return nil, Version{}, err
	}
	return newPackageFS(ctx, s.blobs, v), v, nil
}

// Archive writes a version's package as a zip archive.
func (s *Service) Archive(ctx context.Context, actor auth.Actor, id project.ID, model string, number int, w io.Writer) error {
	files, _, err := s.Files(ctx, actor, id, model, number)
	if err != nil {
		return err
	}
	return mlflow.Pack(w, files)
}

// packageFS is a version's files as a read-only file system.
type packageFS struct {
	ctx     context.Context
	blobs   blob.Store
	files   map[string]File
	folders map[string][]fs.DirEntry
	at      time.Time
}

func newPackageFS(ctx context.Context, blobs blob.Store, v Version) *packageFS {
	p := &packageFS{ctx: ctx, blobs: blobs, files: map[string]File{}, folders: map[string][]fs.DirEntry{".": nil}, at: v.CreatedAt}
	for _, f := range v.Files {
		p.files[f.Path] = f
		p.list(f.Path, info{name: path.Base(f.Path), size: f.Size, at: v.CreatedAt})
	}
	return p
}

// list enters a name into its folder, and the folder into its own.
func (p *packageFS) list(name string, i info) {
	folder := path.Dir(name)
	_, known := p.folders[folder]
	p.folders[folder] = append(p.folders[folder], fs.FileInfoToDirEntry(i))
	if !known {
		p.list(folder, info{name: path.Base(folder), folder: true, at: p.at})
	}
}

// Open implements fs.FS.
func (p *packageFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if f, ok := p.files[name]; ok {
		content, _, err := p.blobs.Open(p.ctx, f.Digest)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", name, err)
		}
		return &openFile{content, info{name: path.Base(name), size: f.Size, at: p.at}}, nil
	}
	if entries, ok := p.folders[name]; ok {
		return &openFolder{entries: entries, info: info{name: path.Base(name), folder: true, at: p.at}}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

type openFile struct {
	io.ReadSeekCloser
	info info
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

type openFolder struct {
	entries []fs.DirEntry
	info    info
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFolder) Close() error               { return nil }
func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.name, Err: errors.New("is a folder")}
}

func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(f.entries) {
		if n > 0 && len(f.entries) == 0 {
			return nil, io.EOF
		}
		n = len(f.entries)
	}
	entries := f.entries[:n]
	f.entries = f.entries[n:]
	return entries, nil
}

type info struct {
	name   string
	size   int64
	folder bool
	at     time.Time
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return i.at }
func (i info) IsDir() bool        { return i.folder }
func (i info) Sys() any           { return nil }
func (i info) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// File finds one file of a version.
func (v Version) File(name string) (File, error) {
	for _, f := range v.Files {
		if f.Path == strings.TrimPrefix(name, "/") {
			return f, nil
		}
	}
	return File{}, fault.Errorf(fault.Missing, "version %d of %s has no file %q", v.Number, v.Model, name)
}
