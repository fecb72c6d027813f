package console_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/api/console"
	"dasier/api/githttp"
	"dasier/api/identity"
	"dasier/blob/disk"
	"dasier/ci"
	"dasier/ci/joblog"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/meter"
	"dasier/delivery/serve"
	"dasier/delivery/target"
	"dasier/delivery/target/site"
	"dasier/event"
	"dasier/forge/audit"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/group"
	"dasier/forge/hook"
	"dasier/forge/hook/deliver"
	"dasier/forge/invite"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/forge/variable"
	"dasier/git"
	"dasier/model/registry"
	"dasier/model/track"
	"dasier/seal"
	"dasier/store"
	"dasier/store/storetest"
)

// server is the API and git over real services, SQLite and folders. Reactions
// run when the test says so: see react.
type server struct {
	t           *testing.T
	data        *store.Store
	auth        *auth.Service
	projects    *project.Service
	ci          *ci.Service
	registry    *registry.Service
	track       *track.Service
	deploy      *deploy.Service
	groups      *group.Service
	invitations *invite.Service
	link        string // an invitation's secret, where a test has one
	variables   *variable.Service
	audit       *audit.Service
	hooks       *hook.Service
	merges      *merge.Service
	discuss     *discuss.Service
	api         *console.API
	address     string
	secrets     map[string]string // an api token by user name
	users       map[string]auth.User
	log         *bytes.Buffer // what the server logged; read it when it is at rest
}

const (
	base = "/projects/house-prices%2Fmodel"
	// modelLimit is small, so that a package can be too large.
	modelLimit = 1 << 20
)

// newServer starts a server without users.
func newServer(t *testing.T) *server {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	s := &server{t: t, secrets: map[string]string{}, users: map[string]auth.User{}, log: &bytes.Buffer{}}
	logger := slog.New(slog.NewTextHandler(s.log, nil))
	var err error
	s.data, err = store.Open(ctx, storetest.At(t, filepath.Join(dir, "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, s.data.Close()) })
	program, err := git.Find(ctx)
	must(t, err)
	folder := func(name string) string { return filepath.Join(dir, name) }
	logs, err := joblog.Open(folder("logs"))
	must(t, err)
	artifacts, err := disk.Open(folder("artifacts"))
	must(t, err)
	packages, err := disk.Open(folder("models"))
	must(t, err)
	s.auth = auth.New(s.data.Auth())
	s.projects = project.New(s.data.Project())
	s.groups = group.New(s.data.Group())
	s.invitations = invite.New(s.data.Invite(), s.auth, s.projects, s.groups)
	repos := repo.New(s.data.Repo(), s.projects, program, folder("repos"), repo.Config{Log: logger})
	key, err := seal.New(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	s.variables = variable.New(s.data.Variable(), s.projects, s.groups, key, variable.Config{})
	s.audit = audit.New(s.data.Audit(), s.projects, bytes.Repeat([]byte{8}, 32))
	s.hooks = hook.New(s.data.Hook(), s.projects, key, deliver.New(deliver.Config{Allowed: []string{"127.0.0.1:9"}}), hook.Config{URL: "http://forge.example", Log: logger})
	s.ci = ci.New(s.data.CI(), s.projects, ci.Repositories(repos, s.projects), logs, artifacts, ci.Config{Log: logger, Variables: s.variables})
	s.registry = registry.New(s.data.Registry(), packages, s.projects, repos, registry.Config{})
	s.track = track.New(s.data.Track(), s.projects)
	archives, err := disk.Open(folder("bundles"))
	must(t, err)
	bundles := bundle.New(s.data.Bundle(), s.projects, archives, bundle.Config{})
	sites, err := site.New(folder("sites"), bundles)
	must(t, err)
	s.deploy = deploy.New(s.data.Deploy(), s.projects, versions{s.registry}, target.NewSwitch(map[string]map[deploy.Kind]deploy.Target{
		deploy.Embedded: {deploy.KindModel: target.NewInProcess(serve.New(), s.registry), deploy.KindSite: sites},
	}), deploy.Config{Bundles: bundles, AppsURL: "http://apps.example.com"})
	s.openMerges(repos)
	who := identity.New(s.auth, s.ci, s.data.Sessions(), identity.Config{})
	router := chi.NewRouter()
	router.Group(githttp.New(repos, s.projects, who.Authenticate, githttp.Config{Log: logger}).Routes)
	web := httptest.NewUnstartedServer(router)
	s.address = "http://" + web.Listener.Addr().String()
	router.Group(func(r chi.Router) {
		r.Use(who.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })))
		s.api = console.Mount(r, console.Parts{
			Identity: who, Auth: s.auth, Projects: s.projects, Repos: repos, CI: s.ci, Registry: s.registry, Track: s.track, Deploy: s.deploy, Bundles: bundles, Meter: meter.New(s.data.Meter(), meter.Config{Log: logger}),
			Groups: s.groups, Invitations: s.invitations, Variables: s.variables, Audit: s.audit, Hooks: s.hooks,
			Merges: s.merges, Discuss: s.discuss,
			PackageLimit: modelLimit, Scratch: dir, Logger: logger, Heartbeat: 100 * time.Millisecond,
		}, console.Server{Version: "1.2.3", URL: s.address, Started: time.Now()})
	})
	web.Start()
	t.Cleanup(web.Close)
	return s
}

// newHouse is a server with the project house-prices/model, a member of every
// role, each named after it, an administrator and an outsider.
func newHouse(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	for _, name := range []string{"owner", "maintainer", "developer", "reporter", "guest", "outsider", "admin"} {
		s.person(name)
	}
	s.call("owner", "POST", "/projects", js{"namespace": "house-prices", "name": "model"}).want(201)
	for _, name := range []string{"maintainer", "developer", "reporter", "guest"} {
		s.call("owner", "PUT", base+"/members/"+name, js{"role": name}).want(204)
	}
	return s
}

// person makes a user without a password, and a token.
func (s *server) person(name string) {
	s.t.Helper()
	u, err := s.data.Auth().CreateUser(s.t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org", Admin: name == "admin", CreatedAt: time.Now()}, "")
	must(s.t, err)
	s.users[name] = u
	s.secrets[name] = s.issue(name, auth.ScopeAPI)
}

func (s *server) issue(name string, scopes ...auth.Scope) string {
	s.t.Helper()
	_, secret, err := s.auth.IssueToken(s.t.Context(), auth.System("test"), name, "test", scopes, nil)
	must(s.t, err)
	return secret
}

// in is the server as a subtest sees it.
func (s *server) in(t *testing.T) *server {
	inner := *s
	inner.t = t
	return &inner
}

// react does what follows from what happened, as the server's reactions do.
func (s *server) react() {
	s.t.Helper()
	ctx := s.t.Context()
	recorded, err := s.data.Undelivered(ctx, 10_000)
	must(s.t, err)
	for _, r := range recorded {
		switch r.Kind {
		case repo.Pushed{}.EventKind():
			e := decode[repo.Pushed](s.t, r.Payload)
			must(s.t, s.merges.Pushed(ctx, r.ID, e))
			if e.Source == repo.SourceLanding {
				e.Source = repo.SourceMerge
			}
			_, err := s.ci.CreateForPush(ctx, ci.Push{Event: strconv.FormatInt(r.ID, 10), Project: e.Project, Ref: e.Ref, Before: e.Before, After: e.After, User: e.User, Username: e.Username, Source: ci.Source(e.Source)})
			must(s.t, err)
		case merge.Changed{}.EventKind():
			s.tell(r.ID, decode[merge.Changed](s.t, r.Payload))
		case registry.Registered{}.EventKind():
			e := decode[registry.Registered](s.t, r.Payload)
			must(s.t, s.track.Link(ctx, e.Project, e.Run, e.Model, e.Version))
		case event.Act{}.EventKind():
			must(s.t, s.audit.Append(ctx, r.ID, decode[event.Act](s.t, r.Payload)))
		case auth.Blocked{}.EventKind():
			must(s.t, s.ci.CancelOf(ctx, decode[auth.Blocked](s.t, r.Payload).User))
		case deploy.Requested{}.EventKind():
			must(s.t, s.deploy.Run(ctx, decode[deploy.Requested](s.t, r.Payload).Deployment))
		}
		must(s.t, s.data.MarkDelivered(ctx, []int64{r.ID}))
	}
}

// versions lets deployments find the registry's versions.
type versions struct{ registry *registry.Service }

func (v versions) Resolve(ctx context.Context, actor auth.Actor, id project.ID, ref deploy.VersionRef) (deploy.Version, error) {
	found, err := v.registry.Resolve(ctx, actor, id, registry.VersionRef(ref))
	return deploy.Version{Model: found.Model, Number: found.Number, Digest: found.Digest, Commit: found.Lineage.Commit}, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func decode[T any](t *testing.T, text []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

type js = map[string]any

// reply is an answer, read whole.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// call sends a request as a user; "" is nobody. A body that is bytes is sent as
// it is, any other as JSON.
func (s *server) call(as, method, path string, body any, headers ...string) *reply {
	s.t.Helper()
	if as != "" && s.secrets[as] == "" {
		s.t.Fatalf("there is no user %s", as)
	}
	if as != "" {
		headers = append(headers, "Authorization", "Bearer "+s.secrets[as])
	}
	return s.send(method, path, body, headers...)
}

func (s *server) send(method, path string, body any, headers ...string) *reply {
	s.t.Helper()
	var content io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		content, kind = bytes.NewReader(b), "application/zip"
	case string:
		content = strings.NewReader(b)
	default:
		text, err := json.Marshal(body)
		must(s.t, err)
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.address+console.Base+path, content)
	must(s.t, err)
	if content != nil {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	must(s.t, err)
	text, err := io.ReadAll(answer.Body)
	must(s.t, err)
	must(s.t, answer.Body.Close())
	return &reply{s.t, method + " " + path, answer.StatusCode, answer.Header, text}
}

// want ends the test unless the status is as wanted.
func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s answered %d, want %d:\n%s", r.what, r.status, status, r.body)
	}
	return r
}

// json is the body as a tree.
func (r *reply) json() js {
	r.t.Helper()
	return decode[js](r.t, r.body)
}

// at walks into the body: "items.0.name".
func (r *reply) at(path string) any {
	r.t.Helper()
	var here any = r.json()
	for step := range strings.SplitSeq(path, ".") {
		switch v := here.(type) {
		case js:
			here = v[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(v) {
				r.t.Fatalf("%s: no %s in %s", r.what, path, r.body)
			}
			here = v[n]
		default:
			r.t.Fatalf("%s: no %s in %s", r.what, path, r.body)
		}
	}
	return here
}

// refused checks a problem (RFC 9457): its status, and that its sentence, or
// the place of one of its errors, has the texts.
func (r *reply) refused(status int, texts ...string) {
	r.t.Helper()
	if r.status != status || r.header.Get("Content-Type") != "application/problem+json" {
		r.t.Errorf("%s answered %d as %s, want a problem with %d:\n%s", r.what, r.status, r.header.Get("Content-Type"), status, r.body)
		return
	}
	p := r.json()
	if p["status"] != float64(status) || p["title"] != http.StatusText(status) || p["detail"] == "" {
		r.t.Errorf("%s: a problem has status, title and detail: %s", r.what, r.body)
	}
	for _, text := range texts {
		if !strings.Contains(string(r.body), text) {
			r.t.Errorf("%s: %s does not say %q", r.what, r.body, text)
		}
	}
}

// wrongAt checks that one of a problem's errors is at the place.
func (r *reply) wrongAt(status int, location string) {
	r.t.Helper()
	r.refused(status)
	errors, _ := r.json()["errors"].([]any)
	for _, e := range errors {
		if e, _ := e.(js); e["location"] == location && e["message"] != "" {
			return
		}
	}
	r.t.Errorf("%s: no error at %q in %s", r.what, location, r.body)
}

// push commits the files to a branch in a new clone, as the user, and answers
// the commit. What follows from the push has happened then.
func (s *server) push(as, branch string, files map[string]string) string {
	s.t.Helper()
	return s.pushTo(as, "house-prices/model", branch, files)
}

func (s *server) pushTo(as, path, branch string, files map[string]string) string {
	s.t.Helper()
	dir := filepath.Join(s.t.TempDir(), "work")
	address := strings.Replace(s.address, "://", "://"+as+":"+s.secrets[as]+"@", 1) + "/" + path + ".git"
	must(s.t, os.Mkdir(dir, 0o700))
	s.git(dir, "init", "-q", "-b", branch)
	s.git(dir, "remote", "add", "origin", address)
	for _, from := range []string{branch, "main"} { // a new branch begins at main
		if out := s.git(dir, "ls-remote", "origin", "refs/heads/"+from); out != "" {
			s.git(dir, "pull", "-q", "origin", from)
			break
		}
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		must(s.t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(s.t, os.WriteFile(path, []byte(text), 0o600))
	}
	s.git(dir, "add", "-A")
	s.git(dir, "commit", "-q", "--allow-empty", "-m", "Change "+branch+"\n\nwith a body")
	s.git(dir, "push", "-q", "origin", "HEAD:refs/heads/"+branch)
	s.react()
	return s.git(dir, "rev-parse", "HEAD")
}

func (s *server) git(dir string, args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+dir, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// take gives the next job to a runner, which confirms it.
func (s *server) take(runner string) *ci.Assignment {
	s.t.Helper()
	a, err := s.ci.RequestJob(s.t.Context(), runner, ci.Info{})
	must(s.t, err)
	if a == nil {
		s.t.Fatal("no job waits")
	}
	_, err = s.ci.UpdateJob(s.t.Context(), a.Job.ID, a.Token, ci.Update{State: ci.Running})
	must(s.t, err)
	return a
}

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		must(t, err)
		_, err = f.Write([]byte(text))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

// quiet fails the test if the server logged an error: no request of these tests
// is the server's fault.
func (s *server) quiet() {
	s.t.Helper()
	if text := s.log.String(); strings.Contains(text, "level=ERROR") {
		s.t.Errorf("the server logged:\n%s", text)
	}
}
