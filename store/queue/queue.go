// Package queue runs what happens after what, durably.
//
// An event is saved in the store's outbox together with the state it reports.
// The relay gives every reaction to it to River, which runs it, retries it
// with growing pauses when it fails, and goes on where it was after a crash.
// A reaction therefore runs at least once, and must be idempotent. Timers run
// periodic work on the same footing, on one process at a time.
//
// The outbox stands between the store and River because River inserts through
// pgx on PostgreSQL and database/sql on SQLite: with it, one query text serves
// both, and an event outlives River's own tables.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"dasier/fault"
	"dasier/store"
)

// Reaction is a verb that follows an event.
type Reaction struct {
	On   string // event kind
	Name string // unique among the reactions to one event, stable: it is stored
	// Do carries it out. event is the event's number, the same each time the
	// reaction is tried.
	Do func(ctx context.Context, event int64, payload []byte) error
}

// Timer is a verb that is due again and again.
type Timer struct {
	Name  string // unique and stable
	Every time.Duration
	Do    func(ctx context.Context) error
}

// Config tunes the queue; the zero value works.
type Config struct {
	Workers int          // reactions at a time; default 8
	Logger  *slog.Logger // default slog.Default()
}

// Queue is the running of reactions and timers.
type Queue struct {
	store     *store.Store
	client    client
	reactions map[string][]Reaction
	stopping  atomic.Bool // parts that reactions need may be gone
	logger    *slog.Logger
}

// client is the part of River that does not depend on the driver's type.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
}

// Open prepares River's tables and the queue.
func Open(ctx context.Context, s *store.Store, reactions []Reaction, timers []Timer, cfg Config) (*Queue, error) {
	if cfg.Workers <= 0 {
		cfg.Workers = 8
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	q := &Queue{store: s, reactions: map[string][]Reaction{}, logger: cfg.Logger}
	for _, r := range reactions {
		q.reactions[r.On] = append(q.reactions[r.On], r)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &reactionWorker{reactions: q.reactions, stopping: &q.stopping, logger: cfg.Logger})
	river.AddWorker(workers, &timerWorker{timers: timers})
	var err error
	if q.client, err = connect(ctx, s, riverConfig(workers, timers, cfg)); err != nil {
		return nil, fmt.Errorf("preparing the queue: %w", err)
	}
	return q, nil
}

func riverConfig(workers *river.Workers, timers []Timer, cfg Config) *river.Config {
	config := &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {
			MaxWorkers: cfg.Workers,
			// A push waits for its pipeline. On SQLite the look that queueing asks for
			// often finds nothing yet: the next makes up for it.
			FetchCooldown:     10 * time.Millisecond,
			FetchPollInterval: 100 * time.Millisecond,
		}},
		Workers:                     workers,
		Logger:                      slog.New(quieter{cfg.Logger.Handler()}),
		CompletedJobRetentionPeriod: time.Hour,
		JobTimeout:                  10 * time.Minute,
	}
	for _, t := range timers {
		config.PeriodicJobs = append(config.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(t.Every),
			func() (river.JobArgs, *river.InsertOpts) {
				return timerArgs{Name: t.Name}, &river.InsertOpts{MaxAttempts: 1}
			}, nil))
	}
	return config
}

func connect(ctx context.Context, s *store.Store, config *river.Config) (client, error) {
	if s.Postgres() {
		driver := riverpgxv5.New(s.Pool())
		migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: config.Logger})
		if err != nil {
			return nil, err
		}
		if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return nil, err
		}
		return river.NewClient(driver, config)
	}
	driver := riversqlite.New(s.DB().DB)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: config.Logger})
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, err
	}
	return river.NewClient(driver, config)
}

// Run reacts until ctx ends, then waits for the reactions under way.
func (q *Queue) Run(ctx context.Context) error {
	if err := q.takeBack(ctx); err != nil {
		return err
	}
	// River's own context must outlive ctx, or a shutdown would cut off the
	// reactions that Stop waits for.
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("starting the queue: %w", err)
	}
	relayed := q.relay(ctx)
	q.stopping.Store(true)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := q.client.Stop(stopping)
	if errors.Is(err, context.DeadlineExceeded) {
		// What did not end in time is cancelled, and runs again after the start.
		cancelling, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = q.client.StopAndCancel(cancelling)
	}
	return errors.Join(relayed, err)
}

// takeBack makes available again what this process's forerunner was running when
// it was killed. River alone would hold it for running for an hour. A timer that
// was cut off is not made up for: its next turn comes.
func (q *Queue) takeBack(ctx context.Context) error {
	const query = `UPDATE river_job SET state = 'available' WHERE state = 'running' AND kind = ? AND attempt < max_attempts`
	if _, err := q.store.DB().ExecContext(ctx, query, reactionArgs{}.Kind()); err != nil {
		return fmt.Errorf("taking back interrupted reactions: %w", err)
	}
	return nil
}

// relay hands events to River until ctx ends. Another process may write to the
// same outbox, so it also looks now and then without being woken.
func (q *Queue) relay(ctx context.Context) error {
	look := time.NewTicker(2 * time.Second)
	defer look.Stop()
	for {
		if err := q.drain(ctx); err != nil && ctx.Err() == nil {
			q.logger.ErrorContext(ctx, "relaying events failed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-q.store.OutboxWake():
		case <-look.C:
		}
	}
}

func (q *Queue) drain(ctx context.Context) error {
	const batch = 100
	for {
		events, err := q.store.Undelivered(ctx, batch)
		if err != nil {
			return err
		}
		ids := make([]int64, len(events))
		for i, e := range events {
			ids[i] = e.ID
			if err := q.enqueue(ctx, e); err != nil {
				return err
			}
		}
		if err := q.store.MarkDelivered(ctx, ids); err != nil {
			return err
		}
		if len(events) < batch {
			return nil
		}
	}
}

// Prune forgets the events that were handed over longer than keep ago and that
// all reactions have done with, for good or ill.
func (q *Queue) Prune(ctx context.Context, keep time.Duration) error {
	// River gives the arguments back as they were written: JSON in one column.
	event := "json_extract(args, '$.event')"
	if q.store.Postgres() {
		event = "(args ->> 'event')::bigint"
	}
	query := "SELECT coalesce(min(" + event + "), 0) FROM river_job WHERE kind = ? AND state NOT IN ('completed', 'cancelled', 'discarded')"
	var first int64
	if err := q.store.DB().NewRaw(query, reactionArgs{}.Kind()).Scan(ctx, &first); err != nil {
		return fmt.Errorf("finding the oldest event that is reacted to: %w", err)
	}
	_, err := q.store.PruneEvents(ctx, time.Now().Add(-keep), first)
	return err
}

// enqueue queues an event's reactions. Unique arguments make a repetition
// after a crash harmless.
func (q *Queue) enqueue(ctx context.Context, e store.Recorded) error {
	for _, r := range q.reactions[e.Kind] {
		args := reactionArgs{Event: e.ID, Reaction: r.Name, On: e.Kind, Payload: e.Payload}
		opts := &river.InsertOpts{MaxAttempts: 20, UniqueOpts: river.UniqueOpts{ByArgs: true}}
		if _, err := q.client.Insert(ctx, args, opts); err != nil {
			return fmt.Errorf("queueing %s after %s: %w", r.Name, e.Kind, err)
		}
	}
	return nil
}

type reactionArgs struct {
	Event    int64           `json:"event"    river:"unique"`
	Reaction string          `json:"reaction" river:"unique"`
	On       string          `json:"on"`
	Payload  json.RawMessage `json:"payload"`
}

func (reactionArgs) Kind() string { return "reaction" }

type reactionWorker struct {
	river.WorkerDefaults[reactionArgs]
	reactions map[string][]Reaction
	stopping  *atomic.Bool
	logger    *slog.Logger
}

// Work runs one reaction. What trying again cannot mend (the thing is gone, or
// the state has moved on) ends it, with a line in the log.
func (w *reactionWorker) Work(ctx context.Context, job *river.Job[reactionArgs]) error {
	for _, r := range w.reactions[job.Args.On] {
		if r.Name != job.Args.Reaction {
			continue
		}
		err := r.Do(ctx, job.Args.Event, job.Args.Payload)
		switch fault.KindOf(err) {
		case fault.Missing, fault.Invalid, fault.Denied:
			w.logger.WarnContext(ctx, "a reaction was given up", "reaction", r.Name, "event", job.Args.Event, "on", job.Args.On, "error", err)
			return river.JobCancel(err)
		}
		switch {
		case err != nil && w.stopping.Load():
			w.logger.InfoContext(ctx, "a reaction waits for the next start", "reaction", r.Name, "event", job.Args.Event, "on", job.Args.On, "reason", err)
		case err != nil:
			w.logger.ErrorContext(ctx, "a reaction failed; it will be tried again", "reaction", r.Name, "event", job.Args.Event, "on", job.Args.On, "attempt", job.Attempt, "error", err)
		}
		return err
	}
	return river.JobCancel(fmt.Errorf("no reaction %q to %s any more", job.Args.Reaction, job.Args.On))
}

type timerArgs struct {
	Name string `json:"name"`
}

func (timerArgs) Kind() string { return "timer" }

type timerWorker struct {
	river.WorkerDefaults[timerArgs]
	timers []Timer
}

// Work runs one turn of a timer.
func (w *timerWorker) Work(ctx context.Context, job *river.Job[timerArgs]) error {
	for _, t := range w.timers {
		if t.Name == job.Args.Name {
			return t.Do(ctx)
		}
	}
	return river.JobCancel(fmt.Errorf("no timer %q any more", job.Args.Name))
}

// quieter passes River's warnings and errors only: its every start and stop is
// not news to an operator.
type quieter struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h quieter) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler. That a leader could not resign in its last
// second is no error: its lease ends by itself.
func (h quieter) Handle(ctx context.Context, record slog.Record) error {
	if strings.Contains(record.Message, "attempting to resign") {
		record.Level = slog.LevelWarn
	}
	return h.Handler.Handle(ctx, record)
}
