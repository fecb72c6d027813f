package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
	"dasier/model/track"
)

// Track keeps training runs.
func (s *Store) Track() track.Store { return trackStore{s} }

type trackStore struct{ *Store }

type runDetails struct {
	Params     map[string]string `json:"params"`
	Metrics    []mlflow.Metric   `json:"metrics"`
	Candidates []track.Candidate `json:"candidates"`
}

type runRow struct {
	bun.BaseModel `bun:"table:runs,alias:r"`

	ID           int64        `bun:"id,pk,autoincrement"`
	ProjectID    project.ID   `bun:"project_id"`
	Name         string       `bun:"name"`
	Status       track.Status `bun:"status"`
	CommitSHA    string       `bun:"commit_sha"`
	JobID        int64        `bun:"job_id"`
	UserID       auth.UserID  `bun:"user_id"`
	Username     string       `bun:"username"`
	CreatedAt    time.Time    `bun:"created_at"`
	FinishedAt   time.Time    `bun:"finished_at"`
	Model        string       `bun:"model"`
	ModelVersion int          `bun:"model_version"`
	Details      runDetails   `bun:"details,type:jsonb"`
}

func (r runRow) run() track.Run {
	return track.Run{
		ID: r.ID, Project: r.ProjectID, Name: r.Name, Status: r.Status, Commit: r.CommitSHA, Job: r.JobID, User: r.UserID, Username: r.Username,
		CreatedAt: utc(r.CreatedAt), FinishedAt: utc(r.FinishedAt), Params: r.Details.Params, Metrics: r.Details.Metrics, Candidates: r.Details.Candidates,
		Model: r.Model, ModelVersion: r.ModelVersion,
	}
}

func (s trackStore) AddRun(ctx context.Context, r track.Run) (track.Run, error) {
	row := &runRow{
		ProjectID: r.Project, Name: r.Name, Status: r.Status, CommitSHA: r.Commit, JobID: r.Job, UserID: r.User, Username: r.Username,
		CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt, Model: r.Model, ModelVersion: r.ModelVersion,
		Details: runDetails{r.Params, r.Metrics, r.Candidates},
	}
	if _, err := s.db.NewInsert().Model(row).Exec(ctx); err != nil {
		return track.Run{}, fmt.Errorf("keeping a run: %w", err)
	}
	return row.run(), nil
}

func (s trackStore) Runs(ctx context.Context, id project.ID, offset, limit int) ([]track.Run, int, error) {
	var rows []runRow
	total, err := s.db.NewSelect().Model(&rows).Where("project_id = ?", id).Order("id DESC").Offset(int64(offset)).Limit(int64(limit)).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("listing runs: %w", err)
	}
	runs := make([]track.Run, len(rows))
	for i, row := range rows {
		runs[i] = row.run()
	}
	return runs, int(total), nil
}

func (s trackStore) Run(ctx context.Context, id project.ID, run int64) (track.Run, error) {
	var row runRow
	err := s.db.NewSelect().Model(&row).Where("id = ? AND project_id = ?", run, id).Scan(ctx)
	return row.run(), notFound(err, "no run %d in this project", run)
}

func (s trackStore) SetModel(ctx context.Context, id project.ID, run int64, model string, version int) error {
	_, err := s.db.NewUpdate().Model((*runRow)(nil)).Set("model = ?", model).Set("model_version = ?", version).Where("id = ? AND project_id = ?", run, id).Exec(ctx)
	return err
}
