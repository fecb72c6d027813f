package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
)

// each runs a conformance test on both engines, each time on an empty database.
// PostgreSQL is the server at DASIER_TEST_POSTGRES, whose user may create
// databases: scripts/postgres.sh starts one and prints its address.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		test(t, open(t, filepath.Join(t.TempDir(), "dasier.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, open(t, postgresDatabase(t)))
	})
}

func open(t *testing.T, address string) *Store {
	t.Helper()
	s, err := Open(context.Background(), address)
	if err != nil {
		t.Fatalf("opening %s: %v", address, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// postgresDatabase makes an empty database that goes with the test.
func postgresDatabase(t *testing.T) string {
	t.Helper()
	server := os.Getenv("DASIER_TEST_POSTGRES")
	if server == "" {
		t.Fatal("DASIER_TEST_POSTGRES is not set: run `make test`, or `export DASIER_TEST_POSTGRES=$(scripts/postgres.sh start)` first")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatalf("connecting to %s: %v", server, err)
	}
	_ = stdlib.GetDefaultDriver() // registers "pgx"
	name := fmt.Sprintf("t_%d_%s", os.Getpid(), strings.ToLower(strings.NewReplacer("/", "_", "#", "_").Replace(t.Name())))
	if len(name) > 60 {
		name = name[:60]
	}
	if _, err := admin.ExecContext(t.Context(), fmt.Sprintf("CREATE DATABASE %q", name)); err != nil {
		t.Fatalf("creating a database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), fmt.Sprintf("DROP DATABASE %q WITH (FORCE)", name)); err != nil {
			t.Errorf("dropping the database: %v", err)
		}
		if err := admin.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	i := strings.LastIndex(server, "/")
	rest := ""
	if q := strings.Index(server[i:], "?"); q >= 0 {
		rest = server[i+q:]
	}
	return server[:i+1] + name + rest
}
