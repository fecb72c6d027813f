package store

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/model/track"
)

func created(id project.ID) event.Event { return project.Created{Project: id} }

func TestProjectKeepsProjects(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Project()
		ada := person(t, s, "ada")
		want := project.Project{Namespace: "House-Prices", Name: "Model", Description: "Ames", DefaultBranch: "development", CreatedAt: zoned}
		made, err := keep.Create(ctx, want, ada.ID, created)
		if err != nil {
			t.Fatal(err)
		}
		want.ID, want.CreatedAt = made.ID, zoned.UTC()
		if got, err := keep.Project(ctx, made.ID); err != nil || !cmp.Equal(want, got) {
			t.Errorf("by id: %v\n%s", err, cmp.Diff(want, got))
		}
		if got, err := keep.ByPath(ctx, "house-PRICES", "mODEL"); err != nil || !cmp.Equal(want, got) {
			t.Errorf("by path: %v\n%s", err, cmp.Diff(want, got))
		}
		if standing, err := keep.Standing(ctx, made.ID, ada.ID); err != nil || standing != (project.Standing{Direct: auth.Owner}) {
			t.Errorf("the creator is %+v, %v", standing, err)
		}
		if _, err := keep.Create(ctx, project.Project{Namespace: "HOUSE-prices", Name: "MODEL", CreatedAt: zoned}, ada.ID, created); !fault.Is(err, fault.Conflict) {
			t.Errorf("the path is taken whatever its case: %v", err)
		}
		want.Description, want.DefaultBranch = "", "main"
		if err := keep.Update(ctx, want); err != nil {
			t.Fatal(err)
		}
		if got, err := keep.Project(ctx, made.ID); err != nil || !cmp.Equal(want, got) {
			t.Errorf("changed: %v\n%s", err, cmp.Diff(want, got))
		}
		for _, miss := range []func() error{
			func() error { _, err := keep.Project(ctx, 4711); return err },
			func() error { _, err := keep.ByPath(ctx, "house-prices", "mode_"); return err },
		} {
			if err := miss(); !fault.Is(err, fault.Missing) {
				t.Errorf("found what is not there: %v", err)
			}
		}
		if events, err := s.Undelivered(ctx, 10); err != nil || len(events) != 1 {
			t.Errorf("one project was created, and the outbox has %+v, %v", events, err)
		}
	})
}

func TestProjectLists(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Project()
		ada, bob := person(t, s, "ada"), person(t, s, "bob")
		for _, path := range [][2]string{{"lab", "b_c"}, {"lab", "bXc"}, {"lab", "a"}, {"shop", "model"}} {
			if _, err := keep.Create(ctx, project.Project{Namespace: path[0], Name: path[1], CreatedAt: zoned}, ada.ID, created); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := keep.Create(ctx, project.Project{Namespace: "bob", Name: "own", CreatedAt: zoned}, bob.ID, created); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			user   auth.UserID
			search string
			page   project.Page
			want   []string
			total  int
		}{
			{0, "", project.Page{Limit: 10}, []string{"bob/own", "lab/a", "lab/bXc", "lab/b_c", "shop/model"}, 5},
			{ada.ID, "", project.Page{Offset: 1, Limit: 2}, []string{"lab/bXc", "lab/b_c"}, 4},
			{ada.ID, "B_", project.Page{Limit: 10}, []string{"lab/b_c"}, 1},
			{ada.ID, "b/A", project.Page{Limit: 10}, []string{"lab/a"}, 1},
			{ada.ID, "%", project.Page{Limit: 10}, nil, 0},
			{bob.ID, "", project.Page{Limit: 10}, []string{"bob/own"}, 1},
			{bob.ID, "", project.Page{Offset: 5, Limit: 10}, nil, 1},
			{4711, "", project.Page{Limit: 10}, nil, 0},
		} {
			found, total, err := keep.List(ctx, c.user, c.search, c.page)
			var paths []string
			for _, p := range found {
				paths = append(paths, p.Path())
			}
			if err != nil || total != c.total || !cmp.Equal(c.want, paths) {
				t.Errorf("%+v finds %v of %d, %v", c, paths, total, err)
			}
		}
	})
}

func TestProjectMembers(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Project()
		ada, bob, cleo, dan := person(t, s, "ada"), person(t, s, "bob"), person(t, s, "cleo"), person(t, s, "dan")
		p, err := keep.Create(ctx, project.Project{Namespace: "lab", Name: "model", CreatedAt: zoned}, cleo.ID, created)
		if err != nil {
			t.Fatal(err)
		}
		set := func(u auth.User, role auth.Role) error {
			return keep.SetMember(ctx, p.ID, project.Member{User: u.ID, Role: role})
		}
		for _, err := range []error{set(dan, auth.Guest), set(bob, auth.Developer), set(ada, auth.Guest), set(ada, auth.Developer)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		expect := func(want ...string) {
			t.Helper()
			members, err := keep.Members(ctx, p.ID)
			var got []string
			for _, m := range members {
				got = append(got, m.Username+" "+m.Role.String())
				if m.Since.IsZero() || m.Since.Location().String() != "UTC" || m.Name != m.Username || m.User == 0 {
					t.Errorf("member %+v", m)
				}
			}
			if err != nil || !cmp.Equal(want, got) {
				t.Errorf("members are %q, %v; want %q", got, err, want)
			}
		}
		expect("cleo owner", "ada developer", "bob developer", "dan guest")
		if standing, err := keep.Standing(ctx, p.ID, 4711); err != nil || standing != (project.Standing{}) {
			t.Errorf("a stranger is %+v, %v", standing, err)
		}
		for _, err := range []error{set(cleo, auth.Maintainer), keep.RemoveMember(ctx, p.ID, cleo.ID)} {
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("the last owner went: %v", err)
			}
		}
		if err := keep.RemoveMember(ctx, p.ID, 4711); !fault.Is(err, fault.Missing) {
			t.Errorf("removing a stranger: %v", err)
		}
		if err := keep.RemoveMember(ctx, p.ID, dan.ID); err != nil {
			t.Fatal(err)
		}
		expect("cleo owner", "ada developer", "bob developer")
	})
}

// TestProjectNeverLosesItsLastOwner: owners who leave at once see each other.
func TestProjectNeverLosesItsLastOwner(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Project()
		ada, bob := person(t, s, "ada"), person(t, s, "bob")
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			p, err := keep.Create(ctx, project.Project{Namespace: "lab", Name: name, CreatedAt: zoned}, ada.ID, created)
			if err != nil {
				t.Fatal(err)
			}
			if err := keep.SetMember(ctx, p.ID, project.Member{User: bob.ID, Role: auth.Owner}); err != nil {
				t.Fatal(err)
			}
			var errs [2]error
			var wait sync.WaitGroup
			wait.Go(func() { errs[0] = keep.RemoveMember(ctx, p.ID, ada.ID) })
			wait.Go(func() { errs[1] = keep.SetMember(ctx, p.ID, project.Member{User: bob.ID, Role: auth.Guest}) })
			wait.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || errs[0] != nil && !fault.Is(errs[0], fault.Conflict) || errs[1] != nil && !fault.Is(errs[1], fault.Conflict) {
				t.Errorf("%s: one owner leaves and one is kept, got %v", name, errs)
			}
		}
	})
}

// TestProjectDeletionTakesAllAlong: nothing refers to a project that is gone.
func TestProjectDeletionTakesAllAlong(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Project()
		ada := person(t, s, "ada")
		var ids []project.ID
		for _, name := range []string{"gone", "stays"} {
			p, err := keep.Create(ctx, project.Project{Namespace: "lab", Name: name, CreatedAt: zoned}, ada.ID, created)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, p.ID)
			add(t, s, candidate(p.ID, "price", "d", "c"))
			if err := s.Registry().SetAlias(ctx, p.ID, "price", "champion", 1); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Track().AddRun(ctx, track.Run{Project: p.ID, Name: "r", Status: track.Finished, CreatedAt: zoned, FinishedAt: zoned}); err != nil {
				t.Fatal(err)
			}
		}
		if err := keep.Delete(ctx, ids[0], project.Deleted{Project: ids[0]}); err != nil {
			t.Fatal(err)
		}
		if err := keep.Delete(ctx, ids[0], project.Deleted{Project: ids[0]}); err == nil {
			t.Error("deleted twice")
		}
		for _, table := range []string{"projects", "members", "models", "model_versions", "model_aliases", "runs"} {
			if n, err := s.DB().NewSelect().Table(table).Count(ctx); err != nil || n != 1 {
				t.Errorf("%s has %d rows, %v; want that of the project that stays", table, n, err)
			}
		}
		events, err := s.Undelivered(ctx, 100)
		if err != nil || events[len(events)-1].Kind != "project.deleted" {
			t.Errorf("the last event is %+v, %v", events[len(events)-1], err)
		}
	})
}
