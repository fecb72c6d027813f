package ci

import (
	"slices"
	"time"
)

// State is a pipeline with its jobs, old attempts included: all that one change
// looks at and writes.
type State struct {
	Pipeline Pipeline
	Jobs     []Job
}

// Job finds a job by id; nil when it is not in the pipeline.
func (s *State) Job(id JobID) *Job {
	for i := range s.Jobs {
		if s.Jobs[i].ID == id {
			return &s.Jobs[i]
		}
	}
	return nil
}

// step moves a job and notes the times that go with the new state.
func step(j *Job, what Step, now time.Time) error {
	to, err := next(j.Status, what)
	if err != nil {
		return err
	}
	j.Status = to
	switch {
	case to == Pending:
		j.Queued, j.Started, j.Acknowledged, j.TokenHash = now, time.Time{}, time.Time{}, ""
	case what == Claim:
		j.Started, j.Seen = now, now
	case to.Finished():
		j.Finished = now
	case what == Revive:
		j.Finished = time.Time{}
	}
	return nil
}

// settle lets every waiting job whose turn has come take its next step, until
// none has one, and derives the pipeline's status. It is called after every
// change; calling it again changes nothing.
func settle(s *State, now time.Time) error {
	for moved := true; moved; {
		moved = false
		for i := range s.Jobs {
			j := &s.Jobs[i]
			if j.Retried || j.Status != Created {
				continue
			}
			what, ok := turn(s, j)
			if !ok {
				continue
			}
			if err := step(j, what, now); err != nil {
				return err
			}
			moved = true
		}
	}
	derivePipeline(s, now)
	return nil
}

// turn tells what a created job does now; not ok means that it goes on waiting.
func turn(s *State, j *Job) (Step, bool) {
	before, ok := statusBefore(s, j)
	if !ok {
		return "", false
	}
	var runs []Status
	switch j.When {
	case "on_failure":
		runs = []Status{Failed}
	case "always":
		runs = []Status{Success, Failed, Skipped}
	default: // on_success and manual
		runs = []Status{Success}
		if !j.NeedsSet {
			runs = append(runs, Skipped)
		}
	}
	switch {
	case !slices.Contains(runs, before):
		return Skip, true
	case j.When == "manual":
		return Hold, true
	default:
		return Enqueue, true
	}
}

// statusBefore is how what the job waits for ended; not ok while it has not.
func statusBefore(s *State, j *Job) (Status, bool) {
	var before []Job
	for i := range s.Jobs {
		other := &s.Jobs[i]
		if !other.Retried && waitsFor(j, other) {
			before = append(before, *other)
		}
	}
	if len(before) == 0 {
		return Success, true
	}
	c := count(before)
	if j.NeedsSet && c[Skipped]+c[ignored] > 0 {
		return Skipped, true // one of the needs does not run at all
	}
	if j.NeedsSet && !c.only(Success, Failed, Canceled, warned) {
		return "", false
	}
	status := Derive(before)
	return status, status.Finished()
}

// waitsFor tells whether j may start only when other is done.
func waitsFor(j, other *Job) bool {
	if !j.NeedsSet {
		return other.StageIndex < j.StageIndex
	}
	return slices.ContainsFunc(j.Needs, func(n Need) bool { return n.Job == other.Name })
}

// revive brings back the jobs that were skipped because of the named ones,
// directly or not, now that those are tried again.
func revive(s *State, names []string, now time.Time) error {
	again := slices.Clone(names)
	for moved := true; moved; {
		moved = false
		for i := range s.Jobs {
			j := &s.Jobs[i]
			if j.Retried || j.Status != Skipped || !slices.ContainsFunc(s.Jobs, func(other Job) bool {
				return !other.Retried && slices.Contains(again, other.Name) && waitsFor(j, &other)
			}) {
				continue
			}
			if err := step(j, Revive, now); err != nil {
				return err
			}
			again = append(again, j.Name)
			moved = true
		}
	}
	return nil
}

// derivePipeline sets the pipeline's status and times. A pipeline without jobs
// was given its status when it was made.
func derivePipeline(s *State, now time.Time) {
	p := &s.Pipeline
	if len(s.Jobs) == 0 {
		return
	}
	p.Status = Derive(s.Jobs)
	if p.Started.IsZero() && slices.ContainsFunc(s.Jobs, func(j Job) bool { return !j.Started.IsZero() }) {
		p.Started = now
	}
	switch {
	case !p.Status.Finished():
		p.Finished = time.Time{}
	case p.Finished.IsZero():
		p.Finished = now
	}
}

// attempt adds a new try of a job. It starts as created; old stays as history.
func attempt(s *State, old *Job, now time.Time) *Job {
	old.Retried = true
	again := Job{
		Pipeline: old.Pipeline, Project: old.Project, Name: old.Name, Stage: old.Stage, StageIndex: old.StageIndex,
		Status: Created, When: old.When, AllowFailure: old.AllowFailure, Needs: old.Needs, NeedsSet: old.NeedsSet, Tags: old.Tags,
		Spec: old.Spec, Timeout: old.Timeout, Environment: old.Environment, Variables: old.Variables, Attempt: old.Attempt + 1, Created: now,
	}
	if old.Softened {
		again.AllowFailure = false // it was an exit code that was allowed, not failure
	}
	s.Jobs = append(s.Jobs, again)
	return &s.Jobs[len(s.Jobs)-1]
}
