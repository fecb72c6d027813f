package merge_test

import (
	"context"
	"testing"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/repo"
	"dasier/git"
)

// forge puts a commit on a branch that says somebody else made it, pushed by the
// actor.
func (b *bench) forge(actor auth.Actor, branch, path string) {
	b.t.Helper()
	ctx, head := b.t.Context(), b.head(branch)
	tree, err := b.git.EditTree(ctx, head, edits(map[string]string{path: "evil\n"}))
	must(b.t, err)
	somebody := git.Identity{Name: "Somebody", Email: "somebody@example.org"}
	sha, err := b.git.CommitTree(ctx, tree, []string{head}, "forged", somebody)
	must(b.t, err)
	// A branch of its own brings the objects; the move is the actor's.
	_, err = b.repos.Land(ctx, actor, b.id, repo.Landing{
		Head: sha, Source: "elsewhere", Target: branch, Method: repo.FastForward, Own: true,
		Check: func(_ context.Context, _ string) error { return nil },
	})
	must(b.t, err)
	b.react()
}

// tokenOf makes a token of the project and acts as it.
func (b *bench) tokenOf(maker string) auth.Actor {
	b.t.Helper()
	_, secret, err := b.projects.CreateToken(b.t.Context(), b.as(maker), b.id, auth.ProjectToken{
		Name: "robot of " + maker, Role: auth.Developer, Scopes: []auth.Scope{auth.ScopeWriteRepository},
	})
	must(b.t, err)
	actor, err := b.auth.ByToken(b.t.Context(), secret, "192.0.2.1")
	must(b.t, err)
	return actor
}

// A maintainer's token of the project pushes for the maintainer, whatever the
// commits say and whoever opens the request.
func TestTokenPushesForItsMaker(t *testing.T) {
	b := newBench(t)
	b.gate(repo.Protection{Approvals: 1})
	robot := b.tokenOf("maintainer")
	if robot.Maker != b.users["maintainer"].ID || robot.User != 0 {
		t.Fatalf("the token acts as %+v", robot)
	}
	b.forge(robot, "topic", "before")
	r := b.open("developer", "topic")
	refused(t, "before the request was opened", b.approve("maintainer", r), fault.Denied, "nobody approves their own")

	b.branch("developer", "later", "main")
	b.push("developer", "later", "a", "1\n")
	r = b.open("developer", "later")
	must(t, b.approve("maintainer2", r))
	must(t, b.approve("maintainer", r))
	b.forge(robot, "later", "after")
	refused(t, "while it is open", b.approve("maintainer", r), fault.Denied, "nobody approves their own")
	must(t, b.approve("maintainer2", r))
}

// A new address makes nobody another person.
func TestNewAddressIsTheSamePerson(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.gate(repo.Protection{Approvals: 1})
	b.forge(b.as("maintainer"), "topic", "a")
	r := b.open("developer", "topic")
	address := "someone.else@example.org"
	_, err := b.auth.UpdateUser(ctx, auth.System("test"), "maintainer", auth.Change{Email: &address})
	must(t, err)
	refused(t, "after a change of address", b.approve("maintainer", r), fault.Denied, "nobody approves their own")
}

// What landed in development under a false name is known on its way to production.
func TestForgeryIsKnownAfterLanding(t *testing.T) {
	for _, method := range repo.Methods {
		t.Run(string(method), func(t *testing.T) {
			b, ctx := newBench(t), t.Context()
			b.method(method)
			b.gate(repo.Protection{Approvals: 1})
			b.branch("owner", "development", "main")
			b.forge(b.as("maintainer"), "topic", "a")
			feature := b.openInto("developer", "topic", "development", b.react)
			_, err := b.merge("maintainer2", feature)
			must(t, err)
			must(t, b.repos.DeleteBranch(ctx, b.as("developer"), b.id, "topic", ""))
			b.react()
			release := b.openInto("dev2", "development", "main", b.react)
			refused(t, "who pushed it", b.approve("maintainer", release), fault.Denied, "nobody approves their own")
			refused(t, "who offered it", b.approve("developer", release), fault.Denied, "nobody approves their own")
			must(t, b.approve("maintainer2", release)) // who landed it added nothing

			// Into one more branch, and from there.
			b.branch("dev2", "next", "main")
			next := b.openInto("dev2", "development", "next", b.react)
			_, err = b.merge("owner", next)
			must(t, err)
			second := b.openInto("dev2", "next", "main", b.react)
			refused(t, "two landings later", b.approve("maintainer", second), fault.Denied, "nobody approves their own")
		})
	}
}

// Update and rebase bring in what is on the target: where nobody has looked at
// that, they are no way to push under no name.
func TestUpdateIsNoWayRound(t *testing.T) {
	for name, do := range map[string]func(b *bench, r merge.Request) error{
		"update": func(b *bench, r merge.Request) error {
			_, err := b.merges.Update(b.t.Context(), b.as("maintainer"), b.id, r.Number)
			return err
		},
		"rebase": func(b *bench, r merge.Request) error {
			_, err := b.merges.Rebase(b.t.Context(), b.as("maintainer"), b.id, r.Number)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.gate(repo.Protection{Approvals: 1})
			b.push("developer", "topic", "a", "1\n")
			b.branch("maintainer", "evil", "main")
			b.forge(b.as("maintainer"), "evil", "evil")
			aside := b.openInto("dev2", "topic", "evil", b.react)
			must(t, do(b, aside))
			b.react()
			r := b.open("developer", "topic")
			refused(t, "who brought it in", b.approve("maintainer", r), fault.Denied, "nobody approves their own")
			must(t, b.approve("maintainer2", r))
		})
	}
}
