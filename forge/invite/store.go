package invite

import (
	"context"
	"time"

	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/project"
)

// Store is what invitations need kept. Every mutating method saves its events
// in the same transaction.
type Store interface {
	// Add keeps an invitation by the hash of its secret.
	Add(ctx context.Context, i Invitation, hash string, events ...event.Event) (Invitation, error)
	// ByHash finds an invitation with its path and its maker's name;
	// fault.Missing.
	ByHash(ctx context.Context, hash string) (Invitation, error)
	// List gives the invitations to a project, or to a group (the other is 0),
	// that are not over, newest first.
	List(ctx context.Context, to project.ID, or group.ID, now time.Time) ([]Invitation, error)
	// Remove removes an invitation; fault.Missing.
	Remove(ctx context.Context, id int64, events ...event.Event) error
	// Accept takes one use and makes user a member for good, unless they have
	// that role or a higher one, in one transaction; Over() when the
	// invitation is over by now, and then nothing is changed.
	Accept(ctx context.Context, i Invitation, user auth.UserID, now time.Time, events ...event.Event) error
	// Register is Accept for a user who is made in the same transaction;
	// fault.Conflict also when user name or e-mail is taken.
	Register(ctx context.Context, i Invitation, u auth.User, passwordHash string, now time.Time, events ...event.Event) (auth.User, error)
}
