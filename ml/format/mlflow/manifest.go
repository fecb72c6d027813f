package mlflow

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"dasier/fault"
)

// File is one file of a package.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	Digest string `json:"digest"` // "sha256:<hex>"
}

// Manifest lists the files of a package, sorted by path. Anything that is
// neither a file nor a folder is refused.
func Manifest(fsys fs.FS) ([]File, error) {
	var files []File
	err := walk(fsys, func(path string, file fs.File) error {
		sum := sha256.New()
		size, err := io.Copy(sum, file)
		if err != nil {
			return fmt.Errorf("reading %s of the package: %w", path, err)
		}
		files = append(files, File{Path: path, Size: size, Digest: digestText(sum.Sum(nil))})
		return nil
	})
	return files, err
}

// Digest identifies a package by its content: "sha256:" and the hash of its
// manifest, one line "<digest> <size> <path>" per file. How the package was
// packed does not matter.
func Digest(fsys fs.FS) (string, error) {
	files, err := Manifest(fsys)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintf(sum, "%s %d %s\n", f.Digest, f.Size, f.Path)
	}
	return digestText(sum.Sum(nil)), nil
}

func manifestOf(files map[string][]byte) []File {
	manifest := make([]File, 0, len(files))
	for _, path := range sortedKeys(files) {
		sum := sha256.Sum256(files[path])
		manifest = append(manifest, File{Path: path, Size: int64(len(files[path])), Digest: digestText(sum[:])})
	}
	return manifest
}

func digestText(sum []byte) string { return "sha256:" + hex.EncodeToString(sum) }

// walk opens every file in lexical order of paths.
func walk(fsys fs.FS, visit func(path string, file fs.File) error) error {
	return fs.WalkDir(fsys, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading the package: %w", err)
		}
		if entry.IsDir() {
			return nil
		}
		if !entry.Type().IsRegular() {
			return fault.Errorf(fault.Invalid, "%s is neither a file nor a folder: a package holds nothing else", path).At(path)
		}
		file, err := fsys.Open(path)
		if err != nil {
			return fmt.Errorf("opening %s of the package: %w", path, err)
		}
		return errors.Join(visit(path, file), file.Close())
	})
}
