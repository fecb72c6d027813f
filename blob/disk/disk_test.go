package disk_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/blob"
	"dasier/blob/disk"
	"dasier/fault"
)

func TestPutOpenDelete(t *testing.T) {
	ctx := t.Context()
	store := openStore(t, t.TempDir())
	content := bytes.Repeat([]byte("house "), 10_000)
	digest, size, err := store.Put(ctx, bytes.NewReader(content), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if digest != blob.DigestOf(content) || size != int64(len(content)) {
		t.Fatalf("put answered %s, %d", digest, size)
	}
	again, _, err := store.Put(ctx, bytes.NewReader(content), 1<<20)
	if err != nil || again != digest {
		t.Fatalf("equal bytes have one name: %s, %v", again, err)
	}
	r, n, err := store.Open(ctx, digest)
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(r)
	if err != nil || n != size || !bytes.Equal(read, content) {
		t.Fatalf("read %d of %d bytes: %v", len(read), n, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := store.Delete(ctx, digest); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := store.Open(ctx, digest); !fault.Is(err, fault.Missing) {
		t.Fatalf("a deleted blob answers %v", err)
	}
}

func TestPutKeepsNothingOfWhatItRefuses(t *testing.T) {
	root := t.TempDir()
	store := openStore(t, root)
	if _, _, err := store.Put(t.Context(), strings.NewReader("12345"), 4); !fault.Is(err, fault.Limited) {
		t.Fatalf("too large: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := store.Put(canceled, strings.NewReader("1"), 4); err == nil {
		t.Fatal("a canceled upload succeeds")
	}
	left, err := filepath.Glob(filepath.Join(root, "*", "*"))
	if err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
}

func TestOpenClearsUnfinishedUploads(t *testing.T) {
	root := t.TempDir()
	openStore(t, root)
	orphan := filepath.Join(root, "incoming", "blob-1")
	if err := os.WriteFile(orphan, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	openStore(t, root)
	if _, err := os.Stat(orphan); !os.IsNotExist(err) {
		t.Fatalf("the orphan is still there: %v", err)
	}
}

func TestDigestsAreChecked(t *testing.T) {
	store := openStore(t, t.TempDir())
	for _, wrong := range []blob.Digest{"", "sha256:", "sha256:../../etc/passwd", blob.Digest("sha256:" + strings.Repeat("A", 64))} {
		if _, _, err := store.Open(t.Context(), wrong); !fault.Is(err, fault.Invalid) {
			t.Errorf("open %q: %v", wrong, err)
		}
	}
}

func openStore(t *testing.T, root string) *disk.Store {
	t.Helper()
	store, err := disk.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return store
}
