package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dasier/delivery/deploy"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/delivery/target"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
	"dasier/store"
	"dasier/store/storetest"
)

// shelf is a registry of one model, "prices".
type shelf map[int]fs.FS

func (s shelf) Open(_ context.Context, _ project.ID, model string, version int) (fs.FS, error) {
	if pkg, ok := s[version]; ok && model == "prices" {
		return pkg, nil
	}
	return nil, fault.Errorf(fault.Missing, "no model %s version %d", model, version)
}

func (s shelf) Resolve(ctx context.Context, _ auth.Actor, id project.ID, ref deploy.VersionRef) (deploy.Version, error) {
	pkg, err := s.Open(ctx, id, ref.Model, ref.Number)
	if err != nil {
		return deploy.Version{}, err
	}
	v := deploy.Version{Model: ref.Model, Number: ref.Number, Commit: fmt.Sprintf("commit-of-%d", ref.Number)}
	if pkg != nil {
		v.Digest, err = mlflow.Digest(pkg)
	}
	return v, err
}

// hooked is a target where a test may step in before the real one acts.
type hooked struct {
	deploy.Target
	before func(ctx context.Context, p deploy.Placement) error
}

func (h *hooked) Apply(ctx context.Context, p deploy.Placement) error {
	if h.before != nil {
		if err := h.before(ctx, p); err != nil {
			return err
		}
	}
	return h.Target.Apply(ctx, p)
}

// house is a server's worth of parts on an SQLite file.
type house struct {
	t        *testing.T
	store    *store.Store
	packages shelf
	engine   *serve.Engine
	target   *hooked
	projects *project.Service
	service  *deploy.Service
	id       project.ID

	maintainer, developer, reporter, outsider auth.Actor
}

func build(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, packages: shelf{}}
	for version := 1; version <= 3; version++ {
		h.packages[version] = servetest.Package(t, servetest.Houses(version))
	}
	h.packages[9] = servetest.Broken(t, 9)
	s, err := store.Open(t.Context(), storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	h.store, h.projects = s, project.New(s.Project())
	h.maintainer, h.developer, h.reporter, h.outsider = h.user("mia"), h.user("dev"), h.user("rep"), h.user("out")
	p, err := h.projects.Create(t.Context(), h.maintainer, project.Project{Namespace: "house-prices", Name: "model"})
	if err != nil {
		t.Fatal(err)
	}
	h.id = p.ID
	for actor, role := range map[auth.UserID]auth.Role{h.developer.User: auth.Developer, h.reporter.User: auth.Reporter} {
		if err := h.projects.SetMember(t.Context(), h.maintainer, p.ID, actor, role); err != nil {
			t.Fatal(err)
		}
	}
	h.restart()
	return h
}

// restart is a new process on the same data: nothing serves yet.
func (h *house) restart() {
	h.engine = serve.New()
	h.target = &hooked{Target: target.NewInProcess(h.engine, h.packages)}
	h.service = deploy.New(h.store.Deploy(), h.projects, h.packages, h.target, deploy.Config{})
}

func (h *house) user(name string) auth.Actor {
	h.t.Helper()
	u, err := h.store.Auth().CreateUser(h.t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org"}, "-")
	if err != nil {
		h.t.Fatal(err)
	}
	return u.Actor(auth.ViaToken)
}

func (h *house) request(environment string, version int) deploy.Deployment {
	h.t.Helper()
	d, err := h.service.Deploy(h.t.Context(), h.maintainer, h.id, deploy.Request{Environment: environment, Ref: deploy.VersionRef{Model: "prices", Number: version}})
	if err != nil {
		h.t.Fatalf("deploying version %d to %s: %v", version, environment, err)
	}
	return d
}

func (h *house) run(d deploy.Deployment) {
	h.t.Helper()
	if err := h.service.Run(h.t.Context(), d.ID); err != nil {
		h.t.Fatalf("running deployment %d: %v", d.ID, err)
	}
}

func (h *house) deployed(environment string, version int) deploy.Deployment {
	h.t.Helper()
	d := h.request(environment, version)
	h.run(d)
	h.want(d, deploy.Success)
	return d
}

func (h *house) want(d deploy.Deployment, state deploy.State) deploy.Deployment {
	h.t.Helper()
	got, err := h.service.Deployment(h.t.Context(), h.reporter, h.id, d.ID)
	if err != nil || got.State != state {
		h.t.Fatalf("deployment %d is %s (%q), %v, want %s", d.ID, got.State, got.Error, err, state)
	}
	return got
}

// serves compares what answers, and what the environment says.
func (h *house) serves(environment string, version int) {
	h.t.Helper()
	env, err := h.service.Environment(h.t.Context(), h.reporter, h.id, environment)
	if err != nil {
		h.t.Fatal(err)
	}
	endpoint, ok := h.engine.Endpoint(env.Endpoint)
	switch {
	case version == 0 && (ok || env.Health == deploy.Ready):
		h.t.Errorf("%s serves (%v, %s), want nothing", environment, ok, env.Health)
	case version != 0 && (!ok || endpoint.Version != version || env.Health != deploy.Ready):
		h.t.Errorf("%s does not serve version %d: %+v, %s", environment, version, endpoint, env.Health)
	}
}

func TestDeploySwapRollback(t *testing.T) {
	h := build(t)
	first := h.request("staging", 1)
	if first.State != deploy.Pending || first.Username != "mia" || first.Commit != "commit-of-1" {
		t.Errorf("requested: %+v", first)
	}
	h.serves("staging", 0)
	h.run(first)
	h.run(first) // a reaction may come twice
	if got := h.want(first, deploy.Success); !got.Current || got.FinishedAt.IsZero() {
		t.Errorf("after success: %+v", got)
	}
	h.serves("staging", 1)
	second := h.deployed("staging", 2)
	h.deployed("staging", 3)
	h.serves("staging", 3)

	rollback := func() (deploy.Deployment, error) {
		return h.service.Rollback(t.Context(), h.developer, h.id, "staging", "prices look wrong", 0)
	}
	back, err := rollback()
	if err != nil || back.ModelVersion != 2 || back.Restores != second.ID || back.Reason != "prices look wrong" {
		t.Fatalf("rolling back: %+v, %v", back, err)
	}
	h.run(back)
	h.serves("staging", 2)
	if back, err = rollback(); err != nil || back.ModelVersion != 1 {
		t.Fatalf("rolling back again: %+v, %v", back, err)
	}
	h.run(back)
	h.serves("staging", 1)
	if _, err = rollback(); !fault.Is(err, fault.Conflict) {
		t.Errorf("rolling back to nothing: got %v, want a conflict", err)
	}
	list, total, err := h.service.Deployments(t.Context(), h.reporter, h.id, "staging", project.Page{})
	if err != nil || total != 5 || len(list) != 5 || !list[0].Current || list[1].Current {
		t.Errorf("history: %d of %d, %v", len(list), total, err)
	}
	if d, err := h.service.CurrentDeployment(t.Context(), h.reporter, h.id, "staging"); err != nil || d.ID != back.ID {
		t.Errorf("current: %+v, %v", d, err)
	}
}

func TestFailureLeavesTheOldVersion(t *testing.T) {
	h := build(t)
	first := h.deployed("staging", 1)
	bad := h.request("staging", 9)
	h.run(bad)
	if got := h.want(bad, deploy.Failed); !strings.Contains(got.Error, "row 1") || got.Current {
		t.Errorf("the reason %q does not name the row", got.Error)
	}
	h.serves("staging", 1)
	if got := h.want(first, deploy.Success); !got.Current {
		t.Error("the first deployment is not current any more")
	}
	// A broken machine is told to the log, and not to users.
	h.target.before = func(context.Context, deploy.Placement) error { return errors.New("disk: /var/secret unreadable") }
	bad = h.request("staging", 2)
	if err := h.service.Run(t.Context(), bad.ID); err == nil || !strings.Contains(err.Error(), "/var/secret") {
		t.Errorf("got %v, want the cause", err)
	}
	if got := h.want(bad, deploy.Failed); strings.Contains(got.Error, "secret") || got.Error == "" {
		t.Errorf("users read %q", got.Error)
	}
	h.serves("staging", 1)
}

func TestPermissions(t *testing.T) {
	h := build(t)
	h.deployed("production", 1)
	h.deployed("production", 2)
	h.deployed("staging", 1)
	h.deployed("staging", 2)
	ctx := t.Context()
	to := func(environment string) func(auth.Actor) error {
		return func(a auth.Actor) error {
			_, err := h.service.Deploy(ctx, a, h.id, deploy.Request{Environment: environment, Ref: deploy.VersionRef{Model: "prices", Number: 1}})
			return err
		}
	}
	back := func(environment string) func(auth.Actor) error {
		return func(a auth.Actor) error {
			_, err := h.service.Rollback(ctx, a, h.id, environment, "", 0)
			return err
		}
	}
	yes := true
	for name, c := range map[string]struct {
		do   func(auth.Actor) error
		need auth.Role
	}{
		"deploy to staging":          {to("staging"), auth.Developer},
		"deploy to a new place":      {to("review/x"), auth.Developer},
		"deploy to production":       {to("production"), auth.Maintainer},
		"deploy to a new production": {to("prod-eu"), auth.Maintainer},
		"roll staging back":          {back("staging"), auth.Developer},
		"roll production back":       {back("production"), auth.Maintainer},
		"make public": {func(a auth.Actor) error {
			_, err := h.service.SetEnvironment(ctx, a, h.id, "staging", deploy.Settings{Public: &yes})
			return err
		}, auth.Maintainer},
		"list": {func(a auth.Actor) error { _, err := h.service.Environments(ctx, a, h.id); return err }, auth.Reporter},
		"read": {func(a auth.Actor) error {
			_, _, err := h.service.Deployments(ctx, a, h.id, "staging", project.Page{})
			return err
		}, auth.Reporter},
		"stop":            {func(a auth.Actor) error { return h.service.Stop(ctx, a, h.id, "review/x") }, auth.Developer},
		"stop production": {func(a auth.Actor) error { return h.service.Stop(ctx, a, h.id, "production") }, auth.Maintainer},
	} {
		t.Run(name, func(t *testing.T) {
			for _, who := range []struct {
				actor auth.Actor
				role  auth.Role
			}{{h.reporter, auth.Reporter}, {h.developer, auth.Developer}, {h.maintainer, auth.Maintainer}} {
				err := c.do(who.actor)
				refused := fault.Is(err, fault.Denied)
				if refused != (who.role < c.need) {
					t.Errorf("%s: got %v", who.role, err)
				}
				if refused && !strings.Contains(err.Error(), "permission") {
					t.Errorf("%s: %q does not name the permission", who.role, err)
				}
			}
			if err := c.do(h.outsider); !fault.Is(err, fault.Missing) {
				t.Errorf("an outsider got %v, want missing", err)
			}
			if err := c.do(auth.Anonymous); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("nobody got %v, want to be asked to sign in", err)
			}
		})
	}
}

func TestARefusedDeploymentMakesNoEnvironment(t *testing.T) {
	h := build(t)
	for name, r := range map[string]deploy.Request{
		"no such version": {Environment: "staging", Ref: deploy.VersionRef{Model: "prices", Number: 77}},
		"no model":        {Environment: "staging"},
		"a bad name":      {Environment: "a b", Ref: deploy.VersionRef{Model: "prices", Number: 1}},
	} {
		if _, err := h.service.Deploy(t.Context(), h.maintainer, h.id, r); fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: got %v, want a fault", name, err)
		}
	}
	if list, err := h.service.Environments(t.Context(), h.maintainer, h.id); err != nil || len(list) != 0 {
		t.Errorf("environments: %v, %v, want none", list, err)
	}
}

func TestJobsAreRecordedByTheirToken(t *testing.T) {
	h := build(t)
	actor := h.developer
	actor.Via, actor.Job, actor.Project = auth.ViaJob, 12, int64(h.id)
	d, err := h.service.Deploy(t.Context(), actor, h.id, deploy.Request{
		Environment: "staging", Ref: deploy.VersionRef{Model: "prices", Number: 1}, Job: 99, Commit: "abc", Reason: " merge ",
	})
	if err != nil || d.Job != 12 || d.Commit != "abc" || d.Reason != "merge" {
		t.Errorf("got %+v, %v, want job 12 whatever the request says", d, err)
	}
}

func TestSettingsReachTheTarget(t *testing.T) {
	h := build(t)
	h.deployed("staging", 1)
	yes := true
	env, err := h.service.SetEnvironment(t.Context(), h.maintainer, h.id, "staging", deploy.Settings{Public: &yes})
	if err != nil || !env.Public {
		t.Fatalf("got %+v, %v", env, err)
	}
	if err := h.service.Refresh(t.Context(), env.ID); err != nil {
		t.Fatal(err)
	}
	if endpoint, ok := h.engine.Endpoint(env.Endpoint); !ok || !endpoint.Public || endpoint.Version != 1 {
		t.Errorf("endpoint %+v, want version 1 in public", endpoint)
	}
	if err := h.service.Stop(t.Context(), h.maintainer, h.id, "staging"); err != nil {
		t.Fatal(err)
	}
	if err := h.service.Refresh(t.Context(), env.ID); err != nil {
		t.Fatal(err)
	}
	h.serves("staging", 0)
	if _, err := h.service.CreateEnvironment(t.Context(), h.maintainer, h.id, "production", deploy.Settings{Public: &yes}); err != nil {
		t.Fatal(err)
	}
	h.deployed("production", 2)
	if endpoint, ok := h.engine.Endpoint("house-prices.model.production"); !ok || !endpoint.Public {
		t.Errorf("endpoint %+v, want it public from the start", endpoint)
	}
	if _, err := h.service.CreateEnvironment(t.Context(), h.maintainer, h.id, "production", deploy.Settings{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same environment again: got %v, want a conflict", err)
	}
}

func TestRestore(t *testing.T) {
	h := build(t)
	h.deployed("staging", 1)
	h.deployed("production", 2)
	h.deployed("testing", 3)

	// The server dies while version 2 goes to staging, and never comes to the
	// deployment to testing.
	interrupted, waiting := h.request("staging", 2), h.request("testing", 1)
	ctx, kill := context.WithCancel(t.Context())
	h.target.before = func(ctx context.Context, _ deploy.Placement) error { kill(); return ctx.Err() }
	if err := h.service.Run(ctx, interrupted.ID); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want to be interrupted", err)
	}
	h.want(interrupted, deploy.Running)

	delete(h.packages, 2) // production's package is lost meanwhile
	h.packages[2] = servetest.Broken(t, 2)
	h.restart()
	if err := h.service.Restore(t.Context()); err == nil || !strings.Contains(err.Error(), "production") {
		t.Errorf("restoring: got %v, want to hear of production", err)
	}
	h.serves("staging", 1) // version 2 cannot be applied any more
	h.want(interrupted, deploy.Failed)
	h.serves("testing", 1)
	h.want(waiting, deploy.Success)
	env, err := h.service.Environment(t.Context(), h.reporter, h.id, "production")
	if err != nil || env.Health != deploy.Broken || env.Problem == "" {
		t.Errorf("production: %+v, %v, want it failed, with the reason", env, err)
	}

	h.packages[2] = servetest.Package(t, servetest.Houses(2))
	h.restart()
	if err := h.service.Restore(t.Context()); err != nil {
		t.Errorf("restoring with everything in place: %v", err)
	}
	h.serves("production", 2)
}

func TestOlderDeploymentsDoNotOvertake(t *testing.T) {
	h := build(t)
	old := h.request("staging", 1)
	h.deployed("staging", 2)
	h.run(old)
	if got := h.want(old, deploy.Superseded); !strings.Contains(got.Error, "already serves") {
		t.Errorf("reason %q", got.Error)
	}
	h.serves("staging", 2)
}

func TestOneDeploymentAtATime(t *testing.T) {
	h := build(t)
	var mu sync.Mutex
	inside := 0
	h.target.before = func(context.Context, deploy.Placement) error {
		mu.Lock()
		defer mu.Unlock()
		if inside++; inside > 1 {
			t.Error("two deployments of one environment at once")
		}
		return nil
	}
	leave := h.target.Target
	h.target.Target = leaving{leave, func() { mu.Lock(); inside--; mu.Unlock() }}
	var all sync.WaitGroup
	for i := range 12 {
		d := h.request("staging", 1+i%3)
		all.Go(func() {
			if err := h.service.Run(t.Context(), d.ID); err != nil {
				t.Errorf("deployment %d: %v", d.ID, err)
			}
		})
	}
	all.Wait()
	if d, err := h.service.CurrentDeployment(t.Context(), h.reporter, h.id, "staging"); err != nil || !d.State.Done() {
		t.Errorf("current: %+v, %v", d, err)
	}
}

type leaving struct {
	deploy.Target
	left func()
}

func (l leaving) Apply(ctx context.Context, p deploy.Placement) error {
	defer l.left()
	return l.Target.Apply(ctx, p)
}

func TestForget(t *testing.T) {
	h := build(t)
	h.deployed("staging", 1)
	if err := h.projects.Delete(t.Context(), h.maintainer, h.id); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.service.Forget(t.Context(), h.id); err != nil {
			t.Fatal(err)
		}
	}
	if list := h.engine.Endpoints(); len(list) != 0 {
		t.Errorf("endpoints %v, want none", list)
	}
}

func TestEventKinds(t *testing.T) {
	kinds := map[string]bool{}
	for _, e := range []event.Event{deploy.Requested{}, deploy.Started{}, deploy.Finished{}, deploy.EnvironmentChanged{}} {
		if kinds[e.EventKind()] || !strings.HasPrefix(e.EventKind(), "deploy.") {
			t.Errorf("kind %s is taken or foreign", e.EventKind())
		}
		kinds[e.EventKind()] = true
	}
}
