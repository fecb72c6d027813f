package auth_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// acts are the audit log's lines so far, as "action target reason".
func (d *desk) acts() []event.Act {
	d.t.Helper()
	recorded, err := d.data.Undelivered(d.t.Context(), 1000)
	must(d.t, err)
	var acts []event.Act
	for _, r := range recorded {
		if r.Kind == (event.Act{}).EventKind() {
			var a event.Act
			must(d.t, json.Unmarshal(r.Payload, &a))
			acts = append(acts, a)
		}
	}
	return acts
}

func (d *desk) lines(action string) []event.Act {
	d.t.Helper()
	var found []event.Act
	for _, a := range d.acts() {
		if a.Action == action {
			found = append(found, a)
		}
	}
	return found
}

// TestABlockEndsEverything at once: session, password, tokens, jobs. What was a
// session before does not come back with the user.
func TestABlockEndsEverything(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	root, eve := d.person("root"), d.person("eve")
	_, err := d.UpdateUser(ctx, auth.System("shell"), "root", auth.Change{Admin: new(true)})
	must(t, err)
	admin := root.Actor(auth.ViaSession)
	admin.Admin = true
	_, secret, err := d.CreateToken(ctx, eve.Actor(auth.ViaSession), "x", []auth.Scope{auth.ScopeAPI}, nil)
	must(t, err)
	stamp, err := d.Stamp(ctx, eve.ID)
	must(t, err)
	job := auth.Actor{User: eve.ID, Via: auth.ViaJob, Project: 1, Job: 1}

	u, err := d.UpdateUser(ctx, admin, "EVE", auth.Change{Blocked: new(true)})
	must(t, err)
	if !u.Blocked {
		t.Errorf("blocked is %+v", u)
	}
	if got, err := d.SignedIn(ctx, eve.ID, stamp); err != nil || got.SignedIn() {
		t.Errorf("the session goes on: %+v, %v", got, err)
	}
	_, err = d.ByToken(ctx, secret, "a")
	expect(t, err, fault.Unauthenticated, "blocked")
	_, err = d.ByJob(ctx, job)
	expect(t, err, fault.Unauthenticated, "blocked")
	_, err = d.SignIn(ctx, "eve", password, "a")
	expect(t, err, fault.Unauthenticated, "wrong")
	_, err = d.ByPassword(ctx, "eve", password, "a")
	expect(t, err, fault.Unauthenticated, "wrong")

	_, err = d.UpdateUser(ctx, admin, "eve", auth.Change{Blocked: new(false)})
	must(t, err)
	if got, err := d.SignedIn(ctx, eve.ID, stamp); err != nil || got.SignedIn() {
		t.Errorf("an old session is back: %+v, %v", got, err)
	}
	_, err = d.ByToken(ctx, secret, "a")
	must(t, err)
	for _, action := range []string{"user.blocked", "user.unblocked"} {
		if lines := d.lines(action); len(lines) != 1 || lines[0].Target != "eve" || lines[0].Username != "root" {
			t.Errorf("%s: %+v", action, lines)
		}
	}
}

func TestOnlyAdministratorsChangePeople(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada, bob := d.person("ada"), d.person("bob")
	narrow := ada.Actor(auth.ViaToken)
	narrow.Admin, narrow.Scopes = true, []auth.Scope{auth.ScopeReadAPI}
	job := ada.Actor(auth.ViaJob)
	job.Admin = true
	deploy := auth.Actor{Username: "token:x", Via: auth.ViaDeploy, Project: 1, Role: auth.Maintainer}
	for _, actor := range []auth.Actor{auth.Anonymous, ada.Actor(auth.ViaSession), narrow, job, deploy} {
		for _, change := range []auth.Change{{Admin: new(true)}, {Blocked: new(true)}, {Email: new("evil@example.org")}} {
			if _, err := d.UpdateUser(ctx, actor, "bob", change); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%+v: %v", actor, err)
			}
		}
		if err := d.SetPassword(ctx, actor, bob.ID, "another password"); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%+v set a password: %v", actor, err)
		}
	}
	expect(t, d.SetPassword(ctx, deploy, 0, "another password"), fault.Denied) // nor nobody's
	shell := auth.System("shell")
	u, err := d.UpdateUser(ctx, shell, "ada", auth.Change{Name: new(" Ada L. "), Email: new("l@example.org"), Admin: new(true)})
	must(t, err)
	if u.Name != "Ada L." || u.Email != "l@example.org" || !u.Admin {
		t.Errorf("changed to %+v", u)
	}
	lines := d.lines("user.changed")
	if len(lines) != 1 || fmt.Sprint(lines[0].Before) != "map[admin:false email:ada@example.org name:ada]" || fmt.Sprint(lines[0].After) != "map[admin:true email:l@example.org name:Ada L.]" {
		t.Errorf("the log says %+v", lines)
	}
	_, err = d.UpdateUser(ctx, shell, "ada", auth.Change{Admin: new(true)})
	must(t, err)
	if len(d.lines("user.changed")) != 1 {
		t.Error("no change has a line")
	}
	admin := u.Actor(auth.ViaSession)
	for _, change := range []auth.Change{{Admin: new(false)}, {Blocked: new(true)}} {
		_, err = d.UpdateUser(ctx, admin, "ada", change)
		expect(t, err, fault.Conflict, "cannot block yourself")
		_, err = d.UpdateUser(ctx, shell, "ada", change)
		expect(t, err, fault.Conflict, "without an administrator")
	}
	for _, change := range []auth.Change{{Email: new("none")}, {Name: new(strings.Repeat("x", 256))}} {
		_, err = d.UpdateUser(ctx, admin, "bob", change)
		expect(t, err, fault.Invalid)
	}
	_, err = d.UpdateUser(ctx, admin, "bob@example.org", auth.Change{Blocked: new(true)})
	expect(t, err, fault.Missing) // users are named, not their addresses
}

// TestTheLogHearsOfSignIns: a line for each success, and one per network and
// minute for failures, without what was typed unless it is a user.
func TestTheLogHearsOfSignIns(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.person("ada")
	for range 5 {
		_, err := d.SignIn(ctx, "my secret password", "x", "2001:db8::1")
		expect(t, err, fault.Unauthenticated)
		_, err = d.SignIn(ctx, "ada", "wrong password", "2001:db8::2")
		expect(t, err, fault.Unauthenticated)
		_, err = d.ByPassword(ctx, "ada", "wrong password", "192.0.2.1")
		expect(t, err, fault.Unauthenticated)
	}
	failed := d.lines("sign_in.failed")
	if len(failed) != 2 || failed[0].Target != "" || failed[0].Reason != "no such user" || failed[0].Address != "2001:db8::1" ||
		failed[1].Target != "ada" || failed[1].Reason != "wrong password" || failed[1].Address != "192.0.2.1" {
		t.Errorf("the log says %+v", failed)
	}
	d.now = d.now.Add(10 * time.Minute)
	_, err := d.SignIn(ctx, "ada", "wrong password", "192.0.2.1")
	expect(t, err, fault.Unauthenticated)
	if len(d.lines("sign_in.failed")) != 3 {
		t.Error("an attack that goes on has no line")
	}
	for range 3 {
		_, err = d.SignIn(ctx, "ada", password, "192.0.2.7")
		must(t, err)
		_, err = d.ByPassword(ctx, "ada", password, "192.0.2.8") // git, again and again
		must(t, err)
	}
	if in := d.lines("sign_in.succeeded"); len(in) != 4 || in[0].Username != "ada" || in[0].Address != "192.0.2.7" || in[0].Via != "session" || in[1].Via != "password" {
		t.Errorf("the log says %+v", in)
	}
	for _, a := range d.acts() {
		text, err := json.Marshal(a)
		must(t, err)
		if strings.Contains(string(text), password) || strings.Contains(string(text), "my secret") {
			t.Errorf("the log knows a password: %s", text)
		}
	}
}

// TestGuessesOfOneNetworkAreOnes: whoever has a /64 has many addresses.
func TestGuessesOfOneNetworkAreOnes(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.person("ada")
	for i := range 10 {
		_, err := d.SignIn(ctx, fmt.Sprint("nobody", i), "x", fmt.Sprintf("2001:db8::%x", i))
		expect(t, err, fault.Unauthenticated)
	}
	_, err := d.SignIn(ctx, "ada", password, "2001:db8::ffff")
	expect(t, err, fault.Limited)
	_, err = d.ByPassword(ctx, "ada", password, "2001:db8::fffe")
	expect(t, err, fault.Limited)
	_, err = d.SignIn(ctx, "ada", password, "2001:db8:0:1::1")
	must(t, err)
}

func TestTokensHaveLines(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada := d.person("ada").Actor(auth.ViaSession)
	token, secret, err := d.CreateToken(ctx, ada, "ci", []auth.Scope{auth.ScopeAPI}, nil)
	must(t, err)
	must(t, d.RevokeToken(ctx, ada, token.ID))
	_, issued, err := d.IssueToken(ctx, auth.System("shell"), "ada", "backup", []auth.Scope{auth.ScopeReadAPI}, nil)
	must(t, err)
	made, gone := d.lines("token.created"), d.lines("token.revoked")
	if len(made) != 2 || made[0].Target != "ci" || made[0].Username != "ada" || made[1].Username != "system:shell" || !strings.Contains(fmt.Sprint(made[1].After), "user:ada") || len(gone) != 1 {
		t.Errorf("the log says %+v and %+v", made, gone)
	}
	for _, a := range d.acts() {
		text, err := json.Marshal(a)
		must(t, err)
		for _, s := range []string{secret, issued, auth.HashSecret(secret)} {
			if strings.Contains(string(text), s) {
				t.Errorf("the log knows a secret: %s", text)
			}
		}
	}
}

// TestAProjectsTokenIsNoPerson: it is one role in one project, until it ends,
// and so are the jobs of its pushes.
func TestAProjectsTokenIsNoPerson(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada := d.person("ada").Actor(auth.ViaSession)
	projects := project.New(d.data.Project())
	p, err := projects.Create(ctx, ada, project.Project{Namespace: "ada", Name: "own"})
	must(t, err)
	expires := time.Now().Add(time.Hour)
	d.now = time.Now()
	token, secret, err := projects.CreateToken(ctx, ada, p.ID, auth.ProjectToken{Name: "Ship it", Role: auth.Developer, Scopes: []auth.Scope{auth.ScopeWriteRepository}, ExpiresAt: &expires})
	must(t, err)
	actor, err := d.ByToken(ctx, secret, "a")
	must(t, err)
	if actor.User != 0 || actor.Username != "token:Ship it" || actor.Via != auth.ViaDeploy || actor.Project != int64(p.ID) || actor.Role != auth.Developer || actor.Admin || !actor.SignedIn() || actor.Person() {
		t.Errorf("it is %+v", actor)
	}
	_, _, err = d.CreateToken(ctx, actor, "x", []auth.Scope{auth.ScopeAPI}, nil)
	expect(t, err, fault.Denied)
	_, _, err = d.Users(ctx, auth.Actor{Via: auth.ViaDeploy, Project: 1}, "", 0, 10)
	expect(t, err, fault.Denied)
	job := auth.Actor{Username: actor.Username, Via: auth.ViaJob, Project: int64(p.ID), Job: 3}
	got, err := d.ByJob(ctx, job)
	if err != nil || got.Role != auth.Developer || got.User != 0 || got.Admin {
		t.Errorf("its job is %+v, %v", got, err)
	}
	elsewhere := job
	elsewhere.Project++
	_, err = d.ByJob(ctx, elsewhere)
	expect(t, err, fault.Unauthenticated)
	d.now = d.now.Add(2 * time.Hour)
	_, err = d.ByToken(ctx, secret, "a")
	expect(t, err, fault.Unauthenticated, "expired")
	_, err = d.ByJob(ctx, job)
	expect(t, err, fault.Unauthenticated, "expired or was revoked")
	d.now = d.now.Add(-2 * time.Hour)
	must(t, projects.RevokeToken(ctx, ada, p.ID, token.ID))
	_, err = d.ByToken(ctx, secret, "a")
	expect(t, err, fault.Unauthenticated, "revoked")
	_, err = d.ByJob(ctx, job)
	expect(t, err, fault.Unauthenticated)
	// A user cannot be named so that their jobs count as a token's.
	_, err = d.CreateUser(ctx, auth.System("x"), auth.Registration{Username: "token:Ship it", Email: "t@example.org", Password: password})
	expect(t, err, fault.Invalid)
}
