package project

import (
	"context"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
)

// Member is a user's membership in a project, or in a group.
type Member struct {
	User      auth.UserID
	Username  string
	Name      string
	Role      auth.Role
	Since     time.Time
	ExpiresAt *time.Time // nil: it does not end
	Inherited string     // the path of the group through which, or ""
}

// Expired is a membership that has ended and still has its row.
type Expired struct {
	Project ID
	Member  Member
}

// Standing is where a user's role in a project comes from. Of the two roles the
// higher counts.
type Standing struct {
	Direct auth.Role // as a member of the project itself
	Group  auth.Role // as a member of the project's group
	Path   string    // of that group
}

// Role is the one that counts.
func (s Standing) Role() auth.Role { return max(s.Direct, s.Group) }

// Inherited is the path of the group that the role comes from, or "".
func (s Standing) Inherited() string {
	if s.Group > s.Direct {
		return s.Path
	}
	return ""
}

// Membership is what the audit log says of a member.
type Membership struct {
	Role      string     `json:"role"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// Membership is the member as the audit log says it; nil for no member.
func (m Member) Membership() any {
	if m.Role == auth.None {
		return nil
	}
	return Membership{m.Role.String(), m.ExpiresAt}
}

// CheckExpiry refuses a membership that would be over when it begins.
func CheckExpiry(expires *time.Time) error {
	if expires != nil && !expires.After(time.Now()) {
		return fault.Errorf(fault.Invalid, "the membership would end in the past").At("expires_at")
	}
	return nil
}

// Members lists who belongs to the project, themselves or through its group;
// each once, as they have the higher role.
func (s *Service) Members(ctx context.Context, actor auth.Actor, id ID) ([]Member, error) {
	if err := s.May(ctx, actor, id, auth.ReadProject); err != nil {
		return nil, err
	}
	return s.store.Members(ctx, id)
}

// SetMember adds a member for good or changes their role: SetMemberUntil
// without an end.
func (s *Service) SetMember(ctx context.Context, actor auth.Actor, id ID, user auth.UserID, role auth.Role) error {
	return s.SetMemberUntil(ctx, actor, id, user, role, nil)
}

// SetMemberUntil adds a member or changes their role and when it ends. Nobody
// gives more than they have, and nobody changes one who stands above them.
func (s *Service) SetMemberUntil(ctx context.Context, actor auth.Actor, id ID, user auth.UserID, role auth.Role, expires *time.Time) error {
	before, err := s.mayChange(ctx, actor, id, user, role)
	if err != nil {
		return err
	}
	if err := CheckExpiry(expires); err != nil {
		return err
	}
	after := Member{User: user, Role: role, ExpiresAt: expires}
	act := actor.Act("member.changed", int64(id), before.Username)
	if act.Before, act.After = before.Membership(), after.Membership(); act.Before == nil {
		act.Action = "member.added"
	}
	return s.store.SetMember(ctx, id, after, act)
}

// mayChange decides whether the actor may give user the role, and answers what
// user is now.
func (s *Service) mayChange(ctx context.Context, actor auth.Actor, id ID, user auth.UserID, role auth.Role) (Member, error) {
	if err := s.May(ctx, actor, id, auth.ManageMembers); err != nil {
		return Member{}, err
	}
	own, err := s.Role(ctx, actor, id)
	if err != nil {
		return Member{}, err
	}
	before, err := s.store.Member(ctx, id, user)
	if err != nil {
		return Member{}, err
	}
	standing, err := s.store.Standing(ctx, id, user)
	if err != nil {
		return Member{}, err
	}
	if role > own || standing.Role() > own {
		return Member{}, fault.Errorf(fault.Denied, "permission %s refused: %s may give and take roles up to %s", auth.ManageMembers, actor.Username, own)
	}
	return before, nil
}

// RemoveMember takes a member out of the project. Everyone may leave, but no
// job nor token of narrow scope may make them.
func (s *Service) RemoveMember(ctx context.Context, actor auth.Actor, id ID, user auth.UserID) error {
	before, err := s.leaving(ctx, actor, id, user)
	if err != nil {
		return err
	}
	if before.Role == auth.None {
		if standing, err := s.store.Standing(ctx, id, user); err != nil {
			return err
		} else if standing.Group != auth.None {
			return fault.Errorf(fault.Conflict, "%s belongs to this project through the group %s: remove them there", before.Username, standing.Path)
		}
		return fault.Errorf(fault.Missing, "not a member of this project")
	}
	act := actor.Act("member.removed", int64(id), before.Username)
	act.Before = before.Membership()
	return s.store.RemoveMember(ctx, id, user, act)
}

func (s *Service) leaving(ctx context.Context, actor auth.Actor, id ID, user auth.UserID) (Member, error) {
	if user == actor.User && actor.Person() && auth.RequireScope(actor, auth.ScopeAPI) == nil {
		if role, err := s.Role(ctx, actor, id); err != nil {
			return Member{}, err
		} else if role == auth.None {
			return Member{}, hidden(id)
		}
		return s.store.Member(ctx, id, user)
	}
	return s.mayChange(ctx, actor, id, user, auth.None)
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
		act := auth.System("members").Act("member.expired", int64(e.Project), e.Member.Username)
		act.Before = e.Member.Membership()
		if err := s.store.RemoveExpired(ctx, e, now, act); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}
