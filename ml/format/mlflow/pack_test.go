package mlflow_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"dasier/fault"
	"dasier/ml/format/mlflow"
)

func TestPackAndUnpack(t *testing.T) {
	dir := written(t, sample(t))
	var first, second bytes.Buffer
	if err := mlflow.Pack(&first, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	unpacked, err := mlflow.Unpack(bytes.NewReader(first.Bytes()), int64(first.Len()), mlflow.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := mlflow.Pack(&second, unpacked); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("packed again it has other bytes")
	}
	before, err := mlflow.Digest(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if after, err := mlflow.Digest(unpacked); err != nil || after != before {
		t.Errorf("digest %s, %v; before %s", after, err, before)
	}
	p, err := mlflow.Open(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(); err != nil {
		t.Error(err)
	}
	manifest, err := mlflow.Manifest(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range manifest {
		names = append(names, f.Path)
	}
	if got := strings.Join(names, " "); got != "MLmodel README.md dasier.json model.onnx profile.json reference.json report.json" {
		t.Errorf("files %s", got)
	}
}

func TestLinksAreNotPacked(t *testing.T) {
	dir := written(t, sample(t))
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := mlflow.Pack(io.Discard, os.DirFS(dir)); !fault.Is(err, fault.Invalid) {
		t.Errorf("packed a link: %v", err)
	}
	if _, err := mlflow.Digest(os.DirFS(dir)); !fault.Is(err, fault.Invalid) {
		t.Errorf("digested a link: %v", err)
	}
}

// entry is one file of a hostile archive.
type entry struct {
	name string
	mode fs.FileMode
	text string
	lie  uint64 // declared size, when it is not the text's
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			header.SetMode(e.mode)
		}
		var out io.Writer
		var err error
		if e.lie != 0 {
			header.Method = zip.Store
			header.UncompressedSize64, header.CompressedSize64 = e.lie, uint64(len(e.text))
			out, err = w.CreateRaw(header)
		} else {
			out, err = w.CreateHeader(header)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestUnpackRefuses(t *testing.T) {
	many := make([]entry, 11)
	for i := range many {
		many[i].name = strings.Repeat("x", i+1)
	}
	for name, c := range map[string]struct {
		kind    fault.Kind
		entries []entry
	}{
		"a path that climbs":       {fault.Invalid, []entry{{name: "../evil"}}},
		"a path that climbs later": {fault.Invalid, []entry{{name: "a/../../evil"}}},
		"an absolute path":         {fault.Invalid, []entry{{name: "/etc/passwd"}}},
		"a backslash":              {fault.Invalid, []entry{{name: `a\..\..\evil`}}},
		"a drive":                  {fault.Invalid, []entry{{name: "C:evil"}}},
		"no name":                  {fault.Invalid, []entry{{name: ""}}},
		"a dot":                    {fault.Invalid, []entry{{name: "./a"}}},
		"a link":                   {fault.Invalid, []entry{{name: "a", mode: fs.ModeSymlink | 0o777, text: "/etc/passwd"}}},
		"a device":                 {fault.Invalid, []entry{{name: "a", mode: fs.ModeDevice}}},
		"a name twice":             {fault.Invalid, []entry{{name: "a"}, {name: "a"}}},
		"a file that is a folder":  {fault.Invalid, []entry{{name: "a/b"}, {name: "a"}}},
		"a bomb":                   {fault.Limited, []entry{{name: "a", text: strings.Repeat("\x00", 1<<20)}}},
		"a bomb in parts":          {fault.Limited, []entry{{name: "a", text: strings.Repeat("\x00", 6e4)}, {name: "b", text: strings.Repeat("\x00", 6e4)}}},
		"a wrong size":             {fault.Invalid, []entry{{name: "a", text: "1234", lie: 3}}},
		"too many files":           {fault.Limited, many},
	} {
		data := archive(t, c.entries...)
		_, err := mlflow.Unpack(bytes.NewReader(data), int64(len(data)), mlflow.Limits{Files: 10, Bytes: 1e5})
		if !fault.Is(err, c.kind) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	damaged := archive(t, entry{name: "a", text: "some text that is long enough"})
	damaged[40] ^= 0xff
	for name, data := range map[string][]byte{"no zip": []byte("hello"), "nothing": nil, "damaged": damaged} {
		if _, err := mlflow.Unpack(bytes.NewReader(data), int64(len(data)), mlflow.Limits{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	var good bytes.Buffer
	if err := mlflow.Pack(&good, fstest.MapFS{"a": {Data: []byte("x")}, "b/c": {Data: []byte("yy")}}); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Add(archive(f, entry{name: "../evil"}, entry{name: "a/"}, entry{name: "a", mode: fs.ModeSymlink}))
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 16
		fsys, err := mlflow.Unpack(bytes.NewReader(data), int64(len(data)), mlflow.Limits{Files: 100, Bytes: limit})
		if err != nil {
			return
		}
		manifest, err := mlflow.Manifest(fsys)
		if err != nil {
			if _, refused := errors.AsType[*fault.Error](err); !refused {
				t.Fatalf("unpacked, but not readable: %v", err)
			}
			return
		}
		total := int64(0)
		for _, file := range manifest {
			total += file.Size
			if !fs.ValidPath(file.Path) {
				t.Errorf("path %q", file.Path)
			}
		}
		if total > limit {
			t.Errorf("%d bytes", total)
		}
	})
}
