package deploy

import (
	"slices"
	"strings"
	"time"

	"dasier/delivery/bundle"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// ID names a deployment. Younger deployments have higher ids.
type ID int64

// Deployment is one attempt to make something serve in an environment.
type Deployment struct {
	ID              ID
	Project         project.ID
	Environment     EnvironmentID
	EnvironmentName string

	Kind         Kind
	Model        string          // of KindModel
	ModelVersion int             // of KindModel
	Service      *bundle.Service // of KindService
	Site         *bundle.Site    // of KindSite
	Digest       string          // of the version's package, or of the bundle
	Size         int64           // bytes of that
	Commit       string          // that asked for this deployment, when one did

	State    State
	Reason   string // why it was asked for
	Error    string // why it failed, was rejected or skipped
	Restores ID     // the earlier deployment that a rollback brings back; 0 otherwise

	User     auth.UserID
	Username string // as it was then
	Job      int64  // the CI job that asked; 0 when a person did
	Origin   Origin // what that job runs for; zero when a person asked

	// Needed is how many approvals it took when it was asked for; Approvals are
	// those given, and the rejection that ended it.
	Needed     int
	Approvals  []Approval
	BreakGlass bool        // it went on without the approvals
	Comparison *Comparison // that "only if better" made; nil when none was asked for

	CreatedAt  time.Time
	StartedAt  time.Time // zero while pending
	FinishedAt time.Time // zero until done
	Version    int       // counts changes of state

	Current bool // derived: this deployment serves
}

// Title says what is deployed, for people.
func (d Deployment) Title() string {
	if d.Kind == KindModel {
		return d.Model + " version " + itoa(d.ModelVersion)
	}
	return string(d.Kind) + " " + shortDigest(d.Digest)
}

func shortDigest(digest string) string {
	digest = strings.TrimPrefix(digest, "sha256:")
	return digest[:min(12, len(digest))]
}

// Approval is what someone said to a deployment that asks for approvals.
type Approval struct {
	User     auth.UserID
	Username string
	At       time.Time
	Comment  string
	Verdict  Verdict
}

// Verdict is what an approval says.
type Verdict string

// The verdicts.
const (
	Approves Verdict = "approve"
	Rejects  Verdict = "reject"
)

// State is where a deployment stands.
type State string

// The states.
const (
	Blocked    State = "blocked" // it waits for approvals
	Pending    State = "pending"
	Running    State = "running"
	Success    State = "success"
	Failed     State = "failed"
	Rejected   State = "rejected"   // someone who could approve it said no
	Superseded State = "superseded" // a younger one serves already
	Skipped    State = "skipped"    // it was to be carried out only if better, and is not
)

// Done tells whether the state is final: whoever waits may stop.
func (s State) Done() bool {
	return s != Blocked && s != Pending && s != Running
}

// step is what can happen to a deployment.
type step string

const (
	begin     step = "begin"
	succeed   step = "succeed"
	fail      step = "fail"
	approve   step = "be approved"
	reject    step = "be rejected"
	supersede step = "be superseded"
)

// transitions is the whole machine. What is not in it cannot happen.
var transitions = map[State]map[step]State{
	Blocked: {approve: Pending, reject: Rejected, supersede: Superseded},
	Pending: {begin: Running},
	Running: {begin: Running, succeed: Success, fail: Failed, supersede: Superseded},
}

// next is the deployment after a step. The server's clock is an argument, so
// that the rule is pure.
func next(d Deployment, what step, now time.Time) (Deployment, error) {
	state, ok := transitions[d.State][what]
	if !ok {
		return d, fault.Errorf(fault.Conflict, "deployment %d is %s: it cannot %s", d.ID, d.State, what)
	}
	switch what {
	case approve:
	case begin:
		d.StartedAt = now
	default:
		d.FinishedAt = now
	}
	d.State = state
	return d, nil
}

// previous finds what a rollback brings back: the youngest successful
// deployment before the current one that served another version. A rollback
// counts as the deployment that it restored, so that rolling back twice goes
// back two versions instead of forward to the one just left.
//
// history holds the environment's successful deployments, youngest first.
func previous(history []Deployment, current ID) (Deployment, bool) {
	find := func(id ID) (Deployment, bool) {
		i := slices.IndexFunc(history, func(d Deployment) bool { return d.ID == id })
		if i < 0 {
			return Deployment{}, false
		}
		return history[i], true
	}
	serving, ok := find(current)
	if !ok {
		return Deployment{}, false
	}
	position := serving
	for position.Restores != 0 {
		restored, ok := find(position.Restores)
		if !ok {
			break
		}
		position = restored
	}
	for _, d := range history {
		if d.ID < position.ID && d.Restores == 0 && !sameContent(d, serving) {
			return d, true
		}
	}
	return Deployment{}, false
}

func sameContent(a, b Deployment) bool {
	return a.Kind == b.Kind && a.Model == b.Model && a.ModelVersion == b.ModelVersion && (a.Kind == KindModel || a.Digest == b.Digest)
}
