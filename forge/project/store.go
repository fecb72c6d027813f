package project

import (
	"context"
	"time"

	"dasier/event"
	"dasier/forge/auth"
)

// Page says which part of a list is wanted. The zero value is the first 50.
type Page struct {
	Offset int
	Limit  int
}

// Namespace is whose a namespace is: a user's, a group's, or still nobody's.
type Namespace struct {
	User  auth.UserID // whose user name it is; 0: no user's
	Group bool        // it is a group's path
	Role  auth.Role   // the asking user's in the group
	Owned bool        // the group has an owner whose membership does not end
}

// Store is what projects need kept. Every mutating method saves its events in
// the same transaction. Memberships that have ended do not count, nor are they
// listed, except by Expired.
type Store interface {
	// Create keeps a project and its first owner (0: it has those of its
	// group), and gives it an id; fault.Conflict when the path is taken.
	// created makes events from the id.
	Create(ctx context.Context, p Project, owner auth.UserID, created ...func(ID) event.Event) (Project, error)
	// CreateWithGroup is Create in a namespace that nobody has yet: it makes
	// the group of that name, with its owner; fault.Conflict when somebody has.
	CreateWithGroup(ctx context.Context, p Project, owner auth.UserID, created ...func(ID) event.Event) (Project, error)
	// Project finds by id; fault.Missing.
	Project(ctx context.Context, id ID) (Project, error)
	// ByPath finds by path, whatever its case; fault.Missing.
	ByPath(ctx context.Context, namespace, name string) (Project, error)
	// List gives the projects that user is a member of, also through a group
	// (all when user is 0), by path, and how many there are. search matches a
	// part of the path.
	List(ctx context.Context, user auth.UserID, search string, page Page) ([]Project, int, error)
	// Update saves description and default branch.
	Update(ctx context.Context, p Project, events ...event.Event) error
	// Delete removes the project's rows and all that refers to them.
	Delete(ctx context.Context, id ID, events ...event.Event) error
	// Namespace tells whose a namespace is, and user's role in it.
	Namespace(ctx context.Context, namespace string, user auth.UserID) (Namespace, error)

	// Standing is the user's standing in the project; the zero value when they
	// are no member.
	Standing(ctx context.Context, id ID, user auth.UserID) (Standing, error)
	// Member is the user's membership in the project itself; with the role
	// auth.None when there is none, and fault.Missing when there is no user.
	Member(ctx context.Context, id ID, user auth.UserID) (Member, error)
	// Members lists by role, highest first, then by name; those of the group
	// too, each user once, with the higher role.
	Members(ctx context.Context, id ID) ([]Member, error)
	// SetMember adds or changes a member; fault.Conflict when the project would
	// lose its last owner by it.
	SetMember(ctx context.Context, id ID, m Member, events ...event.Event) error
	// RemoveMember removes a member of the project itself; fault.Missing when
	// there is none, and fault.Conflict when it is the last owner.
	RemoveMember(ctx context.Context, id ID, user auth.UserID, events ...event.Event) error
	// Expired lists the memberships in projects that ended before now.
	Expired(ctx context.Context, now time.Time) ([]Expired, error)
	// RemoveExpired removes one; fault.Conflict when it no longer is one.
	RemoveExpired(ctx context.Context, e Expired, now time.Time, events ...event.Event) error

	// Tokens lists the project's own tokens, newest first.
	Tokens(ctx context.Context, id ID) ([]auth.ProjectToken, error)
	// AddToken keeps a token by the hash of its secret; fault.Conflict when the
	// project has one of that name.
	AddToken(ctx context.Context, t auth.ProjectToken, hash string, events ...event.Event) (auth.ProjectToken, error)
	// RemoveToken removes a token; fault.Missing.
	RemoveToken(ctx context.Context, id ID, token int64, events ...event.Event) error

	// JobAccess tells whether the jobs of source may read in the project.
	JobAccess(ctx context.Context, id, source ID) (bool, error)
	// JobSources lists the projects whose jobs may, by path.
	JobSources(ctx context.Context, id ID) ([]Project, error)
	// AllowJobs adds source; the list has it once.
	AllowJobs(ctx context.Context, id, source ID, events ...event.Event) error
	// ForbidJobs takes source away; fault.Missing when it is not listed.
	ForbidJobs(ctx context.Context, id, source ID, events ...event.Event) error
}
