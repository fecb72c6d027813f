package merge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/repo"
	"dasier/git"
)

// The story: a change is refused to its author, approved, changed, void,
// approved again, and merged by who may.
func TestApprovalHoldsForItsContent(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.gate(repo.Protection{Approvals: 1, ApprovalRole: auth.Maintainer})
	b.push("developer", "topic", "a.txt", "1\n")
	r := b.open("developer", "topic")
	if r.Number != 1 || r.Author.Username != "developer" || r.Versions != 1 {
		t.Fatalf("opened %+v", r)
	}
	refused(t, "the author's approval", b.approve("developer", r), fault.Denied, "nobody approves their own change")

	st := b.status("maintainer", r)
	if diff := cmp.Diff([]merge.Kind{merge.BlockApprovals}, kinds(st.Blockers)); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	if got := st.Blockers[0]; !strings.Contains(got.Message, "0 of 1 approval by maintainers") || got.Unblock != "ask owner, maintainer, maintainer2" {
		t.Errorf("blocker %+v", got)
	}
	_, err := b.merge("maintainer", r)
	refused(t, "an unapproved merge", err, fault.Conflict, "0 of 1 approval")

	must(t, b.approve("dev2", r)) // holds, and does not count: the branch asks for maintainers
	if st := b.status("maintainer", r); st.Given != 0 || !st.Approvals[0].Holds || st.Approvals[0].Counts {
		t.Errorf("a developer's approval: %+v", st.Approvals)
	}
	must(t, b.approve("maintainer", r))
	st = b.status("maintainer", r)
	if !st.CanMerge() || st.Given != 1 || st.Head != b.head("topic") {
		t.Errorf("approved: %+v", st)
	}
	if st := b.status("developer", r); st.CanMerge() || !slices.Equal(kinds(st.Blockers), []merge.Kind{merge.BlockRole}) {
		t.Errorf("a developer's merge into a branch of maintainers: %+v", st.Blockers)
	} else if got := st.Blockers[0]; got.Message != "merging into main takes the role maintainer, and developer is developer" || got.Unblock != "ask owner, maintainer, maintainer2" {
		t.Errorf("a developer's merge is refused in other words: %+v", got)
	}
	_, err = b.merge("developer", r)
	refused(t, "a developer's merge", err, fault.Denied, "maintainer")

	// A push voids it, and says why.
	b.push("developer", "topic", "b.txt", "2\n")
	st = b.status("maintainer", r)
	if st.Given != 0 || st.Approvals[1].Holds || cmp.Diff([]string{"code changed in 1 file"}, st.Approvals[1].Changed) != "" {
		t.Errorf("after a push: %+v", st.Approvals)
	}
	if text := b.changes[len(b.changes)-1].Text; !strings.Contains(text, "pushed 1 commit") || !strings.Contains(text, "approval of maintainer is void: code changed in 1 file") {
		t.Errorf("the discussion says %q", text)
	}
	_, err = b.merge("maintainer", r)
	refused(t, "a merge on a void approval", err, fault.Conflict, "that of maintainer is void: code changed in 1 file")
	must(t, b.approve("maintainer", r))

	// A model made from the commit voids it, and so does another one, and data.
	head := b.head("topic")
	for _, step := range []struct {
		models []merge.Model
		data   string
		want   []string
	}{
		{[]merge.Model{{Name: "price", Number: 4, Digest: "sha256:ab12cdef00"}}, "", []string{"model price: version 4 (sha256:ab12cdef…) is new"}},
		{[]merge.Model{{Name: "price", Number: 5, Digest: "sha256:99"}}, "", []string{"model price: version 4 (sha256:ab12cdef…) → version 5 (sha256:99)"}},
		{[]merge.Model{{Name: "price", Number: 6, Digest: "sha256:99"}}, "", nil}, // the same bytes
		{[]merge.Model{{Name: "price", Number: 6, Digest: "sha256:99"}}, "sha256:d1", []string{"data changed"}},
		{nil, "sha256:d1", []string{"model price: version 6 (sha256:99) was not made from this commit"}},
	} {
		b.models[head], b.dataOf[head] = step.models, step.data
		st := b.status("maintainer", r)
		if diff := cmp.Diff(step.want, st.Approvals[1].Changed); diff != "" || st.Approvals[1].Holds != (step.want == nil) {
			t.Errorf("with %v: (-want +got):\n%s", step, diff)
		}
		must(t, b.approve("maintainer", r))
	}

	// The target is a part of what was approved.
	b.branch("owner", "stable", "main")
	_, err = b.merges.Edit(ctx, b.as("developer"), b.id, r.Number, merge.Edit{Target: new("stable")})
	must(t, err)
	if st := b.status("maintainer", r); cmp.Diff([]string{"target: main → stable"}, st.Approvals[1].Changed) != "" {
		t.Errorf("after a change of the target: %+v", st.Approvals[1].Changed)
	}
	_, err = b.merges.Edit(ctx, b.as("developer"), b.id, r.Number, merge.Edit{Target: new("main")})
	must(t, err)
	if st := b.status("maintainer", r); !st.Approvals[1].Holds {
		t.Errorf("the approved content is back: %+v", st.Approvals[1])
	}

	merged, err := b.merge("maintainer", r)
	must(t, err)
	if merged.State != merge.Merged || merged.MergeSHA != b.head("main") || merged.MergedBy.Username != "maintainer" || merged.Landing != nil {
		t.Errorf("merged %+v", merged)
	}
	if _, err := b.merge("maintainer", r); !fault.Is(err, fault.Conflict) {
		t.Errorf("merging again: %v", err)
	}
	if st := b.status("maintainer", r); st.CanMerge() || st.Blockers[0].Kind != merge.BlockClosed || st.Blockers[0].Message != "it is merged" {
		t.Errorf("merged: %+v", st.Blockers)
	}
	b.audited("protected_branch.changed", "merge_request.approved", "merge_request.retargeted", "merge_request.merged")
}

// audited checks that the acts are in the outbox, with what the log needs.
func (b *bench) audited(want ...string) {
	b.t.Helper()
	for _, action := range want {
		i := slices.IndexFunc(b.acts, func(a event.Act) bool { return a.Action == action })
		if i < 0 {
			b.t.Errorf("no act %s", action)
			continue
		}
		if a := b.acts[i]; a.Project != int64(b.id) || a.Username == "" || a.Target == "" || a.After == nil {
			b.t.Errorf("act %+v", a)
		}
	}
}

// Whoever had a hand in a change does not approve it, by whatever way the hand
// came in.
func TestWhoMayNotApprove(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	commit := func(author, committer, message string) func() {
		return func() {
			head := b.head("topic")
			tree, err := b.git.EditTree(ctx, head, edits(map[string]string{"x": message}))
			must(t, err)
			sha, err := b.git.CommitFor(ctx, tree, []string{head}, message, git.Identity{Name: "?", Email: author}, git.Identity{Name: "?", Email: committer})
			must(t, err)
			// As developer pushes it.
			who := git.Identity{Name: "developer", Email: "developer@example.org"}
			must(t, b.git.UpdateRefs(ctx, who, "push", git.RefUpdate{Ref: "refs/heads/topic", Before: head, After: sha}))
		}
	}
	for _, test := range []struct {
		name string
		do   func()
		who  string
	}{
		{"author by e-mail, whatever its case", commit("Maintainer@Example.ORG", "x@y", "1"), "maintainer"},
		{"committer", commit("x@y", "maintainer2@example.org", "2"), "maintainer2"},
		{"co-author", commit("x@y", "x@y", "3\n\nCo-authored-by: Dev Two <dev2@example.org>"), "dev2"},
		{"pusher of what is said to be another's", func() {
			head := b.head("topic")
			tree, err := b.git.EditTree(ctx, head, edits(map[string]string{"x": "4"}))
			must(t, err)
			sha, err := b.git.CommitTree(ctx, tree, []string{head}, "4", git.Identity{Name: "Dev", Email: "developer@example.org"})
			must(t, err)
			who := git.Identity{Name: "owner", Email: "owner@example.org"}
			must(t, b.git.UpdateRefs(ctx, who, "push", git.RefUpdate{Ref: "refs/heads/topic", Before: head, After: sha}))
		}, "owner"},
		{"an administrator who wrote", commit("admin@example.org", "x@y", "5"), "admin"},
	} {
		b.t = t
		if test.name == "author by e-mail, whatever its case" {
			b.push("developer", "topic", "a.txt", "1\n")
			b.open("developer", "topic")
		}
		r, err := b.merges.Get(ctx, b.as("owner"), b.id, 1)
		must(t, err)
		must(t, b.approve(test.who, r))
		test.do()
		refused(t, test.name, b.approve(test.who, r), fault.Denied, "wrote or pushed a part of this change")
		// The word given before does not count either, even for the same content.
		for _, a := range b.status("owner", r).Approvals {
			if a.User.Username == test.who && a.Holds {
				t.Errorf("%s: the earlier approval holds", test.name)
			}
		}
	}
	r, err := b.merges.Get(ctx, b.as("owner"), b.id, 1)
	must(t, err)
	for who, kind := range map[string]fault.Kind{"reporter": fault.Denied, "guest": fault.Denied, "outsider": fault.Missing} {
		refused(t, who, b.approve(who, r), kind)
	}
	robot := b.as("maintainer")
	robot.User, robot.Via = 0, auth.ViaSystem
	_, err = b.merges.Approve(ctx, robot, b.id, 1, b.head("topic"))
	refused(t, "no person", err, fault.Denied, "a person's word")
}

// Who lands the work of others may approve what follows: on the way from
// development to production the same person stands at both doors.
func TestLandingIsNoAuthorship(t *testing.T) {
	for _, method := range repo.Methods {
		t.Run(string(method), func(t *testing.T) {
			b, ctx := newBench(t), t.Context()
			b.method(method)
			b.branch("developer", "development", "main")
			b.push("developer", "topic", "a.txt", "1\n")
			b.push("developer", "topic", "b.txt", "1\n")
			feature, err := b.merges.Open(ctx, b.as("developer"), b.id, merge.Opening{Source: "topic", Target: "development", Title: "Feature"})
			must(t, err)
			release := b.openInto("dev2", "development", "main", func() {
				_, err := b.merge("maintainer", feature)
				must(t, err)
			})
			st := b.status("maintainer", release)
			if st.ApproveRefusal != nil {
				t.Errorf("who landed the feature may not approve the release: %v", st.ApproveRefusal)
			}
			must(t, b.approve("maintainer", release))
			refused(t, "who wrote the feature", b.approve("developer", release), fault.Denied)
			// A landing while the release is open is a version, and of nobody.
			b.branch("developer", "more", "development")
			b.push("developer", "more", "c.txt", "1\n")
			more, err := b.merges.Open(ctx, b.as("developer"), b.id, merge.Opening{Source: "more", Target: "development", Title: "More"})
			must(t, err)
			_, err = b.merge("maintainer", more)
			must(t, err)
			versions, err := b.merges.Versions(ctx, b.as("dev2"), b.id, release.Number)
			must(t, err)
			if len(versions) != 2 || versions[1].User.ID != 0 || versions[1].User.Username != "maintainer" || versions[1].Head != b.head("development") {
				t.Errorf("versions %+v", versions)
			}
			must(t, b.approve("maintainer", release))
			must(t, b.git.Fsck(ctx))
		})
	}
}

func (b *bench) openInto(who, source, target string, before func()) merge.Request {
	b.t.Helper()
	before()
	r, err := b.merges.Open(b.t.Context(), b.as(who), b.id, merge.Opening{Source: source, Target: target, Title: source})
	must(b.t, err)
	return r
}

// An approval and a merge are of a commit, and a branch that moved refuses both.
func TestShaGuards(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	old := b.push("developer", "topic", "a.txt", "1\n")
	r := b.open("developer", "topic")
	b.push("developer", "topic", "a.txt", "2\n")
	_, err := b.merges.Approve(ctx, b.as("maintainer"), b.id, r.Number, old)
	refused(t, "approving an old commit", err, fault.Conflict, "has moved to")
	_, err = b.merges.Merge(ctx, b.as("maintainer"), b.id, r.Number, merge.Options{SHA: old})
	refused(t, "merging an old commit", err, fault.Conflict, "has moved to")
	_, err = b.merges.Merge(ctx, b.as("maintainer"), b.id, r.Number, merge.Options{})
	refused(t, "merging no commit", err, fault.Invalid, "which commit")
	if b.head("main") == b.head("topic") {
		t.Error("main moved")
	}
}

func TestBlockers(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.gate(repo.Protection{RequirePipeline: true, RequireResolved: true, RequireOwners: true})
	head := b.push("developer", "topic", "data/train.csv", "1\n")
	r := b.open("developer", "topic")
	b.threads = 2
	expect := func(what string, want ...merge.Kind) merge.Status {
		t.Helper()
		st := b.status("maintainer", r)
		if diff := cmp.Diff(append([]merge.Kind{}, want...), kinds(st.Blockers)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		for _, blocker := range st.Blockers {
			if blocker.Message == "" || blocker.Unblock == "" {
				t.Errorf("%s: %+v", what, blocker)
			}
		}
		return st
	}
	st := expect("all that the rule asks", merge.BlockOwners, merge.BlockPipeline, merge.BlockThreads)
	if got := st.Blockers[0]; !strings.Contains(got.Message, "owners of /data/") || got.Unblock != "ask @dev2" || cmp.Diff([]string{"data/train.csv"}, got.Paths) != "" {
		t.Errorf("owners: %+v", got)
	}
	_, err := b.merge("maintainer", r)
	if blocked, ok := errors.AsType[*merge.BlockedError](err); !ok || len(blocked.Blockers) != 3 {
		t.Errorf("merge: %v", err)
	}
	must(t, b.approve("maintainer", r)) // not an owner
	expect("approved by another", merge.BlockOwners, merge.BlockPipeline, merge.BlockThreads)
	must(t, b.approve("dev2", r))
	expect("approved by the owner", merge.BlockPipeline, merge.BlockThreads)
	for _, p := range []merge.Pipeline{{ID: 7, Status: "running"}, {ID: 8, Status: "failed", Done: true, Link: "http://x/8"}} {
		b.pipelines["topic "+head] = p
		st := expect(p.Status, merge.BlockPipeline, merge.BlockThreads)
		if !strings.Contains(st.Blockers[0].Message, p.Status) || !strings.Contains(st.Blockers[0].Unblock, p.Link) {
			t.Errorf("pipeline: %+v", st.Blockers[0])
		}
	}
	b.pipelines["topic "+head] = merge.Pipeline{ID: 9, Status: "success", Passed: true, Done: true}
	expect("green", merge.BlockThreads)
	b.threads = 0
	expect("resolved")
	_, err = b.merges.Edit(ctx, b.as("developer"), b.id, r.Number, merge.Edit{Title: new("Draft: From topic")})
	must(t, err)
	if st := expect("draft", merge.BlockDraft); st.Request.Title != "From topic" {
		t.Errorf("title %q", st.Request.Title)
	}
	_, err = b.merges.Edit(ctx, b.as("developer"), b.id, r.Number, merge.Edit{Draft: new(false)})
	must(t, err)
	_, err = b.merges.Close(ctx, b.as("developer"), b.id, r.Number)
	must(t, err)
	expect("closed", merge.BlockClosed)
	_, err = b.merges.Reopen(ctx, b.as("developer"), b.id, r.Number)
	must(t, err)
	expect("reopened")

	// What git says.
	must(t, b.repos.Unprotect(ctx, b.as("owner"), b.id, "main"))
	b.push("owner", "main", "data/train.csv", "other\n")
	if st := expect("conflict", merge.BlockConflict); cmp.Diff([]string{"data/train.csv"}, st.Blockers[0].Paths) != "" || st.Behind != 1 {
		t.Errorf("conflict: %+v", st)
	}
	b.branch("developer", "behind", "topic")
	_, err = b.merges.Update(ctx, b.as("developer"), b.id, r.Number)
	refused(t, "updating over a conflict", err, fault.Conflict, "data/train.csv")
	_, err = b.merges.Rebase(ctx, b.as("developer"), b.id, r.Number)
	refused(t, "rebasing over a conflict", err, fault.Conflict, "data/train.csv", head[:8])

	b.branch("developer", "clean", "main")
	b.push("developer", "clean", "c.txt", "1\n")
	r = b.open("developer", "clean")
	b.push("owner", "main", "d.txt", "1\n")
	b.method(repo.FastForward)
	expect("fast-forward only", merge.BlockRebase)
	_, err = b.merge("maintainer", r)
	refused(t, "no fast-forward", err, fault.Conflict, "fast-forward only")
	rebased, err := b.merges.Rebase(ctx, b.as("dev2"), b.id, r.Number)
	must(t, err)
	if rebased.Versions != 2 || rebased.Head != b.head("clean") {
		t.Errorf("rebased: %+v", rebased)
	}
	b.react()
	expect("rebased")
	if again, err := b.merges.Get(ctx, b.as("dev2"), b.id, r.Number); err != nil || again.Versions != 2 {
		t.Errorf("the rebase is two versions: %+v, %v", again, err)
	}
	_, err = b.merge("maintainer", r)
	must(t, err)
	if b.head("main") != rebased.Head {
		t.Error("main is not where the request was: that was no fast-forward")
	}

	// Branches that go.
	b.branch("developer", "brief", "main")
	b.push("developer", "brief", "e.txt", "1\n")
	r = b.open("developer", "brief")
	must(t, b.repos.DeleteBranch(ctx, b.as("developer"), b.id, "brief", ""))
	expect("the source is gone", merge.BlockBranch)
	b.react()
	if st := expect("the source is gone, and known to be", merge.BlockClosed); !strings.Contains(b.changes[len(b.changes)-1].Text, "brief was deleted") || st.Request.ClosedBy.Username != "developer" {
		t.Errorf("closed: %+v", st.Request)
	}
	_, err = b.merges.Reopen(ctx, b.as("developer"), b.id, r.Number)
	refused(t, "reopening without a branch", err, fault.Invalid, `no branch "brief"`)
}

// What merges as a whole may not merge commit by commit: the list says so before
// anybody tries, and squashed it goes through.
func TestConflictOnlyWhileReplaying(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.push("owner", "main", "a.txt", "base\n")
	b.branch("developer", "there-and-back", "main")
	there := b.push("developer", "there-and-back", "a.txt", "there\n")
	b.push("developer", "there-and-back", "a.txt", "base\n")
	b.push("developer", "there-and-back", "b.txt", "1\n")
	r := b.open("developer", "there-and-back")
	b.push("owner", "main", "a.txt", "other\n")
	if st := b.status("maintainer", r); !st.CanMerge() {
		t.Errorf("by a merge commit: %+v", st.Blockers)
	}
	b.method(repo.Rebase)
	st := b.status("maintainer", r)
	if len(st.Blockers) != 1 || st.Blockers[0].Kind != merge.BlockConflict || !strings.Contains(st.Blockers[0].Message, "commit "+there[:8]+" of there-and-back cannot be replayed on main: both change the same lines in a.txt") {
		t.Errorf("commit by commit: %+v", st.Blockers)
	}
	_, err := b.merge("maintainer", r)
	refused(t, "merging commit by commit", err, fault.Conflict, "cannot be replayed")
	r, err = b.merges.Get(ctx, b.as("maintainer"), b.id, r.Number)
	must(t, err)
	_, err = b.merges.Merge(ctx, b.as("maintainer"), b.id, r.Number, merge.Options{SHA: r.Head, Squash: new(true)})
	must(t, err)
}

func TestMethods(t *testing.T) {
	for _, test := range []struct {
		method  repo.Method
		squash  bool
		parents int
		commits int // that main gains, by its first parents
		linear  bool
	}{
		{repo.MergeCommit, false, 2, 1, false},
		{repo.MergeCommit, true, 2, 1, false},
		{repo.Squash, false, 1, 1, true},
		{repo.Rebase, false, 1, 2, true},
		{repo.Rebase, true, 1, 1, true},
		{repo.FastForward, false, 1, 2, true},
		{repo.FastForward, true, 1, 1, true},
	} {
		t.Run(fmt.Sprintf("%s squash=%t", test.method, test.squash), func(t *testing.T) {
			b, ctx := newBench(t), t.Context()
			b.method(test.method)
			b.push("developer", "topic", "a.txt", "1\n")
			b.push("dev2", "topic", "b.txt", "1\n")
			if test.method != repo.FastForward {
				b.push("owner", "main", "m.txt", "1\n")
			}
			before := b.head("main")
			r, err := b.merges.Open(ctx, b.as("developer"), b.id, merge.Opening{
				Source: "topic", Target: "main", Title: "Two files", Description: "Both are *good*.", Squash: test.squash, RemoveSource: new(true),
			})
			must(t, err)
			merged, err := b.merge("maintainer", r)
			must(t, err)
			head := b.head("main")
			commit, err := b.git.Commit(ctx, head)
			must(t, err)
			if merged.MergeSHA != head || len(commit.Parents) != test.parents || (test.method != repo.FastForward && commit.Parents[0] != before && test.commits == 1) {
				t.Errorf("merged %+v as %+v", merged, commit)
			}
			line, err := b.repos.Between(ctx, b.id, before, head, 0, 10)
			must(t, err)
			mergeCommits := slices.ContainsFunc(line, func(c git.Commit) bool { return len(c.Parents) > 1 })
			if mergeCommits == test.linear || (test.linear && len(line) != test.commits) {
				t.Errorf("main gained %+v", line)
			}
			if test.squash || test.method == repo.Squash {
				squashed := line[0]
				if test.method == repo.MergeCommit {
					squashed = line[1]
				}
				if squashed.Title() != "Two files" || squashed.AuthorEmail != "developer@example.org" || !strings.Contains(squashed.Message, "Both are *good*.") || !strings.Contains(squashed.Message, "lab/model!1") {
					t.Errorf("squashed: %+v", squashed)
				}
			} else if test.method == repo.MergeCommit && !strings.HasPrefix(commit.Message, "Merge branch 'topic' into 'main'\n\nTwo files\n\nSee merge request lab/model!1") {
				t.Errorf("message %q", commit.Message)
			}
			files, err := b.git.Files(ctx, head)
			if err != nil || !slices.Contains(files, "a.txt") || !slices.Contains(files, "b.txt") {
				t.Errorf("files %v, %v", files, err)
			}
			if b.head("topic") != "" {
				t.Error("the source branch is still there")
			}
			must(t, b.git.Fsck(ctx))
		})
	}
}

func TestOpening(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	first := b.push("developer", "topic", "a.txt", "1\n")
	open := func(who string, o merge.Opening) (merge.Request, error) {
		return b.merges.Open(ctx, b.as(who), b.id, o)
	}
	for name, test := range map[string]struct {
		who   string
		o     merge.Opening
		kind  fault.Kind
		words string
	}{
		"into itself":      {"developer", merge.Opening{Source: "topic", Target: "topic", Title: "x"}, fault.Invalid, "into itself"},
		"no source":        {"developer", merge.Opening{Source: "nope", Target: "main", Title: "x"}, fault.Invalid, `no branch "nope"`},
		"no target":        {"developer", merge.Opening{Source: "topic", Target: "nope", Title: "x"}, fault.Invalid, `no branch "nope"`},
		"an option":        {"developer", merge.Opening{Source: "--upload-pack=x", Target: "main", Title: "x"}, fault.Invalid, "dash"},
		"nothing":          {"developer", merge.Opening{Source: "main", Target: "topic", Title: "x"}, fault.Invalid, "nothing to merge"},
		"a long title":     {"developer", merge.Opening{Source: "topic", Target: "main", Title: strings.Repeat("ü", 256)}, fault.Limited, "256"},
		"two lines":        {"developer", merge.Opening{Source: "topic", Target: "main", Title: "a\nb"}, fault.Invalid, "one line"},
		"a long text":      {"developer", merge.Opening{Source: "topic", Target: "main", Title: "x", Description: strings.Repeat("x", 1<<20+1)}, fault.Limited, "1 MiB"},
		"nobody to review": {"developer", merge.Opening{Source: "topic", Target: "main", Title: "x", Reviewers: []string{"nobody"}}, fault.Invalid, "nobody"},
		"blind reviewer":   {"developer", merge.Opening{Source: "topic", Target: "main", Title: "x", Reviewers: []string{"guest"}}, fault.Invalid, "guest cannot see"},
		"many reviewers":   {"developer", merge.Opening{Source: "topic", Target: "main", Title: "x", Reviewers: make([]string, 101)}, fault.Limited, "101"},
		"a reporter":       {"reporter", merge.Opening{Source: "topic", Target: "main", Title: "x"}, fault.Denied, "create_merge_request"},
		"an outsider":      {"outsider", merge.Opening{Source: "topic", Target: "main", Title: "x"}, fault.Missing, ""},
	} {
		_, err := open(test.who, test.o)
		refused(t, name, err, test.kind, test.words)
	}
	p, err := b.merges.Propose(ctx, b.as("developer"), b.id, "topic", "")
	must(t, err)
	if p.Target != "main" || p.Title != "change a.txt" || p.Commits != 1 || len(p.Conflicts) != 0 || p.Exists != 0 {
		t.Errorf("proposal %+v", p)
	}
	r, err := open("developer", merge.Opening{Source: "topic", Target: "main", Title: "  [DRAFT] My change", Reviewers: []string{"@maintainer", "dev2", "MAINTAINER"}})
	must(t, err)
	if r.Title != "My change" || !r.Draft || len(r.Reviewers) != 2 || r.Head != first || r.Reviewers[0].Username != "maintainer" {
		t.Errorf("opened %+v", r)
	}
	_, err = open("dev2", merge.Opening{Source: "topic", Target: "main", Title: "again"})
	refused(t, "a second", err, fault.Conflict, "!1")
	if p, err := b.merges.Propose(ctx, b.as("developer"), b.id, "topic", "main"); err != nil || p.Exists != 1 {
		t.Errorf("proposal %+v, %v", p, err)
	}
	if p, err := b.merges.Propose(ctx, b.as("developer"), b.id, "topic", "main"); err != nil || p.Title == "" {
		t.Errorf("proposal %+v, %v", p, err)
	}
	b.branch("developer", "fix/the-roof_now", "topic")
	b.push("developer", "fix/the-roof_now", "b.txt", "1\n")
	if p, err := b.merges.Propose(ctx, b.as("developer"), b.id, "fix/the-roof_now", "main"); err != nil || p.Title != "Fix: the roof now" || p.Commits != 2 {
		t.Errorf("proposal %+v, %v", p, err)
	}
	// The first page of who waits for whom.
	waits, err := b.merges.Waiting(ctx, b.as("maintainer"))
	must(t, err)
	if len(waits) != 0 {
		t.Errorf("a draft waits for nobody: %+v", waits)
	}
	_, err = b.merges.Edit(ctx, b.as("developer"), b.id, 1, merge.Edit{Draft: new(false)})
	must(t, err)
	for who, want := range map[string]merge.WaitKind{"maintainer": merge.WaitReview, "dev2": merge.WaitReview} {
		if waits, err := b.merges.Waiting(ctx, b.as(who)); err != nil || len(waits) != 1 || waits[0].Kind != want || waits[0].Who != "developer" {
			t.Errorf("waiting for %s: %+v, %v", who, waits, err)
		}
	}
	must(t, b.approve("dev2", r))
	if waits, err := b.merges.Waiting(ctx, b.as("dev2")); err != nil || len(waits) != 0 {
		t.Errorf("dev2 has looked: %+v, %v", waits, err)
	}
	_, err = b.merges.Unapprove(ctx, b.as("dev2"), b.id, 1)
	must(t, err)
	_, err = b.merges.Unapprove(ctx, b.as("dev2"), b.id, 1)
	refused(t, "taking back nothing", err, fault.Conflict, "has not approved")
	if waits, err := b.merges.Waiting(ctx, b.as("dev2")); err != nil || len(waits) != 1 {
		t.Errorf("dev2 took it back: %+v, %v", waits, err)
	}
	b.react()
	if actions := actionsOf(b.changes); cmp.Diff([]merge.Action{"opened", "edited", "approved", "unapproved"}, actions) != "" {
		t.Errorf("what happened: %v", actions)
	}
}

func actionsOf(changes []merge.Changed) []merge.Action {
	var actions []merge.Action
	for _, c := range changes {
		actions = append(actions, c.Action)
	}
	return actions
}
