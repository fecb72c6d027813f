package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

// Repo keeps the rules of branches and the intents of pushes.
func (s *Store) Repo() repo.Store { return repoStore{s} }

type repoStore struct{ *Store }

type protectionRow struct {
	bun.BaseModel `bun:"table:protected_branches"`

	ProjectID       project.ID `bun:"project_id,pk"`
	Pattern         string     `bun:"pattern,pk"`
	PushRole        auth.Role  `bun:"push_role"`
	MergeRole       auth.Role  `bun:"merge_role"`
	Approvals       int        `bun:"approvals"`
	ApprovalRole    auth.Role  `bun:"approval_role"`
	RequirePipeline bool       `bun:"require_pipeline"`
	RequireResolved bool       `bun:"require_resolved"`
	RequireOwners   bool       `bun:"require_owners"`
}

func (s repoStore) Protections(ctx context.Context, id project.ID) ([]repo.Protection, error) {
	var rows []protectionRow
	if err := s.db.NewSelect().Model(&rows).Where("project_id = ?", id).Order("pattern").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading protected branches: %w", err)
	}
	rules := make([]repo.Protection, len(rows))
	for i, row := range rows {
		rules[i] = repo.Protection{
			Pattern: row.Pattern, PushRole: row.PushRole, MergeRole: row.MergeRole, Approvals: row.Approvals, ApprovalRole: row.ApprovalRole,
			RequirePipeline: row.RequirePipeline, RequireResolved: row.RequireResolved, RequireOwners: row.RequireOwners,
		}
	}
	return rules, nil
}

func (s repoStore) SaveProtection(ctx context.Context, id project.ID, rule repo.Protection, events ...event.Event) error {
	return s.putProtection(ctx, id, rule, func(q *bun.InsertQuery) *bun.InsertQuery {
		return q.On("CONFLICT (project_id, pattern) DO UPDATE").
			Set("push_role = EXCLUDED.push_role, merge_role = EXCLUDED.merge_role, approvals = EXCLUDED.approvals, approval_role = EXCLUDED.approval_role").
			Set("require_pipeline = EXCLUDED.require_pipeline, require_resolved = EXCLUDED.require_resolved, require_owners = EXCLUDED.require_owners")
	}, events...)
}

func (s repoStore) AddProtection(ctx context.Context, id project.ID, rule repo.Protection) error {
	return s.putProtection(ctx, id, rule, func(q *bun.InsertQuery) *bun.InsertQuery {
		return q.On("CONFLICT (project_id, pattern) DO NOTHING")
	})
}

func (s repoStore) putProtection(ctx context.Context, id project.ID, rule repo.Protection, taken func(*bun.InsertQuery) *bun.InsertQuery, events ...event.Event) error {
	row := &protectionRow{
		ProjectID: id, Pattern: rule.Pattern, PushRole: rule.PushRole, MergeRole: rule.MergeRole, Approvals: rule.Approvals, ApprovalRole: rule.ApprovalRole,
		RequirePipeline: rule.RequirePipeline, RequireResolved: rule.RequireResolved, RequireOwners: rule.RequireOwners,
	}
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := taken(tx.NewInsert().Model(row)).Exec(ctx); err != nil {
			return fmt.Errorf("saving a protected branch: %w", err)
		}
		return nil
	}, events...)
}

func (s repoStore) DeleteProtection(ctx context.Context, id project.ID, pattern string, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*protectionRow)(nil)).Where("project_id = ? AND pattern = ?", id, pattern).Exec(ctx)
		if err != nil {
			return fmt.Errorf("deleting a protected branch: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("deleting a protected branch: %w", err)
		}
		if n == 0 {
			return fault.Errorf(fault.Missing, "no protected branch %q", pattern)
		}
		return nil
	}, events...)
}

type intentRow struct {
	bun.BaseModel `bun:"table:push_intents"`

	ID        repo.IntentID   `bun:"id,pk,autoincrement"`
	ProjectID project.ID      `bun:"project_id"`
	UserID    auth.UserID     `bun:"user_id"`
	Username  string          `bun:"username"`
	Source    repo.Source     `bun:"source"`
	Options   json.RawMessage `bun:"options,type:jsonb"`
	Updates   json.RawMessage `bun:"updates,type:jsonb"`
	CreatedAt time.Time       `bun:"created_at"`
}

func (s repoStore) AddIntent(ctx context.Context, intent repo.Intent) (repo.IntentID, error) {
	options, err := json.Marshal(intent.Options)
	if err != nil {
		return 0, fmt.Errorf("encoding push options: %w", err)
	}
	updates, err := json.Marshal(intent.Updates)
	if err != nil {
		return 0, fmt.Errorf("encoding ref updates: %w", err)
	}
	row := &intentRow{
		ProjectID: intent.Project, UserID: intent.User, Username: intent.Username, Source: intent.Source,
		Options: options, Updates: updates, CreatedAt: intent.CreatedAt,
	}
	err = s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("saving an intent: %w", err)
	}
	return row.ID, nil
}

func (s repoStore) SettleIntent(ctx context.Context, id repo.IntentID, open []git.RefUpdate, events ...event.Event) error {
	const gone = "intent %d is settled already"
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if len(open) == 0 {
			result, err := tx.NewDelete().Model((*intentRow)(nil)).Where("id = ?", id).Exec(ctx)
			return changedOne(result, err, gone, id)
		}
		updates, err := json.Marshal(open)
		if err != nil {
			return fmt.Errorf("encoding ref updates: %w", err)
		}
		result, err := tx.NewUpdate().Model((*intentRow)(nil)).Set("updates = ?", string(updates)).Where("id = ?", id).Exec(ctx)
		return changedOne(result, err, gone, id)
	}, events...)
}

func (s repoStore) Intents(ctx context.Context) ([]repo.Intent, error) {
	var rows []intentRow
	if err := s.db.NewSelect().Model(&rows).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading intents: %w", err)
	}
	intents := make([]repo.Intent, len(rows))
	for i, row := range rows {
		intents[i] = repo.Intent{
			ID: row.ID, Project: row.ProjectID, User: row.UserID, Username: row.Username, Source: row.Source, CreatedAt: utc(row.CreatedAt),
		}
		if err := json.Unmarshal(row.Options, &intents[i].Options); err != nil {
			return nil, fmt.Errorf("decoding push options: %w", err)
		}
		if err := json.Unmarshal(row.Updates, &intents[i].Updates); err != nil {
			return nil, fmt.Errorf("decoding ref updates: %w", err)
		}
	}
	return intents, nil
}
