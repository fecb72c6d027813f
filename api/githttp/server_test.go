package githttp_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/api/githttp"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/store"
	"dasier/store/storetest"
)

// server is a whole git server: a real store, real services, real HTTP.
type server struct {
	t        *testing.T
	store    *store.Store
	repos    *repo.Service
	project  project.Project
	users    map[string]auth.User
	secrets  map[string]string // an api token by user name
	web      *httptest.Server
	address  string
	issue    func(user string, scopes ...auth.Scope) string
	projects *project.Service
}

// newServer starts a server with the project lab/model, whose members are
// owner, maintainer, developer and reporter; outsider is none.
func newServer(t *testing.T, repoConfig repo.Config, config githttp.Config) *server {
	t.Helper()
	ctx := t.Context()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	program, err := git.Find(ctx)
	must(t, err)
	people := auth.New(data.Auth())
	projects := project.New(data.Project())
	s := &server{
		t: t, store: data, projects: projects, users: map[string]auth.User{}, secrets: map[string]string{},
		repos: repo.New(data.Repo(), projects, program, filepath.Join(t.TempDir(), "repos"), repoConfig),
	}
	s.issue = func(user string, scopes ...auth.Scope) string {
		_, secret, err := people.IssueToken(ctx, auth.System("test"), user, "test", scopes, nil)
		must(t, err)
		return secret
	}
	for _, name := range []string{"owner", "maintainer", "developer", "reporter", "outsider"} {
		user, err := data.Auth().CreateUser(ctx, auth.User{Username: name, Name: name, Email: name + "@example.org", CreatedAt: time.Now().UTC()}, "")
		must(t, err)
		s.users[name] = user
		s.secrets[name] = s.issue(name, auth.ScopeAPI)
	}
	s.project, err = projects.Create(ctx, s.actor("owner"), project.Project{Namespace: "lab", Name: "model"})
	must(t, err)
	for name, role := range map[string]auth.Role{"maintainer": auth.Maintainer, "developer": auth.Developer, "reporter": auth.Reporter} {
		must(t, projects.SetMember(ctx, s.actor("owner"), s.project.ID, s.users[name].ID, role))
	}
	authenticate := func(r *http.Request) (auth.Actor, error) {
		_, secret, ok := r.BasicAuth()
		if !ok {
			return auth.Anonymous, nil
		}
		return people.ByToken(r.Context(), secret, r.RemoteAddr)
	}
	router := chi.NewRouter()
	githttp.New(s.repos, projects, authenticate, config).Routes(router)
	s.web = httptest.NewServer(router)
	t.Cleanup(s.web.Close)
	s.address = s.web.URL
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *server) actor(user string) auth.Actor { return s.users[user].Actor(auth.ViaPassword) }

// url is the project's clone address for someone; "" is nobody.
func (s *server) url(user string) string {
	if user == "" {
		return s.address + "/lab/model.git"
	}
	return s.urlWith(user, s.secrets[user])
}

func (s *server) urlWith(user, secret string) string {
	u, err := url.Parse(s.address + "/lab/model.git")
	must(s.t, err)
	u.User = url.UserPassword(user, secret)
	return u.String()
}

// repo is the bare repository behind the server.
func (s *server) repo() *git.Repo {
	program, err := git.Find(s.t.Context())
	must(s.t, err)
	return program.Open(s.repos.Path(s.project.ID))
}

// tip is where a ref is; "" when it is not.
func (s *server) tip(ref string) string {
	s.t.Helper()
	refs, err := s.repo().ReadRefs(s.t.Context(), ref)
	must(s.t, err)
	return refs[ref]
}

// pushed lists the events recorded so far.
func (s *server) pushed() []repo.Pushed {
	s.t.Helper()
	recorded, err := s.store.Undelivered(s.t.Context(), 10_000)
	must(s.t, err)
	var events []repo.Pushed
	for _, r := range recorded {
		if r.Kind == "repo.pushed" {
			var e repo.Pushed
			must(s.t, json.Unmarshal(r.Payload, &e))
			events = append(events, e)
		}
	}
	return events
}

// idle fails the test unless every intent is settled and the repository sound.
func (s *server) idle() {
	s.t.Helper()
	intents, err := s.store.Repo().Intents(s.t.Context())
	must(s.t, err)
	if len(intents) != 0 {
		s.t.Errorf("intents are left: %+v", intents)
	}
	if err := s.repo().Fsck(s.t.Context()); err != nil {
		s.t.Errorf("the repository is broken: %v", err)
	}
}

// work is a clone as a person has it.
type work struct {
	t   *testing.T
	dir string
}

// clone makes a work tree of someone's; an empty project gives an empty one.
func (s *server) clone(user string, args ...string) *work {
	s.t.Helper()
	w := &work{t: s.t, dir: filepath.Join(s.t.TempDir(), "work")}
	must(s.t, os.Mkdir(w.dir, 0o750))
	w.git(append(append([]string{"clone", "-q"}, args...), s.url(user), ".")...)
	return w
}

func (w *work) run(args ...string) (string, error) {
	cmd := exec.CommandContext(context.Background(), "git", args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "HOME="+w.dir, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// git runs git and fails the test when git fails.
func (w *work) git(args ...string) string {
	w.t.Helper()
	out, err := w.run(args...)
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// refused runs git, which must fail and show every one of the texts.
func (w *work) refused(args []string, texts ...string) {
	w.t.Helper()
	out, err := w.run(args...)
	if err == nil {
		w.t.Errorf("git %s was not refused:\n%s", strings.Join(args, " "), out)
	}
	for _, text := range texts {
		if !strings.Contains(out, text) {
			w.t.Errorf("git %s does not say %q:\n%s", strings.Join(args, " "), text, out)
		}
	}
}

// commit writes a file and commits it.
func (w *work) commit(path, content string) string {
	w.t.Helper()
	full := filepath.Join(w.dir, path)
	must(w.t, os.MkdirAll(filepath.Dir(full), 0o750))
	must(w.t, os.WriteFile(full, []byte(content), 0o600))
	w.git("add", "-A")
	w.git("commit", "-q", "-m", "change "+path)
	return w.git("rev-parse", "HEAD")
}
