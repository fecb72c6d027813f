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

// Project keeps projects, members and variables.
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

type memberRow struct {
	bun.BaseModel `bun:"table:members,alias:m"`

	ProjectID project.ID  `bun:"project_id,pk"`
	UserID    auth.UserID `bun:"user_id,pk"`
	Role      auth.Role   `bun:"role"`
	Since     time.Time   `bun:"since"`
}

func (s projectStore) Create(ctx context.Context, p project.Project, owner auth.UserID, created func(project.ID) event.Event) (project.Project, error) {
	row := &projectRow{Namespace: p.Namespace, Name: p.Name, Description: p.Description, DefaultBranch: p.DefaultBranch, CreatedAt: p.CreatedAt}
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
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
		return emit(ctx, tx, created(row.ID))
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
		query.Where("EXISTS (SELECT 1 FROM members m WHERE m.project_id = p.id AND m.user_id = ?)", user)
	}
	if search != "" {
		query.Where(`lower(p.namespace || '/' || p.name) LIKE lower(?) ESCAPE '\'`, like(search))
	}
	total, err := query.ScanAndCount(ctx)
	projects := make([]project.Project, len(rows))
	for i, row := range rows {
		projects[i] = row.project()
	}
	return projects, int(total), err
}

func (s projectStore) Update(ctx context.Context, p project.Project) error {
	result, err := s.db.NewUpdate().Model((*projectRow)(nil)).Set("description = ?", p.Description).Set("default_branch = ?", p.DefaultBranch).Where("id = ?", p.ID).Exec(ctx)
	return changedOne(result, err, "project %d is gone", p.ID)
}

func (s projectStore) Delete(ctx context.Context, id project.ID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*projectRow)(nil)).Where("id = ?", id).Exec(ctx)
		return changedOne(result, err, "project %d is gone already", id)
	}, events...)
}

func (s projectStore) NamespaceUse(ctx context.Context, namespace string, user auth.UserID) (used, owns bool, err error) {
	used, err = s.db.NewSelect().Model((*projectRow)(nil)).Where("lower(namespace) = lower(?)", namespace).Exists(ctx)
	if err != nil || !used {
		// A user's own name is theirs before they use it.
		taken, err := s.db.NewSelect().Model((*userRow)(nil)).Where("lower(username) = lower(?) AND id <> ?", namespace, user).Exists(ctx)
		return taken, false, err
	}
	owns, err = s.db.NewSelect().Model((*projectRow)(nil)).
		Join("JOIN members m ON m.project_id = p.id").
		Where("lower(p.namespace) = lower(?) AND m.user_id = ? AND m.role = ?", namespace, user, auth.Owner).Exists(ctx)
	return used, owns, err
}

func (s projectStore) Role(ctx context.Context, id project.ID, user auth.UserID) (auth.Role, error) {
	var row memberRow
	err := s.db.NewSelect().Model(&row).Where("project_id = ? AND user_id = ?", id, user).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.None, nil
	}
	return row.Role, err
}

func (s projectStore) Members(ctx context.Context, id project.ID) ([]project.Member, error) {
	var rows []struct {
		UserID   auth.UserID
		Username string
		Name     string
		Role     auth.Role
		Since    time.Time
	}
	err := s.db.NewSelect().TableExpr("members AS m").Join("JOIN users u ON u.id = m.user_id").
		ColumnExpr("m.user_id, u.username, u.name, m.role, m.since").
		Where("m.project_id = ?", id).Order("m.role DESC", "u.username").Scan(ctx, &rows)
	members := make([]project.Member, len(rows))
	for i, row := range rows {
		members[i] = project.Member{User: row.UserID, Username: row.Username, Name: row.Name, Role: row.Role, Since: utc(row.Since)}
	}
	return members, err
}

func (s projectStore) SetMember(ctx context.Context, id project.ID, user auth.UserID, role auth.Role) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if role != auth.Owner {
			if err := keepOwner(ctx, tx, id, user); err != nil {
				return err
			}
		}
		row := &memberRow{ProjectID: id, UserID: user, Role: role, Since: time.Now().UTC()}
		_, err := tx.NewInsert().Model(row).On("CONFLICT (project_id, user_id) DO UPDATE").Set("role = EXCLUDED.role").Exec(ctx)
		return err
	})
}

func (s projectStore) RemoveMember(ctx context.Context, id project.ID, user auth.UserID) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := keepOwner(ctx, tx, id, user); err != nil {
			return err
		}
		result, err := tx.NewDelete().Model((*memberRow)(nil)).Where("project_id = ? AND user_id = ?", id, user).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "not a member of this project"))
	})
}

// keepOwner refuses to let the last owner go. It locks the project's row first:
// of two owners who leave at once, the second sees that the first has gone.
func keepOwner(ctx context.Context, tx bun.Tx, id project.ID, leaving auth.UserID) error {
	if _, err := tx.NewUpdate().Model((*projectRow)(nil)).Set("name = name").Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("locking the project: %w", err)
	}
	var owners []auth.UserID
	if err := tx.NewSelect().Model((*memberRow)(nil)).Column("user_id").Where("project_id = ? AND role = ?", id, auth.Owner).Scan(ctx, &owners); err != nil {
		return fmt.Errorf("listing owners: %w", err)
	}
	if len(owners) == 1 && owners[0] == leaving {
		return fault.Errorf(fault.Conflict, "the project would be left without an owner: make someone else owner first")
	}
	return nil
}

type variableRow struct {
	bun.BaseModel `bun:"table:variables"`

	ProjectID project.ID `bun:"project_id,pk"`
	Name      string     `bun:"name,pk"`
	Value     string     `bun:"value"`
	Masked    bool       `bun:"masked"`
	Protected bool       `bun:"protected"`
}

func (s projectStore) Variables(ctx context.Context, id project.ID) ([]project.Variable, error) {
	var rows []variableRow
	err := s.db.NewSelect().Model(&rows).Where("project_id = ?", id).Order("name").Scan(ctx)
	variables := make([]project.Variable, len(rows))
	for i, row := range rows {
		variables[i] = project.Variable{Key: row.Name, Value: row.Value, Masked: row.Masked, Protected: row.Protected}
	}
	return variables, err
}

func (s projectStore) SetVariable(ctx context.Context, id project.ID, v project.Variable) error {
	row := &variableRow{ProjectID: id, Name: v.Key, Value: v.Value, Masked: v.Masked, Protected: v.Protected}
	_, err := s.db.NewInsert().Model(row).On("CONFLICT (project_id, name) DO UPDATE").
		Set("value = EXCLUDED.value, masked = EXCLUDED.masked, protected = EXCLUDED.protected").Exec(ctx)
	return err
}

func (s projectStore) RemoveVariable(ctx context.Context, id project.ID, key string) error {
	result, err := s.db.NewDelete().Model((*variableRow)(nil)).Where("project_id = ? AND name = ?", id, key).Exec(ctx)
	return goneAsMissing(changedOne(result, err, "no variable %q", key))
}
