package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/ci"
	"dasier/delivery/deploy"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/forge/variable"
)

// old is a database of the first release, before there were merge requests,
// groups, sealed variables and services: two people, a project each of their
// own and one together, and everything that a project could have.
var old = []string{
	`INSERT INTO users (username, name, email, admin, password_hash, created_at) VALUES ('Ada', 'Ada Lovelace', 'ada@example.org', TRUE, 'hash-a', '2026-01-02 03:04:05'),
	 ('bob', 'Bob', 'bob@example.org', FALSE, 'hash-b', '2026-01-02 03:04:05')`,
	`INSERT INTO access_tokens (user_id, name, hash, scopes, created_at) VALUES (2, 'laptop', 'token-hash', '["api"]', '2026-01-02 03:04:05')`,
	`INSERT INTO projects (namespace, name, description, default_branch, created_at) VALUES ('ada', 'own', '', 'main', '2026-01-02 03:04:05'),
	 ('house-prices', 'model', 'what it is', 'trunk', '2026-01-02 03:04:05')`,
	`INSERT INTO members (project_id, user_id, role, since) VALUES (1, 1, 50, '2026-01-02 03:04:05'), (2, 1, 50, '2026-01-02 03:04:05'), (2, 2, 30, '2026-01-02 03:04:05')`,
	`INSERT INTO variables (project_id, name, value, masked, protected) VALUES (2, 'KEY', 'secret-value', TRUE, TRUE), (2, 'MODE', 'two' || chr_10 || 'lines', FALSE, FALSE)`,
	`INSERT INTO protected_branches (project_id, pattern, push_role, merge_role) VALUES (2, 'trunk', 40, 30), (2, 'release/*', 0, 40)`,
	`INSERT INTO ci_pipelines (project_id, key, status, source, ref, tag, protected, sha, before_sha, commit_facts, name, user_id, username, variables, stages, problems, created_at, finished_at, version)
	 VALUES (2, 'push:1', 'failed', 'push', 'trunk', FALSE, TRUE, 'c0ffee', '', '{}', '', 2, 'bob', '[]', '[]', '[]', '2026-01-02 03:04:05', '2026-01-02 03:05:05', 3)`,
	`INSERT INTO models (project_id, name, description, created_at, latest) VALUES (2, 'price', '', '2026-01-02 03:04:05', 1)`,
	`INSERT INTO model_versions (model_id, number, digest, size, commit_sha, ref, job_id, pipeline_id, user_id, username, created_at, data_digest, algorithm, details)
	 VALUES (1, 1, 'sha256:aa', 7, 'c0ffee', 'trunk', 5, 1, 2, 'bob', '2026-01-02 03:04:05', 'sha256:da', 'ridge', '{"metrics":null,"target":{"name":"price"},"inputs":null,"interval":null,"files":[]}')`,
	`INSERT INTO environments (project_id, name, tier, description, public, protected, endpoint, current_id, created_at, version)
	 VALUES (2, 'production', 'production', 'for clients', TRUE, TRUE, 'house-prices.model.production', 1, '2026-01-02 03:04:05', 2),
	 (2, 'empty', 'other', '', FALSE, FALSE, 'house-prices.model.empty', 0, '2026-01-02 03:04:05', 1)`,
	`INSERT INTO deployments (project_id, environment_id, model, model_version, digest, commit_sha, state, reason, error, user_id, username, created_at, finished_at, version)
	 VALUES (2, 1, 'price', 1, 'sha256:aa', 'c0ffee', 'success', 'first', '', 1, 'Ada', '2026-01-02 03:04:05', '2026-01-02 03:04:06', 3),
	 (2, 1, 'price', 1, 'sha256:aa', 'c0ffee', 'failed', '', 'it did not start', 2, 'bob', '2026-01-02 03:06:05', '2026-01-02 03:06:06', 3)`,
	`INSERT INTO events (kind, payload, created_at) VALUES ('project.created', '{"project":2}', '2026-01-02 03:04:05')`,
}

// TestOldDatabase: a database of the first release opens, nothing of it is lost,
// nobody may do more than before, and it goes on working.
func TestOldDatabase(t *testing.T) {
	for name, address := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "dasier.db") },
		"postgres": postgresDatabase,
	} {
		t.Run(name, func(t *testing.T) {
			where := address(t)
			before := opened(t, where, 50)
			newline := "char(10)"
			if before.Postgres() {
				newline = "chr(10)"
			}
			for _, statement := range old {
				_, err := before.db.ExecContext(t.Context(), strings.ReplaceAll(statement, "chr_10", newline))
				noError(t, err)
			}
			s := open(t, where)
			oldPeople(t.Context(), t, s)
			oldProject(t.Context(), t, s)
			oldDelivery(t.Context(), t, s)
			goesOn(t.Context(), t, s)
			again := open(t, where) // a second start finds nothing to do
			if _, err := again.Project().Project(t.Context(), 2); err != nil {
				t.Error(err)
			}
		})
	}
}

func same(t *testing.T, what string, err error, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
	}
}

func oldPeople(ctx context.Context, t *testing.T, s *Store) {
	t.Helper()
	u, hash, err := s.Auth().UserByLogin(ctx, "ada@example.org")
	if err != nil || hash != "hash-a" || u.Username != "Ada" || !u.Admin || u.Blocked || u.CreatedAt.IsZero() {
		t.Errorf("Ada is %+v with %q, %v", u, hash, err)
	}
	token, err := s.Auth().TokenByHash(ctx, "token-hash")
	if err != nil || token.Name != "laptop" || token.User != 2 {
		t.Errorf("bob's token: %+v, %v", token, err)
	}
	roles := map[[2]int64]auth.Role{}
	for id := range int64(2) {
		for user := range int64(2) {
			standing, err := s.Project().Standing(ctx, project.ID(id+1), auth.UserID(user+1))
			noError(t, err)
			roles[[2]int64{id + 1, user + 1}] = standing.Role()
		}
	}
	same(t, "roles", nil, map[[2]int64]auth.Role{{1, 1}: auth.Owner, {1, 2}: auth.None, {2, 1}: auth.Owner, {2, 2}: auth.Developer}, roles)
	for namespace, want := range map[string]project.Namespace{"ada": {User: 1}, "house-prices": {Group: true, Role: auth.Owner, Owned: true}} {
		got, err := s.Project().Namespace(ctx, namespace, 1)
		same(t, "namespace "+namespace, err, want, got)
	}
	members, err := s.Project().Members(ctx, 2)
	if err != nil || len(members) != 2 || members[0].ExpiresAt != nil || members[1].ExpiresAt != nil {
		t.Errorf("the members are %+v, %v", members, err)
	}
	expired, err := s.Project().Expired(ctx, zoned.AddDate(50, 0, 0))
	same(t, "memberships that end", err, 0, len(expired))
}

func oldProject(ctx context.Context, t *testing.T, s *Store) {
	t.Helper()
	p, err := s.Project().ByPath(ctx, "house-prices", "model")
	if err != nil || p.ID != 2 || p.Description != "what it is" || p.DefaultBranch != "trunk" {
		t.Errorf("the project is %+v, %v", p, err)
	}
	rules, err := s.Repo().Protections(ctx, 2)
	same(t, "protections", err, []repo.Protection{
		{Pattern: "release/*", PushRole: auth.None, MergeRole: auth.Maintainer, ApprovalRole: auth.Developer},
		{Pattern: "trunk", PushRole: auth.Maintainer, MergeRole: auth.Developer, ApprovalRole: auth.Developer},
	}, rules)
	for _, rule := range rules {
		if rule.Gated() {
			t.Errorf("the old rule %s asks for something new", rule.Pattern)
		}
	}
	// Plain values wait to be sealed at the first start; nobody is given them.
	plains, err := s.Variable().Plains(ctx)
	same(t, "plain variables", err, []variable.Plain{
		{Project: 2, Variable: variable.Variable{Key: "KEY", Value: "secret-value", Masked: true, Protected: true}},
		{Project: 2, Variable: variable.Variable{Key: "MODE", Value: "two\nlines"}},
	}, plains)
	sealed, err := s.Variable().List(ctx, variable.OfProject(2))
	same(t, "sealed variables", err, 0, len(sealed))
	settings, err := s.Merge().Settings(ctx, 2)
	same(t, "how it merges", err, merge.Settings{}, settings)
	failing, err := s.CI().Failing(ctx, 2, 10)
	if err != nil || len(failing) != 1 || failing[0].Status != ci.Failed || failing[0].Ref != "trunk" {
		t.Errorf("bob's failed pipeline: %+v, %v", failing, err)
	}
	made, err := s.Registry().OfCommit(ctx, 2, "c0ffee")
	if err != nil || len(made) != 1 || made[0].Digest != "sha256:aa" || made[0].Target.Name != "price" {
		t.Errorf("made from the commit: %+v, %v", made, err)
	}
	events, err := s.Undelivered(ctx, 10)
	if err != nil || len(events) != 1 || events[0].Kind != "project.created" {
		t.Errorf("what was still to be reacted to: %+v, %v", events, err)
	}
}

func oldDelivery(ctx context.Context, t *testing.T, s *Store) {
	t.Helper()
	production, err := s.Deploy().Environment(ctx, 2, "production")
	if err != nil || production.Kind != deploy.KindModel || production.Current != 1 || !production.Public || !production.Protected || production.DeployRole != auth.Maintainer ||
		production.Approvals != 0 || production.Target != deploy.Embedded || production.Stopped {
		t.Errorf("production: %+v, %v", production, err)
	}
	empty, err := s.Deploy().Environment(ctx, 2, "empty")
	if err != nil || empty.Kind != "" || empty.Current != 0 || empty.Protected {
		t.Errorf("what nothing was deployed to: %+v, %v", empty, err)
	}
	serving, err := s.Deploy().Serving(ctx)
	if err != nil || len(serving) != 1 || serving[0].ID != production.ID {
		t.Errorf("brought back at the start: %+v, %v", serving, err)
	}
	history, total, err := s.Deploy().Deployments(ctx, production.ID, project.Page{Limit: 10})
	if err != nil || total != 2 || history[0].Error != "it did not start" || history[1].Title() != "price version 1" || history[1].Kind != deploy.KindModel ||
		history[1].State != deploy.Success || history[1].Needed != 0 || len(history[1].Approvals) != 0 || history[1].BreakGlass {
		t.Errorf("the history: %+v of %d, %v", history, total, err)
	}
	blocked, err := s.Deploy().Blocked(ctx, 0)
	same(t, "deployments that wait", err, 0, len(blocked))
}

// goesOn: new rows find their place beside the old ones.
func goesOn(ctx context.Context, t *testing.T, s *Store) {
	t.Helper()
	u, err := s.Auth().CreateUser(ctx, auth.User{Username: "cleo", Name: "Cleo", Email: "cleo@example.org", CreatedAt: zoned}, "h")
	if err != nil || u.ID != 3 {
		t.Errorf("a third user: %+v, %v", u, err)
	}
	if _, err := s.Auth().CreateUser(ctx, auth.User{Username: "House-Prices", Name: "x", Email: "x@example.org", CreatedAt: zoned}, "h"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a user of the name of a group: %v", err)
	}
	noError(t, s.Repo().SaveProtection(ctx, 2, repo.Protection{Pattern: "trunk", MergeRole: auth.Maintainer, Approvals: 1, ApprovalRole: auth.Maintainer}))
	r, err := s.Merge().Create(ctx, merge.Request{
		Project: 2, State: merge.Opened, Source: "topic", Target: "trunk", Title: "First", Author: merge.Person{ID: 2, Username: "bob"}, Versions: 1, CreatedAt: zoned, UpdatedAt: zoned, Version: 1,
	}, merge.Version{Number: 1, CreatedAt: zoned, User: merge.Person{ID: 2}}, func(merge.ID, int) []event.Event { return nil })
	if err != nil || r.Number != 1 {
		t.Errorf("the first merge request: %+v, %v", r, err)
	}
	d, err := s.Deploy().CreateDeployment(ctx, deploy.Deployment{
		Project: 2, Environment: 1, EnvironmentName: "production", Kind: deploy.KindModel, Model: "price", ModelVersion: 1, Digest: "sha256:aa", State: deploy.Blocked, Needed: 1,
		User: 2, Username: "bob", CreatedAt: zoned, Version: 1,
	}, noEvents)
	if err != nil || d.ID != 3 {
		t.Errorf("the next deployment: %+v, %v", d, err)
	}
}
