package project

import (
	"context"

	"dasier/event"
	"dasier/forge/auth"
)

// Page says which part of a list is wanted. The zero value is the first 50.
type Page struct {
	Offset int
	Limit  int
}

// Store is what projects need kept. Every mutating method saves its events in
// the same transaction.
type Store interface {
	// Create keeps a project and its first owner, and gives it an id;
	// fault.Conflict when the path is taken. created makes the event from the id.
	Create(ctx context.Context, p Project, owner auth.UserID, created func(ID) event.Event) (Project, error)
	// Project finds by id; fault.Missing.
	Project(ctx context.Context, id ID) (Project, error)
	// ByPath finds by path, whatever its case; fault.Missing.
	ByPath(ctx context.Context, namespace, name string) (Project, error)
	// List gives the projects that user is a member of (all when user is 0),
	// by path, and how many there are. search matches a part of the path.
	List(ctx context.Context, user auth.UserID, search string, page Page) ([]Project, int, error)
	// Update saves description and default branch.
	Update(ctx context.Context, p Project) error
	// Delete removes the project's rows and all that refers to them.
	Delete(ctx context.Context, id ID, events ...event.Event) error
	// NamespaceUse tells whether the namespace is in use, by projects or as
	// another user's name, and whether user owns a project there.
	NamespaceUse(ctx context.Context, namespace string, user auth.UserID) (used, owns bool, err error)

	// Role is the user's role in the project; auth.None when not a member.
	Role(ctx context.Context, id ID, user auth.UserID) (auth.Role, error)
	// Members lists by role, highest first, then by name.
	Members(ctx context.Context, id ID) ([]Member, error)
	// SetMember adds or changes a member; fault.Conflict when the project would
	// lose its last owner by it.
	SetMember(ctx context.Context, id ID, user auth.UserID, role auth.Role) error
	// RemoveMember removes a member; fault.Missing when there is none, and
	// fault.Conflict when it is the last owner.
	RemoveMember(ctx context.Context, id ID, user auth.UserID) error

	// Variables lists by key.
	Variables(ctx context.Context, id ID) ([]Variable, error)
	// SetVariable adds or replaces.
	SetVariable(ctx context.Context, id ID, v Variable) error
	// RemoveVariable removes; fault.Missing when there is none.
	RemoveVariable(ctx context.Context, id ID, key string) error
}
