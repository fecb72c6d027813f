package bundle

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"dasier/fault"
)

// Entry is one thing in an archive.
type Entry struct {
	Name string // relative, with slashes
	Kind EntryKind
	Size int64  // bytes of a file
	Exec bool   // a file that may be run
	Link string // where a link leads, relative to its folder
}

// EntryKind is what an entry is.
type EntryKind byte

// The kinds of entries.
const (
	File   EntryKind = 'f'
	Folder EntryKind = 'd'
	Link   EntryKind = 'l'
)

// Contents is what an archive holds.
type Contents struct {
	Entries []Entry
	Files   int   // files and links among them
	Size    int64 // bytes of all files
}

// List reads an archive to its end and tells what it holds. The first thing
// that is wrong with it is a fault that names the entry.
func List(ctx context.Context, r io.Reader, bounds Bounds) (Contents, error) {
	var found Contents
	err := walk(ctx, r, bounds, func(e Entry, content io.Reader) error {
		n, err := io.Copy(io.Discard, content)
		if err != nil {
			return broken(err)
		}
		e.Size = n
		if e.Kind != Folder {
			found.Files++
		}
		found.Size += n
		found.Entries = append(found.Entries, e)
		return nil
	})
	return found, err
}

// Unpack writes an archive into the folder dir, which exists and is empty.
// Nothing is written outside it: names are checked, and the folder is opened
// as a root that the system lets no path leave.
func Unpack(ctx context.Context, r io.Reader, dir string, bounds Bounds) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return walk(ctx, r, bounds, func(e Entry, content io.Reader) error {
		if err := root.MkdirAll(path.Dir(e.Name), 0o755); err != nil { //nolint:gosec // another user runs it
			return fmt.Errorf("making a folder for %q: %w", e.Name, err)
		}
		switch e.Kind {
		case Folder:
			if err := root.MkdirAll(e.Name, 0o755); err != nil { //nolint:gosec // as above
				return fmt.Errorf("making the folder %q: %w", e.Name, err)
			}
		case Link:
			if err := root.Symlink(e.Link, e.Name); err != nil {
				return fmt.Errorf("making the link %q: %w", e.Name, err)
			}
		default:
			return write(root, e, content)
		}
		return nil
	})
}

func write(root *os.Root, e Entry, content io.Reader) error {
	mode := fs.FileMode(0o644)
	if e.Exec {
		mode = 0o755
	}
	file, err := root.OpenFile(e.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("making the file %q: %w", e.Name, err)
	}
	if _, err := io.Copy(file, content); err != nil {
		return errors.Join(fmt.Errorf("writing %q: %w", e.Name, err), file.Close())
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("writing %q: %w", e.Name, err)
	}
	return nil
}

// walk reads an archive and holds every entry to the rules before it is given
// to each.
func walk(ctx context.Context, r io.Reader, bounds Bounds, each func(Entry, io.Reader) error) error {
	bounds = bounds.withDefaults()
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return fault.Errorf(fault.Invalid, "this is no tar.gz archive: %s", clip(err.Error()))
	}
	archive, rules, left := tar.NewReader(unzipped), newRules(), bounds.Unpacked
	for count := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return broken(err)
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			continue // git archive writes the commit there
		}
		entry, err := rules.entry(header)
		if err != nil {
			return err
		}
		if entry.Name == "." {
			continue
		}
		if count++; count > bounds.Files {
			return fault.Errorf(fault.Limited, "the archive has more than %d files and folders", bounds.Files)
		}
		if header.Size > left {
			return fault.Errorf(fault.Limited, "unpacked, the archive has more than %d MiB", bounds.Unpacked>>20)
		}
		counted := &countingReader{r: archive}
		if err := each(entry, counted); err != nil {
			return err
		}
		left -= counted.n
	}
	// To the end: the checksum is there, and what is behind it must be nothing.
	if n, err := io.Copy(io.Discard, io.LimitReader(unzipped, maxTrailer+1)); err != nil {
		return broken(err)
	} else if n > maxTrailer {
		return fault.Errorf(fault.Invalid, "the archive goes on after its end")
	}
	return nil
}

// maxTrailer is what tar programs fill the last block with, and more.
const maxTrailer = 1 << 20

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// broken says that an archive cannot be read. A reason that a reader below gave
// (too large, connection lost) stays as it is.
func broken(err error) error {
	if fault.KindOf(err) != fault.Internal {
		return err
	}
	return fault.Errorf(fault.Invalid, "the archive is broken: %s", clip(err.Error()))
}

// rules remembers what an archive has named so far.
type rules struct {
	kinds  map[string]EntryKind // by name; folders also when only something in them was named
	spelt  map[string]string    // by folded name: as it was spelt first
	listed map[string]bool      // named itself
}

func newRules() *rules {
	return &rules{map[string]EntryKind{}, map[string]string{}, map[string]bool{}}
}

func (r *rules) entry(h *tar.Header) (Entry, error) {
	name := strings.TrimPrefix(h.Name, "./")
	refuse := func(format string, args ...any) (Entry, error) {
		return Entry{}, fault.Errorf(fault.Invalid, "%q in the archive: %s", clip(h.Name), fmt.Sprintf(format, args...))
	}
	e := Entry{Kind: File, Exec: h.Mode&0o111 != 0}
	switch h.Typeflag {
	case tar.TypeReg:
	case tar.TypeDir:
		e.Kind, e.Exec = Folder, false
		name = strings.TrimSuffix(name, "/")
		if name == "" || name == "." {
			return Entry{Name: ".", Kind: Folder}, nil
		}
	case tar.TypeSymlink:
		e.Kind, e.Exec, e.Link = Link, false, h.Linkname
	case tar.TypeLink:
		return refuse("hard links are not taken: pack the file twice, or use a symbolic link")
	default:
		return refuse("it is no file, folder or symbolic link (a device, a pipe?)")
	}
	if wrong := checkName(name); wrong != "" {
		return refuse("%s", wrong)
	}
	if e.Kind == Link {
		if wrong := checkLink(name, e.Link); wrong != "" {
			return refuse("%s", wrong)
		}
	}
	e.Name = name
	if wrong := r.add(name, e.Kind); wrong != "" {
		return refuse("%s", wrong)
	}
	return e, nil
}

// add notes a name and its folders, and says what of what came before they
// clash with.
func (r *rules) add(name string, kind EntryKind) string {
	if r.listed[name] {
		return "it is there twice"
	}
	r.listed[name] = true
	for i, c := range name {
		if c != '/' {
			continue
		}
		if wrong := r.note(name[:i], Folder); wrong != "" {
			return wrong
		}
	}
	return r.note(name, kind)
}

func (r *rules) note(name string, kind EntryKind) string {
	if before, ok := r.spelt[folded(name)]; ok && before != name {
		return fmt.Sprintf("%q and %q are one name where case does not count", clip(before), clip(name))
	}
	if before, ok := r.kinds[name]; ok && (before != kind || kind != Folder) {
		return fmt.Sprintf("%q is named both as a folder and as something else", clip(name))
	}
	r.kinds[name], r.spelt[folded(name)] = kind, name
	return ""
}

// Names lists the files of an archive in order, for a page.
func (c Contents) Names() []string {
	var names []string
	for _, e := range c.Entries {
		if e.Kind != Folder {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return names
}
