package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

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
	if d.State.Done() || d.State == Blocked {
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
		return s.superseded(ctx, d, env.Current)
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
	if err := s.store.Promote(ctx, d, stopAt(d, s.now()), Finished{Project: d.Project, Deployment: d.ID}); err != nil {
		return err
	}
	s.tellWatchers(d)
	return s.supersedeBlocked(ctx, d)
}

// stopAt is when an environment stops by itself that d was just deployed to.
func stopAt(d Deployment, now time.Time) time.Time {
	if d.Origin.AutoStopIn <= 0 {
		return time.Time{}
	}
	return now.Add(d.Origin.AutoStopIn)
}

// supersedeBlocked ends what still waits for approvals and is older than what
// serves now.
func (s *Service) supersedeBlocked(ctx context.Context, by Deployment) error {
	blocked, err := s.store.Blocked(ctx, by.Environment)
	if err != nil {
		return err
	}
	for _, d := range blocked {
		if d.ID > by.ID {
			continue
		}
		if err := s.superseded(ctx, d, by.ID); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

func (s *Service) superseded(ctx context.Context, d Deployment, by ID) error {
	d, err := next(d, supersede, s.now())
	if err != nil {
		return err
	}
	d.Error = fmt.Sprintf("the younger deployment %d already serves", by)
	err = s.store.SaveDeployment(ctx, d, Finished{Project: d.Project, Deployment: d.ID})
	if err == nil {
		s.tellWatchers(d)
	}
	return err
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
	s.tellWatchers(d)
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
	s.tellWatchers(d)
	if fault.KindOf(cause) == fault.Internal {
		return fmt.Errorf("deployment %d of %s to %s: %w", d.ID, d.Title(), d.EnvironmentName, cause)
	}
	return nil
}

func (s *Service) apply(ctx context.Context, env Environment, d Deployment) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ApplyTimeout)
	defer cancel()
	p := placement(env, d)
	if d.Kind == KindService {
		var err error
		if p.Environ, err = s.environ(ctx, env, d); err != nil {
			return err
		}
	}
	err := s.target.Apply(ctx, p)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.Errorf(fault.Unavailable, "the target did not make it ready within %s", s.cfg.ApplyTimeout)
	}
	if err == nil {
		s.publish(env, d)
	}
	return err
}

func placement(env Environment, d Deployment) Placement {
	return Placement{
		Kind: d.Kind, Endpoint: env.Endpoint, Project: env.Project, Environment: env.Name, Target: env.Target, Public: env.Public,
		Deployment: d.ID, DeployedAt: d.StartedAt, Digest: d.Digest,
		Model: d.Model, Version: d.ModelVersion, Service: d.Service, Site: d.Site,
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
			s.noteProblem(id, nil)
			return nil // gone with its project meanwhile
		}
		return err
	}
	if env.Current == 0 {
		s.noteProblem(id, nil)
		s.unpublish(env.Endpoint)
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
// server. Every environment's current deployment of the given kinds is applied,
// several at a time, because services take their time to start. One that cannot
// be applied does not keep the others from serving: the errors come back
// joined, the environment's health says failed, and Sweep tries it again.
//
// With no kinds it restores all, and resumes.
func (s *Service) Restore(ctx context.Context, kinds ...Kind) error {
	serving, err := s.store.Serving(ctx)
	if err != nil {
		return err
	}
	var (
		mu       sync.Mutex
		failures []error
		all      sync.WaitGroup
	)
	slots := make(chan struct{}, 4)
	for _, env := range serving {
		if len(kinds) > 0 && !slices.Contains(kinds, or(env.Kind, KindModel)) {
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := s.Refresh(ctx, env.ID); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, err)
			}
		})
	}
	all.Wait()
	if len(kinds) == 0 {
		failures = append(failures, s.Resume(ctx))
	}
	return errors.Join(failures...)
}

// Resume carries out deployments that a crash left unfinished.
func (s *Service) Resume(ctx context.Context) error {
	unfinished, err := s.store.Unfinished(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, d := range unfinished {
		if err := s.Run(ctx, d.ID); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// heal tries again what could not be applied, when nobody deployed anew since.
func (s *Service) heal(ctx context.Context) {
	s.mu.Lock()
	broken := slices.Collect(maps.Keys(s.problems))
	s.mu.Unlock()
	for _, id := range broken {
		if err := s.Refresh(ctx, id); err != nil {
			s.cfg.Log.DebugContext(ctx, "an environment still does not serve", "environment", id, "error", err)
		}
	}
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
			s.unpublish(env.Endpoint)
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
