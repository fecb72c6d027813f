package deploy

import (
	"context"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Settings changes an environment; nil leaves a setting as it is.
type Settings struct {
	Public      *bool
	Protected   *bool
	Description *string
}

const maxDescription = 1000

// CreateEnvironment makes an environment before anything is deployed to it,
// for instance to make it public from the first answer on.
func (s *Service) CreateEnvironment(ctx context.Context, actor auth.Actor, id project.ID, name string, change Settings) (Environment, error) {
	if err := s.gate.May(ctx, actor, id, auth.ManageEnvironment); err != nil {
		return Environment{}, err
	}
	env, exists, err := s.plan(ctx, actor, id, name)
	if err != nil {
		return Environment{}, err
	}
	if exists {
		return Environment{}, fault.Errorf(fault.Conflict, "environment %s exists already", name)
	}
	if env, err = change.apply(env); err != nil {
		return Environment{}, err
	}
	created, err := s.store.CreateEnvironment(ctx, env)
	if err != nil {
		return Environment{}, err
	}
	return s.withHealth(created), nil
}

// SetEnvironment changes an environment's settings. When it has answered they
// hold: an endpoint that is no longer public answers strangers no more.
func (s *Service) SetEnvironment(ctx context.Context, actor auth.Actor, id project.ID, name string, change Settings) (Environment, error) {
	if err := s.gate.May(ctx, actor, id, auth.ManageEnvironment); err != nil {
		return Environment{}, err
	}
	env, err := s.store.Environment(ctx, id, name)
	if err != nil {
		return Environment{}, err
	}
	if env, err = change.apply(env); err != nil {
		return Environment{}, err
	}
	if err := s.store.UpdateEnvironment(ctx, env, EnvironmentChanged{Project: id, Environment: env.ID}); err != nil {
		return Environment{}, err
	}
	env.Version++
	return s.withHealth(env), s.tell(ctx, env.ID)
}

// tell brings a change to the target at once. The reaction to the change does
// so again, for the case that this process dies in between.
func (s *Service) tell(ctx context.Context, id EnvironmentID) error {
	if err := s.Refresh(ctx, id); err != nil {
		return fault.Errorf(fault.Unavailable, "the change is saved, but the endpoint could not be told yet: it is tried again (%w)", err)
	}
	return nil
}

// Stop makes an environment serve nothing until the next deployment.
func (s *Service) Stop(ctx context.Context, actor auth.Actor, id project.ID, name string) error {
	if err := s.gate.May(ctx, actor, id, auth.ManageEnvironment); err != nil {
		return err
	}
	env, err := s.store.Environment(ctx, id, name)
	if err != nil {
		return err
	}
	if err := s.store.ClearCurrent(ctx, env.ID, EnvironmentChanged{Project: id, Environment: env.ID}); err != nil {
		return err
	}
	return s.tell(ctx, env.ID)
}

func (c Settings) apply(env Environment) (Environment, error) {
	if c.Public != nil {
		env.Public = *c.Public
	}
	if c.Protected != nil {
		env.Protected = *c.Protected
	}
	if c.Description != nil {
		if len(*c.Description) > maxDescription {
			return env, fault.Errorf(fault.Invalid, "the description has %d bytes: at most %d", len(*c.Description), maxDescription).At("description")
		}
		env.Description = *c.Description
	}
	return env, nil
}
