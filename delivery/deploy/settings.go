package deploy

import (
	"context"
	"slices"
	"strings"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Settings changes an environment; nil leaves a setting as it is.
type Settings struct {
	Public       *bool
	Protected    *bool
	Description  *string
	DeployRole   *auth.Role
	Approvals    *int
	ApprovalRole *auth.Role
	Target       *string
}

const (
	maxDescription = 1000
	maxApprovals   = 10
)

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
	before := settingsOf(env)
	if env, err = change.apply(env, s.cfg.Targets); err != nil {
		return Environment{}, err
	}
	created, err := s.store.CreateEnvironment(ctx, env, changedAct(actor, before, env))
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
	before := settingsOf(env)
	if env, err = change.apply(env, s.cfg.Targets); err != nil {
		return Environment{}, err
	}
	if err := s.store.UpdateEnvironment(ctx, env, EnvironmentChanged{Project: id, Environment: env.ID}, changedAct(actor, before, env)); err != nil {
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

// settingsOf is what an audit line says of an environment's settings.
func settingsOf(e Environment) map[string]any {
	return map[string]any{
		"public": e.Public, "protected": e.Protected, "deploy_role": e.DeployRole.String(),
		"approvals": e.Approvals, "approval_role": e.ApprovalRole.String(), "target": e.Target, "description": e.Description,
	}
}

func changedAct(actor auth.Actor, before map[string]any, after Environment) event.Act {
	act := actor.Act("environment.changed", int64(after.Project), after.Name)
	act.Before, act.After = before, settingsOf(after)
	return act
}

func (c Settings) apply(env Environment, targets []string) (Environment, error) {
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
	if c.Approvals != nil {
		if *c.Approvals < 0 || *c.Approvals > maxApprovals {
			return env, fault.Errorf(fault.Invalid, "%d approvals: expected 0 to %d", *c.Approvals, maxApprovals).At("approvals")
		}
		env.Approvals = *c.Approvals
	}
	for field, role := range map[string]struct{ wanted, kept *auth.Role }{
		"deploy_role": {c.DeployRole, &env.DeployRole}, "approval_role": {c.ApprovalRole, &env.ApprovalRole},
	} {
		if role.wanted == nil {
			continue
		}
		if *role.wanted != auth.Developer && *role.wanted != auth.Maintainer {
			return env, fault.Errorf(fault.Invalid, "role %q: expected developer or maintainer", *role.wanted).At(field)
		}
		*role.kept = *role.wanted
	}
	if c.Target != nil {
		if !slices.Contains(targets, *c.Target) {
			return env, fault.Errorf(fault.Invalid, "target %q: this server has %s", shorten(*c.Target), strings.Join(targets, ", ")).At("target")
		}
		env.Target = *c.Target
	}
	return env, nil
}
