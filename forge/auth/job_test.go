package auth_test

import (
	"testing"

	"dasier/fault"
	"dasier/forge/auth"
)

func TestAJobActsAsItsUserIsNow(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ada := d.person("ada")
	root, err := d.keep.CreateUser(ctx, auth.User{Username: "root", Email: "root@example.org", Admin: true, CreatedAt: d.now}, "")
	must(t, err)
	gone, err := d.keep.CreateUser(ctx, auth.User{Username: "gone", Email: "gone@example.org", Blocked: true, CreatedAt: d.now}, "")
	must(t, err)
	job := func(u auth.UserID) auth.Actor {
		return auth.Actor{User: u, Username: "as it was", Via: auth.ViaJob, Project: 7, Job: 9}
	}
	for _, u := range []auth.User{ada, root} {
		got, err := d.ByJob(ctx, job(u.ID))
		if err != nil || got.Admin != u.Admin || got.Username != u.Username || got.Project != 7 || got.Job != 9 || got.Via != auth.ViaJob {
			t.Errorf("%s's job is %+v, %v", u.Username, got, err)
		}
	}
	for _, id := range []auth.UserID{gone.ID, 99} {
		_, err := d.ByJob(ctx, job(id))
		expect(t, err, fault.Unauthenticated, "blocked or gone")
	}
	// What administrators alone may is not for their jobs.
	admins, err := d.ByJob(ctx, job(root.ID))
	must(t, err)
	_, err = d.CreateUser(ctx, admins, auth.Registration{Username: "eve", Email: "eve@example.org", Password: password})
	expect(t, err, fault.Denied)
	_, _, err = d.IssueToken(ctx, admins, "ada", "x", []auth.Scope{auth.ScopeAPI}, nil)
	expect(t, err, fault.Denied)
	expect(t, d.SetPassword(ctx, admins, root.ID, password), fault.Denied)
	_, _, err = d.Users(ctx, admins, "", 0, 10)
	expect(t, err, fault.Denied, "cannot list users")
}

// TestSetupAfterwardsHashesNothing: a stranger's attempt ends before its
// password is even looked at.
func TestSetupAfterwardsHashesNothing(t *testing.T) {
	d := newDesk(t)
	d.person("ada")
	_, err := d.Setup(t.Context(), auth.SetupPrefix+"x", "a", auth.Registration{Username: "eve", Email: "eve@example.org", Password: "short"})
	expect(t, err, fault.Conflict, "sign in")
}
