package invite_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/invite"
	"dasier/forge/project"
	"dasier/store"
	"dasier/store/storetest"
)

// lab has the project lab/model in the group lab, which owner owns; maintainer
// and developer are the project's, and outsider is nobody there.
type lab struct {
	*invite.Service
	t        *testing.T
	data     *store.Store
	people   *auth.Service
	projects *project.Service
	groups   *group.Service
	model    project.Project
	actor    map[string]auth.Actor
}

func newLab(t *testing.T) *lab {
	t.Helper()
	ctx := t.Context()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	l := &lab{
		t: t, data: data, people: auth.New(data.Auth()), projects: project.New(data.Project()), groups: group.New(data.Group()),
		actor: map[string]auth.Actor{"anonymous": auth.Anonymous},
	}
	l.Service = invite.New(data.Invite(), l.people, l.projects, l.groups)
	for _, name := range []string{"owner", "maintainer", "developer", "outsider", "admin"} {
		l.person(name)
	}
	l.model, err = l.projects.Create(ctx, l.actor["owner"], project.Project{Namespace: "lab", Name: "model"})
	must(t, err)
	must(t, l.projects.SetMember(ctx, l.actor["owner"], l.model.ID, l.actor["maintainer"].User, auth.Maintainer))
	must(t, l.projects.SetMember(ctx, l.actor["owner"], l.model.ID, l.actor["developer"].User, auth.Developer))
	return l
}

func (l *lab) person(name string) auth.Actor {
	l.t.Helper()
	u, err := l.data.Auth().CreateUser(l.t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org", Admin: name == "admin", CreatedAt: time.Now()}, "")
	must(l.t, err)
	l.actor[name] = u.Actor(auth.ViaSession)
	return l.actor[name]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, err error, kind fault.Kind, texts ...string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("got %v, want %s", err, kind)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v does not say %q", err, text)
		}
	}
}

// link invites to the project.
func (l *lab) link(by string, wish invite.Wish) (invite.Invitation, string) {
	l.t.Helper()
	i, secret, err := l.ToProject(l.t.Context(), l.actor[by], l.model, wish)
	must(l.t, err)
	return i, secret
}

func (l *lab) role(name string) auth.Role {
	l.t.Helper()
	role, err := l.projects.Role(l.t.Context(), l.actor[name], l.model.ID)
	must(l.t, err)
	return role
}

func (l *lab) acts() []event.Act {
	l.t.Helper()
	recorded, err := l.data.Undelivered(l.t.Context(), 1000)
	must(l.t, err)
	var acts []event.Act
	for _, r := range recorded {
		if r.Kind == (event.Act{}).EventKind() {
			var a event.Act
			must(l.t, json.Unmarshal(r.Payload, &a))
			acts = append(acts, a)
		}
	}
	return acts
}

func after(d time.Duration) *time.Time {
	t := time.Now().Add(d)
	return &t
}

func TestNobodyInvitesAboveThemselves(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	script := l.actor["owner"]
	script.Via, script.Project = auth.ViaJob, int64(l.model.ID)
	token := auth.Actor{Username: "token:x", Via: auth.ViaDeploy, Project: int64(l.model.ID), Role: auth.Maintainer}
	reader := l.actor["owner"]
	reader.Via, reader.Scopes = auth.ViaToken, []auth.Scope{auth.ScopeReadAPI}
	for name, c := range map[string]struct {
		by   auth.Actor
		wish invite.Wish
		kind fault.Kind
	}{
		"above":      {l.actor["maintainer"], invite.Wish{Role: auth.Owner}, fault.Denied},
		"developer":  {l.actor["developer"], invite.Wish{Role: auth.Guest}, fault.Denied},
		"outsider":   {l.actor["outsider"], invite.Wish{Role: auth.Guest}, fault.Missing},
		"anonymous":  {auth.Anonymous, invite.Wish{Role: auth.Guest}, fault.Unauthenticated},
		"a job":      {script, invite.Wish{Role: auth.Guest}, fault.Denied},
		"a token":    {token, invite.Wish{Role: auth.Guest}, fault.Denied},
		"a reader":   {reader, invite.Wish{Role: auth.Guest}, fault.Denied},
		"no role":    {l.actor["owner"], invite.Wish{}, fault.Denied},
		"past":       {l.actor["owner"], invite.Wish{Role: auth.Guest, ExpiresAt: after(-time.Second)}, fault.Invalid},
		"for ever":   {l.actor["owner"], invite.Wish{Role: auth.Guest, ExpiresAt: after(91 * 24 * time.Hour)}, fault.Invalid},
		"for all":    {l.actor["owner"], invite.Wish{Role: auth.Guest, Uses: 101}, fault.Invalid},
		"for no one": {l.actor["owner"], invite.Wish{Role: auth.Guest, Uses: -1}, fault.Invalid},
		"no address": {l.actor["owner"], invite.Wish{Role: auth.Guest, Email: "Bob <b@example.org>"}, fault.Invalid},
	} {
		if _, _, err := l.ToProject(ctx, c.by, l.model, c.wish); !fault.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err := l.ToGroup(ctx, l.actor["maintainer"], "lab", invite.Wish{Role: auth.Guest})
	expect(t, err, fault.Missing) // maintainer of a project is nobody in its group
	_, _, err = l.ToGroup(ctx, l.actor["owner"], "lab", invite.Wish{Role: auth.Owner})
	must(t, err)
}

// TestAnInvitationIsWorthItsMaker: what they may no longer give, it does not.
func TestAnInvitationIsWorthItsMaker(t *testing.T) {
	l := newLab(t)
	ctx, eve := t.Context(), l.person("eve")
	for name, fall := range map[string]func(maker auth.Actor) error{
		"demoted": func(m auth.Actor) error {
			return l.projects.SetMember(ctx, l.actor["owner"], l.model.ID, m.User, auth.Developer)
		},
		"removed": func(m auth.Actor) error { return l.projects.RemoveMember(ctx, l.actor["owner"], l.model.ID, m.User) },
		"blocked": func(m auth.Actor) error {
			blocked := true
			_, err := l.people.UpdateUser(ctx, auth.System("x"), m.Username, auth.Change{Blocked: &blocked})
			return err
		},
	} {
		maker := l.person(name)
		must(t, l.projects.SetMember(ctx, l.actor["owner"], l.model.ID, maker.User, auth.Maintainer))
		_, secret := l.link(name, invite.Wish{Role: auth.Guest, Uses: 9})
		_, err := l.Look(ctx, secret, "a")
		must(t, err)
		must(t, fall(maker))
		_, err = l.Look(ctx, secret, "a")
		expect(t, err, fault.Missing, "ask for a new one")
		_, err = l.Accept(ctx, eve, secret)
		expect(t, err, fault.Missing)
		_, err = l.Register(ctx, secret, "a", auth.Registration{Username: "new" + name, Email: name + "2@example.org", Password: "correct horse"})
		expect(t, err, fault.Missing)
	}
	if l.role("eve") != auth.None {
		t.Error("eve came in")
	}
}

func TestInvitationsEnd(t *testing.T) {
	l := newLab(t)
	ctx, eve := t.Context(), l.person("eve")
	first, used := l.link("maintainer", invite.Wish{Role: auth.Reporter})
	second, revoked := l.link("maintainer", invite.Wish{Role: auth.Reporter, Uses: 5})
	_, expired := l.link("maintainer", invite.Wish{Role: auth.Reporter, ExpiresAt: after(time.Minute)})
	_, err := l.data.DB().NewUpdate().Table("invitations").Set("expires_at = ?", time.Now().UTC()).Where("hash = ?", auth.HashSecret(expired)).Exec(ctx)
	must(t, err)
	if list, err := l.OfProject(ctx, l.actor["owner"], l.model.ID); err != nil || len(list) != 2 || list[0].ID != second.ID || list[0].ByName != "maintainer" || list[0].UsesLeft != 5 {
		t.Errorf("open are %+v, %v", list, err)
	}
	for _, who := range []string{"developer", "outsider"} {
		if _, err := l.OfProject(ctx, l.actor[who], l.model.ID); err == nil {
			t.Errorf("%s lists invitations", who)
		}
		if err := l.RevokeOfProject(ctx, l.actor[who], l.model.ID, first.ID); err == nil {
			t.Errorf("%s revokes invitations", who)
		}
	}
	other, err := l.projects.Create(ctx, l.actor["outsider"], project.Project{Namespace: "outsider", Name: "own"})
	must(t, err)
	expect(t, l.RevokeOfProject(ctx, l.actor["outsider"], other.ID, first.ID), fault.Missing) // another's
	expect(t, l.RevokeOfGroup(ctx, l.actor["owner"], "lab", first.ID), fault.Missing)
	must(t, l.RevokeOfProject(ctx, l.actor["owner"], l.model.ID, second.ID))

	path, err := l.Accept(ctx, eve, used)
	if err != nil || path != "lab/model" || l.role("eve") != auth.Reporter {
		t.Errorf("eve is %s in %s, %v", l.role("eve"), path, err)
	}
	mallory := l.person("mallory")
	answers := map[string]bool{}
	for name, secret := range map[string]string{"used": used, "revoked": revoked, "expired": expired, "unknown": auth.NewSecret(auth.InvitationPrefix)} {
		for _, attempt := range []func() error{
			func() error { _, err := l.Look(ctx, secret, "a"); return err },
			func() error { _, err := l.Accept(ctx, mallory, secret); return err },
			func() error {
				_, err := l.Register(ctx, secret, "a", auth.Registration{Username: "new", Email: "new@example.org", Password: "correct horse"})
				return err
			},
		} {
			err := attempt()
			if !fault.Is(err, fault.Missing) {
				t.Errorf("%s: %v", name, err)
				continue
			}
			answers[err.Error()] = true
		}
	}
	if len(answers) != 1 || l.role("mallory") != auth.None {
		t.Errorf("the answers tell them apart: %v", answers)
	}
	if _, err := l.people.UserByName(ctx, eve, "new"); !fault.Is(err, fault.Missing) {
		t.Errorf("an account was made for nothing: %v", err)
	}
}

func TestInvitationsAreNotGuessed(t *testing.T) {
	l := newLab(t)
	for range 10 {
		_, err := l.Look(t.Context(), auth.NewSecret(auth.InvitationPrefix), "attacker")
		expect(t, err, fault.Missing)
	}
	_, err := l.Look(t.Context(), auth.NewSecret(auth.InvitationPrefix), "attacker")
	expect(t, err, fault.Limited)
	_, secret := l.link("owner", invite.Wish{Role: auth.Guest})
	_, err = l.Look(t.Context(), secret, "attacker")
	must(t, err)
}

// TestAnInvitationForAnAddress is for nobody else, and none lowers a role or is
// used up by those who stand as high.
func TestAnInvitationForAnAddress(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	bob, eve := l.person("bob"), l.person("eve")
	_, secret := l.link("owner", invite.Wish{Role: auth.Developer, Email: "BOB@example.org", Uses: 2})
	_, err := l.Accept(ctx, eve, secret)
	expect(t, err, fault.Denied, "another e-mail")
	_, err = l.Register(ctx, secret, "a", auth.Registration{Username: "new", Email: "new@example.org", Password: "correct horse"})
	expect(t, err, fault.Denied, "another e-mail")
	for range 3 {
		_, err = l.Accept(ctx, bob, secret)
		must(t, err)
	}
	if list, err := l.OfProject(ctx, l.actor["owner"], l.model.ID); err != nil || len(list) != 1 || list[0].UsesLeft != 1 {
		t.Errorf("one who accepts thrice took %+v, %v", list, err)
	}
	_, secret = l.link("owner", invite.Wish{Role: auth.Guest})
	_, err = l.Accept(ctx, l.actor["maintainer"], secret)
	must(t, err)
	if l.role("maintainer") != auth.Maintainer || l.role("bob") != auth.Developer {
		t.Errorf("maintainer is %s, bob %s", l.role("maintainer"), l.role("bob"))
	}
	// An administrator who accepts becomes a member, as anyone.
	_, err = l.Accept(ctx, l.actor["admin"], secret)
	must(t, err)
	members, err := l.projects.Members(ctx, l.actor["owner"], l.model.ID)
	if err != nil || !slices.ContainsFunc(members, func(m project.Member) bool { return m.Username == "admin" && m.Role == auth.Guest }) {
		t.Errorf("the members are %+v, %v", members, err)
	}
}

func TestOnlyPeopleAccept(t *testing.T) {
	l := newLab(t)
	ctx, bob := t.Context(), l.person("bob")
	_, secret := l.link("owner", invite.Wish{Role: auth.Developer, Uses: 5})
	job, narrow := bob, bob
	job.Via, job.Project = auth.ViaJob, 1
	narrow.Via, narrow.Scopes = auth.ViaToken, []auth.Scope{auth.ScopeReadAPI}
	for _, actor := range []auth.Actor{auth.Anonymous, job, narrow, {Username: "token:x", Via: auth.ViaDeploy, Project: 1, Role: auth.Maintainer}} {
		if _, err := l.Accept(ctx, actor, secret); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%+v: %v", actor, err)
		}
	}
	if l.role("bob") != auth.None {
		t.Error("bob came in by a script")
	}
}

func TestPeopleRegisterByInvitation(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	_, secret, err := l.ToGroup(ctx, l.actor["owner"], "LAB", invite.Wish{Role: auth.Developer, Uses: 2})
	must(t, err)
	if i, err := l.Look(ctx, secret, "a"); err != nil || i.Path != "lab" || i.Group == 0 || i.ByName != "owner" || i.Role != auth.Developer {
		t.Errorf("it is %+v, %v", i, err)
	}
	r := auth.Registration{Username: "fay", Email: "fay@example.org", Password: "correct horse", Admin: true}
	for field, spoil := range map[string]func(*auth.Registration){
		"username": func(r *auth.Registration) { r.Username = "Owner" }, // taken
		"password": func(r *auth.Registration) { r.Password = "short" },
	} {
		bad := r
		spoil(&bad)
		_, err := l.Register(ctx, secret, "a", bad)
		var f *fault.Error
		if !errors.As(err, &f) || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	bad := r
	bad.Username = "lab" // a group's
	_, err = l.Register(ctx, secret, "a", bad)
	expect(t, err, fault.Conflict)
	u, err := l.Register(ctx, secret, "192.0.2.1", r)
	must(t, err)
	if u.Admin || u.ID == 0 {
		t.Errorf("the new user is %+v", u)
	}
	l.actor["fay"] = u.Actor(auth.ViaSession)
	if l.role("fay") != auth.Developer {
		t.Errorf("fay is %s", l.role("fay"))
	}
	if got, err := l.people.SignIn(ctx, "fay", "correct horse", "a"); err != nil || got.ID != u.ID {
		t.Errorf("fay signs in: %+v, %v", got, err)
	}
	var actions []string
	for _, a := range l.acts() {
		if a.Username == "fay" && a.Address == "192.0.2.1" {
			actions = append(actions, a.Action)
		}
		if text, err := json.Marshal(a); err != nil || strings.Contains(string(text), secret) || strings.Contains(string(text), "correct horse") {
			t.Errorf("the log knows a secret: %s, %v", text, err)
		}
	}
	if !slices.Equal(actions, []string{"user.created", "invitation.accepted", "group_member.added"}) {
		t.Errorf("the log has %v", actions)
	}
}
