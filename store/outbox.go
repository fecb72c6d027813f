package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
)

// Recorded is an event in the outbox.
type Recorded struct {
	ID      int64
	Kind    string
	Payload json.RawMessage
	At      time.Time
}

type eventRow struct {
	bun.BaseModel `bun:"table:events"`

	ID          int64           `bun:"id,pk,autoincrement"`
	Kind        string          `bun:"kind"`
	Payload     json.RawMessage `bun:"payload,type:jsonb"`
	CreatedAt   time.Time       `bun:"created_at"`
	DeliveredAt *time.Time      `bun:"delivered_at"`
}

// emit appends events to the outbox inside the transaction that causes them.
func emit(ctx context.Context, tx bun.Tx, events ...event.Event) error {
	for _, e := range events {
		payload, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encoding event %s: %w", e.EventKind(), err)
		}
		row := &eventRow{Kind: e.EventKind(), Payload: payload, CreatedAt: time.Now().UTC()}
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return fmt.Errorf("recording event %s: %w", e.EventKind(), err)
		}
	}
	return nil
}

// Record saves events that have no state of their own to go with.
func (s *Store) Record(ctx context.Context, events ...event.Event) error {
	return s.write(ctx, func(context.Context, bun.Tx) error { return nil }, events...)
}

// OutboxWake receives when the outbox may have something new. It holds one
// token: a reader that drains the outbox on each receipt misses nothing that
// this process wrote.
func (s *Store) OutboxWake() <-chan struct{} { return s.wake }

func (s *Store) wakeOutbox() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Undelivered lists the oldest events that no reaction has been queued for.
func (s *Store) Undelivered(ctx context.Context, limit int64) ([]Recorded, error) {
	var rows []eventRow
	if err := s.db.NewSelect().Model(&rows).Where("delivered_at IS NULL").Order("id").Limit(limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the outbox: %w", err)
	}
	recorded := make([]Recorded, len(rows))
	for i, row := range rows {
		recorded[i] = Recorded{ID: row.ID, Kind: row.Kind, Payload: row.Payload, At: utc(row.CreatedAt)}
	}
	return recorded, nil
}

// MarkDelivered notes that the reactions to these events are queued.
func (s *Store) MarkDelivered(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.db.NewUpdate().Model((*eventRow)(nil)).Set("delivered_at = ?", time.Now().UTC()).Where("id IN (?)", bun.List(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("marking events delivered: %w", err)
	}
	return nil
}

// pruneAtOnce bounds one deletion: other writers wait for it on SQLite.
const pruneAtOnce = 500

// PruneEvents forgets events whose reactions were queued before a time, as far
// as they are older than the event first, which is still needed (0: none is).
// It answers how many there were.
func (s *Store) PruneEvents(ctx context.Context, before time.Time, first int64) (int64, error) {
	var pruned int64
	for {
		old := s.db.NewSelect().Model((*eventRow)(nil)).Column("id").Where("delivered_at < ?", before.UTC()).Order("id").Limit(pruneAtOnce)
		if first > 0 {
			old.Where("id < ?", first)
		}
		result, err := s.db.NewDelete().Model((*eventRow)(nil)).Where("id IN (?)", old).Exec(ctx)
		if err != nil {
			return pruned, fmt.Errorf("pruning the outbox: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return pruned, fmt.Errorf("counting pruned events: %w", err)
		}
		if pruned += n; n < pruneAtOnce {
			return pruned, nil
		}
	}
}
