package bundle

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"dasier/fault"
)

// Pack writes an archive of the named files and folders of fsys: nothing else
// goes in. The same files give the same bytes: entries are in order, and of
// times, owners and modes only "may be run" is kept.
//
// Symbolic links are packed as links when fsys can read them (os.Root.FS,
// os.DirFS).
func Pack(ctx context.Context, w io.Writer, fsys fs.FS, names []string) (Contents, error) {
	var found Contents
	paths, err := collect(ctx, fsys, names)
	if err != nil {
		return found, err
	}
	zipped, err := gzip.NewWriterLevel(w, gzip.DefaultCompression)
	if err != nil {
		return found, fmt.Errorf("compressing: %w", err)
	}
	archive, rules := tar.NewWriter(zipped), newRules()
	for _, name := range paths {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		e, err := packOne(archive, rules, fsys, name)
		if err != nil {
			return found, err
		}
		if e.Kind != Folder {
			found.Files++
		}
		found.Size += e.Size
		found.Entries = append(found.Entries, e)
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		return found, fmt.Errorf("writing the archive: %w", err)
	}
	return found, nil
}

// collect lists all that is in the named folders, in order, each once.
func collect(ctx context.Context, fsys fs.FS, names []string) ([]string, error) {
	var paths []string
	for _, name := range names {
		clean := path.Clean(name)
		if !fs.ValidPath(clean) {
			return nil, fault.Errorf(fault.Invalid, "%q is outside the folder of the manifest", clip(name))
		}
		if _, err := fs.Stat(fsys, clean); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, fault.Errorf(fault.Missing, "there is no file or folder %q beside the manifest: was it built?", clip(name))
			}
			return nil, fmt.Errorf("looking at %s: %w", clean, err)
		}
		err := fs.WalkDir(fsys, clean, func(p string, _ fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil && p != "." {
				paths = append(paths, p)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", clean, err)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

func packOne(archive *tar.Writer, rules *rules, fsys fs.FS, name string) (Entry, error) {
	info, err := fs.Lstat(fsys, name)
	if err != nil {
		return Entry{}, fmt.Errorf("looking at %s: %w", name, err)
	}
	header := &tar.Header{Name: name, Mode: 0o644, Format: tar.FormatPAX, Typeflag: tar.TypeReg, Size: info.Size()}
	switch {
	case info.IsDir():
		header.Name, header.Mode, header.Typeflag, header.Size = name+"/", 0o755, tar.TypeDir, 0
	case info.Mode()&fs.ModeSymlink != 0:
		header.Typeflag, header.Size = tar.TypeSymlink, 0
		if header.Linkname, err = fs.ReadLink(fsys, name); err != nil {
			return Entry{}, fmt.Errorf("reading the link %s: %w", name, err)
		}
	case !info.Mode().IsRegular():
		return Entry{}, fault.Errorf(fault.Invalid, "%q is no file, folder or symbolic link", clip(name))
	case info.Mode()&0o111 != 0:
		header.Mode = 0o755
	}
	e, err := rules.entry(header)
	if err != nil {
		return e, err
	}
	if err := archive.WriteHeader(header); err != nil {
		return e, fmt.Errorf("packing %s: %w", name, err)
	}
	if e.Kind != File {
		return e, nil
	}
	file, err := fsys.Open(name)
	if err != nil {
		return e, fmt.Errorf("reading %s: %w", name, err)
	}
	e.Size, err = io.Copy(archive, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return e, fmt.Errorf("packing %s: %w", name, err)
	}
	return e, nil
}

// Names lists what a service's manifest wants packed.
func (s *Service) Names() []string {
	if s.Dockerfile != "" {
		return append(slices.Clone(s.Files), strings.TrimPrefix(s.Dockerfile, "./"))
	}
	return s.Files
}
