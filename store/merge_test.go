package store

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
)

func TestMergeRequests(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, store := t.Context(), s.Merge()
		id, users := mergeHouse(t, s)
		ada, bob := users[0], users[1]
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		r := merge.Request{
			Project: id, Title: "A change", Description: "of *mine*", State: merge.Opened, Draft: true, Source: "topic", Target: "main", Author: ada,
			Reviewers: []merge.Person{bob, ada}, Squash: true, Head: strings.Repeat("a", 40), Base: strings.Repeat("b", 40), Versions: 1,
			CreatedAt: at, UpdatedAt: at, Version: 1,
		}
		first := merge.Version{Number: 1, Head: r.Head, Base: r.Base, CreatedAt: at, User: ada, Commits: 2, Files: 3, Additions: 4, Deletions: 5, Contributors: []string{"ada@example.org"}}
		opened := func(made merge.ID, number int) []event.Event {
			return []event.Event{merge.Changed{Project: id, Request: made, Number: number, Action: merge.ActionOpened}}
		}
		got, err := store.Create(ctx, r, first, opened)
		if err != nil {
			t.Fatal(err)
		}
		r.ID, r.Number = got.ID, 1
		if diff := cmp.Diff(r, got); diff != "" {
			t.Fatalf("created (-want +got):\n%s", diff)
		}
		if events, err := s.Undelivered(ctx, 10); err != nil || len(events) != 1 || events[0].Kind != "merge.changed" || !strings.Contains(string(events[0].Payload), `"opened"`) {
			t.Errorf("events %+v, %v", events, err)
		}
		if _, err := store.Create(ctx, r, first, opened); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "!1") {
			t.Errorf("a second of the same branches: %v", err)
		}
		other := r
		other.Target, other.Author, other.Reviewers, other.Title, other.Draft = "stable", bob, []merge.Person{}, "Other 100%", false
		second, err := store.Create(ctx, other, first, opened)
		if err != nil || second.Number != 2 {
			t.Fatalf("second: %+v, %v: a refused one takes no number", second, err)
		}

		// What changes goes by the version.
		got.Title, got.Draft, got.Reviewers = "New title", false, []merge.Person{bob}
		got.Landing = &merge.Landing{SHA: strings.Repeat("c", 40), User: bob.ID, Username: "bob", RemoveSource: true}
		saved, err := store.Save(ctx, got)
		got.Version++
		if diff := cmp.Diff(got, saved); err != nil || diff != "" {
			t.Fatalf("saved: %v (-want +got):\n%s", err, diff)
		}
		if _, err := store.Save(ctx, r); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old version: %v", err)
		}
		second.Target = "main"
		if _, err := store.Save(ctx, second); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "!1") {
			t.Errorf("the same branches by a change: %v", err)
		}
		saved.State, saved.MergedAt, saved.MergedBy, saved.MergeSHA, saved.Landing = merge.Merged, at.Add(time.Hour), bob, strings.Repeat("c", 40), nil
		merged, err := store.Save(ctx, saved)
		saved.Version++
		if diff := cmp.Diff(saved, merged); err != nil || diff != "" {
			t.Fatalf("merged: %v (-want +got):\n%s", err, diff)
		}
		if again, err := store.Create(ctx, r, first, opened); err != nil || again.Number != 3 {
			t.Errorf("the same branches once merged: %+v, %v", again, err)
		}

		// Versions, each push once.
		second.Target, second.Head, second.Versions = "stable", strings.Repeat("d", 40), 2
		next := merge.Version{Number: 2, Head: second.Head, Base: r.Base, CreatedAt: at, User: bob, Contributors: []string{}}
		second, err = store.AddVersion(ctx, second, next, "77")
		if err != nil {
			t.Fatal(err)
		}
		repeated := second
		repeated.Versions = 3
		if _, err := store.AddVersion(ctx, repeated, merge.Version{Number: 3, Contributors: []string{}, CreatedAt: at}, "77"); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same push again: %v", err)
		}
		versions, err := store.Versions(ctx, second.ID)
		ada1, bob1 := ada, bob
		ada1.Name, bob1.Name = "", ""
		first.User, next.User = ada1, bob1
		if diff := cmp.Diff([]merge.Version{first, next}, versions); err != nil || diff != "" {
			t.Errorf("versions: %v (-want +got):\n%s", err, diff)
		}
		if again, err := store.Request(ctx, second.ID); err != nil || again.Versions != 2 {
			t.Errorf("a refused version changed the request: %+v, %v", again, err)
		}

		// Lists.
		for name, test := range map[string]struct {
			filter merge.Filter
			want   []int
		}{
			"all":      {merge.Filter{}, []int{3, 2, 1}},
			"open":     {merge.Filter{State: merge.Opened}, []int{3, 2}},
			"search":   {merge.Filter{Search: "100%"}, []int{2}},
			"body":     {merge.Filter{Search: "OF *mine"}, []int{3, 2, 1}},
			"author":   {merge.Filter{Author: "BOB"}, []int{2}},
			"reviewer": {merge.Filter{Reviewer: "ada"}, []int{3}},
			"target":   {merge.Filter{Target: "main"}, []int{3, 1}},
			"page":     {merge.Filter{Offset: 1, Limit: 1}, []int{2}},
		} {
			requests, total, err := store.List(ctx, id, test.filter)
			var numbers []int
			for _, r := range requests {
				numbers = append(numbers, r.Number)
			}
			if diff := cmp.Diff(test.want, numbers); err != nil || diff != "" || (name != "page" && total != len(numbers)) || (name == "page" && total != 3) {
				t.Errorf("%s: total %d, %v (-want +got):\n%s", name, total, err, diff)
			}
		}
		from, err := store.From(ctx, id, "topic")
		if err != nil || len(from) != 2 {
			t.Errorf("from topic: %d, %v", len(from), err)
		}
		into, err := store.Into(ctx, id, "stable")
		if err != nil || len(into) != 1 || into[0].Number != 2 || into[0].Author != bob {
			t.Errorf("into stable: %+v, %v", into, err)
		}
		if mine, err := store.Concerning(ctx, bob.ID, 10); err != nil || len(mine) != 2 {
			t.Errorf("of bob: %d, %v", len(mine), err)
		}
		if _, err := store.ByNumber(ctx, id, 9); !fault.Is(err, fault.Missing) {
			t.Errorf("no such number: %v", err)
		}
	})
}

func TestMergeApprovals(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, store := t.Context(), s.Merge()
		id, users := mergeHouse(t, s)
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		r, err := store.Create(ctx, merge.Request{Project: id, Title: "x", State: merge.Opened, Source: "a", Target: "b", Author: users[0], CreatedAt: at, UpdatedAt: at, Version: 1},
			merge.Version{Number: 1, CreatedAt: at, Contributors: []string{}}, func(merge.ID, int) []event.Event { return nil })
		if err != nil {
			t.Fatal(err)
		}
		want := merge.Approval{Request: r.ID, User: users[1], Head: "h", At: at, Content: merge.Content{
			Tree: "t", Target: "b", Models: []merge.Model{{Name: "m", Number: 4, Digest: "sha256:12"}}, Data: "sha256:34",
		}}
		if err := store.Approve(ctx, r, want); err != nil {
			t.Fatal(err)
		}
		if err := store.Approve(ctx, r, want); !fault.Is(err, fault.Conflict) {
			t.Errorf("an approval of an old version: %v", err)
		}
		r.Version++
		want.Head = "h2"
		if err := store.Approve(ctx, r, want); err != nil {
			t.Fatal(err)
		}
		got, err := store.Approvals(ctx, r.ID)
		if diff := cmp.Diff([]merge.Approval{want}, got); err != nil || diff != "" {
			t.Errorf("approvals: %v (-want +got):\n%s", err, diff)
		}
		if err := store.Unapprove(ctx, r.ID, users[1].ID); err != nil {
			t.Error(err)
		}
		if err := store.Unapprove(ctx, r.ID, users[1].ID); !fault.Is(err, fault.Missing) {
			t.Errorf("taking back nothing: %v", err)
		}

		// Settings and numbers share a row, and do not disturb each other.
		if got, err := store.Settings(ctx, id); err != nil || got != (merge.Settings{}) {
			t.Errorf("settings that nobody made: %+v, %v", got, err)
		}
		settings := merge.Settings{Method: repo.Rebase, RemoveSource: true}
		if err := store.SaveSettings(ctx, id, settings); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Settings(ctx, id); err != nil || got != settings {
			t.Errorf("settings %+v, %v", got, err)
		}
		r2, err := store.Create(ctx, merge.Request{Project: id, Title: "x", State: merge.Opened, Source: "c", Target: "b", Author: users[0], CreatedAt: at, UpdatedAt: at, Version: 1},
			merge.Version{Number: 1, CreatedAt: at, Contributors: []string{}}, func(merge.ID, int) []event.Event { return nil })
		if err != nil || r2.Number != 2 {
			t.Errorf("%+v, %v", r2, err)
		}
		if got, err := store.Settings(ctx, id); err != nil || got != settings {
			t.Errorf("settings after a request %+v, %v", got, err)
		}
		if err := s.Project().Delete(ctx, id); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Request(ctx, r.ID); !fault.Is(err, fault.Missing) {
			t.Errorf("a request of a project that is gone: %v", err)
		}
	})
}

// Rules of branches that were there before they could ask for approvals stay
// what they were.
func TestProtectionsSurviveMigration(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		id, _ := mergeHouse(t, s)
		old := repo.Protection{Pattern: "main", PushRole: auth.Maintainer, MergeRole: auth.Developer, ApprovalRole: auth.Developer}
		if _, err := s.db.ExecContext(ctx, "INSERT INTO protected_branches (project_id, pattern, push_role, merge_role) VALUES (?, 'main', 40, 30)", id); err != nil {
			t.Fatal(err)
		}
		got, err := s.Repo().Protections(ctx, id)
		if diff := cmp.Diff([]repo.Protection{old}, got); err != nil || diff != "" {
			t.Errorf("an old rule: %v (-want +got):\n%s", err, diff)
		}
		gated := repo.Protection{Pattern: "main", PushRole: auth.None, MergeRole: auth.Maintainer, Approvals: 2, ApprovalRole: auth.Maintainer, RequirePipeline: true, RequireResolved: true, RequireOwners: true}
		if err := s.Repo().SaveProtection(ctx, id, gated, auth.System("test").Act("protected_branch.changed", int64(id), "main")); err != nil {
			t.Fatal(err)
		}
		got, err = s.Repo().Protections(ctx, id)
		if diff := cmp.Diff([]repo.Protection{gated}, got); err != nil || diff != "" {
			t.Errorf("a gated rule: %v (-want +got):\n%s", err, diff)
		}
	})
}

// mergeHouse makes a project and two people.
func mergeHouse(t *testing.T, s *Store) (project.ID, []merge.Person) {
	t.Helper()
	ctx := t.Context()
	var people []merge.Person
	for _, name := range []string{"ada", "bob"} {
		u, err := s.Auth().CreateUser(ctx, auth.User{Username: name, Name: strings.ToUpper(name), Email: name + "@example.org", CreatedAt: time.Now().UTC()}, "")
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, merge.Person{ID: u.ID, Username: name, Name: u.Name})
	}
	p, err := s.Project().Create(ctx, project.Project{Namespace: "lab", Name: "model", DefaultBranch: "main", CreatedAt: time.Now().UTC()}, people[0].ID,
		func(project.ID) event.Event { return project.Created{} })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Undelivered(ctx, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.ExecContext(ctx, "UPDATE events SET delivered_at = created_at"); err != nil {
		t.Fatal(err)
	}
	return p.ID, people
}
