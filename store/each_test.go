package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// each runs a conformance test on both engines, each time on a database with
// today's schema and nothing in it: a copy of one that was brought there, as that
// takes longer than most of the tests. PostgreSQL is the server at
// DASIER_TEST_POSTGRES, whose user may create databases: scripts/postgres.sh
// starts one and prints its address.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		content, err := liteTemplate()
		noError(t, err)
		path := filepath.Join(t.TempDir(), "dasier.db")
		noError(t, os.WriteFile(path, content, 0o600))
		test(t, open(t, path))
	})
	t.Run("postgres", func(t *testing.T) {
		template, err := postgresTemplate()
		noError(t, err)
		test(t, open(t, postgresCopy(t, template)))
	})
}

// liteTemplate is the file of a database with the schema.
var liteTemplate = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "dasier-store-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "template.db")
	s, err := Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	// The last connection moves what the side file holds into this one.
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// postgresTemplate is the name of a database with the schema, which nobody is
// connected to. TestMain drops it.
var postgresTemplate = sync.OnceValues(func() (string, error) {
	name := templateName()
	if err := administer(context.Background(), fmt.Sprintf("CREATE DATABASE %q", name)); err != nil {
		return "", err
	}
	s, err := Open(context.Background(), addressOf(name))
	if err != nil {
		return "", err
	}
	return name, s.Close()
})

func templateName() string { return fmt.Sprintf("t_%d_template", os.Getpid()) }

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("DASIER_TEST_POSTGRES") != "" {
		if err := administer(context.Background(), fmt.Sprintf("DROP DATABASE IF EXISTS %q WITH (FORCE)", templateName())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
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
	return postgresCopy(t, "template1")
}

// postgresCopy makes a copy of a database that goes with the test.
func postgresCopy(t *testing.T, template string) string {
	t.Helper()
	name := fmt.Sprintf("t_%d_%s", os.Getpid(), strings.ToLower(strings.NewReplacer("/", "_", "#", "_").Replace(t.Name())))
	if len(name) > 60 {
		name = name[:60]
	}
	noError(t, administer(t.Context(), fmt.Sprintf("CREATE DATABASE %q TEMPLATE %q", name, template)))
	t.Cleanup(func() {
		noError(t, administer(context.Background(), fmt.Sprintf("DROP DATABASE %q WITH (FORCE)", name)))
	})
	return addressOf(name)
}

// administer runs a statement on the server, outside of the tests' databases.
func administer(ctx context.Context, statement string) error {
	server := os.Getenv("DASIER_TEST_POSTGRES")
	if server == "" {
		return errors.New("DASIER_TEST_POSTGRES is not set: run `make test`, or `export DASIER_TEST_POSTGRES=$(scripts/postgres.sh start)` first")
	}
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", server, err)
	}
	if _, err = connection.Exec(ctx, statement); err != nil {
		err = fmt.Errorf("%s: %w", statement, err)
	}
	return errors.Join(err, connection.Close(ctx))
}

// addressOf is the address of a database on the server.
func addressOf(name string) string {
	server := os.Getenv("DASIER_TEST_POSTGRES")
	i := strings.LastIndex(server, "/")
	rest := ""
	if q := strings.Index(server[i:], "?"); q >= 0 {
		rest = server[i+q:]
	}
	return server[:i+1] + name + rest
}
