package repo

import (
	"context"
	"time"

	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// Store keeps what is not in git.
type Store interface {
	// Protections lists a project's rules by pattern.
	Protections(ctx context.Context, id project.ID) ([]Protection, error)
	// SaveProtection adds a rule or replaces the one with its pattern.
	SaveProtection(ctx context.Context, id project.ID, rule Protection, events ...event.Event) error
	// AddProtection adds a rule, and does nothing if its pattern has one.
	AddProtection(ctx context.Context, id project.ID, rule Protection) error
	// DeleteProtection removes a rule; fault.Missing when there is none.
	DeleteProtection(ctx context.Context, id project.ID, pattern string, events ...event.Event) error

	// AddIntent saves what a push or a merge is about to do.
	AddIntent(ctx context.Context, intent Intent) (IntentID, error)
	// SettleIntent saves the events of the moves that happened and reduces the
	// intent to the moves still open; without any it is deleted. An intent that
	// is gone answers fault.Conflict: its events are saved already.
	SettleIntent(ctx context.Context, id IntentID, open []git.RefUpdate, events ...event.Event) error
	// Intents lists all intents, oldest first.
	Intents(ctx context.Context) ([]Intent, error)
}

// IntentID names an intent.
type IntentID int64

// Intent is a push or merge that git may or may not have carried out.
type Intent struct {
	ID        IntentID
	Project   project.ID
	User      auth.UserID
	Username  string
	Source    Source
	Options   []string
	Updates   []git.RefUpdate
	CreatedAt time.Time
}

// Source is how a ref came to move.
type Source string

// The sources.
const (
	SourcePush  Source = "push"
	SourceMerge Source = "merge"
	// SourceLanding is a move that the server made of what others had pushed:
	// the merge of a merge request, and the update of its branch. Who asked for
	// it added nothing of their own.
	SourceLanding Source = "landing"
)

// Pushed happens when a ref has moved. Before and After are git.Zero for a ref
// that was created or deleted.
type Pushed struct {
	Project  project.ID  `json:"project"`
	Ref      string      `json:"ref"` // "refs/heads/main"
	Before   string      `json:"before"`
	After    string      `json:"after"`
	User     auth.UserID `json:"user"`
	Username string      `json:"username"`
	Source   Source      `json:"source"`
	Options  []string    `json:"options,omitempty"` // git push -o
}

// EventKind implements event.Event.
func (Pushed) EventKind() string { return "repo.pushed" }

func (i Intent) events(moved []git.RefUpdate) []event.Event {
	events := make([]event.Event, len(moved))
	for n, u := range moved {
		events[n] = Pushed{
			Project: i.Project, Ref: u.Ref, Before: u.Before, After: u.After,
			User: i.User, Username: i.Username, Source: i.Source, Options: i.Options,
		}
	}
	return events
}
