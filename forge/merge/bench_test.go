package merge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/owners"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/store"
	"dasier/store/storetest"
)

// bench is the service on a real store and real git, with one project whose
// branch main is protected, and a member of every role named after it. dev2 and
// maintainer2 are more of the kind; admin is an administrator and no member.
type bench struct {
	t        *testing.T
	data     *store.Store
	auth     *auth.Service
	projects *project.Service
	repos    *repo.Service
	merges   *merge.Service
	git      *git.Repo
	id       project.ID
	users    map[string]auth.User
	acts     []event.Act
	changes  []merge.Changed

	// What the rest of the server would say.
	models    map[string][]merge.Model // by commit
	dataOf    map[string]string
	pipelines map[string]merge.Pipeline // by branch and commit
	threads   int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	ctx := t.Context()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	program, err := git.Find(ctx)
	must(t, err)
	b := &bench{
		t: t, data: data, auth: auth.New(data.Auth()), projects: project.New(data.Project()), users: map[string]auth.User{},
		models: map[string][]merge.Model{}, dataOf: map[string]string{}, pipelines: map[string]merge.Pipeline{},
	}
	b.repos = repo.New(data.Repo(), b.projects, program, filepath.Join(t.TempDir(), "repos"), repo.Config{
		Identity: func(ctx context.Context, actor auth.Actor) git.Identity {
			u, err := b.auth.User(ctx, actor.User)
			if err != nil {
				return git.Identity{Name: actor.Username, Email: actor.Username + "@nowhere.example"}
			}
			return git.Identity{Name: u.Name, Email: u.Email}
		},
		RequestLink: func(_ context.Context, _ project.ID, source, target string) string {
			return "http://dasier.test/lab/model/merge-requests/new?source=" + source + "&target=" + target
		},
	})
	b.merges = b.service()
	for _, name := range []string{"owner", "maintainer", "maintainer2", "developer", "dev2", "reporter", "guest", "outsider", "admin"} {
		b.users[name], err = data.Auth().CreateUser(ctx, auth.User{Username: name, Name: name, Email: name + "@example.org", Admin: name == "admin", CreatedAt: time.Now().UTC()}, "")
		must(t, err)
	}
	p, err := b.projects.Create(ctx, b.as("owner"), project.Project{Namespace: "lab", Name: "model", DefaultBranch: "main"})
	must(t, err)
	b.id = p.ID
	must(t, b.repos.Ensure(ctx, b.id))
	b.git = program.Open(b.repos.Path(b.id))
	for name, role := range map[string]auth.Role{
		"maintainer": auth.Maintainer, "maintainer2": auth.Maintainer, "developer": auth.Developer, "dev2": auth.Developer, "reporter": auth.Reporter, "guest": auth.Guest,
	} {
		must(t, b.projects.SetMember(ctx, b.as("owner"), b.id, b.users[name].ID, role))
	}
	b.first(map[string]string{"README.md": "# Prices\n", "CODEOWNERS": "/data/ @dev2\n"})
	b.branch("developer", "topic", "main")
	b.react()
	b.acts, b.changes = nil, nil
	return b
}

// service makes a service that remembers nothing yet, as after a start.
func (b *bench) service() *merge.Service {
	around := surroundings{b}
	return merge.New(b.data.Merge(), merge.Parts{Gate: b.projects, Repos: b.repos, People: around, Evidence: around, Pipelines: around, Threads: around}, merge.Config{
		Address: func(_ context.Context, _ project.ID, number int) string { return fmt.Sprintf("lab/model!%d", number) },
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) as(name string) auth.Actor { return b.users[name].Actor(auth.ViaSession) }

// first makes main's first commit.
func (b *bench) first(files map[string]string) {
	b.t.Helper()
	tree, err := b.git.EditTree(b.t.Context(), "", edits(files))
	must(b.t, err)
	who := git.Identity{Name: "Root", Email: "root@example.org"}
	sha, err := b.git.CommitTree(b.t.Context(), tree, nil, "first", who)
	must(b.t, err)
	must(b.t, b.git.UpdateRefs(b.t.Context(), who, "push", git.RefUpdate{Ref: "refs/heads/main", Before: git.Zero, After: sha}))
}

func edits(files map[string]string) []git.Edit {
	var list []git.Edit
	for path, content := range files {
		list = append(list, git.Edit{Path: path, Content: []byte(content)})
	}
	slices.SortFunc(list, func(a, b git.Edit) int { return strings.Compare(a.Path, b.Path) })
	return list
}

func (b *bench) branch(who, name, from string) {
	b.t.Helper()
	_, err := b.repos.CreateBranch(b.t.Context(), b.as(who), b.id, name, from)
	must(b.t, err)
}

// push commits a file to a branch as someone, and gives the new head.
func (b *bench) push(who, branch, path, content string) string {
	b.t.Helper()
	sha, err := b.repos.CommitEdits(b.t.Context(), b.as(who), b.id, branch, b.head(branch), edits(map[string]string{path: content}), "change "+path)
	must(b.t, err)
	b.react()
	return sha
}

func (b *bench) head(branch string) string {
	b.t.Helper()
	heads, err := b.repos.Heads(b.t.Context(), b.id, branch)
	must(b.t, err)
	return heads[branch]
}

// react does what the server does with events: it may be called at any time.
func (b *bench) react() {
	b.t.Helper()
	ctx := b.t.Context()
	for {
		recorded, err := b.data.Undelivered(ctx, 1000)
		must(b.t, err)
		if len(recorded) == 0 {
			return
		}
		for _, r := range recorded {
			switch r.Kind {
			case repo.Pushed{}.EventKind():
				var e repo.Pushed
				must(b.t, json.Unmarshal(r.Payload, &e))
				must(b.t, b.merges.Pushed(ctx, r.ID, e))
				// A reaction may run more than once.
				must(b.t, b.merges.Pushed(ctx, r.ID, e))
			case merge.Changed{}.EventKind():
				var e merge.Changed
				must(b.t, json.Unmarshal(r.Payload, &e))
				b.changes = append(b.changes, e)
			case event.Act{}.EventKind():
				var e event.Act
				must(b.t, json.Unmarshal(r.Payload, &e))
				b.acts = append(b.acts, e)
			}
			must(b.t, b.data.MarkDelivered(ctx, []int64{r.ID}))
		}
	}
}

// open opens a request from a branch into main, or where opening says.
func (b *bench) open(who, source string) merge.Request {
	b.t.Helper()
	r, err := b.merges.Open(b.t.Context(), b.as(who), b.id, merge.Opening{Source: source, Target: "main", Title: "From " + source})
	must(b.t, err)
	b.react()
	return r
}

func (b *bench) status(who string, r merge.Request) merge.Status {
	b.t.Helper()
	st, err := b.merges.Status(b.t.Context(), b.as(who), b.id, r.Number)
	must(b.t, err)
	return st
}

func (b *bench) approve(who string, r merge.Request) error {
	b.t.Helper()
	_, err := b.merges.Approve(b.t.Context(), b.as(who), b.id, r.Number, b.head(r.Source))
	b.react()
	return err
}

func (b *bench) merge(who string, r merge.Request) (merge.Request, error) {
	b.t.Helper()
	merged, err := b.merges.Merge(b.t.Context(), b.as(who), b.id, r.Number, merge.Options{SHA: b.head(r.Source)})
	b.react()
	return merged, err
}

// gate asks for something on main.
func (b *bench) gate(rule repo.Protection) {
	b.t.Helper()
	rule.Pattern, rule.PushRole = "main", auth.None
	if rule.MergeRole == auth.None {
		rule.MergeRole = auth.Maintainer
	}
	must(b.t, b.repos.Protect(b.t.Context(), b.as("owner"), b.id, rule))
	b.react()
}

// method sets how the project merges.
func (b *bench) method(m repo.Method) {
	b.t.Helper()
	_, err := b.merges.Configure(b.t.Context(), b.as("owner"), b.id, &m, nil)
	must(b.t, err)
	b.react()
}

func kinds(list []merge.Blocker) []merge.Kind {
	found := []merge.Kind{}
	for _, b := range list {
		found = append(found, b.Kind)
	}
	return found
}

// surroundings is the rest of the server, as the bench says it is.
type surroundings struct{ b *bench }

func (s surroundings) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	return s.b.auth.User(ctx, id)
}

func (s surroundings) ByName(ctx context.Context, name string) (auth.User, error) {
	return s.b.auth.UserByName(ctx, auth.System("test"), name)
}

func (s surroundings) Role(ctx context.Context, id project.ID, u auth.User) (auth.Role, error) {
	return s.b.projects.Role(ctx, u.Actor(auth.ViaSession), id)
}

func (s surroundings) Members(ctx context.Context, id project.ID) ([]merge.Member, error) {
	members, err := s.b.projects.Members(ctx, auth.System("test"), id)
	list := make([]merge.Member, len(members))
	for i, m := range members {
		list[i] = merge.Member{User: merge.Person{ID: m.User, Username: m.Username, Name: m.Name}, Role: m.Role}
	}
	return list, err
}

func (s surroundings) Owns(_ context.Context, _ project.ID, word string, u auth.User) (bool, error) {
	kind, name := owners.Split(word)
	return kind == owners.Name && strings.EqualFold(name, u.Username), nil
}

func (s surroundings) Of(_ context.Context, _ project.ID, commit string) ([]merge.Model, string, error) {
	return s.b.models[commit], s.b.dataOf[commit], nil
}

func (s surroundings) Newest(_ context.Context, _ project.ID, branch, commit string) (*merge.Pipeline, error) {
	if p, ok := s.b.pipelines[branch+" "+commit]; ok {
		return &p, nil
	}
	return nil, nil
}

func (s surroundings) Count(context.Context, int64) (int, int, error) {
	return s.b.threads, s.b.threads, nil
}

// refused checks that an error is of a kind and says each of the words.
func refused(t *testing.T, what string, err error, kind fault.Kind, words ...string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %q does not say %q", what, err, w)
		}
	}
}
