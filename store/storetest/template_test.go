package storetest_test

import (
	"path/filepath"
	"testing"

	"dasier/store"
	"dasier/store/storetest"
)

// TestAt: a copy is a database of its own with the whole schema, and asking for
// it again finds what was written to it.
func TestAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one.db")
	for i, address := range []string{storetest.At(t, path), storetest.At(t, path), storetest.At(t, filepath.Join(t.TempDir(), "two.db"))} {
		s, err := store.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		var users, migrations int
		if err := s.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM users").Scan(&users); err != nil {
			t.Fatal(err)
		}
		if err := s.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM goose_db_version").Scan(&migrations); err != nil {
			t.Fatal(err)
		}
		if want := []int{0, 1, 0}[i]; users != want || migrations < 2 {
			t.Errorf("opening %d: %d users, want %d; %d migrations", i, users, want, migrations)
		}
		if i == 0 {
			if _, err := s.DB().ExecContext(t.Context(), "INSERT INTO users (username, name, email, admin, password_hash, created_at) VALUES ('ada', 'Ada', 'ada@example.org', TRUE, '', '2026-01-02 03:04:05')"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkOpen is what a copy saves beside a database that starts empty.
func BenchmarkOpen(b *testing.B) {
	for name, address := range map[string]func(b *testing.B) string{
		"empty": func(b *testing.B) string { b.Helper(); return filepath.Join(b.TempDir(), "dasier.db") },
		"copy":  func(b *testing.B) string { b.Helper(); return storetest.At(b, filepath.Join(b.TempDir(), "dasier.db")) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := store.Open(b.Context(), address(b))
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
