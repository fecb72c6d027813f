package auth_test

import (
	"strings"
	"testing"

	"dasier/fault"
	"dasier/forge/auth"
)

func TestRulesAreOneTable(t *testing.T) {
	permissions, texts := map[auth.Permission]bool{}, map[string]bool{}
	last := auth.Guest
	for _, rule := range auth.Rules {
		if rule.Permission == "" || permissions[rule.Permission] {
			t.Errorf("permission %q has two lines", rule.Permission)
		}
		if rule.About == "" || texts[rule.About] {
			t.Errorf("%s: the text %q is that of another", rule.Permission, rule.About)
		}
		permissions[rule.Permission], texts[rule.About] = true, true
		if rule.Role < last || rule.Role > auth.Owner || rule.Role.String() == "" {
			t.Errorf("%s needs the role %d after %d: the table is read from guest to owner", rule.Permission, rule.Role, last)
		}
		last = rule.Role
		if auth.RuleOf(rule.Permission).About != rule.About {
			t.Errorf("%s: RuleOf finds another line", rule.Permission)
		}
		// read_api reads: what changes something is never within it.
		for _, scope := range rule.Scopes {
			reads := strings.HasPrefix(string(rule.Permission), "read_")
			if scope == auth.ScopeReadAPI && !reads {
				t.Errorf("%s changes something, and read_api suffices", rule.Permission)
			}
			if scope == auth.ScopeAPI {
				t.Errorf("%s lists api, which suffices for all", rule.Permission)
			}
		}
	}
}

func TestAnUnknownPermissionIsADefect(t *testing.T) {
	defer func() {
		if cause, _ := recover().(string); !strings.Contains(cause, "fly") {
			t.Errorf("got %q", cause)
		}
	}()
	_ = auth.Check(auth.Anonymous, auth.Owner, 1, "fly")
	t.Error("a permission without a rule was decided")
}

// TestCheckFollowsTheTable: of every permission, each role has what the table
// says, and so has each scope, and a job.
func TestCheckFollowsTheTable(t *testing.T) {
	roles := []auth.Role{auth.None, auth.Guest, auth.Reporter, auth.Developer, auth.Maintainer, auth.Owner}
	scopes := []auth.Scope{auth.ScopeAPI, auth.ScopeReadAPI, auth.ScopeReadRepository, auth.ScopeWriteRepository, auth.ScopePredict}
	for _, rule := range auth.Rules {
		check := func(what string, actor auth.Actor, role auth.Role, may bool) {
			t.Helper()
			err := auth.Check(actor, role, 1, rule.Permission)
			if may != (err == nil) || err != nil && !fault.Is(err, fault.Denied) {
				t.Errorf("%s for %s: %v", rule.Permission, what, err)
			}
			if err != nil && !strings.Contains(err.Error(), string(rule.Permission)) {
				t.Errorf("a refusal of %s does not name it: %v", rule.Permission, err)
			}
		}
		ada := auth.Actor{User: 1, Username: "ada", Via: auth.ViaSession}
		for _, role := range roles {
			check(role.String(), ada, role, role >= rule.Role)
		}
		for _, scope := range scopes {
			token := auth.Actor{User: 1, Username: "ada", Via: auth.ViaToken, Scopes: []auth.Scope{scope}}
			may := scope == auth.ScopeAPI
			for _, enough := range rule.Scopes {
				may = may || scope == enough
			}
			check(string(scope), token, auth.Owner, may)
			token.Admin = true
			check("an admin's "+string(scope), token, auth.None, may)
		}
		check("a token without scopes", auth.Actor{User: 1, Via: auth.ViaToken, Scopes: []auth.Scope{}}, auth.Owner, false)
		check("an admin", auth.Actor{User: 1, Admin: true, Via: auth.ViaSession}, auth.None, true)
		check("the server", auth.System("test"), auth.None, true)
		job := auth.Actor{User: 1, Username: "ada", Via: auth.ViaJob, Project: 1, Job: 9}
		check("a job", job, auth.Owner, rule.Job)
		job.Project = 2
		check("another project's job", job, auth.Owner, false)
		// A project's own token has the role it was given, whatever else is said.
		deploy := auth.Actor{Username: "token:x", Via: auth.ViaDeploy, Project: 1, Role: auth.Maintainer}
		check("a project's token", deploy, auth.None, rule.Role <= auth.Maintainer && !auth.ForPeople(rule.Permission))
		deploy.Role = auth.Guest
		check("a guest's project token", deploy, auth.Owner, rule.Role <= auth.Guest && !auth.ForPeople(rule.Permission))
		deploy.Role, deploy.Scopes = auth.Maintainer, []auth.Scope{auth.ScopePredict}
		check("a project's token to predict", deploy, auth.Owner, rule.Permission == auth.Predict)
		deploy.Scopes, deploy.Project = nil, 2
		check("another project's token", deploy, auth.Owner, false)
		started := auth.Actor{Username: "token:x", Via: auth.ViaJob, Project: 1, Job: 9, Role: auth.Developer}
		check("a job that a project's token started", started, auth.Owner, rule.Job && rule.Role <= auth.Developer)
		if auth.ForNeighbours(rule.Permission) && (!rule.Job || !strings.HasPrefix(string(rule.Permission), "read_") && rule.Permission != auth.Predict) {
			t.Errorf("a neighbour's job may %s", rule.Permission)
		}
		if err := auth.Check(auth.Anonymous, auth.None, 1, rule.Permission); !fault.Is(err, fault.Unauthenticated) || !strings.Contains(err.Error(), rule.Role.String()) {
			t.Errorf("%s for nobody: %v", rule.Permission, err)
		}
	}
}

func TestRefusalsSayWhatIsMissing(t *testing.T) {
	ada := auth.Actor{User: 1, Username: "ada", Via: auth.ViaSession}
	predictor := auth.Actor{User: 1, Username: "ada", Via: auth.ViaToken, Scopes: []auth.Scope{auth.ScopePredict}}
	job := auth.Actor{User: 1, Username: "ada", Via: auth.ViaJob, Project: 7}
	for _, c := range []struct {
		actor auth.Actor
		p     auth.Permission
		want  []string
	}{
		{ada, auth.Deploy, []string{"permission deploy", "role developer", "ada has reporter", "environments that are not protected"}},
		{predictor, auth.ReadCode, []string{"permission read_code", "scope api or read_api or read_repository"}},
		{predictor, auth.Deploy, []string{"permission deploy", "needs the scope api"}},
		{job, auth.ReadCode, []string{"permission read_code", "another project"}},
		{auth.Actor{User: 1, Via: auth.ViaJob, Project: 1}, auth.ManageMembers, []string{"permission manage_members", "job's token"}},
	} {
		err := auth.Check(c.actor, auth.Reporter, 1, c.p)
		for _, text := range c.want {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v does not say %q", c.p, err, text)
			}
		}
	}
	if err := auth.RequireScope(predictor, auth.ScopeReadAPI); !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "api or read_api") {
		t.Errorf("got %v", err)
	}
}

func TestRolesHaveNames(t *testing.T) {
	for _, role := range []auth.Role{auth.Guest, auth.Reporter, auth.Developer, auth.Maintainer, auth.Owner} {
		if got, err := auth.ParseRole(role.String()); err != nil || got != role {
			t.Errorf("%s is read as %s, %v", role, got, err)
		}
	}
	for _, name := range []string{"none", "", "Owner", "admin"} {
		if _, err := auth.ParseRole(name); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is a role: %v", name, err)
		}
	}
}
