package project_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/store"
	"dasier/store/storetest"
)

// lab is the service on a real store, with the project lab/model, which has a
// member of every role, each named after it, and outsider, who is none.
type lab struct {
	*project.Service
	t     *testing.T
	data  *store.Store
	keep  auth.Store
	id    project.ID
	actor map[string]auth.Actor
}

var ladder = []auth.Role{auth.Guest, auth.Reporter, auth.Developer, auth.Maintainer, auth.Owner}

func newLab(t *testing.T) *lab {
	t.Helper()
	data, err := store.Open(t.Context(), storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	l := &lab{Service: project.New(data.Project()), t: t, data: data, keep: data.Auth(), actor: map[string]auth.Actor{"anonymous": auth.Anonymous}}
	for _, name := range []string{"owner", "guest", "reporter", "developer", "maintainer", "outsider", "admin"} {
		l.person(name)
	}
	p, err := l.Create(t.Context(), l.actor["owner"], project.Project{Namespace: "lab", Name: "model"})
	must(t, err)
	l.id = p.ID
	for _, role := range ladder[:4] {
		must(t, l.SetMember(t.Context(), l.actor["owner"], l.id, l.actor[role.String()].User, role))
	}
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lab) person(name string) auth.Actor {
	l.t.Helper()
	u, err := l.keep.CreateUser(l.t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org", Admin: name == "admin", CreatedAt: time.Now()}, "")
	must(l.t, err)
	l.actor[name] = u.Actor(auth.ViaSession)
	return l.actor[name]
}

func (l *lab) token(name string, scopes ...auth.Scope) auth.Actor {
	a := l.actor[name]
	a.Via, a.Scopes = auth.ViaToken, scopes
	return a
}

func (l *lab) job(name string, id project.ID) auth.Actor {
	a := l.actor[name]
	a.Via, a.Project, a.Job = auth.ViaJob, int64(id), 1
	return a
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

// expectAt also wants the wrong field named.
func expectAt(t *testing.T, err error, kind fault.Kind, field string) {
	t.Helper()
	var f *fault.Error
	if !fault.Is(err, kind) || !errors.As(err, &f) || f.Field != field {
		t.Errorf("got %v at %q, want %s at %q", err, f.Field, kind, field)
	}
}

func TestMayFollowsTheTable(t *testing.T) {
	l := newLab(t)
	for _, rule := range auth.Rules {
		for _, role := range ladder {
			err := l.May(t.Context(), l.actor[role.String()], l.id, rule.Permission)
			if may := role >= rule.Role; may != (err == nil) || err != nil && !fault.Is(err, fault.Denied) {
				t.Errorf("%s for %s: %v", rule.Permission, role, err)
			}
		}
		expect(t, l.May(t.Context(), l.actor["outsider"], l.id, rule.Permission), fault.Missing)
		expect(t, l.May(t.Context(), auth.Anonymous, l.id, rule.Permission), fault.Unauthenticated)
		must(t, l.May(t.Context(), l.actor["admin"], l.id, rule.Permission))
		must(t, l.May(t.Context(), auth.System("test"), l.id, rule.Permission))
	}
}

// TestHiddenProjectsLookLikeNone: who may not see a project is answered as if
// there were none, word for word but for the name.
func TestHiddenProjectsLookLikeNone(t *testing.T) {
	l := newLab(t)
	out := l.actor["outsider"]
	_, hidden := l.ByPath(t.Context(), out, "lab", "model")
	_, none := l.ByPath(t.Context(), out, "lab", "nodel")
	expect(t, hidden, fault.Missing)
	expect(t, none, fault.Missing)
	if hidden != nil && none != nil && hidden.Error() != strings.ReplaceAll(none.Error(), "nodel", "model") {
		t.Errorf("%v tells from %v", hidden, none)
	}
	_, hidden = l.Get(t.Context(), out, l.id)
	_, none = l.Get(t.Context(), out, 4711)
	expect(t, hidden, fault.Missing)
	if hidden != nil && none != nil && strings.Replace(hidden.Error(), "1", "4711", 1) != none.Error() {
		t.Errorf("%v tells from %v", hidden, none)
	}
	for _, path := range []string{"model", "nodel"} {
		_, err := l.ByPath(t.Context(), auth.Anonymous, "lab", path)
		expect(t, err, fault.Unauthenticated)
	}
	for name, act := range map[string]func() error{
		"update":  func() error { _, err := l.Update(t.Context(), out, l.id, nil, nil); return err },
		"delete":  func() error { return l.Delete(t.Context(), out, l.id) },
		"members": func() error { _, err := l.Members(t.Context(), out, l.id); return err },
		"join":    func() error { return l.SetMember(t.Context(), out, l.id, out.User, auth.Owner) },
	} {
		if err := act(); !fault.Is(err, fault.Missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := l.ByPath(t.Context(), l.actor["guest"], "LAB", "Model"); err != nil || p.ID != l.id || p.Path() != "lab/model" {
		t.Errorf("a guest finds %+v, %v", p, err)
	}
}

func TestCreationChecksPaths(t *testing.T) {
	l := newLab(t)
	ctx, out := t.Context(), l.actor["outsider"]
	for _, c := range []struct{ namespace, name, branch, field string }{
		{"", "x", "", "namespace"},
		{"a.b", "x", "", "namespace"},
		{"-a", "x", "", "namespace"},
		{"a/b", "x", "", "namespace"},
		{strings.Repeat("n", 101), "x", "", "namespace"},
		{"api", "x", "", "namespace"},
		{"API", "x", "", "namespace"},
		{"Setup", "x", "", "namespace"},
		{"v2", "x", "", "namespace"},
		{"free", "", "", "name"},
		{"free", "x.git", "", "name"},
		{"free", "..", "", "name"},
		{"free", "x y", "", "name"},
		{"free", "x", "-b", "default_branch"},
		{"free", "x", "a..b", "default_branch"},
		{"free", "x", "a//b", "default_branch"},
		{"free", "x", "a/", "default_branch"},
		{"free", "x", "a.lock", "default_branch"},
		{"free", "x", "a/.b", "default_branch"},
		{"free", "x", "a.", "default_branch"},
		{"free", "x", "a b", "default_branch"},
		{"free", "x", "a\n", "default_branch"},
	} {
		_, err := l.Create(ctx, out, project.Project{Namespace: c.namespace, Name: c.name, DefaultBranch: c.branch})
		expectAt(t, err, fault.Invalid, c.field)
	}
	p, err := l.Create(ctx, out, project.Project{Namespace: "free", Name: "api", DefaultBranch: "feature/x.y_z-1"})
	must(t, err)
	if p.DefaultBranch != "feature/x.y_z-1" || p.CreatedAt.Location() != time.UTC {
		t.Errorf("created %+v", p)
	}
	_, err = l.Create(ctx, out, project.Project{Namespace: "FREE", Name: "API"})
	expectAt(t, err, fault.Conflict, "name")
	if p, err = l.Create(ctx, out, project.Project{Namespace: "free", Name: "plain"}); err != nil || p.DefaultBranch != "main" {
		t.Errorf("without a branch: %+v, %v", p, err)
	}
}

func TestNamespacesBelongToSomeone(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	create := func(a auth.Actor, namespace, name string) error {
		_, err := l.Create(ctx, a, project.Project{Namespace: namespace, Name: name})
		return err
	}
	out := l.actor["outsider"]
	expect(t, create(auth.Anonymous, "free", "a"), fault.Unauthenticated)
	expect(t, create(l.token("outsider", auth.ScopeReadAPI, auth.ScopeWriteRepository), "free", "a"), fault.Denied, "api")
	expect(t, create(l.job("owner", l.id), "lab", "a"), fault.Denied, "job")
	expectAt(t, create(out, "lab", "a"), fault.Denied, "namespace")
	expectAt(t, create(l.actor["maintainer"], "LAB", "a"), fault.Denied, "namespace")
	expectAt(t, create(out, "Guest", "a"), fault.Denied, "namespace") // another's user name
	must(t, create(out, "Outsider", "a"))                             // one's own
	must(t, create(out, "free", "a"))
	must(t, create(out, "FREE", "b"))
	must(t, create(l.actor["owner"], "lab", "b"))
	must(t, create(l.actor["admin"], "lab", "c"))
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	newcomer := l.person("new").User
	for _, c := range []struct {
		by   string
		who  auth.UserID
		role auth.Role
		kind fault.Kind
	}{
		{"developer", newcomer, auth.Guest, fault.Denied},
		{"maintainer", newcomer, auth.Owner, fault.Denied},
		{"maintainer", l.actor["owner"].User, auth.Guest, fault.Denied},
		{"maintainer", l.actor["maintainer"].User, auth.Owner, fault.Denied},
		{"guest", l.actor["guest"].User, auth.Owner, fault.Denied},
		{"anonymous", newcomer, auth.Guest, fault.Unauthenticated},
		{"outsider", l.actor["outsider"].User, auth.Guest, fault.Missing},
	} {
		if err := l.SetMember(ctx, l.actor[c.by], l.id, c.who, c.role); !fault.Is(err, c.kind) {
			t.Errorf("%s made user %d %s: %v", c.by, c.who, c.role, err)
		}
	}
	expect(t, l.SetMember(ctx, l.job("owner", l.id), l.id, newcomer, auth.Guest), fault.Denied, "job's token")
	expect(t, l.RemoveMember(ctx, l.actor["maintainer"], l.id, l.actor["owner"].User), fault.Denied)
	expect(t, l.RemoveMember(ctx, l.actor["developer"], l.id, l.actor["guest"].User), fault.Denied)
	must(t, l.SetMember(ctx, l.actor["maintainer"], l.id, newcomer, auth.Maintainer))
	must(t, l.SetMember(ctx, l.actor["owner"], l.id, newcomer, auth.Owner))
	must(t, l.RemoveMember(ctx, l.actor["admin"], l.id, newcomer))
	expect(t, l.RemoveMember(ctx, l.actor["owner"], l.id, newcomer), fault.Missing)
}

func TestALastOwnerStays(t *testing.T) {
	l := newLab(t)
	ctx, owner := t.Context(), l.actor["owner"]
	p, err := l.Create(ctx, owner, project.Project{Namespace: "Owner", Name: "own"})
	must(t, err)
	expect(t, l.RemoveMember(ctx, owner, p.ID, owner.User), fault.Conflict, "without an owner")
	expect(t, l.SetMember(ctx, owner, p.ID, owner.User, auth.Maintainer), fault.Conflict)
	expect(t, l.RemoveMember(ctx, l.actor["admin"], p.ID, owner.User), fault.Conflict)
	later := time.Now().Add(time.Hour)
	expect(t, l.SetMemberUntil(ctx, owner, p.ID, owner.User, auth.Owner, &later), fault.Conflict)
	must(t, l.SetMemberUntil(ctx, owner, p.ID, l.actor["guest"].User, auth.Owner, &later))
	expect(t, l.RemoveMember(ctx, owner, p.ID, owner.User), fault.Conflict) // one for an hour is none to rely on
	must(t, l.SetMember(ctx, owner, p.ID, l.actor["maintainer"].User, auth.Owner))
	must(t, l.RemoveMember(ctx, owner, p.ID, owner.User))
	expect(t, l.May(ctx, owner, p.ID, auth.ReadProject), fault.Missing)
	// Of a group's project the group's owners are owners.
	expect(t, l.RemoveMember(ctx, owner, l.id, owner.User), fault.Conflict, "through the group lab")
}

// TestEveryoneMayLeave, and nobody makes them by a token that may do less.
func TestEveryoneMayLeave(t *testing.T) {
	l := newLab(t)
	ctx, guest := t.Context(), l.actor["guest"].User
	expect(t, l.RemoveMember(ctx, l.token("guest", auth.ScopeReadAPI), l.id, guest), fault.Denied)
	expect(t, l.RemoveMember(ctx, l.job("guest", l.id), l.id, guest), fault.Denied)
	expect(t, l.RemoveMember(ctx, l.actor["outsider"], l.id, l.actor["outsider"].User), fault.Missing)
	expect(t, l.RemoveMember(ctx, auth.Anonymous, l.id, 0), fault.Unauthenticated)
	must(t, l.RemoveMember(ctx, l.token("guest", auth.ScopeAPI), l.id, guest))
}

func TestAJobStaysInItsProject(t *testing.T) {
	l := newLab(t)
	ctx, owner := t.Context(), l.actor["owner"]
	other, err := l.Create(ctx, owner, project.Project{Namespace: "lab", Name: "other"})
	must(t, err)
	job := l.job("owner", l.id)
	for _, rule := range auth.Rules {
		expect(t, l.May(ctx, job, other.ID, rule.Permission), fault.Denied)
	}
	_, err = l.ByPath(ctx, job, "lab", "other")
	expect(t, err, fault.Denied)
	if _, err := l.ByPath(ctx, job, "lab", "model"); err != nil {
		t.Error(err)
	}
	for search, want := range map[string]int{"": 1, "MODEL": 1, "other": 0} {
		found, total, err := l.List(ctx, job, search, project.Page{})
		if err != nil || len(found) != want || total != want {
			t.Errorf("a job finds %q in %+v of %d, %v", search, found, total, err)
		}
	}
	if found, total, err := l.List(ctx, job, "", project.Page{Offset: 1}); err != nil || len(found) != 0 || total != 1 {
		t.Errorf("a job's second page is %+v of %d, %v", found, total, err)
	}
}

func TestListsAreOnesOwn(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	_, err := l.Create(ctx, l.actor["outsider"], project.Project{Namespace: "outsider", Name: "own"})
	must(t, err)
	for name, want := range map[string][]string{"guest": {"lab/model"}, "outsider": {"outsider/own"}, "admin": {"lab/model", "outsider/own"}} {
		found, total, err := l.List(ctx, l.actor[name], "", project.Page{})
		var paths []string
		for _, p := range found {
			paths = append(paths, p.Path())
		}
		if err != nil || total != len(want) || !cmp.Equal(want, paths) {
			t.Errorf("%s has %v of %d, %v", name, paths, total, err)
		}
	}
	_, _, err = l.List(ctx, auth.Anonymous, "", project.Page{})
	expect(t, err, fault.Unauthenticated)
	_, _, err = l.List(ctx, l.token("guest", auth.ScopePredict), "", project.Page{})
	expect(t, err, fault.Denied)
}

func TestUpdateAndDelete(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	text, branch, bad := "prices of houses", "development", "a..b"
	_, err := l.Update(ctx, l.actor["developer"], l.id, &text, nil)
	expect(t, err, fault.Denied, "edit_project")
	_, err = l.Update(ctx, l.actor["maintainer"], l.id, nil, &bad)
	expectAt(t, err, fault.Invalid, "default_branch")
	_, err = l.Update(ctx, l.actor["maintainer"], l.id, &text, nil)
	must(t, err)
	_, err = l.Update(ctx, l.actor["maintainer"], l.id, nil, &branch)
	must(t, err)
	if p, err := l.Get(ctx, l.actor["guest"], l.id); err != nil || p.Description != text || p.DefaultBranch != branch {
		t.Errorf("changed to %+v, %v", p, err)
	}
	expect(t, l.Delete(ctx, l.actor["maintainer"], l.id), fault.Denied, "delete_project", "owner")
	must(t, l.Delete(ctx, l.actor["owner"], l.id))
	expect(t, l.May(ctx, l.actor["owner"], l.id, auth.ReadProject), fault.Missing)
	_, err = l.Get(ctx, l.actor["admin"], l.id)
	expect(t, err, fault.Missing)
}
