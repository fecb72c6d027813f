package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Sessions keeps browser sessions, in the form that the session library asks
// for (scs.CtxStore).
func (s *Store) Sessions() *Sessions { return &Sessions{s} }

// Sessions is a table of browser sessions.
type Sessions struct{ store *Store }

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions"`

	Token     string    `bun:"token,pk"`
	Data      []byte    `bun:"data"`
	ExpiresAt time.Time `bun:"expires_at"`
}

// FindCtx reads a session that has not expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var row sessionRow
	err := s.store.db.NewSelect().Model(&row).Where("token = ? AND expires_at > ?", token, time.Now().UTC()).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return row.Data, err == nil, err
}

// CommitCtx saves a session.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	row := &sessionRow{Token: token, Data: data, ExpiresAt: expiry.UTC()}
	_, err := s.store.db.NewInsert().Model(row).On("CONFLICT (token) DO UPDATE").Set("data = EXCLUDED.data, expires_at = EXCLUDED.expires_at").Exec(ctx)
	return err
}

// DeleteCtx ends a session.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.store.db.NewDelete().Model((*sessionRow)(nil)).Where("token = ?", token).Exec(ctx)
	return err
}

// Sweep removes what has expired.
func (s *Sessions) Sweep(ctx context.Context) error {
	if _, err := s.store.db.NewDelete().Model((*sessionRow)(nil)).Where("expires_at < ?", time.Now().UTC()).Exec(ctx); err != nil {
		return fmt.Errorf("removing expired sessions: %w", err)
	}
	return nil
}

// Find is FindCtx for callers without a context.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for callers without a context.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx for callers without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
