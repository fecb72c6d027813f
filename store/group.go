package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/project"
)

// Group keeps groups and their members.
func (s *Store) Group() group.Store { return groupStore{s} }

type groupStore struct{ *Store }

type groupRow struct {
	bun.BaseModel `bun:"table:groups,alias:g"`

	ID          group.ID  `bun:"id,pk,autoincrement"`
	Path        string    `bun:"path"`
	Name        string    `bun:"name"`
	Description string    `bun:"description"`
	CreatedAt   time.Time `bun:"created_at"`
}

func (r groupRow) group() group.Group {
	return group.Group{ID: r.ID, Path: r.Path, Name: r.Name, Description: r.Description, CreatedAt: utc(r.CreatedAt)}
}

func (s groupStore) Create(ctx context.Context, g group.Group, owner auth.UserID, events ...event.Event) (group.Group, error) {
	row := &groupRow{Path: g.Path, Name: g.Name, Description: g.Description, CreatedAt: g.CreatedAt}
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := insertGroup(ctx, tx, row, owner)
		return err
	}, events...)
	return row.group(), err
}

func insertGroup(ctx context.Context, tx bun.Tx, row *groupRow, owner auth.UserID) error {
	if err := takeNamespace(ctx, tx, row.Path); err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return fmt.Errorf("creating group: %w", err)
	}
	member := &groupMemberRow{GroupID: row.ID, UserID: owner, Role: auth.Owner, Since: row.CreatedAt}
	if _, err := tx.NewInsert().Model(member).Exec(ctx); err != nil {
		return fmt.Errorf("making the owner a member: %w", err)
	}
	return nil
}

// holdGroup locks the group of a namespace: a project that is made and a group
// that goes see each other. It tells whether there is one.
func holdGroup(ctx context.Context, tx bun.Tx, path string) (bool, error) {
	result, err := tx.NewUpdate().Model((*groupRow)(nil)).Set("name = name").Where("lower(path) = lower(?)", path).Exec(ctx)
	if err := changedOne(result, err, "gone"); fault.Is(err, fault.Conflict) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("locking the group: %w", err)
	}
	return true, nil
}

// countedRow is a group as a user looks at it.
type countedRow struct {
	groupRow `bun:",extend"`

	Projects int
	Members  int
	Role     auth.Role
}

func (r countedRow) group() group.Group {
	g := r.groupRow.group()
	g.Projects, g.Members, g.Role = r.Projects, r.Members, r.Role
	return g
}

// counted selects groups with what is counted of them.
func (s groupStore) counted(rows any, user auth.UserID) *bun.SelectQuery {
	now := time.Now().UTC()
	return s.db.NewSelect().Model(rows).ColumnExpr("g.*").
		ColumnExpr("(SELECT count(*) FROM projects p WHERE lower(p.namespace) = lower(g.path)) AS projects").
		ColumnExpr("(SELECT count(*) FROM group_members m WHERE m.group_id = g.id AND (m.expires_at IS NULL OR m.expires_at > ?)) AS members", now).
		ColumnExpr("coalesce((SELECT m.role FROM group_members m WHERE m.group_id = g.id AND m.user_id = ? AND (m.expires_at IS NULL OR m.expires_at > ?)), 0) AS role", user, now)
}

func (s groupStore) ByPath(ctx context.Context, path string, user auth.UserID) (group.Group, error) {
	var row countedRow
	err := s.counted(&row, user).Where("lower(g.path) = lower(?)", path).Scan(ctx)
	return row.group(), notFound(err, "no group %s", path)
}

func (s groupStore) List(ctx context.Context, user auth.UserID, all bool, search string, page project.Page) ([]group.Group, int, error) {
	var rows []countedRow
	query := s.counted(&rows, user).Order("g.path").Offset(int64(page.Offset)).Limit(int64(page.Limit))
	if !all {
		query.Where("EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = g.id AND m.user_id = ? AND (m.expires_at IS NULL OR m.expires_at > ?))", user, time.Now().UTC())
	}
	if search != "" {
		part := like(search)
		query.Where(`(lower(g.path) LIKE lower(?) ESCAPE '\' OR lower(g.name) LIKE lower(?) ESCAPE '\')`, part, part)
	}
	total, err := query.ScanAndCount(ctx)
	groups := make([]group.Group, len(rows))
	for i, row := range rows {
		groups[i] = row.group()
	}
	return groups, int(total), err
}

func (s groupStore) Update(ctx context.Context, g group.Group, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*groupRow)(nil)).Set("name = ?", g.Name).Set("description = ?", g.Description).Where("id = ?", g.ID).Exec(ctx)
		return changedOne(result, err, "group %s is gone", g.Path)
	}, events...)
}

func (s groupStore) Delete(ctx context.Context, id group.ID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var row groupRow
		if err := tx.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
			return notFound(err, "group %d is gone already", id)
		}
		if _, err := holdGroup(ctx, tx, row.Path); err != nil {
			return err
		}
		used, err := tx.NewSelect().Model((*projectRow)(nil)).Where("lower(p.namespace) = lower(?)", row.Path).Exists(ctx)
		if err != nil {
			return fmt.Errorf("looking for the group's projects: %w", err)
		}
		if used {
			return fault.Errorf(fault.Conflict, "group %s still has projects: delete them first", row.Path)
		}
		if _, err := tx.NewDelete().Model((*groupRow)(nil)).Where("id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("deleting group: %w", err)
		}
		// Its variables go with it: who takes the path next must not find them.
		if _, err := tx.NewDelete().Model((*variableRow)(nil)).Where("project_id IS NULL AND namespace = ?", strings.ToLower(row.Path)).Exec(ctx); err != nil {
			return fmt.Errorf("deleting the group's variables: %w", err)
		}
		_, err = tx.NewDelete().Model((*namespaceRow)(nil)).Where("path = ?", strings.ToLower(row.Path)).Exec(ctx)
		return err
	}, events...)
}

func (s groupStore) Projects(ctx context.Context, id group.ID, page project.Page) ([]project.Project, int, error) {
	var rows []projectRow
	total, err := s.db.NewSelect().Model(&rows).Join("JOIN groups g ON lower(g.path) = lower(p.namespace)").Where("g.id = ?", id).
		Order("p.name").Offset(int64(page.Offset)).Limit(int64(page.Limit)).ScanAndCount(ctx)
	return projectsOf(rows), int(total), err
}
