package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/invite"
	"dasier/forge/project"
)

// Invite keeps invitations.
func (s *Store) Invite() invite.Store { return inviteStore{s} }

type inviteStore struct{ *Store }

type invitationRow struct {
	bun.BaseModel `bun:"table:invitations,alias:i"`

	ID        int64       `bun:"id,pk,autoincrement"`
	ProjectID *project.ID `bun:"project_id"`
	GroupID   *group.ID   `bun:"group_id"`
	Hash      string      `bun:"hash"`
	Role      auth.Role   `bun:"role"`
	Email     string      `bun:"email"`
	CreatedBy auth.UserID `bun:"created_by"`
	CreatedAt time.Time   `bun:"created_at"`
	ExpiresAt time.Time   `bun:"expires_at"`
	UsesLeft  int         `bun:"uses_left"`

	Username string `bun:"username,scanonly"`
	Path     string `bun:"place,scanonly"`
}

func (r invitationRow) invitation() invite.Invitation {
	i := invite.Invitation{
		ID: r.ID, Path: r.Path, Role: r.Role, Email: r.Email, By: r.CreatedBy, ByName: r.Username,
		CreatedAt: utc(r.CreatedAt), ExpiresAt: utc(r.ExpiresAt), UsesLeft: r.UsesLeft,
	}
	if r.ProjectID != nil {
		i.Project = *r.ProjectID
	}
	if r.GroupID != nil {
		i.Group = *r.GroupID
	}
	return i
}

func (s inviteStore) Add(ctx context.Context, i invite.Invitation, hash string, events ...event.Event) (invite.Invitation, error) {
	row := &invitationRow{Hash: hash, Role: i.Role, Email: i.Email, CreatedBy: i.By, CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, UsesLeft: i.UsesLeft}
	if i.Project != 0 {
		row.ProjectID = &i.Project
	} else {
		row.GroupID = &i.Group
	}
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	}, events...)
	i.ID = row.ID
	return i, err
}

// named selects invitations with the names of their maker and their place.
func (s inviteStore) named(rows any) *bun.SelectQuery {
	return s.db.NewSelect().Model(rows).ColumnExpr("i.*, u.username, coalesce(p.namespace || '/' || p.name, g.path) AS place").
		Join("JOIN users u ON u.id = i.created_by").Join("LEFT JOIN projects p ON p.id = i.project_id").Join("LEFT JOIN groups g ON g.id = i.group_id")
}

func (s inviteStore) ByHash(ctx context.Context, hash string) (invite.Invitation, error) {
	var row invitationRow
	err := s.named(&row).Where("i.hash = ?", hash).Scan(ctx)
	return row.invitation(), notFound(err, "no such invitation")
}

func (s inviteStore) List(ctx context.Context, to project.ID, or group.ID, now time.Time) ([]invite.Invitation, error) {
	var rows []invitationRow
	query := s.named(&rows).Where("i.uses_left > 0 AND i.expires_at > ?", now).Order("i.id DESC")
	if to != 0 {
		query.Where("i.project_id = ?", to)
	} else {
		query.Where("i.group_id = ?", or)
	}
	err := query.Scan(ctx)
	invitations := make([]invite.Invitation, len(rows))
	for i, row := range rows {
		invitations[i] = row.invitation()
	}
	return invitations, err
}

func (s inviteStore) Remove(ctx context.Context, id int64, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*invitationRow)(nil)).Where("id = ?", id).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "no invitation %d", id))
	}, events...)
}

func (s inviteStore) Accept(ctx context.Context, i invite.Invitation, user auth.UserID, now time.Time, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error { return join(ctx, tx, i, user, now) }, events...)
}

func (s inviteStore) Register(ctx context.Context, i invite.Invitation, u auth.User, passwordHash string, now time.Time, events ...event.Event) (auth.User, error) {
	var created auth.User
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if created, err = insertUser(ctx, tx, u, passwordHash); err != nil {
			return err
		}
		return join(ctx, tx, i, created.ID, now)
	}, events...)
	return created, err
}

// join takes one use, and makes the user a member unless they stand that high.
func join(ctx context.Context, tx bun.Tx, i invite.Invitation, user auth.UserID, now time.Time) error {
	// The guarded update is what bounds the uses: of two that race for the last
	// one, one finds none.
	result, err := tx.NewUpdate().Model((*invitationRow)(nil)).Set("uses_left = uses_left - 1").
		Where("id = ? AND uses_left > 0 AND expires_at > ?", i.ID, now).Exec(ctx)
	if err := changedOne(result, err, "over"); fault.Is(err, fault.Conflict) {
		return invite.Over()
	} else if err != nil {
		return fmt.Errorf("using an invitation: %w", err)
	}
	var member any = &memberRow{ProjectID: i.Project, UserID: user, Role: i.Role, Since: now}
	keys := "CONFLICT (project_id, user_id) DO UPDATE"
	if i.Project == 0 {
		member, keys = &groupMemberRow{GroupID: i.Group, UserID: user, Role: i.Role, Since: now}, "CONFLICT (group_id, user_id) DO UPDATE"
	}
	// A membership that has ended gives way, however high it was.
	_, err = tx.NewInsert().Model(member).On(keys).Set("role = EXCLUDED.role, expires_at = NULL, since = EXCLUDED.since").
		Where("m.role < EXCLUDED.role OR m.expires_at <= ?", now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("making a member: %w", err)
	}
	return nil
}
