package runner_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"go.uber.org/goleak"

	"dasier/api/githttp"
	"dasier/api/gitlab"
	"dasier/blob/disk"
	"dasier/ci"
	"dasier/ci/joblog"
	"dasier/ci/runner"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/porttest"
	"dasier/store"
	"dasier/store/storetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// soon is how long something that must happen is waited for. It says that it will
// not come any more, not how fast it has to be.
const soon = 5 * time.Minute

// server is the real server side: store, git and pipelines over HTTP.
type server struct {
	t       *testing.T
	ci      *ci.Service
	owner   auth.Actor
	project project.Project
	handler http.Handler
	address string // host:port, the same after a restart
	web     *http.Server
	served  chan error
	token   string // the runner's
	work    string // a clone
}

func newServer(t *testing.T, cfg ci.Config) *server {
	t.Helper()
	ctx, folder := t.Context(), t.TempDir()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(folder, "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	people := auth.New(data.Auth())
	program, err := git.Find(ctx)
	must(t, err)
	logs, err := joblog.Open(filepath.Join(folder, "logs"))
	must(t, err)
	artifacts, err := disk.Open(filepath.Join(folder, "artifacts"))
	must(t, err)
	s := &server{t: t, work: filepath.Join(folder, "work"), address: porttest.Hold(t)}
	cfg.URL = "http://" + s.address
	cfg.Log = quiet()
	projects := project.New(data.Project())
	repos := repo.New(data.Repo(), projects, program, filepath.Join(folder, "repos"), repo.Config{})
	s.ci = ci.New(data.CI(), projects, ci.Repositories(repos, projects), logs, artifacts, cfg)
	user, err := data.Auth().CreateUser(ctx, auth.User{Username: "owner", Name: "Owner", Email: "owner@example.org", CreatedAt: time.Now().UTC()}, "")
	must(t, err)
	s.owner = user.Actor(auth.ViaPassword)
	s.project, err = projects.Create(ctx, s.owner, project.Project{Namespace: "lab", Name: "model"})
	must(t, err)
	must(t, repos.Ensure(ctx, s.project.ID))
	_, secret, err := people.IssueToken(ctx, auth.System("test"), "owner", "test", []auth.Scope{auth.ScopeAPI}, nil)
	must(t, err)
	s.token, err = s.ci.EnsureEmbeddedRunner(ctx)
	must(t, err)
	router := chi.NewRouter()
	router.Route("/api/v4", gitlab.New(s.ci, gitlab.Config{Interval: time.Second, Log: quiet()}).Routes)
	githttp.New(repos, projects, func(r *http.Request) (auth.Actor, error) {
		_, password, ok := r.BasicAuth()
		switch {
		case !ok:
			return auth.Anonymous, nil
		case strings.HasPrefix(password, ci.JobTokenPrefix):
			return s.ci.ActorByJobToken(r.Context(), password)
		default:
			return people.ByToken(r.Context(), password, r.RemoteAddr)
		}
	}, githttp.Config{Log: quiet()}).Routes(router)
	s.handler = router
	s.serve()
	t.Cleanup(s.stop)
	must(t, os.MkdirAll(s.work, 0o750))
	s.git("init", "-q", "-b", "main")
	s.git("remote", "add", "origin", (&url.URL{Scheme: "http", Host: s.address, User: url.UserPassword("owner", secret), Path: "/lab/model.git"}).String())
	return s
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// serve begins to answer at the server's address.
func (s *server) serve() {
	s.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.address)
	must(s.t, err)
	s.web = &http.Server{Handler: s.handler, ReadHeaderTimeout: soon}
	s.served = make(chan error, 1)
	go func(web *http.Server, served chan<- error) { served <- web.Serve(listener) }(s.web, s.served)
}

// stop goes away at once, with all connections.
func (s *server) stop() {
	s.t.Helper()
	_ = s.web.Close()
	if err := <-s.served; err != nil && !errors.Is(err, http.ErrServerClosed) {
		s.t.Error(err)
	}
}

func (s *server) git(args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(context.Background(), "git", args...)
	cmd.Dir = s.work
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// pipeline pushes a configuration with some files and starts its pipeline.
func (s *server) pipeline(configuration string, files map[string]string, variables ...ci.Variable) ci.PipelineID {
	s.t.Helper()
	all := map[string]string{".gitlab-ci.yml": configuration}
	maps.Copy(all, files)
	for name, text := range all {
		full := filepath.Join(s.work, name)
		must(s.t, os.MkdirAll(filepath.Dir(full), 0o750))
		must(s.t, os.WriteFile(full, []byte(text), 0o600))
	}
	s.git("add", "-A")
	s.git("commit", "-q", "--allow-empty", "-m", "change")
	s.git("push", "-q", "origin", "main")
	p, err := s.ci.Create(s.t.Context(), s.owner, s.project.ID, "main", variables)
	must(s.t, err)
	if p.Error() != "" {
		s.t.Fatalf("the configuration is wrong: %s", p.Error())
	}
	return p.ID
}

// start runs a runner; the function answered stops it and waits.
func (s *server) start(cfg runner.Config) (stop func()) {
	s.t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = s.t.TempDir()
	}
	if cfg.Log == nil {
		cfg.Log = quiet()
	}
	cfg.StopWithin = soon // what it says to the server last is waited for, too
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runner.New("http://"+s.address, s.token, cfg).Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			must(s.t, err)
		case <-time.After(2 * soon):
			s.t.Error("the runner does not stop")
		}
	}
	s.t.Cleanup(stop)
	return stop
}

// eventually waits until something holds.
func (s *server) eventually(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(soon); !holds(); time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("in vain waited for: %s", what)
		}
	}
}

// await waits until a pipeline is over.
func (s *server) await(id ci.PipelineID) ci.State {
	s.t.Helper()
	var state ci.State
	s.eventually("the end of the pipeline", func() bool {
		var err error
		state, err = s.ci.Get(s.t.Context(), s.owner, s.project.ID, id)
		must(s.t, err)
		return state.Pipeline.Status.Finished()
	})
	return state
}

// job finds a job by its name.
func (s *server) job(id ci.PipelineID, name string) ci.Job {
	s.t.Helper()
	state, err := s.ci.Get(s.t.Context(), s.owner, s.project.ID, id)
	must(s.t, err)
	for _, j := range state.Jobs {
		if j.Name == name && !j.Retried {
			return j
		}
	}
	s.t.Fatalf("no job %q in pipeline %d", name, id)
	return ci.Job{}
}

// log is all of a job's log.
func (s *server) log(job ci.JobID) string {
	s.t.Helper()
	var text strings.Builder
	for at := int64(0); ; {
		part, err := s.ci.Log(s.t.Context(), s.owner, s.project.ID, job, at)
		must(s.t, err)
		if len(part.Text) == 0 {
			return text.String()
		}
		text.Write(part.Text)
		at = part.Next
	}
}

// logs waits until a running job's log has a text.
func (s *server) logs(id ci.PipelineID, name, text string) {
	s.t.Helper()
	s.eventually("the log of "+name+" saying "+text, func() bool { return strings.Contains(s.log(s.job(id, name).ID), text) })
}

// ended waits for a pipeline's only job and checks how it ended.
func (s *server) ended(id ci.PipelineID, status ci.Status, why ci.Failure, code int) (ci.Job, string) {
	s.t.Helper()
	state := s.await(id)
	j := state.Jobs[0]
	text := s.log(j.ID)
	if j.Status != status || j.Failure != why || j.ExitCode != code {
		s.t.Errorf("the job is %s (%s, exit code %d), want %s (%s, exit code %d)\n%s", j.Status, j.Failure, j.ExitCode, status, why, code, end(text))
	}
	return j, text
}

// artifact reads a file of a job's archive.
func (s *server) artifact(job ci.JobID, name string) string {
	s.t.Helper()
	content, _, err := s.ci.OpenFile(s.t.Context(), s.owner, s.project.ID, job, name)
	if fault.Is(err, fault.Missing) {
		return "MISSING"
	}
	must(s.t, err)
	text, err := io.ReadAll(content)
	must(s.t, err)
	must(s.t, content.Close())
	return string(text)
}

// contains and lacks check a log.
func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, end(text))
		}
	}
}

func lacks(t *testing.T, text string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(text, w) {
			t.Errorf("%q in\n%s", w, end(text))
		}
	}
}

// end is as much of a log as a person reads.
func end(text string) string { return text[max(0, len(text)-4000):] }
