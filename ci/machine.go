package ci

import "dasier/fault"

// Status is the state of a job, and derived from those, of a pipeline.
type Status string

// The states of a job.
const (
	Created   Status = "created"   // waits for jobs before it
	Manual    Status = "manual"    // waits for a person
	Pending   Status = "pending"   // waits for a runner
	Running   Status = "running"   // a runner has it
	Canceling Status = "canceling" // a runner was asked to stop it
	Success   Status = "success"
	Failed    Status = "failed"
	Canceled  Status = "canceled"
	Skipped   Status = "skipped"
)

// Statuses lists the states in the order of a job's life.
var Statuses = []Status{Created, Manual, Pending, Running, Canceling, Success, Failed, Canceled, Skipped}

// Finished tells whether the job is over. A skipped job is: it comes back only
// when a job before it is tried again.
func (s Status) Finished() bool {
	return s == Success || s == Failed || s == Canceled || s == Skipped
}

// Active tells whether a runner is at it.
func (s Status) Active() bool { return s == Running || s == Canceling }

// Step is something that happens to a job.
type Step string

// The steps.
const (
	Enqueue Step = "enqueue" // its turn has come
	Hold    Step = "hold"    // its turn has come, and it wants a person's word
	Skip    Step = "skip"    // what it waited for went the other way
	Revive  Step = "revive"  // what it waited for is tried again
	Play    Step = "play"    // a person gave the word
	Claim   Step = "claim"   // a runner took it
	Requeue Step = "requeue" // the runner never said that it got it
	Succeed Step = "succeed" // the runner says so
	Fail    Step = "fail"    // the runner says so, or it vanished, or none came
	Cancel  Step = "cancel"  // a person asks to stop, after_script may run
	Abort   Step = "abort"   // stop at once
)

// Steps lists the steps in the order of a job's life.
var Steps = []Step{Enqueue, Hold, Skip, Revive, Play, Claim, Requeue, Succeed, Fail, Cancel, Abort}

// machine is the one table of transitions; what is not in it cannot happen.
// STATES.md is drawn from it.
var machine = map[Status]map[Step]Status{
	Created:   {Enqueue: Pending, Hold: Manual, Skip: Skipped, Cancel: Canceled, Abort: Canceled},
	Manual:    {Play: Pending, Skip: Skipped, Cancel: Canceled, Abort: Canceled},
	Pending:   {Claim: Running, Fail: Failed, Cancel: Canceled, Abort: Canceled},
	Running:   {Succeed: Success, Fail: Failed, Requeue: Pending, Cancel: Canceling, Abort: Canceled},
	Canceling: {Succeed: Canceled, Fail: Canceled, Requeue: Canceled, Abort: Canceled},
	Success:   {},
	Failed:    {},
	Canceled:  {},
	Skipped:   {Revive: Created},
}

// next is the state after a step; fault.Conflict when the step is impossible.
func next(from Status, step Step) (Status, error) {
	to, ok := machine[from][step]
	if !ok {
		return from, fault.Errorf(fault.Conflict, "a job that is %s cannot %s", from, step)
	}
	return to, nil
}
