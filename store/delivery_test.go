package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/blob"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
)

func noEvents(deploy.Deployment) []event.Event { return nil }

// All that a deployment of a service is made of comes back.
func TestDeployServiceRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Deploy()
		env := saveEnvironment(t, keep, "staging")
		service := draftDeployment(env, 0)
		service.Kind, service.Model, service.Size = deploy.KindService, "", 12345
		service.Service = &bundle.Service{
			Command: []string{"./house-api"}, Files: []string{"house-api"}, Health: "/health", PortVariable: "PORT", StartWithin: time.Minute,
			Environment: map[string]string{"LOG": "debug"}, Limits: bundle.Limits{Memory: 1 << 28, CPU: 0.5},
		}
		service.Origin = deploy.Origin{Ref: "main", Protected: true, Commit: "c0ffee", OnStop: 7, AutoStopIn: time.Hour}
		site := draftDeployment(env, 0)
		site.Kind, site.Model = deploy.KindSite, ""
		site.Site = &bundle.Site{Folder: "dist", Proxy: map[string]string{"/api/": "house-prices/api"}}
		model := draftDeployment(env, 2)
		model.Comparison = &deploy.Comparison{Metric: "rmse", Goal: "min", Candidate: deploy.Figure{Version: 2, Value: 1}, Deployed: &deploy.Figure{Version: 1, Value: 2}, Verdict: deploy.Better}
		model.State, model.FinishedAt = deploy.Skipped, deployedAt
		for _, want := range []deploy.Deployment{service, site, model} {
			saved, err := keep.CreateDeployment(ctx, want, noEvents)
			if err != nil {
				t.Fatal(err)
			}
			want.ID = saved.ID
			got, err := keep.Deployment(ctx, saved.ID)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", want.Kind, err, diff)
			}
		}
	})
}

func TestDeployApprovals(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Deploy()
		env, other := saveEnvironment(t, keep, "production"), saveEnvironment(t, keep, "staging")
		blocked := draftDeployment(env, 1)
		blocked.State, blocked.Needed = deploy.Blocked, 2
		d, err := keep.CreateDeployment(ctx, blocked, noEvents)
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := draftDeployment(other, 1)
		elsewhere.State, elsewhere.Needed = deploy.Blocked, 1
		if _, err := keep.CreateDeployment(ctx, elsewhere, noEvents); err != nil {
			t.Fatal(err)
		}
		said := deploy.Approval{User: 4, Username: "bob", At: deployedAt, Comment: "fine", Verdict: deploy.Approves}
		if err := keep.AddApproval(ctx, d, said, auth.Actor{}.Act("deployment.approved", 7, "production")); err != nil {
			t.Fatal(err)
		}
		if err := keep.AddApproval(ctx, d, said); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old state: got %v, want a conflict", err)
		}
		d.Version++
		if err := keep.AddApproval(ctx, d, said); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same word again: got %v, want a conflict", err)
		}
		for id, want := range map[deploy.EnvironmentID]int{0: 2, env.ID: 1, other.ID: 1, 99: 0} {
			list, err := keep.Blocked(ctx, id)
			if err != nil || len(list) != want {
				t.Errorf("blocked in %d: %d, %v, want %d", id, len(list), err, want)
			}
		}
		got, err := keep.Deployment(ctx, d.ID)
		if diff := cmp.Diff([]deploy.Approval{said}, got.Approvals); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		wantEvents(t, s, event.Act{}.EventKind())
	})
}

func TestDeployStops(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Deploy()
		env := saveEnvironment(t, keep, "preview")
		draft := draftDeployment(env, 1)
		draft.State, draft.Origin = deploy.Success, deploy.Origin{Ref: "new-form", OnStop: 7}
		d, err := keep.CreateDeployment(ctx, draft, noEvents)
		if err != nil {
			t.Fatal(err)
		}
		due := deployedAt.Add(time.Hour)
		if err := keep.Promote(ctx, d, due); err != nil {
			t.Fatal(err)
		}
		got, err := keep.EnvironmentByID(ctx, env.ID)
		if err != nil || got.Branch != "new-form" || got.OnStopJob != 7 || !got.AutoStopAt.Equal(due) || got.Kind != deploy.KindModel || got.Current != d.ID {
			t.Errorf("after the promotion: %+v, %v", got, err)
		}
		count := func(list []deploy.Environment, err error) int {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if count(keep.Due(ctx, due.Add(-time.Second))) != 0 || count(keep.Due(ctx, due)) != 1 {
			t.Error("it is due at the wrong time")
		}
		if count(keep.Previews(ctx, 7, "new-form")) != 1 || count(keep.Previews(ctx, 8, "new-form")) != 0 || count(keep.Previews(ctx, 7, "")) != 0 {
			t.Error("the branch has the wrong environments")
		}
		if err := keep.PostponeStop(ctx, env.ID, time.Time{}); err != nil || count(keep.Due(ctx, due)) != 0 {
			t.Errorf("postponed: %v", err)
		}
		if err := keep.DeleteEnvironment(ctx, env.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("deleting what serves: got %v, want a conflict", err)
		}
		if err := keep.ClearCurrent(ctx, env.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := keep.EnvironmentByID(ctx, env.ID); err != nil || !got.Stopped || got.Current != 0 || got.OnStopJob != 0 || got.Branch != "new-form" {
			t.Errorf("after the stop: %+v, %v", got, err)
		}
		if err := keep.DeleteEnvironment(ctx, env.ID); err != nil {
			t.Error(err)
		}
		if _, err := keep.Deployment(ctx, d.ID); !fault.Is(err, fault.Missing) {
			t.Errorf("its history is still there: %v", err)
		}
	})
}

// What was deployed before there were services is a model, and environments
// from then ask for what they asked for.
func TestDeployOldRows(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, statement := range []string{
			`INSERT INTO environments (project_id, name, tier, description, public, protected, endpoint, current_id, created_at, version)
			 VALUES (7, 'production', 'production', '', TRUE, TRUE, 'a.b.production', 1, '2026-01-02 03:04:05', 1)`,
			`INSERT INTO deployments (project_id, environment_id, model, model_version, digest, commit_sha, state, reason, error, user_id, username, created_at, version)
			 VALUES (7, 1, 'prices', 3, 'sha256:aa', 'c0ffee', 'success', '', '', 1, 'ada', '2026-01-02 03:04:05', 3)`,
		} {
			if _, err := s.db.ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		d, err := s.Deploy().Deployment(ctx, 1)
		if err != nil || d.Kind != deploy.KindModel || d.Title() != "prices version 3" || d.Needed != 0 || d.Service != nil {
			t.Errorf("an old deployment: %+v, %v", d, err)
		}
		e, err := s.Deploy().Environment(ctx, 7, "production")
		if err != nil || e.DeployRole != auth.Maintainer || e.Approvals != 0 || e.Target != deploy.Embedded || e.Stopped {
			t.Errorf("an old environment: %+v, %v", e, err)
		}
	})
}

func TestBundles(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Bundle()
		one := bundle.Bundle{Project: 7, Digest: blob.DigestOf([]byte("one")), Size: 10, Unpacked: 100, Files: 3, User: 4, CreatedAt: deployedAt}
		other := one
		other.Project = 8
		for _, b := range []bundle.Bundle{one, other, one} {
			if err := keep.AddBundle(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		got, err := keep.Bundle(ctx, 7, one.Digest)
		if diff := cmp.Diff(one, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if _, err := keep.Bundle(ctx, 9, one.Digest); !fault.Is(err, fault.Missing) {
			t.Errorf("another project's: got %v, want missing", err)
		}
		if n, err := keep.BundleUses(ctx, one.Digest); err != nil || n != 2 {
			t.Errorf("uses: %d, %v", n, err)
		}
		env := saveEnvironment(t, s.Deploy(), "staging")
		d := draftDeployment(env, 0)
		d.Kind, d.Digest = deploy.KindSite, string(one.Digest)
		if _, err := s.Deploy().CreateDeployment(ctx, d, noEvents); err != nil {
			t.Fatal(err)
		}
		loose, err := keep.Loose(ctx, deployedAt.Add(time.Hour), 10)
		if err != nil || len(loose) != 1 || loose[0].Project != 8 {
			t.Errorf("loose: %+v, %v, want that of project 8", loose, err)
		}
		if young, err := keep.Loose(ctx, deployedAt, 10); err != nil || len(young) != 0 {
			t.Errorf("young ones: %v, %v", young, err)
		}
		if removed, err := keep.RemoveBundle(ctx, 7, one.Digest); err != nil || removed {
			t.Errorf("removing what is deployed: %v, %v", removed, err)
		}
		if removed, err := keep.RemoveBundle(ctx, 8, one.Digest); err != nil || !removed {
			t.Errorf("removing what is loose: %v, %v", removed, err)
		}
		if had, err := keep.RemoveBundles(ctx, 7); err != nil || len(had) != 1 || had[0] != one.Digest {
			t.Errorf("a project's: %v, %v", had, err)
		}
	})
}
