package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/blob"
	"dasier/delivery/bundle"
	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Bundle keeps which project has which archives.
func (s *Store) Bundle() bundle.Store { return bundleStore{s} }

type bundleStore struct{ s *Store }

type bundleRow struct {
	bun.BaseModel `bun:"table:bundles,alias:b"`

	ID        int64     `bun:"id,pk,autoincrement"`
	ProjectID int64     `bun:"project_id"`
	Digest    string    `bun:"digest"`
	Size      int64     `bun:"size"`
	Unpacked  int64     `bun:"unpacked"`
	Files     int       `bun:"files"`
	UserID    int64     `bun:"user_id"`
	CreatedAt time.Time `bun:"created_at"`
}

func (r *bundleRow) bundle() bundle.Bundle {
	return bundle.Bundle{
		Project: project.ID(r.ProjectID), Digest: blob.Digest(r.Digest), Size: r.Size, Unpacked: r.Unpacked, Files: r.Files,
		User: auth.UserID(r.UserID), CreatedAt: utc(r.CreatedAt),
	}
}

func (r bundleStore) AddBundle(ctx context.Context, b bundle.Bundle, events ...event.Event) error {
	err := r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&bundleRow{
			ProjectID: int64(b.Project), Digest: string(b.Digest), Size: b.Size, Unpacked: b.Unpacked, Files: b.Files,
			UserID: int64(b.User), CreatedAt: b.CreatedAt.UTC(),
		}).On("CONFLICT (project_id, digest) DO NOTHING").Exec(ctx)
		return err
	}, events...)
	if err != nil {
		return fmt.Errorf("saving bundle %s: %w", b.Digest, err)
	}
	return nil
}

func (r bundleStore) Bundle(ctx context.Context, id project.ID, digest blob.Digest) (bundle.Bundle, error) {
	row := new(bundleRow)
	err := r.s.db.NewSelect().Model(row).Where("project_id = ?", int64(id)).Where("digest = ?", string(digest)).Scan(ctx)
	if err != nil {
		return bundle.Bundle{}, notFound(err, "no bundle %s in this project: upload it first", digest)
	}
	return row.bundle(), nil
}

func (r bundleStore) BundleUses(ctx context.Context, digest blob.Digest) (int, error) {
	n, err := r.s.db.NewSelect().Model((*bundleRow)(nil)).Where("digest = ?", string(digest)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("counting bundle %s: %w", digest, err)
	}
	return int(n), nil
}

// unnamed holds for bundles that no deployment of their project is of.
const unnamed = "NOT EXISTS (SELECT 1 FROM deployments AS d WHERE d.project_id = b.project_id AND d.digest = b.digest)"

func (r bundleStore) Loose(ctx context.Context, before time.Time, limit int) ([]bundle.Bundle, error) {
	var rows []bundleRow
	err := r.s.db.NewSelect().Model(&rows).Where("b.created_at < ?", before.UTC()).Where(unnamed).OrderExpr("b.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading loose bundles: %w", err)
	}
	list := make([]bundle.Bundle, len(rows))
	for i := range rows {
		list[i] = rows[i].bundle()
	}
	return list, nil
}

func (r bundleStore) RemoveBundle(ctx context.Context, id project.ID, digest blob.Digest) (removed bool, err error) {
	err = r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*bundleRow)(nil)).Where("b.project_id = ?", int64(id)).Where("b.digest = ?", string(digest)).Where(unnamed).Exec(ctx)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		removed = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("removing bundle %s: %w", digest, err)
	}
	return removed, nil
}

func (r bundleStore) RemoveBundles(ctx context.Context, id project.ID) ([]blob.Digest, error) {
	var digests []blob.Digest
	err := r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := tx.NewSelect().Model((*bundleRow)(nil)).Column("digest").Where("project_id = ?", int64(id)).Scan(ctx, &digests); err != nil {
			return err
		}
		_, err := tx.NewDelete().Model((*bundleRow)(nil)).Where("project_id = ?", int64(id)).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("removing the bundles of project %d: %w", id, err)
	}
	return digests, nil
}
