package adopt_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"testing/fstest"

	"dasier/ml/format/mlflow"
	"dasier/model/adopt"
)

// TestMemory: a small file that grows to far more than its model may take is
// refused as a file and in a package, and read where it may.
func TestMemory(t *testing.T) {
	text, err := os.ReadFile("../../ml/format/foreign/testdata/meta/1.2.1/target_maxabs.joblib")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // not for secrets
	more := make([]byte, 18<<20)     // behind the end of the pickle, where nobody looks
	for i := 0; i < len(more); i += 16 {
		more[i] = byte(r.Uint32()) //nolint:gosec // a byte
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]byte{text, more} {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	request := adopt.Request{Name: "model.joblib", File: packed.Bytes(), Target: "y", Bare: true, Memory: 100_000}
	refused := func(what string, err error) {
		t.Helper()
		if heavy, ok := errors.AsType[*mlflow.MemoryError](err); !ok || heavy.Most != mlflow.Reading(100_000) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, _, err = adopt.Adopt(request)
	refused("the file", err)
	request.Memory = 1 << 20
	p, _, err := adopt.Adopt(request)
	if err != nil {
		t.Fatal(err)
	}
	files, err := mlflow.Files(p)
	if err != nil {
		t.Fatal(err)
	}
	pkg := fstest.MapFS{}
	for name, data := range files {
		pkg[name] = &fstest.MapFile{Data: data}
	}
	_, err = mlflow.OpenWithin(pkg, 100_000)
	refused("the package", err)
	for _, memory := range []int64{0, 1 << 20} {
		if _, err := mlflow.OpenWithin(pkg, memory); err != nil {
			t.Errorf("with %d: %v", memory, err)
		}
	}
}
