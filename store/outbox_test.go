package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
)

type happened struct {
	N int `json:"n"`
}

func (happened) EventKind() string { return "test.happened" }

func TestOutboxHoldsWhatWasCommitted(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		if err := s.Record(ctx, happened{1}, happened{2}); err != nil {
			t.Fatal(err)
		}
		refused := errors.New("refused")
		err := s.write(ctx, func(context.Context, bun.Tx) error { return refused }, happened{3})
		if !errors.Is(err, refused) {
			t.Fatalf("a failed change answered %v", err)
		}
		waiting, err := s.Undelivered(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(waiting) != 2 || waiting[0].Kind != "test.happened" {
			t.Fatalf("want the two committed events, got %+v", waiting)
		}
		if err := s.MarkDelivered(ctx, []int64{waiting[0].ID}); err != nil {
			t.Fatal(err)
		}
		if waiting, err = s.Undelivered(ctx, 10); err != nil || len(waiting) != 1 {
			t.Fatalf("one event is left to deliver, got %v, %v", waiting, err)
		}
		select {
		case <-s.OutboxWake():
		default:
			t.Error("a commit with events wakes the outbox's reader")
		}
	})
}

func TestOutboxForgetsWhatIsOld(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		events := make([]event.Event, 2*pruneAtOnce+20)
		for n := range events {
			events[n] = happened{n}
		}
		if err := s.Record(ctx, events...); err != nil {
			t.Fatal(err)
		}
		const days = 24 * time.Hour
		now := time.Now().UTC()
		// All but the last ten are delivered, of which the last ten today.
		const deliveredIDs = 2*pruneAtOnce + 10
		for _, change := range []struct {
			upTo int
			at   time.Time
		}{{deliveredIDs, now}, {deliveredIDs - 10, now.Add(-8 * days)}} {
			if _, err := s.db.NewUpdate().Model((*eventRow)(nil)).Set("delivered_at = ?", change.at).Where("id <= ?", change.upTo).Exec(ctx); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(what string, first, want, left int64) {
			t.Helper()
			pruned, err := s.PruneEvents(ctx, now.Add(-7*days), first)
			if err != nil {
				t.Fatal(err)
			}
			count, err := s.db.NewSelect().Model((*eventRow)(nil)).Count(ctx)
			if err != nil || pruned != want || count != left {
				t.Errorf("%s: %d were pruned and %d are left, %v: want %d and %d", what, pruned, count, err, want, left)
			}
		}
		const all = 2*pruneAtOnce + 20
		expect("the sixth is still needed", 6, 5, all-5)
		expect("none is", 0, deliveredIDs-10-5, 20)
		expect("again", 0, 0, 20)
		if waiting, err := s.Undelivered(ctx, 100); err != nil || len(waiting) != 10 {
			t.Errorf("%d wait to be delivered, %v: want 10", len(waiting), err)
		}
	})
}
