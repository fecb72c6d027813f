package discuss

import (
	"time"

	"dasier/forge/auth"
	"dasier/forge/project"
)

// ThreadID names a thread.
type ThreadID int64

// NoteID names a note.
type NoteID int64

// Author is who wrote something. User is 0 for a project's own token, and for
// the server itself.
type Author struct {
	User     auth.UserID
	Username string
	Name     string
	Admin    bool
}

// Position is where in the code a thread was begun: a line of a file between
// two commits. NewLine counts in the file at Head and OldLine in that at Base;
// an added line has only the first, a removed one only the second, a line that
// did not change both. Without any it is about the file.
type Position struct {
	BaseSHA string
	HeadSHA string
	OldPath string
	NewPath string
	OldLine int
	NewLine int
}

// Thread is a conversation.
type Thread struct {
	ID         ThreadID
	Project    project.ID
	Request    int64 // the merge request's id
	Number     int   // and its number in the project
	Starter    Author
	System     bool // a line of history, not a conversation
	Resolvable bool
	ResolvedBy string // a username; "" while open
	ResolvedAt *time.Time
	Position   *Position // nil: about the request as a whole
	Lines      []string  // the code at the position, the line itself last
	FileLines  int       // how many lines the file had, on the position's side
	Event      int64     // what a line of history tells of; 0 otherwise
	CreatedAt  time.Time
	Version    int
	Notes      []Note // in the order they were written
}

// Resolved tells whether the thread is settled.
func (t Thread) Resolved() bool { return t.ResolvedAt != nil }

// Note is one contribution to a thread.
type Note struct {
	ID        NoteID
	Author    Author
	Body      string // Markdown
	System    bool
	CreatedAt time.Time
	EditedAt  *time.Time
	Version   int
	Applied   []Applied // which of its suggestions were applied
}

// Applied is a suggestion that became a commit.
type Applied struct {
	Note  NoteID
	Index int
	SHA   string
	By    auth.UserID
	At    time.Time
}

// Subject is what a discussion needs to know of its merge request.
type Subject struct {
	ID       int64
	Project  project.ID
	Number   int
	Source   string // branches
	Target   string
	HeadSHA  string
	BaseSHA  string
	Author   auth.UserID
	Open     bool
	Versions []Version // by number
}

// Version is one state of the source branch.
type Version struct {
	Number  int
	HeadSHA string
	BaseSHA string // where the source left the target
}

// knows tells whether a commit is one that positions may name.
func (s Subject) knows(sha string) bool {
	if sha == s.HeadSHA || sha == s.BaseSHA {
		return true
	}
	for _, v := range s.Versions {
		if sha == v.HeadSHA || sha == v.BaseSHA {
			return true
		}
	}
	return false
}

// Noted happens when something was said.
type Noted struct {
	Project  project.ID    `json:"project"`
	Request  int64         `json:"request"`
	Number   int           `json:"number"`
	Thread   ThreadID      `json:"thread"`
	Note     NoteID        `json:"note"`
	User     auth.UserID   `json:"user"`
	Username string        `json:"username"`
	Mentions []auth.UserID `json:"mentions,omitempty"` // of an edited note, the new ones
	System   bool          `json:"system,omitempty"`
	Edited   bool          `json:"edited,omitempty"`
}

// EventKind implements event.Event.
func (Noted) EventKind() string { return "discuss.noted" }

// Settled happens when a thread is resolved or opened again, or loses a note,
// and with its last one itself.
type Settled struct {
	Project project.ID  `json:"project"`
	Request int64       `json:"request"`
	Number  int         `json:"number"`
	Thread  ThreadID    `json:"thread"`
	User    auth.UserID `json:"user"`
}

// EventKind implements event.Event.
func (Settled) EventKind() string { return "discuss.settled" }
