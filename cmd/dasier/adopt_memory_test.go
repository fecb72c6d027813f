package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/fault"
)

// TestAFileThatIsTooLargeIsNotRead: the bound on the model holds for the file that
// it is made from.
func TestAFileThatIsTooLargeIsNotRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "price.joblib")
	if err := os.WriteFile(file, []byte("no pickle"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 20<<20); err != nil {
		t.Fatal(err)
	}
	a := adoption{bare: true, target: "y", memory: 256 << 10}
	err := a.adoptFile(io.Discard, file, t.TempDir())
	if !fault.Is(err, fault.Limited) || !strings.HasPrefix(err.Error(), "model price version 1 takes more than 18.0 MiB of memory to be read, and ") || !strings.Contains(err.Error(), "--max-model-memory") {
		t.Errorf("a file of 20 MiB for a model of 256 KiB: %v", err)
	}
	a.memory = 0
	if err := a.adoptFile(io.Discard, file, t.TempDir()); err == nil || fault.Is(err, fault.Limited) {
		t.Errorf("without a bound: %v", err)
	}
}
