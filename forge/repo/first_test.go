package repo_test

import (
	"testing"

	"dasier/fault"
	"dasier/forge/repo"
)

// TestFirstCommit begins an empty repository without a push.
func TestFirstCommit(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	must(t, b.repos.Ensure(ctx, b.id))
	edits := []repo.Edit{{Path: "a/README.md", Content: []byte("hello\n")}}
	if _, err := b.repos.CommitEdits(ctx, b.other, b.id, "trunk", "", edits, "first"); !fault.Is(err, fault.Missing) {
		t.Errorf("a stranger's first commit answers %v", err)
	}
	sha, err := b.repos.CommitEdits(ctx, b.owner, b.id, "trunk", "", edits, "first")
	must(t, err)
	commit, _, err := b.repos.Commit(ctx, b.owner, b.id, "trunk")
	must(t, err)
	if commit.SHA != sha || len(commit.Parents) != 0 || commit.Message != "first" {
		t.Errorf("the first commit is %+v", commit)
	}
	for _, branch := range []string{"trunk", "other"} {
		if _, err := b.repos.CommitEdits(ctx, b.owner, b.id, branch, "", edits, "again"); !fault.Is(err, fault.Missing) {
			t.Errorf("a second first commit on %s answers %v", branch, err)
		}
	}

	at, err := b.repos.CreateTag(ctx, b.owner, b.id, "v1", "trunk")
	must(t, err)
	if tags, err := b.repos.Tags(ctx, b.owner, b.id); err != nil || at != sha || len(tags) != 1 || tags[0].Commit.SHA != sha {
		t.Errorf("the tags are %+v, %v", tags, err)
	}
	if _, err := b.repos.CreateTag(ctx, b.owner, b.id, "v1", "trunk"); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same tag again answers %v", err)
	}
	if _, err := b.repos.CreateTag(ctx, b.other, b.id, "v2", "trunk"); !fault.Is(err, fault.Missing) {
		t.Errorf("a stranger's tag answers %v", err)
	}
	if err := b.repos.DeleteTag(ctx, b.other, b.id, "v1"); !fault.Is(err, fault.Missing) {
		t.Errorf("a stranger's removal answers %v", err)
	}
	must(t, b.repos.DeleteTag(ctx, b.owner, b.id, "v1"))
	if err := b.repos.DeleteTag(ctx, b.owner, b.id, "v1"); !fault.Is(err, fault.Missing) {
		t.Errorf("removing it again answers %v", err)
	}
}
