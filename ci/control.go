package ci

import (
	"context"
	"fmt"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// load finds a pipeline of the project; one of another project is not there.
func (s *Service) load(ctx context.Context, id project.ID, pipeline PipelineID) (Pipeline, error) {
	p, err := s.store.Pipeline(ctx, pipeline)
	if err == nil && p.Project != id {
		err = fault.Errorf(fault.Missing, "no pipeline %d", pipeline)
	}
	return p, err
}

func (s *Service) loadJob(ctx context.Context, id project.ID, job JobID) (Job, error) {
	j, err := s.store.Job(ctx, job)
	if err == nil && j.Project != id {
		err = fault.Errorf(fault.Missing, "no job %d", job)
	}
	return j, err
}

// Cancel stops a pipeline: what waits is canceled, what runs is asked to stop.
func (s *Service) Cancel(ctx context.Context, actor auth.Actor, id project.ID, pipeline PipelineID) (Pipeline, error) {
	if err := s.projects.May(ctx, actor, id, auth.CancelJob); err != nil {
		return Pipeline{}, err
	}
	p, err := s.load(ctx, id, pipeline)
	if err != nil {
		return Pipeline{}, err
	}
	state, err := s.change(ctx, pipeline, func(state *State) error {
		stopped := 0
		for i := range state.Jobs {
			j := &state.Jobs[i]
			if j.Retried || j.Status.Finished() {
				continue
			}
			stopped++
			if err := s.stop(j); err != nil {
				return err
			}
		}
		if stopped == 0 {
			return fault.Errorf(fault.Conflict, "pipeline %d has nothing to cancel: it is %s", pipeline, state.Pipeline.Status)
		}
		return nil
	}, p.act(actor, "pipeline.canceled"))
	return pipelineOf(state), err
}

// CancelJob stops one job. Canceling one that is already being canceled stops
// it at once, without its after_script.
func (s *Service) CancelJob(ctx context.Context, actor auth.Actor, id project.ID, job JobID) (Job, error) {
	if err := s.projects.May(ctx, actor, id, auth.CancelJob); err != nil {
		return Job{}, err
	}
	j, err := s.loadJob(ctx, id, job)
	if err != nil {
		return Job{}, err
	}
	state, err := s.change(ctx, j.Pipeline, func(state *State) error { return s.stop(state.Job(job)) }, j.act(actor, "job.canceled", nil))
	return jobOf(state, job), err
}

// stop cancels gracefully where the runner can.
func (s *Service) stop(j *Job) error {
	if j.Status == Canceling || j.Status == Running && !j.Graceful {
		return step(j, Abort, s.now())
	}
	return step(j, Cancel, s.now())
}

// Retry tries the failed and canceled jobs of a pipeline again, in order, and
// those that were skipped because of them.
func (s *Service) Retry(ctx context.Context, actor auth.Actor, id project.ID, pipeline PipelineID) (Pipeline, error) {
	if err := s.projects.May(ctx, actor, id, auth.RunPipeline); err != nil {
		return Pipeline{}, err
	}
	p, err := s.load(ctx, id, pipeline)
	if err != nil {
		return Pipeline{}, err
	}
	if err := s.mayRun(ctx, actor, &p); err != nil {
		return Pipeline{}, err
	}
	if err := s.mayRetryAll(ctx, actor, pipeline); err != nil {
		return Pipeline{}, err
	}
	state, err := s.change(ctx, pipeline, func(state *State) error {
		var again []string
		for i, n := 0, len(state.Jobs); i < n; i++ {
			j := &state.Jobs[i]
			if !j.Retried && (j.Status == Failed || j.Status == Canceled) {
				again = append(again, j.Name)
				attempt(state, j, s.now())
			}
		}
		if len(again) == 0 {
			return fault.Errorf(fault.Conflict, "pipeline %d has nothing to retry: no job of it failed or was canceled", pipeline)
		}
		return revive(state, again, s.now())
	}, p.act(actor, "pipeline.retried"))
	return pipelineOf(state), err
}

// mayRetryAll asks for the environments' roles of all jobs that would be tried
// again.
func (s *Service) mayRetryAll(ctx context.Context, actor auth.Actor, pipeline PipelineID) error {
	jobs, err := s.store.Jobs(ctx, pipeline)
	if err != nil {
		return err
	}
	for i := range jobs {
		if j := &jobs[i]; !j.Retried && (j.Status == Failed || j.Status == Canceled) {
			if err := s.mayDeploy(ctx, actor, j); err != nil {
				return err
			}
		}
	}
	return nil
}

// RetryJob tries a job again that is over; the attempt before stays as history.
func (s *Service) RetryJob(ctx context.Context, actor auth.Actor, id project.ID, job JobID) (Job, error) {
	j, p, err := s.forRun(ctx, actor, id, job)
	if err != nil {
		return Job{}, err
	}
	name := j.Name
	state, err := s.change(ctx, p.ID, func(state *State) error {
		old := state.Job(job)
		if old.Retried || !old.Status.Finished() || old.Status == Skipped {
			return fault.Errorf(fault.Conflict, "job %d cannot be retried: it is %s", job, describe(old))
		}
		if err := step(attempt(state, old, s.now()), Enqueue, s.now()); err != nil {
			return err
		}
		return revive(state, []string{name}, s.now())
	}, j.act(actor, "job.retried", nil))
	return latest(state, name), err
}

func describe(j *Job) string {
	if j.Retried {
		return "an old attempt"
	}
	return string(j.Status)
}

// Play starts a manual job, with variables that count above all others.
func (s *Service) Play(ctx context.Context, actor auth.Actor, id project.ID, job JobID, variables []Variable) (Job, error) {
	j, p, err := s.forRun(ctx, actor, id, job)
	if err != nil {
		return Job{}, err
	}
	if err := checkVariables(variables); err != nil {
		return Job{}, err
	}
	state, err := s.change(ctx, p.ID, func(state *State) error {
		played := state.Job(job)
		if err := step(played, Play, s.now()); err != nil {
			return err
		}
		played.Variables = variables
		return revive(state, []string{j.Name}, s.now())
	}, j.act(actor, "job.played", variables))
	return jobOf(state, job), err
}

// act is the audit log's line of who made a job run, or stop. Of variables it has
// the names.
func (j *Job) act(actor auth.Actor, action string, variables []Variable) event.Act {
	act := actor.Act(action, int64(j.Project), fmt.Sprintf("job %d: %s", j.ID, j.Name))
	act.After = map[string]any{"pipeline": j.Pipeline, "environment": j.Environment, "variables": keys(variables)}
	return act
}

func (p *Pipeline) act(actor auth.Actor, action string) event.Act {
	act := actor.Act(action, int64(p.Project), fmt.Sprintf("pipeline of %s", p.Ref))
	act.After = map[string]any{"sha": p.SHA, "variables": keys(p.Variables)}
	if p.ID != 0 {
		act.Target = fmt.Sprintf("pipeline %d of %s", p.ID, p.Ref)
	}
	return act
}

func keys(variables []Variable) []string {
	names := make([]string, len(variables))
	for i, v := range variables {
		names[i] = v.Key
	}
	return names
}

// forRun loads a job for someone who wants to run it.
func (s *Service) forRun(ctx context.Context, actor auth.Actor, id project.ID, job JobID) (Job, Pipeline, error) {
	if err := s.projects.May(ctx, actor, id, auth.RunPipeline); err != nil {
		return Job{}, Pipeline{}, err
	}
	j, err := s.loadJob(ctx, id, job)
	if err != nil {
		return Job{}, Pipeline{}, err
	}
	p, err := s.store.Pipeline(ctx, j.Pipeline)
	if err != nil {
		return Job{}, Pipeline{}, err
	}
	if err := s.mayRun(ctx, actor, &p); err != nil {
		return Job{}, Pipeline{}, err
	}
	return j, p, s.mayDeploy(ctx, actor, &j)
}

// mayRun guards what a pipeline's jobs run with: the variables of its branch,
// and the rights of whoever started it, which their tokens carry. A developer
// who could play or retry a maintainer's jobs, with variables of their own
// choice, could deploy what only maintainers may.
func (s *Service) mayRun(ctx context.Context, actor auth.Actor, p *Pipeline) error {
	if err := s.mayUse(ctx, actor, p.Project, p.Ref, p.Tag); err != nil || actor.User == p.User && actor.Username == p.Username {
		return err // the tokens of projects have no user, and names of their own
	}
	// Of what a job's token may do, this asks for the highest role.
	starter := auth.Actor{User: p.User, Username: p.Username, Via: auth.ViaSession}
	if fault.Is(s.projects.May(ctx, starter, p.Project, auth.DeployProtected), fault.Denied) {
		return nil
	}
	if err := s.projects.May(ctx, actor, p.Project, auth.DeployProtected); err != nil {
		return fault.Errorf(fault.Denied, "pipeline %d runs with the rights of %s, which are more than yours: start a pipeline of your own", p.ID, p.Username)
	}
	return nil
}

func pipelineOf(state *State) Pipeline {
	if state == nil {
		return Pipeline{}
	}
	return state.Pipeline
}

func jobOf(state *State, id JobID) Job {
	if state == nil {
		return Job{}
	}
	return *state.Job(id)
}

// latest is the newest attempt of a job.
func latest(state *State, name string) Job {
	if state != nil {
		for i := range state.Jobs {
			if !state.Jobs[i].Retried && state.Jobs[i].Name == name {
				return state.Jobs[i]
			}
		}
	}
	return Job{}
}
