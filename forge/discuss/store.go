package discuss

import (
	"context"
	"time"

	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Store keeps threads and notes. Writes are one transaction with the events
// they are given; what is not there is fault.Missing; a write whose Version is
// not the stored one is fault.Conflict.
type Store interface {
	// Start saves a new thread with its first note, gives both ids, and saves
	// the events that report makes of them. Where the request has most notes
	// already, system notes not counted, the answer is fault.Limited; where a
	// thread tells of t.Event already, fault.Conflict.
	Start(ctx context.Context, t Thread, mentions []auth.UserID, most int, report func(Thread, Note) []event.Event) (Thread, error)
	// Reply adds a note to a thread, likewise.
	Reply(ctx context.Context, t Thread, n Note, mentions []auth.UserID, most int, report func(Thread, Note) []event.Event) (Note, error)
	// Threads lists a request's threads with their notes, in the order they
	// were begun.
	Threads(ctx context.Context, request int64) ([]Thread, error)
	// Thread finds a thread of a request.
	Thread(ctx context.Context, request int64, id ThreadID) (Thread, error)
	// ThreadOf finds the thread of a note of a request.
	ThreadOf(ctx context.Context, request int64, id NoteID) (Thread, error)
	// ProjectThread finds the thread of a note of a project.
	ProjectThread(ctx context.Context, id project.ID, note NoteID) (Thread, error)
	// EditNote saves a note's body and time, guarded by n.Version, and adds
	// mentions.
	EditNote(ctx context.Context, n Note, mentions []auth.UserID, events ...event.Event) error
	// DeleteNote removes a note, and its thread with its last note.
	DeleteNote(ctx context.Context, t ThreadID, n NoteID, events ...event.Event) error
	// Settle saves who resolved a thread and when, or that nobody did, guarded
	// by t.Version.
	Settle(ctx context.Context, t Thread, events ...event.Event) error
	// Apply saves that suggestions were applied and settles their threads,
	// whatever their versions. One that is saved already stays as it is.
	Apply(ctx context.Context, applied []Applied, threads []ThreadID, by string, at time.Time, events ...event.Event) error
	// Counts counts the resolvable threads of requests; one without any is not
	// in the answer.
	Counts(ctx context.Context, requests []int64) (map[int64]Count, error)
	// Mentions lists the notes that call a user and that they have not answered:
	// youngest first, without threads that are resolved or requests in which
	// they have written since.
	Mentions(ctx context.Context, user auth.UserID, limit int) ([]Mention, error)
}

// Count is how many resolvable threads there are.
type Count struct{ Total, Unresolved int }

// Mention is a call that waits for an answer.
type Mention struct {
	Project project.ID
	Request int64
	Number  int
	Thread  ThreadID
	Note    NoteID
	By      Author
	At      time.Time
}
