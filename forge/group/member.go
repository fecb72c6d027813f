package group

import (
	"context"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Members lists who belongs to the group.
func (s *Service) Members(ctx context.Context, actor auth.Actor, path string) ([]project.Member, error) {
	g, err := s.Get(ctx, actor, path)
	if err != nil {
		return nil, err
	}
	return s.store.Members(ctx, g.ID)
}

// SetMember adds a member, or changes their role and when it ends. Nobody gives
// more than they have, and nobody changes one who stands above them.
func (s *Service) SetMember(ctx context.Context, actor auth.Actor, path string, user auth.UserID, role auth.Role, expires *time.Time) error {
	g, err := s.Find(ctx, actor, path, auth.ManageMembers)
	if err != nil {
		return err
	}
	before, err := s.mayChange(ctx, actor, g, user, role)
	if err != nil {
		return err
	}
	if err := project.CheckExpiry(expires); err != nil {
		return err
	}
	after := project.Member{User: user, Role: role, ExpiresAt: expires}
	act := actor.Act("group_member.changed", 0, target(g, before))
	if act.Before, act.After = before.Membership(), after.Membership(); act.Before == nil {
		act.Action = "group_member.added"
	}
	return s.store.SetMember(ctx, g.ID, after, act)
}

// target names a member of a group in the audit log, which knows no groups.
func target(g Group, m project.Member) string { return g.Path + ": " + m.Username }

func (s *Service) mayChange(ctx context.Context, actor auth.Actor, g Group, user auth.UserID, role auth.Role) (project.Member, error) {
	own, err := s.Role(ctx, actor, g)
	if err != nil {
		return project.Member{}, err
	}
	before, err := s.store.Member(ctx, g.ID, user)
	if err != nil {
		return project.Member{}, err
	}
	if role > own || before.Role > own {
		return project.Member{}, fault.Errorf(fault.Denied, "permission %s refused: %s may give and take roles up to %s", auth.ManageMembers, actor.Username, own)
	}
	return before, nil
}

// RemoveMember takes a member out of the group, and so out of its projects.
// Everyone may leave, but no token of narrow scope may make them.
func (s *Service) RemoveMember(ctx context.Context, actor auth.Actor, path string, user auth.UserID) error {
	needs := auth.ManageMembers
	leaves := user == actor.User && actor.Person() && auth.RequireScope(actor, auth.ScopeAPI) == nil
	if leaves {
		needs = auth.ReadProject
	}
	g, err := s.Find(ctx, actor, path, needs)
	if err != nil {
		return err
	}
	before, err := s.mayChange(ctx, actor, g, user, auth.None)
	if err != nil {
		return err
	}
	if before.Role == auth.None {
		return fault.Errorf(fault.Missing, "not a member of this group")
	}
	act := actor.Act("group_member.removed", 0, target(g, before))
	act.Before = before.Membership()
	return s.store.RemoveMember(ctx, g.ID, user, act)
}

// Sweep removes the memberships that have ended, so that the audit log has a
// line for each. They have not counted since they ended.
func (s *Service) Sweep(ctx context.Context) error {
	now := time.Now().UTC()
	expired, err := s.store.Expired(ctx, now)
	if err != nil {
		return err
	}
	for _, e := range expired {
		act := auth.System("members").Act("group_member.expired", 0, target(Group{Path: e.Path}, e.Member))
		act.Before = e.Member.Membership()
		if err := s.store.RemoveExpired(ctx, e, now, act); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}
