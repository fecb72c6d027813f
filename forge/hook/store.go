package hook

import (
	"context"
	"time"

	"dasier/event"
	"dasier/forge/project"
)

// Store is what hooks need kept. Mutating methods save their events in the same
// transaction; those that say so answer fault.Conflict when the hook has another
// version than the one given.
type Store interface {
	// List gives a project's hooks in the order they were made, each with its last
	// delivery.
	List(ctx context.Context, id project.ID) ([]Hook, error)
	// Hook finds one of a project; fault.Missing.
	Hook(ctx context.Context, id project.ID, hook ID) (Hook, error)
	// Add keeps a hook and gives it an id.
	Add(ctx context.Context, h Hook, events ...event.Event) (Hook, error)
	// Update saves a hook; fault.Conflict on another version.
	Update(ctx context.Context, h Hook, events ...event.Event) error
	// Remove removes a hook with all it holds; fault.Missing.
	Remove(ctx context.Context, id project.ID, hook ID, events ...event.Event) error

	// Enqueue keeps messages to be sent. One whose hook has a message of the same
	// source already, sent or not, is left out; so are those beyond limit of a
	// hook that does not keep up.
	Enqueue(ctx context.Context, messages []Message, limit int) error
	// Claim gives the message that has been due longest, and makes it due again
	// at until, so that it is not lost if this process is. Hooks in busy, and those
	// switched off, are passed over. fault.Missing when nothing is due.
	Claim(ctx context.Context, now, until time.Time, busy []ID) (Message, Hook, error)
	// Finish keeps an attempt and what becomes of its message: due again at next,
	// or done when next is zero. The hook's count of failures changes by rule,
	// which also may switch it off. Of the hook's deliveries and messages that are
	// done the last keep stay.
	Finish(ctx context.Context, m Message, d Delivery, next time.Time, keep int, rule func(*Hook) []event.Event) error
	// Log keeps an attempt that belongs to no message.
	Log(ctx context.Context, d Delivery, keep int) (Delivery, error)
	// Deliveries lists a hook's attempts, youngest first, without their texts,
	// and how many there are.
	Deliveries(ctx context.Context, hook ID, page project.Page) ([]Delivery, int, error)
	// Delivery finds one; fault.Missing.
	Delivery(ctx context.Context, hook ID, id DeliveryID) (Delivery, error)
}
