package git

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// TestACommitOfAnImpossibleYear must not hide the history that it is in: no
// JSON has a year beyond 9999, and git has.
func TestACommitOfAnImpossibleYear(t *testing.T) {
	r := newRepo(t)
	w := newWork(t, r)
	w.write("a.txt", "text\n")
	w.git("add", "-A")
	cmd := exec.CommandContext(t.Context(), "git", "commit", "-q", "-m", "from far away")
	cmd.Dir = w.dir
	const date = "@999999999999 +0000"
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.push()
	head, err := r.Resolve(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	commits, err := r.Log(t.Context(), History{From: head.SHA})
	if err != nil || len(commits) != 1 || !commits[0].AuthoredAt.IsZero() {
		t.Fatalf("the history is %v, %v", commits, err)
	}
	branches, err := r.Branches(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	ranges, err := r.Blame(t.Context(), head.SHA, "a.txt", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal([]any{commits, branches, ranges}); err != nil {
		t.Error(err)
	}
}
