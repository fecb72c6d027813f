package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// CI keeps pipelines, jobs, artifacts and runners.
func (s *Store) CI() ci.Store { return ciStore{s} }

type ciStore struct{ s *Store }

type pipelineRow struct {
	bun.BaseModel `bun:"table:ci_pipelines,alias:p"`

	ID         int64           `bun:"id,pk,autoincrement"`
	ProjectID  int64           `bun:"project_id"`
	Key        string          `bun:"key,nullzero"`
	Status     string          `bun:"status"`
	Source     string          `bun:"source"`
	Ref        string          `bun:"ref"`
	Tag        bool            `bun:"tag"`
	Protected  bool            `bun:"protected"`
	SHA        string          `bun:"sha"`
	Before     string          `bun:"before_sha"`
	Commit     json.RawMessage `bun:"commit_facts,type:jsonb"`
	Name       string          `bun:"name"`
	UserID     int64           `bun:"user_id"`
	Username   string          `bun:"username"`
	Variables  json.RawMessage `bun:"variables,type:jsonb"`
	Stages     json.RawMessage `bun:"stages,type:jsonb"`
	Problems   json.RawMessage `bun:"problems,type:jsonb"`
	CreatedAt  time.Time       `bun:"created_at"`
	StartedAt  *time.Time      `bun:"started_at"`
	FinishedAt *time.Time      `bun:"finished_at"`
	Version    int             `bun:"version"`
}

func pipelineRowOf(p *ci.Pipeline) *pipelineRow {
	return &pipelineRow{
		ID: int64(p.ID), ProjectID: int64(p.Project), Key: p.Key, Status: string(p.Status), Source: string(p.Source), Ref: p.Ref, Tag: p.Tag,
		Protected: p.Protected, SHA: p.SHA, Before: p.Before, Commit: asJSON(p.Commit), Name: p.Name, UserID: int64(p.User), Username: p.Username,
		Variables: asJSON(p.Variables), Stages: asJSON(p.Stages), Problems: asJSON(p.Problems),
		CreatedAt: utc(p.Created), StartedAt: timeOrNull(p.Started), FinishedAt: timeOrNull(p.Finished), Version: p.Version,
	}
}

func (r *pipelineRow) pipeline() (ci.Pipeline, error) {
	p := ci.Pipeline{
		ID: ci.PipelineID(r.ID), Project: project.ID(r.ProjectID), Key: r.Key, Status: ci.Status(r.Status), Source: ci.Source(r.Source), Ref: r.Ref, Tag: r.Tag,
		Protected: r.Protected, SHA: r.SHA, Before: r.Before, Name: r.Name, User: auth.UserID(r.UserID), Username: r.Username,
		Created: utc(r.CreatedAt), Started: timeOrZero(r.StartedAt), Finished: timeOrZero(r.FinishedAt), Version: r.Version,
	}
	err := fromJSON("pipeline", r.ID, column{r.Commit, &p.Commit}, column{r.Variables, &p.Variables}, column{r.Stages, &p.Stages}, column{r.Problems, &p.Problems})
	return p, err
}

// asJSON encodes a value of our own types, which always encode.
func asJSON(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("store: %T does not encode: %v", value, err))
	}
	return text
}

// column is a JSON column and where its value goes.
type column struct {
	text json.RawMessage
	into any
}

// fromJSON decodes columns of one row.
func fromJSON(noun string, id int64, columns ...column) error {
	for _, c := range columns {
		if err := json.Unmarshal(c.text, c.into); err != nil {
			return fmt.Errorf("reading %s %d: %w", noun, id, err)
		}
	}
	return nil
}

// timeOrZero reads NULL as the zero time.
func timeOrZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func pipelinesOf(rows []pipelineRow) ([]ci.Pipeline, error) {
	list := make([]ci.Pipeline, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].pipeline(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (c ciStore) Create(ctx context.Context, state *ci.State, specs []ci.Spec, report ci.Report) error {
	err := c.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row := pipelineRowOf(&state.Pipeline)
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
		state.Pipeline.ID = ci.PipelineID(row.ID)
		for i := range state.Jobs {
			spec := &specRow{PipelineID: row.ID, Definition: asJSON(specs[i])}
			if _, err := tx.NewInsert().Model(spec).Exec(ctx); err != nil {
				return err
			}
			j := &state.Jobs[i]
			j.Spec, j.Pipeline = ci.SpecID(spec.ID), state.Pipeline.ID
			if err := insertJob(ctx, tx, j); err != nil {
				return err
			}
		}
		return emit(ctx, tx, report(nil, state)...)
	})
	if isUnique(err) {
		return fault.Errorf(fault.Conflict, "there is a pipeline for this already")
	}
	if err != nil {
		return fmt.Errorf("saving a pipeline: %w", err)
	}
	return nil
}

func (c ciStore) Change(ctx context.Context, id ci.PipelineID, rule func(*ci.State) error, report ci.Report) error {
	return c.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		before, err := c.locked(ctx, tx, id)
		if err != nil {
			return err
		}
		after := &ci.State{Pipeline: before.Pipeline, Jobs: slices.Clone(before.Jobs)}
		if err := rule(after); err != nil {
			return err
		}
		if err := saveChanges(ctx, tx, before, after); err != nil {
			return err
		}
		return emit(ctx, tx, report(before, after)...)
	})
}

// locked loads a pipeline that nobody else changes until the transaction ends.
// On SQLite a writing transaction has the database for itself already.
func (c ciStore) locked(ctx context.Context, tx bun.Tx, id ci.PipelineID) (*ci.State, error) {
	var row pipelineRow
	query := tx.NewSelect().Model(&row).Where("id = ?", id)
	if c.s.Postgres() {
		query = query.For("UPDATE")
	}
	if err := query.Scan(ctx); err != nil {
		return nil, notFound(err, "no pipeline %d", id)
	}
	p, err := row.pipeline()
	if err != nil {
		return nil, err
	}
	jobs, err := jobsWhere(ctx, tx, "pipeline_id = ?", id)
	return &ci.State{Pipeline: p, Jobs: jobs}, err
}

// saveChanges writes what differs, and raises the versions of that.
func saveChanges(ctx context.Context, tx bun.Tx, before, after *ci.State) error {
	for i := range after.Jobs {
		j := &after.Jobs[i]
		if j.ID == 0 {
			if err := insertJob(ctx, tx, j); err != nil {
				return err
			}
			continue
		}
		if reflect.DeepEqual(before.Job(j.ID), j) {
			continue
		}
		j.Version++
		result, err := tx.NewUpdate().Model(jobRowOf(j)).ExcludeColumn("id", "log_truncated").
			Where("id = ?", j.ID).Where("version = ?", j.Version-1).Exec(ctx)
		if err := changedOne(result, err, "job %d was changed meanwhile: look again", j.ID); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(before.Pipeline, after.Pipeline) {
		return nil
	}
	after.Pipeline.Version++
	result, err := tx.NewUpdate().Model(pipelineRowOf(&after.Pipeline)).Column("status", "started_at", "finished_at", "version").
		Where("id = ?", after.Pipeline.ID).Where("version = ?", before.Pipeline.Version).Exec(ctx)
	return changedOne(result, err, "pipeline %d was changed meanwhile: look again", after.Pipeline.ID)
}

func (c ciStore) Pipeline(ctx context.Context, id ci.PipelineID) (ci.Pipeline, error) {
	var row pipelineRow
	if err := c.s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return ci.Pipeline{}, notFound(err, "no pipeline %d", id)
	}
	return row.pipeline()
}

func (c ciStore) PipelineByKey(ctx context.Context, id project.ID, key string) (ci.Pipeline, error) {
	var row pipelineRow
	if err := c.s.db.NewSelect().Model(&row).Where("project_id = ?", id).Where("key = ?", key).Scan(ctx); err != nil {
		return ci.Pipeline{}, notFound(err, "no pipeline for %s", key)
	}
	return row.pipeline()
}

func (c ciStore) Pipelines(ctx context.Context, id project.ID, filter ci.Filter) ([]ci.Pipeline, int, error) {
	if filter.Limit <= 0 {
		filter.Limit = 50
	}
	var rows []pipelineRow
	query := c.s.db.NewSelect().Model(&rows).Where("project_id = ?", id).Order("id DESC").Limit(int64(filter.Limit)).Offset(int64(filter.Offset))
	for column, value := range map[string]string{"ref": filter.Ref, "sha": filter.SHA, "status": string(filter.Status)} {
		if value != "" {
			query = query.Where("? = ?", bun.Ident(column), value)
		}
	}
	total, err := query.ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("listing pipelines: %w", err)
	}
	list, err := pipelinesOf(rows)
	return list, int(total), err
}

func (c ciStore) Failing(ctx context.Context, user auth.UserID, limit int) ([]ci.Pipeline, error) {
	var rows []pipelineRow
	err := c.s.db.NewSelect().Model(&rows).Where("p.user_id = ? AND p.status = ? AND p.protected AND NOT p.tag", user, ci.Failed).
		Where("NOT EXISTS (SELECT 1 FROM ci_pipelines n WHERE n.project_id = p.project_id AND n.ref = p.ref AND NOT n.tag AND n.id > p.id)").
		Order("p.id DESC").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing a user's failed pipelines: %w", err)
	}
	return pipelinesOf(rows)
}

func (c ciStore) Idle(ctx context.Context, before time.Time) ([]ci.PipelineID, error) {
	var ids []ci.PipelineID
	err := c.s.db.NewSelect().Model((*pipelineRow)(nil)).Column("id").Where("status = ?", ci.Created).Where("created_at < ?", before.UTC()).Order("id").Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("listing pipelines that were not started: %w", err)
	}
	return ids, nil
}
