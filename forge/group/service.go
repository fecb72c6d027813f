package group

import (
	"context"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Service is the verbs of groups.
type Service struct{ store Store }

// New makes the service.
func New(store Store) *Service { return &Service{store: store} }

// May decides whether the actor may do p in the group, by the table that holds
// in projects. A group that the actor may not see answers as one that does not
// exist.
func (s *Service) May(ctx context.Context, actor auth.Actor, g Group, p auth.Permission) error {
	if actor.Via == auth.ViaSystem {
		return nil
	}
	if err := actor.RequireSignedIn(); err != nil {
		return err
	}
	if actor.Project != 0 || !actor.Person() {
		return fault.Errorf(fault.Denied, "permission %s refused: a job's token does not reach groups, nor does a project's", p)
	}
	role, err := s.store.Role(ctx, g.ID, actor.User)
	if err != nil {
		return err
	}
	if role == auth.None && !actor.Admin {
		return hidden(g.Path)
	}
	return auth.Check(actor, role, 0, p)
}

func hidden(path string) error {
	return fault.Errorf(fault.Missing, "no group %s, or you are not one of its members", path)
}

// Role is the actor's role in the group; admins count as owners.
func (s *Service) Role(ctx context.Context, actor auth.Actor, g Group) (auth.Role, error) {
	if actor.Via == auth.ViaSystem || actor.Admin && actor.Project == 0 {
		return auth.Owner, nil
	}
	if !actor.Person() || actor.Project != 0 {
		return auth.None, nil
	}
	return s.store.Role(ctx, g.ID, actor.User)
}

// Find loads the group of a path for an actor who may do p there.
func (s *Service) Find(ctx context.Context, actor auth.Actor, path string, p auth.Permission) (Group, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return Group{}, err
	}
	g, err := s.store.ByPath(ctx, path, actor.User)
	if fault.Is(err, fault.Missing) {
		return Group{}, hidden(path)
	}
	if err != nil {
		return Group{}, err
	}
	if err := s.May(ctx, actor, g, p); fault.Is(err, fault.Missing) {
		return Group{}, hidden(path)
	} else if err != nil {
		return Group{}, err
	}
	return g, nil
}

// Get loads a group that the actor may see.
func (s *Service) Get(ctx context.Context, actor auth.Actor, path string) (Group, error) {
	return s.Find(ctx, actor, path, auth.ReadProject)
}

// MayManage decides whether the actor may see and set the group's variables.
func (s *Service) MayManage(ctx context.Context, actor auth.Actor, path string) error {
	_, err := s.Find(ctx, actor, path, auth.ManageVariables)
	return err
}

// List gives the groups that the actor is a member of; all to admins.
func (s *Service) List(ctx context.Context, actor auth.Actor, search string, page project.Page) ([]Group, int, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return nil, 0, err
	}
	if err := auth.RequireScope(actor, auth.ScopeReadAPI); err != nil {
		return nil, 0, err
	}
	if actor.Project != 0 {
		return nil, 0, nil // it reaches none
	}
	return s.store.List(ctx, actor.User, actor.Admin, search, page)
}

// Create makes a group, which its creator owns.
func (s *Service) Create(ctx context.Context, actor auth.Actor, g Group) (Group, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return Group{}, err
	}
	if err := auth.RequireScope(actor, auth.ScopeAPI); err != nil {
		return Group{}, err
	}
	if !actor.Person() || actor.Project != 0 {
		return Group{}, fault.Errorf(fault.Denied, "only people can create groups")
	}
	if err := g.check(); err != nil {
		return Group{}, err
	}
	g.CreatedAt = time.Now().UTC()
	g, err := s.store.Create(ctx, g, actor.User, actor.Act("group.created", 0, g.Path))
	g.Members, g.Role = 1, auth.Owner
	return g, err
}

// Update changes name and description.
func (s *Service) Update(ctx context.Context, actor auth.Actor, path string, name, description *string) (Group, error) {
	g, err := s.Find(ctx, actor, path, auth.EditProject)
	if err != nil {
		return Group{}, err
	}
	before := g
	if name != nil {
		g.Name = *name
	}
	if description != nil {
		g.Description = *description
	}
	if err := g.check(); err != nil {
		return Group{}, err
	}
	if g == before {
		return g, nil
	}
	act := actor.Act("group.changed", 0, g.Path)
	act.Before, act.After = before.settings(), g.settings()
	return g, s.store.Update(ctx, g, act)
}

// Delete removes an empty group.
func (s *Service) Delete(ctx context.Context, actor auth.Actor, path string) error {
	g, err := s.Find(ctx, actor, path, auth.DeleteProject)
	if err != nil {
		return err
	}
	return s.store.Delete(ctx, g.ID, Deleted{Path: g.Path}, actor.Act("group.deleted", 0, g.Path))
}

// Projects lists the group's projects: a member of the group sees all of them.
func (s *Service) Projects(ctx context.Context, actor auth.Actor, path string, page project.Page) ([]project.Project, int, error) {
	g, err := s.Get(ctx, actor, path)
	if err != nil {
		return nil, 0, err
	}
	return s.store.Projects(ctx, g.ID, page)
}
