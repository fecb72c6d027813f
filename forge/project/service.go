package project

import (
	"context"
	"strings"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
)

// Service is the verbs of projects.
type Service struct{ store Store }

// New makes the service.
func New(store Store) *Service { return &Service{store: store} }

// Create makes a project. A namespace is the creator's user name, a group's in
// which they are maintainer, or a new one: that makes the group, which they own.
// A group's project has the group's members, and none of its own.
func (s *Service) Create(ctx context.Context, actor auth.Actor, p Project) (Project, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return Project{}, err
	}
	if err := auth.RequireScope(actor, auth.ScopeAPI); err != nil {
		return Project{}, err
	}
	if actor.Project != 0 {
		return Project{}, fault.Errorf(fault.Denied, "a job's token cannot create projects, nor can a project's")
	}
	if p.DefaultBranch == "" {
		p.DefaultBranch = "main"
	}
	if err := checkPath(p.Namespace, p.Name); err != nil {
		return Project{}, err
	}
	if err := checkBranch(p.DefaultBranch); err != nil {
		return Project{}, err
	}
	namespace, err := s.mayUseNamespace(ctx, actor, p.Namespace)
	if err != nil {
		return Project{}, err
	}
	p.CreatedAt = time.Now().UTC()
	created := func(id ID) event.Event { return Created{Project: id} }
	act := func(id ID) event.Event { return actor.Act("project.created", int64(id), p.Path()) }
	switch {
	case namespace.User != 0:
		return s.store.Create(ctx, p, namespace.User, created, act)
	case namespace.Group && namespace.Owned:
		return s.store.Create(ctx, p, 0, created, act)
	case namespace.Group:
		return s.store.Create(ctx, p, actor.User, created, act)
	}
	group := func(ID) event.Event { return actor.Act("group.created", 0, p.Namespace) }
	return s.store.CreateWithGroup(ctx, p, actor.User, group, created, act)
}

func (s *Service) mayUseNamespace(ctx context.Context, actor auth.Actor, namespace string) (Namespace, error) {
	n, err := s.store.Namespace(ctx, namespace, actor.User)
	if err != nil || actor.Admin {
		return n, err
	}
	if n.User != 0 && n.User != actor.User || n.Group && n.Role < auth.Maintainer {
		return n, fault.Errorf(fault.Denied, "namespace %q is in use: %s may create no project there unless they are maintainer of the group", namespace, actor.Username).At("namespace")
	}
	return n, nil
}

// Get loads a project that the actor may see.
func (s *Service) Get(ctx context.Context, actor auth.Actor, id ID) (Project, error) {
	if err := s.May(ctx, actor, id, auth.ReadProject); err != nil {
		return Project{}, err
	}
	return s.store.Project(ctx, id)
}

// ByPath loads a project that the actor may see.
func (s *Service) ByPath(ctx context.Context, actor auth.Actor, namespace, name string) (Project, error) {
	hidden := fault.Errorf(fault.Missing, "no project %s/%s, or you are not one of its members", namespace, name)
	p, err := s.store.ByPath(ctx, namespace, name)
	if fault.Is(err, fault.Missing) {
		if !actor.SignedIn() {
			return Project{}, actor.RequireSignedIn()
		}
		return Project{}, hidden
	}
	if err != nil {
		return Project{}, err
	}
	if err := s.May(ctx, actor, p.ID, auth.ReadProject); err != nil {
		if fault.Is(err, fault.Missing) {
			return Project{}, hidden
		}
		// A token of narrow scope may still find the project that it serves.
		if !fault.Is(err, fault.Denied) || actor.Project != 0 && actor.Project != int64(p.ID) {
			return Project{}, err
		}
	}
	return p, nil
}

// List gives the projects that the actor is a member of: all to admins, and to
// a job its own.
func (s *Service) List(ctx context.Context, actor auth.Actor, search string, page Page) ([]Project, int, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return nil, 0, err
	}
	if err := auth.RequireScope(actor, auth.ScopeReadAPI); err != nil {
		return nil, 0, err
	}
	if page.Limit <= 0 {
		page.Limit = 50
	}
	if actor.Project != 0 {
		return s.own(ctx, actor, search, page)
	}
	user := actor.User
	if actor.Admin {
		user = 0
	}
	return s.store.List(ctx, user, search, page)
}

// own is the list of an actor who reaches one project only.
func (s *Service) own(ctx context.Context, actor auth.Actor, search string, page Page) ([]Project, int, error) {
	p, err := s.Get(ctx, actor, ID(actor.Project))
	if err != nil || !strings.Contains(strings.ToLower(p.Path()), strings.ToLower(search)) {
		return nil, 0, err
	}
	if page.Offset > 0 {
		return nil, 1, nil
	}
	return []Project{p}, 1, nil
}

// Update changes description and default branch.
func (s *Service) Update(ctx context.Context, actor auth.Actor, id ID, description, defaultBranch *string) (Project, error) {
	if err := s.May(ctx, actor, id, auth.EditProject); err != nil {
		return Project{}, err
	}
	p, err := s.store.Project(ctx, id)
	if err != nil {
		return Project{}, err
	}
	before := p
	if description != nil {
		p.Description = *description
	}
	if defaultBranch != nil {
		if err := checkBranch(*defaultBranch); err != nil {
			return Project{}, err
		}
		p.DefaultBranch = *defaultBranch
	}
	if p == before {
		return p, nil
	}
	act := actor.Act("project.changed", int64(id), p.Path())
	act.Before, act.After = settings(before), settings(p)
	return p, s.store.Update(ctx, p, act)
}

// Delete removes a project with all it holds.
func (s *Service) Delete(ctx context.Context, actor auth.Actor, id ID) error {
	if err := s.May(ctx, actor, id, auth.DeleteProject); err != nil {
		return err
	}
	p, err := s.store.Project(ctx, id)
	if err != nil {
		return err
	}
	return s.store.Delete(ctx, id, Deleted{Project: id}, actor.Act("project.deleted", int64(id), p.Path()))
}

// settings is what the audit log says of a project.
func settings(p Project) map[string]string {
	return map[string]string{"description": p.Description, "default_branch": p.DefaultBranch}
}
