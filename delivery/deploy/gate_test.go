package deploy_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// ci is the CI jobs of a test.
type ci struct {
	origins map[int64]deploy.Origin
	played  []int64
	refuse  error
}

func (c *ci) Origin(_ context.Context, _ project.ID, job int64) (deploy.Origin, error) {
	o, ok := c.origins[job]
	if !ok {
		return o, fault.Errorf(fault.Missing, "no job %d", job)
	}
	return o, nil
}

func (c *ci) Play(_ context.Context, _ auth.Actor, _ project.ID, job int64) error {
	if c.refuse != nil {
		return c.refuse
	}
	c.played = append(c.played, job)
	return nil
}

// gated is a house whose production asks for so many approvals.
func gated(t *testing.T, approvals int) (*house, *ci) {
	t.Helper()
	h, jobs := build(t), &ci{origins: map[int64]deploy.Origin{}}
	h.service = deploy.New(h.store.Deploy(), h.projects, h.packages, h.target, deploy.Config{Jobs: jobs})
	on := true
	if _, err := h.service.SetEnvironment(t.Context(), h.maintainer, h.id, "production", deploy.Settings{}); !fault.Is(err, fault.Missing) {
		t.Fatalf("an environment that is not there: %v", err)
	}
	if _, err := h.service.CreateEnvironment(t.Context(), h.maintainer, h.id, "production", deploy.Settings{Protected: &on, Approvals: &approvals}); err != nil {
		t.Fatal(err)
	}
	return h, jobs
}

func (h *house) another(name string) auth.Actor {
	h.t.Helper()
	actor := h.user(name)
	if err := h.projects.SetMember(h.t.Context(), h.maintainer, h.id, actor.User, auth.Maintainer); err != nil {
		h.t.Fatal(err)
	}
	return actor
}

func TestApprovals(t *testing.T) {
	h, _ := gated(t, 2)
	ctx := t.Context()
	second, third := h.another("max"), h.another("moe")
	d := h.request("production", 1)
	if d.State != deploy.Blocked || d.Needed != 2 {
		t.Fatalf("got %+v, want it blocked", d)
	}
	h.run(d) // a reaction that comes anyway does nothing
	h.want(d, deploy.Blocked)
	refused := func(who string, err error, kind fault.Kind, says string) {
		t.Helper()
		if !fault.Is(err, kind) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %s with %q", who, err, kind, says)
		}
	}
	_, err := h.service.Approve(ctx, h.maintainer, h.id, d.ID, "")
	refused("who asked", err, fault.Denied, "somebody else must approve")
	_, err = h.service.Approve(ctx, h.developer, h.id, d.ID, "")
	refused("a developer", err, fault.Denied, "approve_deployment")
	_, err = h.service.Approve(ctx, h.outsider, h.id, d.ID, "")
	refused("an outsider", err, fault.Missing, "")
	robot := second
	robot.Via, robot.Job, robot.Project = auth.ViaJob, 7, int64(h.id)
	_, err = h.service.Approve(ctx, robot, h.id, d.ID, "")
	refused("a job", err, fault.Denied, "")
	if mine, err := h.service.Waiting(ctx, second); err != nil || len(mine) != 1 {
		t.Errorf("what waits for %s: %v, %v", second.Username, mine, err)
	}
	if d, err = h.service.Approve(ctx, second, h.id, d.ID, "looks good"); err != nil || d.State != deploy.Blocked {
		t.Fatalf("the first approval: %+v, %v", d, err)
	}
	_, err = h.service.Approve(ctx, second, h.id, d.ID, "")
	refused("again", err, fault.Denied, "already")
	if mine, err := h.service.Waiting(ctx, second); err != nil || len(mine) != 0 {
		t.Errorf("what still waits for %s: %v, %v", second.Username, mine, err)
	}
	if d, err = h.service.Approve(ctx, third, h.id, d.ID, ""); err != nil || d.State != deploy.Pending {
		t.Fatalf("the last approval: %+v, %v", d, err)
	}
	h.run(d)
	done := h.want(d, deploy.Success)
	if len(done.Approvals) != 2 || done.Approvals[0].Comment != "looks good" {
		t.Errorf("the history says %+v", done.Approvals)
	}
	h.serves("production", 1)
}

func TestRejectAndSupersede(t *testing.T) {
	h, _ := gated(t, 1)
	ctx := t.Context()
	second := h.another("max")
	first, old := h.request("production", 1), h.request("production", 2)
	if _, err := h.service.Reject(ctx, second, h.id, first.ID, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a reason: got %v", err)
	}
	got, err := h.service.Reject(ctx, second, h.id, first.ID, "not on a Friday")
	if err != nil || got.State != deploy.Rejected || !strings.Contains(got.Error, "not on a Friday") {
		t.Errorf("rejected: %+v, %v", got, err)
	}
	if _, err := h.service.Approve(ctx, second, h.id, first.ID, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("approving what was rejected: got %v", err)
	}
	// Their own, people may take back.
	own := h.request("production", 1)
	if got, err := h.service.Reject(ctx, h.maintainer, h.id, own.ID, "a mistake"); err != nil || got.State != deploy.Rejected {
		t.Errorf("taken back: %+v, %v", got, err)
	}
	young := h.request("production", 3)
	if _, err := h.service.Approve(ctx, second, h.id, young.ID, ""); err != nil {
		t.Fatal(err)
	}
	h.run(young)
	if got := h.want(old, deploy.Superseded); !got.State.Done() {
		t.Error("superseded is not the end")
	}
	h.serves("production", 3)
	// Going back needs no approvals: there is nothing to go back to yet, and then there is.
	next := h.request("production", 1)
	if _, err := h.service.Approve(ctx, second, h.id, next.ID, ""); err != nil {
		t.Fatal(err)
	}
	h.run(next)
	back, err := h.service.Rollback(ctx, h.maintainer, h.id, "production", "worse", young.ID)
	if err != nil || back.State != deploy.Pending || back.ModelVersion != 3 {
		t.Fatalf("going back: %+v, %v", back, err)
	}
	h.run(back)
	h.serves("production", 3)
	if _, err := h.service.Rollback(ctx, h.maintainer, h.id, "production", "x", old.ID); !fault.Is(err, fault.Missing) {
		t.Errorf("back to what never served: got %v", err)
	}
}

func TestBreakGlass(t *testing.T) {
	h, _ := gated(t, 1)
	ctx := t.Context()
	d := h.request("production", 1)
	const why = "production is down, nobody is awake"
	if _, err := h.service.BreakGlass(ctx, h.maintainer, h.id, d.ID, "now"); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a sentence: got %v", err)
	}
	if _, err := h.service.BreakGlass(ctx, h.developer, h.id, d.ID, why); !fault.Is(err, fault.Denied) {
		t.Errorf("a developer: got %v", err)
	}
	got, err := h.service.BreakGlass(ctx, h.maintainer, h.id, d.ID, why)
	if err != nil || got.State != deploy.Pending || !got.BreakGlass {
		t.Fatalf("got %+v, %v", got, err)
	}
	h.run(d)
	if got := h.want(d, deploy.Success); !got.BreakGlass {
		t.Error("the history does not say so")
	}
	if again, err := h.service.Deploy(ctx, h.maintainer, h.id, deploy.Request{
		Environment: "production", Ref: deploy.VersionRef{Model: "prices", Number: 2}, BreakGlass: why,
	}); err != nil || again.State != deploy.Pending || !again.BreakGlass {
		t.Errorf("asked for at once: %+v, %v", again, err)
	}
	events := alarms(t, h)
	if len(events) != 2 || !strings.Contains(events[0], why) || !strings.Contains(events[0], `"alarm":true`) {
		t.Errorf("the audit log gets %v", events)
	}
}

// alarms are the acts that the outbox has of broken glass.
func alarms(t *testing.T, h *house) []string {
	t.Helper()
	rows, err := h.store.DB().QueryContext(t.Context(), `SELECT payload FROM events WHERE kind = 'audit.act' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "broke_glass") {
			found = append(found, text)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// A job of a branch that is not protected does not reach a protected
// environment, whoever started it.
func TestJobsAndProtection(t *testing.T) {
	h, jobs := gated(t, 0)
	ctx := t.Context()
	jobs.origins[5] = deploy.Origin{Ref: "feature", Commit: "abc"}
	jobs.origins[6] = deploy.Origin{Ref: "main", Protected: true, Commit: "def"}
	job := func(id int64) auth.Actor {
		a := h.maintainer
		a.Via, a.Job, a.Project = auth.ViaJob, id, int64(h.id)
		return a
	}
	ask := func(actor auth.Actor, environment string) (deploy.Deployment, error) {
		return h.service.Deploy(ctx, actor, h.id, deploy.Request{Environment: environment, Ref: deploy.VersionRef{Model: "prices", Number: 1}})
	}
	if _, err := ask(job(5), "production"); !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "feature") {
		t.Errorf("a job of a feature branch: got %v", err)
	}
	if _, err := ask(job(5), "staging"); err != nil {
		t.Errorf("to staging: got %v", err)
	}
	d, err := ask(job(6), "production")
	if err != nil || d.Origin.Ref != "main" || d.Job != 6 {
		t.Errorf("a job of a protected branch: %+v, %v", d, err)
	}
	h.run(d)
	if _, err := h.service.Rollback(ctx, job(5), h.id, "production", "x", 0); !fault.Is(err, fault.Denied) {
		t.Errorf("a roll-back by a job of a feature branch: got %v", err)
	}
	if err := h.service.MayDeploy(ctx, h.developer, h.id, "production"); !fault.Is(err, fault.Denied) {
		t.Errorf("playing a job of production as a developer: got %v", err)
	}
	role := auth.Developer
	if _, err := h.service.SetEnvironment(ctx, h.maintainer, h.id, "production", deploy.Settings{DeployRole: &role}); err != nil {
		t.Fatal(err)
	}
	if err := h.service.MayDeploy(ctx, h.developer, h.id, "production"); err != nil {
		t.Errorf("a developer where developers may: got %v", err)
	}
}

func TestPreviewsEnd(t *testing.T) {
	h, jobs := gated(t, 0)
	ctx := t.Context()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	h.service = deploy.New(h.store.Deploy(), h.projects, h.packages, h.target, deploy.Config{Jobs: jobs, Now: func() time.Time { return now }})
	jobs.origins[1] = deploy.Origin{Ref: "new-form", Environment: "review/a", Action: "start", OnStop: 11}
	jobs.origins[2] = deploy.Origin{Ref: "new-form", Environment: "review/b", Action: "start"}
	jobs.origins[3] = deploy.Origin{Ref: "new-form", Environment: "staging", Action: "start"}
	jobs.origins[4] = deploy.Origin{Ref: "other", Environment: "review/d", Action: "start", AutoStopIn: time.Hour}
	for id, name := range map[int64]string{1: "review/a", 2: "review/b", 3: "staging", 4: "review/d"} {
		actor := h.developer
		actor.Via, actor.Job, actor.Project = auth.ViaJob, id, int64(h.id)
		d, err := h.service.Deploy(ctx, actor, h.id, deploy.Request{Environment: name, Ref: deploy.VersionRef{Model: "prices", Number: 1}})
		if err != nil {
			t.Fatal(err)
		}
		h.run(d)
	}
	stopped := func(name string) bool {
		t.Helper()
		env, err := h.service.Environment(ctx, h.maintainer, h.id, name)
		if err != nil {
			t.Fatal(err)
		}
		return env.Stopped && env.Current == 0
	}
	if err := h.service.BranchDeleted(ctx, h.id, "new-form"); err != nil {
		t.Fatal(err)
	}
	if len(jobs.played) != 1 || jobs.played[0] != 11 || stopped("review/a") {
		t.Errorf("the job that takes review/a down: played %v", jobs.played)
	}
	if !stopped("review/b") || stopped("staging") || stopped("review/d") {
		t.Error("the branch's end stopped the wrong environments")
	}
	if err := h.service.Stopped(ctx, auth.System("ci"), h.id, "review/a", 11); err != nil || !stopped("review/a") {
		t.Errorf("after its job: %v", err)
	}
	if err := h.service.Sweep(ctx); err != nil || stopped("review/d") {
		t.Errorf("before its time: %v", err)
	}
	now = now.Add(time.Hour)
	if err := h.service.Sweep(ctx); err != nil || !stopped("review/d") {
		t.Errorf("after its time: %v", err)
	}
	if err := h.service.Delete(ctx, h.maintainer, h.id, "staging"); !fault.Is(err, fault.Conflict) {
		t.Errorf("deleting what serves: got %v", err)
	}
	if err := h.service.Delete(ctx, h.maintainer, h.id, "review/b"); err != nil {
		t.Error(err)
	}
	if _, err := h.service.Environment(ctx, h.maintainer, h.id, "review/b"); !fault.Is(err, fault.Missing) {
		t.Errorf("after deleting: got %v", err)
	}
	// One that its job cannot take down is stopped all the same.
	jobs.refuse = fault.Errorf(fault.Conflict, "the job is not manual any more")
	again := h.developer
	again.Via, again.Job, again.Project = auth.ViaJob, 1, int64(h.id)
	d, err := h.service.Deploy(ctx, again, h.id, deploy.Request{Environment: "review/a", Ref: deploy.VersionRef{Model: "prices", Number: 2}})
	if err != nil {
		t.Fatal(err)
	}
	h.run(d)
	if stopped("review/a") {
		t.Error("a new deployment did not bring it back")
	}
	if err := h.service.Stop(ctx, h.developer, h.id, "review/a"); err != nil || !stopped("review/a") {
		t.Errorf("stopping without the job: %v", err)
	}
}
