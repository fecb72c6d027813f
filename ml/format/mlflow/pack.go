package mlflow

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// Limits of Unpack. The zero value means the defaults.
type Limits struct {
	Files int   // files and folders; default 1,000
	Bytes int64 // unpacked, all together; default 1 GiB
}

func (l Limits) orDefault() Limits {
	if l.Files == 0 {
		l.Files = 1_000
	}
	if l.Bytes == 0 {
		l.Bytes = 1 << 30
	}
	return l
}

// Pack writes a package (os.DirFS(dir), or what Unpack gave) as a zip archive:
// sorted, without times and owners, so that the same files give the same bytes.
func Pack(w io.Writer, fsys fs.FS) error {
	archive := zip.NewWriter(w)
	err := walk(fsys, func(path string, file fs.File) error {
		entry, err := archive.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate})
		if err != nil {
			return fmt.Errorf("packing %s: %w", path, err)
		}
		if _, err := io.Copy(entry, file); err != nil {
			return fmt.Errorf("packing %s: %w", path, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	return nil
}

// Unpack gives the files of a zip archive without writing any to disk. It
// reads every entry once: names that leave the archive, links, double names,
// more or larger content than allowed or declared, and wrong checksums are
// refused before the caller sees a file. The archive must stay open and
// unchanged while the files are used.
func Unpack(r io.ReaderAt, size int64, limits Limits) (fs.FS, error) {
	limits = limits.orDefault()
	source := &index{ReaderAt: r, left: maxIndex}
	archive, err := zip.NewReader(source, size)
	if source.left < 0 {
		return nil, fault.Errorf(fault.Limited, "the package's index of files is larger than %d bytes", maxIndex)
	}
	source.known = true // from here on it is content, which is not held
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the package is not a zip archive: %w", err)
	}
	if len(archive.File) > limits.Files {
		return nil, fault.Errorf(fault.Limited, "the package has %d entries, at most %d are allowed", len(archive.File), limits.Files)
	}
	seen, left := make(map[string]bool, len(archive.File)), limits.Bytes
	for _, entry := range archive.File {
		if err := checkEntry(entry, seen); err != nil {
			return nil, err
		}
		if entry.Mode().IsDir() {
			continue
		}
		n, err := readThrough(entry, left)
		if err != nil {
			return nil, err
		}
		if left -= n; left < 0 {
			return nil, fault.Errorf(fault.Limited, "the package is larger than %d bytes unpacked", limits.Bytes)
		}
	}
	for name := range seen { // "a" and "a/b" cannot both be files
		for at := strings.LastIndexByte(name, '/'); at > 0; at = strings.LastIndexByte(name[:at], '/') {
			if seen[name[:at]] {
				return nil, fault.Errorf(fault.Invalid, "the package has both a file %q and a folder of that name", name[:at])
			}
		}
	}
	return archive, nil
}

// maxIndex bounds what is read of an archive before its entries are counted:
// the zip reader holds them all in memory.
const maxIndex = 4 << 20

// index reads an archive until left bytes were asked for.
type index struct {
	io.ReaderAt

	left  int64
	known bool // all of the index was read: nothing is counted any more
}

// ReadAt passes on.
func (i *index) ReadAt(p []byte, at int64) (int, error) {
	if i.known {
		return i.ReaderAt.ReadAt(p, at)
	}
	if i.left -= int64(len(p)); i.left < 0 {
		return 0, errors.New("the index of files is too large")
	}
	return i.ReaderAt.ReadAt(p, at)
}

// checkEntry judges a header, and notes the names of files in seen.
func checkEntry(entry *zip.File, seen map[string]bool) error {
	name, folder := strings.CutSuffix(entry.Name, "/")
	switch {
	case folder != entry.Mode().IsDir(): // archive/zip believes the name here and the mode there
		return fault.Errorf(fault.Invalid, "the package's entry %q is a folder by name or by mode, not both", entry.Name)
	case !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\:\x00") || !utf8.ValidString(name):
		return fault.Errorf(fault.Invalid, "the package has an entry named %q, which is not a plain path inside it", entry.Name)
	case !folder && !entry.Mode().IsRegular():
		return fault.Errorf(fault.Invalid, "the package's entry %q is neither a file nor a folder", name)
	case entry.Flags&1 != 0:
		return fault.Errorf(fault.Invalid, "the package's entry %q is encrypted", name)
	case seen[name]:
		return fault.Errorf(fault.Invalid, "the package has two files %q", name)
	}
	if !folder {
		seen[name] = true
	}
	return nil
}

// readThrough unpacks an entry into nothing. It stops one byte after what is
// left, whatever the header declares.
func readThrough(entry *zip.File, left int64) (int64, error) {
	file, err := entry.Open()
	if err != nil {
		return 0, fault.Errorf(fault.Invalid, "the package's entry %q is not readable: %w", entry.Name, err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(file, left+1))
	if err != nil {
		return 0, fault.Errorf(fault.Invalid, "the package's entry %q is damaged: %w", entry.Name, err)
	}
	if err := file.Close(); err != nil {
		return 0, fault.Errorf(fault.Invalid, "the package's entry %q is damaged: %w", entry.Name, err)
	}
	return n, nil
}
