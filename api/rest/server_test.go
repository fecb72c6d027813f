package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	gitlab "gitlab.com/gitlab-org/api/client-go"

	"dasier/api/identity"
	"dasier/api/rest"
	"dasier/blob/disk"
	"dasier/ci"
	"dasier/ci/joblog"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/target"
	"dasier/delivery/target/site"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/group"
	"dasier/forge/hook"
	"dasier/forge/hook/deliver"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/forge/variable"
	"dasier/git"
	"dasier/seal"
	"dasier/store"
	"dasier/store/storetest"
)

// house is the face over real services, SQLite and folders, with one client per
// person. Reactions run when the test says so: see react.
type house struct {
	t       *testing.T
	data    *store.Store
	auth    *auth.Service
	project *project.Service
	ci      *ci.Service
	merges  *merge.Service
	discuss *discuss.Service
	address string
	ids     map[string]int64
	secrets map[string]string
	log     *bytes.Buffer
}

func newHouse(t *testing.T, people ...string) *house {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	h := &house{t: t, ids: map[string]int64{}, secrets: map[string]string{}, log: &bytes.Buffer{}}
	logger := slog.New(slog.NewTextHandler(h.log, nil))
	folder := func(name string) string { return filepath.Join(dir, name) }
	var err error
	h.data, err = store.Open(ctx, storetest.At(t, folder("dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, h.data.Close()) })
	program, err := git.Find(ctx)
	must(t, err)
	logs, err := joblog.Open(folder("logs"))
	must(t, err)
	artifacts, err := disk.Open(folder("artifacts"))
	must(t, err)
	archives, err := disk.Open(folder("bundles"))
	must(t, err)
	key, err := seal.New(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	h.auth, h.project = auth.New(h.data.Auth()), project.New(h.data.Project())
	groups := group.New(h.data.Group())
	repos := repo.New(h.data.Repo(), h.project, program, folder("repos"), repo.Config{Log: logger})
	variables := variable.New(h.data.Variable(), h.project, groups, key, variable.Config{})
	hooks := hook.New(h.data.Hook(), h.project, key, deliver.New(deliver.Config{AllowPrivate: true}), hook.Config{Log: logger})
	h.ci = ci.New(h.data.CI(), h.project, ci.Repositories(repos, h.project), logs, artifacts, ci.Config{Log: logger, Variables: variables})
	bundles := bundle.New(h.data.Bundle(), h.project, archives, bundle.Config{})
	sites, err := site.New(folder("sites"), bundles)
	must(t, err)
	deploys := deploy.New(h.data.Deploy(), h.project, noModels{}, target.NewSwitch(map[string]map[deploy.Kind]deploy.Target{
		deploy.Embedded: {deploy.KindSite: sites},
	}), deploy.Config{Bundles: bundles, AppsURL: "http://apps.example.com"})
	around := around{h}
	h.discuss = discuss.New(h.data.Discuss(), h.project, around, repos, discuss.Config{})
	h.merges = merge.New(h.data.Merge(), merge.Parts{Gate: h.project, Repos: repos, People: around, Pipelines: around, Threads: around}, merge.Config{})
	who := identity.New(h.auth, h.ci, h.data.Sessions(), identity.Config{})
	router := chi.NewRouter()
	web := httptest.NewServer(router)
	t.Cleanup(web.Close)
	h.address = web.URL
	face := rest.New(rest.Parts{
		Authenticate: who.Authenticate, Auth: h.auth, Projects: h.project, Groups: groups, Repos: repos, Merges: h.merges, Discuss: h.discuss,
		CI: h.ci, Variables: variables, Hooks: hooks, Deploy: deploys,
	}, rest.Config{URL: web.URL, Version: "1.2.3", Log: logger})
	router.Route(rest.Base, face.Routes)
	for _, name := range people {
		h.person(name)
	}
	return h
}

func (h *house) person(name string) {
	h.t.Helper()
	u, err := h.data.Auth().CreateUser(h.t.Context(), auth.User{
		Username: name, Name: strings.ToUpper(name[:1]) + name[1:], Email: name + "@example.org", Admin: name == "admin", CreatedAt: time.Now(),
	}, "")
	must(h.t, err)
	h.ids[name] = int64(u.ID)
	h.secrets[name] = h.issue(name, auth.ScopeAPI)
}

func (h *house) issue(name string, scopes ...auth.Scope) string {
	h.t.Helper()
	_, secret, err := h.auth.IssueToken(h.t.Context(), auth.System("test"), name, "test", scopes, nil)
	must(h.t, err)
	return secret
}

// as is the official client with a person's token.
func (h *house) as(name string) *gitlab.Client {
	h.t.Helper()
	if h.secrets[name] == "" {
		h.t.Fatalf("there is no %s", name)
	}
	return h.with(h.secrets[name])
}

func (h *house) with(secret string) *gitlab.Client {
	h.t.Helper()
	client, err := gitlab.NewClient(secret, gitlab.WithBaseURL(h.address), gitlab.WithCustomRetryMax(0))
	must(h.t, err)
	return client
}

// answer is an answer, read whole.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

// send is a call without the client, for what it hides.
func (h *house) send(method, path, kind, body string, headers ...string) answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.address+rest.Base+path, strings.NewReader(body))
	must(h.t, err)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := http.DefaultClient.Do(r)
	must(h.t, err)
	text, err := io.ReadAll(got.Body)
	must(h.t, err)
	must(h.t, got.Body.Close())
	return answer{h.t, method + " " + path, got.StatusCode, got.Header, string(text)}
}

func (a answer) want(status int, texts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s answered %d, want %d: %s", a.what, a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("%s: %s does not say %q", a.what, a.body, text)
		}
	}
	return a
}

// react does what follows from what happened, as the server's reactions do.
func (h *house) react() {
	h.t.Helper()
	ctx := h.t.Context()
	recorded, err := h.data.Undelivered(ctx, 10_000)
	must(h.t, err)
	for _, r := range recorded {
		if r.Kind == (repo.Pushed{}).EventKind() {
			var e repo.Pushed
			must(h.t, json.Unmarshal(r.Payload, &e))
			must(h.t, h.merges.Pushed(ctx, r.ID, e))
			source := ci.Source(e.Source)
			if e.Source == repo.SourceLanding {
				source = ci.SourceMerge
			}
			_, err := h.ci.CreateForPush(ctx, ci.Push{
				Event: strconv.FormatInt(r.ID, 10), Project: e.Project, Ref: e.Ref, Before: e.Before, After: e.After, User: e.User, Username: e.Username, Source: source,
			})
			must(h.t, err)
		}
		must(h.t, h.data.MarkDelivered(ctx, []int64{r.ID}))
	}
}

// quiet fails the test if the server logged an error: no request of these tests
// is the server's fault.
func (h *house) quiet() {
	h.t.Helper()
	if text := h.log.String(); strings.Contains(text, "level=ERROR") {
		h.t.Errorf("the server logged:\n%s", text)
	}
}

// noModels is a registry that nothing was registered in.
type noModels struct{}

func (noModels) Resolve(context.Context, auth.Actor, project.ID, deploy.VersionRef) (deploy.Version, error) {
	return deploy.Version{}, io.EOF
}

// around joins merge requests to the other parts, as package app does.
type around struct{ h *house }

func (a around) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	return a.h.auth.User(ctx, id)
}

func (a around) ByName(ctx context.Context, name string) (auth.User, error) {
	return a.h.auth.UserByName(ctx, auth.System("test"), name)
}

func (a around) Role(ctx context.Context, id project.ID, u auth.User) (auth.Role, error) {
	return a.h.project.Role(ctx, u.Actor(auth.ViaSession), id)
}

func (a around) Members(ctx context.Context, id project.ID) ([]merge.Member, error) {
	members, err := a.h.project.Members(ctx, auth.System("test"), id)
	list := make([]merge.Member, len(members))
	for i, m := range members {
		list[i] = merge.Member{User: merge.Person{ID: m.User, Username: m.Username, Name: m.Name}, Role: m.Role}
	}
	return list, err
}

func (a around) Owns(_ context.Context, _ project.ID, word string, u auth.User) (bool, error) {
	return word == "@"+u.Username, nil
}

func (a around) Newest(ctx context.Context, id project.ID, branch, commit string) (*merge.Pipeline, error) {
	found, _, err := a.h.ci.List(ctx, auth.System("test"), id, ci.Filter{Ref: branch, SHA: commit, Limit: 1})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &merge.Pipeline{ID: int64(found[0].ID), Status: string(found[0].Status), Passed: found[0].Status == ci.Success, Done: found[0].Status.Finished()}, nil
}

func (a around) Count(ctx context.Context, request int64) (int, int, error) {
	counts, err := a.h.discuss.Counts(ctx, []int64{request})
	return counts[request].Unresolved, counts[request].Total, err
}

func (a around) Request(ctx context.Context, actor auth.Actor, id project.ID, number int) (discuss.Subject, error) {
	r, err := a.h.merges.Get(ctx, actor, id, number)
	if err != nil {
		return discuss.Subject{}, err
	}
	versions, err := a.h.merges.Versions(ctx, actor, id, number)
	subject := discuss.Subject{
		ID: int64(r.ID), Project: id, Number: number, Source: r.Source, Target: r.Target, HeadSHA: r.Head, BaseSHA: r.Base, Author: r.Author.ID, Open: r.State == merge.Opened,
	}
	for _, v := range versions {
		subject.Versions = append(subject.Versions, discuss.Version{Number: v.Number, HeadSHA: v.Head, BaseSHA: v.Base})
	}
	return subject, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got is the answer of a client's call that must succeed.
func got[T any](t *testing.T) func(T, *gitlab.Response, error) T {
	return func(v T, _ *gitlab.Response, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// refused checks a client's error: its status, and that it has the text.
func refused(t *testing.T, response *gitlab.Response, err error, status int, text string) {
	t.Helper()
	if err == nil || response == nil || response.StatusCode != status || !strings.Contains(err.Error(), text) {
		t.Errorf("answered %v, want %d with %q", err, status, text)
	}
}
