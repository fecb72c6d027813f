package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/seal"
	"dasier/store"
)

// TestTheSecretKey is made once, found again, and never replaced by another: a
// server that cannot read its secrets does not start, and says what to do.
func TestTheSecretKey(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	config := Config{Data: dir, Database: filepath.Join(dir, "dasier.db")}
	db, err := store.Open(ctx, config.Database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	first, err := openKey(ctx, config, db)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openKey(ctx, config, db)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := again.Open("x", first.Seal("x", []byte("secret"))); err != nil || string(text) != "secret" {
		t.Errorf("the second start has another key: %q, %v", text, err)
	}
	path := filepath.Join(dir, "secret.key")
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := openKey(ctx, config, db); !fault.Is(err, fault.Missing) || !strings.Contains(err.Error(), "put the file back") {
		t.Errorf("without its file: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a new key was made: %v", err)
	}
	if _, err := seal.Create(path); err != nil {
		t.Fatal(err)
	}
	if _, err := openKey(ctx, config, db); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "is not the one") {
		t.Errorf("with another key: %v", err)
	}
	config.SecretKeyFile = path + ".away"
	if _, err := openKey(ctx, config, db); err != nil {
		t.Errorf("named by the setting: %v", err)
	}
	config.SecretKeyFile = filepath.Join(dir, "nowhere")
	if _, err := openKey(ctx, config, db); !fault.Is(err, fault.Missing) {
		t.Errorf("named, and not there: %v", err)
	}
}
