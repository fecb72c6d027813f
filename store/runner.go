package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/ci"
)

type runnerRow struct {
	bun.BaseModel `bun:"table:ci_runners"`

	ID          int64           `bun:"id,pk,autoincrement"`
	Description string          `bun:"description"`
	TokenHash   string          `bun:"token_hash"`
	Embedded    bool            `bun:"embedded"`
	Paused      bool            `bun:"paused"`
	Tags        json.RawMessage `bun:"tags,type:jsonb"`
	RunUntagged bool            `bun:"run_untagged"`
	Info        json.RawMessage `bun:"info,type:jsonb"`
	CreatedAt   time.Time       `bun:"created_at"`
	SeenAt      *time.Time      `bun:"seen_at"`
}

func runnerRowOf(r *ci.Runner) *runnerRow {
	return &runnerRow{
		ID: int64(r.ID), Description: r.Description, TokenHash: r.TokenHash, Embedded: r.Embedded, Paused: r.Paused,
		Tags: asJSON(r.Tags), RunUntagged: r.RunUntagged, Info: asJSON(r.Info), CreatedAt: utc(r.Created), SeenAt: timeOrNull(r.Seen),
	}
}

func (r *runnerRow) runner() (ci.Runner, error) {
	runner := ci.Runner{
		ID: ci.RunnerID(r.ID), Description: r.Description, TokenHash: r.TokenHash, Embedded: r.Embedded, Paused: r.Paused,
		RunUntagged: r.RunUntagged, Created: utc(r.CreatedAt), Seen: timeOrZero(r.SeenAt),
	}
	err := fromJSON("runner", r.ID, column{r.Tags, &runner.Tags}, column{r.Info, &runner.Info})
	return runner, err
}

func (c ciStore) AddRunner(ctx context.Context, r ci.Runner) (ci.Runner, error) {
	row := runnerRowOf(&r)
	err := c.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	})
	if err != nil {
		return ci.Runner{}, fmt.Errorf("saving a runner: %w", err)
	}
	r.ID = ci.RunnerID(row.ID)
	return r, nil
}

func (c ciStore) SaveRunner(ctx context.Context, r ci.Runner) error {
	return c.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model(runnerRowOf(&r)).ExcludeColumn("id", "created_at").Where("id = ?", r.ID).Exec(ctx)
		return changedOne(result, err, "runner %d is gone", r.ID)
	})
}

func (c ciStore) SeeRunner(ctx context.Context, id ci.RunnerID, info ci.Info, at time.Time) error {
	row := &runnerRow{Info: asJSON(info), SeenAt: timeOrNull(at)}
	_, err := c.s.db.NewUpdate().Model(row).Column("info", "seen_at").Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("noting a sign of life of runner %d: %w", id, err)
	}
	return nil
}

func (c ciStore) RunnerByToken(ctx context.Context, hash string) (ci.Runner, error) {
	return c.runnerWhere(ctx, "token_hash = ?", hash)
}

func (c ciStore) EmbeddedRunner(ctx context.Context) (ci.Runner, error) {
	return c.runnerWhere(ctx, "embedded = ?", true)
}

func (c ciStore) runnerWhere(ctx context.Context, where string, arg any) (ci.Runner, error) {
	var row runnerRow
	if err := c.s.db.NewSelect().Model(&row).Where(where, arg).Scan(ctx); err != nil {
		return ci.Runner{}, notFound(err, "no such runner")
	}
	return row.runner()
}

func (c ciStore) Runners(ctx context.Context) ([]ci.Runner, error) {
	var rows []runnerRow
	if err := c.s.db.NewSelect().Model(&rows).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("listing runners: %w", err)
	}
	list := make([]ci.Runner, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].runner(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (c ciStore) RemoveRunner(ctx context.Context, id ci.RunnerID) error {
	_, err := c.s.db.NewDelete().Model((*runnerRow)(nil)).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("removing runner %d: %w", id, err)
	}
	return nil
}
