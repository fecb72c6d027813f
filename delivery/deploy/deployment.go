package deploy

import (
	"slices"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// ID names a deployment. Younger deployments have higher ids.
type ID int64

// Deployment is one attempt to make a model version serve in an environment.
type Deployment struct {
	ID              ID
	Project         project.ID
	Environment     EnvironmentID
	EnvironmentName string

	Model        string
	ModelVersion int
	Digest       string // of the version's package
	Commit       string // that asked for this deployment, when one did

	State    State
	Reason   string // why it was asked for
	Error    string // why it failed
	Restores ID     // the earlier deployment that a rollback brings back; 0 otherwise

	User     auth.UserID
	Username string // as it was then
	Job      int64  // the CI job that asked; 0 when a person did

	CreatedAt  time.Time
	StartedAt  time.Time // zero while pending
	FinishedAt time.Time // zero until done
	Version    int       // counts changes of state

	Current bool // derived: this deployment serves
}

// State is where a deployment stands.
type State string

// The states.
const (
	Pending State = "pending"
	Running State = "running"
	Success State = "success"
	Failed  State = "failed"
)

// Done tells whether the state is final: whoever waits may stop.
func (s State) Done() bool { return s == Success || s == Failed }

// step is what can happen to a deployment.
type step string

const (
	begin   step = "begin"
	succeed step = "succeed"
	fail    step = "fail"
)

// transitions is the whole machine. What is not in it cannot happen.
var transitions = map[State]map[step]State{
	Pending: {begin: Running},
	Running: {begin: Running, succeed: Success, fail: Failed},
}

// next is the deployment after a step. The server's clock is an argument, so
// that the rule is pure.
func next(d Deployment, what step, now time.Time) (Deployment, error) {
	state, ok := transitions[d.State][what]
	if !ok {
		return d, fault.Errorf(fault.Conflict, "deployment %d is %s: it cannot %s", d.ID, d.State, what)
	}
	if what == begin {
		d.StartedAt = now
	} else {
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
		if d.ID < position.ID && d.Restores == 0 && !sameVersion(d, serving) {
			return d, true
		}
	}
	return Deployment{}, false
}

func sameVersion(a, b Deployment) bool {
	return a.Model == b.Model && a.ModelVersion == b.ModelVersion
}
