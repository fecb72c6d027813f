package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var ada = Identity{Name: "Ada <x>\n", Email: "ada@example.org"}

func TestMerge(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	w.write("both.txt", "1\n2\n3\n")
	w.write("dir/own.txt", "1\n")
	base := w.commit("base")
	w.git("checkout", "-q", "-b", "theirs")
	w.write("both.txt", "1\n2\ntheirs\n")
	theirs := w.commit("theirs")
	w.git("checkout", "-q", "main")
	w.write("dir/own.txt", "ours\n")
	ours := w.commit("ours")
	w.git("checkout", "-q", "-b", "against", base)
	w.write("both.txt", "1\n2\nagainst\n")
	against := w.commit("against")
	w.git("checkout", "-q", "--orphan", "island")
	island := w.commit("island")
	w.push()

	tree, err := r.MergeTree(ctx, ours, theirs)
	if err != nil {
		t.Fatal(err)
	}
	message := "-m looks like an option\n\nbody\n"
	sha, err := r.CommitTree(ctx, tree, []string{ours, theirs}, message, ada)
	if err != nil {
		t.Fatal(err)
	}
	commit, err := r.Commit(ctx, sha)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{ours, theirs}, commit.Parents); diff != "" || commit.AuthorName != "Ada x" || commit.Message != strings.TrimSpace(message) {
		t.Errorf("merge commit %+v", commit)
	}
	for path, want := range map[string]string{"both.txt": "1\n2\ntheirs\n", "dir/own.txt": "ours\n"} {
		if data, err := r.ReadBlob(ctx, sha, path, 100); err != nil || string(data) != want {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}

	_, err = r.MergeTree(ctx, theirs, against)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || cmp.Diff([]string{"both.txt"}, conflict.Files) != "" {
		t.Errorf("conflict: %v", err)
	}
	if _, err := r.MergeTree(ctx, ours, island); !errors.Is(err, ErrUnrelated) {
		t.Errorf("unrelated: %v", err)
	}
	if found, err := r.MergeBase(ctx, ours, theirs); err != nil || found != base {
		t.Errorf("merge base %s, %v", found, err)
	}
	if _, err := r.MergeBase(ctx, ours, island); !errors.Is(err, ErrNotFound) {
		t.Errorf("merge base of unrelated histories: %v", err)
	}
	for pair, want := range map[[2]string]bool{{base, ours}: true, {ours, base}: false, {ours, ours}: true, {ours, theirs}: false} {
		if is, err := r.IsAncestor(ctx, pair[0], pair[1]); err != nil || is != want {
			t.Errorf("IsAncestor(%v) = %v, %v", pair, is, err)
		}
	}
}

func TestUpdateRefsComparesAndSwaps(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	one, two := w.commit("one"), w.commit("two")
	w.push()
	move := func(ref, before, after string) error {
		return r.UpdateRefs(ctx, ada, "test", RefUpdate{Ref: ref, Before: before, After: after})
	}
	if err := move("refs/heads/x", Zero, one); err != nil {
		t.Fatal(err)
	}
	if err := move("refs/heads/x", Zero, two); !errors.Is(err, ErrMoved) {
		t.Errorf("creating what exists: %v, want ErrMoved", err)
	}
	if err := move("refs/heads/x", two, one); !errors.Is(err, ErrMoved) {
		t.Errorf("moving from elsewhere: %v, want ErrMoved", err)
	}
	if err := move("refs/heads/x", one, two); err != nil {
		t.Fatal(err)
	}
	moves, err := r.Moves("refs/heads/x")
	if err != nil {
		t.Fatal(err)
	}
	var got []RefUpdate
	for _, m := range moves {
		if time.Since(m.At) > time.Hour {
			t.Errorf("move at %v", m.At)
		}
		got = append(got, RefUpdate{"refs/heads/x", m.Before, m.After})
	}
	if diff := cmp.Diff([]RefUpdate{{"refs/heads/x", Zero, one}, {"refs/heads/x", one, two}}, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if err := move("refs/heads/x", two, Zero); err != nil {
		t.Fatal(err)
	}
	refs, err := r.ReadRefs(ctx, "refs/heads/x", "refs/heads/main")
	if err != nil || cmp.Diff(map[string]string{"refs/heads/main": two}, refs) != "" {
		t.Errorf("refs %v, %v", refs, err)
	}
	for _, bad := range []string{"refs/heads/-x\x00y", "refs/heads/a..b", "HEAD", "refs/heads/x.lock", "--stdin"} {
		if err := move(bad, Zero, one); !errors.Is(err, ErrName) {
			t.Errorf("ref %q: %v, want ErrName", bad, err)
		}
	}
}

func TestStaleLocksGo(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	one := w.commit("one")
	w.push()
	lock := filepath.Join(r.Dir(), "refs", "heads", "main.lock")
	if err := os.WriteFile(lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.RemoveStaleLocks(time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Fatalf("a fresh lock was removed: %v", err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(lock, old, old); err != nil {
		t.Fatal(err)
	}
	if err := r.RemoveStaleLocks(time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := r.UpdateRefs(ctx, ada, "test", RefUpdate{"refs/heads/main", one, Zero}); err != nil {
		t.Errorf("moving a ref whose stale lock was removed: %v", err)
	}
}

func TestMaintainKeepsEverything(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	head := Zero
	var all []string
	for range 31 { // one pack each, as pushes leave them
		next, err := r.CommitTree(ctx, emptyTree, slices.DeleteFunc([]string{head}, func(p string) bool { return p == Zero }), "next", ada)
		if err == nil {
			err = r.UpdateRefs(ctx, ada, "test", RefUpdate{"refs/heads/main", head, next})
		}
		if err == nil {
			_, err = r.output(ctx, smallOutput, "repack", "-q")
		}
		if err != nil {
			t.Fatal(err)
		}
		head = next
		all = append(all, next)
	}
	loose, err := r.CommitTree(ctx, emptyTree, nil, "no ref has it yet", ada)
	if err != nil {
		t.Fatal(err)
	}
	if did, err := r.Maintain(ctx); err != nil || !did {
		t.Fatalf("Maintain = %v, %v", did, err)
	}
	if did, err := r.Maintain(ctx); err != nil || did {
		t.Errorf("a second Maintain = %v, %v: there is nothing to do", did, err)
	}
	for _, sha := range append(all, loose) {
		if _, err := r.Commit(ctx, sha); err != nil {
			t.Error(err)
		}
	}
	if err := r.Fsck(ctx); err != nil {
		t.Error(err)
	}
}

// A context that ends takes git's whole process group with it.
func TestContextEndsProcessGroup(t *testing.T) {
	r := newRepo(t)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := r.start(ctx, call{args: []string{"cat-file", "--batch"}, stream: true})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := p.wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v, want context.Canceled", err)
	}
	if p.cmd.ProcessState.Success() {
		t.Error("git ended by itself")
	}
}

// Nothing of the machine's or the user's configuration reaches git.
func TestEnvironmentIsSanitised(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[core]\n\tlogAllRefUpdates = false\n[evil]\n\tx = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, ".gitconfig"))
	t.Setenv("GIT_DIR", "/nowhere")
	t.Setenv("GIT_OBJECT_DIRECTORY", "/nowhere")
	r := newRepo(t)
	out, err := r.output(t.Context(), smallOutput, "config", "--list", "--name-only")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "evil") {
		t.Errorf("the user's configuration is read:\n%s", out)
	}
	for _, s := range settings {
		got, err := r.output(t.Context(), smallOutput, "config", "--get", s.key)
		if err != nil || strings.TrimSpace(string(got)) != s.value {
			t.Errorf("%s is %q, %v: want %q", s.key, got, err, s.value)
		}
	}
}
