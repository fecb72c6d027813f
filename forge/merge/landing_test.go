package merge_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/repo"
	"dasier/git"
)

// Two hundred merges at once into one branch: every change arrives, once, and
// the history is what the project asked for. (Fewer where each is replayed: what
// they meet is the same, and it takes git longer.)
func TestConcurrentMergesLoseNothing(t *testing.T) {
	for method, requests := range map[repo.Method]int{repo.MergeCommit: 200, repo.Rebase: 60} {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			b, ctx := newBench(t), t.Context()
			b.method(method)
			before := b.head("main")
			all := make([]merge.Request, requests)
			developer := git.Identity{Name: "developer", Email: "developer@example.org"}
			branches := make([]git.RefUpdate, requests)
			for i := range branches {
				branch := fmt.Sprintf("topic-%d", i)
				tree, err := b.git.EditTree(ctx, before, edits(map[string]string{fmt.Sprintf("dir/%d.txt", i): branch}))
				must(t, err)
				sha, err := b.git.CommitTree(ctx, tree, []string{before}, "change "+branch, developer)
				must(t, err)
				branches[i] = git.RefUpdate{Ref: "refs/heads/" + branch, Before: git.Zero, After: sha}
			}
			must(t, b.git.UpdateRefs(ctx, developer, "push", branches...))
			for i := range all {
				branch, sha := fmt.Sprintf("topic-%d", i), branches[i].After
				var err error
				all[i], err = b.merges.Open(ctx, b.as("developer"), b.id, merge.Opening{Source: branch, Target: "main", Title: branch})
				must(t, err)
				if all[i].Head != sha {
					t.Fatalf("request %+v is not at %s", all[i], sha)
				}
			}
			var wait sync.WaitGroup
			errs := make([]error, requests)
			for i, r := range all {
				wait.Go(func() {
					_, errs[i] = b.merges.Merge(ctx, b.as("maintainer"), b.id, r.Number, merge.Options{SHA: r.Head})
				})
			}
			wait.Wait()
			for i, err := range errs {
				if err != nil {
					t.Errorf("request %d: %v", i, err)
				}
			}
			b.react()
			line, err := b.repos.Between(ctx, b.id, before, b.head("main"), 0, 1000)
			must(t, err)
			changes, merges := map[string]int{}, 0
			for _, c := range line {
				if len(c.Parents) > 1 {
					merges++
					continue
				}
				changes[c.Title()]++
			}
			for i := range requests {
				if title := fmt.Sprintf("change topic-%d", i); changes[title] != 1 {
					t.Errorf("%q is on main %d times", title, changes[title])
				}
			}
			wantMerges := map[repo.Method]int{repo.MergeCommit: requests, repo.Rebase: 0}[method]
			if merges != wantMerges || len(changes) != requests {
				t.Errorf("%d merge commits and %d changes, want %d and %d", merges, len(changes), wantMerges, requests)
			}
			files, err := b.git.Files(ctx, b.head("main"))
			if err != nil || len(files) != requests+2 {
				t.Errorf("%d files, %v", len(files), err)
			}
			_, merged, err := b.merges.List(ctx, b.as("reporter"), b.id, merge.Filter{State: merge.Merged})
			if err != nil || merged != requests {
				t.Errorf("%d requests are merged, %v", merged, err)
			}
			must(t, b.git.Fsck(ctx))
		})
	}
}

// Pushes to the target and merges into it at the same time.
func TestMergesBesidePushes(t *testing.T) {
	const each = 20
	b, ctx := newBench(t), t.Context()
	before := b.head("main")
	all := make([]merge.Request, each)
	for i := range all {
		branch := fmt.Sprintf("topic-%d", i)
		b.branch("developer", branch, before)
		b.push("developer", branch, branch+".txt", "1\n")
		all[i] = b.open("developer", branch)
	}
	var wait sync.WaitGroup
	pushed, failed := 0, make([]error, each)
	for i, r := range all {
		wait.Go(func() {
			_, failed[i] = b.merges.Merge(ctx, b.as("maintainer"), b.id, r.Number, merge.Options{SHA: r.Head})
		})
	}
	wait.Go(func() {
		for pushed < each {
			_, err := b.repos.CommitEdits(ctx, b.as("owner"), b.id, "main", b.head("main"), edits(map[string]string{fmt.Sprintf("pushed-%d.txt", pushed): "x"}), "push")
			switch {
			case err == nil:
				pushed++
			case !fault.Is(err, fault.Conflict):
				t.Errorf("pushing: %v", err)
				return
			}
		}
	})
	wait.Wait()
	merged := 0
	for _, err := range failed {
		switch {
		case err == nil:
			merged++
		case !fault.Is(err, fault.Conflict): // "keeps moving: try again" is honest
			t.Error(err)
		}
	}
	files, err := b.git.Files(ctx, b.head("main"))
	if err != nil || len(files) != 2+pushed+merged || pushed != each {
		t.Errorf("%d files after %d pushes and %d merges, %v", len(files), pushed, merged, err)
	}
	must(t, b.git.Fsck(ctx))
}

// A crash between git's move and the record of it: the push that git carried
// out finishes the merge, by the name of who asked for it.
func TestCrashAfterTheMove(t *testing.T) {
	for _, method := range []repo.Method{repo.MergeCommit, repo.Squash} {
		t.Run(string(method), func(t *testing.T) {
			b, ctx := newBench(t), t.Context()
			b.method(method)
			head := b.push("developer", "topic", "a.txt", "1\n")
			r, err := b.merges.Open(ctx, b.as("developer"), b.id, merge.Opening{Source: "topic", Target: "main", Title: "x", RemoveSource: new(true)})
			must(t, err)
			// What Merge does, up to the crash.
			_, err = b.repos.Land(ctx, b.as("maintainer"), b.id, repo.Landing{
				Head: head, Source: "topic", Target: "main", Method: method, Message: "x", Check: nothing,
				Begin: func(_ context.Context, result string) error {
					r.Landing = &merge.Landing{SHA: result, User: b.users["maintainer"].ID, Username: "maintainer", RemoveSource: true}
					r, err = b.data.Merge().Save(ctx, r)
					return err
				},
			})
			must(t, err)
			b.merges = b.service() // the server starts again
			b.react()
			got, err := b.merges.Get(ctx, b.as("reporter"), b.id, r.Number)
			must(t, err)
			if got.State != merge.Merged || got.MergedBy.Username != "maintainer" || got.MergeSHA != b.head("main") || got.Landing != nil {
				t.Errorf("after the crash: %+v", got)
			}
			if b.head("topic") != "" {
				t.Error("the source branch was to go")
			}
			b.audited("merge_request.merged")
		})
	}
}

// A crash before git's move: nothing has happened, and the merge can be asked for
// again.
func TestCrashBeforeTheMove(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.push("developer", "topic", "a.txt", "1\n")
	r := b.open("developer", "topic")
	crash := fmt.Errorf("power failure")
	_, err := b.repos.Land(ctx, b.as("maintainer"), b.id, repo.Landing{
		Head: r.Head, Source: "topic", Target: "main", Method: repo.MergeCommit, Message: "x", Check: nothing,
		Begin: func(_ context.Context, result string) error {
			r.Landing = &merge.Landing{SHA: result, User: b.users["maintainer"].ID, Username: "maintainer"}
			if r, err := b.data.Merge().Save(ctx, r); err != nil {
				return fmt.Errorf("request %d: %w", r.ID, err)
			}
			return crash
		},
	})
	if err == nil || !strings.Contains(err.Error(), "power failure") {
		t.Fatal(err)
	}
	b.merges = b.service()
	b.push("owner", "main", "m.txt", "1\n") // not this merge
	st := b.status("maintainer", r)
	if st.Request.State != merge.Opened || !st.CanMerge() {
		t.Errorf("after the crash: %+v", st)
	}
	merged, err := b.merge("maintainer2", r)
	must(t, err)
	if merged.MergedBy.Username != "maintainer2" {
		t.Errorf("merged %+v", merged)
	}
}

func nothing(context.Context, string) error { return nil }

func TestPushed(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.push("developer", "topic", "a.txt", "1\n")
	r := b.open("developer", "topic")
	second := b.push("dev2", "topic", "a.txt", "2\n")
	versions, err := b.merges.Versions(ctx, b.as("reporter"), b.id, r.Number)
	must(t, err)
	if len(versions) != 2 || versions[1].Head != second || versions[1].User.Username != "dev2" || versions[1].Commits != 2 || versions[1].Files != 1 || versions[1].Base != b.head("main") {
		t.Errorf("versions %+v", versions)
	}
	// Two pushes whose reactions come late and in the wrong order: the newest
	// counts, and neither pusher may approve.
	push := func(who, content string) repo.Pushed {
		before := b.head("topic")
		after, err := b.repos.CommitEdits(ctx, b.as(who), b.id, "topic", before, edits(map[string]string{"a.txt": content}), "c")
		must(t, err)
		return repo.Pushed{Project: b.id, Ref: "refs/heads/topic", Before: before, After: after, User: b.users[who].ID, Username: who, Source: repo.SourcePush}
	}
	one, two := push("maintainer", "3\n"), push("dev2", "4\n")
	must(t, b.merges.Pushed(ctx, 1002, two))
	got, err := b.merges.Get(ctx, b.as("reporter"), b.id, r.Number)
	if err != nil || got.Head != two.After || got.Versions != 3 {
		t.Errorf("the newest first: %+v, %v", got, err)
	}
	refused(t, "a pusher whose push is not a version yet", b.approveNow("maintainer", r), fault.Denied, "pushed a part")
	must(t, b.merges.Pushed(ctx, 1001, one))
	if again, err := b.merges.Get(ctx, b.as("reporter"), b.id, r.Number); err != nil || again.Head != two.After || again.Versions != 3 {
		t.Errorf("an old push that comes late: %+v, %v", again, err)
	}

	// A branch whose commits reach the target by a push is merged.
	must(t, b.git.UpdateRefs(ctx, git.Identity{Name: "x", Email: "x"}, "push", git.RefUpdate{Ref: "refs/heads/main", Before: b.head("main"), After: two.After}))
	must(t, b.merges.Pushed(ctx, 1003, repo.Pushed{
		Project: b.id, Ref: "refs/heads/main", Before: versions[0].Base, After: two.After, User: b.users["owner"].ID, Username: "owner", Source: repo.SourcePush,
	}))
	got, err = b.merges.Get(ctx, b.as("reporter"), b.id, r.Number)
	if err != nil || got.State != merge.Merged || got.MergedBy.Username != "owner" {
		t.Errorf("merged by a push: %+v, %v", got, err)
	}
}

func (b *bench) approveNow(who string, r merge.Request) error {
	_, err := b.merges.Approve(b.t.Context(), b.as(who), b.id, r.Number, b.head(r.Source))
	return err
}

// A gated branch is reached by requests alone.
func TestGatedBranch(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	err := b.repos.Protect(ctx, b.as("owner"), b.id, repo.Protection{Pattern: "main", PushRole: auth.Maintainer, MergeRole: auth.Maintainer, Approvals: 1})
	refused(t, "a gate beside an open door", err, fault.Invalid, "push role none")
	b.gate(repo.Protection{Approvals: 1})
	b.push("developer", "topic", "a.txt", "1\n")
	_, err = b.repos.Merge(ctx, b.as("owner"), b.id, "topic", "main", "")
	refused(t, "a plain merge", err, fault.Denied, "merge-requests/new?source=topic&target=main")
	_, err = b.repos.CommitEdits(ctx, b.as("owner"), b.id, "main", b.head("main"), edits(map[string]string{"a": "b"}), "m")
	refused(t, "a commit", err, fault.Denied, "nobody may push")
	refusals, err := b.repos.CheckPush(ctx, b.as("owner"), b.id, []git.RefUpdate{{Ref: "refs/heads/main", Before: b.head("main"), After: b.head("topic")}})
	must(t, err)
	if len(refusals) != 1 || !strings.Contains(refusals[0].Message, "git push origin HEAD:refs/heads/YOUR-BRANCH") || !strings.Contains(refusals[0].Message, "target=main") {
		t.Errorf("refusals %+v", refusals)
	}
	// An administrator is no exception.
	r := b.open("admin", "topic")
	_, err = b.merge("admin", r)
	refused(t, "an administrator's merge", err, fault.Conflict, "0 of 1 approval")
	refused(t, "an administrator's own", b.approve("admin", r), fault.Denied, "nobody approves their own")
}
