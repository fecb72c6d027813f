package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"dasier/delivery/meter"
)

// Meter is the store of package meter.
func (s *Store) Meter() meter.Store { return meterStore{s} }

type meterStore struct{ *Store }

type usageRow struct {
	bun.BaseModel `bun:"table:token_usage,alias:u"`

	Token       int64  `bun:"token_id,pk"`
	Day         string `bun:"day,pk"`
	Predictions int64  `bun:"predictions"`
}

func (s meterStore) AddUsage(ctx context.Context, day string, used map[int64]int64) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for token, n := range used {
			there, err := tx.NewSelect().Model((*projectTokenRow)(nil)).Where("id = ?", token).Exists(ctx)
			if err != nil {
				return fmt.Errorf("looking for a token: %w", err)
			}
			if !there {
				continue
			}
			_, err = tx.NewInsert().Model(&usageRow{Token: token, Day: day, Predictions: n}).On("CONFLICT (token_id, day) DO UPDATE").
				Set("predictions = u.predictions + excluded.predictions").Exec(ctx)
			if err != nil {
				return fmt.Errorf("adding to what a token used: %w", err)
			}
		}
		return nil
	})
}

func (s meterStore) Usage(ctx context.Context, day string, tokens []int64) (map[int64]int64, error) {
	used := make(map[int64]int64, len(tokens))
	if len(tokens) == 0 {
		return used, nil
	}
	var rows []usageRow
	if err := s.db.NewSelect().Model(&rows).Where("day = ?", day).Where("token_id IN (?)", bun.List(tokens)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading what tokens used: %w", err)
	}
	for _, row := range rows {
		used[row.Token] = row.Predictions
	}
	return used, nil
}

func (s meterStore) ForgetUsage(ctx context.Context, before string) error {
	_, err := s.db.NewDelete().Model((*usageRow)(nil)).Where("day < ?", before).Exec(ctx)
	return err
}
