package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/delivery/bundle"
	"dasier/fault"
)

func archive(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	w := tar.NewWriter(zipped)
	for _, h := range headers {
		if h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, 1
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write(make([]byte, h.Size)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func file(name string) tar.Header { return tar.Header{Name: name} }

func link(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
}

func TestRefusedArchives(t *testing.T) {
	for name, test := range map[string]struct {
		packed []byte
		says   string
	}{
		"no archive":         {[]byte("hello"), "no tar.gz archive"},
		"cut off":            {archive(t, file("a"))[:40], "broken"},
		"absolute":           {archive(t, file("/etc/passwd")), "absolute"},
		"up":                 {archive(t, file("a/../../b")), `".."`},
		"up at the end":      {archive(t, file("..")), `".."`},
		"backslash":          {archive(t, file(`..\b`)), "other systems"},
		"drive":              {archive(t, file("c:b")), "other systems"},
		"control":            {archive(t, file("a\nb")), "control character"},
		"empty part":         {archive(t, file("a//b")), "empty part"},
		"long":               {archive(t, file(strings.Repeat("a", 256))), "255"},
		"twice":              {archive(t, file("a"), file("a")), "twice"},
		"case":               {archive(t, file("Read"), file("read")), "case does not count"},
		"folders' case":      {archive(t, file("A/x"), file("a/y")), "case does not count"},
		"file and folder":    {archive(t, file("a"), file("a/b")), "folder and as something else"},
		"folder and file":    {archive(t, file("a/b"), file("a")), "folder and as something else"},
		"below a link":       {archive(t, link("a", "b"), file("a/c")), "folder and as something else"},
		"link out":           {archive(t, link("a/b", "../../c")), "leaves the folder"},
		"link absolute":      {archive(t, link("a", "/etc/passwd")), "relative"},
		"link by a detour":   {archive(t, link("a/b/up", "../.."), link("x", "a/b/up/../..")), "way up must come first"},
		"hard link":          {archive(t, tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "b"}), "hard links"},
		"device":             {archive(t, tar.Header{Name: "a", Typeflag: tar.TypeChar}), "device"},
		"pipe":               {archive(t, tar.Header{Name: "a", Typeflag: tar.TypeFifo}), "pipe"},
		"too many":           {archive(t, file("a"), file("b"), file("c"), file("d")), "more than 3 files"},
		"too large":          {archive(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: 3 << 20}), "more than 2 MiB"},
		"together too large": {archive(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: 1 << 20}, tar.Header{Name: "b", Typeflag: tar.TypeReg, Size: 1<<20 + 1}), "more than 2 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			bounds := bundle.Bounds{Files: 3, Unpacked: 2 << 20}
			_, err := bundle.List(t.Context(), bytes.NewReader(test.packed), bounds)
			if err == nil || fault.KindOf(err) == fault.Internal || !strings.Contains(err.Error(), test.says) {
				t.Errorf("listing: got %v, want a refusal with %q", err, test.says)
			}
			if err := bundle.Unpack(t.Context(), bytes.NewReader(test.packed), t.TempDir(), bounds); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("unpacking: got %v, want a refusal with %q", err, test.says)
			}
		})
	}
}

// The same files make the same bytes, whatever their times and owners, and come
// back as they were.
func TestPackAndUnpack(t *testing.T) {
	tree := func(at time.Time) fstest.MapFS {
		return fstest.MapFS{
			"dist/index.html":      {Data: []byte("<p>"), Mode: 0o600, ModTime: at},
			"dist/assets/app.js":   {Data: []byte("1"), Mode: 0o644, ModTime: at},
			"house-api":            {Data: []byte("#!"), Mode: 0o700, ModTime: at},
			"secret.txt":           {Data: []byte("not listed"), ModTime: at},
			"node_modules/x/x.txt": {Data: []byte("not listed"), ModTime: at},
		}
	}
	var first, second bytes.Buffer
	names := []string{"dist", "./house-api", "dist/"}
	contents, err := bundle.Pack(t.Context(), &first, tree(time.Unix(1, 0)), names)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Pack(t.Context(), &second, tree(time.Unix(2, 0)), names); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same files gave other bytes")
	}
	if diff := cmp.Diff([]string{"dist/assets/app.js", "dist/index.html", "house-api"}, contents.Names()); diff != "" {
		t.Errorf("packed (-want +got):\n%s", diff)
	}
	dir := t.TempDir()
	if err := bundle.Unpack(t.Context(), &first, dir, bundle.Bounds{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "house-api"))
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the program is %v, %v, want it to be run", info.Mode(), err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "dist/assets/app.js")); string(text) != "1" || err != nil {
		t.Errorf("a file came back as %q, %v", text, err)
	}
}

func TestPackRefuses(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink("/etc/passwd", filepath.Join(dir, "out")))
	must(os.WriteFile(filepath.Join(dir, "in"), []byte("x"), 0o600))
	must(os.Symlink("in", filepath.Join(dir, "good")))
	for names, says := range map[string]string{"absent": "no file or folder", "../x": "outside the folder", "out": ""} {
		_, err := bundle.Pack(t.Context(), &bytes.Buffer{}, os.DirFS(dir), []string{names})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", names, err, says)
		}
	}
	var packed bytes.Buffer
	if _, err := bundle.Pack(t.Context(), &packed, os.DirFS(dir), []string{"good", "in"}); err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	must(bundle.Unpack(t.Context(), &packed, to, bundle.Bounds{}))
	if text, err := os.ReadFile(filepath.Join(to, "good")); string(text) != "x" || err != nil {
		t.Errorf("the link leads to %q, %v", text, err)
	}
}

// Whatever the bytes, nothing is written outside the folder, and what List
// takes, Unpack takes.
func FuzzArchive(f *testing.F) {
	f.Add(archive(f, file("a/b"), link("c", "a/b"), tar.Header{Name: "d/", Typeflag: tar.TypeDir, Mode: 0o755}))
	f.Add(archive(f, file("../x")))
	f.Add(archive(f, link("a", "../x"), file("a/b")))
	f.Fuzz(func(t *testing.T, packed []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		bounds := bundle.Bounds{Files: 50, Unpacked: 1 << 20}
		_, listErr := bundle.List(t.Context(), bytes.NewReader(packed), bounds)
		err := bundle.Unpack(t.Context(), bytes.NewReader(packed), dir, bounds)
		if listErr == nil && err != nil {
			t.Errorf("listed, and then: %v", err)
		}
		if listErr != nil && fault.KindOf(listErr) == fault.Internal {
			t.Errorf("a refusal that nobody may read: %v", listErr)
		}
		entries, err := os.ReadDir(outer)
		if err != nil || len(entries) != 1 {
			t.Errorf("outside the folder: %v, %v", entries, err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = root.Close() }()
		err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type()&fs.ModeSymlink != 0 {
				if _, err := root.Stat(name); err != nil && !os.IsNotExist(err) && strings.Contains(err.Error(), "escapes") {
					t.Errorf("the link %q leaves the folder", name)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
