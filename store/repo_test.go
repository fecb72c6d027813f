package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

// repoProject makes a project for rules and intents to refer to.
func repoProject(t *testing.T, s *Store, name string) project.ID {
	t.Helper()
	owner, err := s.Auth().CreateUser(t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org", CreatedAt: time.Now().UTC()}, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Project().Create(t.Context(), project.Project{Namespace: "of-" + name, Name: name, DefaultBranch: "main", CreatedAt: time.Now().UTC()}, owner.ID,
		func(id project.ID) event.Event { return project.Created{Project: id} })
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func TestRepoProtections(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Repo()
		id, other := repoProject(t, s, "one"), repoProject(t, s, "two")
		expect := func(id project.ID, want ...repo.Protection) {
			t.Helper()
			got, err := keep.Protections(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]repo.Protection{}, want...), got); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		}
		expect(id)
		main := repo.Protection{Pattern: "main", PushRole: auth.Maintainer, MergeRole: auth.Maintainer}
		glob := repo.Protection{Pattern: "*-stable", PushRole: auth.None, MergeRole: auth.Developer}
		for _, rule := range []repo.Protection{main, glob} {
			if err := keep.SaveProtection(ctx, id, rule); err != nil {
				t.Fatal(err)
			}
		}
		expect(id, glob, main)
		expect(other)
		loose := repo.Protection{Pattern: "main", PushRole: auth.Developer, MergeRole: auth.None}
		if err := keep.AddProtection(ctx, id, loose); err != nil {
			t.Fatal(err)
		}
		expect(id, glob, main)
		if err := keep.SaveProtection(ctx, id, loose); err != nil {
			t.Fatal(err)
		}
		expect(id, glob, loose)
		if err := keep.DeleteProtection(ctx, id, "*-stable"); err != nil {
			t.Fatal(err)
		}
		if err := keep.DeleteProtection(ctx, id, "*-stable"); !fault.Is(err, fault.Missing) {
			t.Errorf("deleting twice: %v, want fault.Missing", err)
		}
		expect(id, loose)
		if err := s.Project().Delete(ctx, id); err != nil {
			t.Fatal(err)
		}
		expect(id)
	})
}

func TestRepoIntents(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Repo()
		id := repoProject(t, s, "one")
		a := git.RefUpdate{Ref: "refs/heads/a", Before: git.Zero, After: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
		b := git.RefUpdate{Ref: "refs/heads/b", Before: a.After, After: git.Zero}
		first := repo.Intent{
			Project: id, User: 3, Username: "ada", Source: repo.SourcePush, Options: []string{"ci.skip"},
			Updates: []git.RefUpdate{a, b}, CreatedAt: time.Date(2026, 5, 4, 3, 2, 1, 123456000, time.UTC),
		}
		second := repo.Intent{Project: id, Username: "system:x", Source: repo.SourceMerge, Updates: []git.RefUpdate{b}, CreatedAt: first.CreatedAt}
		for _, intent := range []*repo.Intent{&first, &second} {
			var err error
			if intent.ID, err = keep.AddIntent(ctx, *intent); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(want ...repo.Intent) {
			t.Helper()
			got, err := keep.Intents(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]repo.Intent{}, want...), got); diff != "" {
				t.Errorf("intents (-want +got):\n%s", diff)
			}
		}
		expect(first, second)
		pushed := repo.Pushed{Project: id, Ref: a.Ref, Before: a.Before, After: a.After, User: 3, Username: "ada", Source: repo.SourcePush}
		if err := keep.SettleIntent(ctx, first.ID, []git.RefUpdate{b}, pushed); err != nil {
			t.Fatal(err)
		}
		first.Updates = []git.RefUpdate{b}
		expect(first, second)
		if err := keep.SettleIntent(ctx, first.ID, nil); err != nil {
			t.Fatal(err)
		}
		expect(second)
		// What is settled is settled: its events are not saved again.
		for _, open := range [][]git.RefUpdate{nil, {b}} {
			if err := keep.SettleIntent(ctx, first.ID, open, pushed); !fault.Is(err, fault.Conflict) {
				t.Errorf("settling twice: %v, want fault.Conflict", err)
			}
		}
		recorded, err := s.Undelivered(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(recorded); n != 2 || recorded[1].Kind != "repo.pushed" { // the project's creation, and one push
			t.Errorf("events %+v", recorded)
		}
	})
}
