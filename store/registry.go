package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
	"dasier/model/registry"
)

// Registry keeps models and their versions.
func (s *Store) Registry() registry.Store { return registryStore{s} }

type registryStore struct{ *Store }

type modelRow struct {
	bun.BaseModel `bun:"table:models,alias:m"`

	ID          int64      `bun:"id,pk,autoincrement"`
	ProjectID   project.ID `bun:"project_id"`
	Name        string     `bun:"name"`
	Description string     `bun:"description"`
	CreatedAt   time.Time  `bun:"created_at"`
	Latest      int        `bun:"latest"`
}

// versionDetails is what is never searched for.
type versionDetails struct {
	Run      int64              `json:"run,omitempty"`
	Metrics  []mlflow.Metric    `json:"metrics"`
	Target   predict.Target     `json:"target"`
	Task     string             `json:"task,omitempty"`
	Classes  []string           `json:"classes,omitempty"`
	Targets  []string           `json:"targets,omitempty"`
	Inputs   []predict.Input    `json:"inputs"`
	Interval *registry.Interval `json:"interval"`
	Set      *registry.Interval `json:"set,omitempty"`
	Files    []registry.File    `json:"files"`
	Parity   *mlflow.Parity     `json:"parity,omitempty"`
}

type versionRow struct {
	bun.BaseModel `bun:"table:model_versions,alias:v"`

	ID         int64          `bun:"id,pk,autoincrement"`
	ModelID    int64          `bun:"model_id"`
	Number     int            `bun:"number"`
	Digest     string         `bun:"digest"`
	Size       int64          `bun:"size"`
	CommitSHA  string         `bun:"commit_sha"`
	Ref        string         `bun:"ref"`
	JobID      int64          `bun:"job_id"`
	PipelineID int64          `bun:"pipeline_id"`
	UserID     auth.UserID    `bun:"user_id"`
	Username   string         `bun:"username"`
	CreatedAt  time.Time      `bun:"created_at"`
	DataDigest string         `bun:"data_digest"`
	Algorithm  string         `bun:"algorithm"`
	Details    versionDetails `bun:"details,type:jsonb"`
}

func (r versionRow) version(m modelRow, aliases []aliasRow) registry.Version {
	v := registry.Version{
		ID: r.ID, Project: m.ProjectID, Model: m.Name, Number: r.Number, Run: r.Details.Run, Digest: r.Digest, Size: r.Size,
		Lineage: registry.Lineage{Commit: r.CommitSHA, Ref: r.Ref, Job: r.JobID, Pipeline: r.PipelineID},
		User:    r.UserID, Username: r.Username, CreatedAt: utc(r.CreatedAt), DataDigest: r.DataDigest, Algorithm: r.Algorithm,
		Metrics: r.Details.Metrics, Target: r.Details.Target, Task: r.Details.Task, Classes: r.Details.Classes, Targets: r.Details.Targets, Inputs: r.Details.Inputs, Interval: r.Details.Interval, Set: r.Details.Set, Files: r.Details.Files, Parity: r.Details.Parity,
	}
	for _, a := range aliases {
		if a.Number == r.Number {
			v.Aliases = append(v.Aliases, a.Alias)
		}
	}
	return v
}

type aliasRow struct {
	bun.BaseModel `bun:"table:model_aliases,alias:a"`

	ModelID int64  `bun:"model_id,pk"`
	Alias   string `bun:"alias,pk"`
	Number  int    `bun:"number"`
}

func (s registryStore) AddVersion(ctx context.Context, v registry.Version, registered func(int) event.Event) (registry.Version, bool, error) {
	var model modelRow
	row := &versionRow{
		Digest: v.Digest, Size: v.Size, CommitSHA: v.Lineage.Commit, Ref: v.Lineage.Ref, JobID: v.Lineage.Job, PipelineID: v.Lineage.Pipeline,
		UserID: v.User, Username: v.Username, CreatedAt: v.CreatedAt, DataDigest: v.DataDigest, Algorithm: v.Algorithm,
		Details: versionDetails{v.Run, v.Metrics, v.Target, v.Task, v.Classes, v.Targets, v.Inputs, v.Interval, v.Set, v.Files, v.Parity},
	}
	isNew := false
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Counting up "latest" locks the model's row: numbers are given one at
		// a time on both engines.
		model = modelRow{ProjectID: v.Project, Name: v.Model, CreatedAt: v.CreatedAt, Latest: 1}
		_, err := tx.NewInsert().Model(&model).On("CONFLICT (project_id, name) DO UPDATE").
			Set("latest = m.latest + 1").Returning("*").Exec(ctx)
		if err != nil {
			return fmt.Errorf("numbering the version: %w", err)
		}
		var same versionRow
		err = tx.NewSelect().Model(&same).Where("model_id = ? AND digest = ? AND commit_sha = ?", model.ID, v.Digest, v.Lineage.Commit).Scan(ctx)
		if err == nil {
			*row = same
			_, err = tx.NewUpdate().Model((*modelRow)(nil)).Set("latest = latest - 1").Where("id = ?", model.ID).Exec(ctx)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("looking for the same version: %w", err)
		}
		isNew = true
		row.ModelID, row.Number = model.ID, model.Latest
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return fmt.Errorf("adding the version: %w", err)
		}
		return emit(ctx, tx, registered(row.Number))
	})
	if err != nil {
		return registry.Version{}, false, err
	}
	aliases, err := s.aliases(ctx, model.ID)
	return row.version(model, aliases), isNew, err
}

func (s registryStore) Models(ctx context.Context, id project.ID) ([]registry.Model, error) {
	var rows []modelRow
	if err := s.db.NewSelect().Model(&rows).Where("project_id = ?", id).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("listing models: %w", err)
	}
	models := make([]registry.Model, len(rows))
	for i, row := range rows {
		m, err := s.model(ctx, row)
		if err != nil {
			return nil, err
		}
		models[i] = m
	}
	return models, nil
}

func (s registryStore) Model(ctx context.Context, id project.ID, name string) (registry.Model, error) {
	row, err := s.modelRow(ctx, id, name)
	if err != nil {
		return registry.Model{}, err
	}
	return s.model(ctx, row)
}

func (s registryStore) modelRow(ctx context.Context, id project.ID, name string) (modelRow, error) {
	var row modelRow
	err := s.db.NewSelect().Model(&row).Where("project_id = ? AND name = ?", id, name).Scan(ctx)
	return row, notFound(err, "no model %q in this project", name)
}

func (s registryStore) model(ctx context.Context, row modelRow) (registry.Model, error) {
	aliases, err := s.aliases(ctx, row.ID)
	if err != nil {
		return registry.Model{}, err
	}
	count, err := s.db.NewSelect().Model((*versionRow)(nil)).Where("model_id = ?", row.ID).Count(ctx)
	if err != nil {
		return registry.Model{}, fmt.Errorf("counting versions: %w", err)
	}
	m := registry.Model{
		ID: row.ID, Project: row.ProjectID, Name: row.Name, Description: row.Description, CreatedAt: utc(row.CreatedAt),
		Latest: row.Latest, Versions: int(count), Aliases: map[string]int{},
	}
	for _, a := range aliases {
		m.Aliases[a.Alias] = a.Number
	}
	return m, nil
}

func (s registryStore) aliases(ctx context.Context, model int64) ([]aliasRow, error) {
	var rows []aliasRow
	if err := s.db.NewSelect().Model(&rows).Where("model_id = ?", model).Order("alias").Scan(ctx); err != nil {
		return nil, fmt.Errorf("listing aliases: %w", err)
	}
	return rows, nil
}

func (s registryStore) Versions(ctx context.Context, id project.ID, model string, offset, limit int) ([]registry.Version, int, error) {
	m, err := s.modelRow(ctx, id, model)
	if err != nil {
		return nil, 0, err
	}
	aliases, err := s.aliases(ctx, m.ID)
	if err != nil {
		return nil, 0, err
	}
	var rows []versionRow
	total, err := s.db.NewSelect().Model(&rows).Where("model_id = ?", m.ID).Order("number DESC").Offset(int64(offset)).Limit(int64(limit)).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("listing versions: %w", err)
	}
	versions := make([]registry.Version, len(rows))
	for i, row := range rows {
		versions[i] = row.version(m, aliases)
	}
	return versions, int(total), nil
}

func (s registryStore) Version(ctx context.Context, id project.ID, model string, number int) (registry.Version, error) {
	m, err := s.modelRow(ctx, id, model)
	if err != nil {
		return registry.Version{}, err
	}
	var row versionRow
	if err := s.db.NewSelect().Model(&row).Where("model_id = ? AND number = ?", m.ID, number).Scan(ctx); err != nil {
		return registry.Version{}, notFound(err, "model %s has no version %d", model, number)
	}
	aliases, err := s.aliases(ctx, m.ID)
	return row.version(m, aliases), err
}

func (s registryStore) Commits(ctx context.Context, id project.ID, model string) ([]registry.CommitVersion, error) {
	m, err := s.modelRow(ctx, id, model)
	if err != nil {
		return nil, err
	}
	var rows []versionRow
	err = s.db.NewSelect().Model(&rows).Column("commit_sha", "number").Where("model_id = ? AND commit_sha <> '' AND job_id <> 0", m.ID).Order("number DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the versions' commits: %w", err)
	}
	commits := make([]registry.CommitVersion, len(rows))
	for i, row := range rows {
		commits[i] = registry.CommitVersion{Commit: row.CommitSHA, Number: row.Number}
	}
	return commits, nil
}

func (s registryStore) OfCommit(ctx context.Context, id project.ID, commit string) ([]registry.Version, error) {
	var models []modelRow
	if err := s.db.NewSelect().Model(&models).Where("project_id = ?", id).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("listing models: %w", err)
	}
	if len(models) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(models))
	for i, m := range models {
		ids[i] = m.ID
	}
	var rows []versionRow
	err := s.db.NewSelect().Model(&rows).Where("model_id IN (?) AND commit_sha = ? AND job_id <> 0", bun.List(ids), commit).Order("number").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing what was made from a commit: %w", err)
	}
	newest := map[int64]versionRow{}
	for _, row := range rows {
		newest[row.ModelID] = row
	}
	var versions []registry.Version
	for _, m := range models {
		if row, ok := newest[m.ID]; ok {
			versions = append(versions, row.version(m, nil))
		}
	}
	return versions, nil
}

func (s registryStore) SetAlias(ctx context.Context, id project.ID, model, alias string, number int, events ...event.Event) error {
	m, err := s.modelRow(ctx, id, model)
	if err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if number == 0 {
			result, err := tx.NewDelete().Model((*aliasRow)(nil)).Where("model_id = ? AND alias = ?", m.ID, alias).Exec(ctx)
			return goneAsMissing(changedOne(result, err, "model %s has no alias %q", model, alias))
		}
		row := &aliasRow{ModelID: m.ID, Alias: alias, Number: number}
		_, err := tx.NewInsert().Model(row).On("CONFLICT (model_id, alias) DO UPDATE").Set("number = EXCLUDED.number").Exec(ctx)
		return err
	}, events...)
}
