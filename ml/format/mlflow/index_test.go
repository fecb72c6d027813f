package mlflow_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/format/mlflow"
)

// TestUnpackRefusesAHugeIndex: the zip reader holds the whole index in memory
// before its entries can be counted.
func TestUnpackRefusesAHugeIndex(t *testing.T) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for i := range 100 { // 6 MB of index, of few files
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("f%d", i), Comment: strings.Repeat("x", 60<<10)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := mlflow.Unpack(bytes.NewReader(archive.Bytes()), int64(archive.Len()), mlflow.Limits{})
	if !fault.Is(err, fault.Limited) {
		t.Errorf("a huge index: %v", err)
	}
}
