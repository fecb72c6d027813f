package merge

import (
	"context"

	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Filter picks requests of a project. Zero fields pick all.
type Filter struct {
	State    State
	Search   string // a part of title or description
	Author   string // user names
	Reviewer string
	Source   string
	Target   string
	Offset   int
	Limit    int // 0 is 50
}

// Store keeps requests. Every mutating method saves its events in the same
// transaction.
type Store interface {
	// Create keeps a request with its first version under the project's next
	// number. An open request of the same branches answers fault.Conflict with
	// its number. opened makes the events from the id and the number.
	Create(ctx context.Context, r Request, first Version, opened func(ID, int) []event.Event) (Request, error)
	// Request and ByNumber answer fault.Missing.
	Request(ctx context.Context, id ID) (Request, error)
	ByNumber(ctx context.Context, id project.ID, number int) (Request, error)
	// List gives newest first, and counts all that match.
	List(ctx context.Context, id project.ID, filter Filter) ([]Request, int, error)
	// From lists the open requests whose source is the branch, and Into those
	// whose target it is.
	From(ctx context.Context, id project.ID, branch string) ([]Request, error)
	Into(ctx context.Context, id project.ID, branch string) ([]Request, error)
	// Concerning lists the open requests, in all projects, that the user opened
	// or is asked to review, those changed last first.
	Concerning(ctx context.Context, user auth.UserID, limit int) ([]Request, error)
	// Save keeps a request's fields and reviewers, guarded by its version, which
	// it counts up: fault.Conflict when somebody was faster, and when an open
	// request of the same branches is there.
	Save(ctx context.Context, r Request, events ...event.Event) (Request, error)
	// AddVersion saves the request with a new version. push names the push that
	// made it, "" for none: one that was taken in before answers fault.Conflict.
	AddVersion(ctx context.Context, r Request, v Version, push string, events ...event.Event) (Request, error)
	// Versions lists oldest first.
	Versions(ctx context.Context, id ID) ([]Version, error)

	// Approvals lists oldest first.
	Approvals(ctx context.Context, id ID) ([]Approval, error)
	// Approve keeps a person's approval in place of an earlier one, and counts up
	// the request's version, which guards it.
	Approve(ctx context.Context, r Request, a Approval, events ...event.Event) error
	// Unapprove takes one back; fault.Missing when there is none.
	Unapprove(ctx context.Context, id ID, user auth.UserID, events ...event.Event) error

	// Settings of a project that has never said are the zero value.
	Settings(ctx context.Context, id project.ID) (Settings, error)
	SaveSettings(ctx context.Context, id project.ID, settings Settings, events ...event.Event) error
}

// Action is what happened to a request.
type Action string

// The actions.
const (
	ActionOpened     Action = "opened"
	ActionUpdated    Action = "updated" // a new version
	ActionEdited     Action = "edited"
	ActionApproved   Action = "approved"
	ActionUnapproved Action = "unapproved"
	ActionVoided     Action = "voided" // by something other than a push
	ActionClosed     Action = "closed"
	ActionReopened   Action = "reopened"
	ActionMerged     Action = "merged"
)

// Changed happens with everything that happens to a request.
type Changed struct {
	Project  project.ID  `json:"project"`
	Request  ID          `json:"request"`
	Number   int         `json:"number"`
	Action   Action      `json:"action"`
	User     auth.UserID `json:"user"`
	Username string      `json:"username"`
	Before   string      `json:"before,omitempty"` // the head before, of updated
	Text     string      `json:"text,omitempty"`   // a line for the discussion
}

// EventKind implements event.Event.
func (Changed) EventKind() string { return "merge.changed" }

func (r *Request) changed(actor auth.Actor, action Action, text string) Changed {
	return Changed{Project: r.Project, Request: r.ID, Number: r.Number, Action: action, User: actor.User, Username: actor.Username, Text: text}
}
