// Package store keeps the product's data in SQL: SQLite in a file by default,
// PostgreSQL by configuration, with the same query text for both.
//
// One file per noun implements the Store interface that the noun's package
// declares. A store never decides: it knows no permission and no transition.
// Writes are one transaction together with the events they cause, which land
// in the outbox (outbox.go); rows that change state carry a version, and a
// write that finds another version answers fault.Conflict.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
	sqlitecodes "modernc.org/sqlite/lib"

	"dasier/event"
	"dasier/fault"
)

//go:embed migrations
var migrations embed.FS

// Store is an open database.
type Store struct {
	db   *bun.DB
	pool *pgxpool.Pool // nil on SQLite
	wake chan struct{} // the outbox has something new
}

// Open connects to the database at address and brings its schema up to date.
// An address is "postgres://..." or the path of an SQLite file, which is made
// when it does not exist.
func Open(ctx context.Context, address string) (*Store, error) {
	s := &Store{wake: make(chan struct{}, 1)}
	var err error
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		err = s.openPostgres(ctx, address)
	} else {
		err = s.openSQLite(address)
	}
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) openPostgres(ctx context.Context, address string) error {
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	s.pool = pool
	s.db = bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New())
	return nil
}

func (s *Store) openSQLite(path string) error {
	// synchronous=FULL: in WAL mode an acknowledged commit then survives the
	// loss of power, not only of the process. Write transactions take the lock
	// when they begin, so that they wait in line instead of failing half-way.
	pragmas := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"journal_mode(WAL)", "busy_timeout(15000)", "foreign_keys(1)", "synchronous(FULL)", "cache_size(-8000)",
	}}
	// It holds hashes of passwords and the values of CI variables, and SQLite
	// would make it readable for everyone; its side files copy its mode.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the administrator's own path
	if err == nil {
		err = errors.Join(file.Chmod(0o600), file.Close())
	}
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?"+pragmas.Encode())
	if err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(4)
	s.db = bun.NewDB(db, sqlitedialect.New())
	return nil
}

// Close ends all connections.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// DB is for reading.
func (s *Store) DB() *bun.DB { return s.db }

// Pool is PostgreSQL's connection pool; nil on SQLite.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Postgres tells the engine, for the few places where their SQL differs.
func (s *Store) Postgres() bool { return s.pool != nil }

// Ping answers nil when the database does.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

func (s *Store) migrate(ctx context.Context) error {
	dialect, folder := goose.DialectSQLite3, "migrations/sqlite"
	if s.Postgres() {
		dialect, folder = goose.DialectPostgres, "migrations/postgres"
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	provider, err := goose.NewProvider(dialect, s.db.DB, files)
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bringing the database schema up to date: %w", err)
	}
	return nil
}

// write runs change in one transaction and appends events to the outbox in it.
// change may add events that need ids it has just made by calling emit.
func (s *Store) write(ctx context.Context, change func(ctx context.Context, tx bun.Tx) error, events ...event.Event) error {
	err := s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if err := change(ctx, tx); err != nil {
			return err
		}
		return emit(ctx, tx, events...)
	})
	if err != nil {
		return err
	}
	s.wakeOutbox()
	return nil
}

// notFound turns "no rows" into a fault with the given sentence, and lets
// other errors pass.
func notFound(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Errorf(fault.Missing, format, args...)
	}
	return err
}

// isUnique tells whether err is the violation of a unique index.
func isUnique(err error) bool {
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlitecodes.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlitecodes.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "23505"
}

// changedOne answers fault.Conflict unless a guarded update changed one row.
func changedOne(result sql.Result, err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("counting changed rows: %w", err)
	}
	if n == 0 {
		return fault.Errorf(fault.Conflict, format, args...)
	}
	return nil
}

// goneAsMissing answers fault.Missing where a deletion found nothing.
func goneAsMissing(err error) error {
	if fault.Is(err, fault.Conflict) {
		return fault.Errorf(fault.Missing, "%s", fault.Message(err))
	}
	return err
}

// utc drops the location that drivers attach, so that times compare equal.
func utc(t time.Time) time.Time { return t.UTC() }

// utcPtr is utc for times that may be absent.
func utcPtr(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
