package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Project keeps projects and members.
func (s *Store) Project() project.Store { return projectStore{s} }

type projectStore struct{ *Store }

type projectRow struct {
	bun.BaseModel `bun:"table:projects,alias:p"`

	ID            project.ID `bun:"id,pk,autoincrement"`
	Namespace     string     `bun:"namespace"`
	Name          string     `bun:"name"`
	Description   string     `bun:"description"`
	DefaultBranch string     `bun:"default_branch"`
	CreatedAt     time.Time  `bun:"created_at"`
}

func (r projectRow) project() project.Project {
	return project.Project{ID: r.ID, Namespace: r.Namespace, Name: r.Name, Description: r.Description, DefaultBranch: r.DefaultBranch, CreatedAt: utc(r.CreatedAt)}
}

func (s projectStore) Create(ctx context.Context, p project.Project, owner auth.UserID, created ...func(project.ID) event.Event) (project.Project, error) {
	return s.create(ctx, p, owner, nil, created)
}

func (s projectStore) CreateWithGroup(ctx context.Context, p project.Project, owner auth.UserID, created ...func(project.ID) event.Event) (project.Project, error) {
	return s.create(ctx, p, 0, func(ctx context.Context, tx bun.Tx) error {
		err := insertGroup(ctx, tx, &groupRow{Path: p.Namespace, Name: p.Namespace, CreatedAt: p.CreatedAt}, owner)
		if fault.Is(err, fault.Conflict) {
			return fault.Errorf(fault.Conflict, "namespace %q was taken a moment ago: choose another, or ask to be let in", p.Namespace).At("namespace")
		}
		return err
	}, created)
}

func (s projectStore) create(ctx context.Context, p project.Project, owner auth.UserID, before func(context.Context, bun.Tx) error, created []func(project.ID) event.Event) (project.Project, error) {
	row := &projectRow{Namespace: p.Namespace, Name: p.Name, Description: p.Description, DefaultBranch: p.DefaultBranch, CreatedAt: p.CreatedAt}
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if before != nil {
			if err := before(ctx, tx); err != nil {
				return err
			}
		} else if held, err := holdGroup(ctx, tx, p.Namespace); err != nil {
			return err
		} else if !held && owner == 0 {
			return fault.Errorf(fault.Conflict, "the group %s is gone", p.Namespace).At("namespace")
		}
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		if isUnique(err) {
			return fault.Errorf(fault.Conflict, "the path %s is taken: choose another name", p.Path()).At("name")
		}
		if err != nil {
			return fmt.Errorf("creating project: %w", err)
		}
		if owner != 0 {
			member := &memberRow{ProjectID: row.ID, UserID: owner, Role: auth.Owner, Since: p.CreatedAt}
			if _, err := tx.NewInsert().Model(member).Exec(ctx); err != nil {
				return fmt.Errorf("making the owner a member: %w", err)
			}
		}
		for _, make := range created {
			if err := emit(ctx, tx, make(row.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	return row.project(), err
}

func (s projectStore) Project(ctx context.Context, id project.ID) (project.Project, error) {
	var row projectRow
	err := s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.project(), notFound(err, "no project %d", id)
}

func (s projectStore) ByPath(ctx context.Context, namespace, name string) (project.Project, error) {
	var row projectRow
	err := s.db.NewSelect().Model(&row).Where("lower(namespace) = lower(?) AND lower(name) = lower(?)", namespace, name).Scan(ctx)
	return row.project(), notFound(err, "no project %s/%s", namespace, name)
}

func (s projectStore) List(ctx context.Context, user auth.UserID, search string, page project.Page) ([]project.Project, int, error) {
	var rows []projectRow
	query := s.db.NewSelect().Model(&rows).Order("p.namespace", "p.name").Offset(int64(page.Offset)).Limit(int64(page.Limit))
	if user != 0 {
		now := time.Now().UTC()
		query.Where("(EXISTS (SELECT 1 FROM members m WHERE m.project_id = p.id AND m.user_id = ? AND (m.expires_at IS NULL OR m.expires_at > ?))"+
			" OR EXISTS (SELECT 1 FROM groups g JOIN group_members m ON m.group_id = g.id WHERE lower(g.path) = lower(p.namespace) AND m.user_id = ? AND (m.expires_at IS NULL OR m.expires_at > ?)))",
			user, now, user, now)
	}
	if search != "" {
		query.Where(`lower(p.namespace || '/' || p.name) LIKE lower(?) ESCAPE '\'`, like(search))
	}
	total, err := query.ScanAndCount(ctx)
	return projectsOf(rows), int(total), err
}

func (s projectStore) Update(ctx context.Context, p project.Project, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*projectRow)(nil)).Set("description = ?", p.Description).Set("default_branch = ?", p.DefaultBranch).Where("id = ?", p.ID).Exec(ctx)
		return changedOne(result, err, "project %d is gone", p.ID)
	}, events...)
}

func (s projectStore) Delete(ctx context.Context, id project.ID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := leave(ctx, tx, id); err != nil {
			return err
		}
		result, err := tx.NewDelete().Model((*projectRow)(nil)).Where("id = ?", id).Exec(ctx)
		return changedOne(result, err, "project %d is gone already", id)
	}, events...)
}

func (s projectStore) Namespace(ctx context.Context, namespace string, user auth.UserID) (project.Namespace, error) {
	var n project.Namespace
	var owner userRow
	err := s.db.NewSelect().Model(&owner).Column("id").Where("lower(username) = lower(?)", namespace).Scan(ctx)
	if err == nil {
		n.User = owner.ID
		return n, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return n, fmt.Errorf("looking for a namespace's user: %w", err)
	}
	var g groupRow
	err = s.db.NewSelect().Model(&g).Where("lower(path) = lower(?)", namespace).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return n, nil
	}
	if err != nil {
		return n, fmt.Errorf("looking for a group: %w", err)
	}
	n.Group = true
	if n.Owned, err = s.db.NewSelect().Model((*groupMemberRow)(nil)).Where("group_id = ? AND role = ? AND expires_at IS NULL", g.ID, auth.Owner).Exists(ctx); err != nil {
		return n, fmt.Errorf("looking for a group's owner: %w", err)
	}
	n.Role, err = groupStore(s).Role(ctx, g.ID, user)
	return n, err
}

func (s projectStore) Tokens(ctx context.Context, id project.ID) ([]auth.ProjectToken, error) {
	var rows []projectTokenRow
	if err := s.db.NewSelect().Model(&rows).Where("project_id = ?", id).Order("id DESC").Scan(ctx); err != nil {
		return nil, fmt.Errorf("listing a project's tokens: %w", err)
	}
	tokens := make([]auth.ProjectToken, len(rows))
	for i, row := range rows {
		tokens[i] = row.token()
	}
	return tokens, nil
}

func (s projectStore) AddToken(ctx context.Context, t auth.ProjectToken, hash string, events ...event.Event) (auth.ProjectToken, error) {
	row := &projectTokenRow{
		ProjectID: t.Project, Name: t.Name, Hash: hash, Role: t.Role, Scopes: t.Scopes, CreatedBy: t.CreatedBy,
		CreatedAt: t.CreatedAt, ExpiresAt: utcPtr(t.ExpiresAt), Limits: t.Limits,
	}
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		if isUnique(err) {
			return fault.Errorf(fault.Conflict, "the project has a token %q already: revoke it, or choose another name", t.Name).At("name")
		}
		return err
	}, events...)
	return row.token(), err
}

func (s projectStore) RemoveToken(ctx context.Context, id project.ID, token int64, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*projectTokenRow)(nil)).Where("id = ? AND project_id = ?", token, id).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "the project has no token %d", token))
	}, events...)
}

type jobAccessRow struct {
	bun.BaseModel `bun:"table:job_access"`

	ProjectID project.ID `bun:"project_id,pk"`
	SourceID  project.ID `bun:"source_id,pk"`
}

func (s projectStore) JobAccess(ctx context.Context, id, source project.ID) (bool, error) {
	return s.db.NewSelect().Model((*jobAccessRow)(nil)).Where("project_id = ? AND source_id = ?", id, source).Exists(ctx)
}

func (s projectStore) JobSources(ctx context.Context, id project.ID) ([]project.Project, error) {
	var rows []projectRow
	err := s.db.NewSelect().Model(&rows).Join("JOIN job_access a ON a.source_id = p.id").Where("a.project_id = ?", id).Order("p.namespace", "p.name").Scan(ctx)
	return projectsOf(rows), err
}

func (s projectStore) AllowJobs(ctx context.Context, id, source project.ID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&jobAccessRow{ProjectID: id, SourceID: source}).On("CONFLICT (project_id, source_id) DO NOTHING").Exec(ctx)
		return err
	}, events...)
}

func (s projectStore) ForbidJobs(ctx context.Context, id, source project.ID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*jobAccessRow)(nil)).Where("project_id = ? AND source_id = ?", id, source).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "the project is not listed"))
	}, events...)
}

func projectsOf(rows []projectRow) []project.Project {
	projects := make([]project.Project, len(rows))
	for i, row := range rows {
		projects[i] = row.project()
	}
	return projects
}
