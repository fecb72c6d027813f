package skops_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"dasier/ml/format/skops"
	"dasier/ml/pickle"
)

// FuzzRead looks for what panics or takes memory that the file does not have.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/made/*.skops")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) { fuzzed(data) })
}

func fuzzed(data []byte) {
	v, err := skops.Read(data, pickle.Limits{Bytes: 4 << 20, Objects: 100_000})
	if err != nil {
		return
	}
	if array, ok := v.(*pickle.Array); ok {
		_, _ = array.Values()
	}
	_, _, _, _ = pickle.Matrix(v)
}

// FuzzParts takes the two texts that a fuzzer cannot reach through checksums: the
// schema and an array.
func FuzzParts(f *testing.F) {
	f.Add(leaf, npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1), }", "12345678"))
	f.Add(`{"__loader__":"NdArrayNode","type":"numpy","file":"1.npy","__class__":"ndarray","__id__":1}`, npy("{'descr': [('a', '<i8'), ('', '|V7')], 'fortran_order': False, 'shape': (), }", "123456781234567"))
	files, err := filepath.Glob("testdata/made/*.skops")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		z, err := zip.OpenReader(file)
		if err != nil {
			f.Fatal(err)
		}
		var schema bytes.Buffer
		for _, member := range z.File {
			if member.Name == "schema.json" {
				r, err := member.Open()
				if err != nil {
					f.Fatal(err)
				}
				if _, err := schema.ReadFrom(r); err != nil {
					f.Fatal(err)
				}
			}
		}
		if err := z.Close(); err != nil {
			f.Fatal(err)
		}
		if schema.Len() < 100<<10 {
			f.Add(schema.String(), npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", "\x00\x01"))
		}
	}
	f.Fuzz(func(t *testing.T, schema, array string) { fuzzed(archive(t, "schema.json", schema, "1.npy", array)) })
}
