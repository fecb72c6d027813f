// Package paritytest gives tests the set of model files with reference answers:
// some twelve hundred that scikit-learn, XGBoost, LightGBM and skl2onnx wrote,
// and the hostile ones. The set is two archives beside the repository
// (../shared/models) or where DASIER_TEST_MODELS says.
package paritytest

import (
	"archive/tar"
	"errors"
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
	f, err := os.Open(filepath.Join(folder, archive+".tar.xz"))
	if err != nil {
		t.Fatalf("the set of model files is not here (%v): set DASIER_TEST_MODELS to the folder of %s.tar.xz", err, archive)
	}
	defer func() { _ = f.Close() }() // only read
	plain, err := xz.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
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
