package auth

import (
	"time"

	"dasier/event"
	"dasier/fault"
)

// UserID names a user; 0 is nobody.
type UserID int64

// Via is how an actor proved who they are.
type Via string

// The ways to be someone.
const (
	ViaNothing  Via = ""         // anonymous
	ViaSession  Via = "session"  // the browser's cookie
	ViaPassword Via = "password" // basic auth, as git sends it
	ViaToken    Via = "token"    // a personal access token
	ViaJob      Via = "job"      // a CI job's token: lives as long as the job
	ViaDeploy   Via = "deploy"   // a project's own token: no person, one project, one role
	ViaSystem   Via = "system"   // the server itself: reactions and timers
)

// Actor is who asks. It is an argument of every verb, never ambient.
//
// A job's actor carries the user who started the pipeline, and reaches only
// the job's own project.
type Actor struct {
	User     UserID
	Username string
	Admin    bool
	Via      Via
	Scopes   []Scope // nil means all; a token's scopes otherwise
	Project  int64   // the only project this actor reaches; 0 means any
	Job      int64   // the job whose token this is; 0 otherwise
	Address  string  // the network address that the request came from, for the audit log
	// Role is what a project's own token may do there, and a job that its push
	// started; None for everyone else, whose role is looked up.
	Role Role
	// Maker is who made the project's own token that acts, and answers for what
	// it pushes; 0 for everyone else.
	Maker UserID
	// Token is the project's own token that acts, and Limits what it may use; 0
	// for everyone else.
	Token  int64
	Limits Limits
}

// Act is the beginning of an audit line: that the actor did action to target.
// The verb adds what changed.
func (a Actor) Act(action string, project int64, target string) event.Act {
	return event.Act{
		At: time.Now().UTC(), User: int64(a.User), Username: a.Username, Via: string(a.Via), Address: a.Address,
		Job: a.Job, Project: project, Action: action, Target: target,
	}
}

// Anonymous is nobody in particular: a client on a public page.
var Anonymous = Actor{}

// System is the server acting for itself, in the named part. It may do all.
func System(part string) Actor {
	return Actor{Username: "system:" + part, Admin: true, Via: ViaSystem}
}

// SignedIn tells whether the actor is someone: a person, the server, or a token
// that stands for itself.
func (a Actor) SignedIn() bool {
	return a.User != 0 || a.Via == ViaSystem || a.Via == ViaDeploy || a.Via == ViaJob
}

// Person tells whether a person acts, by themselves or by a token of theirs,
// and not a script: a job or a project's own token.
func (a Actor) Person() bool { return a.User != 0 && a.Via != ViaJob && a.Via != ViaDeploy }

// OwnRole is the role that the actor brings along instead of having it looked
// up: a project's own token does, and a job that such a token's push started.
func (a Actor) OwnRole(project int64) (Role, bool) {
	if a.User != 0 || a.Via != ViaDeploy && a.Via != ViaJob {
		return None, false
	}
	if a.Project != project {
		return None, true
	}
	return a.Role, true
}

// RequireSignedIn refuses anonymous actors.
func (a Actor) RequireSignedIn() error {
	if a.SignedIn() {
		return nil
	}
	return fault.Errorf(fault.Unauthenticated, "sign in first: no session, token or password came with the request")
}

// Scope limits what a token may be used for.
type Scope string

// The scopes of personal access tokens, named as GitLab names them.
const (
	ScopeAPI             Scope = "api"              // everything
	ScopeReadAPI         Scope = "read_api"         // every reading call
	ScopeReadRepository  Scope = "read_repository"  // clone and fetch
	ScopeWriteRepository Scope = "write_repository" // and push
	ScopePredict         Scope = "predict"          // ask endpoints for predictions
)
