package group_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/project"
	"dasier/store"
	"dasier/store/storetest"
)

// lab is the group lab, which has a member of every role, each named after it.
type lab struct {
	*group.Service
	t        *testing.T
	data     *store.Store
	projects *project.Service
	actor    map[string]auth.Actor
}

var ladder = []auth.Role{auth.Guest, auth.Reporter, auth.Developer, auth.Maintainer, auth.Owner}

func newLab(t *testing.T) *lab {
	t.Helper()
	data, err := store.Open(t.Context(), storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	l := &lab{Service: group.New(data.Group()), t: t, data: data, projects: project.New(data.Project()), actor: map[string]auth.Actor{}}
	for _, name := range []string{"owner", "guest", "reporter", "developer", "maintainer", "outsider", "admin"} {
		u, err := data.Auth().CreateUser(t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org", Admin: name == "admin", CreatedAt: time.Now()}, "")
		must(t, err)
		l.actor[name] = u.Actor(auth.ViaSession)
	}
	_, err = l.Create(t.Context(), l.actor["owner"], group.Group{Path: "lab", Description: "where we work"})
	must(t, err)
	for _, role := range ladder[:4] {
		must(t, l.SetMember(t.Context(), l.actor["owner"], "lab", l.actor[role.String()].User, role, nil))
	}
	return l
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

func TestTheTableHoldsInGroups(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	for _, rule := range auth.Rules {
		for _, role := range ladder {
			_, err := l.Find(ctx, l.actor[role.String()], "LAB", rule.Permission)
			if may := role >= rule.Role; may != (err == nil) || err != nil && !fault.Is(err, fault.Denied) {
				t.Errorf("%s for %s: %v", rule.Permission, role, err)
			}
		}
		_, err := l.Find(ctx, l.actor["admin"], "lab", rule.Permission)
		must(t, err)
		_, hidden := l.Find(ctx, l.actor["outsider"], "lab", rule.Permission)
		_, none := l.Find(ctx, l.actor["outsider"], "lob", rule.Permission)
		if !fault.Is(hidden, fault.Missing) || none == nil || hidden.Error() != strings.Replace(none.Error(), "lob", "lab", 1) {
			t.Errorf("%v tells from %v", hidden, none)
		}
		_, err = l.Find(ctx, auth.Anonymous, "lab", rule.Permission)
		expect(t, err, fault.Unauthenticated)
		job := l.actor["owner"]
		job.Via, job.Project = auth.ViaJob, 1
		for _, actor := range []auth.Actor{job, {Username: "token:x", Via: auth.ViaDeploy, Project: 1, Role: auth.Maintainer}} {
			_, err = l.Find(ctx, actor, "lab", rule.Permission)
			expect(t, err, fault.Denied)
		}
	}
	expect(t, l.MayManage(ctx, l.actor["developer"], "lab"), fault.Denied, "manage_variables")
	must(t, l.MayManage(ctx, l.actor["maintainer"], "lab"))
}

func TestGroupsBeginAndEnd(t *testing.T) {
	l := newLab(t)
	ctx, out := t.Context(), l.actor["outsider"]
	for _, path := range []string{"", "a.b", "a/b", "groups", "API", "invitations"} {
		_, err := l.Create(ctx, out, group.Group{Path: path})
		expect(t, err, fault.Invalid)
	}
	for _, path := range []string{"LAB", "Guest"} {
		_, err := l.Create(ctx, out, group.Group{Path: path})
		expect(t, err, fault.Conflict)
	}
	narrow := out
	narrow.Via, narrow.Scopes = auth.ViaToken, []auth.Scope{auth.ScopeReadAPI}
	job := out
	job.Via, job.Project = auth.ViaJob, 1
	for _, actor := range []auth.Actor{auth.Anonymous, narrow, job, {Via: auth.ViaDeploy, Project: 1, Role: auth.Maintainer}} {
		if _, err := l.Create(ctx, actor, group.Group{Path: "free"}); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%+v: %v", actor, err)
		}
		if found, total, err := l.List(ctx, job, "", project.Page{Limit: 9}); err != nil || total != 0 || len(found) != 0 {
			t.Errorf("a job lists %v, %v", found, err)
		}
	}
	g, err := l.Create(ctx, out, group.Group{Path: "Shop", Name: " The shop "})
	must(t, err)
	if g.Name != "The shop" || g.Role != auth.Owner || g.Members != 1 {
		t.Errorf("made %+v", g)
	}
	p, err := l.projects.Create(ctx, out, project.Project{Namespace: "shop", Name: "site"})
	must(t, err)
	expect(t, l.Delete(ctx, out, "shop"), fault.Conflict, "still has projects")
	if list, total, err := l.Projects(ctx, out, "shop", project.Page{Limit: 9}); err != nil || total != 1 || list[0].ID != p.ID {
		t.Errorf("its projects are %v, %v", list, err)
	}
	_, _, err = l.Projects(ctx, l.actor["owner"], "shop", project.Page{Limit: 9})
	expect(t, err, fault.Missing)
	must(t, l.projects.Delete(ctx, out, p.ID))
	text := "new"
	_, err = l.Update(ctx, l.actor["owner"], "shop", &text, nil)
	expect(t, err, fault.Missing)
	_, err = l.Update(ctx, l.actor["developer"], "lab", &text, nil)
	expect(t, err, fault.Denied)
	if g, err = l.Update(ctx, out, "shop", nil, &text); err != nil || g.Description != "new" || g.Name != "The shop" {
		t.Errorf("changed to %+v, %v", g, err)
	}
	expect(t, l.Delete(ctx, l.actor["maintainer"], "lab"), fault.Denied)
	must(t, l.Delete(ctx, out, "shop"))
	// The next one of that name is another's, and finds nothing of it.
	_, err = l.Create(ctx, l.actor["guest"], group.Group{Path: "shop"})
	must(t, err)
	_, err = l.Get(ctx, out, "shop")
	expect(t, err, fault.Missing)
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	l := newLab(t)
	ctx, out := t.Context(), l.actor["outsider"].User
	for _, c := range []struct {
		by   string
		who  auth.UserID
		role auth.Role
		kind fault.Kind
	}{
		{"developer", out, auth.Guest, fault.Denied},
		{"maintainer", out, auth.Owner, fault.Denied},
		{"maintainer", l.actor["owner"].User, auth.Guest, fault.Denied},
		{"maintainer", l.actor["maintainer"].User, auth.Owner, fault.Denied},
		{"outsider", out, auth.Guest, fault.Missing},
	} {
		if err := l.SetMember(ctx, l.actor[c.by], "lab", c.who, c.role, nil); !fault.Is(err, c.kind) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	expect(t, l.RemoveMember(ctx, l.actor["maintainer"], "lab", l.actor["owner"].User), fault.Denied)
	expect(t, l.RemoveMember(ctx, l.actor["owner"], "lab", l.actor["owner"].User), fault.Conflict, "without an owner")
	expect(t, l.RemoveMember(ctx, l.actor["admin"], "lab", l.actor["owner"].User), fault.Conflict)
	expect(t, l.RemoveMember(ctx, l.actor["owner"], "lab", out), fault.Missing)
	must(t, l.RemoveMember(ctx, l.actor["guest"], "lab", l.actor["guest"].User)) // everyone may leave
	past := time.Now().Add(-time.Second)
	expect(t, l.SetMember(ctx, l.actor["owner"], "lab", out, auth.Guest, &past), fault.Invalid)
	soon := time.Now().Add(time.Hour)
	must(t, l.SetMember(ctx, l.actor["owner"], "lab", out, auth.Guest, &soon))
	_, err := l.data.DB().NewUpdate().Table("group_members").Set("expires_at = ?", time.Now().UTC()).Where("user_id = ?", out).Exec(ctx)
	must(t, err)
	_, err = l.Get(ctx, l.actor["outsider"], "lab")
	expect(t, err, fault.Missing)
	must(t, l.Sweep(ctx))
	if n, err := l.data.DB().NewSelect().Table("group_members").Where("user_id = ?", out).Count(ctx); err != nil || n != 0 {
		t.Errorf("%d memberships are left, %v", n, err)
	}
}
