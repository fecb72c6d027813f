package store

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/invite"
	"dasier/forge/project"
)

// act is an event for those who want one.
func act(action string) event.Event { return auth.System("test").Act(action, 0, "") }

func in(d time.Duration) *time.Time {
	t := time.Now().Add(d).UTC().Truncate(time.Microsecond)
	return &t
}

func noError(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func wantKind(t *testing.T, kind fault.Kind, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if !fault.Is(err, kind) {
			t.Errorf("got %v, want %s", err, kind)
		}
	}
}

// TestNamespacesAreOnes: of a user's name, a group's path and a new project's
// namespace, the first has it, whatever its case.
func TestNamespacesAreOnes(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ada, bob := person(t, s, "ada"), person(t, s, "Bob")
		made, err := s.Group().Create(ctx, group.Group{Path: "Lab", Name: "The lab", Description: "d", CreatedAt: zoned}, ada.ID, act("group.created"))
		noError(t, err)
		if want := (group.Group{ID: made.ID, Path: "Lab", Name: "The lab", Description: "d", CreatedAt: zoned.UTC()}); made != want {
			t.Errorf("made %+v", made)
		}
		for _, path := range []string{"LAB", "bob", "ADA"} {
			_, err := s.Group().Create(ctx, group.Group{Path: path, CreatedAt: zoned}, bob.ID)
			wantKind(t, fault.Conflict, err)
			_, err = s.Project().CreateWithGroup(ctx, project.Project{Namespace: path, Name: "x", CreatedAt: zoned}, bob.ID, created)
			wantKind(t, fault.Conflict, err)
		}
		_, err = s.Auth().CreateUser(ctx, auth.User{Username: "lab", Email: "l@example.org", CreatedAt: zoned}, "")
		wantKind(t, fault.Conflict, err)
		shop, err := s.Project().CreateWithGroup(ctx, project.Project{Namespace: "Shop", Name: "x", CreatedAt: zoned}, bob.ID, created)
		noError(t, err)
		if standing, err := s.Project().Standing(ctx, shop.ID, bob.ID); err != nil || standing != (project.Standing{Group: auth.Owner, Path: "Shop"}) {
			t.Errorf("the founder is %+v, %v", standing, err)
		}
		noError(t, s.Group().SetMember(ctx, made.ID, project.Member{User: bob.ID, Role: auth.Developer}))
		for _, c := range []struct {
			namespace string
			user      auth.UserID
			want      project.Namespace
		}{
			{"lab", bob.ID, project.Namespace{Group: true, Role: auth.Developer, Owned: true}},
			{"LAB", ada.ID, project.Namespace{Group: true, Role: auth.Owner, Owned: true}},
			{"BOB", ada.ID, project.Namespace{User: bob.ID}},
			{"free", ada.ID, project.Namespace{}},
			{"la_", ada.ID, project.Namespace{}},
		} {
			if got, err := s.Project().Namespace(ctx, c.namespace, c.user); err != nil || got != c.want {
				t.Errorf("%s for %d: %+v, %v", c.namespace, c.user, got, err)
			}
		}
		// One who fails to make a group's project makes no group.
		if events, err := s.Undelivered(ctx, 10); err != nil || len(events) != 2 {
			t.Errorf("the outbox has %+v, %v", events, err)
		}
	})
}

func TestGroups(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Group()
		ada, bob := person(t, s, "ada"), person(t, s, "bob")
		lab, err := keep.Create(ctx, group.Group{Path: "lab", Name: "The lab", CreatedAt: zoned}, ada.ID)
		noError(t, err)
		shop, err := keep.Create(ctx, group.Group{Path: "shop", Name: "x_y", CreatedAt: zoned}, bob.ID)
		noError(t, err)
		for _, name := range []string{"b", "a"} {
			_, err = s.Project().Create(ctx, project.Project{Namespace: "LAB", Name: name, CreatedAt: zoned}, 0, created)
			noError(t, err)
		}
		_, err = s.Project().Create(ctx, project.Project{Namespace: "gone", Name: "x", CreatedAt: zoned}, 0, created)
		wantKind(t, fault.Conflict, err) // nobody would own it
		noError(t, keep.SetMember(ctx, lab.ID, project.Member{User: bob.ID, Role: auth.Guest, ExpiresAt: in(time.Hour)}))
		want := lab
		want.Projects, want.Members, want.Role = 2, 2, auth.Guest
		if got, err := keep.ByPath(ctx, "LAB", bob.ID); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		page := project.Page{Limit: 10}
		for _, c := range []struct {
			user   auth.UserID
			all    bool
			search string
			want   []string
		}{
			{ada.ID, false, "", []string{"lab"}},
			{bob.ID, false, "", []string{"lab", "shop"}},
			{ada.ID, true, "", []string{"lab", "shop"}},
			{bob.ID, false, "THE", []string{"lab"}},
			{bob.ID, false, "X_", []string{"shop"}},
			{bob.ID, false, "%", nil},
			{4711, false, "", nil},
		} {
			found, total, err := keep.List(ctx, c.user, c.all, c.search, page)
			var paths []string
			for _, g := range found {
				paths = append(paths, g.Path)
			}
			if err != nil || total != len(c.want) || !cmp.Equal(c.want, paths) {
				t.Errorf("%+v finds %v of %d, %v", c, paths, total, err)
			}
		}
		projects, total, err := keep.Projects(ctx, lab.ID, page)
		if err != nil || total != 2 || len(projects) != 2 || projects[0].Path() != "LAB/a" {
			t.Errorf("its projects are %+v of %d, %v", projects, total, err)
		}
		wantKind(t, fault.Conflict, keep.Delete(ctx, lab.ID))
		noError(t, keep.Delete(ctx, shop.ID, act("group.deleted")))
		wantKind(t, fault.Missing, keep.Delete(ctx, shop.ID))
		_, err = keep.ByPath(ctx, "shop", bob.ID)
		wantKind(t, fault.Missing, err)
		person(t, s, "shop") // the name is free again
		lab.Name, lab.Description = "n", "d"
		noError(t, keep.Update(ctx, lab))
		if got, err := keep.ByPath(ctx, "lab", ada.ID); err != nil || got.Name != "n" || got.Description != "d" {
			t.Errorf("changed to %+v, %v", got, err)
		}
	})
}

// TestTheHigherRoleCounts, and one whose time is over does not.
func TestTheHigherRoleCounts(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep, groups := t.Context(), s.Project(), s.Group()
		ada, bob, cleo := person(t, s, "ada"), person(t, s, "bob"), person(t, s, "cleo")
		p, err := keep.CreateWithGroup(ctx, project.Project{Namespace: "lab", Name: "model", CreatedAt: zoned}, ada.ID, created)
		noError(t, err)
		g, err := groups.ByPath(ctx, "lab", ada.ID)
		noError(t, err)
		for _, c := range []struct {
			direct, group project.Member
			want          project.Standing
			inherited     string
		}{
			{project.Member{}, project.Member{Role: auth.Developer}, project.Standing{Group: auth.Developer, Path: "lab"}, "lab"},
			{project.Member{Role: auth.Maintainer}, project.Member{Role: auth.Developer}, project.Standing{Direct: auth.Maintainer, Group: auth.Developer, Path: "lab"}, ""},
			{project.Member{Role: auth.Guest}, project.Member{Role: auth.Developer}, project.Standing{Direct: auth.Guest, Group: auth.Developer, Path: "lab"}, "lab"},
			{project.Member{Role: auth.Developer}, project.Member{Role: auth.Developer}, project.Standing{Direct: auth.Developer, Group: auth.Developer, Path: "lab"}, ""},
			{project.Member{Role: auth.Maintainer, ExpiresAt: in(-time.Second)}, project.Member{Role: auth.Guest}, project.Standing{Group: auth.Guest, Path: "lab"}, "lab"},
			{project.Member{Role: auth.Guest, ExpiresAt: in(time.Hour)}, project.Member{Role: auth.Owner, ExpiresAt: in(-time.Hour)}, project.Standing{Direct: auth.Guest}, ""},
			{project.Member{Role: auth.Guest, ExpiresAt: in(-time.Hour)}, project.Member{Role: auth.Owner, ExpiresAt: in(-time.Hour)}, project.Standing{}, ""},
		} {
			c.direct.User, c.group.User = bob.ID, bob.ID
			if c.direct.Role != auth.None {
				noError(t, keep.SetMember(ctx, p.ID, c.direct))
			}
			noError(t, groups.SetMember(ctx, g.ID, c.group))
			if got, err := keep.Standing(ctx, p.ID, bob.ID); err != nil || got != c.want || got.Inherited() != c.inherited {
				t.Errorf("%+v: %+v, %v", c, got, err)
			}
			listed, total, err := keep.List(ctx, bob.ID, "", project.Page{Limit: 5})
			if member := c.want.Role() != auth.None; err != nil || (total == 1) != member || (len(listed) == 1) != member {
				t.Errorf("%+v: lists %+v, %v", c, listed, err)
			}
			members, err := keep.Members(ctx, p.ID)
			noError(t, err)
			var found []project.Member
			for _, m := range members {
				if m.User == bob.ID {
					found = append(found, m)
				}
			}
			if c.want.Role() == auth.None && len(found) != 0 {
				t.Errorf("%+v: is listed as %+v", c, found)
			}
			if c.want.Role() != auth.None && (len(found) != 1 || found[0].Role != c.want.Role() || found[0].Inherited != c.inherited || found[0].Username != "bob") {
				t.Errorf("%+v: is listed as %+v", c, found)
			}
			_ = cleo
		}
		// The group's owner is one of the project's: its own may all go.
		noError(t, keep.SetMember(ctx, p.ID, project.Member{User: cleo.ID, Role: auth.Owner}), keep.RemoveMember(ctx, p.ID, cleo.ID))
		wantKind(t, fault.Conflict, groups.RemoveMember(ctx, g.ID, ada.ID),
			groups.SetMember(ctx, g.ID, project.Member{User: ada.ID, Role: auth.Owner, ExpiresAt: in(time.Hour)}),
			groups.SetMember(ctx, g.ID, project.Member{User: ada.ID, Role: auth.Maintainer}))
		// An owner for a while is no owner to rely on.
		noError(t, groups.SetMember(ctx, g.ID, project.Member{User: cleo.ID, Role: auth.Owner, ExpiresAt: in(time.Hour)}))
		wantKind(t, fault.Conflict, groups.RemoveMember(ctx, g.ID, ada.ID))
		if m, err := groups.Member(ctx, g.ID, bob.ID); err != nil || m.Role != auth.None || m.Username != "bob" {
			t.Errorf("bob, whose time is over, is %+v, %v", m, err)
		}
		_, err = keep.Member(ctx, p.ID, 4711)
		wantKind(t, fault.Missing, err)
	})
}

func TestMembershipsExpire(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep, groups := t.Context(), s.Project(), s.Group()
		ada, bob, cleo := person(t, s, "ada"), person(t, s, "bob"), person(t, s, "cleo")
		p, err := keep.CreateWithGroup(ctx, project.Project{Namespace: "lab", Name: "model", CreatedAt: zoned}, ada.ID, created)
		noError(t, err)
		g, err := groups.ByPath(ctx, "lab", ada.ID)
		noError(t, err)
		past, later := in(-time.Minute), in(time.Hour)
		noError(t, keep.SetMember(ctx, p.ID, project.Member{User: bob.ID, Role: auth.Developer, ExpiresAt: past}),
			keep.SetMember(ctx, p.ID, project.Member{User: cleo.ID, Role: auth.Guest, ExpiresAt: later}),
			groups.SetMember(ctx, g.ID, project.Member{User: cleo.ID, Role: auth.Reporter, ExpiresAt: past}))
		now := time.Now().UTC()
		ended, err := keep.Expired(ctx, now)
		if err != nil || len(ended) != 1 || ended[0].Project != p.ID || ended[0].Member.Username != "bob" || !ended[0].Member.ExpiresAt.Equal(*past) {
			t.Fatalf("ended are %+v, %v", ended, err)
		}
		inGroups, err := groups.Expired(ctx, now)
		if err != nil || len(inGroups) != 1 || inGroups[0].Path != "lab" || inGroups[0].Member.User != cleo.ID || inGroups[0].Member.Role != auth.Reporter {
			t.Fatalf("ended in groups are %+v, %v", inGroups, err)
		}
		noError(t, keep.SetMember(ctx, p.ID, project.Member{User: bob.ID, Role: auth.Guest, ExpiresAt: later})) // at the last moment
		wantKind(t, fault.Conflict, keep.RemoveExpired(ctx, ended[0], now, act("member.expired")))
		noError(t, groups.RemoveExpired(ctx, inGroups[0], now, act("group_member.expired")))
		wantKind(t, fault.Conflict, groups.RemoveExpired(ctx, inGroups[0], now))
		events, err := s.Undelivered(ctx, 100)
		if err != nil || len(events) != 2 {
			t.Errorf("the outbox has %+v, %v", events, err)
		}
	})
}

func TestProjectTokensAndJobAccess(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Project()
		ada := person(t, s, "ada")
		var ids []project.ID
		for _, name := range []string{"a", "b", "c"} {
			p, err := keep.Create(ctx, project.Project{Namespace: "ada", Name: name, CreatedAt: zoned}, ada.ID, created)
			noError(t, err)
			ids = append(ids, p.ID)
		}
		want := auth.ProjectToken{
			Project: int64(ids[0]), Name: "Deploy", Role: auth.Developer, Scopes: []auth.Scope{auth.ScopeAPI, auth.ScopePredict},
			CreatedBy: "ada", CreatedAt: zoned.UTC(), ExpiresAt: in(time.Hour),
		}
		made, err := keep.AddToken(ctx, want, "h1", act("project_token.created"))
		noError(t, err)
		want.ID = made.ID
		if got, err := s.Auth().ProjectTokenByHash(ctx, "h1"); err != nil || !cmp.Equal(want, got) || !cmp.Equal(want, made) {
			t.Errorf("%v\n%s", err, cmp.Diff(want, got))
		}
		same := want
		same.Name = "DEPLOY"
		_, err = keep.AddToken(ctx, same, "h2")
		wantKind(t, fault.Conflict, err)
		same.Project = int64(ids[1])
		other, err := keep.AddToken(ctx, same, "h3")
		noError(t, err)
		noError(t, s.Auth().TouchProjectToken(ctx, made.ID, zoned))
		if list, err := keep.Tokens(ctx, ids[0]); err != nil || len(list) != 1 || list[0].LastUsedAt == nil || !list[0].LastUsedAt.Equal(zoned) {
			t.Errorf("the tokens are %+v, %v", list, err)
		}
		if got, err := s.Auth().ProjectTokenByName(ctx, int64(ids[1]), "deploy"); err != nil || got.ID != other.ID {
			t.Errorf("by name: %+v, %v", got, err)
		}
		wantKind(t, fault.Missing, keep.RemoveToken(ctx, ids[0], other.ID))
		noError(t, keep.RemoveToken(ctx, ids[0], made.ID))
		_, err = s.Auth().ProjectTokenByHash(ctx, "h1")
		wantKind(t, fault.Missing, err)
		_, err = s.Auth().ProjectTokenByName(ctx, int64(ids[0]), "deploy")
		wantKind(t, fault.Missing, err)

		noError(t, keep.AllowJobs(ctx, ids[0], ids[2]), keep.AllowJobs(ctx, ids[0], ids[1]), keep.AllowJobs(ctx, ids[0], ids[1]))
		listed, err := keep.JobSources(ctx, ids[0])
		if err != nil || len(listed) != 2 || listed[0].Name != "b" || listed[1].Name != "c" {
			t.Errorf("listed are %+v, %v", listed, err)
		}
		for source, want := range map[project.ID]bool{ids[1]: true, ids[2]: true, ids[0]: false} {
			if got, err := keep.JobAccess(ctx, ids[0], source); err != nil || got != want {
				t.Errorf("%d reaches: %v, %v", source, got, err)
			}
		}
		if got, err := keep.JobAccess(ctx, ids[1], ids[0]); err != nil || got {
			t.Errorf("it goes both ways: %v, %v", got, err)
		}
		noError(t, keep.ForbidJobs(ctx, ids[0], ids[1]))
		wantKind(t, fault.Missing, keep.ForbidJobs(ctx, ids[0], ids[1]))
		noError(t, keep.Delete(ctx, ids[2]))
		if listed, err := keep.JobSources(ctx, ids[0]); err != nil || len(listed) != 0 {
			t.Errorf("a deleted project is listed: %+v, %v", listed, err)
		}
	})
}

func TestInvitations(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Invite()
		ada, bob := person(t, s, "ada"), person(t, s, "bob")
		p, err := s.Project().CreateWithGroup(ctx, project.Project{Namespace: "lab", Name: "model", CreatedAt: zoned}, ada.ID, created)
		noError(t, err)
		g, err := s.Group().ByPath(ctx, "lab", ada.ID)
		noError(t, err)
		now := time.Now().UTC()
		add := func(to project.ID, or group.ID, hash string, uses int, end time.Duration) invite.Invitation {
			t.Helper()
			i, err := keep.Add(ctx, invite.Invitation{
				Project: to, Group: or, Role: auth.Developer, Email: "e@example.org", By: ada.ID, CreatedAt: zoned.UTC(), ExpiresAt: *in(end), UsesLeft: uses,
			}, hash, act("invitation.created"))
			noError(t, err)
			return i
		}
		one, many := add(p.ID, 0, "h1", 1, time.Hour), add(0, g.ID, "h2", 5, time.Hour)
		late := add(p.ID, 0, "h3", 5, -time.Second)
		for hash, want := range map[string]invite.Invitation{"h1": one, "h2": many} {
			want.ByName, want.Path = "ada", map[string]string{"h1": "lab/model", "h2": "lab"}[hash]
			if got, err := keep.ByHash(ctx, hash); err != nil || !cmp.Equal(want, got) {
				t.Errorf("%v\n%s", err, cmp.Diff(want, got))
			}
		}
		_, err = keep.ByHash(ctx, "h4")
		wantKind(t, fault.Missing, err)
		if list, err := keep.List(ctx, p.ID, 0, now); err != nil || len(list) != 1 || list[0].ID != one.ID {
			t.Errorf("the project's are %+v, %v", list, err)
		}
		if list, err := keep.List(ctx, 0, g.ID, now); err != nil || len(list) != 1 || list[0].ID != many.ID {
			t.Errorf("the group's are %+v, %v", list, err)
		}
		wantKind(t, fault.Missing, keep.Accept(ctx, late, bob.ID, now))

		// Of a crowd that uses the last use at once, one joins.
		crowd := make([]auth.User, 6)
		for i := range crowd {
			crowd[i] = person(t, s, "crowd"+string(rune('a'+i)))
		}
		errs := make([]error, len(crowd))
		var wait sync.WaitGroup
		for i := range crowd {
			wait.Go(func() { errs[i] = keep.Accept(ctx, one, crowd[i].ID, now, act("invitation.accepted")) })
		}
		wait.Wait()
		joined := 0
		for i, err := range errs {
			standing, failed := s.Project().Standing(ctx, p.ID, crowd[i].ID)
			noError(t, failed)
			switch {
			case err == nil && standing.Direct == auth.Developer:
				joined++
			case !fault.Is(err, fault.Missing) || standing.Role() != auth.None:
				t.Errorf("%d: %v, %+v", i, err, standing)
			}
		}
		if joined != 1 {
			t.Errorf("%d joined by one use", joined)
		}

		// It raises, and never lowers; a higher role that is over counts for nothing.
		for _, c := range []struct {
			before project.Member
			want   auth.Role
		}{
			{project.Member{Role: auth.Guest}, auth.Developer},
			{project.Member{Role: auth.Maintainer}, auth.Maintainer},
			{project.Member{Role: auth.Maintainer, ExpiresAt: in(-time.Hour)}, auth.Developer},
		} {
			c.before.User = bob.ID
			noError(t, s.Group().SetMember(ctx, g.ID, c.before), keep.Accept(ctx, many, bob.ID, now))
			if m, err := s.Group().Member(ctx, g.ID, bob.ID); err != nil || m.Role != c.want || m.ExpiresAt != nil {
				t.Errorf("%+v became %+v, %v", c.before, m, err)
			}
		}
		u, err := keep.Register(ctx, many, auth.User{Username: "new", Name: "n", Email: "new@example.org", CreatedAt: zoned}, "hash", now, act("user.created"))
		noError(t, err)
		if role, err := s.Group().Role(ctx, g.ID, u.ID); err != nil || role != auth.Developer {
			t.Errorf("the new user is %s, %v", role, err)
		}
		_, err = keep.Register(ctx, many, auth.User{Username: "NEW", Email: "x@example.org", CreatedAt: zoned}, "hash", now)
		wantKind(t, fault.Conflict, err)
		if i, err := keep.ByHash(ctx, "h2"); err != nil || i.UsesLeft != 1 {
			t.Errorf("a refused registration took a use: %+v, %v", i, err)
		}
		noError(t, keep.Remove(ctx, many.ID))
		wantKind(t, fault.Missing, keep.Remove(ctx, many.ID), keep.Accept(ctx, many, bob.ID, now))
		_, err = keep.Register(ctx, many, auth.User{Username: "last", Email: "last@example.org", CreatedAt: zoned}, "hash", now)
		wantKind(t, fault.Missing, err)
		_, _, err = s.Auth().UserByLogin(ctx, "last")
		wantKind(t, fault.Missing, err) // nobody is made for nothing
	})
}

// TestBlocksEndSessionsForGood, and an administrator is always left.
func TestBlocksEndSessionsForGood(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Auth()
		root, err := keep.CreateUser(ctx, auth.User{Username: "root", Email: "root@example.org", Admin: true, CreatedAt: zoned}, "h")
		noError(t, err)
		ada := person(t, s, "ada")
		ground := func() string {
			t.Helper()
			g, err := keep.SessionGround(ctx, ada.ID)
			noError(t, err)
			return g
		}
		before := ground()
		changed := ada
		changed.Name, changed.Email, changed.Blocked = "Ada L.", "new@example.org", true
		noError(t, keep.UpdateUser(ctx, changed, auth.Blocked{User: ada.ID}))
		if got, err := keep.User(ctx, ada.ID); err != nil || got != changed {
			t.Errorf("changed to %+v, %v", got, err)
		}
		changed.Blocked = false
		noError(t, keep.UpdateUser(ctx, changed))
		after := ground()
		if before == after {
			t.Error("a session from before the block is good after it")
		}
		changed.Name = "Ada"
		noError(t, keep.UpdateUser(ctx, changed))
		if ground() != after {
			t.Error("a new name ended the sessions")
		}
		changed.Email = "ROOT@example.org"
		wantKind(t, fault.Conflict, keep.UpdateUser(ctx, changed))
		for _, last := range []auth.User{{Blocked: true, Admin: true}, {}} {
			last.ID, last.Username, last.Email = root.ID, root.Username, root.Email
			wantKind(t, fault.Conflict, keep.UpdateUser(ctx, last, act("user.blocked")))
		}
		second, err := keep.CreateUser(ctx, auth.User{Username: "second", Email: "s@example.org", Admin: true, CreatedAt: zoned}, "h")
		noError(t, err)
		var errs [2]error
		var wait sync.WaitGroup
		for i, u := range []auth.User{root, second} {
			u.Blocked = true
			wait.Go(func() { errs[i] = keep.UpdateUser(ctx, u) })
		}
		wait.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("two administrators block each other: %v", errs)
		}
		events, err := s.Undelivered(ctx, 10)
		if err != nil || len(events) != 1 {
			t.Errorf("the outbox has %+v, %v", events, err)
		}
	})
}
