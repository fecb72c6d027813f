// Package paritytest gives tests the set of model files with reference answers:
// some twelve hundred that scikit-learn, XGBoost, LightGBM and skl2onnx wrote,
// and the hostile ones. The set is two archives beside the repository
// (../shared/models) or where DASIER_TEST_MODELS says.
package paritytest

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// Files reads an archive, "generated" or "hostile", whole: contents by path. It
// fails the test when there is none.
func Files(t testing.TB, archive string) map[string][]byte {
	t.Helper()
	folder := os.Getenv("DASIER_TEST_MODELS")
	if folder == "" {
		folder = beside(t)
	}
	plain, err := unpacked(filepath.Join(folder, archive+".tar.xz"))
	if err != nil {
		t.Fatalf("the set of model files is not here (%v): set DASIER_TEST_MODELS to the folder of %s.tar.xz", err, archive)
	}
	defer func() { _ = plain.Close() }() // only read
	files := map[string][]byte{}
	for entries := tar.NewReader(plain); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatalf("%s: %v", archive, err)
		}
		if entry.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(entries)
		if err != nil {
			t.Fatalf("%s: %v", entry.Name, err)
		}
		files[strings.TrimPrefix(path.Clean(entry.Name), "./")] = data
	}
}

// unpacked opens the archive without its compression. Taking it off is most of
// the time that reading takes, so the result is kept in the temporary folder for
// the tests of other packages.
func unpacked(archive string) (*os.File, error) {
	info, err := os.Stat(archive) //nolint:gosec // a test's own archive
	if err != nil {
		return nil, err
	}
	kept := filepath.Join(os.TempDir(), fmt.Sprintf("dasier-models-%d-%d-%d.tar", os.Getuid(), info.Size(), info.ModTime().UnixNano()))
	if f, err := os.Open(filepath.Clean(kept)); err == nil { //nolint:gosec // as above
		return f, nil
	}
	from, err := os.Open(filepath.Clean(archive)) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }() // only read
	plain, err := xz.NewReader(from)
	if err != nil {
		return nil, err
	}
	to, err := os.CreateTemp(filepath.Dir(kept), "dasier-models-*.part")
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(to, plain); err != nil {
		return nil, errors.Join(err, to.Close(), os.Remove(to.Name())) //nolint:gosec // as above
	}
	if err := os.Rename(to.Name(), kept); err != nil { //nolint:gosec // as above
		return nil, errors.Join(err, to.Close())
	}
	_, err = to.Seek(0, io.SeekStart)
	return to, err
}

// beside is the folder of models beside the repository's root.
func beside(t testing.TB) string {
	t.Helper()
	at, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			break
		}
	}
	return filepath.Join(filepath.Dir(at), "shared", "models")
}
