package group

import (
	"context"
	"time"

	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Store is what groups need kept. Every mutating method saves its events in the
// same transaction. Memberships that have ended do not count, nor are they
// listed, except by Expired.
type Store interface {
	// Create keeps a group and its first owner; fault.Conflict when the path is
	// another group's or a user's name.
	Create(ctx context.Context, g Group, owner auth.UserID, events ...event.Event) (Group, error)
	// ByPath finds by path, whatever its case, counted for user; fault.Missing.
	ByPath(ctx context.Context, path string, user auth.UserID) (Group, error)
	// List gives the groups that user is a member of, or all, by path, and how
	// many there are, counted for user. search matches a part of path or name.
	List(ctx context.Context, user auth.UserID, all bool, search string, page project.Page) ([]Group, int, error)
	// Update saves name and description.
	Update(ctx context.Context, g Group, events ...event.Event) error
	// Delete removes a group; fault.Conflict when it has projects.
	Delete(ctx context.Context, id ID, events ...event.Event) error
	// Projects lists the group's projects, by path.
	Projects(ctx context.Context, id ID, page project.Page) ([]project.Project, int, error)

	// Role is the user's role in the group; auth.None when not a member.
	Role(ctx context.Context, id ID, user auth.UserID) (auth.Role, error)
	// Member is the user's membership, with the role auth.None when there is
	// none; fault.Missing when there is no user.
	Member(ctx context.Context, id ID, user auth.UserID) (project.Member, error)
	// Members lists by role, highest first, then by name.
	Members(ctx context.Context, id ID) ([]project.Member, error)
	// SetMember adds or changes a member; fault.Conflict when the group would
	// lose its last owner by it.
	SetMember(ctx context.Context, id ID, m project.Member, events ...event.Event) error
	// RemoveMember removes a member; fault.Missing when there is none, and
	// fault.Conflict when it is the last owner.
	RemoveMember(ctx context.Context, id ID, user auth.UserID, events ...event.Event) error
	// Expired lists the memberships in groups that ended before now.
	Expired(ctx context.Context, now time.Time) ([]Expired, error)
	// RemoveExpired removes one; fault.Conflict when it no longer is one.
	RemoveExpired(ctx context.Context, e Expired, now time.Time, events ...event.Event) error
}
