package invite

import (
	"context"
	"strings"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/project"
)

// Service is the verbs of invitations.
type Service struct {
	store    Store
	people   *auth.Service
	projects *project.Service
	groups   *group.Service
	now      func() time.Time
}

// New makes the service.
func New(store Store, people *auth.Service, projects *project.Service, groups *group.Service) *Service {
	return &Service{store: store, people: people, projects: projects, groups: groups, now: time.Now}
}

// ToProject makes an invitation to a project and answers its secret, which is
// shown this once.
func (s *Service) ToProject(ctx context.Context, actor auth.Actor, p project.Project, wish Wish) (Invitation, string, error) {
	if err := s.projects.May(ctx, actor, p.ID, auth.ManageMembers); err != nil {
		return Invitation{}, "", err
	}
	own, err := s.projects.Role(ctx, actor, p.ID)
	if err != nil {
		return Invitation{}, "", err
	}
	return s.make(ctx, actor, own, Invitation{Project: p.ID, Path: p.Path()}, wish)
}

// ToGroup makes an invitation to a group, the same way.
func (s *Service) ToGroup(ctx context.Context, actor auth.Actor, path string, wish Wish) (Invitation, string, error) {
	g, err := s.groups.Find(ctx, actor, path, auth.ManageMembers)
	if err != nil {
		return Invitation{}, "", err
	}
	own, err := s.groups.Role(ctx, actor, g)
	if err != nil {
		return Invitation{}, "", err
	}
	return s.make(ctx, actor, own, Invitation{Group: g.ID, Path: g.Path}, wish)
}

func (s *Service) make(ctx context.Context, actor auth.Actor, own auth.Role, i Invitation, wish Wish) (Invitation, string, error) {
	if !actor.Person() {
		return Invitation{}, "", fault.Errorf(fault.Denied, "permission %s refused: only people invite people", auth.ManageMembers)
	}
	if wish.Role <= auth.None || wish.Role > own {
		return Invitation{}, "", fault.Errorf(fault.Denied, "permission %s refused: %s may invite up to the role %s", auth.ManageMembers, actor.Username, own).At("role")
	}
	now := s.now().UTC()
	if err := wish.check(now); err != nil {
		return Invitation{}, "", err
	}
	i.Role, i.Email, i.UsesLeft, i.ExpiresAt = wish.Role, wish.Email, wish.Uses, wish.ExpiresAt.UTC()
	i.By, i.ByName, i.CreatedAt = actor.User, actor.Username, now
	secret := auth.NewSecret(auth.InvitationPrefix)
	act := actor.Act("invitation.created", int64(i.Project), i.Path)
	act.After = i.facts()
	i, err := s.store.Add(ctx, i, auth.HashSecret(secret), act)
	return i, secret, err
}

// OfProject lists a project's invitations that are not over.
func (s *Service) OfProject(ctx context.Context, actor auth.Actor, id project.ID) ([]Invitation, error) {
	if err := s.projects.May(ctx, actor, id, auth.ManageMembers); err != nil {
		return nil, err
	}
	return s.store.List(ctx, id, 0, s.now().UTC())
}

// OfGroup lists a group's.
func (s *Service) OfGroup(ctx context.Context, actor auth.Actor, path string) ([]Invitation, error) {
	g, err := s.groups.Find(ctx, actor, path, auth.ManageMembers)
	if err != nil {
		return nil, err
	}
	return s.store.List(ctx, 0, g.ID, s.now().UTC())
}

// RevokeOfProject ends one of a project's invitations.
func (s *Service) RevokeOfProject(ctx context.Context, actor auth.Actor, project project.ID, id int64) error {
	all, err := s.OfProject(ctx, actor, project)
	if err != nil {
		return err
	}
	return s.revoke(ctx, actor, all, id)
}

// RevokeOfGroup ends one of a group's.
func (s *Service) RevokeOfGroup(ctx context.Context, actor auth.Actor, path string, id int64) error {
	all, err := s.OfGroup(ctx, actor, path)
	if err != nil {
		return err
	}
	return s.revoke(ctx, actor, all, id)
}

func (s *Service) revoke(ctx context.Context, actor auth.Actor, all []Invitation, id int64) error {
	for _, i := range all {
		if i.ID == id {
			act := actor.Act("invitation.revoked", int64(i.Project), i.Path)
			act.Before = i.facts()
			return s.store.Remove(ctx, id, act)
		}
	}
	return fault.Errorf(fault.Missing, "no invitation %d", id)
}

// Look finds the invitation of a link, for whoever has it. address is theirs,
// for the limit on guesses.
func (s *Service) Look(ctx context.Context, secret, address string) (Invitation, error) {
	i, err := s.store.ByHash(ctx, auth.HashSecret(secret))
	if fault.Is(err, fault.Missing) {
		return Invitation{}, s.people.WrongSecret(address, Over())
	}
	if err != nil {
		return Invitation{}, err
	}
	if !i.open(s.now()) {
		return Invitation{}, Over()
	}
	// It is worth what its maker is now.
	may, err := s.makerMay(ctx, i)
	if err != nil {
		return Invitation{}, err
	}
	if !may {
		return Invitation{}, Over()
	}
	return i, nil
}

// Over is the answer to every invitation that is no use, whatever the cause.
func Over() error {
	return fault.Errorf(fault.Missing, "this invitation is unknown, used up, revoked or expired: ask for a new one")
}

// makerMay tells whether the invitation's maker could make it today.
func (s *Service) makerMay(ctx context.Context, i Invitation) (bool, error) {
	maker, err := s.people.User(ctx, i.By)
	if err != nil || maker.Blocked {
		return false, err
	}
	actor := maker.Actor(auth.ViaSession)
	var own auth.Role
	if i.Project != 0 {
		own, err = s.projects.Role(ctx, actor, i.Project)
	} else {
		own, err = s.groups.Role(ctx, actor, group.Group{ID: i.Group})
	}
	return own >= i.Role && own >= auth.RuleOf(auth.ManageMembers).Role, err
}

// Accept makes the actor a member by the invitation, and answers where. One who
// has that role already takes no use.
func (s *Service) Accept(ctx context.Context, actor auth.Actor, secret string) (string, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return "", err
	}
	if !actor.Person() {
		return "", fault.Errorf(fault.Denied, "only people accept invitations")
	}
	if err := auth.RequireScope(actor, auth.ScopeAPI); err != nil {
		return "", err
	}
	i, err := s.Look(ctx, secret, actor.Address)
	if err != nil {
		return "", err
	}
	u, err := s.people.User(ctx, actor.User)
	if err != nil {
		return "", err
	}
	if err := i.isFor(u.Email); err != nil {
		return "", err
	}
	has, err := s.roleNow(ctx, i, actor)
	if err != nil || has >= i.Role {
		return i.Path, err
	}
	return i.Path, s.store.Accept(ctx, i, actor.User, s.now().UTC(), joined(actor, i)...)
}

// roleNow is what the actor has already, without being an administrator.
func (s *Service) roleNow(ctx context.Context, i Invitation, actor auth.Actor) (auth.Role, error) {
	actor.Admin = false
	if i.Project != 0 {
		return s.projects.Role(ctx, actor, i.Project)
	}
	return s.groups.Role(ctx, actor, group.Group{ID: i.Group})
}

// Register makes an account by the invitation, which is a member then.
func (s *Service) Register(ctx context.Context, secret, address string, r auth.Registration) (auth.User, error) {
	i, err := s.Look(ctx, secret, address)
	if err != nil {
		return auth.User{}, err
	}
	if err := i.isFor(strings.TrimSpace(r.Email)); err != nil {
		return auth.User{}, err
	}
	r.Admin = false
	u, hash, err := s.people.NewUser(ctx, r)
	if err != nil {
		return auth.User{}, err
	}
	actor := auth.Actor{Username: u.Username, Address: address}
	made := actor.Act("user.created", 0, u.Username)
	made.Reason = "invitation by " + i.ByName + " to " + i.Path
	u, err = s.store.Register(ctx, i, u, hash, s.now().UTC(), append([]event.Event{made}, joined(actor, i)...)...)
	return u, err
}

func (i Invitation) isFor(email string) error {
	if i.Email == "" || strings.EqualFold(i.Email, email) {
		return nil
	}
	return fault.Errorf(fault.Denied, "this invitation is for another e-mail address: ask for one of your own").At("email")
}

// joined is what the audit log says of a new member: two lines, as the project
// has one for each of its members.
func joined(actor auth.Actor, i Invitation) []event.Event {
	accepted := actor.Act("invitation.accepted", int64(i.Project), i.Path)
	accepted.Reason = "invited by " + i.ByName
	member := actor.Act("member.added", int64(i.Project), actor.Username)
	if i.Project == 0 {
		member = actor.Act("group_member.added", 0, i.Path+": "+actor.Username)
	}
	member.After = project.Membership{Role: i.Role.String()}
	return []event.Event{accepted, member}
}
