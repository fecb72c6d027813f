package ci

import (
	"context"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Deploying is what a job that has an environment does there, for whoever keeps
// environments.
type Deploying struct {
	Environment string // its name, with its variables in place; empty: none
	Action      string // start, prepare, stop, verify or access
	OnStop      JobID  // the pipeline's job that takes it down; 0: none
	AutoStopIn  time.Duration

	Ref       string
	Tag       bool
	SHA       string
	Protected bool // the ref was protected when the pipeline was made, and is
}

// Deploying tells what a job of the project does with its environment. It is for
// the server's own parts.
func (s *Service) Deploying(ctx context.Context, id project.ID, job JobID) (Deploying, error) {
	j, err := s.loadJob(ctx, id, job)
	if err != nil {
		return Deploying{}, err
	}
	p, err := s.store.Pipeline(ctx, j.Pipeline)
	if err != nil {
		return Deploying{}, err
	}
	d := Deploying{Environment: j.Environment, Ref: p.Ref, Tag: p.Tag, SHA: p.SHA, Protected: p.Protected}
	if d.Protected {
		if d.Protected, err = s.code.Protected(ctx, id, p.Ref); err != nil {
			return Deploying{}, err
		}
	}
	spec, err := s.store.Spec(ctx, j.Spec)
	if err != nil || spec.Environment == nil {
		return d, err
	}
	d.Action, d.AutoStopIn = spec.Environment.Action, spec.Environment.AutoStopIn
	if spec.Environment.OnStop == "" {
		return d, nil
	}
	jobs, err := s.store.Jobs(ctx, p.ID)
	if err != nil {
		return d, err
	}
	for _, other := range jobs {
		if !other.Retried && other.Name == spec.Environment.OnStop {
			d.OnStop = other.ID
		}
	}
	return d, nil
}

// mayDeploy asks for the environment's own role before a job of it is run by
// hand.
func (s *Service) mayDeploy(ctx context.Context, actor auth.Actor, j *Job) error {
	if j.Environment == "" || s.cfg.MayDeploy == nil {
		return nil
	}
	if err := s.cfg.MayDeploy(ctx, actor, j.Project, j.Environment); err != nil {
		if fault.Is(err, fault.Denied) {
			return fault.Errorf(fault.Denied, "job %s deploys to %s: %w", j.Name, j.Environment, err)
		}
		return err
	}
	return nil
}
