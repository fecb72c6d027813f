package ci_test

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dasier/blob/disk"
	"dasier/ci"
	"dasier/ci/joblog"
	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/forge/variable"
	"dasier/git"
	"dasier/seal"
	"dasier/store"
	"dasier/store/storetest"
)

// house is a service with all its real parts on a folder: SQLite, git, logs
// and blobs. It can be opened again on the same folder.
type house struct {
	t         *testing.T
	dir       string
	db        *store.Store
	ci        *ci.Service
	projects  *project.Service
	variables *variable.Service
	repos     *repo.Service
	now       time.Time // the service's clock; zero is the real one
	cfg       ci.Config

	project project.ID
	ada     auth.Actor // the project's owner
	runner  string     // a runner's token
	work    string     // a clone
	pushes  int
}

func newHouse(t *testing.T, cfg ci.Config) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), cfg: cfg}
	h.open()
	ctx := t.Context()
	user, err := h.db.Auth().CreateUser(ctx, auth.User{Username: "ada", Name: "Ada", Email: "ada@example.org", CreatedAt: time.Now()}, "hash")
	h.must(err)
	p, err := h.db.Project().Create(ctx, project.Project{Namespace: "house-prices", Name: "model", DefaultBranch: "main", CreatedAt: time.Now()}, user.ID,
		func(id project.ID) event.Event { return project.Created{Project: id} })
	h.must(err)
	h.project, h.ada = p.ID, auth.Actor{User: user.ID, Username: "ada", Via: auth.ViaSession}
	h.must(h.repos.Ensure(ctx, p.ID))
	_, h.runner, err = h.ci.AddRunner(ctx, auth.System("test"), "test runner", nil, true)
	h.must(err)
	h.work = filepath.Join(h.dir, "work")
	h.must(os.Mkdir(h.work, 0o700))
	h.git("init", "-q", "-b", "main")
	return h
}

// open joins the parts; the test's end closes the database.
func (h *house) open() {
	h.t.Helper()
	var err error
	h.db, err = store.Open(h.t.Context(), storetest.At(h.t, filepath.Join(h.dir, "dasier.db")))
	h.must(err)
	db := h.db
	h.t.Cleanup(func() { _ = db.Close() }) // reopen has closed it before
	program, err := git.Find(h.t.Context())
	h.must(err)
	h.projects = project.New(h.db.Project())
	h.repos = repo.New(h.db.Repo(), h.projects, program, filepath.Join(h.dir, "repos"), repo.Config{})
	logs, err := joblog.Open(filepath.Join(h.dir, "logs"))
	h.must(err)
	artifacts, err := disk.Open(filepath.Join(h.dir, "artifacts"))
	h.must(err)
	h.cfg.Now = func() time.Time {
		if h.now.IsZero() {
			return time.Now()
		}
		return h.now
	}
	root := bytes.Repeat([]byte{7}, 32)
	key, err := seal.New(root)
	h.must(err)
	h.variables = variable.New(h.db.Variable(), h.projects, variable.NoGroups{}, key, variable.Config{})
	h.cfg.Variables = h.variables
	h.ci = ci.New(h.db.CI(), h.projects, ci.Repositories(h.repos, h.projects), logs, artifacts, h.cfg)
}

// reopen is a restart on the same folder.
func (h *house) reopen() {
	h.t.Helper()
	h.must(h.db.Close())
	h.open()
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// git runs the real git in the clone.
func (h *house) git(args ...string) string {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), "git", args...) // #nosec G204 -- a test's own words
	cmd.Dir = h.work
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+h.dir,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit changes files of the clone ("name: text" pairs) and pushes to a ref of
// the repository; it answers what the push event would say.
func (h *house) commit(ref, message string, files map[string]string) ci.Push {
	h.t.Helper()
	for name, text := range files {
		path := filepath.Join(h.work, name)
		h.must(os.MkdirAll(filepath.Dir(path), 0o700))
		h.must(os.WriteFile(path, []byte(text), 0o600))
	}
	h.git("add", "-A")
	h.git("commit", "-q", "--allow-empty", "-m", message)
	target := h.repos.Path(h.project)
	before := strings.Repeat("0", 40)
	if line := h.git("ls-remote", target, ref); line != "" {
		before, _, _ = strings.Cut(line, "\t")
	}
	h.git("push", "-q", "-f", target, "HEAD:"+ref)
	return ci.Push{Project: h.project, Ref: ref, Before: before, After: h.git("rev-parse", "HEAD"), User: h.ada.User, Username: "ada"}
}

// pipeline pushes a configuration and loads the pipeline that it makes.
func (h *house) pipeline(config string) ci.State {
	h.t.Helper()
	h.pushes++
	id, err := h.ci.CreateForPush(h.t.Context(), h.commit("refs/heads/main", "a change", map[string]string{".gitlab-ci.yml": config}))
	h.must(err)
	return h.load(id)
}

func (h *house) load(id ci.PipelineID) ci.State {
	h.t.Helper()
	state, err := h.ci.Get(h.t.Context(), h.ada, h.project, id)
	h.must(err)
	return state
}

// take asks for a job and confirms it.
func (h *house) take() *ci.Assignment {
	h.t.Helper()
	a := h.ask()
	if a == nil {
		h.t.Fatal("there is no job to take")
	}
	h.update(a, ci.Running)
	return a
}

func (h *house) ask() *ci.Assignment {
	h.t.Helper()
	a, err := h.ci.RequestJob(h.t.Context(), h.runner, ci.Info{Features: map[string]bool{"cancel_gracefully": true}})
	h.must(err)
	return a
}

func (h *house) update(a *ci.Assignment, state ci.Status) ci.Status {
	h.t.Helper()
	u := ci.Update{State: state}
	if state == ci.Failed {
		u.Failure, u.ExitCode = ci.ScriptFailure, 1
	}
	status, err := h.ci.UpdateJob(h.t.Context(), a.Job.ID, a.Token, u)
	h.must(err)
	return status
}

// run takes the next job and ends it.
func (h *house) run(name string, state ci.Status) *ci.Assignment {
	h.t.Helper()
	a := h.take()
	if a.Job.Name != name {
		h.t.Fatalf("the next job is %s, want %s", a.Job.Name, name)
	}
	h.update(a, state)
	return a
}

// statuses are "name:status" of the pipeline's jobs, old attempts included.
func statuses(state ci.State) string {
	var list []string
	for _, j := range state.Jobs {
		list = append(list, j.Name+":"+string(j.Status))
	}
	return strings.Join(list, " ")
}

func (h *house) expect(id ci.PipelineID, status ci.Status, jobs string) {
	h.t.Helper()
	state := h.load(id)
	if state.Pipeline.Status != status || statuses(state) != jobs {
		h.t.Errorf("pipeline is %s (%s), want %s (%s)", state.Pipeline.Status, statuses(state), status, jobs)
	}
}

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
