package project_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/project"
)

func after(d time.Duration) *time.Time {
	t := time.Now().Add(d)
	return &t
}

// acts are the actions that the audit log hears of, with their targets.
func (l *lab) acts() []string {
	l.t.Helper()
	recorded, err := l.data.Undelivered(l.t.Context(), 1000)
	must(l.t, err)
	var acts []string
	for _, r := range recorded {
		if r.Kind == (event.Act{}).EventKind() {
			var a event.Act
			must(l.t, json.Unmarshal(r.Payload, &a))
			acts = append(acts, fmt.Sprintf("%s %s %v>%v", a.Action, a.Target, a.Before, a.After))
		}
	}
	return acts
}

func (l *lab) heard(want ...string) {
	l.t.Helper()
	acts := l.acts()
	for _, w := range want {
		if !slices.ContainsFunc(acts, func(a string) bool { return strings.HasPrefix(a, w) }) {
			l.t.Errorf("the log has no %q in\n%s", w, strings.Join(acts, "\n"))
		}
	}
}

// TestExpiredMembershipsCountForNothing, to the second, before any sweep.
func TestExpiredMembershipsCountForNothing(t *testing.T) {
	l := newLab(t)
	ctx, eve := t.Context(), l.person("eve")
	expect(t, l.SetMemberUntil(ctx, l.actor["owner"], l.id, eve.User, auth.Developer, after(-time.Second)), fault.Invalid, "past")
	must(t, l.SetMemberUntil(ctx, l.actor["owner"], l.id, eve.User, auth.Developer, after(time.Hour)))
	must(t, l.May(ctx, eve, l.id, auth.PushCode))
	job := l.job("eve", l.id)
	must(t, l.May(ctx, job, l.id, auth.ReadCode))
	_, err := l.data.DB().NewUpdate().Table("members").Set("expires_at = ?", time.Now().UTC()).Where("user_id = ?", eve.User).Exec(ctx)
	must(t, err)
	for _, actor := range []auth.Actor{eve, job, l.token("eve", auth.ScopeAPI)} {
		expect(t, l.May(ctx, actor, l.id, auth.ReadProject), fault.Missing)
		if role, err := l.Role(ctx, actor, l.id); err != nil || role != auth.None {
			t.Errorf("eve is %s, %v", role, err)
		}
	}
	// Nor may one whose time is over prolong it.
	expect(t, l.SetMember(ctx, eve, l.id, eve.User, auth.Developer), fault.Missing)
	expect(t, l.RemoveMember(ctx, eve, l.id, eve.User), fault.Missing)
	if found, total, err := l.List(ctx, eve, "", project.Page{}); err != nil || total != 0 || len(found) != 0 {
		t.Errorf("eve lists %v, %v", found, err)
	}
	must(t, l.Sweep(ctx))
	must(t, l.Sweep(ctx))
	l.heard("member.added eve <nil>>map[expires_at:", "member.expired eve map[expires_at:")
	if n := len(slices.DeleteFunc(l.acts(), func(a string) bool { return !strings.HasPrefix(a, "member.expired") })); n != 1 {
		t.Errorf("one membership expired %d times", n)
	}
}

// TestATokenStaysInItsProject and within its role.
func TestATokenStaysInItsProject(t *testing.T) {
	l := newLab(t)
	ctx, m := t.Context(), l.actor["maintainer"]
	other, err := l.Create(ctx, l.actor["owner"], project.Project{Namespace: "lab", Name: "other"})
	must(t, err)
	api := []auth.Scope{auth.ScopeAPI}
	for name, c := range map[string]struct {
		by    auth.Actor
		token auth.ProjectToken
		kind  fault.Kind
	}{
		"by a developer":     {l.actor["developer"], auth.ProjectToken{Name: "x", Role: auth.Guest, Scopes: api}, fault.Denied},
		"by an outsider":     {l.actor["outsider"], auth.ProjectToken{Name: "x", Role: auth.Guest, Scopes: api}, fault.Missing},
		"by a job":           {l.job("owner", l.id), auth.ProjectToken{Name: "x", Role: auth.Guest, Scopes: api}, fault.Denied},
		"by a reader":        {l.token("owner", auth.ScopeReadAPI), auth.ProjectToken{Name: "x", Role: auth.Guest, Scopes: api}, fault.Denied},
		"for an owner":       {l.actor["owner"], auth.ProjectToken{Name: "x", Role: auth.Owner, Scopes: api}, fault.Invalid},
		"without a role":     {m, auth.ProjectToken{Name: "x", Scopes: api}, fault.Invalid},
		"without scopes":     {m, auth.ProjectToken{Name: "x", Role: auth.Guest}, fault.Invalid},
		"with a new scope":   {m, auth.ProjectToken{Name: "x", Role: auth.Guest, Scopes: []auth.Scope{"sudo"}}, fault.Invalid},
		"without a name":     {m, auth.ProjectToken{Name: " ", Role: auth.Guest, Scopes: api}, fault.Invalid},
		"that ends at once":  {m, auth.ProjectToken{Name: "x", Role: auth.Guest, Scopes: api, ExpiresAt: after(0)}, fault.Invalid},
		"by another's token": {auth.Actor{Via: auth.ViaDeploy, Project: int64(l.id), Role: auth.Maintainer}, auth.ProjectToken{Name: "x", Role: auth.Guest, Scopes: api}, fault.Denied},
	} {
		if _, _, err := l.CreateToken(ctx, c.by, l.id, c.token); !fault.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	token, secret, err := l.CreateToken(ctx, m, l.id, auth.ProjectToken{Name: "ship", Role: auth.Maintainer, Scopes: api})
	must(t, err)
	_, _, err = l.CreateToken(ctx, m, l.id, auth.ProjectToken{Name: "SHIP", Role: auth.Guest, Scopes: api})
	expectAt(t, err, fault.Conflict, "name")
	actor := token.Actor()
	for _, rule := range auth.Rules {
		err := l.May(ctx, actor, l.id, rule.Permission)
		if may := rule.Role <= auth.Maintainer && !auth.ForPeople(rule.Permission); may != (err == nil) {
			t.Errorf("%s: %v", rule.Permission, err)
		}
		expect(t, l.May(ctx, actor, other.ID, rule.Permission), fault.Missing)
	}
	if role, err := l.Role(ctx, actor, other.ID); err != nil || role != auth.None {
		t.Errorf("elsewhere it is %s, %v", role, err)
	}
	_, err = l.ByPath(ctx, actor, "lab", "other")
	expect(t, err, fault.Missing)
	_, err = l.Create(ctx, actor, project.Project{Namespace: "lab", Name: "third"})
	expect(t, err, fault.Denied)
	if list, total, err := l.List(ctx, actor, "", project.Page{}); err != nil || total != 1 || list[0].ID != l.id {
		t.Errorf("it lists %v, %v", list, err)
	}
	expect(t, l.SetMember(ctx, actor, l.id, l.actor["outsider"].User, auth.Guest), fault.Denied, "only people")
	expect(t, l.AllowJobs(ctx, actor, l.id, other.ID), fault.Denied)
	// One for the repository finds it, and nothing else of it.
	narrow := auth.ProjectToken{Name: "git", Project: int64(l.id), Role: auth.Developer, Scopes: []auth.Scope{auth.ScopeReadRepository}}.Actor()
	_, err = l.ByPath(ctx, narrow, "lab", "model")
	must(t, err)
	must(t, l.May(ctx, narrow, l.id, auth.ReadCode))
	expect(t, l.May(ctx, narrow, l.id, auth.PushCode), fault.Denied)
	_, err = l.Get(ctx, narrow, l.id)
	expect(t, err, fault.Denied, "scope")

	list, err := l.Tokens(ctx, m, l.id)
	if err != nil || len(list) != 1 || list[0].CreatedBy != "maintainer" {
		t.Errorf("the tokens are %+v, %v", list, err)
	}
	expect(t, l.RevokeToken(ctx, l.actor["owner"], other.ID, token.ID), fault.Missing)
	expect(t, l.RevokeToken(ctx, l.actor["developer"], l.id, token.ID), fault.Denied)
	must(t, l.RevokeToken(ctx, l.actor["owner"], l.id, token.ID))
	l.heard("project_token.created ship", "project_token.revoked ship")
	if strings.Contains(strings.Join(l.acts(), ""), secret) {
		t.Error("the log knows a secret")
	}
}

// TestAJobVisitsOnlyWhereItIsListed and where its user is a member, and there
// it reads.
func TestAJobVisitsOnlyWhereItIsListed(t *testing.T) {
	l := newLab(t)
	ctx, owner := t.Context(), l.actor["owner"]
	app, err := l.Create(ctx, owner, project.Project{Namespace: "owner", Name: "app"})
	must(t, err)
	must(t, l.SetMember(ctx, owner, app.ID, l.actor["reporter"].User, auth.Maintainer))
	must(t, l.SetMember(ctx, owner, app.ID, l.actor["outsider"].User, auth.Maintainer))
	jobs := []auth.Actor{l.job("owner", app.ID), l.job("reporter", app.ID)}
	for _, job := range jobs {
		expect(t, l.May(ctx, job, l.id, auth.ReadCode), fault.Denied, "does not list")
	}
	expect(t, l.AllowJobs(ctx, l.actor["developer"], l.id, app.ID), fault.Denied)
	expect(t, l.AllowJobs(ctx, l.actor["maintainer"], l.id, app.ID), fault.Missing) // which they cannot see
	expect(t, l.AllowJobs(ctx, owner, l.id, l.id), fault.Invalid)
	must(t, l.AllowJobs(ctx, owner, l.id, app.ID))
	if list, err := l.JobAccess(ctx, l.actor["maintainer"], l.id); err != nil || len(list) != 1 || list[0].ID != app.ID {
		t.Errorf("listed are %+v, %v", list, err)
	}
	for _, rule := range auth.Rules {
		err := l.May(ctx, jobs[0], l.id, rule.Permission)
		if auth.ForNeighbours(rule.Permission) != (err == nil) || err != nil && !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", rule.Permission, err)
		}
	}
	expect(t, l.May(ctx, jobs[0], l.id, auth.Deploy), fault.Denied, "may read here")
	must(t, l.May(ctx, jobs[1], l.id, auth.ReadModel))
	if role, err := l.Role(ctx, jobs[1], l.id); err != nil || role != auth.Reporter {
		t.Errorf("the reporter's job is %s, %v", role, err)
	}
	// Its user is no member here, or nobody; its own project gives no role here.
	expect(t, l.May(ctx, l.job("outsider", app.ID), l.id, auth.ReadProject), fault.Missing)
	started := auth.Actor{Username: "token:x", Via: auth.ViaJob, Project: int64(app.ID), Role: auth.Maintainer}
	expect(t, l.May(ctx, started, l.id, auth.ReadProject), fault.Missing)
	// It does not go the other way, nor on to a third project.
	expect(t, l.May(ctx, l.job("reporter", l.id), app.ID, auth.ReadCode), fault.Denied)
	must(t, l.May(ctx, l.job("admin", app.ID), l.id, auth.ReadCode))
	// A project's own token is no job.
	deploy := auth.Actor{Username: "token:x", Via: auth.ViaDeploy, Project: int64(app.ID), Role: auth.Maintainer}
	expect(t, l.May(ctx, deploy, l.id, auth.ReadProject), fault.Missing)
	expect(t, l.ForbidJobs(ctx, l.actor["developer"], l.id, app.ID), fault.Denied)
	must(t, l.ForbidJobs(ctx, l.actor["maintainer"], l.id, app.ID)) // which they need not see
	expect(t, l.ForbidJobs(ctx, owner, l.id, app.ID), fault.Missing)
	expect(t, l.May(ctx, jobs[0], l.id, auth.ReadCode), fault.Denied)
	l.heard("job_access.allowed owner/app", "job_access.removed owner/app")
}

// TestGroupsGiveRoles in all their projects, and nowhere else.
func TestGroupsGiveRoles(t *testing.T) {
	l := newLab(t)
	ctx, eve := t.Context(), l.person("eve")
	groups := group.New(l.data.Group())
	other, err := l.Create(ctx, l.actor["owner"], project.Project{Namespace: "else", Name: "model"})
	must(t, err)
	must(t, groups.SetMember(ctx, l.actor["owner"], "lab", eve.User, auth.Developer, nil))
	must(t, l.May(ctx, eve, l.id, auth.PushCode))
	expect(t, l.May(ctx, eve, l.id, auth.ManageMembers), fault.Denied)
	expect(t, l.May(ctx, eve, other.ID, auth.ReadProject), fault.Missing)
	_, err = l.Create(ctx, eve, project.Project{Namespace: "lab", Name: "mine"})
	expectAt(t, err, fault.Denied, "namespace")
	must(t, groups.SetMember(ctx, l.actor["owner"], "lab", eve.User, auth.Maintainer, nil))
	mine, err := l.Create(ctx, eve, project.Project{Namespace: "LAB", Name: "mine"})
	must(t, err)
	expect(t, l.Delete(ctx, eve, mine.ID), fault.Denied, "owner")
	must(t, groups.RemoveMember(ctx, l.actor["owner"], "lab", eve.User))
	for _, id := range []project.ID{l.id, mine.ID} { // who leaves the group leaves all of it
		expect(t, l.May(ctx, eve, id, auth.ReadProject), fault.Missing)
	}
	role, standing, verdicts, err := l.Permissions(ctx, l.actor["owner"], l.id)
	if err != nil || role != auth.Owner || standing.Inherited() != "lab" || len(verdicts) != len(auth.Rules) {
		t.Errorf("%s, %+v, %v", role, standing, err)
	}
	_, _, verdicts, err = l.Permissions(ctx, l.actor["guest"], l.id)
	must(t, err)
	for i, v := range verdicts {
		if refused := auth.Rules[i].Role > auth.Guest; refused != (v.Refusal != "") || refused && !strings.Contains(v.Refusal, "guest has guest") {
			t.Errorf("%+v", v)
		}
	}
	_, _, _, err = l.Permissions(ctx, eve, l.id)
	expect(t, err, fault.Missing)
	l.heard("group.created lab", "project.created lab/model", "project.created LAB/mine", "group_member.added lab: eve", "group_member.removed lab: eve")
}

// TestReservedHoldsThePages: no namespace stands where a page of the console
// does.
func TestReservedHoldsThePages(t *testing.T) {
	text, err := os.ReadFile("../../web/src/router.tsx")
	must(t, err)
	pages := regexp.MustCompile(`'/([a-z][a-z0-9-]*)`).FindAllSubmatch(text, -1)
	if len(pages) < 4 {
		t.Fatalf("found only %d pages", len(pages))
	}
	for _, page := range pages {
		if err := project.CheckNamespace(string(page[1])); err == nil {
			t.Errorf("/%s is a page, and may be a namespace", page[1])
		}
	}
}
