package project

import (
	"context"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
)

// Tokens lists the project's own tokens, newest first.
func (s *Service) Tokens(ctx context.Context, actor auth.Actor, id ID) ([]auth.ProjectToken, error) {
	if err := s.May(ctx, actor, id, auth.ManageTokens); err != nil {
		return nil, err
	}
	return s.store.Tokens(ctx, id)
}

// tokenFacts is what the audit log says of a token.
type tokenFacts struct {
	Role      string       `json:"role"`
	Scopes    []auth.Scope `json:"scopes"`
	ExpiresAt *time.Time   `json:"expires_at,omitempty"`
	Limits    *auth.Limits `json:"limits,omitempty"`
}

func factsOf(t auth.ProjectToken) tokenFacts {
	facts := tokenFacts{Role: t.Role.String(), Scopes: t.Scopes, ExpiresAt: t.ExpiresAt}
	if t.Limits != (auth.Limits{}) {
		facts.Limits = &t.Limits
	}
	return facts
}

// CreateToken makes a token of the project's own and answers its secret, which
// is shown this once. It does not outrank its maker.
func (s *Service) CreateToken(ctx context.Context, actor auth.Actor, id ID, t auth.ProjectToken) (auth.ProjectToken, string, error) {
	if err := s.May(ctx, actor, id, auth.ManageTokens); err != nil {
		return auth.ProjectToken{}, "", err
	}
	own, err := s.Role(ctx, actor, id)
	if err != nil {
		return auth.ProjectToken{}, "", err
	}
	t.Project, t.CreatedBy, t.CreatedAt = int64(id), actor.Username, time.Now().UTC()
	if err := t.Check(own, t.CreatedAt); err != nil {
		return auth.ProjectToken{}, "", err
	}
	secret := auth.NewSecret(auth.DeployPrefix)
	act := actor.Act("project_token.created", int64(id), t.Name)
	act.After = factsOf(t)
	t, err = s.store.AddToken(ctx, t, auth.HashSecret(secret), act)
	return t, secret, err
}

// RevokeToken ends one of the project's own tokens.
func (s *Service) RevokeToken(ctx context.Context, actor auth.Actor, id ID, token int64) error {
	tokens, err := s.Tokens(ctx, actor, id)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.ID == token {
			act := actor.Act("project_token.revoked", int64(id), t.Name)
			act.Before = factsOf(t)
			return s.store.RemoveToken(ctx, id, token, act)
		}
	}
	return fault.Errorf(fault.Missing, "the project has no token %d", token)
}

// JobAccess lists the projects whose jobs may read in this one, where their
// users may.
func (s *Service) JobAccess(ctx context.Context, actor auth.Actor, id ID) ([]Project, error) {
	if err := s.May(ctx, actor, id, auth.ManageTokens); err != nil {
		return nil, err
	}
	return s.store.JobSources(ctx, id)
}

// Lists tells whether a project lists source among those whose jobs, and sites,
// may reach it. It asks no permission: it is for other parts of the server.
func (s *Service) Lists(ctx context.Context, id, source ID) (bool, error) {
	return s.store.JobAccess(ctx, id, source)
}

// AllowJobs lets the jobs of source, which the actor must see, read in the
// project, where their users may.
func (s *Service) AllowJobs(ctx context.Context, actor auth.Actor, id, source ID) error {
	if err := s.May(ctx, actor, id, auth.ManageTokens); err != nil {
		return err
	}
	p, err := s.Get(ctx, actor, source)
	if err != nil {
		return err
	}
	if id == source {
		return fault.Errorf(fault.Invalid, "a project's jobs reach it already").At("project")
	}
	return s.store.AllowJobs(ctx, id, source, actor.Act("job_access.allowed", int64(id), p.Path()))
}

// ForbidJobs takes source from the list. The actor need not see it.
func (s *Service) ForbidJobs(ctx context.Context, actor auth.Actor, id, source ID) error {
	sources, err := s.JobAccess(ctx, actor, id)
	if err != nil {
		return err
	}
	for _, p := range sources {
		if p.ID == source {
			return s.store.ForbidJobs(ctx, id, source, actor.Act("job_access.removed", int64(id), p.Path()))
		}
	}
	return fault.Errorf(fault.Missing, "the project is not listed")
}
