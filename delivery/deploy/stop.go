package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Stop makes an environment serve nothing until the next deployment. Where the
// pipeline names a job for that (environment: on_stop), the job is played and
// the environment is stopped when it has succeeded (Stopped); a job that cannot
// be played does not keep the environment.
//
// Who may deploy to an environment may stop it, as long as it is not protected;
// a protected one asks for manage_environment.
func (s *Service) Stop(ctx context.Context, actor auth.Actor, id project.ID, name string) error {
	env, err := s.mayStop(ctx, actor, id, name)
	if err != nil {
		return err
	}
	// The job that takes it down may say so itself.
	byItself := actor.Via == auth.ViaJob && actor.Job == env.OnStopJob
	return s.stop(ctx, actor, env, "", !byItself)
}

func (s *Service) mayStop(ctx context.Context, actor auth.Actor, id project.ID, name string) (Environment, error) {
	if err := s.gate.May(ctx, actor, id, auth.Deploy); err != nil {
		return Environment{}, err
	}
	env, err := s.store.Environment(ctx, id, name)
	if err == nil && env.Protected {
		err = s.gate.May(ctx, actor, id, auth.ManageEnvironment)
	}
	return env, err
}

func (s *Service) stop(ctx context.Context, actor auth.Actor, env Environment, reason string, play bool) error {
	if env.Stopped {
		return nil
	}
	if play && env.OnStopJob != 0 && s.cfg.Jobs != nil {
		err := s.cfg.Jobs.Play(ctx, actor, env.Project, env.OnStopJob)
		if err == nil {
			// Should the job fail, the next round must not play it again at once.
			return s.store.PostponeStop(ctx, env.ID, time.Time{})
		}
		if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Missing) {
			return err
		}
	}
	return s.takeDown(ctx, actor, env, reason)
}

func (s *Service) takeDown(ctx context.Context, actor auth.Actor, env Environment, reason string) error {
	act := actor.Act("environment.stopped", int64(env.Project), env.Name)
	act.Reason = reason
	act.Before = map[string]any{"deployment": int64(env.Current)}
	if err := s.store.ClearCurrent(ctx, env.ID, EnvironmentChanged{Project: env.Project, Environment: env.ID}, act); err != nil {
		return err
	}
	return s.tell(ctx, env.ID)
}

// Stopped is the reaction to the end of a CI job that takes an environment down
// (environment: action: stop). It comes from a job of the project itself.
func (s *Service) Stopped(ctx context.Context, actor auth.Actor, id project.ID, name string, job int64) error {
	env, err := s.store.Environment(ctx, id, name)
	if fault.Is(err, fault.Missing) {
		return nil
	}
	if err != nil || env.Stopped || env.Current == 0 {
		return err
	}
	if env.Protected && env.OnStopJob != job {
		return nil // not the job that its own deployment named
	}
	return s.takeDown(ctx, actor, env, fmt.Sprintf("job %d took it down", job))
}

// BranchDeleted is the reaction to the end of a branch: its previews end, too.
func (s *Service) BranchDeleted(ctx context.Context, id project.ID, branch string) error {
	previews, err := s.store.Previews(ctx, id, branch)
	if err != nil {
		return err
	}
	var failures []error
	for _, env := range previews {
		if env.Preview() {
			failures = append(failures, s.stop(ctx, auth.System("deploy"), env, "the branch "+branch+" was deleted", true))
		}
	}
	return errors.Join(failures...)
}

// Sweep stops the environments whose time is over (environment: auto_stop_in),
// and tries again what could not be brought back. It is for a timer.
func (s *Service) Sweep(ctx context.Context) error {
	s.heal(ctx)
	due, err := s.store.Due(ctx, s.now())
	if err != nil {
		return err
	}
	var failures []error
	for _, env := range due {
		failures = append(failures, s.stop(ctx, auth.System("deploy"), env, "its time was over", true))
	}
	return errors.Join(failures...)
}

// Delete forgets a stopped environment with its history.
func (s *Service) Delete(ctx context.Context, actor auth.Actor, id project.ID, name string) error {
	if err := s.gate.May(ctx, actor, id, auth.ManageEnvironment); err != nil {
		return err
	}
	env, err := s.store.Environment(ctx, id, name)
	if err != nil {
		return err
	}
	if env.Current != 0 {
		return fault.Errorf(fault.Conflict, "deployment %d serves in %s: stop the environment first", env.Current, env.Name)
	}
	release, err := s.takeTurn(ctx, env.ID)
	if err != nil {
		return err
	}
	defer release()
	act := actor.Act("environment.deleted", int64(id), env.Name)
	act.Before = settingsOf(env)
	return s.store.DeleteEnvironment(ctx, env.ID, act)
}
