package merge

import (
	"regexp"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// ID names a request on the whole server.
type ID int64

// State is where a request stands.
type State string

// The states.
const (
	Opened State = "opened"
	Closed State = "closed"
	Merged State = "merged"
)

// Person is someone as lists show them; the zero value is nobody.
type Person struct {
	ID       auth.UserID
	Username string
	Name     string
}

// Request is one change on its way from Source to Target.
type Request struct {
	ID           ID
	Project      project.ID
	Number       int // in its project, from 1
	Title        string
	Description  string // Markdown
	State        State
	Draft        bool
	Source       string // branches of the project
	Target       string
	Author       Person
	Reviewers    []Person
	RemoveSource bool // delete the source branch when it is merged
	Squash       bool // land it as one commit
	Head         string
	Base         string // of the newest version
	Versions     int    // the newest version's number
	Landing      *Landing
	CreatedAt    time.Time
	UpdatedAt    time.Time
	MergedAt     time.Time
	MergedBy     Person
	MergeSHA     string // what the target became
	ClosedAt     time.Time
	ClosedBy     Person
	Version      int // of the row
}

// Landing is a merge that git may or may not have carried out: it did if the
// target has SHA.
type Landing struct {
	SHA          string      `json:"sha"`
	User         auth.UserID `json:"user"`
	Username     string      `json:"username"`
	RemoveSource bool        `json:"remove_source"`
}

// Version is what the source branch was at one time, while the request was open.
type Version struct {
	Number    int
	Head      string
	Base      string // where it left the target
	CreatedAt time.Time
	User      Person // who pushed it
	Commits   int
	Files     int
	Additions int
	Deletions int
	// Contributors are all who had a hand in it: the e-mail addresses in its
	// commits, and who pushed them, as marks (repo.UserMark).
	Contributors []string
}

// Settings is how a project merges.
type Settings struct {
	Method       repo.Method
	RemoveSource bool // what new requests begin with
}

// The limits of a request.
const (
	longestTitle       = 255
	longestDescription = 1 << 20
	mostReviewers      = 100
	mostCommits        = 10_000
)

// draftPrefix is how titles say it in GitLab.
var draftPrefix = regexp.MustCompile(`(?i)^\s*(\[draft\]|\(draft\)|draft:)\s*`)

// cutDraft takes the mark of a draft off a title, and tells whether it was there.
func cutDraft(title string) (string, bool) {
	mark := draftPrefix.FindString(title)
	return strings.TrimSpace(title[len(mark):]), mark != ""
}

func (r *Request) check() error {
	switch {
	case r.Title == "":
		return fault.Errorf(fault.Invalid, "a merge request needs a title").At("title")
	case len([]rune(r.Title)) > longestTitle:
		return fault.Errorf(fault.Limited, "the title has %d characters: at most %d are kept", len([]rune(r.Title)), longestTitle).At("title")
	case strings.ContainsFunc(r.Title, func(c rune) bool { return c < 0x20 || c == 0x7f }):
		return fault.Errorf(fault.Invalid, "the title holds a control character: write it on one line").At("title")
	case len(r.Description) > longestDescription:
		return fault.Errorf(fault.Limited, "the description has %d bytes: at most 1 MiB is kept", len(r.Description)).At("description")
	case strings.ContainsRune(r.Description, 0):
		return fault.Errorf(fault.Invalid, "the description holds a NUL byte").At("description")
	case len(r.Reviewers) > mostReviewers:
		return fault.Errorf(fault.Limited, "%d reviewers: at most %d can be asked", len(r.Reviewers), mostReviewers).At("reviewers")
	case r.Source == r.Target:
		return fault.Errorf(fault.Invalid, "%s cannot be merged into itself: choose another target branch", r.Source).At("target")
	}
	return nil
}

// message is what a commit that lands the request says, unless who merges says
// something else.
func (r *Request) message(link string, squashed bool) string {
	var b strings.Builder
	if squashed {
		b.WriteString(r.Title + "\n")
		if r.Description != "" {
			b.WriteString("\n" + r.Description + "\n")
		}
	} else {
		b.WriteString("Merge branch '" + r.Source + "' into '" + r.Target + "'\n\n" + r.Title + "\n")
	}
	if link != "" {
		b.WriteString("\nSee merge request " + link + "\n")
	}
	return b.String()
}
