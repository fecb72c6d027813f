package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/forge/project"
	"dasier/forge/variable"
)

// Variable keeps CI variables, sealed.
func (s *Store) Variable() variable.Store { return variableStore{s} }

type variableStore struct{ *Store }

type variableRow struct {
	bun.BaseModel `bun:"table:variables"`

	ID          int64       `bun:"id,pk,autoincrement"`
	ProjectID   *project.ID `bun:"project_id"`
	Namespace   string      `bun:"namespace"`
	Name        string      `bun:"name"`
	Environment string      `bun:"environment"`
	Sealed      []byte      `bun:"sealed"`
	Masked      bool        `bun:"masked"`
	Hidden      bool        `bun:"hidden"`
	Protected   bool        `bun:"protected"`
	File        bool        `bun:"file"`
	Raw         bool        `bun:"raw"`
	Description string      `bun:"description"`
	UpdatedAt   time.Time   `bun:"updated_at"`
}

func (r *variableRow) record() variable.Record {
	return variable.Record{Sealed: r.Sealed, Variable: variable.Variable{
		Key: r.Name, Environment: r.Environment, Masked: r.Masked, Hidden: r.Hidden, Protected: r.Protected, File: r.File, Raw: r.Raw,
		Description: r.Description, Updated: utc(r.UpdatedAt),
	}}
}

func rowOfVariable(o variable.Owner, r variable.Record) *variableRow {
	row := &variableRow{
		Namespace: o.Group, Name: r.Key, Environment: r.Environment, Sealed: r.Sealed, Masked: r.Masked, Hidden: r.Hidden, Protected: r.Protected,
		File: r.File, Raw: r.Raw, Description: r.Description, UpdatedAt: r.Updated,
	}
	if o.Project != 0 {
		row.ProjectID, row.Namespace = &o.Project, ""
	}
	return row
}

// ofOwner is the condition that a row is the owner's.
func ofOwner(o variable.Owner) (string, any) {
	if o.Project != 0 {
		return "project_id = ?", o.Project
	}
	return "project_id IS NULL AND namespace = ?", o.Group
}

func (s variableStore) List(ctx context.Context, o variable.Owner) ([]variable.Record, error) {
	var rows []variableRow
	where, owner := ofOwner(o)
	err := s.db.NewSelect().Model(&rows).Where(where, owner).Order("name", "environment").Scan(ctx)
	records := make([]variable.Record, len(rows))
	for i := range rows {
		records[i] = rows[i].record()
	}
	return records, err
}

func (s variableStore) Find(ctx context.Context, o variable.Owner, key, scope string) (variable.Record, error) {
	var row variableRow
	where, owner := ofOwner(o)
	err := s.db.NewSelect().Model(&row).Where(where, owner).Where("name = ? AND environment = ?", key, scope).Scan(ctx)
	return row.record(), notFound(err, "no variable %q for the environment %q", key, scope)
}

func (s variableStore) Save(ctx context.Context, o variable.Owner, r variable.Record, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error { return saveVariable(ctx, tx, o, r) }, events...)
}

func saveVariable(ctx context.Context, tx bun.Tx, o variable.Owner, r variable.Record) error {
	conflict := "CONFLICT (namespace, name, environment) WHERE project_id IS NULL DO UPDATE"
	if o.Project != 0 {
		conflict = "CONFLICT (project_id, name, environment) WHERE project_id IS NOT NULL DO UPDATE"
	}
	_, err := tx.NewInsert().Model(rowOfVariable(o, r)).On(conflict).
		Set("sealed = EXCLUDED.sealed, masked = EXCLUDED.masked, hidden = EXCLUDED.hidden, protected = EXCLUDED.protected").
		Set("file = EXCLUDED.file, raw = EXCLUDED.raw, description = EXCLUDED.description, updated_at = EXCLUDED.updated_at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving a variable: %w", err)
	}
	return nil
}

func (s variableStore) Remove(ctx context.Context, o variable.Owner, key, scope string, events ...event.Event) error {
	where, owner := ofOwner(o)
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*variableRow)(nil)).Where(where, owner).Where("name = ? AND environment = ?", key, scope).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "no variable %q for the environment %q", key, scope))
	}, events...)
}

type plainVariableRow struct {
	bun.BaseModel `bun:"table:plain_variables"`

	ProjectID project.ID `bun:"project_id,pk"`
	Name      string     `bun:"name,pk"`
	Value     string     `bun:"value"`
	Masked    bool       `bun:"masked"`
	Protected bool       `bun:"protected"`
}

func (s variableStore) Plains(ctx context.Context) ([]variable.Plain, error) {
	var rows []plainVariableRow
	err := s.db.NewSelect().Model(&rows).Order("project_id", "name").Scan(ctx)
	plains := make([]variable.Plain, len(rows))
	for i, r := range rows {
		plains[i] = variable.Plain{Project: r.ProjectID, Variable: variable.Variable{Key: r.Name, Value: r.Value, Masked: r.Masked, Protected: r.Protected}}
	}
	return plains, err
}

// Adopt rewrites the database after the plain rows are gone: neither engine
// wipes the pages that rows are deleted from.
func (s variableStore) Adopt(ctx context.Context, records map[project.ID][]variable.Record) error {
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for id, list := range records {
			for _, r := range list {
				if err := saveVariable(ctx, tx, variable.OfProject(id), r); err != nil {
					return err
				}
			}
		}
		_, err := tx.NewDelete().Model((*plainVariableRow)(nil)).Where("1 = 1").Exec(ctx)
		return err
	})
	if err != nil {
		return err
	}
	wipe := []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"}
	if s.Postgres() {
		wipe = []string{"VACUUM FULL plain_variables"}
	}
	for _, statement := range wipe {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("wiping the pages of plain variables: %w", err)
		}
	}
	return nil
}

type sealCheckRow struct {
	bun.BaseModel `bun:"table:seal_check"`

	ID     int    `bun:"id,pk"`
	Sealed []byte `bun:"sealed"`
}

// SealCheck is what the secret key of this database opens; nil before there was
// a key.
func (s *Store) SealCheck(ctx context.Context) ([]byte, error) {
	var row sealCheckRow
	err := s.db.NewSelect().Model(&row).Where("id = 1").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return row.Sealed, err
}

// SaveSealCheck keeps what only the secret key opens. The first one stays: of
// two servers that start at once on an empty database, one key wins.
func (s *Store) SaveSealCheck(ctx context.Context, sealed []byte) error {
	_, err := s.db.NewInsert().Model(&sealCheckRow{ID: 1, Sealed: sealed}).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	return err
}
