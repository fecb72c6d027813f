package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/blob"
	"dasier/ci"
	"dasier/forge/project"
)

type artifactRow struct {
	bun.BaseModel `bun:"table:ci_artifacts"`

	ID        int64           `bun:"id,pk,autoincrement"`
	JobID     int64           `bun:"job_id"`
	ProjectID int64           `bun:"project_id"`
	Kind      string          `bun:"kind"`
	Format    string          `bun:"format"`
	Filename  string          `bun:"filename"`
	Digest    string          `bun:"digest"`
	Size      int64           `bun:"size"`
	ExpiresAt *time.Time      `bun:"expires_at"`
	Variables json.RawMessage `bun:"variables,type:jsonb"`
}

func (r *artifactRow) artifact() (ci.Artifact, error) {
	a := ci.Artifact{
		ID: ci.ArtifactID(r.ID), Job: ci.JobID(r.JobID), Project: project.ID(r.ProjectID), Kind: r.Kind, Format: r.Format, Filename: r.Filename,
		Digest: blob.Digest(r.Digest), Size: r.Size, Expires: timeOrZero(r.ExpiresAt),
	}
	err := fromJSON("artifact", r.ID, column{r.Variables, &a.Variables})
	return a, err
}

func (c ciStore) AddArtifact(ctx context.Context, a ci.Artifact) (ci.Artifact, error) {
	row := &artifactRow{
		JobID: int64(a.Job), ProjectID: int64(a.Project), Kind: a.Kind, Format: a.Format, Filename: a.Filename,
		Digest: string(a.Digest), Size: a.Size, ExpiresAt: timeOrNull(a.Expires), Variables: asJSON(a.Variables),
	}
	err := c.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewDelete().Model((*artifactRow)(nil)).Where("job_id = ?", a.Job).Where("kind = ?", a.Kind).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	})
	if err != nil {
		return ci.Artifact{}, fmt.Errorf("saving an artifact of job %d: %w", a.Job, err)
	}
	a.ID = ci.ArtifactID(row.ID)
	return a, nil
}

func (c ciStore) Artifacts(ctx context.Context, jobs ...ci.JobID) ([]ci.Artifact, error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	return artifactsOf(ctx, c.s.db.NewSelect().Model((*artifactRow)(nil)).Where("job_id IN (?)", bun.List(jobs)).Order("id"))
}

func (c ciStore) Expired(ctx context.Context, now time.Time, limit int) ([]ci.Artifact, error) {
	return artifactsOf(ctx, c.s.db.NewSelect().Model((*artifactRow)(nil)).Where("expires_at < ?", now.UTC()).Order("expires_at").Limit(int64(limit)))
}

func artifactsOf(ctx context.Context, query *bun.SelectQuery) ([]ci.Artifact, error) {
	var rows []artifactRow
	if err := query.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading artifacts: %w", err)
	}
	list := make([]ci.Artifact, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].artifact(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (c ciStore) RemoveArtifact(ctx context.Context, id ci.ArtifactID) error {
	if _, err := c.s.db.NewDelete().Model((*artifactRow)(nil)).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("removing artifact %d: %w", id, err)
	}
	return nil
}

func (c ciStore) Uses(ctx context.Context, d blob.Digest) (int, error) {
	n, err := c.s.db.NewSelect().Model((*artifactRow)(nil)).Where("digest = ?", string(d)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("counting the uses of %s: %w", d, err)
	}
	return int(n), nil
}
