package deploy

import (
	"context"
	"errors"
	"fmt"

	"dasier/fault"
	"dasier/forge/project"
)

// Run carries a deployment out: it is the reaction to Requested. It may be
// called any number of times, also after a crash in the middle: a deployment
// that is done stays as it is.
//
// A deployment that fails for a reason that a user may read is an outcome, not
// an error of Run. Any other reason is recorded as an internal error and
// returned, so that the caller's log has the cause.
func (s *Service) Run(ctx context.Context, id ID) error {
	d, err := s.store.Deployment(ctx, id)
	if err != nil {
		return err
	}
	release, err := s.takeTurn(ctx, d.Environment)
	if err != nil {
		return err
	}
	defer release()

	// Only now is what we read still true when we write.
	if d, err = s.store.Deployment(ctx, id); err != nil {
		return err
	}
	if d.State.Done() {
		return nil
	}
	env, err := s.store.EnvironmentByID(ctx, d.Environment)
	if err != nil {
		return err
	}
	if d, err = s.begin(ctx, d); err != nil {
		return err
	}
	if env.Current > d.ID {
		return s.failed(ctx, d, fault.Errorf(fault.Conflict, "overtaken: the younger deployment %d already serves", env.Current))
	}
	if err := s.apply(ctx, env, d); err != nil {
		if ctx.Err() != nil {
			// The server is stopping: the next start takes it up again.
			return fmt.Errorf("deployment %d interrupted: %w", d.ID, ctx.Err())
		}
		return s.failed(ctx, d, err)
	}
	d, err = next(d, succeed, s.now())
	if err != nil {
		return err
	}
	s.noteProblem(env.ID, nil)
	return s.store.Promote(ctx, d, Finished{Project: d.Project, Deployment: d.ID})
}

func (s *Service) begin(ctx context.Context, d Deployment) (Deployment, error) {
	d, err := next(d, begin, s.now())
	if err != nil {
		return d, err
	}
	if err := s.store.SaveDeployment(ctx, d, Started{Project: d.Project, Deployment: d.ID}); err != nil {
		return d, err
	}
	d.Version++
	return d, nil
}

func (s *Service) failed(ctx context.Context, d Deployment, cause error) error {
	d, err := next(d, fail, s.now())
	if err != nil {
		return errors.Join(err, cause)
	}
	d.Error = fault.Message(cause)
	if err := s.store.SaveDeployment(ctx, d, Finished{Project: d.Project, Deployment: d.ID}); err != nil {
		return errors.Join(err, cause)
	}
	if fault.KindOf(cause) == fault.Internal {
		return fmt.Errorf("deployment %d of %s version %d to %s: %w", d.ID, d.Model, d.ModelVersion, d.EnvironmentName, cause)
	}
	return nil
}

func (s *Service) apply(ctx context.Context, env Environment, d Deployment) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ApplyTimeout)
	defer cancel()
	err := s.target.Apply(ctx, placement(env, d))
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.Errorf(fault.Unavailable, "the target did not make the version ready within %s", s.cfg.ApplyTimeout)
	}
	return err
}

func placement(env Environment, d Deployment) Placement {
	return Placement{
		Endpoint: env.Endpoint, Project: env.Project, Environment: env.Name, Public: env.Public,
		Model: d.Model, Version: d.ModelVersion, Digest: d.Digest,
		Deployment: d.ID, DeployedAt: d.StartedAt,
	}
}

// Refresh tells the target again what the environment should serve: nothing,
// or its current deployment with the settings of now. It is the reaction to
// EnvironmentChanged.
func (s *Service) Refresh(ctx context.Context, id EnvironmentID) error {
	release, err := s.takeTurn(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	env, err := s.store.EnvironmentByID(ctx, id)
	if err != nil {
		if fault.Is(err, fault.Missing) {
			return nil // gone with its project meanwhile
		}
		return err
	}
	if env.Current == 0 {
		s.noteProblem(id, nil)
		if err := s.target.Remove(ctx, env.Endpoint); err != nil {
			return fmt.Errorf("removing endpoint %s: %w", env.Endpoint, err)
		}
		return nil
	}
	d, err := s.store.Deployment(ctx, env.Current)
	if err != nil {
		return err
	}
	err = s.apply(ctx, env, d)
	s.noteProblem(id, err)
	if err != nil {
		return fmt.Errorf("applying deployment %d to %s: %w", d.ID, env.Endpoint, err)
	}
	return nil
}

// Restore brings the target to what the store says: it is for the start of the
// server. Every environment's current deployment is applied, and deployments
// that a crash left unfinished are carried out. One that cannot be applied
// does not keep the others from serving: the errors come back joined, and the
// environment's health says failed.
func (s *Service) Restore(ctx context.Context) error {
	serving, err := s.store.Serving(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, env := range serving {
		if err := s.Refresh(ctx, env.ID); err != nil {
			failures = append(failures, err)
		}
	}
	unfinished, err := s.store.Unfinished(ctx)
	if err != nil {
		return errors.Join(append(failures, err)...)
	}
	for _, d := range unfinished {
		if err := s.Run(ctx, d.ID); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// Forget removes the endpoints and the records of a project that was deleted.
func (s *Service) Forget(ctx context.Context, id project.ID) error {
	environments, err := s.store.Environments(ctx, id)
	if err != nil {
		return err
	}
	// A deployment under way would put its endpoint back: its turn ends first,
	// and none begins before the records are gone.
	return s.withTurns(ctx, environments, func() error {
		for _, env := range environments {
			if err := s.target.Remove(ctx, env.Endpoint); err != nil {
				return fmt.Errorf("removing endpoint %s: %w", env.Endpoint, err)
			}
		}
		return s.store.DeleteEnvironments(ctx, id)
	})
}

// withTurns does what nothing else in the environments may happen beside.
func (s *Service) withTurns(ctx context.Context, environments []Environment, do func() error) error {
	if len(environments) == 0 {
		return do()
	}
	release, err := s.takeTurn(ctx, environments[0].ID)
	if err != nil {
		return err
	}
	defer release()
	return s.withTurns(ctx, environments[1:], do)
}

func (s *Service) noteProblem(id EnvironmentID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		delete(s.problems, id)
		return
	}
	s.problems[id] = fault.Message(err)
}
