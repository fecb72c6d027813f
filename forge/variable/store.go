package variable

import (
	"context"

	"dasier/event"
	"dasier/forge/project"
)

// Plain is a variable of the time before values were sealed.
type Plain struct {
	Project project.ID
	Variable
}

// Store is what variables need kept. Every mutating method saves its events in
// the same transaction.
type Store interface {
	// List gives the owner's variables, by key and scope.
	List(ctx context.Context, o Owner) ([]Record, error)
	// Find gives one; fault.Missing.
	Find(ctx context.Context, o Owner, key, scope string) (Record, error)
	// Save adds, or replaces the one with the same key and scope.
	Save(ctx context.Context, o Owner, r Record, events ...event.Event) error
	// Remove removes; fault.Missing when there is none.
	Remove(ctx context.Context, o Owner, key, scope string, events ...event.Event) error

	// Plains lists what is not sealed yet.
	Plains(ctx context.Context) ([]Plain, error)
	// Adopt keeps records in the place of all plain variables, and leaves no
	// trace of those in the database's file.
	Adopt(ctx context.Context, records map[project.ID][]Record) error
}
