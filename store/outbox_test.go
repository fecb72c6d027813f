package store

import (
	"context"
	"errors"
	"testing"

	"github.com/uptrace/bun"
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
