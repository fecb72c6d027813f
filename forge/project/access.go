package project

import (
	"context"

	"dasier/fault"
	"dasier/forge/auth"
)

// May decides whether the actor may do p in the project. A project that the
// actor may not even see answers as one that does not exist.
func (s *Service) May(ctx context.Context, actor auth.Actor, id ID, p auth.Permission) error {
	if actor.Via == auth.ViaSystem {
		return nil
	}
	a, err := s.access(ctx, actor, id)
	if err != nil {
		return err
	}
	return a.check(p)
}

// access is how an actor reaches one project.
type access struct {
	actor    auth.Actor
	id       ID
	standing Standing
	role     auth.Role // the one that counts, but for administrators
	visiting bool      // a job of another project, which this one lists
}

func (s *Service) access(ctx context.Context, actor auth.Actor, id ID) (access, error) {
	a := access{actor: actor, id: id}
	if own, ok := actor.OwnRole(int64(id)); ok {
		a.role = own
		return a, nil
	}
	var err error
	if a.standing, err = s.store.Standing(ctx, id, actor.User); err != nil {
		return a, err
	}
	a.role = a.standing.Role()
	if actor.Via == auth.ViaJob && actor.Project != int64(id) && (a.role != auth.None || actor.Admin) {
		a.visiting, err = s.store.JobAccess(ctx, id, ID(actor.Project))
	}
	return a, err
}

// reachesAll: an administrator's token that is bound to a project, such as a
// job's, reaches that one and learns of no other.
func (a access) reachesAll() bool {
	return a.actor.Admin && (a.actor.Project == 0 || a.actor.Project == int64(a.id) || a.visiting)
}

func (a access) check(p auth.Permission) error {
	if a.role == auth.None && !a.reachesAll() && a.actor.SignedIn() {
		return hidden(a.id)
	}
	actor := a.actor
	switch {
	case a.visiting && !auth.ForNeighbours(p):
		return fault.Errorf(fault.Denied, "permission %s refused: a job of another project may read here and ask for predictions, and no more", p)
	case a.visiting:
		actor.Project = int64(a.id)
	case actor.Via == auth.ViaJob && actor.Project != int64(a.id):
		return fault.Errorf(fault.Denied, "permission %s refused: this token belongs to a job of another project, which this project does not list (its maintainers can: job access)", p)
	}
	return auth.Check(actor, a.role, int64(a.id), p)
}

func hidden(id ID) error {
	return fault.Errorf(fault.Missing, "no project %d, or you are not one of its members", id)
}

// Role is the actor's role in a project; admins count as owners.
func (s *Service) Role(ctx context.Context, actor auth.Actor, id ID) (auth.Role, error) {
	if actor.Via == auth.ViaSystem {
		return auth.Owner, nil
	}
	a, err := s.access(ctx, actor, id)
	switch {
	case err != nil:
		return auth.None, err
	case a.reachesAll():
		return auth.Owner, nil
	case actor.Project != 0 && actor.Project != int64(id) && !a.visiting:
		return auth.None, nil
	}
	return a.role, nil
}

// Verdict is one line of what an actor may do, and why not.
type Verdict struct {
	Permission auth.Permission
	Refusal    string // "" when allowed
}

// Permissions says of every permission whether the actor has it in the project,
// and where their role comes from.
func (s *Service) Permissions(ctx context.Context, actor auth.Actor, id ID) (auth.Role, Standing, []Verdict, error) {
	if err := s.May(ctx, actor, id, auth.ReadProject); err != nil {
		return auth.None, Standing{}, nil, err
	}
	a, err := s.access(ctx, actor, id)
	if err != nil {
		return auth.None, Standing{}, nil, err
	}
	verdicts := make([]Verdict, len(auth.Rules))
	for i, rule := range auth.Rules {
		verdicts[i].Permission = rule.Permission
		if err := a.check(rule.Permission); err != nil {
			verdicts[i].Refusal = fault.Message(err)
		}
	}
	role, err := s.Role(ctx, actor, id)
	return role, a.standing, verdicts, err
}
