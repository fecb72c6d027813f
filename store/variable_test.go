package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/group"
	"dasier/forge/project"
	"dasier/forge/variable"
)

func sealedVariable(key, scope, sealed string) variable.Record {
	return variable.Record{Sealed: []byte(sealed), Variable: variable.Variable{Key: key, Environment: scope, Masked: true, Raw: true, Description: "of " + key, Updated: zoned.UTC()}}
}

func TestVariables(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Variable()
		one, other := variable.OfProject(ownProject(t, s, "one")), variable.OfProject(ownProject(t, s, "other"))
		shared := variable.OfGroup("LAB")
		want := []variable.Record{sealedVariable("A", "*", "\x00\xffsealed"), sealedVariable("A", "review/*", "r"), sealedVariable("B", "*", "b")}
		for _, o := range []variable.Owner{one, shared} {
			for _, r := range []variable.Record{want[2], want[1], sealedVariable("A", "*", "older"), want[0]} {
				if err := keep.Save(ctx, o, r, event.Act{Action: "variable.added"}); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := keep.List(ctx, o); err != nil || !cmp.Equal(want, got) {
				t.Errorf("%+v: %v\n%s", o, err, cmp.Diff(want, got))
			}
		}
		if got, err := keep.List(ctx, other); err != nil || len(got) != 0 {
			t.Errorf("another project has %+v, %v", got, err)
		}
		if got, err := keep.Find(ctx, one, "A", "review/*"); err != nil || !cmp.Equal(want[1], got) {
			t.Errorf("found %+v, %v", got, err)
		}
		for _, miss := range []error{
			keep.Remove(ctx, other, "A", "*"), keep.Remove(ctx, one, "A", "review"), keep.Remove(ctx, variable.OfGroup("labs"), "A", "*"),
			second(keep.Find(ctx, other, "A", "*")), second(keep.Find(ctx, one, "a", "*")),
		} {
			if !fault.Is(miss, fault.Missing) {
				t.Errorf("found what is not there: %v", miss)
			}
		}
		if err := keep.Remove(ctx, one, "A", "*"); err != nil {
			t.Fatal(err)
		}
		if got, err := keep.List(ctx, one); err != nil || !cmp.Equal(want[1:], got) {
			t.Errorf("what is left is %+v, %v", got, err)
		}
		if got, err := keep.List(ctx, shared); err != nil || len(got) != 3 {
			t.Errorf("the group has %+v, %v", got, err)
		}
		if err := s.Project().Delete(ctx, one.Project, project.Deleted{Project: one.Project}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.DB().NewSelect().Table("variables").Where("project_id IS NOT NULL").Count(ctx); err != nil || n != 0 {
			t.Errorf("a project is gone, and %d of its variables are there, %v", n, err)
		}
	})
}

// TestAGroupTakesItsVariablesAlong: who takes its path next finds none.
func TestAGroupTakesItsVariablesAlong(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Variable()
		g, err := s.Group().Create(ctx, group.Group{Path: "Crew", Name: "Crew", CreatedAt: zoned}, person(t, s, "ada").ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := keep.Save(ctx, variable.OfGroup("Crew"), sealedVariable("A", "*", "a")); err != nil {
			t.Fatal(err)
		}
		if err := s.Group().Delete(ctx, g.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := keep.List(ctx, variable.OfGroup("crew")); err != nil || len(got) != 0 {
			t.Errorf("left are %+v, %v", got, err)
		}
	})
}

// ownProject makes a project with an owner.
func ownProject(t *testing.T, s *Store, name string) project.ID {
	t.Helper()
	p, err := s.Project().Create(t.Context(), project.Project{Namespace: "lab", Name: name, DefaultBranch: "main", CreatedAt: zoned}, person(t, s, "of-"+name).ID, created)
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func second[T any](_ T, err error) error { return err }

// TestPlainVariablesAreAdopted: those of the time before survive the migration
// and its end, and their values are in no file of the database any more.
func TestPlainVariablesAreAdopted(t *testing.T) {
	const plain = "plain-value-that-must-go-away"
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Variable()
		id := ownProject(t, s, "one")
		for _, r := range []plainVariableRow{{ProjectID: id, Name: "A", Value: plain, Masked: true}, {ProjectID: id, Name: "B", Value: "two\nlines 日本", Protected: true}} {
			if _, err := s.db.NewInsert().Model(&r).Exec(ctx); err != nil {
				t.Fatal(err)
			}
		}
		want := []variable.Plain{
			{Project: id, Variable: variable.Variable{Key: "A", Value: plain, Masked: true}},
			{Project: id, Variable: variable.Variable{Key: "B", Value: "two\nlines 日本", Protected: true}},
		}
		if got, err := keep.Plains(ctx); err != nil || !cmp.Equal(want, got) {
			t.Fatalf("%v\n%s", err, cmp.Diff(want, got))
		}
		sealed := []variable.Record{sealedVariable("A", "*", "a"), sealedVariable("B", "*", "b")}
		if err := keep.Adopt(ctx, map[project.ID][]variable.Record{id: sealed}); err != nil {
			t.Fatal(err)
		}
		if got, err := keep.List(ctx, variable.OfProject(id)); err != nil || !cmp.Equal(sealed, got) {
			t.Errorf("%v\n%s", err, cmp.Diff(sealed, got))
		}
		if left, err := keep.Plains(ctx); err != nil || len(left) != 0 {
			t.Errorf("plain are still %+v, %v", left, err)
		}
		var file string
		if s.Postgres() {
			return // its pages are the server's; VACUUM FULL wrote them anew
		}
		if err := s.db.NewRaw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(ctx, &file); err != nil {
			t.Fatal(err)
		}
		err := filepath.WalkDir(filepath.Dir(file), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path) // #nosec G304 G122 -- a test's own folder
			if bytes.Contains(text, []byte(plain)) {
				t.Errorf("%s still holds the plain value", filepath.Base(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTheFirstSealCheckStays(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		if got, err := s.SealCheck(ctx); err != nil || got != nil {
			t.Errorf("before there was a key: %q, %v", got, err)
		}
		if err := errors.Join(s.SaveSealCheck(ctx, []byte("first")), s.SaveSealCheck(ctx, []byte("second"))); err != nil {
			t.Fatal(err)
		}
		if got, err := s.SealCheck(ctx); err != nil || !strings.HasPrefix(string(got), "first") {
			t.Errorf("it is %q, %v", got, err)
		}
	})
}
