package git

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReplay(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	w.write("a.txt", "1\n2\n3\n")
	base := w.commit("base")
	w.git("checkout", "-q", "-b", "topic")
	w.write("b.txt", "b\n")
	w.commit("add b\n\nCo-authored-by: Bob <BOB@example.org>")
	w.write("c.txt", "picked\n")
	w.commit("both have it")
	w.git("commit", "-q", "--allow-empty", "-m", "empty from the beginning")
	w.git("checkout", "-q", "-b", "side", base)
	w.write("d.txt", "d\n")
	w.commit("on the side")
	w.git("checkout", "-q", "topic")
	w.git("merge", "-q", "--no-ff", "-m", "merge side", "side")
	topic := w.git("rev-parse", "HEAD")
	w.git("checkout", "-q", "main")
	w.write("c.txt", "picked\n")
	w.commit("the same change")
	w.write("a.txt", "1\n2\nthree\n")
	onto := w.commit("go on")
	w.git("checkout", "-q", "-b", "against", base)
	w.write("z.txt", "z\n")
	w.commit("harmless")
	w.write("a.txt", "1\n2\nother\n")
	against := w.commit("against")
	w.git("checkout", "-q", "-b", "line", onto)
	line := w.commit("follows")
	w.push()

	head, err := r.Replay(ctx, onto, topic, ada)
	if err != nil {
		t.Fatal(err)
	}
	commits, err := r.Log(ctx, History{From: head, Not: onto})
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, c := range commits {
		titles = append(titles, c.Title())
		if len(c.Parents) != 1 || c.AuthorEmail != "ada@example.org" || c.CommitterName != "Ada x" || c.AuthoredAt.Year() != 2024 || c.CommittedAt.Year() == 2024 {
			t.Errorf("commit %+v", c)
		}
	}
	slices.Sort(titles)
	if diff := cmp.Diff([]string{"add b", "empty from the beginning", "on the side"}, titles); diff != "" {
		t.Errorf("replayed (-want +got):\n%s", diff)
	}
	for path, want := range map[string]string{"a.txt": "1\n2\nthree\n", "b.txt": "b\n", "c.txt": "picked\n", "d.txt": "d\n"} {
		if data, err := r.ReadBlob(ctx, head, path, 100); err != nil || string(data) != want {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
	if i := slices.IndexFunc(commits, func(c Commit) bool { return c.Title() == "add b" }); i < 0 || !strings.Contains(commits[i].Message, "Co-authored-by: Bob") {
		t.Errorf("messages are not kept: %+v", commits)
	}

	_, err = r.Replay(ctx, onto, against, ada)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Commit != against || cmp.Diff([]string{"a.txt"}, conflict.Files) != "" {
		t.Errorf("conflict: %+v, %v", conflict, err)
	}
	for head, want := range map[string]string{line: line, base: onto, onto: onto} {
		if got, err := r.Replay(ctx, onto, head, ada); err != nil || got != want {
			t.Errorf("replaying %s: %s, %v, want %s", head, got, err, want)
		}
	}
	w.git("checkout", "-q", "--orphan", "island")
	island := w.commit("island")
	w.push()
	if _, err := r.Replay(ctx, onto, island, ada); !errors.Is(err, ErrUnrelated) {
		t.Errorf("unrelated histories: %v", err)
	}
	if err := r.Fsck(ctx); err != nil {
		t.Error(err)
	}
}

func TestRanges(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	w.write("a.txt", "1\n2\n3\n")
	w.write("old.txt", strings.Repeat("same\n", 30))
	base := w.commit("base")
	w.write("a.txt", "1\nzwei\n3\n4\n")
	w.git("mv", "old.txt", "new.txt")
	w.commit("change\n\nCo-authored-by: Bob B <Bob@Example.org>\nCo-authored-by: Cat <cat@example.org>")
	head := w.commit("nothing")
	w.push()
	if n, err := r.CountUpTo(ctx, base, head, 10); err != nil || n != 2 {
		t.Errorf("%d commits, %v", n, err)
	}
	if n, err := r.CountUpTo(ctx, base, head, 1); err != nil || n != 1 {
		t.Errorf("%d commits, %v", n, err)
	}
	if size, err := r.DiffSize(ctx, base, head); err != nil || size != (DiffSize{Files: 2, Additions: 2, Deletions: 1}) {
		t.Errorf("%+v, %v", size, err)
	}
	if size, err := r.DiffSize(ctx, head, head); err != nil || size != (DiffSize{}) {
		t.Errorf("%+v, %v", size, err)
	}
	emails, err := r.Contributors(ctx, base, head, "server@localhost", 10)
	if diff := cmp.Diff([]string{"ada@example.org", "bob@example.org", "cat@example.org"}, emails); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	server := Identity{Name: "Server", Email: "server@localhost"}
	bob, tree := Identity{Name: "Bob", Email: "bob@example.org"}, emptyTree
	merged, err := r.CommitFor(ctx, tree, []string{base, head}, "merged for bob", bob, server)
	if err != nil {
		t.Fatal(err)
	}
	squashed, err := r.CommitFor(ctx, tree, []string{base}, "written by bob", bob, server)
	if err != nil {
		t.Fatal(err)
	}
	for sha, want := range map[string][]string{merged: nil, squashed: {"bob@example.org"}} {
		emails, err := r.Contributors(ctx, head, sha, "SERVER@localhost", 10)
		if err != nil || !slices.Equal(emails, want) {
			t.Errorf("contributors %q, %v, want %q", emails, err, want)
		}
	}
	for _, call := range []func() error{
		func() error { _, err := r.DiffSize(ctx, base, strings.Repeat("1", 40)); return err },
		func() error { _, err := r.CountUpTo(ctx, base, strings.Repeat("1", 40), 9); return err },
		func() error { _, err := r.TreeOf(ctx, strings.Repeat("1", 40)); return err },
	} {
		if err := call(); !errors.Is(err, ErrNotFound) {
			t.Errorf("a commit that is not there: %v", err)
		}
	}
}

func TestEditTree(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	w.write("run.sh", "#!/bin/sh\n")
	w.write("dir/a.txt", "a\n")
	w.write("gone.txt", "x\n")
	w.git("add", "-A")
	w.git("update-index", "--chmod=+x", "run.sh")
	w.git("commit", "-q", "-m", "base")
	w.git("symbolic-ref", "HEAD")
	head := w.git("rev-parse", "HEAD")
	w.push()
	tree, err := r.EditTree(ctx, head, []Edit{
		{Path: "run.sh", Content: []byte("echo\n")},
		{Path: "/dir/new file.txt", Content: []byte("a\x00b")},
		{Path: "gone.txt", Delete: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	sha, err := r.CommitTree(ctx, tree, []string{head}, "edit", ada)
	if err != nil {
		t.Fatal(err)
	}
	files, err := r.Files(ctx, sha)
	if diff := cmp.Diff([]string{"dir/a.txt", "dir/new file.txt", "run.sh"}, files); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	entries, err := r.Tree(ctx, sha, "")
	if err != nil || entries[1].Mode != "100755" || entries[1].Size != 5 {
		t.Errorf("%+v, %v", entries, err)
	}
	for name, edit := range map[string]Edit{
		"through .git": {Path: ".git/config"},
		"a directory":  {Path: "dir"},
		"below a file": {Path: "run.sh/x"},
		"out of it":    {Path: "../x"},
		"the root":     {Path: ""},
		"inner .GIT":   {Path: "dir/.GIT/hooks/x"},
	} {
		if _, err := r.EditTree(ctx, head, []Edit{edit}); !errors.Is(err, ErrName) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.EditTree(ctx, head, []Edit{{Path: "nope", Delete: true}}); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleting what is not there: %v", err)
	}
}
