package repo_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/store"
	"dasier/store/storetest"
)

// bench is a service on a real store, with one project and its owner.
type bench struct {
	t     *testing.T
	repos *repo.Service
	id    project.ID
	owner auth.Actor
	other auth.Actor // no member
}

func newBench(t *testing.T) *bench {
	t.Helper()
	ctx := t.Context()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	program, err := git.Find(ctx)
	must(t, err)
	projects := project.New(data.Project())
	b := &bench{t: t, repos: repo.New(data.Repo(), projects, program, filepath.Join(t.TempDir(), "repos"), repo.Config{FileLimit: 1000})}
	var actors []auth.Actor
	for _, name := range []string{"owner", "other"} {
		user, err := data.Auth().CreateUser(ctx, auth.User{Username: name, Name: name, Email: name + "@example.org", CreatedAt: time.Now().UTC()}, "")
		must(t, err)
		actors = append(actors, user.Actor(auth.ViaSession))
	}
	b.owner, b.other = actors[0], actors[1]
	p, err := projects.Create(ctx, b.owner, project.Project{Namespace: "lab", Name: "model", DefaultBranch: "trunk"})
	must(t, err)
	b.id = p.ID
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// script runs shell commands in a fresh work tree whose origin is the project's
// repository, and gives what they print.
func (b *bench) script(lines ...string) string {
	b.t.Helper()
	must(b.t, b.repos.Ensure(b.t.Context(), b.id))
	lines = append([]string{"set -e", "git init -q -b trunk", "git remote add origin " + b.repos.Path(b.id)}, lines...)
	cmd := exec.CommandContext(context.Background(), "sh", "-c", strings.Join(lines, "\n"))
	cmd.Dir = b.t.TempDir()
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "HOME="+cmd.Dir, "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestEnsureAndDelete(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	if want := filepath.Join("00", fmt.Sprintf("%08d.git", b.id)); !strings.HasSuffix(b.repos.Path(b.id), want) {
		t.Errorf("path %s does not end in %s", b.repos.Path(b.id), want)
	}
	for range 2 {
		must(t, b.repos.Ensure(ctx, b.id))
	}
	rules, err := b.repos.Protections(ctx, b.owner, b.id)
	must(t, err)
	if diff := cmp.Diff([]repo.Protection{{Pattern: "trunk", PushRole: auth.Maintainer, MergeRole: auth.Maintainer, ApprovalRole: auth.Developer}}, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	// A rule that somebody removed stays removed.
	must(t, b.repos.Unprotect(ctx, b.owner, b.id, "trunk"))
	must(t, b.repos.Ensure(ctx, b.id))
	if protected, err := b.repos.IsProtected(ctx, b.id, "trunk"); err != nil || protected {
		t.Errorf("trunk is protected again: %v, %v", protected, err)
	}
	if empty, err := b.repos.Empty(ctx, b.owner, b.id); err != nil || !empty {
		t.Errorf("empty: %v, %v", empty, err)
	}
	if _, _, err := b.repos.Tree(ctx, b.owner, b.id, "", ""); !fault.Is(err, fault.Missing) || !strings.Contains(err.Error(), "empty") {
		t.Errorf("the tree of an empty repository: %v", err)
	}
	for range 2 {
		must(t, b.repos.Delete(ctx, b.id))
	}
	if _, err := os.Stat(b.repos.Path(b.id)); !os.IsNotExist(err) {
		t.Errorf("the repository is still there: %v", err)
	}
	if err := b.repos.Ensure(ctx, 999); !fault.Is(err, fault.Missing) {
		t.Errorf("a repository of no project: %v", err)
	}
}

func TestReading(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	out := b.script(
		"printf 'a: 1\\n' > model.yaml; mkdir src; printf 'x = 1\\n' > src/train.py; printf 'a\\0b' > bin; head -c 5000 /dev/zero | tr '\\0' x > long.txt",
		"git add -A; git commit -qm first; git rev-parse HEAD",
		"git mv src/train.py src/fit.py; printf 'a: 2\\n' > model.yaml; git commit -qam second; git rev-parse HEAD",
		"git branch side HEAD~1; git tag v1; git push -q origin trunk side v1")
	first, second, _ := strings.Cut(out, "\n")

	branches, err := b.repos.Branches(ctx, b.owner, b.id)
	must(t, err)
	if len(branches) != 2 || branches[0].Name != "side" || branches[0].Default || !branches[1].Default || !branches[1].Protected || branches[1].Commit.SHA != second {
		t.Errorf("branches %+v", branches)
	}
	place, entries, err := b.repos.Tree(ctx, b.owner, b.id, "v1", "src")
	must(t, err)
	if place != (repo.Place{Ref: "v1", SHA: second, Path: "src"}) || len(entries) != 1 || entries[0].Path != "src/fit.py" {
		t.Errorf("tree %+v, %+v", place, entries)
	}
	file, err := b.repos.File(ctx, b.owner, b.id, "", "src/fit.py")
	must(t, err)
	if file.Ref != "trunk" || file.SHA != second || file.Text != "x = 1\n" || file.Language != "python" || file.LastCommit == nil || file.LastCommit.SHA != second {
		t.Errorf("file %+v", file)
	}
	if file, err := b.repos.File(ctx, b.owner, b.id, first, "bin"); err != nil || !file.Binary || file.Text != "" || file.Ref != first {
		t.Errorf("binary file %+v, %v", file, err)
	}
	if file, err := b.repos.File(ctx, b.owner, b.id, "", "long.txt"); err != nil || !file.TooLarge || file.Text != "" || file.Size != 5000 {
		t.Errorf("long file %+v, %v", file, err)
	}
	raw, err := b.repos.Raw(ctx, b.owner, b.id, "", "long.txt")
	must(t, err)
	if data, err := io.ReadAll(raw); err != nil || len(data) != 5000 {
		t.Errorf("raw: %d bytes, %v", len(data), err)
	}
	must(t, raw.Close())
	for path, want := range map[string]int{"": 2, "src": 2, "src/fit.py": 2, "bin": 1} {
		commits, total, err := b.repos.Commits(ctx, b.owner, b.id, "", path, 0, 10)
		if err != nil || len(commits) != want || total != want {
			t.Errorf("history of %q: %d of %d, %v", path, len(commits), total, err)
		}
	}
	commit, diff, err := b.repos.Commit(ctx, b.owner, b.id, second)
	must(t, err)
	if commit.Title() != "second" || len(diff.Files) != 2 || diff.Files[1].Status != git.Renamed {
		t.Errorf("commit %+v, %+v", commit, diff)
	}
	if _, diff, err := b.repos.Commit(ctx, b.owner, b.id, first); err != nil || len(diff.Files) != 4 {
		t.Errorf("first commit: %+v, %v", diff, err)
	}
	comparison, err := b.repos.Compare(ctx, b.owner, b.id, "side", "trunk")
	must(t, err)
	if comparison.Base != first || len(comparison.Commits) != 1 || len(comparison.Diff.Files) != 2 {
		t.Errorf("comparison %+v", comparison)
	}
	_, blame, err := b.repos.Blame(ctx, b.owner, b.id, "", "model.yaml")
	must(t, err)
	if len(blame) != 1 || blame[0].Commit.SHA != second || blame[0].Commit.AuthorName != "Ada" || blame[0].Lines[0] != "a: 2" {
		t.Errorf("blame %+v", blame)
	}
	for name, call := range map[string]func() error{
		"file":   func() error { _, err := b.repos.File(ctx, b.owner, b.id, "", "nope"); return err },
		"ref":    func() error { _, err := b.repos.File(ctx, b.owner, b.id, "nope", "bin"); return err },
		"dir":    func() error { _, _, err := b.repos.Tree(ctx, b.owner, b.id, "", "nope"); return err },
		"commit": func() error { _, _, err := b.repos.Commit(ctx, b.owner, b.id, strings.Repeat("1", 40)); return err },
		"member": func() error { _, err := b.repos.Branches(ctx, b.other, b.id); return err },
	} {
		if err := call(); !fault.Is(err, fault.Missing) {
			t.Errorf("no such %s: %v", name, err)
		}
	}
	if _, err := b.repos.File(ctx, b.owner, b.id, "", "../x"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a path that leaves: %v", err)
	}
	if _, _, err := b.repos.Blame(ctx, b.owner, b.id, "", "long.txt"); !fault.Is(err, fault.Limited) {
		t.Errorf("blame of a long file: %v", err)
	}
}

func TestForOtherParts(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	out := b.script(
		"printf 'a: 1\\n' > model.yaml; printf x > keep; git add -A; git commit -qm first; git rev-parse HEAD",
		"printf 'a: 2\\n' > model.yaml; git commit -qam second; git rev-parse HEAD; git push -q origin trunk")
	first, second, _ := strings.Cut(out, "\n")
	data, err := b.repos.ReadFile(ctx, b.id, first, "model.yaml", 100)
	if err != nil || string(data) != "a: 1\n" {
		t.Errorf("file %q, %v", data, err)
	}
	if _, err := b.repos.ReadFile(ctx, b.id, first, "model.yaml", 2); !fault.Is(err, fault.Limited) {
		t.Errorf("a file over the limit: %v", err)
	}
	if _, err := b.repos.ReadFile(ctx, b.id, first, ".gitlab-ci.yml", 100); !fault.Is(err, fault.Missing) {
		t.Errorf("a missing file: %v", err)
	}
	all := []string{"keep", "model.yaml"}
	for name, test := range map[string]struct {
		before string
		want   []string
	}{"a commit": {first, []string{"model.yaml"}}, "nothing": {git.Zero, all}, "what is gone": {strings.Repeat("1", 40), all}} {
		changed, err := b.repos.ChangedFiles(ctx, b.id, test.before, second)
		must(t, err)
		if diff := cmp.Diff(test.want, changed); diff != "" {
			t.Errorf("changes since %s (-want +got):\n%s", name, diff)
		}
	}
	for pair, want := range map[[2]string]bool{{first, second}: true, {second, first}: false} {
		if is, err := b.repos.IsAncestor(ctx, b.id, pair[0], pair[1]); err != nil || is != want {
			t.Errorf("IsAncestor(%v) = %v, %v", pair, is, err)
		}
	}
	found, err := b.repos.Resolve(ctx, b.id, "")
	if err != nil || found != (git.Resolved{Ref: "refs/heads/trunk", SHA: second}) {
		t.Errorf("resolved %+v, %v", found, err)
	}
	must(t, b.repos.Keep(ctx, b.id, first))
	must(t, b.repos.Maintain(ctx))
}

// Run works until its context ends.
func TestRunEnds(t *testing.T) {
	b := newBench(t)
	must(t, b.repos.Ensure(t.Context(), b.id))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.repos.Run(ctx) }()
	cancel()
	must(t, <-done)
}
