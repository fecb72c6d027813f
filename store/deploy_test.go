package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/delivery/deploy"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

var deployedAt = time.Date(2026, 5, 4, 3, 2, 1, 123456000, time.UTC)

func testEnvironment(name string) deploy.Environment {
	return deploy.Environment{
		Project: 7, Name: name, Tier: deploy.TierOf(name), Description: "for houses", Public: true, Protected: true,
		DeployRole: auth.Maintainer, Approvals: 2, ApprovalRole: auth.Developer, Target: deploy.Docker,
		Endpoint: "house-prices.model." + name, CreatedAt: deployedAt, Version: 1,
	}
}

func saveEnvironment(t *testing.T, s deploy.Store, name string) deploy.Environment {
	t.Helper()
	env, err := s.CreateEnvironment(t.Context(), testEnvironment(name))
	if err != nil {
		t.Fatalf("creating environment %s: %v", name, err)
	}
	return env
}

func draftDeployment(env deploy.Environment, version int) deploy.Deployment {
	return deploy.Deployment{
		Project: env.Project, Environment: env.ID, EnvironmentName: env.Name,
		Kind: deploy.KindModel, Model: "prices", ModelVersion: version, Digest: fmt.Sprintf("sha256:%064d", version), Commit: "c0ffee",
		State: deploy.Pending, Reason: "merge", User: 3, Username: "ada", Job: 12, CreatedAt: deployedAt, Version: 1,
	}
}

func saveDeploymentOf(t *testing.T, s deploy.Store, env deploy.Environment, version int) deploy.Deployment {
	t.Helper()
	d, err := s.CreateDeployment(t.Context(), draftDeployment(env, version), func(d deploy.Deployment) []event.Event {
		return []event.Event{deploy.Requested{Project: d.Project, Deployment: d.ID}}
	})
	if err != nil {
		t.Fatalf("creating a deployment: %v", err)
	}
	return d
}

func TestDeployEnvironments(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Deploy()
		staging := saveEnvironment(t, keep, "staging")
		want := testEnvironment("staging")
		want.ID = staging.ID
		for name, find := range map[string]func() (deploy.Environment, error){
			"by name": func() (deploy.Environment, error) { return keep.Environment(ctx, 7, "staging") },
			"by id":   func() (deploy.Environment, error) { return keep.EnvironmentByID(ctx, staging.ID) },
		} {
			got, err := find()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		for name, find := range map[string]func() (deploy.Environment, error){
			"another project": func() (deploy.Environment, error) { return keep.Environment(ctx, 8, "staging") },
			"another name":    func() (deploy.Environment, error) { return keep.Environment(ctx, 7, "Staging") },
			"another id":      func() (deploy.Environment, error) { return keep.EnvironmentByID(ctx, staging.ID+1) },
		} {
			if _, err := find(); !fault.Is(err, fault.Missing) {
				t.Errorf("%s: got %v, want missing", name, err)
			}
		}

		if _, err := keep.CreateEnvironment(ctx, testEnvironment("staging")); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same name again: got %v, want a conflict", err)
		}
		clash := testEnvironment("other")
		clash.Endpoint = "House-Prices.model.STAGING"
		if _, err := keep.CreateEnvironment(ctx, clash); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same endpoint in another case: got %v, want a conflict", err)
		}

		saveEnvironment(t, keep, "production")
		list, err := keep.Environments(ctx, 7)
		if err != nil || len(list) != 2 || list[0].Name != "production" || list[1].Name != "staging" {
			t.Errorf("environments: got %v, %v, want production and staging", list, err)
		}
		if list, err := keep.Environments(ctx, 8); err != nil || len(list) != 0 {
			t.Errorf("another project's environments: got %v, %v, want none", list, err)
		}
	})
}

func TestDeploySettingsAreGuarded(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Deploy()
		env := saveEnvironment(t, keep, "staging")
		changed := env
		changed.Public, changed.Protected, changed.Description = false, false, "closed"
		if err := keep.UpdateEnvironment(ctx, changed, deploy.EnvironmentChanged{Project: 7, Environment: env.ID}); err != nil {
			t.Fatalf("updating: %v", err)
		}
		if err := keep.UpdateEnvironment(ctx, env, deploy.EnvironmentChanged{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("updating what was read before: got %v, want a conflict", err)
		}
		changed.Version = 2
		if got, err := keep.EnvironmentByID(ctx, env.ID); err != nil || !cmp.Equal(changed, got) {
			t.Errorf("after the update: %v\n%s", err, cmp.Diff(changed, got))
		}
		wantEvents(t, s, deploy.EnvironmentChanged{}.EventKind())
	})
}

func TestDeployHistory(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Deploy()
		env := saveEnvironment(t, keep, "staging")
		first := saveDeploymentOf(t, keep, env, 1)
		second := saveDeploymentOf(t, keep, env, 2)
		elsewhere := saveDeploymentOf(t, keep, saveEnvironment(t, keep, "testing"), 3)

		got, err := keep.Deployment(ctx, first.ID)
		if err != nil || !cmp.Equal(first, got) {
			t.Errorf("first deployment: %v\n%s", err, cmp.Diff(first, got))
		}
		if _, err := keep.Deployment(ctx, elsewhere.ID+1); !fault.Is(err, fault.Missing) {
			t.Errorf("no such deployment: got %v, want missing", err)
		}
		page, total, err := keep.Deployments(ctx, env.ID, project.Page{Limit: 1})
		if err != nil || total != 2 || len(page) != 1 || page[0].ID != second.ID {
			t.Errorf("first page: got %v of %d, %v, want the youngest of 2", page, total, err)
		}
		page, _, err = keep.Deployments(ctx, env.ID, project.Page{Offset: 1, Limit: 5})
		if err != nil || len(page) != 1 || page[0].ID != first.ID {
			t.Errorf("second page: got %v, %v, want the oldest", page, err)
		}
		unfinished, err := keep.Unfinished(ctx)
		if err != nil || len(unfinished) != 3 || unfinished[0].ID != first.ID || unfinished[2].ID != elsewhere.ID {
			t.Errorf("unfinished: got %v, %v, want all three, oldest first", unfinished, err)
		}
		wantEvents(t, s, "deploy.requested", "deploy.requested", "deploy.requested")
	})
}

func TestDeployStates(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Deploy()
		env := saveEnvironment(t, keep, "staging")
		first, second := saveDeploymentOf(t, keep, env, 1), saveDeploymentOf(t, keep, env, 2)

		first.State, first.StartedAt = deploy.Running, deployedAt.Add(time.Second)
		if err := keep.SaveDeployment(ctx, first, deploy.Started{Project: 7, Deployment: first.ID}); err != nil {
			t.Fatalf("starting the first: %v", err)
		}
		if err := keep.SaveDeployment(ctx, first); !fault.Is(err, fault.Conflict) {
			t.Errorf("saving an old state: got %v, want a conflict", err)
		}
		running := second
		running.State = deploy.Running
		if err := keep.SaveDeployment(ctx, running); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second running deployment: got %v, want a conflict", err)
		}
		if list, err := keep.Serving(ctx); err != nil || len(list) != 0 {
			t.Errorf("serving before any success: got %v, %v, want none", list, err)
		}

		first.Version++
		first.State, first.FinishedAt = deploy.Success, deployedAt.Add(2*time.Second)
		if err := keep.Promote(ctx, first, time.Time{}, deploy.Finished{Project: 7, Deployment: first.ID}); err != nil {
			t.Fatalf("promoting: %v", err)
		}
		if err := keep.Promote(ctx, first, time.Time{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("promoting an old state: got %v, want a conflict", err)
		}
		first.Version++
		if got, err := keep.Deployment(ctx, first.ID); err != nil || !cmp.Equal(first, got) {
			t.Errorf("after the promotion: %v\n%s", err, cmp.Diff(first, got))
		}
		list, err := keep.Serving(ctx)
		if err != nil || len(list) != 1 || list[0].Current != first.ID {
			t.Errorf("serving: got %v, %v, want the first deployment", list, err)
		}

		second.State, second.Error, second.FinishedAt = deploy.Failed, "reference row 3 differs", deployedAt.Add(time.Minute)
		if err := keep.SaveDeployment(ctx, second, deploy.Finished{Project: 7, Deployment: second.ID}); err != nil {
			t.Fatalf("failing the second: %v", err)
		}
		succeeded, err := keep.Succeeded(ctx, env.ID)
		if err != nil || len(succeeded) != 1 || succeeded[0].ID != first.ID {
			t.Errorf("succeeded: got %v, %v, want the first", succeeded, err)
		}
		wantEvents(t, s, "deploy.requested", "deploy.requested", "deploy.started", "deploy.finished", "deploy.finished")

		if err := keep.ClearCurrent(ctx, env.ID, deploy.EnvironmentChanged{Project: 7, Environment: env.ID}); err != nil {
			t.Fatalf("stopping: %v", err)
		}
		if list, err := keep.Serving(ctx); err != nil || len(list) != 0 {
			t.Errorf("serving after the stop: got %v, %v, want none", list, err)
		}
		if err := keep.DeleteEnvironments(ctx, 7); err != nil {
			t.Fatalf("deleting: %v", err)
		}
		if _, err := keep.Deployment(ctx, first.ID); !fault.Is(err, fault.Missing) {
			t.Errorf("a deployment of a deleted environment: got %v, want missing", err)
		}
	})
}

// wantEvents compares the kinds of all events in the outbox.
func wantEvents(t *testing.T, s *Store, want ...string) {
	t.Helper()
	recorded, err := s.Undelivered(t.Context(), 100)
	if err != nil {
		t.Fatalf("reading events: %v", err)
	}
	var got []string
	for _, e := range recorded {
		got = append(got, e.Kind)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
