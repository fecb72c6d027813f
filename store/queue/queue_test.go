package queue_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"dasier/fault"
	"dasier/store"
	"dasier/store/queue"
)

type pushed struct {
	Branch string `json:"branch"`
}

func (pushed) EventKind() string { return "repo.pushed" }

// patience bounds every wait for what has to come: on a busy machine it may take
// long, and only what never comes is wrong.
const patience = 2 * time.Minute

// TestReactionsSurviveAFailureAndARestart records an event while nothing runs,
// lets the reaction fail once, and expects it to be tried again.
func TestReactionsSurviveAFailureAndARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dasier.db")
	s := openStore(t, path)
	if err := s.Record(t.Context(), pushed{"main"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openStore(t, path)
	defer func() { _ = s.Close() }()
	var attempts atomic.Int32
	seen, gone := make(chan string, 10), make(chan struct{}, 10)
	reactions := []queue.Reaction{
		{On: "repo.pushed", Name: "create pipeline", Do: func(_ context.Context, _ int64, payload []byte) error {
			if attempts.Add(1) == 1 {
				return errors.New("the disk is slow today")
			}
			seen <- string(payload)
			return nil
		}},
		{On: "repo.pushed", Name: "notify", Do: func(context.Context, int64, []byte) error {
			gone <- struct{}{}
			return fault.Errorf(fault.Missing, "no project")
		}},
	}
	ran := start(t, s, reactions, nil)
	select {
	case payload := <-seen:
		if payload != `{"branch":"main"}` {
			t.Errorf("the reaction got %s", payload)
		}
	case <-time.After(patience):
		t.Fatalf("no success after %d attempts", attempts.Load())
	}
	// The two reactions know nothing of each other: either may come first.
	select {
	case <-gone:
	case <-time.After(patience):
		t.Fatal("a reaction to something that is gone did not run")
	}
	ran()
	if n := len(gone); n > 0 {
		t.Errorf("a reaction to something that is gone ran %d times more than once", n)
	}
}

// TestReactionsSurviveAKill leaves a reaction as a killed process does, marked as
// running, and expects the next process to run it.
func TestReactionsSurviveAKill(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "dasier.db"))
	defer func() { _ = s.Close() }()
	ran := make(chan string, 10)
	var fail atomic.Bool
	fail.Store(true)
	reactions := []queue.Reaction{{On: "repo.pushed", Name: "create pipeline", Do: func(_ context.Context, _ int64, payload []byte) error {
		ran <- string(payload)
		if fail.Load() {
			return errors.New("not yet")
		}
		return nil
	}}}
	await := func(what string) {
		t.Helper()
		select {
		case <-ran:
		case <-time.After(patience):
			t.Fatalf("the reaction did not run %s", what)
		}
	}
	if err := s.Record(t.Context(), pushed{"main"}); err != nil {
		t.Fatal(err)
	}
	stop := start(t, s, reactions, nil)
	await("at first")
	stop()
	if _, err := s.DB().ExecContext(t.Context(), "UPDATE river_job SET state = 'running' WHERE kind = 'reaction'"); err != nil {
		t.Fatal(err)
	}
	for len(ran) > 0 { // it may have been tried again before the stop
		<-ran
	}
	fail.Store(false)
	stop = start(t, s, reactions, nil)
	await("after the kill")
	stop()
}

func TestTimersRun(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "dasier.db"))
	defer func() { _ = s.Close() }()
	ticks := make(chan struct{}, 100)
	stop := start(t, s, nil, []queue.Timer{{Name: "sweep", Every: time.Second, Do: func(context.Context) error {
		ticks <- struct{}{}
		return nil
	}}})
	defer stop()
	for range 2 {
		select {
		case <-ticks:
		case <-time.After(patience):
			t.Fatal("the timer does not tick")
		}
	}
}

// TestPruneKeepsWhatIsReactedTo, on both engines: River writes its arguments in
// different ways.
func TestPruneKeepsWhatIsReactedTo(t *testing.T) {
	for engine, address := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "dasier.db") },
		"postgres": postgresDatabase,
	} {
		t.Run(engine, func(t *testing.T) {
			ctx := t.Context()
			s := openStore(t, address(t))
			defer func() { _ = s.Close() }()
			for _, branch := range []string{"one", "two", "three"} {
				if err := s.Record(ctx, pushed{branch}); err != nil {
					t.Fatal(err)
				}
			}
			q, err := queue.Open(ctx, s, []queue.Reaction{{On: "repo.pushed", Name: "react", Do: func(_ context.Context, _ int64, payload []byte) error {
				if bytes.Contains(payload, []byte("two")) {
					return errors.New("not today")
				}
				return nil
			}}}, nil, queue.Config{})
			if err != nil {
				t.Fatal(err)
			}
			running, stop := context.WithCancel(ctx)
			done := make(chan error, 1)
			go func() { done <- q.Run(running) }()
			// A reaction may end before its event is marked as handed over, and what
			// is not marked is not pruned; that it has ended is written later still.
			const count = "SELECT count(*) FROM river_job WHERE kind = 'reaction' AND "
			for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
				events, err := s.Undelivered(ctx, 100)
				if err != nil {
					t.Fatal(err)
				}
				var done, failed int
				if err := s.DB().NewRaw(count+"state = 'completed'").Scan(ctx, &done); err != nil {
					t.Fatal(err)
				}
				if err := s.DB().NewRaw(count+"state <> 'completed' AND errors IS NOT NULL").Scan(ctx, &failed); err != nil {
					t.Fatal(err)
				}
				if len(events) == 0 && done == 2 && failed == 1 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d events wait, %d reactions have ended and %d have failed", len(events), done, failed)
				}
			}
			stop()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			left := func(what string, keep time.Duration, want int) {
				t.Helper()
				if err := q.Prune(ctx, keep); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				var got int
				if err := s.DB().NewRaw("SELECT count(*) FROM events").Scan(ctx, &got); err != nil || got != want {
					t.Errorf("%s: %d events are left, %v: want %d", what, got, err, want)
				}
			}
			left("too young", time.Hour, 3)
			left("the second is tried again", -time.Minute, 2)
			if _, err := s.DB().ExecContext(ctx, "UPDATE river_job SET state = 'discarded', finalized_at = created_at WHERE state NOT IN ('completed', 'cancelled')"); err != nil {
				t.Fatal(err)
			}
			left("it was given up", -time.Minute, 0)
		})
	}
}

// postgresDatabase makes an empty database that goes with the test.
func postgresDatabase(t *testing.T) string {
	t.Helper()
	server := os.Getenv("DASIER_TEST_POSTGRES")
	if server == "" {
		t.Fatal("DASIER_TEST_POSTGRES is not set: run `make test`, or `export DASIER_TEST_POSTGRES=$(scripts/postgres.sh start)` first")
	}
	_ = stdlib.GetDefaultDriver() // registers "pgx"
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("queue_%d", os.Getpid())
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		if err := errors.Join(err, admin.Close()); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	return address.String()
}

func openStore(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start runs a queue and answers how to stop it and wait.
func start(t *testing.T, s *store.Store, reactions []queue.Reaction, timers []queue.Timer) func() {
	t.Helper()
	q, err := queue.Open(t.Context(), s, reactions, timers, queue.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the queue ended with %v", err)
		}
	}
}
