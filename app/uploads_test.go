package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestOpenClearsUploadsThatACrashCutOff(t *testing.T) {
	data := t.TempDir()
	left := filepath.Join(data, "uploads", "package-1")
	if err := errors.Join(os.Mkdir(filepath.Dir(left), 0o700), os.WriteFile(left, []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	server, err := Open(t.Context(), Config{Data: data, Addr: "127.0.0.1:0", LogLevel: "error"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("the left-over is still there: %v", err)
	}
	if info, err := os.Stat(filepath.Dir(left)); err != nil || !info.IsDir() {
		t.Errorf("there is no folder for uploads: %v", err)
	}
}
