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
	"dasier/forge/group"
	"dasier/forge/project"
)

type memberRow struct {
	bun.BaseModel `bun:"table:members,alias:m"`

	ProjectID project.ID  `bun:"project_id,pk"`
	UserID    auth.UserID `bun:"user_id,pk"`
	Role      auth.Role   `bun:"role"`
	Since     time.Time   `bun:"since"`
	ExpiresAt *time.Time  `bun:"expires_at"`
}

type groupMemberRow struct {
	bun.BaseModel `bun:"table:group_members,alias:m"`

	GroupID   group.ID    `bun:"group_id,pk"`
	UserID    auth.UserID `bun:"user_id,pk"`
	Role      auth.Role   `bun:"role"`
	Since     time.Time   `bun:"since"`
	ExpiresAt *time.Time  `bun:"expires_at"`
}

// memberLine is a membership with its user's names.
type memberLine struct {
	UserID    auth.UserID
	Username  string
	Name      string
	Role      auth.Role
	Since     *time.Time
	ExpiresAt *time.Time
	Path      string
}

func (l memberLine) member() project.Member {
	m := project.Member{User: l.UserID, Username: l.Username, Name: l.Name, Role: l.Role, ExpiresAt: utcPtr(l.ExpiresAt), Inherited: l.Path}
	if l.Since != nil {
		m.Since = utc(*l.Since)
	}
	return m
}

func (s projectStore) Standing(ctx context.Context, id project.ID, user auth.UserID) (project.Standing, error) {
	now := time.Now().UTC()
	var rows []struct {
		Role auth.Role
		Path string
	}
	err := s.db.NewRaw("SELECT m.role, '' AS path FROM members m WHERE m.project_id = ? AND m.user_id = ? AND (m.expires_at IS NULL OR m.expires_at > ?)"+
		" UNION ALL SELECT m.role, g.path FROM projects p JOIN groups g ON lower(g.path) = lower(p.namespace) JOIN group_members m ON m.group_id = g.id"+
		" WHERE p.id = ? AND m.user_id = ? AND (m.expires_at IS NULL OR m.expires_at > ?)", id, user, now, id, user, now).Scan(ctx, &rows)
	var standing project.Standing
	for _, row := range rows {
		if row.Path == "" {
			standing.Direct = row.Role
		} else {
			standing.Group, standing.Path = row.Role, row.Path
		}
	}
	return standing, err
}

func (s projectStore) Member(ctx context.Context, id project.ID, user auth.UserID) (project.Member, error) {
	return memberOf(ctx, s.db, "members", "project_id", int64(id), user)
}

// memberOf finds a user, and their membership if it has not ended.
func memberOf(ctx context.Context, db bun.IDB, table, column string, id int64, user auth.UserID) (project.Member, error) {
	var line memberLine
	err := db.NewSelect().TableExpr("users AS u").
		Join("LEFT JOIN ? AS m ON m.user_id = u.id AND m.? = ? AND (m.expires_at IS NULL OR m.expires_at > ?)", bun.Ident(table), bun.Ident(column), id, time.Now().UTC()).
		ColumnExpr("u.id AS user_id, u.username, u.name, coalesce(m.role, 0) AS role, m.since, m.expires_at").
		Where("u.id = ?", user).Scan(ctx, &line)
	return line.member(), notFound(err, "no user %d", user)
}

func (s projectStore) Members(ctx context.Context, id project.ID) ([]project.Member, error) {
	now := time.Now().UTC()
	var rows []memberLine
	err := s.db.NewRaw("SELECT m.user_id, u.username, u.name, m.role, m.since, m.expires_at, '' AS path FROM members m JOIN users u ON u.id = m.user_id"+
		" WHERE m.project_id = ? AND (m.expires_at IS NULL OR m.expires_at > ?)"+
		" UNION ALL SELECT m.user_id, u.username, u.name, m.role, m.since, m.expires_at, g.path FROM projects p"+
		" JOIN groups g ON lower(g.path) = lower(p.namespace) JOIN group_members m ON m.group_id = g.id JOIN users u ON u.id = m.user_id"+
		" WHERE p.id = ? AND (m.expires_at IS NULL OR m.expires_at > ?)"+
		" ORDER BY 4 DESC, 2, 7", id, now, id, now).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("listing members: %w", err)
	}
	// Who is one by both ways comes first with the higher role; of equal ones,
	// with the project's own.
	members, seen := make([]project.Member, 0, len(rows)), map[auth.UserID]bool{}
	for _, row := range rows {
		if !seen[row.UserID] {
			seen[row.UserID] = true
			members = append(members, row.member())
		}
	}
	return members, nil
}

func (s projectStore) SetMember(ctx context.Context, id project.ID, m project.Member, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if m.Role != auth.Owner || m.ExpiresAt != nil {
			if err := keepOwner(ctx, tx, id, m.User); err != nil {
				return err
			}
		}
		row := &memberRow{ProjectID: id, UserID: m.User, Role: m.Role, Since: time.Now().UTC(), ExpiresAt: utcPtr(m.ExpiresAt)}
		_, err := tx.NewInsert().Model(row).On("CONFLICT (project_id, user_id) DO UPDATE").Set("role = EXCLUDED.role, expires_at = EXCLUDED.expires_at").Exec(ctx)
		return err
	}, events...)
}

func (s projectStore) RemoveMember(ctx context.Context, id project.ID, user auth.UserID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := keepOwner(ctx, tx, id, user); err != nil {
			return err
		}
		result, err := tx.NewDelete().Model((*memberRow)(nil)).Where("project_id = ? AND user_id = ?", id, user).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "not a member of this project"))
	}, events...)
}

// keepOwner refuses to let the last owner go, of those whose membership does
// not end; one of the group will do. It locks the project's row first: of two
// owners who leave at once, the second sees that the first has gone.
func keepOwner(ctx context.Context, tx bun.Tx, id project.ID, leaving auth.UserID) error {
	if _, err := tx.NewUpdate().Model((*projectRow)(nil)).Set("name = name").Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("locking the project: %w", err)
	}
	var owners []auth.UserID
	err := tx.NewSelect().Model((*memberRow)(nil)).Column("user_id").Where("project_id = ? AND role = ? AND expires_at IS NULL", id, auth.Owner).Scan(ctx, &owners)
	if err != nil {
		return fmt.Errorf("listing owners: %w", err)
	}
	if len(owners) != 1 || owners[0] != leaving {
		return nil
	}
	ofGroup, err := tx.NewSelect().Model((*groupMemberRow)(nil)).
		Join("JOIN groups g ON g.id = m.group_id").Join("JOIN projects p ON lower(p.namespace) = lower(g.path)").
		Where("p.id = ? AND m.role = ? AND m.expires_at IS NULL", id, auth.Owner).Exists(ctx)
	if err != nil {
		return fmt.Errorf("looking for the group's owners: %w", err)
	}
	if !ofGroup {
		return fault.Errorf(fault.Conflict, "the project would be left without an owner: make someone else owner first")
	}
	return nil
}

func (s projectStore) Expired(ctx context.Context, now time.Time) ([]project.Expired, error) {
	var rows []struct {
		memberLine `bun:",extend"`

		ProjectID project.ID
	}
	err := s.db.NewSelect().TableExpr("members AS m").Join("JOIN users u ON u.id = m.user_id").
		ColumnExpr("m.project_id, m.user_id, u.username, u.name, m.role, m.since, m.expires_at").
		Where("m.expires_at <= ?", now).Order("m.project_id", "m.user_id").Scan(ctx, &rows)
	expired := make([]project.Expired, len(rows))
	for i, row := range rows {
		expired[i] = project.Expired{Project: row.ProjectID, Member: row.member()}
	}
	return expired, err
}

func (s projectStore) RemoveExpired(ctx context.Context, e project.Expired, now time.Time, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*memberRow)(nil)).Where("project_id = ? AND user_id = ? AND expires_at <= ?", e.Project, e.Member.User, now).Exec(ctx)
		return changedOne(result, err, "the membership has changed")
	}, events...)
}

func (s groupStore) Role(ctx context.Context, id group.ID, user auth.UserID) (auth.Role, error) {
	var row groupMemberRow
	err := s.db.NewSelect().Model(&row).Where("group_id = ? AND user_id = ? AND (expires_at IS NULL OR expires_at > ?)", id, user, time.Now().UTC()).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.None, nil
	}
	return row.Role, err
}

func (s groupStore) Member(ctx context.Context, id group.ID, user auth.UserID) (project.Member, error) {
	return memberOf(ctx, s.db, "group_members", "group_id", int64(id), user)
}

func (s groupStore) Members(ctx context.Context, id group.ID) ([]project.Member, error) {
	var rows []memberLine
	err := s.db.NewSelect().TableExpr("group_members AS m").Join("JOIN users u ON u.id = m.user_id").
		ColumnExpr("m.user_id, u.username, u.name, m.role, m.since, m.expires_at").
		Where("m.group_id = ? AND (m.expires_at IS NULL OR m.expires_at > ?)", id, time.Now().UTC()).Order("m.role DESC", "u.username").Scan(ctx, &rows)
	members := make([]project.Member, len(rows))
	for i, row := range rows {
		members[i] = row.member()
	}
	return members, err
}

func (s groupStore) SetMember(ctx context.Context, id group.ID, m project.Member, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if m.Role != auth.Owner || m.ExpiresAt != nil {
			if err := keepGroupOwner(ctx, tx, id, m.User); err != nil {
				return err
			}
		}
		row := &groupMemberRow{GroupID: id, UserID: m.User, Role: m.Role, Since: time.Now().UTC(), ExpiresAt: utcPtr(m.ExpiresAt)}
		_, err := tx.NewInsert().Model(row).On("CONFLICT (group_id, user_id) DO UPDATE").Set("role = EXCLUDED.role, expires_at = EXCLUDED.expires_at").Exec(ctx)
		return err
	}, events...)
}

func (s groupStore) RemoveMember(ctx context.Context, id group.ID, user auth.UserID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := keepGroupOwner(ctx, tx, id, user); err != nil {
			return err
		}
		result, err := tx.NewDelete().Model((*groupMemberRow)(nil)).Where("group_id = ? AND user_id = ?", id, user).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "not a member of this group"))
	}, events...)
}

// keepGroupOwner is keepOwner for a group.
func keepGroupOwner(ctx context.Context, tx bun.Tx, id group.ID, leaving auth.UserID) error {
	if _, err := tx.NewUpdate().Model((*groupRow)(nil)).Set("name = name").Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("locking the group: %w", err)
	}
	var owners []auth.UserID
	if err := tx.NewSelect().Model((*groupMemberRow)(nil)).Column("user_id").Where("group_id = ? AND role = ? AND expires_at IS NULL", id, auth.Owner).Scan(ctx, &owners); err != nil {
		return fmt.Errorf("listing owners: %w", err)
	}
	if len(owners) == 1 && owners[0] == leaving {
		return fault.Errorf(fault.Conflict, "the group would be left without an owner: make someone else owner first")
	}
	return nil
}

func (s groupStore) Expired(ctx context.Context, now time.Time) ([]group.Expired, error) {
	var rows []struct {
		memberLine `bun:",extend"`

		GroupID group.ID
	}
	err := s.db.NewSelect().TableExpr("group_members AS m").Join("JOIN users u ON u.id = m.user_id").Join("JOIN groups g ON g.id = m.group_id").
		ColumnExpr("m.group_id, g.path, m.user_id, u.username, u.name, m.role, m.since, m.expires_at").
		Where("m.expires_at <= ?", now).Order("m.group_id", "m.user_id").Scan(ctx, &rows)
	expired := make([]group.Expired, len(rows))
	for i, row := range rows {
		m := row.member()
		m.Inherited = ""
		expired[i] = group.Expired{Group: row.GroupID, Path: row.Path, Member: m}
	}
	return expired, err
}

func (s groupStore) RemoveExpired(ctx context.Context, e group.Expired, now time.Time, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*groupMemberRow)(nil)).Where("group_id = ? AND user_id = ? AND expires_at <= ?", e.Group, e.Member.User, now).Exec(ctx)
		return changedOne(result, err, "the membership has changed")
	}, events...)
}
