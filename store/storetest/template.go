// Package storetest gives tests their databases quickly. Bringing an empty file
// up to today's schema is sixteen transactions that each wait for the disk, and a
// package's tests open one database each: here the schema is made once per test
// program, and every test gets a copy of that file.
//
// It knows the store's address and nothing of what is kept. The store's own
// tests do not use it: migrations are what some of them are about.
package storetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"dasier/store"
)

// At answers path, where an SQLite database with today's schema and nothing in it
// lies from then on. A database that is there already is left as it is, so that a
// test may open its own once more.
func At(t testing.TB, path string) string {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return path
	}
	content, err := template()
	if err != nil {
		t.Fatalf("making a database: %v", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	return path
}

// template is the file of an empty database. Closing the last connection moves
// what the side file holds into it, so that the one file is all of it.
var template = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "dasier-storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a folder of temporary files
	path := filepath.Join(folder, "template.db")
	s, err := store.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil, fmt.Errorf("%d bytes of the template are still in its side file", info.Size())
	}
	return os.ReadFile(path)
})
