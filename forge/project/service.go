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

// May decides whether the actor may do p in the project. A project that the
// actor may not even see answers as one that does not exist.
func (s *Service) May(ctx context.Context, actor auth.Actor, id ID, p auth.Permission) error {
	if actor.Via == auth.ViaSystem {
		return nil
	}
	role, err := s.store.Role(ctx, id, actor.User)
	if err != nil {
		return err
	}
	// An administrator's job reaches its own project and learns of no other.
	reachesAll := actor.Admin && (actor.Project == 0 || actor.Project == int64(id))
	if role == auth.None && !reachesAll && actor.SignedIn() {
		return fault.Errorf(fault.Missing, "no project %d, or you are not one of its members", id)
	}
	return auth.Check(actor, role, int64(id), p)
}

// Role is the actor's role in a project; admins count as owners.
func (s *Service) Role(ctx context.Context, actor auth.Actor, id ID) (auth.Role, error) {
	if actor.Admin {
		return auth.Owner, nil
	}
	return s.store.Role(ctx, id, actor.User)
}

// Create makes a project and its creator the owner. A namespace is the
// creator's user name, one that nobody uses yet, or one where they own a
// project.
func (s *Service) Create(ctx context.Context, actor auth.Actor, p Project) (Project, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return Project{}, err
	}
	if err := auth.RequireScope(actor, auth.ScopeAPI); err != nil {
		return Project{}, err
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
	if err := s.mayUseNamespace(ctx, actor, p.Namespace); err != nil {
		return Project{}, err
	}
	p.CreatedAt = time.Now().UTC()
	return s.store.Create(ctx, p, actor.User, func(id ID) event.Event { return Created{Project: id} })
}

func (s *Service) mayUseNamespace(ctx context.Context, actor auth.Actor, namespace string) error {
	if actor.Project != 0 {
		return fault.Errorf(fault.Denied, "a job's token cannot create projects")
	}
	if actor.Admin || strings.EqualFold(namespace, actor.Username) {
		return nil
	}
	used, owns, err := s.store.NamespaceUse(ctx, namespace, actor.User)
	if err != nil {
		return err
	}
	if used && !owns {
		return fault.Errorf(fault.Denied, "namespace %q is in use, and %s owns no project there: ask one of its owners", namespace, actor.Username).At("namespace")
	}
	return nil
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
		if !fault.Is(err, fault.Denied) || actor.Project != 0 {
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
	if description != nil {
		p.Description = *description
	}
	if defaultBranch != nil {
		if err := checkBranch(*defaultBranch); err != nil {
			return Project{}, err
		}
		p.DefaultBranch = *defaultBranch
	}
	return p, s.store.Update(ctx, p)
}

// Delete removes a project with all it holds.
func (s *Service) Delete(ctx context.Context, actor auth.Actor, id ID) error {
	if err := s.May(ctx, actor, id, auth.DeleteProject); err != nil {
		return err
	}
	return s.store.Delete(ctx, id, Deleted{Project: id})
}

// Members lists who belongs to the project.
func (s *Service) Members(ctx context.Context, actor auth.Actor, id ID) ([]Member, error) {
	if err := s.May(ctx, actor, id, auth.ReadProject); err != nil {
		return nil, err
	}
	return s.store.Members(ctx, id)
}

// SetMember adds a member or changes their role. Nobody gives more than they
// have, and nobody changes one who stands above them.
func (s *Service) SetMember(ctx context.Context, actor auth.Actor, id ID, user auth.UserID, role auth.Role) error {
	if err := s.May(ctx, actor, id, auth.ManageMembers); err != nil {
		return err
	}
	own, err := s.Role(ctx, actor, id)
	if err != nil {
		return err
	}
	before, err := s.store.Role(ctx, id, user)
	if err != nil {
		return err
	}
	if role > own || before > own {
		return fault.Errorf(fault.Denied, "permission %s refused: %s may give and take roles up to %s", auth.ManageMembers, actor.Username, own)
	}
	return s.store.SetMember(ctx, id, user, role)
}

// RemoveMember takes a member out of the project. Everyone may leave, but no
// job nor token of narrow scope may make them.
func (s *Service) RemoveMember(ctx context.Context, actor auth.Actor, id ID, user auth.UserID) error {
	leaves := user == actor.User && actor.Via != auth.ViaJob && auth.RequireScope(actor, auth.ScopeAPI) == nil
	if !leaves {
		if err := s.May(ctx, actor, id, auth.ManageMembers); err != nil {
			return err
		}
	}
	own, err := s.Role(ctx, actor, id)
	if err != nil {
		return err
	}
	before, err := s.store.Role(ctx, id, user)
	if err != nil {
		return err
	}
	if before > own {
		return fault.Errorf(fault.Denied, "permission %s refused: the member is %s and %s is %s", auth.ManageMembers, before, actor.Username, own)
	}
	return s.store.RemoveMember(ctx, id, user)
}

// Variables lists the project's variables; the values of masked ones are
// withheld.
func (s *Service) Variables(ctx context.Context, actor auth.Actor, id ID) ([]Variable, error) {
	if err := s.May(ctx, actor, id, auth.ManageVariables); err != nil {
		return nil, err
	}
	variables, err := s.store.Variables(ctx, id)
	for i := range variables {
		if variables[i].Masked {
			variables[i].Value = ""
		}
	}
	return variables, err
}

// JobVariables gives what a job on a protected, or not protected, ref gets.
// It is for the server itself: values are not withheld.
func (s *Service) JobVariables(ctx context.Context, id ID, protectedRef bool) ([]Variable, error) {
	all, err := s.store.Variables(ctx, id)
	if err != nil {
		return nil, err
	}
	given := all[:0]
	for _, v := range all {
		if protectedRef || !v.Protected {
			given = append(given, v)
		}
	}
	return given, nil
}

// SetVariable adds or replaces a variable.
func (s *Service) SetVariable(ctx context.Context, actor auth.Actor, id ID, v Variable) error {
	if err := s.May(ctx, actor, id, auth.ManageVariables); err != nil {
		return err
	}
	if err := checkVariable(v); err != nil {
		return err
	}
	return s.store.SetVariable(ctx, id, v)
}

// RemoveVariable removes a variable.
func (s *Service) RemoveVariable(ctx context.Context, actor auth.Actor, id ID, key string) error {
	if err := s.May(ctx, actor, id, auth.ManageVariables); err != nil {
		return err
	}
	return s.store.RemoveVariable(ctx, id, key)
}
