package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/ci"
	"dasier/forge/project"
)

type jobRow struct {
	bun.BaseModel `bun:"table:ci_jobs"`

	ID             int64           `bun:"id,pk,autoincrement"`
	PipelineID     int64           `bun:"pipeline_id"`
	ProjectID      int64           `bun:"project_id"`
	SpecID         int64           `bun:"spec_id"`
	Name           string          `bun:"name"`
	Stage          string          `bun:"stage"`
	StageIndex     int             `bun:"stage_index"`
	Status         string          `bun:"status"`
	When           string          `bun:"run_when"`
	AllowFailure   bool            `bun:"allow_failure"`
	Softened       bool            `bun:"softened"`
	Needs          json.RawMessage `bun:"needs,type:jsonb"`
	NeedsSet       bool            `bun:"needs_set"`
	Tags           json.RawMessage `bun:"tags,type:jsonb"`
	TimeoutSeconds int64           `bun:"timeout_seconds"`
	Environment    string          `bun:"environment"`
	Variables      json.RawMessage `bun:"variables,type:jsonb"`
	Attempt        int             `bun:"attempt"`
	Retried        bool            `bun:"retried"`
	Failure        string          `bun:"failure"`
	ExitCode       int             `bun:"exit_code"`
	Interrupted    bool            `bun:"interrupted"`
	RunnerID       int64           `bun:"runner_id"`
	RunnerName     string          `bun:"runner_name"`
	Graceful       bool            `bun:"graceful"`
	TokenHash      string          `bun:"token_hash,nullzero"`
	LogTruncated   bool            `bun:"log_truncated"`
	CreatedAt      time.Time       `bun:"created_at"`
	QueuedAt       *time.Time      `bun:"queued_at"`
	StartedAt      *time.Time      `bun:"started_at"`
	AcknowledgedAt *time.Time      `bun:"acknowledged_at"`
	SeenAt         *time.Time      `bun:"seen_at"`
	FinishedAt     *time.Time      `bun:"finished_at"`
	Version        int             `bun:"version"`
}

type specRow struct {
	bun.BaseModel `bun:"table:ci_specs"`

	ID         int64           `bun:"id,pk,autoincrement"`
	PipelineID int64           `bun:"pipeline_id"`
	Definition json.RawMessage `bun:"definition,type:jsonb"`
}

func jobRowOf(j *ci.Job) *jobRow {
	return &jobRow{
		ID: int64(j.ID), PipelineID: int64(j.Pipeline), ProjectID: int64(j.Project), SpecID: int64(j.Spec), Name: j.Name, Stage: j.Stage, StageIndex: j.StageIndex,
		Status: string(j.Status), When: j.When, AllowFailure: j.AllowFailure, Softened: j.Softened, Needs: asJSON(j.Needs), NeedsSet: j.NeedsSet, Tags: asJSON(j.Tags),
		TimeoutSeconds: int64(j.Timeout / time.Second), Environment: j.Environment, Variables: asJSON(j.Variables), Attempt: j.Attempt, Retried: j.Retried,
		Failure: string(j.Failure), ExitCode: j.ExitCode, Interrupted: j.Interrupted, RunnerID: int64(j.Runner), RunnerName: j.RunnerName, Graceful: j.Graceful,
		TokenHash: j.TokenHash, LogTruncated: j.LogTruncated, CreatedAt: utc(j.Created), QueuedAt: timeOrNull(j.Queued), StartedAt: timeOrNull(j.Started),
		AcknowledgedAt: timeOrNull(j.Acknowledged), SeenAt: timeOrNull(j.Seen), FinishedAt: timeOrNull(j.Finished), Version: j.Version,
	}
}

func (r *jobRow) job() (ci.Job, error) {
	j := ci.Job{
		ID: ci.JobID(r.ID), Pipeline: ci.PipelineID(r.PipelineID), Project: project.ID(r.ProjectID), Spec: ci.SpecID(r.SpecID), Name: r.Name, Stage: r.Stage, StageIndex: r.StageIndex,
		Status: ci.Status(r.Status), When: r.When, AllowFailure: r.AllowFailure, Softened: r.Softened, NeedsSet: r.NeedsSet,
		Timeout: time.Duration(r.TimeoutSeconds) * time.Second, Environment: r.Environment, Attempt: r.Attempt, Retried: r.Retried,
		Failure: ci.Failure(r.Failure), ExitCode: r.ExitCode, Interrupted: r.Interrupted, Runner: ci.RunnerID(r.RunnerID), RunnerName: r.RunnerName, Graceful: r.Graceful,
		TokenHash: r.TokenHash, LogTruncated: r.LogTruncated, Created: utc(r.CreatedAt), Queued: timeOrZero(r.QueuedAt), Started: timeOrZero(r.StartedAt),
		Acknowledged: timeOrZero(r.AcknowledgedAt), Seen: timeOrZero(r.SeenAt), Finished: timeOrZero(r.FinishedAt), Version: r.Version,
	}
	err := fromJSON("job", r.ID, column{r.Needs, &j.Needs}, column{r.Tags, &j.Tags}, column{r.Variables, &j.Variables})
	return j, err
}

func insertJob(ctx context.Context, tx bun.Tx, j *ci.Job) error {
	row := jobRowOf(j)
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return fmt.Errorf("saving job %s: %w", j.Name, err)
	}
	j.ID = ci.JobID(row.ID)
	return nil
}

func jobsWhere(ctx context.Context, db bun.IDB, where string, args ...any) ([]ci.Job, error) {
	return jobsOf(ctx, db.NewSelect().Model((*jobRow)(nil)).Where(where, args...).Order("id"))
}

func jobsOf(ctx context.Context, query *bun.SelectQuery) ([]ci.Job, error) {
	var rows []jobRow
	if err := query.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading jobs: %w", err)
	}
	jobs := make([]ci.Job, len(rows))
	for i := range rows {
		var err error
		if jobs[i], err = rows[i].job(); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

func (c ciStore) Jobs(ctx context.Context, id ci.PipelineID) ([]ci.Job, error) {
	return jobsWhere(ctx, c.s.db, "pipeline_id = ?", id)
}

func (c ciStore) Job(ctx context.Context, id ci.JobID) (ci.Job, error) {
	var row jobRow
	if err := c.s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return ci.Job{}, notFound(err, "no job %d", id)
	}
	return row.job()
}

func (c ciStore) JobByToken(ctx context.Context, hash string) (ci.Job, error) {
	var row jobRow
	if err := c.s.db.NewSelect().Model(&row).Where("token_hash = ?", hash).Scan(ctx); err != nil {
		return ci.Job{}, notFound(err, "no job has this token")
	}
	return row.job()
}

func (c ciStore) Spec(ctx context.Context, id ci.SpecID) (ci.Spec, error) {
	var row specRow
	if err := c.s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return ci.Spec{}, notFound(err, "no job definition %d", id)
	}
	var spec ci.Spec
	err := fromJSON("job definition", row.ID, column{row.Definition, &spec})
	return spec, err
}

func (c ciStore) Waiting(ctx context.Context) ([]ci.Job, error) {
	return jobsOf(ctx, c.s.db.NewSelect().Model((*jobRow)(nil)).Where("status = 'pending'").Order("queued_at", "id"))
}

func (c ciStore) Active(ctx context.Context) ([]ci.Job, error) {
	return jobsWhere(ctx, c.s.db, "status IN ('running', 'canceling')")
}

func (c ciStore) Touch(ctx context.Context, id ci.JobID, at time.Time) error {
	_, err := c.s.db.NewUpdate().Model((*jobRow)(nil)).Set("seen_at = ?", at.UTC()).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("noting a sign of life of job %d: %w", id, err)
	}
	return nil
}

func (c ciStore) Truncated(ctx context.Context, id ci.JobID) error {
	_, err := c.s.db.NewUpdate().Model((*jobRow)(nil)).Set("log_truncated = ?", true).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("noting that the log of job %d is full: %w", id, err)
	}
	return nil
}
