package githttp_test

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"dasier/api/githttp"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/repo"
	"dasier/git"
)

// A push and a clone of 100 MB pass through the server without being held: it
// allocates a fraction of them.
func TestLargePushStreams(t *testing.T) {
	const size = 100 << 20
	s := newServer(t, repo.Config{}, githttp.Config{})
	w := s.clone("maintainer")
	w.git("config", "core.compression", "0")
	w.git("config", "core.bigFileThreshold", "1m")
	noise(t, filepath.Join(w.dir, "big"), size)
	w.commit("x", "1")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w.git("push", "-q", "origin", "main")
	s.clone("reporter", "--no-checkout")
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > size/4 {
		t.Errorf("the server allocated %d MB for a push and a clone of 100 MB", allocated>>20)
	}
	s.idle()
}

// Fifty merges at once, into a branch that is pushed to meanwhile: every one of
// them arrives, and so does every event.
func TestConcurrentMergesLoseNothing(t *testing.T) {
	const merges, pushes = 50, 5
	s := newServer(t, repo.Config{}, githttp.Config{})
	w := s.clone("maintainer")
	base := w.commit("base", "1")
	refs := []string{"main"}
	for i := range merges {
		w.git("checkout", "-q", "-b", fmt.Sprintf("b%d", i), base)
		w.commit(fmt.Sprintf("file%d", i), "x")
		refs = append(refs, fmt.Sprintf("b%d", i))
	}
	w.git(append([]string{"push", "-q", "origin"}, refs...)...)
	before := len(s.pushed())

	var group sync.WaitGroup
	for i := range merges {
		group.Go(func() {
			result, err := s.repos.Merge(t.Context(), s.actor("maintainer"), s.project.ID, fmt.Sprintf("b%d", i), "main", "")
			if err != nil || result.Already {
				t.Errorf("merge %d: %+v, %v", i, result, err)
			}
		})
	}
	pushed := 0
	pusher := s.clone("maintainer")
	for i := range pushes {
		pusher.commit(fmt.Sprintf("pushed%d", i), "x")
		for range 200 { // a person who pulls and pushes until it goes through
			pusher.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
			if _, err := pusher.run("push", "-q", "origin", "main"); err == nil {
				pushed++
				break
			}
		}
	}
	group.Wait()
	if pushed != pushes {
		t.Errorf("%d of %d pushes went through", pushed, pushes)
	}
	files, err := s.repos.Files(t.Context(), s.project.ID, s.tip("refs/heads/main"))
	must(t, err)
	if len(files) != 1+merges+pushes {
		t.Errorf("main has %d files, want %d", len(files), 1+merges+pushes)
	}
	events := s.pushed()[before:]
	if len(events) != merges+pushes {
		t.Errorf("%d events, want %d", len(events), merges+pushes)
	}
	// The events are the links of one chain from the first commit to the last.
	next := map[string]string{}
	for _, e := range events {
		next[e.Before] = e.After
	}
	at := base
	for range events {
		at = next[at]
	}
	if at != s.tip("refs/heads/main") {
		t.Errorf("the events end at %q, main is at %s", at, s.tip("refs/heads/main"))
	}
	s.idle()
}

func TestMerge(t *testing.T) {
	s, ctx := newServer(t, repo.Config{}, githttp.Config{}), t.Context()
	w := s.clone("maintainer")
	w.commit("f", "1\n")
	w.git("push", "-q", "origin", "main", "main:production")
	must(t, s.repos.Protect(ctx, s.actor("maintainer"), s.project.ID, repo.Protection{Pattern: "prod*", PushRole: 0, MergeRole: 40}))
	tip := w.commit("g", "1\n")
	w.git("push", "-q", "origin", "main", "main:side")
	merge := func(user, source, target, message string) (repo.MergeResult, error) {
		return s.repos.Merge(ctx, s.actor(user), s.project.ID, source, target, message)
	}
	if _, err := merge("developer", "main", "production", ""); !fault.Is(err, fault.Denied) {
		t.Errorf("a developer merges into production: %v", err)
	}
	if _, err := merge("reporter", "main", "side", ""); !fault.Is(err, fault.Denied) {
		t.Errorf("a reporter merges: %v", err)
	}
	if got, err := merge("maintainer", "main", "production", ""); err != nil || got != (repo.MergeResult{SHA: tip, FastForward: true}) {
		t.Errorf("fast-forward: %+v, %v", got, err)
	}
	if got, err := merge("maintainer", "main", "production", ""); err != nil || got != (repo.MergeResult{SHA: tip, Already: true}) {
		t.Errorf("again: %+v, %v", got, err)
	}
	w.commit("f", "main\n")
	w.git("push", "-q", "origin", "main")
	got, err := merge("maintainer", "main", "production", "Release 2")
	must(t, err)
	commit, err := s.repos.CommitAt(ctx, s.project.ID, got.SHA)
	must(t, err)
	if commit.Message != "Release 2" || len(commit.Parents) != 2 || commit.AuthorName != "maintainer" {
		t.Errorf("merge commit %+v", commit)
	}
	w.git("checkout", "-q", "-b", "side", tip)
	w.commit("f", "side\n")
	w.git("push", "-q", "origin", "side")
	if _, err := merge("developer", "main", "side", ""); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "change the same lines in f: merge side into main locally") {
		t.Errorf("conflict: %v", err)
	}
	for _, pair := range [][2]string{{"nope", "side"}, {"main", "nope"}} {
		if _, err := merge("developer", pair[0], pair[1], ""); !fault.Is(err, fault.Missing) {
			t.Errorf("merge %v: %v", pair, err)
		}
	}
	last := s.pushed()[len(s.pushed())-2]
	if last.Source != repo.SourceMerge || last.Ref != "refs/heads/production" || last.After != got.SHA || last.Username != "maintainer" {
		t.Errorf("event %+v", last)
	}
	s.idle()
}

// The server dies between git and the event: the next one finds out.
func TestReconcile(t *testing.T) {
	s, ctx := newServer(t, repo.Config{}, githttp.Config{}), t.Context()
	w := s.clone("maintainer")
	one, two, three := w.commit("f", "1"), w.commit("f", "2"), w.commit("f", "3")
	w.git("push", "-q", "origin", one+":refs/heads/main", one+":refs/heads/other", one+":refs/heads/gone", three+":refs/heads/all")
	before := len(s.pushed())

	intent := func(age time.Duration, updates ...git.RefUpdate) repo.IntentID {
		id, err := s.store.Repo().AddIntent(ctx, repo.Intent{
			Project: s.project.ID, User: s.users["maintainer"].ID, Username: "maintainer", Source: repo.SourcePush,
			Updates: updates, CreatedAt: time.Now().UTC().Add(-age),
		})
		must(t, err)
		return id
	}
	moved := git.RefUpdate{Ref: "refs/heads/main", Before: one, After: two}
	onward := git.RefUpdate{Ref: "refs/heads/main", Before: two, After: three}
	deleted := git.RefUpdate{Ref: "refs/heads/gone", Before: one, After: git.Zero}
	never := git.RefUpdate{Ref: "refs/heads/other", Before: one, After: two}
	nonsense := git.RefUpdate{Ref: "refs/heads/a..b", Before: git.Zero, After: two}
	young := intent(0, moved, deleted, never, nonsense)
	intent(0, onward)
	intent(time.Hour, never)
	who := git.Identity{Name: "x", Email: "x@example.org"}
	for _, u := range []git.RefUpdate{moved, onward, deleted} {
		must(t, s.repo().UpdateRefs(ctx, who, "push", u))
	}

	for range 2 { // a second time changes nothing
		must(t, s.repos.Reconcile(ctx))
		var got []git.RefUpdate
		for _, e := range s.pushed()[before:] {
			got = append(got, git.RefUpdate{Ref: e.Ref, Before: e.Before, After: e.After})
		}
		if len(got) != 3 || got[0] != moved || got[1] != deleted || got[2] != onward {
			t.Errorf("events of %+v, want main twice and gone", got)
		}
		left, err := s.store.Repo().Intents(ctx)
		must(t, err)
		// What did not happen yet still may, for a while.
		if len(left) != 1 || left[0].ID != young || len(left[0].Updates) != 2 {
			t.Errorf("intents left: %+v", left)
		}
	}
	var none []event.Event
	if err := s.store.Repo().SettleIntent(ctx, 999, nil, none...); !fault.Is(err, fault.Conflict) {
		t.Errorf("settling an unknown intent: %v", err)
	}
}

// A client that goes away in the middle of its pack leaves nothing behind.
func TestBrokenPushLeavesNothing(t *testing.T) {
	s := newServer(t, repo.Config{}, githttp.Config{})
	w := s.clone("maintainer")
	tip := w.commit("f", "1")
	body := git.AppendFlush(git.AppendPkt(nil, git.Zero+" "+tip+" refs/heads/main\x00 report-status side-band-64k"))
	body = append(body, "PACK\x00\x00\x00\x02\x00\x00\x00\x03 and then silence"...)
	in, out := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+"/lab/model.git/git-receive-pack", in)
	must(t, err)
	r.SetBasicAuth("x", s.secrets["maintainer"])
	r.Header.Set("Content-Type", "application/x-git-receive-pack-request")
	var group sync.WaitGroup
	group.Go(func() {
		_, _ = out.Write(body)
		_ = out.CloseWithError(fmt.Errorf("the line went dead"))
	})
	response, err := http.DefaultClient.Do(r)
	if err == nil {
		_ = response.Body.Close()
		t.Error("the broken request was answered")
	}
	group.Wait()
	w.git("push", "-q", "origin", "main")
	if got := s.tip("refs/heads/main"); got != tip {
		t.Errorf("main is at %q, want %s", got, tip)
	}
	s.web.Close() // waits for what still runs
	leftovers, err := filepath.Glob(filepath.Join(s.repo().Dir(), "objects", "tmp_*"))
	must(t, err)
	if len(leftovers) != 0 {
		t.Errorf("the broken push left %v", leftovers)
	}
	if events := s.pushed(); len(events) != 1 {
		t.Errorf("events %+v", events)
	}
	s.idle()
}
