package git

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// work is a clone as a person has it, beside the bare repository under test.
type work struct {
	t   *testing.T
	dir string
}

// newRepo makes an empty bare repository.
func newRepo(t *testing.T) *Repo {
	t.Helper()
	program, err := Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := program.Init(t.Context(), filepath.Join(t.TempDir(), "00", "00000001.git"), "main")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newWork makes a work tree whose origin is r.
func newWork(t *testing.T, r *Repo) *work {
	t.Helper()
	w := &work{t: t, dir: t.TempDir()}
	w.git("init", "-q", "-b", "main")
	w.git("remote", "add", "origin", r.Dir())
	return w
}

// git runs the real git as a person would, without the machine's settings.
func (w *work) git(args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(context.Background(), "git", args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "HOME="+w.dir, "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_AUTHOR_DATE=2024-05-04T03:02:01+02:00",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org", "GIT_COMMITTER_DATE=2024-05-04T03:02:01+02:00")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// write puts a file into the work tree; "" removes it.
func (w *work) write(path, content string) {
	w.t.Helper()
	full := filepath.Join(w.dir, path)
	if content == "" {
		if err := os.Remove(full); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	if err := os.MkdirAll(filepath.Dir(full), 0o750); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// commit commits everything and gives the commit's name.
func (w *work) commit(message string) string {
	w.t.Helper()
	w.git("add", "-A")
	w.git("commit", "-q", "--allow-empty", "-m", message)
	return w.git("rev-parse", "HEAD")
}

// push sends all branches and tags.
func (w *work) push() {
	w.t.Helper()
	w.git("push", "-q", "origin", "+refs/heads/*:refs/heads/*")
	w.git("push", "-q", "--tags", "origin")
}
