package runner

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type entry struct {
	name, content string
	mode          fs.FileMode
}

func archiveOf(t testing.TB, entries ...entry) *zip.Reader {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		header.SetMode(e.mode | 0o640)
		part, err := w.CreateHeader(header)
		if err == nil {
			_, err = part.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// unpackInto unpacks below a folder that has a neighbour, and fails the test when
// the neighbour changes.
func unpackInto(t testing.TB, r *zip.Reader, limit int64) (string, error) {
	t.Helper()
	top := t.TempDir()
	folder, neighbour := filepath.Join(top, "project"), filepath.Join(top, "neighbour")
	for _, name := range []string{folder, neighbour} {
		if err := os.Mkdir(name, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	result := unpack(t.Context(), r, root, limit)
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
	outside, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := os.ReadDir(neighbour)
	if err != nil || len(outside) != 2 || len(inside) != 0 {
		t.Fatalf("something was written outside: %v %v %v", outside, inside, err)
	}
	return folder, result
}

func TestUnpack(t *testing.T) {
	folder, err := unpackInto(t, archiveOf(t,
		entry{"deep/", "", fs.ModeDir | 0o750}, entry{"deep/er/file", "one", 0}, entry{"run", "#!/bin/sh\n", 0o111},
		entry{"link", "deep/er/file", fs.ModeSymlink}, entry{"run", "again", 0o111},
	), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"deep/er/file": "one", "link": "one", "run": "again"} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); string(got) != want || err != nil { // #nosec G304 -- the test's own
			t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
		}
	}
	if info, err := os.Stat(filepath.Join(folder, "run")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("run cannot be run: %v, %v", info.Mode(), err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		entries []entry
		says    string
	}{
		"parent":             {[]entry{{"../neighbour/x", "", 0}}, "not in the archive's folder"},
		"hidden parent":      {[]entry{{"a/../../neighbour/x", "", 0}}, "not in the archive's folder"},
		"absolute":           {[]entry{{"/tmp/x", "", 0}}, "not in the archive's folder"},
		"backslash":          {[]entry{{`..\neighbour\x`, "", 0}}, "not in the archive's folder"},
		"link out":           {[]entry{{"link", "../neighbour", fs.ModeSymlink}}, "leads out"},
		"absolute link":      {[]entry{{"link", "/etc", fs.ModeSymlink}}, "leads out"},
		"through a long way": {[]entry{{"d/", "", fs.ModeDir | 0o750}, {"d/self", ".", fs.ModeSymlink}, {"out", "d/self/../../neighbour", fs.ModeSymlink}, {"out/x", "", 0}}, "neighbour"},
		"device":             {[]entry{{"dev", "", fs.ModeDevice}}, "neither a file"},
		"bomb":               {[]entry{{"big", strings.Repeat("0", 3<<20), 0}}, "more than 1048576 bytes"},
		"many":               {[]entry{{"a", strings.Repeat("0", 600<<10), 0}, {"b", strings.Repeat("0", 600<<10), 0}}, "more than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := unpackInto(t, archiveOf(t, c.entries...), 1<<20)
			if name == "through a long way" {
				// Each name alone looks harmless; the root holds.
				if err == nil {
					t.Error("it was unpacked")
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add("a/b", "../x", true)
	f.Add("../x", "text", false)
	f.Fuzz(func(t *testing.T, name, content string, link bool) {
		var mode fs.FileMode
		if link {
			mode = fs.ModeSymlink
		}
		if len(name) > 200 || strings.HasSuffix(name, "/") {
			return
		}
		_, _ = unpackInto(t, archiveOf(t, entry{name, content, mode}, entry{name + "/x", content, 0}), 1<<16)
	})
}
