package store

import (
	"context"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"dasier/forge/auth"
	"dasier/forge/project"
)

// opened makes a store with the schema as it was at a version.
func opened(t *testing.T, address string, version int64) *Store {
	t.Helper()
	s := &Store{wake: make(chan struct{}, 1)}
	dialect, folder := goose.DialectSQLite3, "migrations/sqlite"
	open := func() error { return s.openSQLite(address) }
	if filepath.Ext(address) != ".db" {
		dialect, folder, open = goose.DialectPostgres, "migrations/postgres", func() error { return s.openPostgres(t.Context(), address) }
	}
	noError(t, open())
	t.Cleanup(func() { noError(t, s.Close()) })
	files, err := fs.Sub(migrations, folder)
	noError(t, err)
	provider, err := goose.NewProvider(dialect, s.db.DB, files)
	noError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	noError(t, err)
	return s
}

// TestGroupsAreMadeOfNamespaces: who owned all of a namespace owns the group, and
// nobody comes to see what they could not.
func TestGroupsAreMadeOfNamespaces(t *testing.T) {
	for name, address := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "dasier.db") },
		"postgres": postgresDatabase,
	} {
		t.Run(name, func(t *testing.T) { groupsOfNamespaces(t.Context(), t, opened(t, address(t), 50)) })
	}
}

func groupsOfNamespaces(ctx context.Context, t *testing.T, s *Store) {
	t.Helper()
	now := time.Now().UTC()
	run := func(query string, args ...any) {
		t.Helper()
		_, err := s.db.NewRaw(query, args...).Exec(ctx)
		noError(t, err)
	}
	for i, name := range []string{"Ada", "bob", "cleo"} {
		run("INSERT INTO users (id, username, name, email, admin, password_hash, created_at) VALUES (?, ?, ?, ?, FALSE, 'h', ?)", i+1, name, name, name+"@example.org", now)
	}
	for i, path := range [][2]string{{"ada", "own"}, {"lab", "a"}, {"Lab", "b"}, {"shop", "x"}, {"shop", "y"}} {
		run("INSERT INTO projects (id, namespace, name, description, default_branch, created_at) VALUES (?, ?, ?, '', 'main', ?)", i+1, path[0], path[1], now)
	}
	for _, m := range [][3]int{
		{1, 1, 50},
		{2, 1, 50},
		{3, 1, 50},
		{2, 2, 50},
		{3, 3, 40}, // ada owns all of lab, bob a part, cleo none
		{4, 2, 50},
		{5, 3, 50}, // nobody owns all of shop
	} {
		run("INSERT INTO members (project_id, user_id, role, since) VALUES (?, ?, ?, ?)", m[0], m[1], m[2], now)
	}
	before := standings(ctx, t, s, "SELECT role, '' AS path FROM members WHERE project_id = ? AND user_id = ?")
	noError(t, s.migrate(ctx))

	after := map[[2]int]auth.Role{}
	for id := 1; id <= 5; id++ {
		for user := 1; user <= 3; user++ {
			standing, err := s.Project().Standing(ctx, project.ID(id), auth.UserID(user))
			noError(t, err)
			after[[2]int{id, user}] = standing.Role()
		}
	}
	if !cmp.Equal(before, after) {
		t.Errorf("rights changed:\n%s", cmp.Diff(before, after))
	}
	groups, total, err := s.Group().List(ctx, 1, true, "", project.Page{Limit: 10})
	if err != nil || total != 2 || groups[0].Projects != 2 || groups[0].Members != 1 || groups[0].Role != auth.Owner || groups[1].Path != "shop" || groups[1].Members != 0 || groups[1].Projects != 2 {
		t.Errorf("the groups are %+v of %d, %v", groups, total, err)
	}
	for namespace, want := range map[string]project.Namespace{
		"ada": {User: 1}, "lab": {Group: true, Role: auth.Owner, Owned: true}, "SHOP": {Group: true}, "free": {},
	} {
		if got, err := s.Project().Namespace(ctx, namespace, 1); err != nil || got != want {
			t.Errorf("%s is %+v, %v", namespace, got, err)
		}
	}
}

func standings(ctx context.Context, t *testing.T, s *Store, query string) map[[2]int]auth.Role {
	t.Helper()
	found := map[[2]int]auth.Role{}
	for id := 1; id <= 5; id++ {
		for user := 1; user <= 3; user++ {
			var rows []struct {
				Role auth.Role
				Path string
			}
			noError(t, s.db.NewRaw(query, id, user).Scan(ctx, &rows))
			found[[2]int{id, user}] = auth.None
			for _, row := range rows {
				found[[2]int{id, user}] = row.Role
			}
		}
	}
	return found
}
